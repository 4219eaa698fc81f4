"""What the engine needs of AWS, of time and of locks; the seam and the tests provide it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from secguard.model import Place, Value


@dataclass(frozen=True, slots=True)
class Call:
    """One API call: botocore's names (`iam`, `UpdateAccessKey`) and the parameters it is made with."""

    service: str
    operation: str
    parameters: dict[str, Value] = field(default_factory=dict)


Answer = Mapping[str, Any]
"""What a call returned. Indexing a key that AWS must send and did not raises BrokenAnswer."""


class Reader(Protocol):
    """One look at one place. Within one look the same question is asked of AWS once, so what is read fits together."""

    @property
    def place(self) -> Place:
        """Where this reader looks."""

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn`, `aws-us-gov`, …: the first part of every ARN here."""

    def ask(self, service: str, operation: str, /, **parameters: Value) -> Answer:
        """The answer to one reading call. Raises an AwsError."""

    def items(self, service: str, operation: str, key: str, /, **parameters: Value) -> Iterator[Any]:
        """The entries under `key` on every page. Raises an AwsError, BrokenAnswer when a page lacks `key`."""

    def texts(self, service: str, operation: str, key: str, /, **parameters: Value) -> Iterator[Any]:
        """The same; an entry that was not decoded yet is msgspec.Raw, its JSON text."""

    def choices(self, service: str, shape: str) -> tuple[str, ...]:
        """The values that the service model lists for an enum; no call is made."""


class Aws(Protocol):
    """AWS, seen from the engine."""

    def look(self, place: Place, *, service: str = "", within: float = 0.0) -> Reader:
        """A look at `place`, with clients that refuse to write: a fresh one.

        One that is less than `within` seconds old will do where nothing has been sent to `service` there since.
        """

    def send(self, place: Place, call: Call) -> Answer:
        """Make one call that may write. Raises an AwsError."""


class Clock(Protocol):
    """Time, so that tests need none."""

    def now(self) -> datetime:
        """The moment, timezone-aware, UTC."""

    def monotonic(self) -> float:
        """Seconds that only go forward."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Locks(Protocol):
    """Who may write to a document now, across threads and processes."""

    def hold(self, document: str) -> AbstractContextManager[None]:
        """Hold `document` for one change; waits for its turn."""
