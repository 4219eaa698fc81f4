"""Whether a request keeps to what the service's model allows: required members, types, sizes, ranges, enums."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Shape = Any
"""One of botocore's shapes, whose attributes depend on what it describes."""

_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "float": (int, float),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """The first thing in a request that its model does not allow."""

    parameter: str
    """The top-level parameter it stands in."""
    path: str
    """From the top-level parameter down: `Findings[3].Severity.Label`."""
    problem: str


def first_violation(shape: Shape | None, ask: Mapping[str, Any]) -> Violation | None:
    """Find what is wrong with a request, or None."""
    if shape is None:
        return None
    for path, problem in _problems(shape, ask, ""):
        parameter = re.split(r"[.\[]", path)[0]
        return Violation(parameter=parameter, path=path, problem=problem)
    return None


def _problems(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, str]]:
    expected = _PYTHON_TYPES.get(shape.type_name)
    if expected and (not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected)):
        yield path, f"should be {shape.type_name}"
        return
    match shape.type_name:
        case "structure":
            yield from _in_structure(shape, value, path)
        case "list":
            yield from _size(shape, len(value), path)
            for index, item in enumerate(value):
                yield from _problems(shape.member, item, f"{path}[{index}]")
        case "map":
            for key, item in value.items():
                yield from _problems(shape.value, item, f"{path}.{key}")
        case "string":
            yield from _in_string(shape, value, path)
        case "integer" | "long" | "double" | "float":
            yield from _in_number(shape, value, path)


def _in_structure(shape: Shape, value: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name, member in shape.members.items():
        key = str(member.serialization.get("name", name))
        below = f"{path}.{key}" if path else key
        if value.get(key) is not None:
            yield from _problems(member, value[key], below)
        elif name in shape.required_members:
            yield below, "is required"


def _in_string(shape: Shape, value: str, path: str) -> Iterator[tuple[str, str]]:
    yield from _size(shape, len(value), path)
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        yield path, f"Value '{value}' is not one of: {', '.join(enum)}."
    pattern = shape.metadata.get("pattern")
    if pattern == r".*\S.*" and not value.strip():
        yield path, "should not be empty."


def _in_number(shape: Shape, value: float, path: str) -> Iterator[tuple[str, str]]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield path, f"Value '{value}' is less than minimum value: {low}."
    if high is not None and value > high:
        yield path, f"Value '{value}' is greater than maximum value: {high}."


def _size(shape: Shape, size: int, path: str) -> Iterator[tuple[str, str]]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    # This wording was recorded from Security Hub: "Size '109' is greater than maximum value: 100."
    if low is not None and size < low:
        yield path, f"Size '{size}' is less than minimum value: {low}."
    if high is not None and size > high:
        yield path, f"Size '{size}' is greater than maximum value: {high}."
