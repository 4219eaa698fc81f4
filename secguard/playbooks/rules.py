"""When a playbook must not act: each rule looks at facts, and says why not. Pure.

A rule's name is what `--allow` lifts it by; those that are not in `engine.guardrails.RULES` are never lifted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from secguard.engine.change import Refusal
from secguard.playbooks.case import Case

Facts = Mapping[str, Any]

DEAD_STATES = ("shutting-down", "terminated")

# The IANA registries of special-purpose addresses, with multicast.
RESERVED = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    "::/8",
    "100::/64",
    "2001:db8::/32",
    "2002::/16",
    "fc00::/6",
)

_INSTEAD = {
    "root": "change the root user's password, delete its access keys and turn on MFA by hand",
    "role": "its credentials come from sessions: revoke them in IAM (role, Revoke sessions), then find who assumed it",
    "federated": "sign the user out where they sign in, and revoke the sessions of the role they use",
    "service": "an AWS service acted; look for whoever configured it",
    "account": "another account acted; take away what lets it in",
    "unknown": "look at the finding: secguard show ID --raw",
}


def sample(case: Case) -> Refusal | None:
    """A sample's resources are made up."""
    finding = case.finding
    if not finding.sample:
        return None
    return Refusal(what=f"finding {finding.short_id}", rule="sample", why="it is a sample; its resources are made up")


def foreign_account(what: str, account: str | None, case: Case) -> Refusal | None:
    """What a finding is about must be in the finding's own account."""
    own = case.finding.account
    if account in (None, own):
        return None
    return Refusal(what=what, rule="foreign-account", why=f"it is in account {account}, the finding in {own}")


def not_a_user(principal: Facts) -> Refusal | None:
    """Only an IAM user has keys and policies of its own."""
    kind = str(principal["kind"])
    if kind == "user" or (kind == "unknown" and principal.get("key")):
        return None
    called = principal.get("name") or principal.get("key") or "principal"
    noun = {"root": "the root user", "role": "a role", "federated": "a federated user"}.get(
        kind, f"an {kind} principal"
    )
    return Refusal(what=str(called), rule="unsupported-target", why=f"it is {noun}, not an IAM user; {_INSTEAD[kind]}")


def dead_instance(instance: Facts) -> Refusal | None:
    """An instance that is gone can't be contained."""
    if instance["state"] not in DEAD_STATES:
        return None
    return Refusal(what=instance["id"], rule="gone", why=f"the instance is {instance['state']}")


def own_instance(instance: Facts, case: Case) -> Refusal | None:
    """Cutting off the machine that secguard runs on: an instance's session is named after it."""
    own = next((hop for hop in case.hops if hop.endswith(f"/{instance['id']}")), None)
    if own is None:
        return None
    return Refusal(what=instance["id"], rule="own-identity", why=f"secguard runs on it, as {own}")


def not_an_outsider(address: str, *, case: Case, vpc_ranges: Iterable[str], own: Iterable[str]) -> Refusal | None:
    """An address may be denied when it is public, nobody protects it, and it is not the account's own."""
    why = _unfit(address) or _protected(address, case.never_block)
    if why is None:
        parsed = _plain(ip_address(address))
        within = next((cidr for cidr in vpc_ranges if _contains(cidr, parsed)), None)
        why = f"it is in a VPC's own range, {within}" if within else None
        why = "it is one of the account's own addresses" if why is None and address in own else why
    return None if why is None else Refusal(what=address, rule="own-address", why=why)


def unfit_range(cidr: str, case: Case) -> Refusal | None:
    """The same for a range that a playbook itself names, without asking AWS: it fails closed."""
    reasons = (
        *(f"it reaches into {kept}, which is reserved" for kept in RESERVED if _overlaps(kept, cidr)),
        *(f"guardrails.never_block protects {kept}" for kept in case.never_block if _overlaps(kept, cidr)),
    )
    alone = cidr.removesuffix("/32").removesuffix("/128")
    return Refusal(what=alone, rule="own-address", why=reasons[0]) if reasons else None


def no_room(doors: Sequence[Facts]) -> list[Refusal]:
    """Each network ACL in which no more rule fits."""
    full = [door for door in doors if not door["free"]]
    return [Refusal(what=f"{door['acl']} {door['direction']}", rule="quota", why=_full(door)) for door in full]


def _full(door: Facts) -> str:
    if door["used"] >= door["quota"]:
        return (
            f"it has {door['used']} rules of {door['quota']} in this direction; take one out, or deny "
            f"{door['cidr']} elsewhere (a security group, AWS WAF, Network Firewall)"
        )
    return "no rule number is free below its first allow; renumber the allow rules"


def _unfit(address: str) -> str | None:
    try:
        parsed = _plain(ip_address(address))
    except ValueError:
        return "it is not an IP address"
    if not parsed.is_global or parsed.is_multicast or parsed.is_reserved:
        return "it is a private or reserved address"
    return None


def _protected(address: str, never_block: Iterable[str]) -> str | None:
    parsed = _plain(ip_address(address))
    within = next((cidr for cidr in never_block if _contains(cidr, parsed)), None)
    return f"guardrails.never_block protects it ({within})" if within else None


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """An IPv4 address that travels inside an IPv6 one, as itself."""
    mapped = address.ipv4_mapped or address.sixtofour if isinstance(address, IPv6Address) else None
    return mapped or address


def _contains(cidr: str, address: IPv4Address | IPv6Address) -> bool:
    return address in ip_network(cidr, strict=False)


def _overlaps(one: str, other: str) -> bool:
    first, second = ip_network(one, strict=False), ip_network(other, strict=False)
    return first.version == second.version and first.overlaps(second)
