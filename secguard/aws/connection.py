"""AWS, as the rest of secguard sees it: who asks, which Regions there are, looks that can't write, calls that may."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from secguard.aws.answers import Answer
from secguard.aws.channel import ACall, Channel, Line, Question
from secguard.aws.clients import Mode
from secguard.aws.fanout import fan_out
from secguard.aws.guard import Guard
from secguard.aws.identity import Caller
from secguard.aws.looks import Looks
from secguard.aws.reader import Look, choices
from secguard.aws.regions import Regions
from secguard.aws.sending import CallRecord, Sender
from secguard.aws.session import default_region, endpoint_of, open_session
from secguard.aws.transport import Transport
from secguard.errors import UsageError
from secguard.model import Place, Unreached

T = TypeVar("T")
R = TypeVar("R")

OWN_READS = frozenset({
    "account:ListRegions", "ec2:DescribeRegions", "organizations:ListAccounts", "sts:GetCallerIdentity",
    "s3:HeadBucket",  # botocore asks it where a bucket is, when S3 says that it is elsewhere
})  # fmt: skip
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
CALL_SECONDS = 90.0
"""For one call with all its attempts, where no --timeout is given."""


def connect(  # noqa: PLR0913 - each is one option of the command line
    *,
    profile: str | None = None,
    region: str | None = None,
    role: str,
    external_id: str | None = None,
    reads: Container[str],
    writes: Container[str],
    timeout: float | None = None,
    log: Callable[[CallRecord], None] | None = None,
) -> Connection:
    """Get ready to talk to AWS; nothing is called yet. Raises UsageError for a profile that does not exist.

    `reads` and `writes` are the only operations (`iam:ListAccessKeys`) that looks may ask and `send` may send. `role`
    is assumed in every account but the caller's own. `timeout`: seconds for one call with all its attempts.
    """
    session = open_session(profile)
    patience = timeout or CALL_SECONDS
    timeouts = (min(CONNECT_SECONDS, patience), min(ANSWER_SECONDS, patience))
    line = Line(
        session=session,
        profile=profile,
        region=default_region(session, region),
        role=role,
        external_id=external_id,
        sender=Sender(timeout=patience, log=log),
        guards={
            Mode.READ: Guard(OWN_READS, reads, rehearsals=True),
            Mode.WRITE: Guard({"s3:HeadBucket"}, writes, rehearsals=False),
            Mode.OWN: Guard(OWN_READS | {"sts:AssumeRole"}, rehearsals=False),
        },
        transport=Transport(ca_bundle=session.get_config_variable("ca_bundle"), timeouts=timeouts),
        timeouts=timeouts,
        endpoint=endpoint_of(session),
    )
    channel = Channel(line, run=None)
    regions = Regions(session, partition=lambda: channel.caller().partition, items=channel.own_items)
    return Connection(line, channel, regions, Looks())


class Connection:
    """AWS for one run, or for none. Safe to use from any number of threads."""

    def __init__(self, line: Line, channel: Channel, regions: Regions, looks: Looks) -> None:
        self._line = line
        self._channel = channel
        self._regions = regions
        self._looks = looks

    def for_run(self, run_id: str) -> Connection:
        """The same connection, under a name by which AWS's logs can tell the run."""
        return Connection(self._line, self._channel.for_run(run_id), self._regions, self._looks)

    @property
    def endpoint(self) -> str | None:
        """Where calls go; None for AWS itself."""
        return self._line.endpoint

    @property
    def region(self) -> str | None:
        """The Region given, or that of the environment or the profile; None where there is none."""
        return self._line.region

    @property
    def caller(self) -> Caller:
        """Who the credentials belong to; asked once. Raises NoCredentials."""
        return self._channel.caller()

    @property
    def home_region(self) -> str:
        """Where the services of the whole account are: IAM, Organizations."""
        return self._channel.home()

    def identities(self, accounts: Iterable[str]) -> tuple[str, ...]:
        """Every identity secguard acts through in these accounts: the caller's hops, and the role in each other one."""
        caller, role = self.caller, self._channel.role()
        return tuple(dict.fromkeys((*caller.hops, *(role.arn(a) for a in accounts if a != caller.account))))

    def regions(self, account: str) -> list[str]:
        """The Regions enabled for an account, sorted. Raises an AwsError when AWS would not say."""
        return self._regions.enabled(account)

    def supported(self, service: str) -> frozenset[str]:
        """The Regions of the caller's partition where a service is known to be offered."""
        return self._regions.supported(service)

    def choices(self, service: str, shape: str) -> tuple[str, ...]:
        """The values that the service model lists for an enum; no call is made."""
        return choices(self._line.session, service, shape)

    def accounts(self) -> list[str]:
        """The active accounts of the organization, sorted. Raises Denied outside its administrator accounts."""
        found = self._channel.own_items(self.caller.account, "organizations", "ListAccounts", "Accounts")
        return sorted(account["Id"] for account in found if account["Status"] == "ACTIVE")

    def places(
        self, *, accounts: Sequence[str] = (), regions: Sequence[str] = (), all_regions: bool = False
    ) -> tuple[list[Place], list[Unreached]]:
        """Accounts times Regions, sorted, and the accounts whose Regions could not be listed.

        No account: the caller's own. No Region: the profile's. Raises UsageError for a name that is no Region, or when
        there is none.
        """
        own = self.caller.account
        chosen = sorted(set(accounts)) or [own]
        if all_regions:
            return self._enabled_places(chosen)
        named = self._regions.check(regions or filter(None, [self.region]), own)
        if not named:
            raise UsageError("no Region", advice="name one with --region, or take --all-regions")
        return sorted(Place(account, region) for account in chosen for region in named), []

    def _enabled_places(self, accounts: Sequence[str]) -> tuple[list[Place], list[Unreached]]:
        homes = [Place(account, self.home_region) for account in accounts]
        places: list[Place] = []
        unreached: list[Unreached] = []
        for home, found in self.fan_out(homes, lambda home: self.regions(home.account)):
            if isinstance(found, Unreached):
                unreached.append(found)
            else:
                places.extend(Place(home.account, region) for region in found)
        return sorted(places), sorted(unreached)

    def look(self, place: Place, *, service: str = "", within: float = 0.0) -> Look:
        """A look at `place`, with clients that refuse to write: a fresh one.

        One that is less than `within` seconds old will do where nothing has been sent to `service` there since.
        """
        recent = self._looks.recent(place, service, within=within)
        if recent is not None:
            return recent
        fresh = Look(place, self.caller.partition, ask=self._ask, session=self._line.session)
        return self._looks.keep(fresh, service)

    def send(self, place: Place, call: ACall) -> Answer:
        """Make one call that may write. Raises an AwsError."""
        with self._looks.sending(place, call.service):
            return self._call(place, call, Mode.WRITE)

    def _ask(self, place: Place, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        return self._call(place, Question(service, operation, parameters), Mode.READ)

    def _call(self, place: Place, call: ACall, mode: Mode) -> Answer:
        def off() -> bool | None:
            return self._regions.is_off(place.account, place.region)

        return self._channel.call(place, call, mode=mode, region_off=off)

    def fan_out(
        self,
        places: Iterable[T],
        task: Callable[[T], R],
        *,
        services: Sequence[str] = (),
        limit: float | None = None,
        place: Callable[[T], Place] | None = None,
    ) -> Iterator[tuple[T, R | Unreached]]:
        """Each place, or thing with a `place`, with what its task returned, as they come; the farthest is begun first.

        `services`: what the task will read from, so that its clients are ready before it starts. `limit`: seconds for
        one task. An AwsError becomes Unreached; NoCredentials everywhere is raised.
        """
        where = place or _place

        def prepare(item: T) -> None:
            for service in services:
                self._channel.ready(where(item), service)

        return fan_out(places, task, place=where, prepare=prepare if services else None, limit=limit)


def _place(item: Any) -> Place:
    return item if isinstance(item, Place) else item.place
