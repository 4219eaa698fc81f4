"""Give findings ids that fit on a line: the first digits of a fingerprint, as many as tell them apart. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from secguard.findings.numbers import Numbers
from secguard.model import SHORT_ID_DIGITS, Finding, fingerprint

_KNOWN_BY = 15
"""How many digits tell a finding of a stream from another that begins alike."""


def unique_prefixes(fingerprints: Iterable[str], *, least: int = SHORT_ID_DIGITS) -> dict[str, str]:
    """For each fingerprint its shortest prefix of at least `least` digits that no other of them begins with."""
    ranged = sorted(set(fingerprints))
    lengths = [least] * len(ranged)
    for at in range(1, len(ranged)):
        needed = _common(ranged[at - 1], ranged[at]) + 1
        lengths[at - 1] = max(lengths[at - 1], needed)
        lengths[at] = max(lengths[at], needed)
    return {full: full[:length] for full, length in zip(ranged, lengths, strict=True)}


def told_apart(findings: Sequence[Finding]) -> list[Finding]:
    """The findings of one list, each with a short id that no other in it begins with."""
    begins = Counter(map(_begin, findings))
    # Few of many thousands begin alike; only of those the rest is looked at.
    full = {
        at: fingerprint(finding.product_arn, finding.id)
        for at, finding in enumerate(findings)
        if begins[_begin(finding)] > 1
    }
    prefixes = unique_prefixes(full.values())
    return [
        replace(finding, short_id=prefixes[full[at]]) if at in full else finding for at, finding in enumerate(findings)
    ]


def _begin(finding: Finding) -> str:
    return finding.short_id[:SHORT_ID_DIGITS]


class Told:
    """The short ids of a list that streams, each finding once: an id that another has already is lengthened."""

    def __init__(self) -> None:
        self._given = Numbers()

    def apart(self, finding: Finding) -> Finding:
        """The finding with a short id that none before it has."""
        full = fingerprint(finding.product_arn, finding.id)
        short = full[:SHORT_ID_DIGITS]
        if not self._given.add(int(short, 16)):
            short = full[:_KNOWN_BY]
        return finding if finding.short_id == short else replace(finding, short_id=short)


def _common(one: str, other: str) -> int:
    return next((at for at, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]), len(one) - 1)
