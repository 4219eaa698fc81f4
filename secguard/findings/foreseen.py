"""AWS with some answers already in hand: what was just read need not be asked again to plan with it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from secguard.engine.seam import Answer, Aws, Call, Reader
from secguard.engine.values import canonical
from secguard.model import Place, Value


class Foreseen:
    """AWS as it is, but for the questions whose answers are known."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._known: dict[str, Answer] = {}

    def expect(
        self, place: Place, service: str, operation: str, question: dict[str, Value], answer: dict[str, Any]
    ) -> None:
        """Give `answer` to this question from now on."""
        self._known[_key(place, service, operation, question)] = answer

    def look(self, place: Place, *, service: str = "", within: float = 0.0) -> Reader:
        """A look in which what is known is not asked."""
        return _Look(self._aws.look(place, service=service, within=within), self._known)

    def send(self, place: Place, call: Call) -> Answer:
        """Make one call that may write. Raises an AwsError."""
        return self._aws.send(place, call)


class _Look:
    """One look at one place."""

    def __init__(self, reader: Reader, known: dict[str, Answer]) -> None:
        self._reader = reader
        self._known = known

    @property
    def place(self) -> Place:
        """Where this reader looks."""
        return self._reader.place

    @property
    def partition(self) -> str:
        """The first part of every ARN here."""
        return self._reader.partition

    def ask(self, service: str, operation: str, /, **parameters: Value) -> Answer:
        """The answer in hand, or AWS's. Raises an AwsError."""
        known = self._known.get(_key(self.place, service, operation, parameters))
        return known if known is not None else self._reader.ask(service, operation, **parameters)

    def items(self, service: str, operation: str, key: str, /, **parameters: Value) -> Iterator[Any]:
        """The entries under `key` on every page, from AWS. Raises an AwsError."""
        return self._reader.items(service, operation, key, **parameters)

    def texts(self, service: str, operation: str, key: str, /, **parameters: Value) -> Iterator[Any]:
        """The same, undecoded where that is how they came."""
        return self._reader.texts(service, operation, key, **parameters)

    def choices(self, service: str, shape: str) -> tuple[str, ...]:
        """The values that the service model lists for an enum."""
        return self._reader.choices(service, shape)


def _key(place: Place, service: str, operation: str, question: dict[str, Value]) -> str:
    return canonical([str(place), service, operation, question])
