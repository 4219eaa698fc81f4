"""Which OCSF findings a set of composite filters selects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from secguard.sandbox.securityhub.attributes import values_at
from secguard.sandbox.securityhub.filtering import value_test

Filters = Mapping[str, Any]
Predicate = Callable[[Mapping[str, Any]], bool]

# The model's documentation of GetFindingsV2: up to 10 composite filters, up to 20 filters of a type in each.
MAX_COMPOSITES, MAX_FILTERS = 10, 20

_KINDS = {
    "StringFilters": "StringFilter",
    "DateFilters": "DateFilter",
    "BooleanFilters": "BooleanFilter",
    "NumberFilters": "NumberFilter",
    "MapFilters": "MapFilter",
    "IpFilters": "IpFilter",
}


def predicate(filters: Filters) -> Predicate:
    """Compile filters. Raises ValueError for what the service refuses."""
    composites = filters.get("CompositeFilters", [])
    if len(composites) > MAX_COMPOSITES:
        raise ValueError(f"CompositeFilters has {len(composites)} members, more than {MAX_COMPOSITES}.")
    return _joined([_composite(each) for each in composites], filters.get("CompositeOperator", "AND"))


def _composite(wanted: Filters) -> Predicate:
    tests = [*_conditions(wanted), *(_composite(each) for each in wanted.get("NestedCompositeFilters", []))]
    return _joined(tests, wanted.get("Operator", "AND"))


def _conditions(wanted: Filters) -> Iterator[Predicate]:
    for name, kind in _KINDS.items():
        listed = wanted.get(name, [])
        if len(listed) > MAX_FILTERS:
            raise ValueError(f"{name} has {len(listed)} members, more than {MAX_FILTERS}.")
        for each in listed:
            yield _condition(kind, each["FieldName"].split("."), each.get("Filter", {}))


def _condition(kind: str, path: Sequence[str], wanted: Mapping[str, Any]) -> Predicate:
    test = value_test(kind, wanted)

    def holds(finding: Mapping[str, Any]) -> bool:
        values = list(values_at(finding, path))
        return test([{tag["name"]: tag["value"]} for tag in values] if kind == "MapFilter" else values)

    return holds


def _joined(tests: Sequence[Predicate], operator: str) -> Predicate:
    every = all if operator == "AND" or not tests else any
    return lambda finding: every(test(finding) for test in tests)
