"""How secguard's own rules in AWS are told from everybody else's: by name and tag together, never by one of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from secguard.engine.values import late
from secguard.errors import UsageError
from secguard.model import Value

PREFIX = "secguard-"
TAG = "secguard:suppression"
"""On everything made for a rule; its value is the rule's name."""

# A GuardDuty filter's name has 3 to 64 characters, the prefix among them.
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,53}[a-z0-9])?")
"""What a rule may be called."""


def own_name(rule: str) -> str:
    """What AWS knows a rule of ours by. Raises UsageError for a name that a rule can't have."""
    if not NAME.fullmatch(rule):
        raise UsageError(f"{rule!r} can't be a rule's name", advice="take 1 to 55 of a-z, 0-9 and - (not at an end)")
    return PREFIX + rule


def may_be_own(name: str) -> bool:
    """Whether something of that name in AWS is worth a look at its tags."""
    return name.startswith(PREFIX)


def own_rule(name: str, tags: Mapping[str, str]) -> str | None:
    """The rule that something in AWS was made for; None for what others have made."""
    rule = tags.get(TAG)
    return rule if rule is not None and name == PREFIX + rule else None


def own_tags(rule: str) -> dict[str, Value]:
    """The tags for what is made for a rule."""
    return {TAG: rule, "secguard:run": late("run_id"), "secguard:change": late("this.change")}
