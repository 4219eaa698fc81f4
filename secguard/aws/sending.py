"""Make one call: at its pace, again where that is safe, within its time, and say in secguard's words how it went."""

from __future__ import annotations

import random
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from secguard.aws.answers import Answer, NotAnAnswer, lacks_all
from secguard.aws.errors import Asked, RegionOff, broken, is_throttle, translate
from secguard.aws.pace import Pace
from secguard.aws.verdicts import MAKES_THINGS

if TYPE_CHECKING:
    from secguard.aws.clients import Client

Failure = BotoCoreError | ClientError | ResponseParserError

DRY_RUN_PASSED = "DryRunOperation"
"""EC2's way of saying that a call with DryRun=True would have been let through."""
BROKEN_FOR_NOW = frozenset({500, 502, 503, 504})
BROKEN_CODES = frozenset({"RequestTimeout", "RequestTimeoutException", "InternalFailure", "InternalError"})
NEVER_SENT = (boto.ConnectTimeoutError, boto.EndpointConnectionError, boto.ProxyConnectionError, boto.SSLError)
ANSWER_LOST = (boto.HTTPClientError, boto.ConnectionError)
NOT_TWICE = re.compile(r"Create|Run|Allocate|Copy|Start|Import|Generate")
"""What makes one more thing each time it is called, unless it carries a token that AWS knows it by."""
LONGEST_PAUSE = 20.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to try a call that failed in one way, and the first pause; each pause may be twice the one before."""

    attempts: int
    pause: float

    def after(self, attempt: int, *, chance: float) -> float | None:
        """Seconds to wait after a failed attempt, counted from 1; None: no further one. `chance`: 0 to 1."""
        if attempt >= self.attempts:
            return None
        return chance * min(LONGEST_PAUSE, self.pause * float(2 ** (attempt - 1)))


# With three attempts, listing under a quota lost pages.
TOO_FAST = Patience(attempts=10, pause=1.0)
PERHAPS_FULL = Patience(attempts=3, pause=1.0)
BROKEN = Patience(attempts=6, pause=0.2)
NOBODY_THERE = Patience(attempts=3, pause=0.2)
FINAL = Patience(attempts=1, pause=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """What is known of a call once it is over. No parameters and no answer: they may hold secrets."""

    service: str
    operation: str
    account: str
    region: str
    seconds: float
    attempts: int
    request_id: str
    error: str | None
    """AWS's error code, None for success."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clockwork:
    """Time and chance, so that tests need neither."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.SystemRandom().random


class Sender:
    """Sends calls, for all threads."""

    def __init__(
        self,
        *,
        timeout: float,
        clockwork: Clockwork | None = None,
        log: Callable[[CallRecord], None] | None = None,
    ) -> None:
        self._timeout = timeout
        self._clock = clockwork or Clockwork()
        self._pace = Pace(self._clock.monotonic)
        self._log = log

    def send(self, client: Client, asked: Asked, parameters: dict[str, Any], *, region_off: RegionOff) -> Answer:
        """The answer to one call. Raises an AwsError."""
        parameters = _with_token(client, asked.operation, parameters)
        started = self._clock.monotonic()
        deadline = started + self._timeout
        for attempt in count(1):
            deadline += self._keep_pace(asked)
            try:
                answer = self._timed(client, asked, parameters)
            except (BotoCoreError, ClientError, ResponseParserError) as failure:
                pause = self._pause(failure, client, asked, attempt=attempt, deadline=deadline)
                if pause is None:
                    error = translate(failure, asked, region_off=region_off)
                    self._record(asked, started, attempt, request_id=error.request_id, error=error.code)
                    raise error from failure
                self._clock.sleep(pause)
            else:
                self._record(asked, started, attempt, request_id=answer.request_id, error=None)
                return answer
        raise AssertionError  # count() has no end

    def _timed(self, client: Client, asked: Asked, parameters: dict[str, Any]) -> Answer:
        began = self._clock.monotonic()
        try:
            return _call(client, asked, parameters)
        finally:
            seconds = self._clock.monotonic() - began
            self._pace.answered(asked.account, asked.region, asked.service, asked.operation, seconds=seconds)

    def _keep_pace(self, asked: Asked) -> float:
        seconds = self._pace.wait(asked.account, asked.region, asked.service, asked.operation)
        if seconds > 0:
            self._clock.sleep(seconds)
        return seconds

    def _pause(self, failure: Failure, client: Client, asked: Asked, *, attempt: int, deadline: float) -> float | None:
        """Seconds to wait before the next attempt; None where there is none, or no time for it."""
        if isinstance(failure, ClientError) and is_throttle(failure):
            self._pace.refused(asked.account, asked.region, asked.service, asked.operation)
        pause = patience(failure, client, asked).after(attempt, chance=self._clock.chance())
        late = pause is not None and self._clock.monotonic() + pause >= deadline
        return None if late else pause

    def _record(self, asked: Asked, started: float, attempts: int, *, request_id: str, error: str | None) -> None:
        if self._log is not None:
            seconds = self._clock.monotonic() - started
            self._log(
                CallRecord(seconds=seconds, attempts=attempts, request_id=request_id, error=error, **asked.names())
            )


def _call(client: Client, asked: Asked, parameters: dict[str, Any]) -> Answer:
    try:
        parsed = client.call(asked.operation, parameters)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == DRY_RUN_PASSED:
            return Answer({}, asked)
        raise
    except NotAnAnswer as error:
        raise broken(asked, str(error)) from error
    if lacks_all(parsed, client.operation(asked.operation).output_shape):
        raise broken(asked, "nothing of what it must hold is in the answer")
    return Answer(parsed, asked)


def patience(failure: Failure, client: Client, asked: Asked) -> Patience:
    """How often it makes sense to try again, and is safe to."""
    if isinstance(failure, NEVER_SENT):
        return NOBODY_THERE
    if isinstance(failure, ClientError):
        return _patience_with_answer(failure, client, asked)
    if isinstance(failure, ANSWER_LOST) and _may_repeat(client, asked.operation):
        return BROKEN
    return FINAL


def _patience_with_answer(failure: ClientError, client: Client, asked: Asked) -> Patience:
    code = failure.response.get("Error", {}).get("Code", "")
    status = failure.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if code == "LimitExceededException" and MAKES_THINGS.match(asked.operation):
        return PERHAPS_FULL
    if is_throttle(failure):
        return TOO_FAST
    if (status in BROKEN_FOR_NOW or code in BROKEN_CODES) and _may_repeat(client, asked.operation):
        return BROKEN
    return FINAL


def _may_repeat(client: Client, operation: str) -> bool:
    """Whether a call whose outcome is not known can be made again without making a second thing."""
    return not NOT_TWICE.match(operation) or _token_name(client, operation) is not None


def _token_name(client: Client, operation: str) -> str | None:
    """The parameter by which AWS knows a call that is repeated."""
    shape = client.operation(operation).input_shape
    members: Mapping[str, Any] = shape.members if shape is not None else {}
    return next((name for name, member in members.items() if member.metadata.get("idempotencyToken")), None)


def _with_token(client: Client, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """`parameters` with one token for all attempts; left to itself, botocore makes a new one for each."""
    name = _token_name(client, operation)
    return parameters if name is None else {name: str(uuid.uuid4())} | parameters
