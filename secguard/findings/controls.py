"""Find the control and the standards that a compliance finding is about, in every form they were ever written. Pure.

Since 2023 `Compliance` names both. Before, and in what others still send, the generator and ProductFields do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from secguard.findings.fields import inside, mappings, text

_SINGLE = re.compile(r"security-control/(?P<control>[A-Za-z0-9.]+)")
# `aws-foundational-security-best-practices/v/1.0.0/EC2.8`, `pci-dss/v/3.2.1/PCI.EC2.2`,
# `arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/4.1`
_PER_STANDARD = re.compile(
    r"(?:arn:[^:]+:securityhub:::ruleset/)?(?P<standard>[a-z0-9-]+/v/[0-9.]+)/(?:rule/)?(?P<control>[A-Za-z0-9.]+)"
)
_STANDARD_IN = re.compile(r"(?:.*[:/])?(?:standards|ruleset)/(?P<standard>.+)")


def control_of(finding: Mapping[str, Any]) -> str | None:
    """The control's id: `EC2.8`. Where only a standard numbers it, prefixed with that: `PCI.EC2.2`, `CIS.4.1`."""
    named = text(inside(finding, "Compliance").get("SecurityControlId"))
    if named:
        return named.strip()
    match = _generator(finding)
    if match is None:
        return None
    control = match["control"].strip(".")
    return f"CIS.{control}" if control[:1].isdigit() else control or None


def standards_of(finding: Mapping[str, Any]) -> tuple[str, ...]:
    """The standards that ask for it, as in `aws-foundational-security-best-practices/v/1.0.0`."""
    fields = inside(finding, "ProductFields")
    listed = [
        text(standard.get("StandardsId"))
        for standard in mappings(inside(finding, "Compliance").get("AssociatedStandards"))
    ]
    said = [*listed, text(fields.get("StandardsArn")), text(fields.get("StandardsGuideArn"))]
    named = list(filter(None, map(_standard_in, filter(None, said))))
    generated = _generator(finding)
    if not named and generated is not None and "standard" in generated.groupdict():
        named = [generated["standard"]]
    return tuple(dict.fromkeys(named))


@lru_cache(maxsize=1024)  # there are few standards
def _standard_in(said: str) -> str | None:
    match = _STANDARD_IN.fullmatch(said)
    return match["standard"] if match else None


def _generator(finding: Mapping[str, Any]) -> re.Match[str] | None:
    return _generated((text(finding.get("GeneratorId")) or "").strip())


@lru_cache(maxsize=1024)  # and few controls
def _generated(generator: str) -> re.Match[str] | None:
    return _SINGLE.fullmatch(generator) or _PER_STANDARD.fullmatch(generator)
