"""Read what a finding in ASFF says, besides its type and its severity, of how soon to look at it. Pure.

The names are those of AwsSecurityFinding in Security Hub's API model, and of the ProductFields that Security Hub makes
of a finding of GuardDuty's. What each signal weighs is decided in `reasons`; most findings have none.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from secguard.findings.forms.fields import inside, mappings, number, text
from secguard.model import Signal, SignalKind

LIKELY = 0.1
"""The EPSS score from which an exploit is likely: a chance of one in ten within 30 days, which few reach."""
REACHABLE = "reachable from the internet"
BAD_ADDRESSES = {
    "MALICIOUS_IP": "",
    "MALICIOUS_DOMAIN": "",
    "CRYPTOMINING_IP": "",
    "CRYPTOMINING_DOMAIN": "",
    "TOR_IP": "Tor",
}
"""GuardDuty's indicators of a known bad address, with the name of the list where there is one (IndicatorType)."""
_MOST_NAMED = 3
"""How many lists of threats, or vulnerabilities, are named."""
_MOST_LISTS = 5
_LONGEST = 80
_OPEN_TO_ALL = "allows public access"
"""How the titles of IAM Access Analyzer end, where it is not another account that has access."""
_REACHABLE = ("reachable from an Internet Gateway", "reachable from the internet")
"""What titles of Inspector and of Inspector Classic hold; it also looks from peered and from private networks."""
_PREFIXES = ("aws/guardduty/service/", "")
"""What GuardDuty's own fields begin with; the second form is from 2019."""
_LISTS = {
    prefix: tuple(f"{prefix}evidence/threatIntelligenceDetails.{place}_/threatListName" for place in range(_MOST_LISTS))
    for prefix in _PREFIXES
}
_BLOCKED = {
    "NETWORK_CONNECTION": "action/networkConnectionAction/blocked",
    "DNS_REQUEST": "action/dnsRequestAction/blocked",
    "PORT_PROBE": "action/portProbeAction/blocked",
}


def signals_of_asff(item: Mapping[str, Any]) -> tuple[Signal, ...]:
    """What an ASFF finding says, each kind once. Of a finding the keys of _READERS are enough."""
    found = [signal for key, read in _READERS if key in item for signal in read(item[key])]
    return unique(found) if found else ()


def unique(found: Iterable[Signal]) -> tuple[Signal, ...]:
    """The first of each kind; one that is known to be exploited need not be said to be exploitable."""
    kinds: dict[SignalKind, Signal] = {}
    for signal in found:
        kinds.setdefault(signal.kind, signal)
    if SignalKind.KNOWN_EXPLOITED in kinds:
        kinds.pop(SignalKind.EXPLOIT_AVAILABLE, None)
    return tuple(kinds.values())


def weak(found: Iterable[Mapping[SignalKind, str]]) -> Iterator[Signal]:
    """What is known of vulnerabilities: each kind with the ids it holds for. A fix is one only where it mends all."""
    each = list(found)
    for kind in (SignalKind.KNOWN_EXPLOITED, SignalKind.EXPLOIT_AVAILABLE, SignalKind.EXPLOIT_LIKELY):
        ids = [known[kind] for known in each if kind in known]
        if ids:
            yield Signal(kind, _named(ids))
    if each and all(SignalKind.FIX_AVAILABLE in known for known in each):
        yield Signal(SignalKind.FIX_AVAILABLE)


def listed(names: Iterable[str]) -> Iterator[Signal]:
    """The lists of threats that the other end is on; an empty name where only that is known."""
    found = list(names)
    if found:
        yield Signal(SignalKind.THREAT_LIST, _named(found))


def judged_to_be(verdict: str | None) -> Iterator[Signal]:
    """What somebody judged a finding to be, in the words of ASFF's VerificationState."""
    said = (verdict or "").strip().upper()
    if said in ("TRUE_POSITIVE", "FALSE_POSITIVE", "BENIGN_POSITIVE"):
        yield Signal(SignalKind.VERDICT, said)


def noted(who: str | None, said: Any) -> Iterator[Signal]:
    """That somebody left a note."""
    if text(said):
        yield Signal(SignalKind.NOTED, f"noted by {brief(who)}" if who else "has a note")


def opened(details: Mapping[Any, Any]) -> Iterator[Signal]:
    """How a resource is open, by its details in ASFF's words."""
    if _true(details.get("PubliclyAccessible")):
        yield Signal(SignalKind.EXPOSED, "publicly accessible")
    if details.get("Scheme") == "internet-facing":
        yield Signal(SignalKind.EXPOSED, "faces the internet")
    yield from addressed(
        address
        for key in ("IpV4Addresses", "IpV6Addresses", "PublicIp")
        if key in details
        for address in (details[key] if isinstance(details[key], list | tuple) else (details[key],))
    )


def opened_by_title(title: str) -> Iterator[Signal]:
    """How something is open, where only the title says it: of IAM Access Analyzer and of Inspector."""
    if title.rstrip().endswith(_OPEN_TO_ALL):
        yield Signal(SignalKind.EXPOSED, "open to everyone")
    elif "reachable from" in title and any(words in title for words in _REACHABLE):
        yield Signal(SignalKind.EXPOSED, REACHABLE)


def addressed(addresses: Iterable[Any]) -> Iterator[Signal]:
    """That one of a resource's addresses is public."""
    public = next((address for address in addresses if isinstance(address, str) and is_public(address)), None)
    if public is not None:
        yield Signal(SignalKind.PUBLIC_ADDRESS, public)


@lru_cache(maxsize=1024)  # an attacker is seen many times
def is_public(address: str) -> bool:
    """Whether a text is an address that is routed on the internet."""
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def brief(said: str) -> str:
    """As much of a text as stands in a reason."""
    return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"


def failed(error: str) -> Signal:
    """That a call did not get through."""
    return Signal(SignalKind.BLOCKED, f"the call failed: {brief(error)}")


def _named(names: Iterable[str]) -> str:
    return ", ".join(map(brief, list(dict.fromkeys(filter(None, names)))[:_MOST_NAMED]))


def _weak(said: Any) -> Iterator[Signal]:
    return weak(map(_vulnerability, mappings(said)))


def _vulnerability(said: Mapping[Any, Any]) -> dict[SignalKind, str]:
    name = text(said.get("Id")) or ""
    holds = {
        # Inspector tells the last time that it was exploited only where it ever was.
        SignalKind.KNOWN_EXPLOITED: bool(text(said.get("LastKnownExploitAt"))),
        SignalKind.EXPLOIT_AVAILABLE: text(said.get("ExploitAvailable")) == "YES",
        SignalKind.EXPLOIT_LIKELY: (number(said.get("EpssScore")) or 0) >= LIKELY,
        SignalKind.FIX_AVAILABLE: text(said.get("FixAvailable")) == "YES",
    }
    return {kind: name for kind, held in holds.items() if held}


def _indicated(said: Any) -> Iterator[Signal]:
    return listed(text(indicator.get("Source")) or "" for indicator in mappings(said))


def _known_bad(said: Any) -> Iterator[Signal]:
    sequence = inside(said, "Sequence")
    signals = mappings(sequence.get("Signals"))
    told = (sequence.get("SequenceIndicators"), *(signal.get("SignalIndicators") for signal in signals))
    keys = (text(indicator.get("Key")) or "" for part in told for indicator in mappings(part))
    return listed(BAD_ADDRESSES[key] for key in keys if key in BAD_ADDRESSES)


def _noted(said: Any) -> Iterator[Signal]:
    note = inside(said)
    # The name at the end of an ARN, or what stands there instead.
    who = (text(note.get("UpdatedBy")) or "").strip().rpartition("/")[2]
    return noted(who or None, note.get("Text"))


def _critical(said: Any) -> Iterator[Signal]:
    score = number(said)
    if score is not None and 0 <= score <= 100:
        yield Signal(SignalKind.CRITICALITY, str(int(score)))


def _from_guardduty(said: Any) -> Iterator[Signal]:
    fields = inside(said)
    for prefix in _PREFIXES:
        role = fields.get(f"{prefix}resourceRole")
        if role is None:
            continue
        if role == "ACTOR":
            yield Signal(SignalKind.ACTING)
        own = fields.get(f"{prefix}additionalInfo/threatListName")
        yield from listed(filter(None, map(text, (*map(fields.get, _LISTS[prefix]), own))))
        yield from _held_back(fields, prefix)
        return


def _held_back(fields: Mapping[Any, Any], prefix: str) -> Iterator[Signal]:
    action = fields.get(f"{prefix}action/actionType")
    key = _BLOCKED.get(action) if isinstance(action, str) else None
    if key and _true(fields.get(prefix + key)):
        yield Signal(SignalKind.BLOCKED, "it was blocked")
    error = text(fields.get(f"{prefix}action/awsApiCallAction/errorCode")) if action == "AWS_API_CALL" else None
    if error:
        yield failed(error)


def _opened(said: Any) -> Iterator[Signal]:
    for part in mappings(said):
        if part.get("Details"):
            yield from opened(inside(part, "Details", text(part.get("Type")) or ""))


_READERS: tuple[tuple[str, Callable[[Any], Iterator[Signal]]], ...] = (
    ("Vulnerabilities", _weak),
    ("ThreatIntelIndicators", _indicated),
    ("Detection", _known_bad),
    ("VerificationState", lambda said: judged_to_be(text(said))),
    ("Note", _noted),
    ("Criticality", _critical),
    ("ProductFields", _from_guardduty),
    ("Title", lambda said: opened_by_title(text(said) or "")),
    ("Resources", _opened),
)
"""What each key of an ASFF finding says. Most findings have the last three alone, which mostly say nothing."""


def _true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")
