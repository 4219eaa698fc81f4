"""Tell whether a finding is a sample, made to try things out: in each of the shapes a sample comes in.

The `[SAMPLE]` prefix of a title is the console's own; no API sends it, but people paste it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from secguard.findings.forms.fields import inside

_TITLE_PREFIX = "[sample]"
_PLACEHOLDER = re.compile(r"(?:^|[:/])(?:GeneratedFinding|i-99999999$)")
_PRODUCT_FIELDS = ("aws/guardduty/service/additionalInfo", "additionalInfo")
"""What GuardDuty's details are called in ProductFields; the second form is from 2019."""
_TELLING = frozenset(f"{name}{end}" for name in _PRODUCT_FIELDS for end in ("", "/value", "/sample"))


def is_sample_asff(finding: Mapping[str, Any]) -> bool:
    """Whether an ASFF finding is a sample: `Sample`, or what GuardDuty wrote into ProductFields."""
    return _true(finding.get("Sample")) or is_titled_sample(finding.get("Title")) or _told_in_fields(finding)


def is_sample_guardduty(detail: Mapping[str, Any]) -> bool:
    """Whether a finding of GuardDuty's, in camelCase, is a sample: `additionalInfo` says so, as JSON text too."""
    info = _inside(detail, "service", "additionalInfo")
    as_text = _inside(detail, "service").get("additionalInfo")
    said = (info.get("value"), as_text)
    return _true(info.get("sample")) or any(map(_says_sample, said)) or is_titled_sample(detail.get("title"))


def is_sample_ocsf(finding: Mapping[str, Any]) -> bool:
    """Whether an OCSF finding is a sample: OCSF has no field for it, so what it is about tells.

    GuardDuty's samples are about things whose names begin with GeneratedFinding, and about i-99999999.
    """
    resources = finding.get("resources", finding.get("resource"))
    listed = resources if isinstance(resources, list | tuple) else (resources,)
    names = (str(part.get(key)) for part in listed if isinstance(part, Mapping) for key in ("uid", "name"))
    return (
        _true(_inside(finding, "unmapped").get("sample"))
        or is_titled_sample(_inside(finding, "finding_info").get("title"))
        or any(_PLACEHOLDER.search(name) for name in names)
    )


def _told_in_fields(finding: Mapping[str, Any]) -> bool:
    fields = inside(finding, "ProductFields")
    if _TELLING.isdisjoint(fields):
        return False
    return any(_true(fields.get(f"{name}/sample")) for name in _PRODUCT_FIELDS) or any(
        _says_sample(fields.get(key)) for name in _PRODUCT_FIELDS for key in (name, f"{name}/value")
    )


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


def is_titled_sample(title: Any) -> bool:
    """Whether a title begins as the console's titles of samples do."""
    return isinstance(title, str) and title.lstrip().lower().startswith(_TITLE_PREFIX)
