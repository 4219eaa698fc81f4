"""Everything that is put right in moto before the first request."""

from __future__ import annotations

from functools import cache

from secguard.sandbox import identity, moto_patch, network, organization, regions, storage


@cache
def install() -> None:
    """Put the sandbox's own parts in moto's place, once."""
    moto_patch.install()
    for service in (regions, identity, network, storage, organization):
        service.install()
