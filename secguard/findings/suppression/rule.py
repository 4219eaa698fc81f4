"""What a suppression rule is: which findings it hides, why, on whose word and until when. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal

import msgspec

from secguard.config import Account, Region
from secguard.errors import UsageError
from secguard.findings import query
from secguard.findings.forms.products import GUARDDUTY, known_product
from secguard.findings.pushdown import Predicate, matches
from secguard.model import Finding

AUTHOR = "secguard"
"""Who signs the notes on what was suppressed."""
_NOTE = re.compile(r"suppressed by secguard rule (?P<name>[^\s:]+): ")
NOTE_BEGINS = "suppressed by secguard rule "

By = Literal["auto", "automation-rule", "guardduty", "secguard"]
Level = Literal["critical", "high", "medium", "low", "informational"]
Text = Annotated[str, msgspec.Meta(pattern=r"\S", description="text, in quotes where YAML would read something else")]
Compliance = Literal["passed", "failed", "warning", "not_available"]
Tag = Annotated[str, msgspec.Meta(pattern=r"^[^=]+=", description="KEY=VALUE, as in env=sandbox")]
Reason = Annotated[str, msgspec.Meta(pattern=r"\S", max_length=300, description="text of at most 300 characters")]
Owner = Annotated[str, msgspec.Meta(pattern=r"\S", max_length=80, description="text of at most 80 characters")]
Expiry = Annotated[date, msgspec.Meta(description="the last day on which it holds: 2027-01-31")]
Texts = Annotated[tuple[Text, ...], msgspec.Meta(min_length=1)]


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Which findings are meant: the filters of `findings`. All that are given must hold; of each, any value."""

    severity: Annotated[tuple[Level, ...], msgspec.Meta(min_length=1)] = ()
    """These alone, not those and worse."""
    product: Texts = ()
    type: Texts = ()
    """Globs, over GuardDuty's own spelling and ASFF's."""
    control: Texts = ()
    compliance: Annotated[tuple[Compliance, ...], msgspec.Meta(min_length=1)] = ()
    standard: Texts = ()
    resource: Texts = ()
    resource_type: Texts = ()
    tag: Annotated[tuple[Tag, ...], msgspec.Meta(min_length=1)] = ()
    """Of a resource."""
    ip: Texts = ()
    title: Texts = ()
    account: Annotated[tuple[Account, ...], msgspec.Meta(min_length=1)] = ()
    region: Annotated[tuple[Region, ...], msgspec.Meta(min_length=1)] = ()

    @property
    def given(self) -> dict[str, tuple[str, ...]]:
        """The filters that say something."""
        named = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: values for name, values in named.items() if values}

    @property
    def query(self) -> query.Query:
        """The same as a question, but for the tags: which open findings does it meet. Raises UsageError."""
        return query.Query(
            levels=query.levels(at_least=None, only=self.severity),
            products=self.product,
            types=self.type,
            controls=self.control,
            compliance=query.compliance(self.compliance),
            standards=self.standard,
            resources=self.resource,
            resource_types=self.resource_type,
            networks=query.networks(self.ip),
            titles=self.title,
            accounts=self.account,
            regions=self.region,
        )

    @property
    def tags(self) -> tuple[tuple[str, str], ...]:
        """Keys and values."""
        return tuple((key, value) for key, _, value in (tag.partition("=") for tag in self.tag))


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A rule as it stands in the file, under its name."""

    reason: Reason
    owner: Owner
    expires: Expiry
    by: By = "auto"
    """What hides the findings; see `standing.Means`."""
    match: Match


class Rule(Written, frozen=True, kw_only=True):
    """A rule with its name."""

    name: str

    @property
    def ends_at(self) -> datetime:
        """The first moment at which it no longer holds: midnight, UTC, after its last day."""
        return datetime.combine(self.expires + timedelta(days=1), time(), tzinfo=UTC)

    @property
    def note(self) -> str:
        """What is put on a finding that it hides; at most 512 characters."""
        return f"{NOTE_BEGINS}{self.name}: {self.reason} (owner {self.owner}, until {self.expires})"

    @property
    def of_guardduty(self) -> bool:
        """Whether nothing but GuardDuty's findings can be meant."""
        own_types = bool(self.match.type) and all(is_own_type(glob) for glob in self.match.type)
        products = {known_product(typed) for typed in self.match.product}
        return own_types or products == {GUARDDUTY}

    @property
    def reaches_guardduty(self) -> bool:
        """Whether any of GuardDuty's findings can be meant."""
        products = {known_product(typed) for typed in self.match.product}
        of_controls = self.match.control or self.match.compliance or self.match.standard
        return not of_controls and (not products or GUARDDUTY in products)

    def expired(self, now: datetime) -> bool:
        """Whether it no longer holds."""
        return now >= self.ends_at

    def holds(self, *, whatever_became_of_it: bool = False) -> Predicate:
        """A test for the open findings that it hides; or for all that it means, open or not."""
        whole = self.match.query
        asked = replace(whole, statuses=(), archived=True) if whatever_became_of_it else whole
        meets, tags = matches(asked), self.match.tags
        return lambda finding: meets(finding) and (not tags or _tagged(finding, tags))


def rule_of(record: Mapping[str, Any]) -> Rule:
    """The rule in a record that `to_record` made. Raises UsageError."""
    try:
        return msgspec.convert(record, Rule)
    except msgspec.ValidationError as error:
        raise UsageError(f"this is no suppression rule: {error}") from error


def named(name: str, written: Written) -> Rule:
    """A rule as it was written, with its name."""
    return Rule(name=name, **{field: getattr(written, field) for field in Written.__struct_fields__})


def to_record(rule: Rule) -> dict[str, Any]:
    """A rule as plain JSON."""
    record: dict[str, Any] = msgspec.to_builtins(rule)
    return {"name": rule.name, **record}


def last_day(text: str, *, now: datetime) -> date:
    """The day that is meant by `90d`, `12w` or `2027-01-31`. Raises UsageError."""
    ahead = re.fullmatch(r"(\d{1,4})\s*([dw])", text.strip().lower())
    if ahead:
        return now.date() + timedelta(days=int(ahead[1]) * (7 if ahead[2] == "w" else 1))
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(
            f"--expires {text!r} is no date", advice="write --expires 90d or --expires 2027-01-31"
        ) from error


def named_in(note: str, author: str) -> str | None:
    """The rule that has put this note on a finding; None where it was none of ours."""
    found = _NOTE.match(note)
    return found["name"] if found and author == AUTHOR else None


def is_own_type(glob: str) -> bool:
    """Whether a type is spelled as GuardDuty does, with its purpose and a colon first."""
    return re.match(r"[A-Za-z0-9]+:", glob) is not None


def _tagged(finding: Finding, tags: tuple[tuple[str, str], ...]) -> bool:
    return any(resource.tags.get(key) == value for resource in finding.resources for key, value in tags)
