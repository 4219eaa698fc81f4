"""YAML in which keys are text and stand once: what a second one replaced would be lost without a word."""

from __future__ import annotations

from typing import Any, NoReturn

import yaml

from secguard.errors import ConfigError


class _StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml's, where there is one
    """A SafeLoader that refuses a key that stands twice, or that is no text, and names the line of all it refuses."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - as its base has it
        """What a node holds: a date or a number that there is not, as 2027-02-30, is an error with its line too."""
        try:
            return super().construct_object(node, deep=deep)
        except ValueError as error:
            _refuse(f"{getattr(node, 'value', 'this')!r} can't be read: {error}", node)


def parse(text: str, *, file: str) -> Any:
    """What the YAML text holds. Raises ConfigError with the line."""
    try:
        return yaml.load(text, _StrictLoader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ConfigError(file, "", f"{where}{error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise ConfigError(file, "", f"not YAML: {error}") from error
    except RecursionError as error:
        raise ConfigError(file, "", "it is nested too deep") from error


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            _refuse("keys are text", key_node)
        if key in seen:
            _refuse(f"the key {key!r} stands twice", key_node)
        seen.add(key)
    mapping: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    return mapping


def _refuse(problem: str, node: yaml.Node) -> NoReturn:
    raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
