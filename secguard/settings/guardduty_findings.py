"""Findings in GuardDuty, as a detector shows them: archived or not, and whether they were of use."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from secguard.engine.change import Kind, Undo
from secguard.engine.seam import Call, Reader
from secguard.engine.setting import Address, Item, Read, Setting, WayBack
from secguard.engine.values import digest
from secguard.errors import AwsError, NotThere, Throttled
from secguard.model import Value

IDS_A_QUESTION = 50
"""GuardDuty's operations on findings take at most 50 ids."""


class OfAFinding(Setting):
    """Something that GuardDuty keeps of a finding.

    The address: the `detector_id` of the account that is asked, the finding's `id` in GuardDuty, and the ids that are
    asked for `beside` it, itself among them.
    """

    reads = ("guardduty:GetFindings",)
    merges = IDS_A_QUESTION

    def read(self, aws: Reader, address: Address) -> Read:
        """Raises NotThere when the detector does not show the finding."""
        told = aws.ask("guardduty", "GetFindings", **question(address))["Findings"]
        found = next((each for each in told if each["Id"] == address["id"]), None)
        if found is None:
            raise NotThere(f"{self.target(address)} is not to be seen from detector {address['detector_id']}")
        return Read(self.value(found))

    @abstractmethod
    def value(self, finding: Mapping[str, Any]) -> Value:
        """What a finding as GuardDuty tells it holds."""

    @abstractmethod
    def call(self, detector_id: str, ids: list[str], wanted: Value) -> Call:
        """The call that sets it for all these findings."""

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """Set it for this finding."""
        return self.merged([Item(address, found, wanted, context)])

    def merged(self, items: Sequence[Item]) -> list[Call]:
        """One call for all."""
        first = items[0]
        return [self.call(first.address["detector_id"], [item.address["id"] for item in items], first.wanted)]

    def batch(self, address: Address, wanted: Value) -> Hashable:
        """Findings of one detector that get the same."""
        return address["detector_id"], wanted

    def passes(self, error: AwsError) -> bool:
        """Too fast is for now."""
        return isinstance(error, Throttled)

    def document(self, address: Address) -> str:
        """What is read together is locked together: a lock for each of thousands is more than a process may hold."""
        return f"{self.name} {digest(address['beside'])}"

    def target(self, address: Address) -> str:
        """GuardDuty's own id."""
        return f"GuardDuty finding {address['id']}"


class Archived(OfAFinding):
    """Whether a finding is archived. Only the account that administers the finding's may set it."""

    name = "findings.archived"
    writes = ("guardduty:ArchiveFindings", "guardduty:UnarchiveFindings")

    def value(self, finding: Mapping[str, Any]) -> Value:
        """True or False."""
        return bool(finding["Service"].get("Archived", False))

    def call(self, detector_id: str, ids: list[str], wanted: Value) -> Call:
        """Archive, or the contrary."""
        operation = "ArchiveFindings" if wanted else "UnarchiveFindings"
        return Call("guardduty", operation, {"DetectorId": detector_id, "FindingIds": ids})

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """Which of the two."""
        return "archive" if after else "take out of the archive"


class Feedback(OfAFinding):
    """Whether a finding was of use to whoever looked into it: "USEFUL", "NOT_USEFUL", None where nobody said."""

    name = "findings.feedback"
    kind = Kind.BOOKKEEPING
    writes = ("guardduty:UpdateFindingsFeedback",)

    def value(self, finding: Mapping[str, Any]) -> Value:
        """What was said last."""
        return finding["Service"].get("UserFeedback") or None

    def call(self, detector_id: str, ids: list[str], wanted: Value) -> Call:
        """Say it."""
        told = {"DetectorId": detector_id, "FindingIds": ids, "Feedback": wanted}
        return Call("guardduty", "UpdateFindingsFeedback", told)

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """What is said."""
        return "feedback: " + ("useful" if after == "USEFUL" else "not useful")

    def way_back(self, address: Address, before: Value, after: Value) -> WayBack:
        """What was said can be said otherwise, not unsaid."""
        if before is None:
            return WayBack(Undo.NONE, note="feedback can't be unsaid")
        return WayBack(Undo.EXACT, before)


SETTINGS = (Archived(), Feedback())


def question(address: Address) -> dict[str, Value]:
    """What GuardDuty's GetFindings is asked for a finding and those beside it."""
    return {"DetectorId": address["detector_id"], "FindingIds": list(address["beside"])}
