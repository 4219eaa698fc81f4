"""Which findings a set of filters selects, and in which order a list gives them.

Different attributes must all match. Of one attribute's filters, one positive must match and no negative may fail.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from secguard.sandbox import clock
from secguard.sandbox.securityhub.attributes import kinds, path_of, values_at
from secguard.sandbox.securityhub.backend import Finding
from secguard.sandbox.securityhub.refusals import invalid_input

Filter = Mapping[str, Any]
Predicate = Callable[[Finding], bool]
Values = Sequence[Any]

# The model's documentation of GetFindings: "up to 10 finding attributes … up to 20 filter values".
MAX_ATTRIBUTES, MAX_VALUES = 10, 20

_NEGATIVE = {"NOT_EQUALS", "PREFIX_NOT_EQUALS", "NOT_CONTAINS"}


def predicate(filters: Mapping[str, list[Filter]]) -> Predicate:
    """Compile filters. Refuses what the service refuses: too many, or ones that don't go together."""
    if len(filters) > MAX_ATTRIBUTES:
        raise _refused("Filters", f"Size '{len(filters)}' is greater than maximum value: {MAX_ATTRIBUTES}.")
    for attribute, wanted in filters.items():
        refuse_many(f"Filters.{attribute}", wanted, most=MAX_VALUES)
    return conjunction(filters)


def conjunction(filters: Mapping[str, list[Filter]]) -> Predicate:
    """Compile filters, however many. Refuses ones that don't go together."""
    tests = [_attribute_test(attribute, wanted) for attribute, wanted in filters.items() if wanted]
    return lambda finding: all(test(finding) for test in tests)


def refuse_many(parameter: str, values: Values, *, most: int) -> None:
    """Refuse more values than an attribute takes."""
    if len(values) > most:
        raise _refused(parameter, f"Size '{len(values)}' is greater than maximum value: {most}.")


def value_test(kind: str, wanted: Filter) -> Callable[[Values], bool]:
    """Compile one filter of a kind, `StringFilter` for one. Raises ValueError for what the service refuses."""
    return _TESTS[kind]([wanted])


def ordered(findings: Iterable[Finding], criteria: Sequence[Mapping[str, str]]) -> list[Finding]:
    """Sort by attributes, the first counting most. Labels sort as text: CRITICAL, HIGH, INFORMATIONAL, LOW, MEDIUM."""
    result = list(findings)
    for criterion in reversed(criteria):
        attribute = criterion.get("Field", "")
        if attribute not in kinds():
            raise _refused("SortCriteria", f"Field '{attribute}' can't be sorted by.")
        descending = criterion.get("SortOrder") == "desc"
        result.sort(key=partial(_sort_key, attribute, missing_last=not descending), reverse=descending)
    return result


def _attribute_test(attribute: str, wanted: list[Filter]) -> Predicate:
    if attribute not in kinds():
        raise _refused("Filters", f"Unknown attribute '{attribute}'.")
    if attribute == "Keyword":
        return _keyword_test(wanted)
    try:
        test = _TESTS[kinds()[attribute]](wanted)
    except ValueError as error:
        raise _refused(f"Filters.{attribute}", str(error)) from error
    path = path_of(attribute)
    return lambda finding: test(list(values_at(finding, path)))


def _string_test(wanted: list[Filter]) -> Callable[[Values], bool]:
    _refuse_mixes(wanted)
    positive = [each for each in wanted if each.get("Comparison") not in _NEGATIVE]
    negative = [each for each in wanted if each.get("Comparison") in _NEGATIVE]

    def test(values: Values) -> bool:
        if positive and not any(_string_holds(each, value) for each in positive for value in values):
            return False
        return not any(_string_holds(each, value) for each in negative for value in values)

    return test


def _string_holds(wanted: Filter, value: Any) -> bool:
    """Whether a value is what the filter names; whether that is good or bad, the filter's side tells."""
    text, asked = str(value), str(wanted.get("Value", ""))
    match wanted.get("Comparison", "EQUALS"):
        case "EQUALS" | "NOT_EQUALS":
            return text == asked
        case "PREFIX" | "PREFIX_NOT_EQUALS":
            return text.startswith(asked)
        case _:
            return asked in text


def _refuse_mixes(wanted: list[Filter]) -> None:
    """EQUALS with its opposites, and CONTAINS or NOT_CONTAINS with anything else, is an error."""
    used = {each.get("Comparison", "EQUALS") for each in wanted}
    clashes = "EQUALS" in used and used & {"NOT_EQUALS", "PREFIX_NOT_EQUALS"}
    alone = used & {"CONTAINS", "NOT_CONTAINS"} and len(used) > 1
    # The model's documentation: CONTAINS_WORD works in the V2 operations only.
    if clashes or alone or "CONTAINS_WORD" in used:
        raise ValueError(f"Comparisons {', '.join(sorted(used))} can't be combined.")


def _map_test(wanted: list[Filter]) -> Callable[[Values], bool]:
    _refuse_mixes(wanted)
    positive = [each for each in wanted if each.get("Comparison") not in _NEGATIVE]
    negative = [each for each in wanted if each.get("Comparison") in _NEGATIVE]

    def holds(each: Filter, maps: Values) -> bool:
        found = [value[each["Key"]] for value in maps if each.get("Key") in value]
        return any(_string_holds(each, value) for value in found)

    def test(maps: Values) -> bool:
        if positive and not any(holds(each, maps) for each in positive):
            return False
        return not any(holds(each, maps) for each in negative)

    return test


def _number_test(wanted: list[Filter]) -> Callable[[Values], bool]:
    def within(each: Filter, value: float) -> bool:
        bounds = {
            "Gte": lambda bound: value >= bound,
            "Gt": lambda bound: value > bound,
            "Lte": lambda bound: value <= bound,
            "Lt": lambda bound: value < bound,
            "Eq": lambda bound: value == bound,
        }
        return all(bounds[name](bound) for name, bound in each.items())

    return lambda values: any(within(each, float(value)) for each in wanted for value in values)


def _date_test(wanted: list[Filter]) -> Callable[[Values], bool]:
    spans = [_span(each) for each in wanted]

    def test(values: Values) -> bool:
        moments = [moment for value in values if (moment := clock.parse(str(value)))]
        return any(start <= moment <= end for moment in moments for start, end in spans)

    return test


def _span(wanted: Filter) -> tuple[datetime, datetime]:
    """The first and the last moment that a date filter takes. A range is counted back from now."""
    now, earliest = clock.now(), datetime.min.replace(tzinfo=clock.now().tzinfo)
    if "DateRange" in wanted:
        edge = now - timedelta(days=wanted["DateRange"].get("Value", 0))
        if wanted["DateRange"].get("Comparison", "WITHIN") == "OLDER_THAN":
            return earliest, edge
        return edge, datetime.max.replace(tzinfo=now.tzinfo)
    start, end = (clock.parse(wanted[name]) if name in wanted else None for name in ("Start", "End"))
    if ("Start" in wanted and start is None) or ("End" in wanted and end is None) or not (start or end):
        raise ValueError("Start and End should be timestamps.")
    return start or earliest, end or datetime.max.replace(tzinfo=now.tzinfo)


def _address_test(wanted: list[Filter]) -> Callable[[Values], bool]:
    networks = [ip_network(each.get("Cidr", ""), strict=False) for each in wanted]
    return lambda values: any(_inside(str(value), network) for value in values for network in networks)


def _inside(text: str, network: IPv4Network | IPv6Network) -> bool:
    try:
        return ip_address(text) in network
    except ValueError:
        return False


def _boolean_test(wanted: list[Filter]) -> Callable[[Values], bool]:
    asked = {each.get("Value") for each in wanted}
    # What a finding does not say is false: `Sample` stands in samples only.
    return lambda values: any(value in asked for value in values or [False])


def _keyword_test(wanted: list[Filter]) -> Predicate:
    words = [str(each.get("Value", "")).lower() for each in wanted]
    return lambda finding: any(word in json.dumps(finding, ensure_ascii=False).lower() for word in words)


_TESTS: Mapping[str, Callable[[list[Filter]], Callable[[Values], bool]]] = {
    "StringFilter": _string_test,
    "MapFilter": _map_test,
    "NumberFilter": _number_test,
    "DateFilter": _date_test,
    "IpFilter": _address_test,
    "BooleanFilter": _boolean_test,
}


def _sort_key(attribute: str, finding: Finding, *, missing_last: bool) -> tuple[bool, float, str]:
    value = next(values_at(finding, path_of(attribute)), None)
    missing = (value is None) == missing_last
    match kinds()[attribute]:
        case "NumberFilter":
            return missing, float(value or 0), ""
        case "DateFilter":
            moment = clock.parse(str(value))
            return missing, clock.epoch(moment) if moment else 0.0, ""
        case _:
            return missing, 0.0, str(value or "")


def _refused(parameter: str, problem: str) -> Exception:
    return invalid_input(f"Invalid parameter '{parameter}'. {problem}")
