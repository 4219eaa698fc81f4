"""What investigators have put on findings in Security Hub: status, note, verdict, severity, scores and fields."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from secguard.engine.change import Undo
from secguard.engine.seam import Answer, Call, Reader
from secguard.engine.setting import Address, Item, Read, Setting, WayBack
from secguard.engine.values import canonical, digest
from secguard.errors import AwsError, NotThere, Throttled
from secguard.model import SHORT_ID_DIGITS, Severity, Value, Workflow, fingerprint

IDS_A_QUESTION = 20
"""A filter of GetFindings takes at most 20 values."""
_PAGE = 100
OWN_FIELD = "UserDefinedFields/"
"""Before the name of a field that users define themselves: `UserDefinedFields/ticket`."""
# What BatchUpdateFindings does not do for now; its other codes mean that repeating does not help.
_TRANSIENT = frozenset({"ConcurrentUpdateError", "InternalFailure"})
_WORDS = {
    "Workflow": "status",
    "VerificationState": "verdict",
    "Note": "note",
    "Severity": "severity",
    "Criticality": "criticality",
    "Confidence": "confidence",
}


class Triage(Setting):
    """Some fields of a finding, by name: `{"Workflow": "NEW", "Severity": "HIGH", "UserDefinedFields/ticket": null}`.

    The address tells which `fields`, and the ids that are asked for `beside` it, since one question tells of twenty.
    A severity is its label, or the normalized number where that is not the label's own.
    """

    name = "findings.triage"
    reads = ("securityhub:GetFindings",)
    writes = ("securityhub:BatchUpdateFindings",)
    merges = 100  # BatchUpdateFindings takes 100 identifiers
    # BatchUpdateFindings "can take several minutes", says its documentation; what takes longer is pending.
    settles_in = 120.0

    def read(self, aws: Reader, address: Address) -> Read:
        """Raises NotThere when Security Hub no longer has the finding."""
        key = (address["id"], address["product_arn"])
        found = next((each for each in _told(aws, address) if (each["Id"], each["ProductArn"]) == key), None)
        if found is None:
            raise NotThere(f"{self.target(address)} is no longer in Security Hub")
        return Read(fields_of(found, address["fields"]), {"own": dict(found.get("UserDefinedFields") or {})})

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """Set the fields of this finding."""
        return self.merged([Item(address, found, wanted, context)])

    def merged(self, items: Sequence[Item]) -> list[Call]:
        """One call for all that get the very same."""
        alike: dict[str, list[Item]] = {}
        for item in items:
            alike.setdefault(canonical(_update(item)), []).append(item)
        return [_call(group) for group in alike.values() if _update(group[0])]

    def batch(self, address: Address, wanted: Value) -> Hashable:
        """Findings that get the same."""
        return canonical(wanted)

    def refusals(self, items: Sequence[Item], answers: Sequence[Answer]) -> Mapping[int, str]:
        """What was left unprocessed and will be again."""
        return {n: why for n, code, why in _unprocessed(items, answers) if code not in _TRANSIENT}

    def postponed(self, items: Sequence[Item], answers: Sequence[Answer]) -> Mapping[int, str]:
        """What was left unprocessed because something else was in the way."""
        return {n: why for n, code, why in _unprocessed(items, answers) if code in _TRANSIENT}

    def passes(self, error: AwsError) -> bool:
        """Too fast is for now."""
        return isinstance(error, Throttled)

    def passes_through(self, value: Value, before: Value, after: Value) -> bool:
        """Whether each field holds what it held or what it is to hold."""
        return all(value[field] in (before[field], after[field]) for field in after)

    def way_back(self, address: Address, before: Value, after: Value) -> WayBack:
        """What was there comes back. Where there was nothing, Security Hub can't take away what is there now."""
        moved = [field for field in after if before[field] != after[field]]
        stays = [field for field in moved if before[field] is None]
        if stays:
            note = f"{_listed(stays)} {'stays' if len(stays) == 1 else 'stay'} on the finding"
            if stays == moved:
                return WayBack(Undo.NONE, note=note)
            return WayBack(Undo.NEAREST, {**before, **{field: after[field] for field in stays}}, note)
        if "Note" in moved:
            return WayBack(Undo.NEAREST, before, "the former note gets a new date")
        return WayBack(Undo.EXACT, before)

    def document(self, address: Address) -> str:
        """What is read together is locked together: a lock for each of thousands is more than a process may hold."""
        return f"{self.name} {digest(address['beside'])}"

    def target(self, address: Address) -> str:
        """The finding's short id."""
        digits = fingerprint(str(address["product_arn"]), str(address["id"]))
        return f"finding {digits[:SHORT_ID_DIGITS]}"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """Every field that changes."""
        moved = (field for field in after if before[field] != after[field])
        return ", ".join(f"{_word(field)} {_brief(before[field])} → {_brief(after[field])}" for field in moved)


SETTINGS = (Triage(),)


def question(address: Address) -> dict[str, Value]:
    """What GetFindings is asked for a finding and those beside it."""
    ids = [{"Value": each, "Comparison": "EQUALS"} for each in address["beside"]]
    return {"Filters": {"Id": ids}, "MaxResults": _PAGE}


def fields_of(finding: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Value]:
    """The named fields of a finding in ASFF, None where there is nothing."""
    return {field: _field(finding, field) for field in fields}


def severity_label(severity: Value) -> str:
    """The label of a severity as `Triage` holds it."""
    return severity if isinstance(severity, str) else Severity.of_normalized(severity).name


def _told(aws: Reader, address: Address) -> Iterator[Mapping[str, Any]]:
    asked = question(address)
    while True:
        answer = aws.ask("securityhub", "GetFindings", **asked)
        yield from answer["Findings"]
        token = answer.get("NextToken")
        if not token:
            return
        asked["NextToken"] = token


def _field(finding: Mapping[str, Any], field: str) -> Value:
    match field:
        case "Workflow":
            return (finding.get("Workflow") or {}).get("Status", Workflow.NEW.value)
        case "VerificationState":
            # "UNKNOWN: the default disposition of a security finding", says the documentation.
            return finding.get("VerificationState") or "UNKNOWN"
        case "Severity":
            return _severity(finding.get("Severity") or {})
        case "Note":
            note = finding.get("Note")
            return {"Text": note.get("Text"), "UpdatedBy": note.get("UpdatedBy")} if note else None
        case _ if field.startswith(OWN_FIELD):
            return (finding.get("UserDefinedFields") or {}).get(field.removeprefix(OWN_FIELD))
        case _:
            return finding.get(field)


def _severity(severity: Mapping[str, Any]) -> Value:
    label, number = severity.get("Label"), severity.get("Normalized")
    # What Security Hub sets the number to for each label: the documentation of Severity.
    own = {"INFORMATIONAL": 0, "LOW": 1, "MEDIUM": 40, "HIGH": 70, "CRITICAL": 90}
    if number is None or (label is not None and Severity.of_normalized(number).name != label):
        return label
    return label or Severity.of_normalized(number).name if number in own.values() else int(number)


def _update(item: Item) -> dict[str, Value]:
    """What BatchUpdateFindings is told beside the identifiers. It takes users' own fields whole."""
    update: dict[str, Value] = {}
    for field, value in item.wanted.items():
        if value is None:
            continue
        if field.startswith(OWN_FIELD):
            own = update.get("UserDefinedFields") or dict((item.context or {}).get("own") or {})
            update["UserDefinedFields"] = {**own, field.removeprefix(OWN_FIELD): value}
        elif field == "Workflow":
            update["Workflow"] = {"Status": value}
        elif field == "Severity":
            update["Severity"] = {"Label": value} if isinstance(value, str) else {"Normalized": value}
        else:
            update[field] = value
    return update


def _call(items: Sequence[Item]) -> Call:
    identifiers = [{"Id": item.address["id"], "ProductArn": item.address["product_arn"]} for item in items]
    return Call("securityhub", "BatchUpdateFindings", {"FindingIdentifiers": identifiers, **_update(items[0])})


def _unprocessed(items: Sequence[Item], answers: Sequence[Answer]) -> Iterator[tuple[int, str, str]]:
    """What the answers list as unprocessed: its position in `items`, the code, the reason."""
    positions = {(item.address["id"], item.address["product_arn"]): n for n, item in enumerate(items)}
    for answer in answers:
        for entry in answer["UnprocessedFindings"]:
            identifier = entry["FindingIdentifier"]
            position = positions.get((identifier["Id"], identifier["ProductArn"]))
            if position is not None:
                code = entry["ErrorCode"]
                yield position, code, f"{code}: {entry.get('ErrorMessage', 'no reason given')}"


def _word(field: str) -> str:
    return _WORDS.get(field) or f"field {field.removeprefix(OWN_FIELD)}"


def _listed(fields: Sequence[str]) -> str:
    return " and ".join(f"the {_word(field)}" for field in fields)


def _brief(value: Value) -> str:
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        return f"“{value.get('Text')}” ({value.get('UpdatedBy')})"
    return str(value)
