"""Make a plan from what is wanted: read each setting, keep what differs, say which calls would move it.

The same wants over the same findings in AWS give the same plan, byte for byte: wants keep their order, and nothing in a
plan comes from a clock, a thread or chance.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from secguard.engine.change import Change, Kind, Plan, Refusal, Undo, masked
from secguard.engine.guardrails import Allowances, Guardrail, objection, too_many
from secguard.engine.order import undo_order
from secguard.engine.origin import Origin
from secguard.engine.seam import Aws, Call, Reader
from secguard.engine.setting import Read, Registry, Setting, WayBack
from secguard.engine.values import UnknownLate, canonical, late, late_names, map_late, resolve
from secguard.errors import AwsError, NoCredentials, NotThere, Unsupported
from secguard.model import Place, Unreached, Value

MOST_LOOKS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """One setting that should hold a value, and why."""

    key: str
    """Names this want in `needs`, `touched_by`, `undo_after` and in late values of others: `late("key.GroupId")`."""
    setting: str
    place: Place
    address: dict[str, Value]
    value: Value
    summary: str | None = None
    findings: tuple[str, ...] = ()
    playbook: str | None = None
    needs: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    """Wants to wait for, however they end."""
    touched_by: tuple[str, ...] = ()
    undo_after: tuple[str, ...] = ()
    kind: Kind | None = None
    """None: the setting's own."""
    enough: tuple[Value, ...] = ()
    """Other values that will do: an undo is content with what was before, where it can't aim at that."""
    accepts: Callable[[Value], bool] | None = None
    """Which values it may be moved from; None: any. An undo accepts what its run left, and no other."""
    undoes: int | None = None

    @property
    def spot(self) -> tuple[Place, str, str]:
        """What is written: two wants for one spot are one change."""
        return self.place, self.setting, canonical(self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the planner knows besides the wants."""

    command: str
    request: dict[str, Value]
    origin: Origin
    aws: Aws
    registry: Registry
    guardrails: Sequence[Guardrail] = ()
    allowances: Allowances = Allowances()
    max_changes: int | None = None
    """None: any number."""
    refused: Sequence[Refusal] = ()
    """What the caller refused before it came to wants."""
    unreached: Sequence[Unreached] = ()
    cascade: bool = True
    """Whether what needs a refused change is refused too."""
    undoes: str | None = None

    def plan(self, wants: Iterable[Want]) -> Plan:
        """The sealed plan that makes `wants` true. Raises NoCredentials."""
        joined, conflicts = _joined(wants)
        seen = _Seen(self, _observe(joined, self))
        seen.refused.extend(conflicts)
        changes = seen.numbered([want for want in joined if seen.keeps(want)])
        refused = [*self.refused, *seen.refused]
        if self.max_changes is not None and (over := too_many(changes, self.max_changes, self.allowances)):
            refused, changes = [*refused, over], []
        return Plan(
            command=self.command,
            request=self.request,
            partition=self.origin.partition,
            caller=self.origin.caller,
            endpoint=self.origin.endpoint,
            changes=tuple(changes),
            undo_order=undo_order(changes),
            refused=tuple(dict.fromkeys(refused)),
            unreached=tuple(sorted({*self.unreached, *seen.unreached})),
            already=tuple(dict.fromkeys(seen.already)),
            unsupported=tuple(dict.fromkeys(seen.unsupported)),
            allowed=self.allowances.given,
            undoes=self.undoes,
            undone_already=tuple(sorted(seen.undone_already)),
        ).sealed()


Found = Read | AwsError
"""What a look brought: an error is a value until the plan says what becomes of it."""


@dataclass(slots=True)
class _Seen:
    """The findings of one planning, and what was decided on them."""

    draft: Draft
    found: Mapping[str, tuple[Found, Reader]]
    refused: list[Refusal] = field(default_factory=list)
    unreached: list[Unreached] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    unsupported: list[str] = field(default_factory=list)
    undone_already: list[int] = field(default_factory=list)
    yields: dict[str, Value] = field(default_factory=dict)
    held: dict[str, Refusal] = field(default_factory=dict)
    """Wants that were refused."""
    lost: set[str] = field(default_factory=set)
    """Wants that could not be looked at, and what needs them."""

    def keeps(self, want: Want) -> bool:
        """Whether `want` becomes a change; if not, says where it went instead."""
        target = self.draft.registry[want.setting].target(want.address)
        if self.draft.cascade and self._blocked(want, target):
            return False
        found, reader = self.found[want.key]
        match found:
            case NotThere():
                return self._refuse(want, Refusal(what=target, rule="gone", why=str(found)))
            case Unsupported():
                self.unsupported.append(str(found))
                self.lost.add(want.key)
                return False
            case AwsError():
                self.lost.add(want.key)
                place = reader.place
                self.unreached.append(Unreached(account=place.account, region=place.region, why=str(found)))
                return False
            case Read():
                return self._moves(want, found, target) and self._passes(want, reader)

    def _blocked(self, want: Want, target: str) -> bool:
        if self.lost.intersection(want.needs):
            self.lost.add(want.key)
            return True
        cause = next((self.held[key] for key in want.needs if key in self.held), None)
        if cause is not None:
            why = f"it needs {cause.what}, which was refused"
            self._refuse(want, Refusal(what=target, rule=cause.rule, why=why))
        return cause is not None

    def _moves(self, want: Want, found: Read, target: str) -> bool:
        self.yields.update({f"{want.key}.{name}": value for name, value in found.yields.items()})
        if found.value == _known(want.value, self.yields) or found.value in want.enough:
            shown = masked(found.value) if self.draft.registry[want.setting].sensitive else found.value
            self.already.append(f"{want.place}: {target}: {_standing(shown)}")
            if want.undoes is not None:
                self.undone_already.append(want.undoes)
            return False
        if want.accepts is not None and not want.accepts(found.value):
            why = f"someone has changed it since: it is now {brief(found.value)}"
            return self._refuse(want, Refusal(what=target, rule="drift", why=why))
        return True

    def _passes(self, want: Want, reader: Reader) -> bool:
        setting = self.draft.registry[want.setting]
        no = objection(self._change(want, 0, {}), setting, reader, self.draft.guardrails, self.draft.allowances)
        return no is None or self._refuse(want, no)

    def _refuse(self, want: Want, refusal: Refusal) -> bool:
        self.held[want.key] = refusal
        self.refused.append(refusal)
        return False

    def numbered(self, wants: Sequence[Want]) -> list[Change]:
        """The changes, numbered from 1 in the order of the wants."""
        numbers = {want.key: n for n, want in enumerate(wants, start=1)}
        return [self._change(want, numbers[want.key], numbers) for want in wants]

    def _change(self, want: Want, n: int, numbers: Mapping[str, int]) -> Change:
        setting = self.draft.registry[want.setting]
        found, _ = self.found[want.key]
        assert isinstance(found, Read)

        def name(value: Value) -> Value:
            return map_late(value, lambda text: self._named(text, n, numbers))

        def renamed(calls: Iterable[Call]) -> tuple[Call, ...]:
            return tuple(Call(call.service, call.operation, name(call.parameters)) for call in calls)

        address, after = name(want.address), name(want.value)
        kind = want.kind or setting.kind
        back = way_back(setting, kind, address, found.value, after)
        undo_calls = () if back.grade is Undo.NONE else setting.preview(address, after, back.value, found.context)
        return Change(
            n=n,
            needs=_numbers(want.needs, numbers),
            follows=_numbers(want.follows, numbers),
            findings=want.findings,
            playbook=want.playbook,
            account=want.place.account,
            region=want.place.region,
            setting=want.setting,
            address=address,
            target=setting.target(address),
            kind=kind,
            summary=_summary(setting, dataclasses.replace(want, address=address, value=after), found.value),
            before=found.value,
            after=after,
            calls=renamed(setting.preview(address, found.value, after, found.context)),
            undo=back.grade,
            undo_note=back.note,
            undo_to=back.value,
            undo_calls=renamed(undo_calls),
            touched_by=_numbers(want.touched_by, numbers),
            undo_after=_numbers(want.undo_after, numbers),
            undoes=want.undoes,
            sensitive=setting.sensitive,
            note=found.note,
        )

    def _named(self, text: str, n: int, numbers: Mapping[str, int]) -> Value:
        """What a late name stands for, where it is known, else the mark with the number of the change that gives it."""
        if text in self.yields:
            return self.yields[text]
        if text == "this.change":
            return str(n)
        key, dot, rest = text.partition(".")
        number = n if key == "this" else numbers.get(key)
        return late(f"{number}.{rest}") if dot and number is not None else late(text)


def way_back(setting: Setting, kind: Kind, address: Mapping[str, Value], before: Value, after: Value) -> WayBack:
    """What undoing aims at, by the kind of change and then by the setting."""
    match kind:
        case Kind.SCAFFOLD:
            return WayBack(Undo.NONE, note="shared: it stays for the next run")
        case Kind.EVIDENCE:
            return WayBack(Undo.NONE, note="evidence is kept") if before is None else WayBack(Undo.EXACT, before)
        case Kind.IRREVERSIBLE:
            return WayBack(Undo.NONE)
        case Kind.SETTING | Kind.BOOKKEEPING:
            if setting.sensitive:
                return WayBack(Undo.NONE, note="its former value is not written down")
            return setting.way_back(address, before, after)


def _joined(wants: Iterable[Want]) -> tuple[list[Want], list[Refusal]]:
    """One want per spot: equal ones are put together, contradicting ones refused."""
    spots: dict[tuple[Place, str, str], Want] = {}
    names: dict[str, str] = {}
    conflicts: list[Refusal] = []
    for want in wants:
        first = spots.get(want.spot)
        if first is None:
            spots[want.spot] = want
        elif canonical(first.value) != canonical(want.value):
            why = f"wanted both {brief(first.value)} and {brief(want.value)}"
            conflicts.append(Refusal(what=f"{want.setting} {want.spot[2]}", rule="conflict", why=why))
        else:
            spots[want.spot] = _together(first, want)
        names[want.key] = spots[want.spot].key
    return [_with_names(want, names) for want in spots.values()], conflicts


def _together(first: Want, second: Want) -> Want:
    return dataclasses.replace(
        first,
        findings=tuple(dict.fromkeys(first.findings + second.findings)),
        needs=tuple(dict.fromkeys(first.needs + second.needs)),
        follows=tuple(dict.fromkeys(first.follows + second.follows)),
        touched_by=tuple(dict.fromkeys(first.touched_by + second.touched_by)),
        undo_after=tuple(dict.fromkeys(first.undo_after + second.undo_after)),
    )


def _with_names(want: Want, names: Mapping[str, str]) -> Want:
    """`want` with the keys of joined wants replaced by the key that stands for them."""

    def named(keys: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(names.get(key, key) for key in keys if names.get(key, key) != want.key))

    def relate(text: str) -> Value:
        key, dot, rest = text.partition(".")
        return late(f"{names[key]}.{rest}") if dot and key in names else late(text)

    return dataclasses.replace(
        want,
        needs=named(want.needs),
        follows=named(want.follows),
        touched_by=named(want.touched_by),
        undo_after=named(want.undo_after),
        address=map_late(want.address, relate),
        value=map_late(want.value, relate),
    )


def _observe(wants: Sequence[Want], draft: Draft) -> dict[str, tuple[Found, Reader]]:
    """Every want's setting as it is now; one look per place and service, all at once.

    An address that waits for another want's yield is read once that one is known, in a second pass.
    """
    seen: dict[str, tuple[Found, Reader]] = {}
    known: dict[str, Value] = {}
    waiting = list(wants)
    while waiting:
        ready = [want for want in waiting if _readable(want, known)] or waiting
        for found in _looked(ready, draft, known):
            seen |= found
        waiting = [want for want in waiting if want.key not in seen]
        for want in ready:
            read = seen[want.key][0]
            if isinstance(read, Read):
                known |= {f"{want.key}.{name}": value for name, value in read.yields.items()}
    return seen


def _readable(want: Want, known: Mapping[str, Value]) -> bool:
    return all(name in known for name in late_names(want.address))


def _looked(wants: Sequence[Want], draft: Draft, known: Mapping[str, Value]) -> list[dict[str, tuple[Found, Reader]]]:
    groups: dict[tuple[Place, str], list[Want]] = {}
    for want in wants:
        groups.setdefault((want.place, want.setting.partition(".")[0]), []).append(want)

    def look(group: list[Want]) -> dict[str, tuple[Found, Reader]]:
        reader = draft.aws.look(group[0].place)
        return {want.key: (_read(draft.registry[want.setting], reader, want, known), reader) for want in group}

    with ThreadPoolExecutor(min(MOST_LOOKS, max(1, len(groups))), thread_name_prefix="plan") as pool:
        return list(pool.map(look, groups.values()))


def _read(setting: Setting, reader: Reader, want: Want, known: Mapping[str, Value]) -> Found:
    try:
        address = resolve(want.address, known)
    except UnknownLate:
        return Read(None)  # what it would stand on is not there yet
    try:
        return setting.read(reader, address)
    except NoCredentials:
        raise
    except AwsError as error:
        return error


def _known(value: Value, yields: Mapping[str, Value]) -> Value:
    return map_late(value, lambda name: yields.get(name, late(name)))


def _numbers(keys: Iterable[str], numbers: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(sorted({numbers[key] for key in keys if key in numbers}))


def _summary(setting: Setting, want: Want, before: Value) -> str:
    if want.summary is not None:
        return want.summary
    if setting.sensitive:
        return setting.summary(want.address, masked(before), masked(want.value))
    return setting.summary(want.address, before, want.value)


def brief(value: Value) -> str:
    """A value as it fits into a sentence."""
    text = "absent" if value is None else value if isinstance(value, str) else canonical(value)
    return text if len(text) <= 120 else text[:119] + "…"


def _standing(value: Value) -> str:
    """A value that is so already; what is too long for a sentence is as it was wanted."""
    text = brief(value)
    return "as wanted" if text.endswith("…") else text


def told_apart(was: Value, now: Value) -> tuple[str, str]:
    """Two values as they fit into a sentence; of two documents only what differs."""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        differs = [key for key in sorted({*was, *now}) if was.get(key) != now.get(key)]
        was, now = ({key: each.get(key) for key in differs} for each in (was, now))
    return brief(was), brief(now)
