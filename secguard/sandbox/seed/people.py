"""Who attacks, and from where. The addresses are public ones: reserved ranges would never be blocked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """An address on the Internet, and what GuardDuty says about it."""

    ip: str
    country: str
    city: str
    latitude: float
    longitude: float
    asn: str
    owner: str

    def details(self) -> dict[str, Any]:
        """GuardDuty's `remoteIpDetails`."""
        return {
            "ipAddressV4": self.ip,
            "organization": {"asn": self.asn, "asnOrg": self.owner, "isp": self.owner, "org": self.owner},
            "country": {"countryName": self.country},
            "city": {"cityName": self.city},
            "geoLocation": {"lat": self.latitude, "lon": self.longitude},
        }


def _origin(ip: str, place: tuple[str, str, float, float], asn: str, owner: str) -> Origin:
    country, city, latitude, longitude = place
    return Origin(ip=ip, country=country, city=city, latitude=latitude, longitude=longitude, asn=asn, owner=owner)


TOR_EXIT = _origin("185.220.101.34", ("Germany", "Berlin", 52.5, 13.4), "60729", "Tor exit relays")
SCANNER = _origin("45.155.205.233", ("Russia", "Moscow", 55.7, 37.6), "49505", "Hosting East")
THIEF = _origin("80.94.92.65", ("Romania", "Bucharest", 44.4, 26.1), "47890", "Hosting South")
CONTROLLER = _origin("193.32.162.157", ("Netherlands", "Amsterdam", 52.4, 4.9), "208046", "Hosting North")
BOT = _origin("141.98.10.60", ("Lithuania", "Vilnius", 54.7, 25.3), "209605", "Hosting Baltic")

STRANGERS = (TOR_EXIT, SCANNER, THIEF, CONTROLLER, BOT)
