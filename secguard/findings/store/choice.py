"""Tell which cache is meant without asking AWS, and how old it is, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from secguard.engine.origin import Origin
from secguard.errors import SecguardError, UsageError
from secguard.findings.store.database import FOLDER, CacheError, PlaceState, open_to_read

_FILL = "fill it: secguard sync"
_MOST_NAMED = 4
"""More Regions than these are counted and not named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One cache, and whose it is."""

    path: Path
    origin: Origin
    profiles: frozenset[str]
    """The names under which it was filled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an operator has said of whose findings are meant."""

    profile: str | None
    """None: none was named, or credentials in the environment come before it."""
    endpoint: str | None
    accounts: tuple[str, ...] = ()

    @classmethod
    def by(cls, environ: Mapping[str, str], *, profile: str | None, accounts: Sequence[str] = ()) -> Told:
        """What the environment says beside the options."""
        named = None if environ.get("AWS_ACCESS_KEY_ID") else environ.get("AWS_PROFILE")
        return cls(profile=profile or named, endpoint=_endpoint(environ), accounts=tuple(accounts))


def chosen(state_folder: Path, told: Told) -> Known:
    """The one cache that is meant.

    Raises CacheError where there is none, or one that can't be read; UsageError where it can't be told which.
    """
    known, broken = _all(state_folder)
    left = [each for each in known if told.endpoint is None or each.origin.endpoint == told.endpoint]
    left = [each for each in left if told.profile is None or told.profile in each.profiles]
    if len(left) > 1:
        left = [each for each in left if each.origin.account in told.accounts] or left
    if len(left) > 1:
        # Where nothing says otherwise, AWS itself is meant.
        left = [each for each in left if each.origin.endpoint is None] or left
    if not left:
        raise _nothing(known, broken, told)
    if len(left) > 1:
        names = "; ".join(str(each.origin) for each in left)
        raise UsageError(f"there is more than one cache: {names}", advice="say whose: --profile, or --account")
    return left[0]


def age_in_words(places: Sequence[PlaceState], *, now: datetime) -> str:
    """How old a cache is, as in `12 minutes old; eu-west-3 3 hours old`. Regions never read are left out."""
    read = sorted((place.read_at, place.region) for place in places if place.read_at is not None)
    if not read:
        return "empty"
    newest = _ago(read[-1][0], now=now)
    older = [(_ago(at, now=now), region) for at, region in read if _ago(at, now=now) != newest]
    if len(older) > _MOST_NAMED:
        return f"{newest} old; {len(older)} Regions up to {older[0][0]} old"
    return "; ".join([f"{newest} old", *(f"{region} {age} old" for age, region in older)])


def sources_in_words(places: Sequence[PlaceState]) -> str:
    """Through what a cache was read, as in `securityhub in 10 Regions, guardduty in eu-north-1; off in 5 Regions`."""
    among: dict[str | None, list[str]] = {}
    for place in places:
        if place.read_at is not None:
            among.setdefault(place.source, []).append(place.region)
    off = among.pop(None, [])
    parts = [f"{source} in {_named(among[source])}" for source in sorted(filter(None, among), reverse=True)]
    return (", ".join(parts) or "nothing") + (f"; off in {_named(off)}" if off else "")


def _named(regions: Sequence[str]) -> str:
    return f"{len(regions)} Regions" if len(regions) > _MOST_NAMED else ", ".join(sorted(regions))


def _all(state_folder: Path) -> tuple[list[Known], list[SecguardError]]:
    """Every cache that can be read, and why the others can't."""
    known: list[Known] = []
    broken: list[SecguardError] = []
    for path in sorted((state_folder / FOLDER).glob("*.sqlite3")):
        try:
            with open_to_read(path) as store:
                known.append(Known(path=path, origin=store.origin, profiles=store.profiles))
        except CacheError as error:
            broken.append(error)
    return known, broken


def _nothing(known: Sequence[Known], broken: Sequence[SecguardError], told: Told) -> SecguardError:
    if known and told.profile is not None:
        names = "; ".join(str(each.origin) for each in known)
        return UsageError(f"no cache was filled with the profile {told.profile!r}; there is: {names}", advice=_FILL)
    if known:
        names = "; ".join(str(each.origin) for each in known)
        return UsageError(f"there is no cache of what is at {told.endpoint}; there is: {names}", advice=_FILL)
    return broken[0] if broken else CacheError("there is no cache yet", advice=_FILL)


def _endpoint(environ: Mapping[str, str]) -> str | None:
    """Where the environment sends calls that would go to AWS, as `aws.connection` names it."""
    if environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    urls = {
        _without_user(url)
        for name, url in environ.items()
        if url and (name == "AWS_ENDPOINT_URL" or name.startswith("AWS_ENDPOINT_URL_")) and not _is_aws(url)
    }
    return ", ".join(sorted(urls)) or None


def _is_aws(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return ".amazonaws.com" in f".{host}" or host.endswith(".api.aws")


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _ago(moment: datetime, *, now: datetime) -> str:
    seconds = (now - moment).total_seconds()
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        count = int(seconds // size)
        if count >= 1:
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"
