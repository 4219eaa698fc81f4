"""Read the times that findings carry and the times that an operator types."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from secguard.errors import UsageError

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_AGO = re.compile(r"(\d{1,4})\s*([mhdw])", re.IGNORECASE)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_MILLISECONDS_FROM = 1e11
"""Epoch seconds this large lie beyond the year 5000, so the number counts milliseconds."""


def read_time(value: Any) -> datetime | None:
    """The moment that `value` names, in UTC, or None where it names none. Text without a zone is UTC."""
    try:
        moment = _moment(value)
        if moment is None:
            return None
        if moment.tzinfo is not UTC:
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment >= _EARLIEST else None


def parse_time(text: str, *, now: datetime, option: str) -> datetime:
    """The moment an operator means: so long ago (`24h`, `7d`, `30m`, `2w`), or an ISO date or time.

    Raises UsageError when it is neither.
    """
    ago = _AGO.fullmatch(text.strip())
    if ago:
        return now - timedelta(**{_UNITS[ago[2].lower()]: int(ago[1])})
    moment = read_time(text)
    if moment is None:
        raise UsageError(
            f"{option} {text!r} is not a time", advice=f"write {option} 24h, {option} 7d or {option} 2026-11-23"
        )
    return moment


def age(moment: datetime | None, *, now: datetime) -> str:
    """How long ago, in a few characters: `now`, `5m`, `3h`, `12d`; a dash where nobody knows."""
    if moment is None:
        return "-"
    seconds = (now - moment).total_seconds()
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return "now"


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / 1000 if value >= _MILLISECONDS_FROM else value, UTC)
    return _written(value) if isinstance(value, str) else None


def _written(text: str) -> datetime:
    try:
        # As AWS mostly writes it; nanoseconds are rounded.
        return msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return datetime.fromisoformat(text.strip())
