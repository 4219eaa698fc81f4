"""Find the control and the standards that a compliance finding is about, in every form they were ever written. Pure.

Since 2023 `Compliance` names both. Before, and in what others still send, the generator and ProductFields do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from secguard.findings.forms.fields import inside, mappings, text

_SINGLE = re.compile(r"security-control/(?P<control>[A-Za-z0-9.]+)")
# `aws-foundational-security-best-practices/v/1.0.0/EC2.8`, `pci-dss/v/3.2.1/PCI.EC2.2`,
# `arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/4.1`
_PER_STANDARD = re.compile(
    r"(?:arn:[^:]+:securityhub:::ruleset/)?(?P<standard>[a-z0-9-]+/v/[0-9.]+)/(?:rule/)?(?P<control>[A-Za-z0-9.]+)"
)
_STANDARD_IN = re.compile(r"(?:.*[:/])?(?:standards|ruleset)/(?P<standard>.+)")


def control_of(finding: Mapping[str, Any]) -> str | None:
    """The control's id: `EC2.8`. Where only a standard numbers it, prefixed with that: `PCI.EC2.2`, `CIS.4.1`."""
    return control_in(text(inside(finding, "Compliance").get("SecurityControlId")), text(finding.get("GeneratorId")))


def control_in(named: str | None, generator: str | None) -> str | None:
    """The control that a finding names, or that its generator does."""
    if named and named.strip():
        return named.strip()
    match = _generated(generator)
    if match is None:
        return None
    control = match["control"].strip(".")
    return f"CIS.{control}" if control[:1].isdigit() else control or None


def standards_of(finding: Mapping[str, Any]) -> tuple[str, ...]:
    """The standards that ask for it, as in `aws-foundational-security-best-practices/v/1.0.0`."""
    fields = inside(finding, "ProductFields")
    listed = (
        text(standard.get("StandardsId"))
        for standard in mappings(inside(finding, "Compliance").get("AssociatedStandards"))
    )
    said = (*listed, text(fields.get("StandardsArn")), text(fields.get("StandardsGuideArn")))
    return standards_in(tuple(filter(None, said)), text(finding.get("GeneratorId")))


def standards_in(said: tuple[str, ...], generator: str | None) -> tuple[str, ...]:
    """The standards that a finding names by id or ARN, or that its generator does."""
    named = list(filter(None, map(_standard_in, said)))
    generated = _generated(generator)
    if not named and generated is not None and "standard" in generated.groupdict():
        named = [generated["standard"]]
    return tuple(dict.fromkeys(named))


def _standard_in(said: str) -> str | None:
    match = _STANDARD_IN.fullmatch(said)
    return match["standard"] if match else None


def _generated(generator: str | None) -> re.Match[str] | None:
    said = (generator or "").strip()
    return _SINGLE.fullmatch(said) or _PER_STANDARD.fullmatch(said)
