"""One look at one place: what is asked twice is answered once, so that what is read fits together."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from secguard.aws.answers import Answer
from secguard.aws.errors import Asked, broken
from secguard.aws.paging import pages, paging
from secguard.errors import UsageError
from secguard.model import Place, decoded

if TYPE_CHECKING:
    from botocore.session import Session

# Lists that may be too long to keep; each is read once anyway.
STREAMED = frozenset({
    "securityhub:GetFindings", "securityhub:GetFindingsV2", "guardduty:ListFindings", "guardduty:GetFindings",
})  # fmt: skip

Ask = Callable[[Place, str, str, Mapping[str, Any]], Answer]
"""`ask(place, service, operation, parameters)`: makes one reading call."""


class Look:
    """Reads in one account and Region, for any number of threads; it forgets nothing and is soon thrown away."""

    def __init__(self, place: Place, partition: str, *, ask: Ask, session: Session) -> None:
        self._place = place
        self._partition = partition
        self._ask = ask
        self._session = session
        self._answers: dict[str, Future[Answer]] = {}
        self._lock = threading.Lock()

    @property
    def place(self) -> Place:
        """Where this reader looks."""
        return self._place

    @property
    def partition(self) -> str:
        """The first part of every ARN here."""
        return self._partition

    def ask(self, service: str, operation: str, /, **parameters: Any) -> Answer:
        """The answer to one reading call; the same question again gets the same answer. Raises an AwsError."""
        key = json.dumps([service, operation, parameters], sort_keys=True, default=str)
        with self._lock:
            answer = self._answers.get(key)
            mine = answer is None
            if answer is None:
                answer = self._answers[key] = Future()
        if mine:
            self._fulfil(answer, service, operation, parameters)
        return answer.result()

    def _fulfil(self, answer: Future[Answer], service: str, operation: str, parameters: Mapping[str, Any]) -> None:
        try:
            answer.set_result(self._ask(self._place, service, operation, parameters).decoded())
        except BaseException as error:  # noqa: BLE001 - whoever asks gets it, this thread first
            answer.set_exception(error)

    def items(self, service: str, operation: str, key: str, /, **parameters: Any) -> Iterator[Any]:
        """The entries under `key`, page by page. Raises an AwsError, BrokenAnswer when a page lacks `key`."""
        if f"{service}:{operation}" in STREAMED:
            for entry in self.texts(service, operation, key, **parameters):
                yield decoded(entry) if isinstance(entry, msgspec.Raw) else entry
        else:
            yield from self._entries(partial(self.ask, service, operation), service, operation, key, parameters)

    def texts(self, service: str, operation: str, key: str, /, **parameters: Any) -> Iterator[Any]:
        """The same, each entry as msgspec.Raw, its JSON text, where the answer is just what is on the wire."""
        ask = partial(_ask, self._ask, self._place, service, operation)
        yield from self._entries(ask, service, operation, key, parameters)

    def _entries(
        self, ask: Callable[..., Answer], service: str, operation: str, key: str, parameters: Mapping[str, Any]
    ) -> Iterator[Any]:
        asked = Asked(service, operation, self._place.account, self._place.region)
        for page in pages(ask, paging(self._session, service, operation), parameters, asked=asked):
            entries = page[key]
            if not isinstance(entries, list):
                raise broken(asked, f"{key} is no list")
            yield from entries

    def choices(self, service: str, shape: str) -> tuple[str, ...]:
        """The values that the service model lists for an enum. Raises UsageError for what is none."""
        return choices(self._session, service, shape)


def _ask(ask: Ask, place: Place, service: str, operation: str, /, **parameters: Any) -> Answer:
    return ask(place, service, operation, parameters)


def choices(session: Session, service: str, shape: str) -> tuple[str, ...]:
    """The values of an enum in a service model, or the names of a structure's members; no call is made."""
    model = session.get_service_model(service)
    if shape not in model.shape_names:
        raise UsageError(f"{service} has no {shape}")
    found = model.shape_for(shape)
    values: Iterable[str] = getattr(found, "enum", ()) or getattr(found, "members", ())
    return tuple(values)
