"""Plan an insight of one's own in Security Hub: what it filters by, what it counts by, and where it goes. No AWS."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from secguard.engine.change import Plan
from secguard.engine.draft import Draft, Want
from secguard.errors import UsageError
from secguard.findings.forms.times import read_time
from secguard.findings.pushdown import MOST_ATTRIBUTES, MOST_VALUES, Filters, criteria, to_asff_filters
from secguard.findings.query import EVERYTHING, Query, period
from secguard.model import Place
from secguard.settings.insights import CustomInsight, in_order

COUNTED_BY: Mapping[str, str] = {
    "resource": "ResourceId",
    "resource-type": "ResourceType",
    "type": "Type",
    "control": "ComplianceSecurityControlId",
    "account": "AwsAccountId",
    "region": "Region",
    "product": "ProductName",
    "severity": "SeverityLabel",
    "principal": "ResourceAwsIamAccessKeyPrincipalName",
    "status": "WorkflowStatus",
    "standard": "ComplianceAssociatedStandardsId",
    "title": "Title",
}
"""Our words for what Security Hub counts by."""

_OPTIONS = {
    "products": "--product",
    "types": "--type",
    "controls": "--control",
    "compliance": "--compliance",
    "standards": "--standard",
    "resources": "--resource",
    "resource_types": "--resource-type",
    "networks": "--ip",
    "titles": "--title",
    "samples": "--no-samples",
}
_WHY = {
    "--product": "name AWS's own products: guardduty, inspector, macie, …",
    "--type": "give ASFF's types, whole or with one * at their end: 'TTPs/*'",
    "--control": "spell controls as Security Hub does: EC2.19",
    "--standard": "name known standards: fsbp, cis, pci, nist",
    "--resource": "give whole ARNs",
    "--resource-type": "give whole types: AwsEc2Instance",
}
LONGEST_NAME = 128
"""No limit is documented; a name longer than a line is a mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An insight as it is to be; None for both: it is to go."""

    name: str
    place: Place
    filters: Filters | None = None
    group_by: str | None = None

    @property
    def value(self) -> Any:
        """What the setting is to hold."""
        return None if self.filters is None else {"filters": self.filters, "group_by": self.group_by}


def plan(draft: Draft, wish: Wish, *, replaces: bool) -> Plan:
    """The plan that makes a wish true. Raises UsageError where one of that name would be replaced unasked."""
    request = {"command": "insights", "wish": msgspec.to_builtins(wish), "replace": replaces}
    want = Want(
        key=wish.name,
        setting=CustomInsight.name,
        place=wish.place,
        address={"name": wish.name},
        value=wish.value,
    )
    made = replace(draft, request=request).plan([want])
    if wish.value is not None and not replaces and any(change.before is not None for change in made.changes):
        raise UsageError(
            f"there is an insight {wish.name!r} in {wish.place.region} already",
            advice="take another name, or change that one with --replace",
        )
    return made


def asked_again(request: Mapping[str, Any]) -> tuple[Wish, bool]:
    """The wish in the request of a saved plan, and whether it may replace. Raises UsageError where there is none."""
    try:
        return msgspec.convert(request["wish"], Wish), msgspec.convert(request["replace"], bool)
    except (KeyError, msgspec.ValidationError) as error:
        raise UsageError(f"the plan does not say what was asked for: {error}") from error


def counted_by(word: str, *, attributes: Sequence[str]) -> str:
    """The attribute that an operator means, by our word or by its own name. Raises UsageError.

    `attributes`: all that Security Hub filters by. Which of them it also counts by is not documented: it tells.
    """
    if word in COUNTED_BY:
        return COUNTED_BY[word]
    spelled = {attribute.casefold(): attribute for attribute in attributes}
    if word.casefold() in spelled:
        return spelled[word.casefold()]
    near = [spelled[each] for each in difflib.get_close_matches(word.casefold(), spelled, n=3)]
    raise UsageError(
        f"--group-by {word!r}: Security Hub knows no such attribute",
        advice=f"one of: {', '.join([*COUNTED_BY, *near])}, or another attribute of ASFF",
    )


def require_name(name: str, *, taken: Iterable[str]) -> None:
    """Raises UsageError for what can't be the name of an insight, or what would hide it."""
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(f"an insight's name is one line of 1 to {LONGEST_NAME} characters")
    if name.casefold() in taken or name.startswith(("arn:", "default/")):
        raise UsageError(f"{name!r} means something else to this command", advice="take another name")


def saved_filters(query: Query, *, since: str | None, until: str | None, now: datetime) -> Filters:
    """The filters that mean the query, to the letter. Raises UsageError naming the options that can't be kept.

    `since` and `until` are as typed: `7d` stays seven days for ever, a date stays that date.
    """
    query = replace(query, since=None, until=None)
    lost = list(_inexpressible(query))
    if lost:
        hints = "; ".join(f"{option}: {_WHY.get(option, 'leave it out')}" for option in lost)
        raise UsageError(f"Security Hub can't keep {' and '.join(lost)} in an insight as it is", advice=hints)
    updated = [_period(since, until, now=now)] if since or until else []
    if len(list(criteria(query))) + len(updated) > MOST_ATTRIBUTES:
        raise UsageError(f"an insight takes at most {MOST_ATTRIBUTES} kinds of filters", advice="leave some out")
    filters, _ = to_asff_filters(replace(query, types=()))
    return in_order({**filters, "Type": [_type(glob) for glob in query.types], "UpdatedAt": updated})


def _inexpressible(query: Query) -> Iterator[str]:
    """The options whose filters Security Hub does not have, or has otherwise."""
    for field in fields(Query):
        option = _OPTIONS.get(field.name)
        given = getattr(query, field.name)
        if option is None or given == getattr(EVERYTHING, field.name):
            continue
        if field.name == "types":
            if not all(map(_expressible, given)) or len(given) > MOST_VALUES:
                yield option
        elif not all(
            criterion.attribute is not None and criterion.exact and len(criterion.values) <= MOST_VALUES
            for criterion in criteria(replace(EVERYTHING, **{field.name: given}))
        ):
            yield option


def _expressible(glob: str) -> bool:
    """Whether a glob is a whole ASFF type, or the beginning of one."""
    return "/" in glob.split(":", maxsplit=1)[0] and not re.search(r"[*?\[]", glob.removesuffix("*"))


def _type(glob: str) -> dict[str, str]:
    begins = glob.endswith("*")
    return {"Value": glob.removesuffix("*"), "Comparison": "PREFIX" if begins else "EQUALS"}


def _period(since: str | None, until: str | None, *, now: datetime) -> dict[str, Any]:
    begins, ends = period(since=since, until=until, now=now)
    moves = [text for text in (since, until) if text is not None and read_time(text) is None]
    if not moves:
        (criterion,) = criteria(replace(EVERYTHING, since=begins, until=ends))
        return criterion.values[0]
    if until is not None or begins is None:
        raise UsageError(
            "an insight that ends somewhere needs dates", advice="write --since 2026-11-01 --until 2026-11-23"
        )
    days, rest = divmod(now - begins, timedelta(days=1))
    if rest or not days:
        raise UsageError(f"--since {since}: an insight goes back whole days", advice="write --since 1d, or a date")
    return {"DateRange": {"Value": days, "Unit": "DAYS"}}
