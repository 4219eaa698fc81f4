"""Read suppression rules from YAML, and check all that can be checked without a network."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from secguard import yaml_text
from secguard.config import checked
from secguard.errors import ConfigError, UsageError
from secguard.findings import query
from secguard.findings.suppression.criteria import Inexpressible, automation_criteria, guardduty_criteria
from secguard.findings.suppression.rule import Match, Rule, Written, named
from secguard.settings.own_rules import NAME

LONGEST_DAYS = 365
"""How far away a rule's end may be."""
_SHAPE = "a rule's name, and under it reason, owner, expires and match"
_NAMES = "up to 55 small letters, digits and dashes, no dash at an end"

Problem = tuple[str, str, str | None]
"""The path in a rule, what is wrong there, what is allowed."""


def read(file: Path, *, now: datetime) -> tuple[Rule, ...]:
    """The rules in a file. Raises ConfigError: the file, the path in it, and what is allowed there."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        # No rules at all would lift every one that AWS has: that must have been written down.
        raise ConfigError(str(file), "", "there is no such file; secguard suppress add makes it") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(file), "", f"can't be read: {error}") from error
    return read_text(text, file=str(file), now=now)


def read_text(text: str, *, file: str, now: datetime) -> tuple[Rule, ...]:
    """The same for its text."""
    content = yaml_text.parse(text, file=file)
    if content is None:
        return ()
    if not isinstance(content, dict):
        raise ConfigError(file, "", "this is no mapping of names to rules", allowed=_SHAPE)
    return tuple(_rule(name, written, file=file, now=now) for name, written in content.items())


def require_sound(rule: Rule, *, file: str, now: datetime) -> None:
    """Raises ConfigError for a rule whose words are right, and which can't be meant all the same."""
    for path, problem, allowed in _problems(rule, now=now):
        raise ConfigError(file, ".".join(filter(None, (rule.name, path))), problem, allowed=allowed)


def _rule(name: str, content: Any, *, file: str, now: datetime) -> Rule:
    if isinstance(content, dict) and isinstance(content.get("match"), dict):
        content = {**content, "match": {key: _listed(value) for key, value in content["match"].items()}}
    written = checked(content, Written, file=file, within=name)
    rule = named(name, written)
    require_sound(rule, file=file, now=now)
    return rule


def _problems(rule: Rule, *, now: datetime) -> Iterator[Problem]:
    if not NAME.fullmatch(rule.name):
        yield "", "this is no name for a rule", _NAMES
    if not rule.match.given or (set(rule.match.given) == {"severity"} and rule.match.query.levels == query.WORST_FIRST):
        yield "match", "it would hide every finding", ", ".join(Match.__struct_fields__)
    for n, glob in enumerate(rule.match.type):
        if not glob.strip("*"):
            yield f"match.type[{n}]", f"{glob!r} means every type", "a type, or the beginning of one: Recon:EC2/*"
    latest = now.date() + timedelta(days=LONGEST_DAYS)
    if rule.expires > latest:
        yield "expires", f"{rule.expires} is more than {LONGEST_DAYS} days away", f"up to {latest}; renew it then"
    for n, text in enumerate(rule.match.ip):
        if not _is_network(text):
            yield f"match.ip[{n}]", f"{text!r} is no address", "an address or a CIDR: 203.0.113.0/24"
    yield from _unspeakable(rule)


def _unspeakable(rule: Rule) -> Iterator[Problem]:
    """Why AWS can't do what it is told to do by itself."""
    try:
        if rule.by == "automation-rule":
            automation_criteria(rule, partition="aws")
        elif rule.by == "guardduty":
            guardduty_criteria(rule)
    except Inexpressible as error:
        yield "by", f"{rule.by} can't say it: {error}", "secguard, or auto"


def _is_network(text: str) -> bool:
    try:
        query.networks((text,))
    except UsageError:
        return False
    return True


def _listed(value: Any) -> Any:
    """One value may stand without a list around it."""
    return [value] if isinstance(value, str) else value
