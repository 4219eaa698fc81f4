"""The time, in the forms that AWS writes it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


def iso_millis(moment: datetime) -> str:
    """`2026-01-31T12:00:00.000Z`, as findings carry it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(moment: datetime) -> float:
    """Seconds since 1970 with milliseconds, as JSON timestamps carry it."""
    return round(moment.timestamp(), 3)


def parse(text: str) -> datetime | None:
    """Read an ISO 8601 time; without a zone it is UTC. None when it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
