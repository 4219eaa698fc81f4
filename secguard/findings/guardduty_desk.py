"""Whom to tell in GuardDuty about its findings: the caller's detector in each Region, and what it shows of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from secguard.engine.seam import Reader
from secguard.findings.feeds.places import Reach
from secguard.model import Finding, Place, Unreached
from secguard.settings.guardduty_filters import administrator_of
from secguard.settings.guardduty_findings import IDS_A_QUESTION, question

DESK_READS = ("guardduty:ListDetectors", "guardduty:GetAdministratorAccount", "guardduty:GetFindings")

_FINDING = re.compile(r"arn:[^:]+:guardduty:(?P<region>[^:]+):\d{12}:detector/[^/]+/finding/(?P<id>[0-9a-f]{32})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A finding, as the caller's detector shows it."""

    finding: Finding
    id: str
    """32 hex digits."""
    archived: bool
    raw: Mapping[str, Any]
    """As GuardDuty tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The caller's GuardDuty in one Region."""

    place: Place
    detector_id: str | None = None
    administrator: str | None = None
    """The account that administers the caller's GuardDuty; None where that is the caller's own."""
    shown: tuple[Shown, ...] = ()
    hidden: int = 0
    """How many of the findings it does not show: another account administers theirs."""
    unreached: Unreached | None = None

    @property
    def may_archive(self) -> bool:
        """Only administrators and accounts on their own may: the documentation of ArchiveFindings."""
        return self.administrator is None


def desks_for(findings: Sequence[Finding], *, aws: Reach) -> list[Desk]:
    """The desk of every Region in which some of the findings are GuardDuty's, in the order of the findings."""
    by_place: dict[Place, dict[str, Finding]] = {}
    for finding in findings:
        match = _FINDING.fullmatch(finding.id)
        if match:
            by_place.setdefault(Place(aws.caller.account, match["region"]), {})[match["id"]] = finding

    def look(place: Place) -> Desk:
        return _desk(aws.look(place), by_place[place])

    answers = dict(aws.fan_out(list(by_place), look, services=["guardduty"]))
    return [_reached(place, answers[place]) for place in by_place]


def _reached(place: Place, answer: Desk | Unreached) -> Desk:
    return Desk(place=place, unreached=answer) if isinstance(answer, Unreached) else answer


def _desk(reader: Reader, findings: Mapping[str, Finding]) -> Desk:
    detectors = reader.ask("guardduty", "ListDetectors")["DetectorIds"]
    if not detectors:
        return Desk(place=reader.place, hidden=len(findings))
    shown = tuple(_shown(reader, detectors[0], findings))
    return Desk(
        place=reader.place,
        detector_id=detectors[0],
        administrator=administrator_of(reader, detectors[0]),
        shown=shown,
        hidden=len(findings) - len(shown),
    )


def _shown(reader: Reader, detector_id: str, findings: Mapping[str, Finding]) -> Iterator[Shown]:
    ids = list(findings)
    for start in range(0, len(ids), IDS_A_QUESTION):
        asked = question({"detector_id": detector_id, "beside": ids[start : start + IDS_A_QUESTION]})
        told = {each["Id"]: each for each in reader.ask("guardduty", "GetFindings", **asked)["Findings"]}
        for own_id in filter(told.__contains__, asked["FindingIds"]):
            raw = told[own_id]
            archived = bool(raw["Service"].get("Archived", False))
            yield Shown(finding=findings[own_id], id=own_id, archived=archived, raw=raw)
