"""When the breach happens, and what the services have found of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import md5
from random import Random
from typing import Any
from uuid import UUID

from secguard.sandbox import clock

Finding = dict[str, Any]
Place = tuple[str, str]
"""Account and Region."""

Seen = tuple[datetime, datetime]
"""When something was seen first and last."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The time it plays at, and the findings so far. The same but for the time, each time it is played."""

    now: datetime
    chance: Random = field(default_factory=lambda: Random("secguard"))  # noqa: S311 - it is to be foreseeable
    guardduty: dict[Place, list[Finding]] = field(default_factory=lambda: defaultdict(list))
    hub: dict[Place, list[Finding]] = field(default_factory=lambda: defaultdict(list))

    def ago(self, *, days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
        """A time before now."""
        return self.now - timedelta(days=days, hours=hours, minutes=minutes)

    def detected(self, finding: Finding) -> Finding:
        """GuardDuty has found this."""
        self.guardduty[finding["accountId"], finding["region"]].append(finding)
        return finding

    def received(self, *findings: Finding) -> None:
        """Security Hub has received these, from itself or another product."""
        for finding in findings:
            self.hub[finding["AwsAccountId"], finding["Region"]].append(finding)


def hex_id(*parts: object) -> str:
    """32 hex digits that depend on `parts` alone, as GuardDuty's ids look."""
    return md5("\n".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()


def uuid_id(*parts: object) -> str:
    """A UUID that depends on `parts` alone."""
    return str(UUID(hex_id(*parts)))


def stamp(moment: datetime) -> str:
    """A time as findings carry it."""
    return clock.iso_millis(moment)
