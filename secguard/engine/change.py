"""Changes and plans as data: shown, saved, reviewed, applied later."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from secguard import __version__
from secguard.engine.seam import Call
from secguard.engine.values import digest
from secguard.errors import InputError
from secguard.model import Place, Unreached, Value

PLAN_VERSION = 1


class Kind(StrEnum):
    """What a change is to the plan it stands in."""

    SETTING = "setting"
    EVIDENCE = "evidence"
    """Adds, never alters; if it fails, only what would destroy it is held back."""
    SCAFFOLD = "scaffold"
    """Created once, shared, its content checked each time, never undone by a run."""
    BOOKKEEPING = "bookkeeping"
    """Best effort, after the rest; never decides an outcome."""
    IRREVERSIBLE = "irreversible"
    """Refused without `--allow irreversible`, always after evidence."""


class Status(StrEnum):
    """How far a change has come."""

    PLANNED = "planned"
    APPLIED = "applied"
    """Calls were, or may have been, sent, and nothing was read back: what an interruption leaves."""
    VERIFIED = "verified"
    PENDING = "pending"
    """AWS has accepted it and does not show it yet."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """Something it needs failed."""
    DRIFTED = "drifted"
    GONE = "gone"
    """What it was about is no longer there."""
    UNDONE = "undone"


class Undo(StrEnum):
    """How well a change can be taken back."""

    EXACT = "exact"
    NEAREST = "nearest"
    NONE = "none"


class Outcome(StrEnum):
    """How a run ended."""

    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"
    RUNNING = "running"
    UNDONE = "undone"
    PARTLY_UNDONE = "partly_undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Moves one setting from the value seen to the value wanted."""

    n: int
    needs: tuple[int, ...] = ()
    """Changes that must have succeeded first."""
    follows: tuple[int, ...] = ()
    """Changes to wait for, however they end."""
    findings: tuple[str, ...] = ()
    playbook: str | None = None
    account: str
    region: str
    setting: str
    """The setting's name in the registry: `iam.access-key-status`."""
    address: dict[str, Value]
    """Where the value is held, within the place: what `Setting.read` takes."""
    target: str
    """The address as an operator knows it."""
    kind: Kind = Kind.SETTING
    summary: str
    before: Value
    after: Value
    calls: tuple[Call, ...]
    undo: Undo = Undo.EXACT
    undo_note: str | None = None
    undo_to: Value = None
    """What undoing aims at: `before`, or the nearest value to it."""
    undo_calls: tuple[Call, ...] = ()
    touched_by: tuple[int, ...] = ()
    """Changes of this plan that alter this setting in passing: after one of them, `before` is read afresh."""
    undo_after: tuple[int, ...] = ()
    """Changes that must be taken back before this one can be."""
    undoes: int | None = None
    """In an undo: the number of the change, in the undone run, that this one takes back."""
    sensitive: bool = False
    """Its values are written down as digests only."""
    status: Status = Status.PLANNED
    acted: bool = False
    """Whether this run sent, or may have sent, a call for it. What was not acted on is not undone."""
    unsupported: bool = False
    """Whether AWS does not have it there; such a change is `skipped`, and counts for nothing."""
    error: str | None = None
    note: str | None = None
    """What reading it back said besides the value: why a standard is incomplete."""

    @property
    def place(self) -> Place:
        """Where the change happens."""
        return Place(self.account, self.region)


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Refusal:
    """Something a guardrail did not let into the plan."""

    what: str
    rule: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Changes in order, what was refused, and what could not be looked at."""

    plan_version: int = PLAN_VERSION
    secguard_version: str = __version__
    command: str
    request: dict[str, Any] = field(default_factory=dict)
    """What the planner was asked, so that `apply FILE` can ask it again."""
    partition: str
    caller: str
    """The ARN of who planned it."""
    endpoint: str | None
    """None: AWS itself."""
    digest: str = ""
    changes: tuple[Change, ...] = ()
    undo_order: tuple[int, ...] = ()
    refused: tuple[Refusal, ...] = ()
    unreached: tuple[Unreached, ...] = ()
    already: tuple[str, ...] = ()
    """What was wanted and is so already, in words."""
    unsupported: tuple[str, ...] = ()
    """What was wanted and AWS does not have there, in words."""
    allowed: tuple[str, ...] = ()
    """The `--allow` given, as typed."""
    undoes: str | None = None
    """The run that this plan takes back."""
    undone_already: tuple[int, ...] = ()
    """Changes of that run whose setting holds its former value already."""
    run_id: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    outcome: Outcome | None = None

    def sealed(self) -> Plan:
        """This plan with the digest of everything that says what would be done, where and for whom."""
        return dataclasses.replace(self, digest=content_digest(self))

    def change(self, n: int) -> Change:
        """The change numbered `n`."""
        return next(change for change in self.changes if change.n == n)

    def with_changes(self, changes: Iterable[Change]) -> Plan:
        """This plan with some of its changes replaced by number."""
        new = {change.n: change for change in changes}
        return dataclasses.replace(self, changes=tuple(new.get(c.n, c) for c in self.changes))


OF_THE_RUN = ("digest", "run_id", "started_at", "ended_at", "outcome")
OF_THE_CHANGES_RUN = ("status", "acted", "unsupported", "error", "note")


def content_digest(plan: Plan) -> str:
    """The SHA-256 of a plan's record without what applying it adds."""
    record = to_record(plan)
    for key in OF_THE_RUN:
        record.pop(key)
    for change in record["changes"]:
        for key in OF_THE_CHANGES_RUN:
            change.pop(key)
    return digest(record)


def to_record(plan: Plan) -> dict[str, Any]:
    """A plan as the JSON object other programs read. Sensitive values are in it as digests."""
    shown = plan.with_changes(_masked(change) for change in plan.changes if change.sensitive)
    record: dict[str, Any] = msgspec.to_builtins(shown)
    return record


def change_record(change: Change) -> dict[str, Any]:
    """One change as it stands in a plan's record."""
    record: dict[str, Any] = msgspec.to_builtins(_masked(change) if change.sensitive else change)
    return record


def _masked(change: Change) -> Change:
    """`change` with digests for its values and without what its calls carry."""
    return dataclasses.replace(
        change,
        before=masked(change.before),
        after=masked(change.after),
        undo_to=masked(change.undo_to),
        calls=tuple(_without_parameters(call) for call in change.calls),
        undo_calls=tuple(_without_parameters(call) for call in change.undo_calls),
    )


def masked(value: Value) -> Value:
    """A sensitive value as it may be written down."""
    return None if value is None else {"$digest": digest(value)}


def is_masked(value: Value) -> bool:
    """Whether `value` is what `masked` left of another one."""
    return isinstance(value, dict) and set(value) == {"$digest"}


def _without_parameters(call: Call) -> Call:
    return Call(call.service, call.operation, {name: masked(value) for name, value in call.parameters.items()})


def from_record(record: Any, *, origin: str) -> Plan:
    """The plan in a JSON object. Raises InputError naming `origin` and the path in it."""
    version = record.get("plan_version") if isinstance(record, dict) else None
    if version != PLAN_VERSION:
        raise InputError(f"{origin}: not a plan of version {PLAN_VERSION} (plan_version is {version!r})")
    try:
        plan: Plan = msgspec.convert(record, Plan)
    except msgspec.ValidationError as error:
        raise InputError(f"{origin}: not a plan: {error}") from error
    return plan
