"""Tell whether a finding is a sample, made to try things out: in each of the shapes a sample comes in.

The `[SAMPLE]` prefix of a title is the console's own; no API sends it, but people paste it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_TITLE_PREFIX = "[sample]"
_PRODUCT_FIELDS = ("aws/guardduty/service/additionalInfo", "additionalInfo")
"""What GuardDuty's details are called in ProductFields; the second form is from 2019."""


def is_sample_asff(finding: Mapping[str, Any]) -> bool:
    """Whether an ASFF finding is a sample: `Sample`, or what GuardDuty wrote into ProductFields."""
    fields = finding.get("ProductFields")
    if not isinstance(fields, Mapping):
        fields = {}
    return (
        _true(finding.get("Sample"))
        or any(_true(fields.get(f"{name}/sample")) for name in _PRODUCT_FIELDS)
        or any(_says_sample(fields.get(key)) for name in _PRODUCT_FIELDS for key in (name, f"{name}/value"))
        or _titled(finding.get("Title"))
    )


def is_sample_guardduty(finding: Mapping[str, Any]) -> bool:
    """Whether a finding as GuardDuty's GetFindings returns it is a sample: `AdditionalInfo.Value` is JSON text."""
    info = _inside(finding, "Service", "AdditionalInfo")
    return _says_sample(info.get("Value")) or _true(info.get("Sample")) or _titled(finding.get("Title"))


def is_sample_event(detail: Mapping[str, Any]) -> bool:
    """Whether the `detail` of a GuardDuty event is a sample: `service.additionalInfo.sample`, or text as above."""
    info = _inside(detail, "service", "additionalInfo")
    return _true(info.get("sample")) or _says_sample(info.get("value")) or _titled(detail.get("title"))


def _inside(value: Any, *keys: str) -> Mapping[str, Any]:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def _says_sample(text: Any) -> bool:
    if not isinstance(text, str) or "sample" not in text:
        return False
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and _true(value.get("sample"))


def _titled(title: Any) -> bool:
    return isinstance(title, str) and title.lstrip().lower().startswith(_TITLE_PREFIX)
