"""Findings in Security Hub: their workflow status."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from secguard.engine.change import Kind, Undo
from secguard.engine.seam import Answer, Call, Reader
from secguard.engine.setting import Address, Item, Read, WayBack
from secguard.engine.values import late
from secguard.errors import NotThere
from secguard.model import SHORT_ID_DIGITS, Value, Workflow, fingerprint
from secguard.settings.playable import Playable

NOTE_AUTHOR = "secguard"
NOTE = "secguard acted on this in run {}"


class WorkflowStatus(Playable):
    """A finding's workflow status: NEW, NOTIFIED, RESOLVED, SUPPRESSED.

    A note that names the run goes with NOTIFIED, unless someone else's note stands there.
    """

    name = "findings.workflow"
    keys = ("id", "product_arn")
    kind = Kind.BOOKKEEPING
    reads = ("securityhub:GetFindings",)
    writes = ("securityhub:BatchUpdateFindings",)
    merges = 100  # BatchUpdateFindings takes 100 identifiers
    # "May take minutes" says the user guide; the sandbox and most answers need seconds.
    settles_in = 60.0

    def read(self, aws: Reader, address: Address) -> Read:
        """Raises NotThere when Security Hub no longer has the finding."""
        filters = {
            "Id": [{"Value": address["id"], "Comparison": "EQUALS"}],
            "ProductArn": [{"Value": address["product_arn"], "Comparison": "EQUALS"}],
        }
        findings = aws.ask("securityhub", "GetFindings", Filters=filters)["Findings"]
        if not findings:
            raise NotThere(f"{self.target(address)} is no longer in Security Hub")
        status = findings[0].get("Workflow", {}).get("Status", Workflow.NEW.value)
        return Read(status, {"note": findings[0].get("Note")})

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """Set the status of this finding."""
        return self.merged([Item(address, found, wanted, context)])

    def merged(self, items: Sequence[Item]) -> list[Call]:
        """One call for those that get a note and one for the others."""
        noted = [item for item in items if _takes_note(item)]
        plain = [item for item in items if not _takes_note(item)]
        return [_update(group, note=group is noted) for group in (noted, plain) if group]

    def batch(self, address: Address, wanted: Value) -> Hashable:
        """Findings that get the same status."""
        return str(wanted)

    def refusals(self, items: Sequence[Item], answers: Sequence[Answer]) -> Mapping[int, str]:
        """What the answers list as unprocessed."""
        positions = {(item.address["id"], item.address["product_arn"]): n for n, item in enumerate(items)}
        refused = (entry for answer in answers for entry in answer["UnprocessedFindings"])
        return {positions[_identity(entry)]: _why(entry) for entry in refused if _identity(entry) in positions}

    def way_back(self, address: Address, before: Value, after: Value) -> WayBack:
        """The status comes back; a note can be replaced, never removed."""
        return WayBack(Undo.NEAREST, before, "the note stays on the finding")

    def target(self, address: Address) -> str:
        """The finding's short id."""
        digits = fingerprint(str(address["product_arn"]), str(address["id"]))
        return f"finding {digits[:SHORT_ID_DIGITS]}"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """The new status."""
        return f"workflow status {before} → {after}"


SETTINGS = (WorkflowStatus(),)


def _takes_note(item: Item) -> bool:
    note = (item.context or {}).get("note") or {}
    ours = bool(note.get("UpdatedBy", NOTE_AUTHOR) == NOTE_AUTHOR)
    return ours and item.wanted == Workflow.NOTIFIED


def _update(items: Sequence[Item], *, note: bool) -> Call:
    parameters: dict[str, Value] = {
        "FindingIdentifiers": [{"Id": item.address["id"], "ProductArn": item.address["product_arn"]} for item in items],
        "Workflow": {"Status": items[0].wanted},
    }
    if note:
        parameters["Note"] = {"Text": late("run_id", within=NOTE), "UpdatedBy": NOTE_AUTHOR}
    return Call("securityhub", "BatchUpdateFindings", parameters)


def _identity(entry: Mapping[str, Any]) -> tuple[str, str]:
    identifier = entry["FindingIdentifier"]
    return identifier["Id"], identifier["ProductArn"]


def _why(entry: Mapping[str, Any]) -> str:
    return f"{entry['ErrorCode']}: {entry.get('ErrorMessage', 'no reason given')}"
