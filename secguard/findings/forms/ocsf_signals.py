"""Read what a finding in OCSF says of how soon to look at it. Pure.

The names are those of OCSF's finding classes 2002 to 2006, and of Security Hub's exposure findings, which gather what
other findings say of a resource as its traits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from secguard.findings.forms.fields import inside, mappings, number, text, texts
from secguard.findings.forms.signals import (
    BAD_ADDRESSES,
    LIKELY,
    REACHABLE,
    brief,
    failed,
    judged_to_be,
    listed,
    noted,
    opened,
    opened_by_title,
    unique,
    weak,
)
from secguard.model import Signal, SignalKind

_EXPOSURE = "Exposure/"
"""How the types of Security Hub's exposure findings begin."""
_REACHABILITY = "Reachability"
_WEAK = {"Exploit Available": SignalKind.EXPLOIT_AVAILABLE, "EPSS Level >= High": SignalKind.EXPLOIT_LIKELY}
"""What an exposure finding's traits say of vulnerabilities, whose ids it leaves to the findings that it gathers."""
_VERDICTS = {1: "FALSE_POSITIVE", 2: "TRUE_POSITIVE", 5: "BENIGN_POSITIVE"}
"""OCSF's verdict_id: False Positive, True Positive, Benign."""
_DISPOSED_OF = 2
"""OCSF's disposition_id of what was blocked; also its action_id of what was denied."""

Part = Mapping[Any, Any]


def signals_of_ocsf(item: Part) -> tuple[Signal, ...]:
    """What an OCSF finding says, each kind once."""
    info = inside(item, "finding_info")
    return unique(
        chain(
            weak(map(_vulnerability, mappings(item.get("vulnerabilities")))),
            listed(_lists(item, info)),
            _opened(item, info),
            _traits_of_weakness(info),
            judged_to_be(_VERDICTS.get(int(number(item.get("verdict_id")) or 0))),
            _held_back(item),
            _noted(item),
        )
    )


def _vulnerability(said: Part) -> dict[SignalKind, str]:
    cve = inside(said, "cve")
    name = text(cve.get("uid")) or ""
    exploited = said.get("exploit_last_seen_time") or said.get("exploit_last_seen_time_dt")
    holds = {
        SignalKind.KNOWN_EXPLOITED: bool(exploited),
        SignalKind.EXPLOIT_AVAILABLE: said.get("is_exploit_available") is True,
        SignalKind.EXPLOIT_LIKELY: (number(inside(cve, "epss").get("score")) or 0) >= LIKELY,
        SignalKind.FIX_AVAILABLE: True in (said.get("is_fix_available"), said.get("fix_available")),
    }
    return {kind: name for kind, held in holds.items() if held}


def _lists(item: Part, info: Part) -> Iterator[str]:
    for report in mappings(item.get("osint")):
        yield text(report.get("vendor_name")) or ""
    for trait in mappings(info.get("traits")):
        name = text(trait.get("name")) or ""
        if name in BAD_ADDRESSES:
            yield BAD_ADDRESSES[name]


def _opened(item: Part, info: Part) -> Iterator[Signal]:
    if _REACHABILITY in map(_category, _traits(info)):
        yield Signal(SignalKind.EXPOSED, REACHABLE)
    if inside(item, "databucket").get("is_public") is True:
        yield Signal(SignalKind.EXPOSED, "the bucket is public")
    yield from opened_by_title(text(info.get("title")) or "")
    for part in (*mappings(item.get("resources")), *mappings([item.get("resource")])):
        yield from opened(inside(part, "data"))
    if any(kind.startswith(_EXPOSURE) for kind in texts(info.get("types"))):
        yield Signal(SignalKind.EXPOSED, "several weaknesses together open a way in")


def _traits(info: Part) -> Iterator[Part]:
    """What an exposure finding gathers; while it was a preview, the traits were called tags."""
    for event in mappings(info.get("related_events")):
        yield from (*mappings(event.get("traits")), *mappings(event.get("tags")))


def _category(trait: Part) -> str:
    return text(trait.get("category")) or text(trait.get("name")) or ""


def _traits_of_weakness(info: Part) -> Iterator[Signal]:
    said = {value for trait in _traits(info) for value in (*texts(trait.get("values")), text(trait.get("name")))}
    yield from (Signal(kind) for words, kind in _WEAK.items() if words in said)


def _held_back(item: Part) -> Iterator[Signal]:
    if _DISPOSED_OF in (number(item.get("disposition_id")), number(item.get("action_id"))):
        yield Signal(SignalKind.BLOCKED, "it was blocked")
    for evidence in mappings(item.get("evidences")):
        error = text(inside(evidence, "api", "response").get("error"))
        if error:
            yield failed(error)


def _noted(item: Part) -> Iterator[Signal]:
    assignee = inside(item, "assignee")
    who = text(assignee.get("name")) or text(assignee.get("uid"))
    if who:
        yield Signal(SignalKind.NOTED, f"assigned to {brief(who)}")
    yield from noted(None, item.get("comment"))
