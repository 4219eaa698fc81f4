"""What goes wrong on purpose: throttles, denials, silence, dropped connections and broken answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Event, Lock
from typing import TYPE_CHECKING, Literal, TypeAlias

from secguard.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from secguard.sandbox.wire import Asked

Misbehaviour: TypeAlias = Literal["hang", "drop", "garbage", "empty"]
Wrong: TypeAlias = tuple[int, str, str] | Misbehaviour
"""An error (status, code, message), or how the sandbox fails to answer as it should."""

MISBEHAVIOURS = ("hang", "drop", "garbage", "empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong, for which calls and how often. None matches everything, or means for ever."""

    answer: Wrong
    service: str | None = None
    operation: str | None = None
    region: str | None = None
    account: str | None = None
    times: int | None = None

    def hits(self, asked: Asked, account: str) -> bool:
        """Whether this call is one of those that go wrong."""
        return (
            self.service in {None, asked.service}
            and self.operation in {None, asked.operation}
            and self.region in {None, asked.scope.region}
            and self.account in {None, account}
        )


class Faults:
    """The faults in force, first added first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = Lock()
        self.released = Event()
        """Set while nothing may hang any longer."""

    def add(
        self,
        *,
        answer: Wrong,
        service: str | None = None,
        operation: str | None = None,
        region: str | None = None,
        account: str | None = None,
        times: int | None = None,
    ) -> None:
        """Let calls go wrong from now on; the first fault that matches a call decides."""
        if isinstance(answer, str) and answer not in MISBEHAVIOURS:
            raise UsageError(f"no such fault: {answer!r} (allowed: {', '.join(MISBEHAVIOURS)})")
        fault = Fault(answer=answer, service=service, operation=operation, region=region, account=account, times=times)
        with self._lock:
            self.released.clear()
            self._faults.append(fault)

    def clear(self) -> None:
        """Let everything work again, and what hangs go on."""
        with self._lock:
            self._faults.clear()
            self.released.set()

    def strike(self, asked: Asked, account: str) -> Wrong | None:
        """What goes wrong with this call, if anything. Counts down a fault that was limited."""
        with self._lock:
            for index, fault in enumerate(self._faults):
                if fault.hits(asked, account):
                    self._spend(index, fault)
                    return fault.answer
        return None

    def _spend(self, index: int, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault.times > 1:
            self._faults[index] = replace(fault, times=fault.times - 1)
        else:
            del self._faults[index]

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            return iter(list(self._faults))
