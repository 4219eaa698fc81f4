"""Apply a plan: what is ready runs together, each change is journalled before it is sent and read back after.

What does not need another change runs beside it; a change that failed makes those that need it `skipped`, and no other.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace

from secguard.engine.carry import Carrier
from secguard.engine.change import Change, Kind, Outcome, Plan, Status
from secguard.engine.outcome import outcome_of
from secguard.engine.workshop import Workshop
from secguard.errors import Exit, Refused, SecguardError
from secguard.model import Value, timestamp

MOST_THREADS = 64
OPEN = frozenset({Status.PLANNED, Status.APPLIED, Status.PENDING, Status.SKIPPED})
"""What a run still has before it; what it skips for good is found out each time."""
SUCCEEDED = frozenset({Status.VERIFIED, Status.UNDONE})


class Interrupted(SecguardError):
    """The operator stopped a run. What was done is in the journal, and nothing was begun after."""

    exit_code = Exit.INTERRUPTED

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"run {run_id} was interrupted",
            advice=f"secguard resume {run_id} finishes it, secguard undo {run_id} takes it back",
        )
        self.run_id = run_id


def new_run_id() -> str:
    """Twelve hex digits."""
    return secrets.token_hex(6)


def apply(plan: Plan, shop: Workshop, *, run_id: str) -> Plan:
    """Run a plan that was just made, as run `run_id`. Raises Interrupted; one bad change never stops the rest."""
    with shop.journal.running(run_id):
        started = timestamp(shop.clock.now())
        plan = replace(plan, run_id=run_id, started_at=started)
        shop.journal.begin(plan, run_id=run_id, at=started)
        shop.journal.know(run_id, {"run_id": run_id, "now": started})
        return _finish(plan, shop)


def resume(run_id: str, shop: Workshop) -> Plan:
    """Finish a run that was interrupted, or that left something pending, from where the journal says it stands.

    Raises Refused for a run of which something was taken back: what it left undone is no longer wanted.
    """
    require_resumable(shop.journal.plan(run_id))
    with shop.journal.running(run_id):
        return _finish(shop.journal.plan(run_id), shop)


def require_resumable(run: Plan) -> None:
    """Raises Refused when some of `run` was taken back, be it that nothing of it had been done."""
    if run.outcome is Outcome.UNDONE or any(change.status is Status.UNDONE for change in run.changes):
        raise Refused(f"run {run.run_id} was taken back, so it is not finished", advice="plan it anew")


def _finish(plan: Plan, shop: Workshop) -> Plan:
    assert plan.run_id is not None
    known = shop.journal.known(plan.run_id)
    known |= {f"{change.n}.change": str(change.n) for change in plan.changes}
    run = _Run(plan, shop, known)
    try:
        run.work()
    except KeyboardInterrupt:
        raise Interrupted(plan.run_id) from None
    done = plan.with_changes(run.changes.values())
    outcome = outcome_of(done.changes, waited=shop.patience is not None)
    ended = timestamp(shop.clock.now())
    shop.journal.end(plan.run_id, outcome, at=ended)
    return replace(done, outcome=outcome, ended_at=ended)


class _Run:
    """One run in the making: which changes still wait, and which are on their way."""

    def __init__(self, plan: Plan, shop: Workshop, known: dict[str, Value]) -> None:
        assert plan.run_id is not None
        self.changes = {change.n: change for change in plan.changes}
        self._run_id = plan.run_id
        self._shop = shop
        self._stop = threading.Event()
        self._waiting = [change.n for change in plan.changes if change.status in OPEN]
        self._carried: dict[Future[None], list[int]] = {}
        self._carrier = Carrier(shop, plan, known=known, stop=self._stop, settled=self._settled)

    def work(self) -> None:
        """Carry out everything that is open. On Ctrl-C nothing new is begun, and what was sent is settled."""
        pool = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="apply")
        try:
            while self._waiting or self._carried:
                self._skip_hopeless()
                for group in self._ready():
                    self._carried[pool.submit(self._carrier.carry, group)] = [change.n for change in group]
                assert self._carried or not self._waiting, f"changes {self._waiting} wait for one another"
                self._await_one()
        except BaseException:
            self._stop.set()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _await_one(self) -> None:
        done: set[Future[None]] = set()
        while self._carried and not done:
            done = wait(self._carried, timeout=0.2, return_when=FIRST_COMPLETED).done
        for future in done:
            del self._carried[future]
            future.result()

    def _settled(self, change: Change) -> None:
        self.changes[change.n] = change
        self._shop.progress(change)

    def _open(self) -> set[int]:
        return {*self._waiting, *(n for group in self._carried.values() for n in group)}

    def _skip_hopeless(self) -> None:
        """Mark what needs something that will not come, and what needs that in turn."""
        while hopeless := {n: cause for n in self._waiting if (cause := self._failed_need(n)) is not None}:
            self._waiting = [n for n in self._waiting if n not in hopeless]
            skipped = [_skipped(self.changes[n], cause) for n, cause in hopeless.items()]
            self._shop.journal.settle(self._run_id, skipped, undoes=None)
            for change in skipped:
                self._settled(change)

    def _failed_need(self, n: int) -> Change | None:
        """The first change that `n` needs and that is over without success."""
        unfinished = self._open()
        needs = (self.changes[m] for m in self.changes[n].needs if m not in unfinished)
        return next((change for change in needs if change.status not in SUCCEEDED), None)

    def _ready(self) -> Iterator[list[Change]]:
        """What can start now, in groups that may share a call. Bookkeeping comes when all else is over."""
        unfinished = self._open()
        acting = any(self.changes[n].kind is not Kind.BOOKKEEPING for n in unfinished)
        groups: dict[object, list[Change]] = {}
        for n in tuple(self._waiting):
            change = self.changes[n]
            held_back = acting and change.kind is Kind.BOOKKEEPING
            if not held_back and unfinished.isdisjoint(change.needs + change.follows):
                self._waiting.remove(n)
                groups.setdefault(self._group(change), []).append(change)
        for group in groups.values():
            most = self._shop.registry[group[0].setting].merges
            yield from (group[i : i + most] for i in range(0, len(group), most))

    def _group(self, change: Change) -> object:
        setting = self._shop.registry[change.setting]
        if setting.merges == 1:
            return change.n
        return change.place, change.setting, setting.batch(change.address, change.after)


def _skipped(change: Change, cause: Change) -> Change:
    return replace(change, status=Status.SKIPPED, error=f"it needs change {cause.n}, which is {cause.status}")
