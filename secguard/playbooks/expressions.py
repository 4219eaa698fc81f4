"""The expressions of playbooks: JMESPath, standing alone or as `${…}` in a text. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature

from secguard.engine.values import late
from secguard.model import Value

_MARK = re.compile(r"\$\{(.+?)\}", re.DOTALL)
_ANY: dict[str, list[str]] = {"types": []}
_TEXT = {"types": ["string"]}
_LEFT_TO_RIGHT = frozenset({"subexpression", "index_expression", "projection", "value_projection", "flatten", "pipe"})
"""Nodes whose first child looks at the scope, and whose others look at what the first one found."""


class BadExpression(ValueError):
    """An expression that is not one, or that names what is not there."""


Method = TypeVar("Method", bound=Callable[..., Any])


def _takes(*types: dict[str, list[str]]) -> Callable[[Method], Method]:
    """Say what a function of expressions takes, as jmespath wants it said."""
    marked: Callable[[Method], Method] = signature(*types)
    return marked


class PlanFunctions(Functions):  # type: ignore[misc]  # jmespath ships no types
    """JMESPath's functions, and two that know the plan in the making."""

    def __init__(self) -> None:
        self._reserved: dict[str, dict[str, Value]] = {}
        self._made: dict[tuple[str, str], str] = {}

    def remember(self, step: str, each: Value, key: str) -> None:
        """Note the want that `step` made for `each`, for `made` to find."""
        self._made[step, repr(each)] = key

    def forget(self) -> None:
        """Begin with another target: what its steps make is its own."""
        self._made.clear()

    @_takes({"types": ["array", "null"]}, _TEXT, _TEXT)
    def _func_reserve(self, free: list[Value] | None, pool: str, who: str) -> Value:
        """The first of `free` that nobody else in this plan has from `pool`; null when none is left."""
        taken = self._reserved.setdefault(pool, {})
        if who not in taken:
            mine = next((value for value in free or [] if value not in taken.values()), None)
            if mine is None:
                return None
            taken[who] = mine
        return taken[who]

    @_takes(_TEXT, _TEXT, _ANY)
    def _func_made(self, step: str, name: str, each: Value) -> Value:
        """What the change of `step` for `each` will yield under `name`; known when the plan is applied."""
        key = self._made.get((step, repr(each)))
        return late(f"{key}.{name}") if key is not None else None


FUNCTION_NAMES = frozenset(PlanFunctions.FUNCTION_TABLE)

Evaluate = Callable[[str], Value]


def evaluate(expression: str, scope: Mapping[str, Value], functions: PlanFunctions) -> Value:
    """What `expression` finds in `scope`. Raises BadExpression when its parts do not fit together."""
    try:
        return _compiled(expression).search(scope, options=jmespath.Options(custom_functions=functions))
    except JMESPathError as error:
        raise BadExpression(f"{expression}: {error}") from error


def fill(value: Value, find: Evaluate) -> Value:
    """A copy of `value` with every `${…}` replaced: alone it keeps its type, in a text it is spelled out."""
    if isinstance(value, Mapping):
        return {key: fill(part, find) for key, part in value.items()}
    if isinstance(value, list):
        return [fill(part, find) for part in value]
    if not isinstance(value, str):
        return value
    alone = _MARK.fullmatch(value)
    if alone and "${" not in alone[1]:
        return find(alone[1])
    return _MARK.sub(lambda mark: _spelled(find(mark[1])), value)


def expressions_in(value: Value) -> Iterator[str]:
    """Every expression marked anywhere in `value`."""
    if isinstance(value, Mapping):
        for part in value.values():
            yield from expressions_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from expressions_in(part)
    elif isinstance(value, str):
        yield from (mark[1] for mark in _MARK.finditer(value))


def check(expression: str, known: Collection[str]) -> None:
    """Raises BadExpression for what can't work: syntax, an unknown function, a name that is not among `known`."""
    try:
        tree = _compiled(expression).parsed
    except JMESPathError as error:
        raise BadExpression(f"not a JMESPath expression: {expression} ({_first_line(error)})") from error
    for node in _nodes(tree):
        if node["type"] == "function_expression" and node["value"] not in FUNCTION_NAMES:
            raise BadExpression(f"{expression}: there is no function {node['value']}")
        if node["type"] == "subexpression" and node["children"][0]["type"] == "not_expression":
            raise BadExpression(f"{expression}: write !(a.b) for the opposite of a.b; !a.b is something else")
    for name in _roots(tree):
        if name not in known:
            raise BadExpression(f"{expression}: there is no {name} here (there is: {', '.join(sorted(known))})")


@lru_cache(maxsize=512)
def _compiled(expression: str) -> Any:
    return jmespath.compile(expression)


def _nodes(tree: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield tree
    for child in tree["children"]:
        yield from _nodes(child)


def _roots(tree: Mapping[str, Any]) -> Iterator[str]:
    """The names that an expression takes from the scope itself."""
    match tree["type"]:
        case "field":
            yield tree["value"]
        case kind if kind in _LEFT_TO_RIGHT or kind == "filter_projection":
            yield from _roots(tree["children"][0])
        case "expref":
            return
        case _:
            for child in tree["children"]:
                yield from _roots(child)


def _spelled(value: Value) -> str:
    if isinstance(value, list):
        return ", ".join(map(_spelled, value))
    return "" if value is None else str(value)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
