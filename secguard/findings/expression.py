"""What `--query` asks of a list of findings: one JMESPath expression over their records. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from secguard.errors import UsageError


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression."""

    text: str
    compiled: Any

    @classmethod
    def parse(cls, text: str) -> Expression:
        """Raises UsageError with what is wrong with it."""
        try:
            return cls(text, jmespath.compile(text))
        except JMESPathError as error:
            raise _unusable(text, error) from error

    def of(self, records: list[dict[str, Any]]) -> Any:
        """What it finds in the list of records, as plain JSON. Raises UsageError where it does not fit them."""
        try:
            return self.compiled.search(records)
        except JMESPathError as error:
            raise _unusable(self.text, error) from error


def _unusable(text: str, error: JMESPathError) -> UsageError:
    problem = str(error).splitlines()[0]
    return UsageError(
        f"--query {text!r} is no JMESPath for findings: {problem}",
        advice="the list is an array of findings; see one whole: secguard findings --limit 1 -o json",
    )
