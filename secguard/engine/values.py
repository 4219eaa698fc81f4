"""Values as plans hold them: plain JSON, with marks for what only applying will know."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping

from secguard.model import Value

LATE = "$late"
"""The key of a mark: `{"$late": "3.GroupId"}`, `{"$late": "now"}`, `{"$late": "run_id"}`."""
WITHIN = "$within"
"""Beside it, where the value is only part of a text: `{"$late": "run_id", "$within": "secguard run {}"}`."""
HOLE = "{}"


class UnknownLate(LookupError):
    """A value was asked for that no earlier change has made known."""


def late(name: str, *, within: str | None = None) -> dict[str, str]:
    """The mark for a value that becomes known while the plan is applied; `within` is a text with `{}` in it."""
    return {LATE: name} if within is None else {LATE: name, WITHIN: within}


def late_name(value: Value) -> str | None:
    """The name in a mark, or None where `value` is not one."""
    return value[LATE] if isinstance(value, Mapping) and LATE in value and set(value) <= {LATE, WITHIN} else None


def late_names(value: Value) -> Iterator[str]:
    """Every name marked anywhere in `value`, in the order they stand there."""
    name = late_name(value)
    if name is not None:
        yield name
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from late_names(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from late_names(part)


def map_late(value: Value, replace: Callable[[str], Value]) -> Value:
    """A copy of `value` with every mark replaced by what `replace` makes of its name."""
    name = late_name(value)
    if name is not None:
        return _within(value, replace(name))
    if isinstance(value, Mapping):
        return {key: map_late(part, replace) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [map_late(part, replace) for part in value]
    return value


def _within(mark: Mapping[str, str], part: Value) -> Value:
    """What stands for `mark` when `part` stands for its name: the part, or the text around it."""
    if WITHIN not in mark:
        return part
    if late_name(part) is not None:
        return {**part, WITHIN: mark[WITHIN]}
    return mark[WITHIN].replace(HOLE, str(part))


def resolve(value: Value, known: Mapping[str, Value]) -> Value:
    """A copy of `value` with every mark filled in. Raises UnknownLate when one is not known yet."""

    def fill(name: str) -> Value:
        if name not in known:
            raise UnknownLate(name)
        return known[name]

    return map_late(value, fill)


def canonical(value: Value) -> str:
    """`value` as JSON text that is the same for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: Value) -> str:
    """The SHA-256 of `value`, as 64 hex digits."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
