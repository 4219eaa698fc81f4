"""Count what suppression rules hide, now and over the past 90 days, and say what of it ought to give pause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from secguard.findings.feeds.levels import identity
from secguard.findings.query import WORST_FIRST, Query, Sort
from secguard.findings.ranking import ordered, rank
from secguard.findings.suppression.findings import Findings
from secguard.findings.suppression.rule import Rule
from secguard.model import Finding, Severity, Workflow, severity_word

PAST = timedelta(days=90)
"""How long GuardDuty and Security Hub keep findings that are not updated."""
_MOST_EXAMPLES = 3
_GRAVE = (Severity.CRITICAL, Severity.HIGH)
_SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What one rule hides."""

    rule: Rule
    open: Mapping[Severity, int]
    """New and notified, by severity."""
    past: Mapping[Severity, int]
    """Updated within the past 90 days, whatever became of them."""
    grave: int
    """How many of the open ones are critical or high, samples aside."""
    samples: int
    """How many of the open ones were made to try things out."""
    examples: tuple[Finding, ...]
    """Open ones, what to look at first on top."""
    overlaps: Mapping[str, int]
    """How many of the open ones another rule hides too, by its name."""
    share: float | None
    """Its part of all open findings, where that is more than half; else None."""
    warnings: tuple[str, ...]


def preview(rules: Sequence[Rule], findings: Findings, *, now: datetime) -> list[Preview]:
    """What each rule hides, in their order. AWS filters what it can."""
    tally = {rule.name: _Tally(rule) for rule in rules}
    for rule, finding in findings.meant_by(rules, whatever_became_of_it=True):
        tally[rule.name].add(finding, now=now)
    tallies = list(tally.values())
    total = _total(findings, enough=2 * max((len(tally.keys) for tally in tallies), default=0))
    whole = not findings.gaps.unreached
    return [_seen(tally, tallies, total=total, whole=whole, now=now) for tally in tallies]


def preview_record(seen: Preview) -> dict[str, Any]:
    """A preview as the JSON object other programs read."""
    rule = seen.rule
    return {
        "name": rule.name,
        "reason": rule.reason,
        "owner": rule.owner,
        "expires": str(rule.expires),
        "open": sum(seen.open.values()),
        "open_by_severity": _by_word(seen.open),
        "past_90_days": sum(seen.past.values()),
        "past_90_days_by_severity": _by_word(seen.past),
        "samples": seen.samples,
        "share": None if seen.share is None else round(seen.share, 3),
        "overlaps": dict(seen.overlaps),
        "warnings": list(seen.warnings),
        "examples": [
            {
                "id": each.id,
                "short_id": each.short_id,
                "severity": each.severity.name,
                "title": each.title,
                "account": each.account,
                "region": each.region,
            }
            for each in seen.examples
        ],
    }


@dataclass(slots=True)
class _Tally:
    """The findings of one rule, counted as they come: of most no more is kept than a number."""

    rule: Rule
    open: Counter[Severity] = field(default_factory=Counter)
    past: Counter[Severity] = field(default_factory=Counter)
    keys: set[int] = field(default_factory=set)
    grave: Counter[Severity] = field(default_factory=Counter)
    """The open ones that are critical or high, samples aside."""
    samples: int = 0
    examples: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding, *, now: datetime) -> None:
        """Count one in."""
        if finding.updated_at is None or finding.updated_at >= now - PAST:
            self.past[finding.severity] += 1
        if not is_open(finding):
            return
        self.open[finding.severity] += 1
        self.keys.add(identity(finding))
        self.samples += finding.sample
        if finding.severity in _GRAVE and not finding.sample:
            self.grave[finding.severity] += 1
        self.examples = ordered([*self.examples, rank(finding, now=now)], by=Sort.PRIORITY)[:_MOST_EXAMPLES]


def is_open(finding: Finding) -> bool:
    """Whether it is one of those that `findings` lists unless told otherwise."""
    status = finding.workflow_status or Workflow.NEW
    return finding.record_state in ("ACTIVE", None) and status in Query().statuses


def _total(findings: Findings, *, enough: int) -> int:
    """How many findings are open; no more are counted than it takes to know that no rule hides half of them."""
    total = 0
    if enough:
        for _ in findings.of(Query()):
            total += 1
            if total >= enough:
                break
    return total


def _seen(tally: _Tally, tallies: Iterable[_Tally], *, total: int, whole: bool, now: datetime) -> Preview:
    count = len(tally.keys)
    overlaps = {
        other.rule.name: common for other in tallies if other is not tally and (common := len(tally.keys & other.keys))
    }
    share = count / total if total and count * 2 > total else None
    return Preview(
        rule=tally.rule,
        open=tally.open,
        past=tally.past,
        grave=tally.grave.total(),
        samples=tally.samples,
        examples=tuple(tally.examples),
        overlaps=overlaps,
        share=share,
        warnings=tuple(_warnings(tally, share=share, whole=whole, now=now)),
    )


def _warnings(tally: _Tally, *, share: float | None, whole: bool, now: datetime) -> Iterator[str]:
    """`whole`: nothing was left unread, so that what was not met is not there."""
    rule = tally.rule
    if rule.expired(now):
        yield f"expired on {rule.expires}: it hides nothing more, and apply lifts it"
        return
    if rule.ends_at - now < _SOON:
        yield f"ends soon: {rule.expires} is its last day"
    if tally.grave:
        count = tally.grave.total()
        levels = " and ".join(severity_word(level) for level in _GRAVE if tally.grave[level])
        yield f"hides {count} open {'finding' if count == 1 else 'findings'} of {levels} severity"
    if share is not None:
        yield f"hides {share:.0%} of all open findings"
    if whole and not tally.past:
        yield "has met nothing in 90 days: is it still needed, and is it spelled right?"


def _by_word(counts: Mapping[Severity, int]) -> dict[str, int]:
    return {severity_word(level): counts[level] for level in WORST_FIRST}
