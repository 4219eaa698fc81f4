"""Carry a call to its place: with the right credentials, to the right Region, by a client that may make it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, InvalidRegionError

from secguard import __version__
from secguard.aws.answers import Answer
from secguard.aws.clients import Client, Clients, Making, Mode
from secguard.aws.errors import Asked, RegionOff, translate
from secguard.aws.guard import Guard
from secguard.aws.identity import Caller, identify, source_profiles
from secguard.aws.paging import pages, paging
from secguard.aws.roles import AssumedRole, Role
from secguard.aws.sending import Sender
from secguard.aws.session import FALLBACK_REGION, home_region, open_session, sibling
from secguard.aws.transport import Transport
from secguard.errors import UsageError
from secguard.model import Place

if TYPE_CHECKING:
    from botocore.session import Session


class ACall(Protocol):
    """One call, as the engine says it: botocore's names, and what it is made with."""

    @property
    def service(self) -> str:
        """`iam`."""

    @property
    def operation(self) -> str:
        """`UpdateAccessKey`."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Plain values."""


@dataclass(frozen=True, slots=True)
class Question:
    """One call of the seam's own, or of a reader."""

    service: str
    operation: str
    parameters: Mapping[str, Any]


OWN = ""
"""The account of the credentials, before its number is known."""
GLOBAL = frozenset({"iam", "organizations", "account", "cloudfront", "s3control"})
"""Services of the whole account: called in the partition's home Region, wherever they are asked from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What every channel of a process shares."""

    session: Session
    profile: str | None
    region: str | None
    role: str
    external_id: str | None
    sender: Sender
    guards: Mapping[Mode, Guard]
    transport: Transport
    timeouts: tuple[float, float]
    endpoint: str | None
    callers: dict[str, Caller] = field(default_factory=dict)
    """Who the credentials belong to, once it has been asked."""
    lock: threading.Lock = field(default_factory=threading.Lock)


class Channel:
    """Makes calls for one run, or for none; its name is in the user agent and in the sessions of roles."""

    def __init__(self, line: Line, *, run: str | None) -> None:
        self._line = line
        self._name = run or __version__
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()
        self._clients = Clients(
            self._session,
            Making(
                guards=line.guards,
                transport=line.transport,
                timeouts=line.timeouts,
                agent=f"{line.session.user_agent()} secguard/{self._name}",
                foreign_endpoint=line.endpoint is not None,
            ),
        )

    def for_run(self, run: str) -> Channel:
        """A channel of the same line under a run's name."""
        return Channel(self._line, run=run)

    def call(self, place: Place, call: ACall, *, mode: Mode, region_off: RegionOff = lambda: None) -> Answer:
        """Make one call. Raises an AwsError."""
        region = self.region_for(place.region, call.service, call.parameters)
        asked = Asked(call.service, call.operation, place.account, region)
        client = self.client(Place(place.account, region), call.service, mode)
        return self._line.sender.send(client, asked, dict(call.parameters), region_off=region_off)

    def region_for(self, region: str, service: str, parameters: Mapping[str, Any]) -> str:
        """Where a call goes that is asked for in `region`."""
        everywhere = service in GLOBAL or (service == "wafv2" and parameters.get("Scope") == "CLOUDFRONT")
        return self.home() if everywhere else region

    def client(self, place: Place, service: str, mode: Mode) -> Client:
        """The client for a place, made if need be. Raises NoCredentials, UsageError for a wrong Region or URL."""
        try:
            return self._clients.get(place.account, place.region, service, mode)
        except InvalidRegionError as error:
            raise UsageError(f"{place.region!r} can't be the name of a Region") from error
        except BotoCoreError as error:
            asked = Asked(service, "(client)", place.account, place.region)
            raise translate(error, asked, region_off=lambda: None) from error
        except ValueError as error:
            raise UsageError(f"the endpoint that is set for {service} is none: {error}") from error

    def ready(self, place: Place, service: str) -> None:
        """Make the client that reads `service` there, so that no thread has to wait for it."""
        self.client(Place(place.account, self.region_for(place.region, service, {})), service, Mode.READ)

    def own_items(self, account: str, service: str, operation: str, key: str, **parameters: Any) -> Iterator[Any]:
        """A list that the seam itself needs, read from an account's home Region."""
        place = Place(account, self.home())

        def page(**more: Any) -> Answer:
            return self.call(place, Question(service, operation, more), mode=Mode.OWN)

        asked = Asked(service, operation, account, place.region)
        for found in pages(page, paging(self._line.session, service, operation), parameters, asked=asked):
            yield from found[key]

    def role(self) -> Role:
        """The role that is assumed in other accounts."""
        return Role(
            name=self._line.role,
            external_id=self._line.external_id,
            partition=self.caller().partition,
            session_name=f"secguard-{self._name}",
        )

    def caller(self) -> Caller:
        """Who the credentials belong to; asked once. Raises NoCredentials."""
        with self._line.lock:
            if OWN not in self._line.callers:
                self._line.callers[OWN] = self._ask_who()
            return self._line.callers[OWN]

    def home(self) -> str:
        """The home Region of the caller's partition."""
        return home_region(self._line.session, self.caller().partition)

    def _ask_who(self) -> Caller:
        session = self._line.session
        arn = self._own("GetCallerIdentity")["Arn"]
        through: list[str] = []
        for role, source in source_profiles(session, self._line.profile):
            through.append(role)
            if source is not None:
                through.append(self._arn_of(source))
        return identify(arn, through=through)

    def _arn_of(self, profile: str) -> str:
        source = open_session(profile)
        client = Clients(lambda _: source, self._clients.making).get(OWN, self._own_region(), "sts", Mode.OWN)
        asked = Asked("sts", "GetCallerIdentity", "", self._own_region())
        arn: str = self._line.sender.send(client, asked, {}, region_off=lambda: None)["Arn"]
        return arn

    def _own(self, operation: str, **parameters: Any) -> Answer:
        """A call to STS as the caller."""
        return self.call(Place(OWN, self._own_region()), Question("sts", operation, parameters), mode=Mode.OWN)

    def _own_region(self) -> str:
        return self._line.region or FALLBACK_REGION

    def _session(self, account: str) -> Session:
        if account == OWN or account == self.caller().account:
            return self._line.session
        with self._lock:
            if account not in self._sessions:
                provider = AssumedRole(self.role(), account, self._own)
                self._sessions[account] = sibling(self._line.session, provider)
            return self._sessions[account]
