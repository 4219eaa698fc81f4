"""Open one botocore session: the profile, its Region, its credentials, where it sends calls."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore import exceptions as boto
from botocore.credentials import CredentialProvider, CredentialResolver
from botocore.session import Session

from secguard.aws.models import load_models_fast
from secguard.errors import UsageError

FALLBACK_REGION = "us-east-1"
"""Where calls that have no Region go while nothing tells the partition."""


def open_session(profile: str | None) -> Session:
    """The session of a profile, or of the environment. Raises UsageError for a profile that does not exist."""
    session = Session(profile=profile)
    try:
        session.get_scoped_config()
    except boto.ProfileNotFound as error:
        known = ", ".join(session.available_profiles) or "none"
        wanted = profile or os.environ.get("AWS_PROFILE", "")
        raise UsageError(f"there is no AWS profile {wanted!r}", advice=f"profiles: {known}") from error
    except boto.ConfigParseError as error:
        raise UsageError(f"the AWS configuration can't be read: {error}") from error
    load_models_fast(session)
    return session


def sibling(session: Session, provider: CredentialProvider) -> Session:
    """A session with other credentials that shares what is dear: the service models and the endpoints."""
    other = Session(profile=session.profile)
    for name in ("data_loader", "endpoint_resolver"):
        other.register_component(name, session.get_component(name))
    other.register_component("credential_provider", CredentialResolver([provider]))
    return other


def default_region(session: Session, region: str | None) -> str | None:
    """The Region given, or that of the environment or the profile; None when there is none."""
    named: str | None = region or os.environ.get("AWS_REGION") or session.get_config_variable("region")
    return named


def endpoint_of(session: Session) -> str | None:
    """Where calls go if not to AWS: the endpoint, or all of them where services have their own; None for AWS itself."""
    if session.get_config_variable("ignore_configured_endpoint_urls"):
        return None
    suffixes = _aws_suffixes(session)
    foreign = sorted({_without_user(url) for url in _configured_endpoints(session) if not _is_aws(url, suffixes)})
    return ", ".join(foreign) or None


def _configured_endpoints(session: Session) -> Iterator[str]:
    """Every endpoint that the environment or the profile names, for all services or for one."""
    overall = os.environ.get("AWS_ENDPOINT_URL")
    yield from (url for name, url in os.environ.items() if name.startswith("AWS_ENDPOINT_URL_") and url)
    scoped = session.get_scoped_config()
    yield from filter(None, [overall or scoped.get("endpoint_url")])
    services = session.full_config.get("services", {}).get(scoped.get("services"), {})
    for settings in services.values():
        if isinstance(settings, Mapping) and settings.get("endpoint_url"):
            yield settings["endpoint_url"]


def _aws_suffixes(session: Session) -> tuple[str, ...]:
    return tuple(
        f".{partition['outputs'][key]}"
        for partition in _partitions(session)
        for key in ("dnsSuffix", "dualStackDnsSuffix")
    )


def _is_aws(url: str, suffixes: tuple[str, ...]) -> bool:
    return (urlsplit(url).hostname or "").endswith(suffixes)


def _without_user(url: str) -> str:
    """The URL without what may be a password in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _partitions(session: Session) -> list[dict[str, Any]]:
    partitions: list[dict[str, Any]] = session.get_component("data_loader").load_data("partitions")["partitions"]
    return partitions


def home_region(session: Session, partition: str) -> str:
    """Where a partition's global services are: IAM, Organizations, the account's own settings."""
    homes = (p["outputs"]["implicitGlobalRegion"] for p in _partitions(session) if p["id"] == partition)
    return next(homes, FALLBACK_REGION)
