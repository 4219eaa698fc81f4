"""Say who did it, as far as the network tells: where an ASFF finding keeps the other end's address. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from secguard.findings.forms.fields import inside, mappings, text
from secguard.model import Actor

# GuardDuty flattens its details into ProductFields: `aws/guardduty/service/action/<kind>Action/…`, and in 2019 without
# the first three parts. One of a list is `portProbeDetails.0_`.
_REMOTE = re.compile(r"(?P<base>(?:.*/)?action/[^/]+/(?:[^/]+/)?remoteIpDetails)/ipAddressV[46]")


def actor_of(finding: Mapping[str, Any]) -> Actor | None:
    """The remote end of what an ASFF finding reports, or None where it tells none."""
    return next(actors_of(finding), None)


def actors_of(finding: Mapping[str, Any]) -> Iterator[Actor]:
    """Every remote end that an ASFF finding names; one may come twice."""
    candidates = chain(_flattened(finding), _acted(finding), _endpoints(finding), _network(finding))
    return (actor for actor in candidates if actor.ip)


def addresses_in(value: Any) -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Every IP address that stands alone as a text anywhere in `value`."""
    if isinstance(value, Mapping):
        for part in value.values():
            yield from addresses_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from addresses_in(part)
    elif isinstance(value, str):
        address = _address(value)
        if address is not None:
            yield address


def valid_address(value: Any) -> str | None:
    """The address that a text is, as it is usually written."""
    address = _address(value) if isinstance(value, str) else None
    return None if address is None else str(address)


def _flattened(finding: Mapping[str, Any]) -> Iterator[Actor]:
    fields = inside(finding, "ProductFields")
    for key in sorted(key for key in fields if isinstance(key, str) and "remoteIpDetails" in key):
        match = _REMOTE.fullmatch(key)
        if match is None:
            continue
        base = match["base"]
        yield Actor(
            ip=valid_address(fields[key]),
            country=text(fields.get(f"{base}/country/countryName")) or text(fields.get(f"{base}/country/countryCode")),
            asn=text(fields.get(f"{base}/organization/asn")),
            org=text(fields.get(f"{base}/organization/asnOrg")) or text(fields.get(f"{base}/organization/org")),
        )


def _acted(finding: Mapping[str, Any]) -> Iterator[Actor]:
    """ASFF's own `Action`; a port probe has one remote end for each probe."""
    for kind in inside(finding, "Action").values():
        if not isinstance(kind, Mapping):
            continue
        for part in (kind, *mappings(kind.get("PortProbeDetails"))):
            remote = inside(part, "RemoteIpDetails")
            country, organization = inside(remote, "Country"), inside(remote, "Organization")
            yield Actor(
                ip=valid_address(remote.get("IpAddressV4")) or valid_address(remote.get("IpAddressV6")),
                country=text(country.get("CountryName")) or text(country.get("CountryCode")),
                asn=text(organization.get("Asn")),
                org=text(organization.get("AsnOrg")) or text(organization.get("Org")),
            )


def _endpoints(finding: Mapping[str, Any]) -> Iterator[Actor]:
    """The endpoints of an attack sequence."""
    for endpoint in mappings(inside(finding, "Detection", "Sequence").get("Endpoints")):
        system = inside(endpoint, "AutonomousSystem")
        yield Actor(
            ip=valid_address(endpoint.get("Ip")),
            country=text(inside(endpoint, "Location").get("Country")),
            asn=text(system.get("Number")),
            org=text(system.get("Name")),
        )


def _network(finding: Mapping[str, Any]) -> Iterator[Actor]:
    """`Network` names source and destination; the direction tells which of them is remote."""
    network = inside(finding, "Network")
    direction = (text(network.get("Direction")) or "").upper()
    end = {"IN": "Source", "OUT": "Destination"}.get(direction)
    if end:
        yield Actor(ip=valid_address(network.get(f"{end}IpV4")) or valid_address(network.get(f"{end}IpV6")))


def _address(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    candidate = value.strip()
    if not candidate or len(candidate) > 45 or candidate[0] not in "0123456789abcdefABCDEF:":
        return None
    try:
        return ipaddress.ip_address(candidate)
    except ValueError:
        return None
