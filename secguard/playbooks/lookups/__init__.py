"""What playbooks can find out about AWS before they plan: one module per service, each with its `LOOKUPS`."""

from __future__ import annotations

from collections.abc import Mapping

from secguard.playbooks.lookups import ec2, iam, s3
from secguard.playbooks.lookups.lookup import Lookup, Seen

__all__ = ["LOOKUPS", "READS", "Lookup", "Seen"]

LOOKUPS: Mapping[str, Lookup] = {each.name: each for module in (ec2, iam, s3) for each in module.LOOKUPS}
READS = frozenset(operation for lookup in LOOKUPS.values() for operation in lookup.reads)
