"""Name the threat lists that an address or a domain is on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from secguard.findings.forms.fields import inside, mappings, texts
from secguard.findings.telling.case import Case
from secguard.findings.telling.words import listed, piece


def threat_lists(case: Case) -> list[str]:
    """The threat lists that name the other end, with what they say it is."""
    details = mappings(inside(case.service, "evidence").get("threatIntelligenceDetails"))
    return list(filter(None, map(_list, details))) or list(filter(None, [piece(case.info.get("threatListName"))]))


def _list(detail: Mapping[Any, Any]) -> str | None:
    name, threats = piece(detail.get("threatListName")), listed(map(piece, texts(detail.get("threatNames"))), most=2)
    return f"{name} ({threats})" if name and threats else name
