"""What was asked of the sandbox: one record per request, in the order in which they were answered."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that reached the sandbox."""

    service: str
    """Botocore's name: `iam`, `elbv2`."""
    operation: str
    """Botocore's name: `UpdateAccessKey`; empty when the service has no such path."""
    account: str
    region: str
    parameters: dict[str, Any]
    write: bool
    """Whether the operation changes anything; an EC2 dry run does not."""
    status: int
    """The HTTP status of the answer; 0 when none was sent."""


class Calls:
    """Every call since the start or the last `clear()`. Any thread may add, any may read."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._lock = Lock()

    def add(self, call: Call) -> None:
        """Remember a call."""
        with self._lock:
            self._calls.append(call)

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._calls.clear()

    def writes(self) -> list[Call]:
        """The calls that were meant to change something, refused ones included."""
        return [call for call in self if call.write]

    def of(self, service: str, operation: str | None = None) -> list[Call]:
        """The calls of one service, or of one of its operations."""
        return [call for call in self if call.service == service and operation in {None, call.operation}]

    def __iter__(self) -> Iterator[Call]:
        with self._lock:
            return iter(list(self._calls))

    def __len__(self) -> int:
        return len(self._calls)

    def __getitem__(self, index: int) -> Call:
        return self._calls[index]
