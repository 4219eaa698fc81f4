"""What an operator asks for: the filters of `findings`, read from what was typed. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from secguard.errors import UsageError
from secguard.findings.forms.times import parse_time
from secguard.model import Severity, Workflow, severity_word

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

WORST_FIRST = tuple(sorted(Severity, reverse=True))
OPEN = (Workflow.NEW, Workflow.NOTIFIED)
COMPLIANCE = ("PASSED", "WARNING", "FAILED", "NOT_AVAILABLE")
_ISO_DATE_LENGTH = len("2026-11-23")


class Sort(StrEnum):
    """In which order findings are listed."""

    PRIORITY = "priority"
    SEVERITY = "severity"
    UPDATED = "updated"
    FIRST_SEEN = "first-seen"
    ACCOUNT = "account"
    REGION = "region"
    PRODUCT = "product"
    RESOURCE = "resource"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which findings, how many and in which order. Filters of different kinds must all hold; of one kind, any."""

    levels: tuple[Severity, ...] = WORST_FIRST
    """Worst first."""
    statuses: tuple[Workflow, ...] = OPEN
    products: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    """Globs, over GuardDuty's own spelling and ASFF's."""
    controls: tuple[str, ...] = ()
    compliance: tuple[str, ...] = ()
    standards: tuple[str, ...] = ()
    """`fsbp`, `cis`, or a part of a standard's name."""
    resources: tuple[str, ...] = ()
    """ARNs, or parts of an id or a name."""
    resource_types: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    titles: tuple[str, ...] = ()
    since: datetime | None = None
    """By the time of the last update, this moment included."""
    until: datetime | None = None
    """The same, this moment not included."""
    archived: bool = False
    """Archived findings too."""
    samples: bool = True
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    limit: int | None = None
    sort: Sort = Sort.PRIORITY


EVERYTHING = Query(statuses=(), archived=True)
"""No finding is left out."""


def levels(*, at_least: str | None, only: Iterable[str]) -> tuple[Severity, ...]:
    """The severities meant by `--severity` and `--severity-only`, worst first. Raises UsageError."""
    chosen = _split(only)
    if at_least is not None and chosen:
        raise UsageError("--severity and --severity-only contradict one another", advice="give one of them")
    if chosen:
        named = {level(text, option="--severity-only") for text in chosen}
        return tuple(sorted(named, reverse=True))
    floor = Severity.INFORMATIONAL if at_least is None else level(at_least, option="--severity")
    return tuple(severity for severity in WORST_FIRST if severity >= floor)


def level(text: str, *, option: str) -> Severity:
    """The severity that a word names. Raises UsageError."""
    word = text.strip().upper()
    found = next((severity for severity in Severity if len(word) >= 3 and severity.name.startswith(word)), None)
    if found is None:
        raise UsageError(
            f"{option} {text!r} is no severity", advice="one of: " + ", ".join(map(severity_word, WORST_FIRST))
        )
    return found


def statuses(texts: Iterable[str]) -> tuple[Workflow, ...]:
    """The workflow statuses meant by `--status`; none given: new and notified; empty: all. Raises UsageError."""
    words = [text.upper() for text in _split(texts)]
    if "ALL" in words:
        return ()
    for word in words:
        if word not in Workflow.__members__:
            allowed = ", ".join([*(status.value.lower() for status in Workflow), "all"])
            raise UsageError(f"--status {word.lower()!r} is no workflow status", advice=f"one of: {allowed}")
    return tuple(Workflow(word) for word in dict.fromkeys(words)) or OPEN


def compliance(texts: Iterable[str]) -> tuple[str, ...]:
    """The compliance statuses meant by `--compliance`. Raises UsageError."""
    words = [text.upper().replace("-", "_") for text in _split(texts)]
    for word in words:
        if word not in COMPLIANCE:
            allowed = ", ".join(status.lower() for status in COMPLIANCE)
            raise UsageError(f"--compliance {word.lower()!r} is no compliance status", advice=f"one of: {allowed}")
    return tuple(dict.fromkeys(words))


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """The addresses meant by `--ip`: one, or a CIDR block. Raises UsageError."""
    return tuple(_network(text) for text in _split(texts))


def period(*, since: str | None, until: str | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    """The period between `--since` and `--until`; a date as its end counts to its last moment. Raises UsageError."""
    begins = None if since is None else parse_time(since, now=now, option="--since")
    ends = None if until is None else parse_time(until, now=now, option="--until")
    if ends is not None and until is not None and len(until.strip()) == _ISO_DATE_LENGTH:
        ends += timedelta(days=1)
    if begins is not None and ends is not None and begins >= ends:
        raise UsageError("--since is not before --until", advice="swap them")
    return begins, ends


def sort(text: str) -> Sort:
    """The order meant by `--sort`. Raises UsageError."""
    if text not in set(Sort):
        raise UsageError(f"--sort {text!r} is no order", advice="one of: " + ", ".join(Sort))
    return Sort(text)


def words(texts: Sequence[str]) -> tuple[str, ...]:
    """What was given once or more, commas taken apart, each once."""
    return tuple(dict.fromkeys(_split(texts)))


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise UsageError(
            f"--ip {text!r} is no address", advice="write --ip 203.0.113.7 or --ip 203.0.113.0/24"
        ) from error


def _split(texts: Iterable[str]) -> list[str]:
    parts = (part.strip() for text in texts for part in text.split(","))
    return [part for part in parts if part]
