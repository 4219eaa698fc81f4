"""Plan what investigators put on findings: in Security Hub, and in GuardDuty where the finding is GuardDuty's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from secguard.engine.change import Plan, Refusal
from secguard.engine.draft import Draft, Want
from secguard.errors import UsageError
from secguard.findings.feeds.places import Places, Reach, places_for
from secguard.findings.foreseen import Foreseen
from secguard.findings.forms.arn import region_in
from secguard.findings.guardduty_desk import DESK_READS, Desk, desks_for
from secguard.model import Finding, Place, Severity, Source, Unreached, Value, Workflow
from secguard.settings import guardduty_findings, triage

READS = DESK_READS

LONGEST_NOTE = 512  # the API reference of Security Hub's Note
VERDICTS = ("TRUE_POSITIVE", "FALSE_POSITIVE", "BENIGN_POSITIVE", "UNKNOWN")
# A benign positive is true, and of no use; what GuardDuty should learn from it, only the operator could say.
FEEDBACK = {"TRUE_POSITIVE": "USEFUL", "FALSE_POSITIVE": "NOT_USEFUL"}
OVER = frozenset({Workflow.RESOLVED, Workflow.SUPPRESSED})
"""The statuses of findings that nobody needs to look at any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be put on findings; None or empty: left as it is."""

    author: str
    """Who signs the note."""
    status: Workflow | None = None
    note: str | None = None
    verdict: str | None = None
    """One of VERDICTS."""
    severity: Severity | None = None
    criticality: int | None = None
    confidence: int | None = None
    own_fields: Mapping[str, str] = field(default_factory=dict)
    """What users define themselves: `UserDefinedFields`."""
    archives: bool = True
    """Whether GuardDuty's own findings are archived when they are over, and taken out again when they are not."""

    def check(self) -> None:
        """Raises UsageError when nothing is decided, or what AWS would not take."""
        note = self.note
        if note is not None and not (note.strip() and len(note) <= LONGEST_NOTE):
            raise UsageError(f"a note has 1 to {LONGEST_NOTE} characters; this one has {len(note)}")
        if replace(self, author="", archives=True) == Decision(author=""):
            raise UsageError("nothing is to be set", advice="say what: --status, --note, --verdict, … (see --help)")

    def signed(self, author: str) -> Decision:
        """The same, by somebody."""
        return replace(self, author=author)

    def fields(self, finding: Finding) -> dict[str, Value]:
        """What this finding is to hold, by the field's name in `settings.triage`."""
        wanted: dict[str, Value] = {
            "Workflow": None if self.status is None else self.status.value,
            "Note": None if self.note is None else {"Text": self.note, "UpdatedBy": self.author},
            "VerificationState": self.verdict,
            "Severity": None if self.severity is None else _severity(finding, self.severity),
            "Criticality": self.criticality,
            "Confidence": self.confidence,
            **{f"{triage.OWN_FIELD}{name}": value for name, value in self.own_fields.items()},
        }
        return {name: value for name, value in wanted.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A plan, and what an operator should hear with it."""

    plan: Plan
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Investigator:
    """Plans what is put on findings, in one AWS, as one caller."""

    draft: Draft
    aws: Reach

    def plan(self, findings: Sequence[Finding], decision: Decision, *, unreached: Sequence[Unreached] = ()) -> Proposal:
        """The plan that puts `decision` on `findings`, as they were just read. Raises UsageError.

        Nothing is asked of Security Hub again: what was read of the findings is what the plan starts from.
        """
        decision.check()
        here = Groundwork(account=self.aws.caller.account, foreseen=Foreseen(self.draft.aws))
        in_hub = [each for each in findings if each.source is Source.SECURITY_HUB]
        wants = list(here.hub_wants(in_hub, decision, places_for((), aws=self.aws))) if in_hub else []
        desks = desks_for(findings, aws=self.aws) if _concerns_guardduty(decision) else []
        for desk in desks:
            wants.extend(here.guardduty_wants(desk, decision))
        known = {want.findings[0] for want in wants}
        draft = replace(
            self.draft,
            request=_request(findings, decision),
            aws=here.foreseen,
            max_changes=None,
            refused=[*self.draft.refused, *(_refusal(each) for each in findings if each.id not in known)],
            unreached=[*unreached, *(desk.unreached for desk in desks if desk.unreached)],
        )
        alone = sum(each.source is not Source.SECURITY_HUB and each.id in known for each in findings)
        return Proposal(plan=draft.plan(wants), remarks=(*remarks(desks, decision), *_remark_on_alone(alone)))


def asked_again(request: Mapping[str, Any]) -> tuple[list[str], Decision]:
    """The ids and the decision in the request of a saved plan. Raises UsageError where they are none."""
    try:
        return msgspec.convert(request["findings"], list[str]), msgspec.convert(request["decision"], Decision)
    except (KeyError, msgspec.ValidationError) as error:
        raise UsageError(f"the plan does not say what was asked for: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Groundwork:
    """What wants are made from: the account that asks, and what it has been answered."""

    account: str
    foreseen: Foreseen

    def hub_wants(self, findings: Sequence[Finding], decision: Decision, places: Places) -> Iterator[Want]:
        """One for each finding, in the place that shows it and takes its updates."""
        by_place: dict[Place, list[Finding]] = {}
        for finding in findings:
            by_place.setdefault(_held_at(finding, self.account, places), []).append(finding)
        for place, held in by_place.items():
            for together in _parts(held, triage.IDS_A_QUESTION):
                yield from self._hub_batch(place, together, decision)

    def _hub_batch(self, place: Place, together: Sequence[Finding], decision: Decision) -> Iterator[Want]:
        beside = [finding.id for finding in together]
        answer = {"Findings": [finding.raw for finding in together]}
        self.foreseen.expect(place, "securityhub", "GetFindings", triage.question({"beside": beside}), answer)
        for finding in together:
            wanted = decision.fields(finding)
            if wanted:
                about = {"id": finding.id, "product_arn": finding.product_arn}
                yield _want(
                    triage.Triage.name,
                    finding,
                    place=place,
                    address={**about, "fields": list(wanted), "beside": beside},
                    value=wanted,
                )

    def guardduty_wants(self, desk: Desk, decision: Decision) -> Iterator[Want]:
        """What GuardDuty is told of its findings, where it does not know."""
        feedback = FEEDBACK.get(decision.verdict or "")
        archived = decision.status in OVER if decision.status is not None and decision.archives else None
        for together in _parts(desk.shown, guardduty_findings.IDS_A_QUESTION):
            beside = [shown.id for shown in together]
            address = {"detector_id": desk.detector_id, "beside": beside}
            answer = {"Findings": [shown.raw for shown in together]}
            self.foreseen.expect(desk.place, "guardduty", "GetFindings", guardduty_findings.question(address), answer)
            for shown in together:
                spot = {**address, "id": shown.id}
                if archived is not None and archived is not shown.archived and desk.may_archive:
                    name = guardduty_findings.Archived.name
                    yield _want(name, shown.finding, place=desk.place, address=spot, value=archived)
                if feedback is not None:
                    name = guardduty_findings.Feedback.name
                    yield _want(name, shown.finding, place=desk.place, address=spot, value=feedback)


def _want(setting: str, finding: Finding, *, place: Place, address: dict[str, Value], value: Value) -> Want:
    key = f"{setting} {finding.product_arn} {finding.id}"
    return Want(key=key, setting=setting, place=place, address=address, value=value, findings=(finding.id,))


def _held_at(finding: Finding, account: str, places: Places) -> Place:
    """The home Region, where that has the finding: what is listed there next is then what was set."""
    own = Place(account, region_in(finding.product_arn) or finding.region)
    return places.home if places.home is not None and own in places.behind else own


def _severity(finding: Finding, wanted: Severity) -> Value:
    """The label; or the number that the finding has, where that has the same label."""
    now = triage.fields_of(finding.raw, ["Severity"])["Severity"]
    return now if now is not None and triage.severity_label(now) == wanted.name else wanted.name


def _parts(things: Sequence[Any], most: int) -> Iterator[Sequence[Any]]:
    return (things[start : start + most] for start in range(0, len(things), most))


def _concerns_guardduty(decision: Decision) -> bool:
    return (decision.status is not None and decision.archives) or decision.verdict in FEEDBACK


def _refusal(finding: Finding) -> Refusal:
    why = "it is not in Security Hub (CSPM), which alone keeps status, notes and verdicts"
    return Refusal(what=f"finding {finding.short_id}", rule="not-in-security-hub", why=why)


def remarks(desks: Sequence[Desk], decision: Decision) -> Iterator[str]:
    """What is left undone in GuardDuty, and why."""
    for desk in desks:
        if desk.unreached is not None:
            continue
        if desk.detector_id is None:
            yield f"{desk.place}: no detector, so GuardDuty is told nothing of {desk.hidden} of its findings"
        elif desk.hidden:
            yield f"{desk.place}: {desk.hidden} of GuardDuty's findings can't be seen from its detector there"
        if desk.shown and not desk.may_archive and decision.status is not None and decision.archives:
            yield f"{desk.place}: not archived in GuardDuty, which only its administrator {desk.administrator} may do"


def _remark_on_alone(count: int) -> Iterator[str]:
    if count:
        yield f"{count} of the findings are in GuardDuty alone: they are archived or judged there, and no more is kept"


def _request(findings: Sequence[Finding], decision: Decision) -> dict[str, Value]:
    return {
        "command": "triage",
        "findings": [finding.id for finding in findings],
        "decision": msgspec.to_builtins(decision),
    }
