"""Look into documents that may hold anything: what is not of the kind asked for is not there. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeGuard


def kind_of(value: Any) -> str:
    """What a value is in JSON's words."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"


def is_mapping(value: Any) -> TypeGuard[Mapping[Any, Any]]:
    """Whether `value` is a mapping. What JSON makes of one is told at a fifth of the cost of asking the ABC."""
    return type(value) is dict or isinstance(value, Mapping)


def inside(value: Any, *keys: str) -> Mapping[Any, Any]:
    """The mapping at the end of `keys`, or an empty one."""
    for key in keys:
        # `is_mapping` written out: this is asked a dozen times of each finding.
        value = value.get(key) if type(value) is dict or isinstance(value, Mapping) else None
    return value if type(value) is dict or isinstance(value, Mapping) else {}


def mappings(value: Any) -> tuple[Mapping[Any, Any], ...]:
    """The mappings in a list."""
    return tuple(part for part in value if is_mapping(part)) if isinstance(value, list | tuple) else ()


def texts(value: Any) -> tuple[str, ...]:
    """The texts in a list, or the one text that stands instead of a list."""
    parts = value if isinstance(value, list | tuple) else (value,)
    return tuple(part for part in map(text, parts) if part is not None)


def text(value: Any) -> str | None:
    """A text with something in it; a number counts as the text it is written as."""
    if type(value) is str and value.isascii():
        return value if value and not value.isspace() else None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    written = value if isinstance(value, str) else _written(value)
    # JSON can hold half of a surrogate pair, which no encoding can.
    return written.encode(errors="replace").decode() if written.strip() else None


def number(value: Any) -> float | None:
    """A finite number, also where it is written as a text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _written(value: float) -> str:
    try:
        return str(int(value) if float(value).is_integer() else value)
    except (ValueError, OverflowError):
        # Not a number, or one of more digits than a float or Python's writer take.
        return ""
