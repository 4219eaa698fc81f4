"""Split a query into what Security Hub filters and what is left to be filtered here. Pure.

Security Hub's rules (the service model's StringFilter and GetFindings): at most 10 attributes, at most 20 values each;
different attributes must all hold, EQUALS and PREFIX of one attribute any; values are compared with their case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from secguard.findings.forms.actor import addresses_in
from secguard.findings.forms.arn import parse_arn
from secguard.findings.forms.products import GUARDDUTY, known_product, plain
from secguard.findings.query import WORST_FIRST, Query
from secguard.model import Finding, Workflow

Predicate = Callable[[Finding], bool]
Filters = dict[str, list[dict[str, Any]]]

MOST_ATTRIBUTES = 10
MOST_VALUES = 20
_STANDARDS = {
    "fsbp": ("aws-foundational-security-best-practices",),
    "cis": ("cis-aws-foundations-benchmark",),
    "pci": ("pci-dss",),
    "nist": ("nist-800-",),
    "tagging": ("aws-resource-tagging-standard",),
}
"""Short names of standards, with how their ids begin after `standards/` or `ruleset/`."""
_CATEGORIES = (
    "Software and Configuration Checks/",
    "TTPs/",
    "Effects/",
    "Unusual Behaviors/",
    "Sensitive Data Identifications/",
)
"""How every ASFF type begins (Security Hub's types taxonomy)."""
_OWN_TYPE = re.compile(r"[A-Za-z0-9]+:")
"""How GuardDuty's own types begin, which Security Hub does not keep and so can't filter."""
_WHOLE_TYPE = re.compile(r"Aws(?:[A-Z][a-z0-9]*){2,}")
_EARLIEST = "1970-01-01T00:00:00Z"
_LATEST = "2100-01-01T00:00:00Z"
"""The ends of an open period: a date filter needs both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One filter of a query: how to tell here, and how to ask Security Hub."""

    holds: Predicate
    attribute: str | None = None
    """None: Security Hub can't filter by it."""
    values: tuple[dict[str, Any], ...] = ()
    exact: bool = True
    """Whether Security Hub's filter lets through exactly what holds; else it lets through more."""


def to_asff_filters(query: Query) -> tuple[Filters, Predicate]:
    """What to ask Security Hub for, and what must still hold of each finding that it sends."""
    filters: Filters = {}
    rest: list[Predicate] = []
    for criterion in criteria(query):
        pushed = _pushes(criterion, filters)
        if pushed and criterion.attribute is not None:
            filters[criterion.attribute] = list(criterion.values)
        if not (pushed and criterion.exact):
            rest.append(criterion.holds)
    return filters, lambda finding: all(holds(finding) for holds in rest)


def matches(query: Query) -> Predicate:
    """The whole query as one test, for findings that no API has filtered."""
    tests = [criterion.holds for criterion in criteria(query)]
    return lambda finding: all(holds(finding) for holds in tests)


def criteria(query: Query) -> Iterator[Criterion]:
    """Every filter of the query, the most selective first: those are asked for while there is room."""
    for rule in (_levels, _record_state, _statuses, _products, _controls, _resources, _types, _accounts, _regions):
        yield from rule(query)
    for rule in (_compliance, _standards, _resource_types, _period, _networks, _titles, _samples):
        yield from rule(query)


def _pushes(criterion: Criterion, filters: Filters) -> bool:
    return (
        criterion.attribute is not None
        and criterion.attribute not in filters
        and len(filters) < MOST_ATTRIBUTES
        and 0 < len(criterion.values) <= MOST_VALUES
    )


def _equals(values: Sequence[str]) -> tuple[dict[str, Any], ...]:
    return tuple({"Value": value, "Comparison": "EQUALS"} for value in values)


def _prefixes(values: Sequence[str]) -> tuple[dict[str, Any], ...]:
    return tuple({"Value": value, "Comparison": "PREFIX"} for value in values)


def _levels(query: Query) -> Iterator[Criterion]:
    if query.levels != WORST_FIRST:
        names = [severity.name for severity in query.levels]
        yield Criterion(
            holds=lambda finding: finding.severity in query.levels, attribute="SeverityLabel", values=_equals(names)
        )


def _record_state(query: Query) -> Iterator[Criterion]:
    if not query.archived:
        # A finding that says neither is active: Security Hub fills that in.
        yield Criterion(
            holds=lambda finding: finding.record_state in ("ACTIVE", None),
            attribute="RecordState",
            values=_equals(["ACTIVE"]),
        )


def _statuses(query: Query) -> Iterator[Criterion]:
    if query.statuses:
        yield Criterion(
            holds=lambda finding: (finding.workflow_status or Workflow.NEW) in query.statuses,
            attribute="WorkflowStatus",
            values=_equals([status.value for status in query.statuses]),
        )


def _products(query: Query) -> Iterator[Criterion]:
    if not query.products:
        return
    known = [known_product(typed) for typed in query.products]
    meant = {plain(name or typed) for name, typed in zip(known, query.products, strict=True)}
    names = [name for name in known if name is not None]
    yield Criterion(
        holds=lambda finding: plain(finding.product) in meant,
        attribute="ProductName" if len(names) == len(known) else None,
        values=_equals(names),
    )


def _controls(query: Query) -> Iterator[Criterion]:
    if not query.controls:
        return
    if all(control != control.lower() for control in query.controls):
        yield Criterion(
            holds=lambda finding: finding.control_id in query.controls,
            attribute="ComplianceSecurityControlId",
            values=_equals(query.controls),
        )
        return
    # In lower case it is not as Security Hub spells it, which compares with case.
    meant = {control.casefold() for control in query.controls}
    yield Criterion(holds=lambda finding: (finding.control_id or "").casefold() in meant)


def _resources(query: Query) -> Iterator[Criterion]:
    if not query.resources:
        return
    if all(parse_arn(text) for text in query.resources):
        yield Criterion(
            holds=lambda finding: any(resource.id in query.resources for resource in finding.resources),
            attribute="ResourceId",
            values=_equals(query.resources),
        )
        return
    parts = [text.casefold() for text in query.resources]
    yield Criterion(
        holds=lambda finding: any(
            part in known.casefold()
            for resource in finding.resources
            for known in (resource.id, resource.name, resource.tags.get("Name", ""))
            for part in parts
        )
    )


def _types(query: Query) -> Iterator[Criterion]:
    if not query.types:
        return
    if all(_OWN_TYPE.match(glob) for glob in query.types):
        globs = [glob.casefold() for glob in query.types]
        yield Criterion(
            holds=lambda finding: finding.product == GUARDDUTY and _any_type(finding, globs),
            attribute="ProductName",
            values=_equals([GUARDDUTY]),
            exact=False,
        )
    elif all(glob.startswith(_CATEGORIES) for glob in query.types):
        yield Criterion(
            holds=lambda finding: any(fnmatchcase(kind, glob) for kind in finding.types for glob in query.types),
            attribute="Type",
            values=_prefixes([re.split(r"[*?\[]", glob, maxsplit=1)[0] for glob in query.types]),
            exact=False,
        )
    else:
        globs = [glob.casefold() for glob in query.types]
        yield Criterion(holds=lambda finding: _any_type(finding, globs))


def _any_type(finding: Finding, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(kind.casefold(), glob) for kind in finding.types for glob in globs)


def _accounts(query: Query) -> Iterator[Criterion]:
    if query.accounts:
        yield Criterion(
            holds=lambda finding: finding.account in query.accounts,
            attribute="AwsAccountId",
            values=_equals(query.accounts),
        )


def _regions(query: Query) -> Iterator[Criterion]:
    if query.regions:
        yield Criterion(
            holds=lambda finding: finding.region in query.regions, attribute="Region", values=_equals(query.regions)
        )


def _compliance(query: Query) -> Iterator[Criterion]:
    if query.compliance:
        yield Criterion(
            holds=lambda finding: finding.compliance_status in query.compliance,
            attribute="ComplianceStatus",
            values=_equals(query.compliance),
        )


def _standards(query: Query) -> Iterator[Criterion]:
    if not query.standards:
        return
    known = [_STANDARDS.get(text.casefold(), ()) for text in query.standards]
    if all(known):
        begins = tuple(start for starts in known for start in starts)
        yield Criterion(
            holds=lambda finding: any(standard.startswith(begins) for standard in finding.standards),
            attribute="ComplianceAssociatedStandardsId",
            values=_prefixes([f"{kind}/{start}" for start in begins for kind in ("standards", "ruleset")]),
        )
        return
    parts = [text.casefold() for text in query.standards]
    yield Criterion(
        holds=lambda finding: any(part in standard.casefold() for standard in finding.standards for part in parts)
    )


def is_whole_type(kind: str) -> bool:
    """Whether this is how ASFF names a type of resource, the service and the thing; else it is a part of a name."""
    return _WHOLE_TYPE.fullmatch(kind) is not None


def _resource_types(query: Query) -> Iterator[Criterion]:
    if not query.resource_types:
        return
    if all(map(is_whole_type, query.resource_types)):
        yield Criterion(
            holds=lambda finding: any(resource.type in query.resource_types for resource in finding.resources),
            attribute="ResourceType",
            values=_equals(query.resource_types),
        )
        return
    meant = [kind.casefold() for kind in query.resource_types]
    yield Criterion(
        holds=lambda finding: any(kind in resource.type.casefold() for resource in finding.resources for kind in meant)
    )


def _period(query: Query) -> Iterator[Criterion]:
    if query.since is None and query.until is None:
        return
    start = _EARLIEST if query.since is None else _second(query.since)
    end = _LATEST if query.until is None else _second(query.until + timedelta(seconds=1))
    yield Criterion(
        holds=lambda finding: _within(finding.updated_at, since=query.since, until=query.until),
        attribute="UpdatedAt",
        values=({"Start": start, "End": end},),
        exact=False,
    )


def _second(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _within(moment: datetime | None, *, since: datetime | None, until: datetime | None) -> bool:
    if moment is None:
        return False
    return (since is None or moment >= since) and (until is None or moment < until)


def _networks(query: Query) -> Iterator[Criterion]:
    if query.networks:
        yield Criterion(holds=lambda finding: _touches(finding, query))


def _touches(finding: Finding, query: Query) -> bool:
    told = [finding.raw, finding.actor.ip if finding.actor else None]
    return any(address in network for address in addresses_in(told) for network in query.networks)


def _titles(query: Query) -> Iterator[Criterion]:
    if query.titles:
        parts = [text.casefold() for text in query.titles]
        yield Criterion(holds=lambda finding: any(part in finding.title.casefold() for part in parts))


def _samples(query: Query) -> Iterator[Criterion]:
    # Not left to Security Hub's `Sample`: most samples say so elsewhere.
    if not query.samples:
        yield Criterion(holds=lambda finding: not finding.sample)
