"""Explain a finding: what its type means, when it is harmless, what to do first, and where AWS says more.

What is known stands in files beside this module, read when first asked for: GuardDuty's types by name, Security Hub's
controls by the service they are about, other products as a whole. Sources: the GuardDuty user guide's pages of finding
types and the Security Hub user guide's pages of controls, to which the explanations link.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

from secguard.findings.forms.products import GUARDDUTY
from secguard.findings.telling.products import is_exposure
from secguard.findings.telling.threat import Threat, threat_of
from secguard.model import Finding, Technique

_FILES = Path(__file__).parent / "explanations"
_GUARDDUTY_GUIDE = "https://docs.aws.amazon.com/guardduty/latest/ug/"
_SECURITY_HUB_GUIDE = "https://docs.aws.amazon.com/securityhub/latest/userguide/"
_EXPOSURE = "Security Hub exposure"
"""What Security Hub makes of the findings of others is explained as if it were a product of its own."""
_TYPES_PAGE = "guardduty_finding-types-active.html"
_CONTROLS_PAGE = "securityhub-controls-reference.html"
_CONTROL = re.compile(r"(?P<family>[A-Za-z0-9]+)\.(?P<number>\d+)")
_PCI = re.compile(r"PCI\.(?P<family>[A-Za-z0-9]+)\.\d+")
_PCI_NAMES = {"CW": "CloudWatch", "ELBV2": "ELB"}
"""How PCI DSS 3.2.1 named services that the controls of today name otherwise."""
_CIS = re.compile(r"CIS\.(?P<section>\d+)(?P<rest>\.\d+)?")
_CIS_PAGE = "cis-aws-foundations-benchmark.html"
_CIS_SECTIONS = {"1": "IAM", "2": "CloudTrail", "3": "CloudWatch", "4": "EC2"}
_CIS_OTHERS = {"2.3": "S3", "2.5": "Config", "2.6": "S3", "2.8": "KMS", "2.9": "EC2"}
"""What CIS 1.2.0, the one standard whose controls have numbers alone, asks of: by section, and what is otherwise."""
TACTIC_IDS = {
    "Reconnaissance": "TA0043",
    "Resource Development": "TA0042",
    "Initial Access": "TA0001",
    "Execution": "TA0002",
    "Persistence": "TA0003",
    "Privilege Escalation": "TA0004",
    "Defense Evasion": "TA0005",
    "Credential Access": "TA0006",
    "Discovery": "TA0007",
    "Lateral Movement": "TA0008",
    "Collection": "TA0009",
    "Command and Control": "TA0011",
    "Exfiltration": "TA0010",
    "Impact": "TA0040",
}
"""MITRE ATT&CK's ids of the tactics for enterprises."""
_Known = TypeVar("_Known")


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What is known of a finding's type, in plain words."""

    meaning: str
    benign: str | None
    """What is normal and looks the same."""
    first_steps: str | None
    documentation: str | None
    """The page of AWS's that describes the type."""
    exact: bool
    """Whether it is about this very type or control, not about its family."""
    mitre: tuple[Technique, ...] = ()


class Described(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every file says of what it explains."""

    meaning: str
    benign: str
    first_steps: str


class FindingType(Described, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of GuardDuty's types."""

    type: str
    link: str
    """The page of the user guide with the place on it."""
    mitre: tuple[Technique, ...] = ()


class Family(Described, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The controls of Security Hub that are about one service."""

    family: str
    service: str


class Product(Described, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All findings of another product."""

    product: str
    link: str


class Parts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the parts of GuardDuty's types mean, for those that are not known as a whole."""

    purposes: dict[str, str]
    resources: dict[str, str]


def explain(finding: Finding) -> Explanation | None:
    """What is known of its type, or of its family; None where neither is known."""
    if finding.product == GUARDDUTY:
        return _of_type(finding)
    if finding.control_id is not None:
        return _of_control(finding.control_id)
    name = finding.product.removeprefix("Amazon ").removeprefix("AWS ")
    product = products().get(_EXPOSURE if is_exposure(finding.raw) else name)
    if product is None:
        return None
    return Explanation(
        meaning=product.meaning,
        benign=product.benign,
        first_steps=product.first_steps,
        documentation=product.link,
        exact=False,
    )


def techniques_of(finding: Finding, explanation: Explanation | None) -> tuple[Technique, ...]:
    """What the finding tells of MITRE ATT&CK; where it names no technique, what is known of its type as well."""
    known = explanation.mitre if explanation else ()
    if not known or any(each.technique for each in finding.mitre):
        return finding.mitre
    told = {each.tactic for each in known}
    return (*known, *(each for each in finding.mitre if each.tactic not in told))


@cache
def finding_types() -> dict[str, FindingType]:
    """GuardDuty's types by name."""
    return {each.type: each for each in _read("guardduty.json", list[FindingType])}


@cache
def families() -> dict[str, Family]:
    """The families of controls, by the beginning of their ids in lower case."""
    return {each.family.lower(): each for each in _read("controls.json", list[Family])}


@cache
def products() -> dict[str, Product]:
    """Other products by name."""
    return {each.product: each for each in _read("products.json", list[Product])}


@cache
def parts() -> Parts:
    """What the parts of GuardDuty's types mean."""
    return _read("families.json", Parts)


def _read(name: str, kind: type[_Known]) -> _Known:
    return msgspec.json.decode((_FILES / name).read_bytes(), type=kind)


def _of_type(finding: Finding) -> Explanation | None:
    known = finding_types().get(finding.types[0]) if finding.types else None
    if known is None:
        threat = threat_of(finding.types)
        return _of_parts(threat) if threat else None
    return Explanation(
        meaning=known.meaning,
        benign=known.benign,
        first_steps=known.first_steps,
        documentation=_GUARDDUTY_GUIDE + known.link,
        exact=True,
        mitre=known.mitre,
    )


def _of_parts(threat: Threat) -> Explanation | None:
    purpose = parts().purposes.get(threat.purpose)
    if purpose is None:
        return None
    about = parts().resources.get(threat.resource)
    return Explanation(
        meaning=f"A type that this version does not know. By its name: {purpose.lower()}"
        f"{f', and it is about {about}' if about else ''}.",
        benign=None,
        first_steps=None,
        documentation=_GUARDDUTY_GUIDE + _TYPES_PAGE,
        exact=False,
    )


def _of_control(control: str) -> Explanation | None:
    name, page = _family_and_page(control)
    family = families().get(name.lower())
    if family is None:
        return None
    return Explanation(
        meaning=f"One of the controls for {family.service}. {family.meaning}",
        benign=family.benign,
        first_steps=family.first_steps,
        documentation=_SECURITY_HUB_GUIDE + page,
        exact=False,
    )


def _family_and_page(control: str) -> tuple[str, str]:
    """The service that a control is about, and the page that describes it, with the place where that is known."""
    pci, cis, own = _PCI.fullmatch(control), _CIS.fullmatch(control), _CONTROL.fullmatch(control)
    if pci:
        name = _PCI_NAMES.get(pci["family"].upper(), pci["family"])
        return name, f"{name.lower()}-controls.html"
    if cis:
        number = f"{cis['section']}{cis['rest'] or ''}"
        return _CIS_OTHERS.get(number) or _CIS_SECTIONS.get(cis["section"], ""), _CIS_PAGE
    if own:
        slug = own["family"].lower()
        return own["family"], f"{slug}-controls.html#{slug}-{own['number']}"
    return "", _CONTROLS_PAGE
