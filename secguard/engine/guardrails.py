"""What is never acted on, whoever asks. A guardrail that can't look refuses."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from secguard.engine.change import Change, Kind, Refusal
from secguard.engine.seam import Reader
from secguard.engine.setting import Setting
from secguard.errors import AwsError, UsageError

RULES: Mapping[str, str] = {
    "sample": "the finding is a sample: its resources are made up",
    "protected": "a resource is protected by its tag, ARN, account or address",
    "own-identity": "secguard itself acts through it",
    "own-address": "the address is private, reserved, allow-listed or the account's own",
    "foreign-account": "the resource is not in the finding's account",
    "website": "the bucket serves a website",
    "irreversible": "it can't be undone",
    "max-changes": "the plan is larger than guardrails.max_changes",
    "lower-coverage": "it turns detection off",
}
"""The rules that `--allow` can lift, with what each one holds back."""


@dataclass(frozen=True, slots=True)
class Allowances:
    """What the operator lifted: `--allow RULE[=WHAT]`, as typed."""

    given: tuple[str, ...] = ()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Allowances:
        """Raises UsageError for a rule that does not exist or is never lifted."""
        given = tuple(texts)
        for text in given:
            rule = text.partition("=")[0]
            if rule not in RULES:
                raise UsageError(f"--allow {text}: no such rule", advice=f"rules: {', '.join(RULES)}")
        return cls(given)

    def permits(self, rule: str, what: str) -> bool:
        """Whether `rule` is lifted for everything, or for `what` (a glob)."""
        return any(_lifts(text, rule, what) for text in self.given)


def _lifts(text: str, rule: str, what: str) -> bool:
    lifted, sign, only = text.partition("=")
    return lifted == rule and (not sign or fnmatch.fnmatchcase(what, only))


class Guardrail(Protocol):
    """One rule, asked about every change of a plan."""

    @property
    def rule(self) -> str:
        """The name that `--allow` lifts it by."""

    def objection(self, change: Change, subjects: Sequence[str], aws: Reader) -> str | None:
        """Why not, in words; None to let it through. An AwsError here refuses the change."""


@dataclass(frozen=True, slots=True)
class ProtectedResources:
    """Keeps off what the operator's configuration protects."""

    arns: tuple[str, ...]
    """Globs."""
    accounts: tuple[str, ...]
    tags: Mapping[str, str]
    """A resource with one of these tags at this value (a glob) is protected."""
    read_tags: Callable[[Reader, str], Mapping[str, str]]
    rule: str = "protected"

    def objection(self, change: Change, subjects: Sequence[str], aws: Reader) -> str | None:
        """Looks at the account, at every ARN, and then at the tags as they are now."""
        if change.account in self.accounts:
            return f"account {change.account} is protected by guardrails.protected_accounts"
        return next(filter(None, (self._about(arn, aws) for arn in subjects)), None)

    def _about(self, arn: str, aws: Reader) -> str | None:
        glob = next((glob for glob in self.arns if fnmatch.fnmatchcase(arn, glob)), None)
        if glob is not None:
            return f"{arn} is protected by guardrails.protected_arns ({glob})"
        if not self.tags:
            return None
        tags = self.read_tags(aws, arn)
        tag = next((t for t, value in self.tags.items() if t in tags and fnmatch.fnmatchcase(tags[t], value)), None)
        return None if tag is None else f"{arn} carries the tag {tag}={tags[tag]}"


@dataclass(frozen=True, slots=True)
class OwnIdentity:
    """Keeps secguard from cutting itself off."""

    hops: tuple[str, ...]
    """The ARN of every identity secguard acts as: user, roles, sessions."""
    rule: str = "own-identity"

    def objection(self, change: Change, subjects: Sequence[str], aws: Reader) -> str | None:
        """Whether a subject is one of the hops."""
        names = {_as_named(arn) for arn in self.hops}
        own = next((arn for arn in subjects if _as_named(arn) in names), None)
        return None if own is None else f"secguard acts as {own}; use another identity to change it"


def _as_named(arn: str) -> str:
    """An ARN of IAM without the path in it: the ARN of a role's session does not tell the role's path."""
    head, colon, resource = arn.rpartition(":")
    kind, _, name = resource.partition("/")
    return f"{head}{colon}{kind}/{name.rpartition('/')[2]}" if kind in ("role", "user") else arn


@dataclass(frozen=True, slots=True)
class Irreversible:
    """Lets what can't be undone through only when it is asked for by name."""

    rule: str = "irreversible"

    def objection(self, change: Change, subjects: Sequence[str], aws: Reader) -> str | None:
        """Whether the change is of that kind."""
        return "it can't be undone" if change.kind is Kind.IRREVERSIBLE else None


def objection(
    change: Change, setting: Setting, aws: Reader, guardrails: Sequence[Guardrail], allowances: Allowances
) -> Refusal | None:
    """The first guardrail's refusal that no allowance lifts. What can't be looked at is refused."""
    try:
        subjects = setting.subjects(aws, change.address)
    except AwsError as error:
        return Refusal(what=change.target, rule="unchecked", why=f"what it touches can't be told: {error}")
    for guardrail in guardrails:
        try:
            why = guardrail.objection(change, subjects, aws)
        except AwsError as error:
            why = f"can't be checked: {error}"
        if why is not None and not any(allowances.permits(guardrail.rule, what) for what in (change.target, *subjects)):
            return Refusal(what=change.target, rule=guardrail.rule, why=why)
    return None


def too_many(changes: Sequence[Change], most: int, allowances: Allowances) -> Refusal | None:
    """A refusal of the whole plan when more settings would change than `most`."""
    count = sum(change.kind in (Kind.SETTING, Kind.IRREVERSIBLE) for change in changes)
    if count <= most or allowances.permits("max-changes", str(count)):
        return None
    return Refusal(what=f"{count} changes", rule="max-changes", why=f"guardrails.max_changes is {most}")
