"""What an operator, or a response rule, asks the planner for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from secguard.model import Finding, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What the operator asked for."""

    findings: Sequence[Finding]
    playbook: str | None = None
    """None: the best answer to each finding."""
    params: Mapping[str, str] = field(default_factory=dict)

    def request(self) -> dict[str, Value]:
        """The same as a record, so that a saved plan can be asked for again."""
        ids = [finding.id for finding in self.findings]
        return {"command": "remediate", "findings": ids, "playbook": self.playbook, "params": dict(self.params)}
