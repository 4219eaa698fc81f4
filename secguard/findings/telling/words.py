"""Put what a finding holds into a sentence: short pieces, lists, numbers, times. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from secguard.findings.forms.fields import text
from secguard.model import Actor, Finding

_LONGEST = 120
"""A piece of a sentence; whoever wants more reads the evidence or the finding itself."""
_NO_NUMBER = frozenset({"0", "-1"})
"""Autonomous systems that stand for none."""


def piece(value: Any, *, longest: int = _LONGEST) -> str | None:
    """A text fit for a sentence: on one line, and not too long. None where there is none."""
    said = text(value)
    line = " ".join(said.split()) if said else ""
    if not line:
        return None
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def listed(parts: Iterable[str | None], *, most: int = 3) -> str:
    """`a`, `a and b`, `a, b, c and 4 more`; each once."""
    unique = list(dict.fromkeys(filter(None, parts)))
    shown, left = unique[:most], len(unique) - most
    last = [f"{left:,} more"] if left > 0 else [shown.pop()] if len(shown) > 1 else []
    return " and ".join(filter(None, (", ".join(shown), *last)))


def counted(number: int, thing: str, things: str | None = None) -> str:
    """`1 file`, `1,203 files`."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def end(actor: Actor | None) -> str | None:
    """The other end with what is known of it: `198.51.100.7 (Netherlands, AS14061 DigitalOcean)`."""
    if actor is None or actor.ip is None:
        return None
    number = piece(actor.asn)
    number = f"AS{number}" if number and number not in _NO_NUMBER else None
    system = " ".join(filter(None, (number, piece(actor.org))))
    known = ", ".join(filter(None, (piece(actor.country), system)))
    return f"{actor.ip} ({known})" if known else actor.ip


def where(finding: Finding, *, account: bool = True) -> str:
    """` in 123456789012 eu-west-1`, or as much of it as is known."""
    known = " ".join(filter(None, (piece(finding.account) if account else None, piece(finding.region))))
    return f" in {known}" if known else ""


def when(finding: Finding) -> str:
    """`, 388 times between 14:02 and 14:40 UTC on 2026-11-23`, or as much of it as is known."""
    count = finding.count or 0
    times = "twice" if count == 2 else f"{count:,} times" if count > 2 else None
    said = " ".join(filter(None, (times, _span(finding.first_seen, finding.last_seen))))
    return f", {said}" if said else ""


def day(moment: datetime) -> str:
    """`2026-11-23`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def _span(first: datetime | None, last: datetime | None) -> str | None:
    if first is None or last is None:
        moment = first or last
        return None if moment is None else f"at {_minute(moment)} UTC"
    if _minute(first) == _minute(last):
        return f"at {_minute(first)} UTC"
    if day(first) == day(last):
        return f"between {first.astimezone(UTC):%H:%M} and {last.astimezone(UTC):%H:%M} UTC on {day(first)}"
    return f"between {_minute(first)} and {_minute(last)} UTC"


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
