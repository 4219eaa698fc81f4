"""Say what happened, in one sentence of plain words: who did what to what, where, when, how often. Pure.

Works from every form of a finding; what it does not tell is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from secguard.findings.telling import calls, malware, network, products, runtime, sequences
from secguard.findings.telling.case import Case
from secguard.findings.telling.lists import threat_lists
from secguard.findings.telling.words import listed, when
from secguard.model import Finding

_TELLERS: tuple[Callable[[Case], str | None], ...] = (
    sequences.tied_together,
    network.probed,
    network.asked,
    network.connected,
    calls.called,
    calls.called_kubernetes,
    calls.logged_in,
    malware.scanned,
    runtime.acted,
)
"""What GuardDuty detects; the first that knows what to say."""
_STANDING: tuple[Callable[[Case], str | None], ...] = (
    products.held_to,
    products.exposed,
    products.vulnerable,
    products.sensitive,
    products.shared,
    products.noncompliant,
)
"""What is the case rather than happened, so that it says no times."""


def sentence(finding: Finding) -> str:
    """One line that ends with a full stop; never empty. May hold what a terminal would obey."""
    case = Case.of(finding)
    told = _event(case) or _first(_STANDING, case) or f"{products.titled(case)}{when(finding)}"
    # A name keeps its spelling, a word of ours begins the sentence.
    begins = told.partition(" ")[0].isalpha()
    return (f"{told[:1].upper()}{told[1:]}" if begins else told) + ("" if told.endswith((".", "…")) else ".")


def _event(case: Case) -> str | None:
    if case.threat is None:
        return None
    told = _first(_TELLERS, case)
    return f"{told}{when(case.finding)}{_known_from(case)}" if told else None


def _first(tellers: Iterable[Callable[[Case], str | None]], case: Case) -> str | None:
    return next(filter(None, (tell(case) for tell in tellers)), None)


def _known_from(case: Case) -> str:
    """`; named on the threat list ProofPoint (Mirai)`."""
    said = threat_lists(case)
    return f"; named on the threat list{'s' if len(said) > 1 else ''} {listed(said, most=2)}" if said else ""
