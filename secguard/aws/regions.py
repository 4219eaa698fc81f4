"""Which Regions an account has enabled, and what to make of the names an operator types."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import UnknownRegionError

from secguard.errors import AwsError, Denied, NoCredentials, UsageError

if TYPE_CHECKING:
    from botocore.session import Session

Items = Callable[..., Iterator[Any]]
"""`items(account, service, operation, key, **parameters)`: a list, read in the account's home Region."""

ON = ("ENABLED", "ENABLED_BY_DEFAULT")
OFF = "not-opted-in"


class Regions:
    """The Regions of one partition, by account; each account is asked once."""

    def __init__(self, session: Session, *, partition: Callable[[], str], items: Items) -> None:
        self._session = session
        self._own_partition = partition
        self._items = items
        self._enabled: dict[str, list[str]] = {}
        self._locks: dict[str, threading.Lock] = {}

    @property
    def _partition(self) -> str:
        return self._own_partition()

    def enabled(self, account: str) -> list[str]:
        """The Regions that are enabled for an account, sorted.

        Asks account:ListRegions, or ec2:DescribeRegions where that is refused. Raises Denied when both are.
        """
        with self._locks.setdefault(account, threading.Lock()):
            if account not in self._enabled:
                self._enabled[account] = sorted(filter(self.in_partition, self._ask(account)))
            return list(self._enabled[account])

    def _ask(self, account: str) -> list[str]:
        try:
            names = self._items(account, "account", "ListRegions", "Regions", RegionOptStatusContains=list(ON))
            return [region["RegionName"] for region in names if region["RegionOptStatus"] in ON]
        except NoCredentials:
            raise
        except AwsError as first:
            return self._ask_ec2(account, first)

    def _ask_ec2(self, account: str, first: AwsError) -> list[str]:
        try:
            regions = self._items(account, "ec2", "DescribeRegions", "Regions")
            return [region["RegionName"] for region in regions if region.get("OptInStatus") != OFF]
        except Denied as second:
            raise _both_refused(account, first, second) from second

    def is_off(self, account: str, region: str) -> bool | None:
        """Whether a Region is not enabled for an account; None where that can't be told."""
        try:
            return region not in self.enabled(account)
        except AwsError:
            return None

    def supported(self, service: str) -> frozenset[str]:
        """The Regions of this partition where a service is known to be offered."""
        return frozenset(self._session.get_available_regions(service, self._partition))

    def in_partition(self, region: str) -> bool:
        """Whether a Region belongs to the caller's partition."""
        return self._partition_of(region) == self._partition

    def _partition_of(self, region: str) -> str | None:
        try:
            partition: str = self._session.get_partition_for_region(region)
        except UnknownRegionError:
            return None
        return partition

    def check(self, names: Iterable[str], account: str) -> list[str]:
        """The names as given, without repeats. Raises UsageError for one that is no Region of this partition.

        A Region newer than this release's tables passes when the account has it enabled.
        """
        known = self._known()
        chosen = list(dict.fromkeys(names))
        for name in chosen:
            if name not in known and name not in self._perhaps_enabled(account, name):
                raise self._unknown(name, known)
        return chosen

    def _perhaps_enabled(self, account: str, name: str) -> Sequence[str]:
        if not self.in_partition(name):
            return ()
        try:
            return self.enabled(account)
        except AwsError:
            return ()

    def _known(self) -> frozenset[str]:
        # EC2 is in every Region.
        return self.supported("ec2")

    def _unknown(self, name: str, known: frozenset[str]) -> UsageError:
        partition = self._partition_of(name)
        if partition is not None and partition != self._partition:
            why = f"Region {name} is in partition {partition}; these credentials are for {self._partition}"
            return UsageError(why, advice="give a --profile of that partition")
        close = difflib.get_close_matches(name, known, n=3)
        advice = f"did you mean {' or '.join(close)}?" if close else "see them with: aws ec2 describe-regions"
        return UsageError(f"there is no Region {name!r}", advice=advice)


def _both_refused(account: str, first: AwsError, second: Denied) -> Denied:
    return Denied(
        f"the enabled Regions of {account} can't be listed: {first}; {second}",
        code=second.code,
        service=second.service,
        operation=second.operation,
        account=account,
        request_id=second.request_id,
        aws_message=second.aws_message,
        advice="allow account:ListRegions or ec2:DescribeRegions, or name the Regions with --region",
    )
