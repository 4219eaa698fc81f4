"""Network ACLs: one address denied in one direction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from secguard.engine.seam import Call, Reader
from secguard.engine.setting import Address, Item, Read
from secguard.errors import Already, AwsError
from secguard.model import Value
from secguard.settings.playable import Playable, arn

CLOSING_RULES = 32767
"""From this number on, rules are AWS's own."""

Entry = Mapping[str, Any]


class NetworkAclDeny(Playable):
    """Whether everything from, or to, a range is denied before any rule allows it: "deny" or None.

    An ACL keeps no state, so that the entry cuts established connections too. `rule` is the number to use while it is
    free; another is chosen when someone took it, and the entry is found again by what it denies.
    """

    name = "ec2.network-acl-deny"
    keys = ("acl", "cidr", "direction", "rule")
    reads = ("ec2:DescribeNetworkAcls",)
    writes = ("ec2:CreateNetworkAclEntry", "ec2:DeleteNetworkAclEntry")

    def read(self, aws: Reader, address: Address) -> Read:
        """Looks for a rule that denies the whole range and comes before every allow."""
        acls = aws.ask("ec2", "DescribeNetworkAcls", NetworkAclIds=[address["acl"]])["NetworkAcls"]
        entries = acls[0]["Entries"]
        numbers = denying(entries, address["cidr"], address["direction"])
        others = [number for number in numbers if number != address["rule"]]
        note = f"also denied by rule {', '.join(map(str, others))}" if others else None
        return Read("deny" if numbers else None, {"entries": entries}, note=note)

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """Create the entry below the first allow, or delete exactly the one that denies this range."""
        entries = (context or {}).get("entries", [])
        if wanted is None:
            return self._delete(address, entries)
        free = free_rules(entries, address["cidr"], address["direction"])
        return [self._create(address, address["rule"] if address["rule"] in free or not free else free[0])]

    def instead(self, item: Item, error: AwsError) -> list[Call]:
        """Someone took the number meanwhile: the entry with the next one."""
        if item.wanted is None or not isinstance(error, Already):
            return []
        (tried,) = self.calls(item.address, item.found, item.wanted, item.context)
        free = free_rules(item.context["entries"], item.address["cidr"], item.address["direction"])
        others = [rule for rule in free if rule != tried.parameters["RuleNumber"]]
        return [self._create(item.address, others[0])] if others else []

    def _create(self, address: Address, rule: int) -> Call:
        block = "Ipv6CidrBlock" if ":" in str(address["cidr"]) else "CidrBlock"
        entry = {**_entry(address, rule), "Protocol": "-1", "RuleAction": "deny", block: address["cidr"]}
        return Call("ec2", "CreateNetworkAclEntry", entry)

    def _delete(self, address: Address, entries: Sequence[Entry]) -> list[Call]:
        numbers = [entry["RuleNumber"] for entry in _alike(entries, address)]
        rule = address["rule"] if address["rule"] in numbers or not numbers else max(numbers)
        return [Call("ec2", "DeleteNetworkAclEntry", _entry(address, rule))]

    def document(self, address: Address) -> str:
        """Rule numbers are given out one at a time."""
        return f"network ACL {address['acl']}"

    def subjects(self, aws: Reader, address: Address) -> tuple[str, ...]:
        """The ACL."""
        return (arn(aws, "ec2", f"network-acl/{address['acl']}"),)

    def target(self, address: Address) -> str:
        """The ACL, the direction and the range."""
        return f"network ACL {address['acl']}, {_whither(address)} {address['cidr']}"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """What traffic is denied, and by which rule."""
        if after is None:
            return f"no longer deny all traffic {_whither(address)} {address['cidr']}"
        return f"deny all traffic {_whither(address)} {address['cidr']} (rule {address['rule']})"


SETTINGS = (NetworkAclDeny(),)


def denying(entries: Sequence[Entry], cidr: str, direction: str) -> list[int]:
    """The numbers of the rules that deny the whole range before any rule allows something, in order."""
    first_allow = _first_allow(entries, cidr, direction)
    return sorted(
        entry["RuleNumber"]
        for entry in _in_direction(entries, cidr, direction)
        if _denies_all(entry)
        and entry["RuleNumber"] < first_allow
        and ip_network(cidr, strict=False).subnet_of(_range(entry))
    )


def free_rules(entries: Sequence[Entry], cidr: str, direction: str) -> list[int]:
    """The numbers that come before every allow and are not taken, highest first."""
    taken = {entry["RuleNumber"] for entry in entries if entry["Egress"] == (direction == "egress")}
    below = min(_first_allow(entries, cidr, direction), CLOSING_RULES)
    return [number for number in range(below - 1, 0, -1) if number not in taken]


def rules_used(entries: Sequence[Entry], cidr: str, direction: str) -> int:
    """How many rules count against the quota, which holds for each direction and for IPv4 and IPv6 apart."""
    return sum(1 for _ in _in_direction(entries, cidr, direction))


def _first_allow(entries: Sequence[Entry], cidr: str, direction: str) -> int:
    allows = [e["RuleNumber"] for e in _in_direction(entries, cidr, direction) if e["RuleAction"] == "allow"]
    return min(allows, default=CLOSING_RULES)


def _in_direction(entries: Sequence[Entry], cidr: str, direction: str) -> Iterator[Entry]:
    """The entries of one direction and of the range's own family."""
    block = "Ipv6CidrBlock" if ":" in cidr else "CidrBlock"
    return (entry for entry in entries if entry["Egress"] == (direction == "egress") and entry.get(block))


def _alike(entries: Sequence[Entry], address: Address) -> Iterator[Entry]:
    """The entries that deny exactly the address's range."""
    exact = ip_network(address["cidr"], strict=False)
    entries_there = _in_direction(entries, address["cidr"], address["direction"])
    return (entry for entry in entries_there if _denies_all(entry) and _range(entry) == exact)


def _denies_all(entry: Entry) -> bool:
    return (entry["RuleAction"], entry["Protocol"]) == ("deny", "-1")


def _range(entry: Entry) -> Any:
    return ip_network(entry.get("CidrBlock") or entry["Ipv6CidrBlock"], strict=False)


def _entry(address: Address, rule: int) -> dict[str, Value]:
    return {"NetworkAclId": address["acl"], "RuleNumber": rule, "Egress": address["direction"] == "egress"}


def _whither(address: Address) -> str:
    return "to" if address["direction"] == "egress" else "from"
