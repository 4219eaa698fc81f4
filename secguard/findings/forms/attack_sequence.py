"""What an attack sequence lists: its signals, who acted, and from where, whichever form its source wrote it in. Pure.

GuardDuty keeps a sequence in `service.detection.sequence`; Security Hub in `Detection.Sequence`, or flattened into
ProductFields as `…/detection/sequence/signals.0_/uid`; OCSF has its signals as `finding_info.related_events`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from secguard.findings.forms.actor import valid_address
from secguard.findings.forms.fields import inside, mappings, number, text
from secguard.findings.forms.guardduty import camel_case
from secguard.findings.forms.ocsf import is_ocsf
from secguard.findings.forms.times import read_time
from secguard.model import Actor

SEQUENCES = "AttackSequence:"
"""How the types of attack sequences begin in GuardDuty's spelling."""
_FLATTENED = "/detection/sequence/"
_LISTED = re.compile(r"(?P<name>.+)\.(?P<at>\d{1,4})_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing that happened, as a sequence lists it: a finding, or what was seen in a log."""

    uid: str
    """A finding's ARN or bare id; of anything else, whatever GuardDuty gave it."""
    name: str
    """The finding's type, or what was done: an API's name."""
    count: int | None
    first_seen: datetime | None
    last_seen: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who acted in AWS."""

    kind: str
    """As AWS spells it: IAMUser, AssumedRole, Root."""
    id: str | None
    """`AIDA…`, or `AROA…:session`."""
    name: str | None
    credential: str | None
    """The access key's id."""
    account: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """What one attack sequence lists."""

    signals: tuple[Signal, ...] = ()
    endpoints: tuple[Actor, ...] = ()
    principals: tuple[Principal, ...] = ()


def sequence_of(raw: Any) -> Sequence:
    """What a finding lists as an attack sequence does; nothing where it is none."""
    if is_ocsf(raw):
        return Sequence(signals=_signals(mappings(inside(raw, "finding_info").get("related_events"))))
    said = (
        camel_case(inside(raw, "Detection", "Sequence"))
        or inside(camel_case(inside(raw, "service") or inside(raw, "Service")), "detection", "sequence")
        or _unflattened(inside(raw, "ProductFields"))
    )
    return Sequence(
        signals=_signals(mappings(said.get("signals"))),
        endpoints=tuple(map(_endpoint, mappings(said.get("endpoints")))),
        principals=tuple(_principal(inside(actor, "user")) for actor in mappings(said.get("actors"))),
    )


def _signals(listed: tuple[Mapping[Any, Any], ...]) -> tuple[Signal, ...]:
    return tuple(_signal(each) for each in listed if text(each.get("uid")) or text(each.get("id")))


def _signal(said: Mapping[Any, Any]) -> Signal:
    uid = text(said.get("uid")) or text(said.get("id")) or ""
    count = number(said.get("count"))
    first, last = ("firstSeenAt", "first_seen_time"), ("lastSeenAt", "last_seen_time")
    return Signal(
        uid=uid,
        name=text(said.get("name")) or text(said.get("title")) or text(said.get("type")) or uid,
        count=None if count is None else int(count),
        first_seen=next(filter(None, (_time(said.get(key)) for key in first)), None),
        last_seen=next(filter(None, (_time(said.get(key)) for key in last)), None),
    )


def _time(value: Any) -> datetime | None:
    """Sequences count seconds since 1970, unlike the rest of a finding; flattened, as a text."""
    seconds = number(value)
    return read_time(value if seconds is None else seconds)


def _endpoint(said: Mapping[Any, Any]) -> Actor:
    system = inside(said, "autonomousSystem")
    return Actor(
        ip=valid_address(said.get("ip")),
        country=text(inside(said, "location").get("country")),
        asn=text(system.get("number")),
        org=text(system.get("name")),
    )


def _principal(user: Mapping[Any, Any]) -> Principal:
    return Principal(
        kind=text(user.get("type")) or "",
        id=text(user.get("uid")),
        name=text(user.get("name")),
        credential=text(user.get("credentialUid")),
        account=text(inside(user, "account").get("uid")),
    )


def _unflattened(fields: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """A sequence put together again from ProductFields."""
    whole: dict[Any, Any] = {}
    for key, value in fields.items():
        before, found, path = str(key).partition(_FLATTENED)
        if not found or "/" not in before:
            continue
        *way, last = [step for part in path.split("/") for step in _steps(part)]
        place = whole
        for step in way:
            inner = place.setdefault(step, {})
            place = inner if isinstance(inner, dict) else {}
        place[last] = value
    return inside(_with_lists(whole))


def _steps(part: str) -> tuple[Any, ...]:
    """`signals.0_` is the first of a list called `signals`."""
    listed = _LISTED.fullmatch(part)
    return (part,) if listed is None else (listed["name"], int(listed["at"]))


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(isinstance(key, int) for key in value):
        return [_with_lists(value[at]) for at in sorted(value)]
    return {key: _with_lists(part) for key, part in value.items()}
