"""Lists in pages, as all of Security Hub's operations give them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from secguard.sandbox.operations import Answer, Ask
from secguard.sandbox.pages import UnknownToken
from secguard.sandbox.securityhub.backend import SecurityHubBackend
from secguard.sandbox.securityhub.refusals import invalid_input


def page(
    here: SecurityHubBackend, ask: Ask, key: str, items: Callable[[], Sequence[Any]], *, default_size: int = 100
) -> Answer:
    """One page of a list under `key`, and the token for the next one. Refuses a token not given for this question."""
    question = json.dumps({name: value for name, value in ask.items() if name not in ("NextToken", "MaxResults")})
    token = ask.get("NextToken")
    try:
        rest = here.pages.rest(token, question=key + question) if token else items()
    except UnknownToken as error:
        raise invalid_input("Invalid parameter 'NextToken'.") from error
    shown, further = here.pages.cut(rest, ask.get("MaxResults", default_size), question=key + question)
    return {key: list(shown), **({"NextToken": further} if further else {})}
