"""YAML in which every key stands once: a step that another of the same name replaced would be lost without a word."""

from __future__ import annotations

from typing import Any

import yaml

from secguard.errors import ConfigError


class _OnceLoader(yaml.SafeLoader):
    """A SafeLoader that refuses a key that stands twice."""


def _mapping(loader: _OnceLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            problem = f"the key {key!r} stands twice"
            raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_OnceLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def parse(text: str, *, file: str) -> Any:
    """What the YAML text holds. Raises ConfigError with the line."""
    try:
        return yaml.load(text, _OnceLoader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}" if mark else ""
        raise ConfigError(file, where, str(error.problem or error.context)) from error
    except yaml.YAMLError as error:
        raise ConfigError(file, "", f"not YAML: {error}") from error
