"""Follow a list through its pages. A page without the list, or a token that comes back, is an error and not an end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jmespath
from botocore.exceptions import DataNotFoundError

from secguard.aws.errors import Asked, broken

if TYPE_CHECKING:
    from botocore.session import Session

Page = Mapping[str, Any]

# Where botocore has no paging rules: the parameter that takes a token, and the key that brings the next one.
TOKENS = (
    ("NextToken", "NextToken"),
    ("nextToken", "nextToken"),
    ("NextMarker", "NextMarker"),
    ("Marker", "NextMarker"),
    ("Marker", "Marker"),
)


@dataclass(frozen=True, slots=True)
class Paging:
    """How an operation hands out its list in pages."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    """JMESPath expressions, one for each input."""
    more: str | None = None
    """JMESPath: whether there is more; None: there is while there are tokens."""

    def following(self, page: Page) -> dict[str, Any]:
        """The parameters that ask for the next page; none when this is the last."""
        if self.more is not None and not jmespath.search(self.more, dict(page)):
            return {}
        tokens = zip(self.inputs, (jmespath.search(path, dict(page)) for path in self.outputs), strict=True)
        return {name: token for name, token in tokens if token}


def paging(session: Session, service: str, operation: str) -> Paging | None:
    """The paging of an operation, None when it answers all at once."""
    rules = _rules(session, service).get(operation)
    if rules is not None:
        return Paging(_listed(rules["input_token"]), _listed(rules["output_token"]), rules.get("more_results"))
    model = session.get_service_model(service).operation_model(operation)
    inputs = model.input_shape.members if model.input_shape else {}
    outputs = model.output_shape.members if model.output_shape else {}
    return next((Paging((i,), (o,)) for i, o in TOKENS if i in inputs and o in outputs), None)


@lru_cache(maxsize=64)
def _rules(session: Session, service: str) -> Mapping[str, Any]:
    try:
        loaded = session.get_component("data_loader").load_service_model(service, "paginators-1")
    except DataNotFoundError:
        return {}
    rules: Mapping[str, Any] = loaded["pagination"]
    return rules


def _listed(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def pages(
    ask: Callable[..., Page], how: Paging | None, parameters: Mapping[str, Any], *, asked: Asked
) -> Iterator[Page]:
    """Every page, each asked for when the one before has been used. Raises BrokenAnswer for a token seen before."""
    seen: list[dict[str, Any]] = []
    token: dict[str, Any] = {}
    while True:
        page = ask(**{**parameters, **token})
        yield page
        token = how.following(page) if how is not None else {}
        if not token:
            return
        if token in seen:
            raise broken(asked, "it gave a page token twice")
        seen.append(token)
