"""Severity labels and the normalized numbers that go with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# The model's documentation of Severity: what each label is set to, and which numbers get which label.
NORMALIZED = {"INFORMATIONAL": 0, "LOW": 1, "MEDIUM": 40, "HIGH": 70, "CRITICAL": 90}


def label_of(normalized: float) -> str:
    """0, 1-39, 40-69, 70-89, 90-100."""
    return next(label for label, floor in reversed(NORMALIZED.items()) if normalized >= floor)


def completed(severity: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in the label from the number, or the number from the label."""
    result = dict(severity)
    if "Label" not in result:
        result["Label"] = label_of(result.get("Normalized", 0))
    result.setdefault("Normalized", NORMALIZED[result["Label"]])
    return result
