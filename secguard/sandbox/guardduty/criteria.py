"""Which findings a criterion selects, and in which order a list gives them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from secguard.sandbox import clock
from secguard.sandbox.guardduty.backend import Finding
from secguard.sandbox.guardduty.refusals import INVALID_VALUE, bad_request

# The model's documentation: an equal or not-equal condition takes at most 50 values.
MAX_VALUES = 50


def matches(finding: Finding, criteria: Mapping[str, Any]) -> bool:
    """Whether a finding meets every condition: `{"criterion": {"severity": {"gte": 7}}}`."""
    return all(_meets(finding, path, condition) for path, condition in criteria.get("criterion", {}).items())


def refuse_unknown(criteria: Mapping[str, Any], *, wildcards: bool) -> None:
    """Refuse conditions with too many values; `matches` is for saved filters only."""
    for condition in criteria.get("criterion", {}).values():
        if not wildcards and condition.keys() & {"matches", "notMatches"}:
            raise bad_request(INVALID_VALUE)
        if any(len(value) > MAX_VALUES for value in condition.values() if isinstance(value, list)):
            raise bad_request(INVALID_VALUE)


def ordered(findings: Iterable[Finding], sort: Mapping[str, str]) -> list[Finding]:
    """Sort by one attribute, ascending unless told otherwise; without one, as they came."""
    path = sort.get("attributeName")
    if not path:
        return list(findings)
    return sorted(findings, key=lambda each: _sort_key(each, path), reverse=sort.get("orderBy") == "DESC")


def values_at(finding: Any, path: str) -> list[Any]:
    """What stands at a dotted path; a list on the way stands for each of its items."""
    return list(_values(finding, path.split(".")))


def _values(value: Any, steps: Sequence[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _values(item, steps)
    elif not steps:
        if value is not None:
            yield value
    elif isinstance(value, dict):
        inside = value if steps[0] in value else _additional(value)
        if steps[0] in inside:
            yield from _values(inside[steps[0]], steps[1:])


def _additional(value: Mapping[str, Any]) -> dict[str, Any]:
    """What `service.additionalInfo` holds as JSON in a string, criteria name as if it stood there itself."""
    if value.get("type") != "default" or not isinstance(value.get("value"), str):
        return {}
    loaded = json.loads(value["value"] or "{}")
    return loaded if isinstance(loaded, dict) else {}


def _equals(found: list[Any], wanted: list[str]) -> bool:
    return any(_text(value) in wanted for value in found)


def _compares(found: list[Any], test: Callable[[float], bool]) -> bool:
    return any(test(number) for value in found if (number := _number(value)) is not None)


def _wild(found: list[Any], patterns: list[str]) -> bool:
    return any(fnmatchcase(_text(value), pattern) for value in found for pattern in patterns)


_TESTS: Mapping[str, Callable[[list[Any], Any], bool]] = {
    "equals": _equals,
    "notEquals": lambda found, wanted: not _equals(found, wanted),
    "greaterThan": lambda found, bound: _compares(found, lambda number: number > bound),
    "greaterThanOrEqual": lambda found, bound: _compares(found, lambda number: number >= bound),
    "lessThan": lambda found, bound: _compares(found, lambda number: number < bound),
    "lessThanOrEqual": lambda found, bound: _compares(found, lambda number: number <= bound),
    "matches": _wild,
    "notMatches": lambda found, patterns: not _wild(found, patterns),
}
_OLDER_NAMES = {
    "eq": "equals",
    "neq": "notEquals",
    "gt": "greaterThan",
    "gte": "greaterThanOrEqual",
    "lt": "lessThan",
    "lte": "lessThanOrEqual",
}


def _meets(finding: Finding, path: str, condition: Mapping[str, Any]) -> bool:
    found = values_at(finding, path)
    return all(_TESTS[_OLDER_NAMES.get(name, name)](found, bound) for name, bound in condition.items())


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: Any) -> float | None:
    """Numbers as they are, times in milliseconds since 1970."""
    if isinstance(value, int | float):
        return float(value)
    moment = clock.parse(value) if isinstance(value, str) else None
    return clock.epoch(moment) * 1000 if moment else None


def _sort_key(finding: Finding, path: str) -> tuple[float, str]:
    value = next(iter(values_at(finding, path)), "")
    number = _number(value)
    return (number if number is not None else 0.0, "" if number is not None else _text(value))
