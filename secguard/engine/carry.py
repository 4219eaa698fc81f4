"""Carry out one group of changes: observe, journal, call, read back, until each is settled.

A group holds one change, or several of one setting that may share a call. It is worked in rounds: every round reads
the changes that are not settled, decides for each whether to send, to wait or to settle, and sends what is to be sent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from secguard.engine.change import Change, Plan, Status, is_masked
from secguard.engine.draft import brief, told_apart, way_back
from secguard.engine.journal import Intent
from secguard.engine.seam import Call, Reader
from secguard.engine.setting import Item, Read, Setting
from secguard.engine.values import UnknownLate, canonical, late, map_late, resolve
from secguard.engine.workshop import Workshop
from secguard.errors import Already, AwsError, NotThere, Stale, Unreachable, Unsupported
from secguard.model import Value, timestamp

FIRST_PAUSE = 0.25
"""Seconds before a value that is not there yet is read again; doubled each time, up to LONGEST_PAUSE."""
LONGEST_PAUSE = 8.0
SLICE = 0.25
"""Seconds slept at a time, so that Ctrl-C is heard."""
MOST_SENDS = 12
"""How often one change sends its calls before it is given up: a value that never comes to rest must not be chased."""
MOST_STALE = 8
"""How often a write whose lock token went stale is tried again with a fresh one."""


@dataclass(slots=True)
class _Work:
    """One change of the group, as far as it has come."""

    change: Change
    read: Read | None = None
    sent_from: str | None = None
    """The value (canonical) that the last call was sent from: while it is found again, AWS does not show the call."""
    sends: int = 0
    stale: int = 0
    alone: bool = False
    """Whether a call that it shared was refused, so that it now goes by itself."""
    fresh: bool = False
    """Whether an earlier change of this run touched it, so that what is found first is its `before`."""
    excuse: AwsError | None = None
    """What AWS said last, where it did not say yes."""
    last_look: bool = False
    """Whether a call got no answer, so that the next look decides."""
    open: bool = True

    @property
    def value(self) -> Value:
        """What the last look found."""
        return self.read.value if self.read is not None else None

    def end(self, status: Status, why: str | None = None, *, note: str | None = None) -> Change:
        """Settle it."""
        self.open = False
        self.change = replace(self.change, status=status, error=why, note=note or self.change.note)
        return self.change

    def refused(self, error: AwsError) -> Change:
        """Settle it as AWS's refusal says."""
        if isinstance(error, NotThere):
            return self.end(Status.GONE, str(error))
        if isinstance(error, Unsupported):
            self.change = replace(self.change, unsupported=True)
            return self.end(Status.SKIPPED, str(error))
        return self.end(Status.FAILED, str(error))


class Carrier:
    """What the groups of one run share: what has become known, and what was touched."""

    def __init__(
        self,
        shop: Workshop,
        plan: Plan,
        *,
        known: dict[str, Value],
        stop: threading.Event,
        settled: Callable[[Change], None],
    ) -> None:
        assert plan.run_id is not None
        self._shop = shop
        self._run_id = plan.run_id
        self._undoes = plan.undoes
        self._known = known
        self._touched = {change.n for change in plan.changes if change.acted}
        self._stop = stop
        self._settled = settled

    def carry(self, changes: Sequence[Change]) -> None:
        """Bring every change of the group to an end. On stop, what is not settled stays as the journal has it."""
        setting = self._shop.registry[changes[0].setting]
        works = [work for change in changes if (work := self._resolved(change)) is not None]
        with ExitStack() as held:
            for document in sorted({_document(work.change, setting) for work in works}):
                held.enter_context(self._shop.locks.hold(document))
            if any(work.change.acted for work in works):
                # After a crash AWS may not show yet what was sent before it: wait a little before repeating it.
                self._pause(FIRST_PAUSE)
            self._rounds(works, setting)

    def _resolved(self, change: Change) -> _Work | None:
        """The change with its late values filled in, or None when one did not become known."""
        try:
            address = resolve(change.address, self._known)
            after = resolve(change.after, self._known)
        except UnknownLate as error:
            self._settle([replace(change, status=Status.FAILED, error=f"{error} did not become known")])
            return None
        if change.sensitive and is_masked(after):
            why = "its value was never written down; plan it again"
            self._settle([replace(change, status=Status.FAILED, error=why)])
            return None
        touched = address != change.address or not self._touched.isdisjoint(change.touched_by)
        change = replace(change, address=address, after=after, error=None)
        return _Work(change, fresh=touched and not change.acted)

    def _rounds(self, works: Sequence[_Work], setting: Setting) -> None:
        patience = max(setting.settles_in, self._shop.patience or 0.0)
        deadline, pause = self._shop.clock.monotonic() + patience, FIRST_PAUSE
        within = setting.keeps_for
        while not self._stop.is_set():
            self._observe([work for work in works if work.open], setting, within)
            within = 0.0
            moving = [work for work in works if work.open]
            if not moving:
                return
            batches = _batches(moving, setting)
            for batch in batches:
                self._send(batch, setting)
            if batches and not any(work.excuse for work in moving):
                deadline, pause = self._shop.clock.monotonic() + patience, FIRST_PAUSE
                continue
            if self._shop.clock.monotonic() + pause > deadline:
                self._settle([_out_of_patience(work) for work in moving if work.open])
                return
            self._pause(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _pause(self, seconds: float) -> None:
        while seconds > 0 and not self._stop.is_set():
            self._shop.clock.sleep(min(SLICE, seconds))
            seconds -= SLICE

    def _observe(self, works: Sequence[_Work], setting: Setting, within: float) -> None:
        """Read every open change and settle those whose value says so."""
        if works:
            service = setting.name.partition(".")[0]
            reader = self._shop.aws.look(works[0].change.place, service=service, within=within)
            self._settle([change for work in works if (change := self._judged(work, setting, reader)) is not None])

    def _judged(self, work: _Work, setting: Setting, reader: Reader) -> Change | None:
        """What a fresh look says about one change: settled, or None while there is something to send or to await."""
        try:
            work.read = setting.read(reader, work.change.address)
        except AwsError as error:
            waiting = isinstance(error, Unreachable) and work.sent_from is not None and not work.last_look
            return None if waiting else work.refused(error)
        if work.fresh:
            work.change, work.fresh = _from_here(work.change, work.read.value, setting), False
        if work.value == work.change.after:
            self._learn(work.change, work.read)
            return work.end(Status.VERIFIED, note=work.read.note)
        if work.last_look and work.excuse is not None:
            return work.refused(work.excuse)
        if work.sends >= MOST_SENDS:
            return work.end(Status.FAILED, f"it does not come to rest: it is now {brief(work.value)}")
        return None if _on_the_way(work, setting) else _astray(work)

    def _learn(self, change: Change, read: Read) -> None:
        values = {f"{change.n}.{name}": value for name, value in read.yields.items()}
        if values:
            self._shop.journal.know(self._run_id, values)
            self._known.update(values)

    def _send(self, works: Sequence[_Work], setting: Setting) -> None:
        """Journal and send the calls of one batch; where they are refused, what the setting knows instead."""
        items = [Item(w.change.address, w.value, w.change.after, w.read.context if w.read else None) for w in works]
        error = self._sent(works, setting, items, setting.merged(items))
        if error is not None and len(items) == 1 and (others := setting.instead(items[0], error)):
            error = self._sent(works, setting, items, others)
        if error is not None:
            self._settle(_after_refusal(works, setting, error))

    def _sent(
        self, works: Sequence[_Work], setting: Setting, items: Sequence[Item], calls: Sequence[Call]
    ) -> AwsError | None:
        """Journal the intent and make the calls; the error, where AWS gave one."""
        final = [self._final(call, works[0].change.n) for call in calls]
        for work in works:
            work.change = replace(work.change, status=Status.APPLIED, acted=True)
            work.sent_from, work.excuse, work.sends = canonical(work.value), None, work.sends + 1
        intents = [Intent(change=work.change, found=work.value, calls=final) for work in works]
        self._shop.journal.intend(self._run_id, intents, at=timestamp(self._shop.clock.now()))
        self._touched.update(work.change.n for work in works)
        for work in works:
            self._settled(work.change)
        try:
            answers = [self._shop.aws.send(works[0].change.place, call) for call in final]
        except AwsError as error:
            return error
        self._settle([works[i].end(Status.FAILED, why) for i, why in setting.refusals(items, answers).items()])
        for i, why in setting.postponed(items, answers).items():
            works[i].sent_from, works[i].excuse = None, AwsError(why)
        return None

    def _final(self, call: Call, n: int) -> Call:
        """`call` with everything that was late filled in."""

        def numbered(name: str) -> Value:
            return late(f"{n}.{name.removeprefix('this.')}" if name.startswith("this.") else name)

        return Call(call.service, call.operation, resolve(map_late(call.parameters, numbered), self._known))

    def _settle(self, changes: Sequence[Change]) -> None:
        if changes:
            self._shop.journal.settle(self._run_id, changes, undoes=self._undoes)
        for change in changes:
            self._settled(change)


def _document(change: Change, setting: Setting) -> str:
    return f"{change.account} {change.region} {setting.document(change.address)}"


def _batches(works: Iterable[_Work], setting: Setting) -> list[list[_Work]]:
    """What is to be sent now: together, but for those that a shared call did not work for."""
    moving = [work for work in works if _has_calls(work, setting)]
    together = [work for work in moving if not work.alone]
    return [*([together] if together else []), *([work] for work in moving if work.alone)]


def _has_calls(work: _Work, setting: Setting) -> bool:
    if work.read is None or canonical(work.value) == work.sent_from:
        return False
    return bool(setting.calls(work.change.address, work.value, work.change.after, work.read.context))


def _on_the_way(work: _Work, setting: Setting) -> bool:
    """Whether what is found belongs between `before` and `after`, given what was sent."""
    change, found = work.change, work.value
    if found == change.before or (work.sent_from is not None and canonical(found) == work.sent_from):
        return True
    return change.acted and setting.passes_through(found, change.before, change.after)


def _astray(work: _Work) -> Change:
    """Settle what holds a value that is not ours."""
    if work.change.acted:
        _, found = told_apart(work.change.after, work.value)
        return work.end(Status.FAILED, f"it reads back as {found}")
    was, found = told_apart(work.change.before, work.value)
    return work.end(Status.DRIFTED, f"it was {was} and is now {found}")


def _after_refusal(works: Sequence[_Work], setting: Setting, error: AwsError) -> list[Change]:
    """What an error on sending means for the changes of a batch: settled ones are returned, the others go on."""
    if isinstance(error, Already):
        return []
    if isinstance(error, Unreachable):
        for work in works:
            work.excuse, work.last_look = error, True
        return []
    if len(works) > 1:
        for work in works:
            work.alone, work.sent_from = True, None
        return []
    work = works[0]
    again = isinstance(error, Stale) and work.stale < MOST_STALE
    if again or setting.passes(error):
        work.stale += again
        work.sent_from, work.excuse = None, error
        return []
    return [work.refused(error)]


def _out_of_patience(work: _Work) -> Change:
    if work.excuse is not None:
        return work.refused(work.excuse)
    return work.end(Status.PENDING, note=work.read.note if work.read else None)


def _from_here(change: Change, found: Value, setting: Setting) -> Change:
    """`change` with what was just found as the value it moves from."""
    back = way_back(setting, change.kind, change.address, found, change.after)
    return replace(change, before=found, undo_to=back.value, undo=back.grade, undo_note=back.note)
