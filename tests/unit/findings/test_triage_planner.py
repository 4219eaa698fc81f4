"""What a decision comes to for each finding: in which place, in which batches, and what GuardDuty is told."""

from dataclasses import replace
from types import SimpleNamespace

import msgspec
import pytest
from asff_made import ACCOUNT, asff, guardduty, read
from canned import Canned

from secguard.engine.draft import Draft
from secguard.engine.origin import Origin
from secguard.errors import AwsError, BrokenAnswer, Denied, UsageError
from secguard.findings.triage import Decision, Investigator, asked_again
from secguard.model import Severity, Source, Unreached, Workflow
from secguard.settings import registry

HOME, FAR = "us-east-1", "eu-west-1"
ARN = f"arn:aws:iam::{ACCOUNT}:user/operator"
RESOLVED = Decision(author="operator", status=Workflow.RESOLVED)


class Reach:
    """An AWS with an aggregator, whose Security Hub must not be asked for findings."""

    def __init__(self, *, administrator=None, detectors=("d" * 32,), shows=lambda _id: True, archived=False):
        self.caller = SimpleNamespace(account=ACCOUNT)
        self.region = HOME
        self.looks = []
        self.shows, self.archived = shows, archived
        self.answers = {
            "securityhub:ListFindingAggregators": {"FindingAggregators": [{"FindingAggregatorArn": self.aggregator}]},
            "securityhub:GetFindingAggregator": {"RegionLinkingMode": "ALL_REGIONS"},
            "guardduty:ListDetectors": {"DetectorIds": list(detectors)},
            "guardduty:GetAdministratorAccount": administrator or BrokenAnswer("nothing in it"),
            "guardduty:GetFindings": lambda asked: {"Findings": [self._native(each) for each in asked["FindingIds"]]},
        }

    aggregator = f"arn:aws:securityhub:{HOME}:{ACCOUNT}:finding-aggregator/1"

    def _native(self, own_id):
        return {"Id": own_id if self.shows(own_id) else "another", "Service": {"Archived": self.archived}}

    def regions(self, account):
        return [HOME, FAR]

    def supported(self, service):
        return frozenset({HOME, FAR})

    def look(self, place, *, service="", within=0.0):
        self.looks.append(Canned(self.answers, place=place))
        return self.looks[-1]

    def fan_out(self, places, task, *, services=()):
        for place in places:
            try:
                yield place, task(place)
            except AwsError as error:
                yield place, Unreached(account=place.account, region=place.region, why=str(error))

    def asked(self, operation):
        return [parameters for look in self.looks for name, parameters in look.asked if name == operation]


def propose(findings, decision, reach=None):
    reach = reach or Reach()
    draft = Draft(
        command="triage",
        request={},
        origin=Origin(partition="aws", caller=ARN, endpoint=None),
        aws=reach,
        registry=registry(),
        max_changes=5,
    )
    return Investigator(draft=draft, aws=reach).plan(findings, decision)


def plan(findings, decision, reach=None):
    return propose(findings, decision, reach).plan


def of(plan, setting):
    return [change for change in plan.changes if change.setting == setting]


def test_planning_asks_for_no_finding_that_was_just_read():
    reach = Reach()
    made = plan([read(asff(n)) for n in range(45)], RESOLVED, reach)

    assert len(made.changes) == 45
    assert {(change.before["Workflow"], change.after["Workflow"]) for change in made.changes} == {("NEW", "RESOLVED")}
    assert reach.asked("securityhub:GetFindings") == []


def test_twenty_findings_are_asked_for_together_when_it_is_applied():
    made = plan([read(asff(n)) for n in range(45)], RESOLVED)

    assert sorted({len(change.address["beside"]) for change in made.changes}) == [5, 20]
    assert all(change.address["id"] in change.address["beside"] for change in made.changes)


def test_what_the_aggregator_shows_is_set_at_its_home():
    far = read(asff(1, Region=FAR))

    assert {change.region for change in plan([far, read(asff(2))], RESOLVED).changes} == {HOME}


def test_a_finding_that_is_so_already_is_named_and_left():
    made = plan([read(asff(1, Workflow={"Status": "RESOLVED"}))], RESOLVED)

    assert made.changes == ()
    assert len(made.already) == 1


def test_the_same_findings_and_the_same_decision_make_the_same_plan():
    findings = [read(asff(n)) for n in range(3)] + [read(guardduty(9))]

    assert plan(findings, RESOLVED).digest == plan(findings, RESOLVED).digest


def test_a_saved_request_tells_the_same_decision():
    decision = Decision(
        author="anna",
        note="n",
        verdict="UNKNOWN",
        severity=Severity.INFORMATIONAL,
        criticality=0,
        own_fields={"a": "b"},
    )
    ids, again = asked_again(plan([read(asff(1))], decision).request)

    assert ids == [asff(1)["Id"]]
    assert again == decision


def test_a_number_within_the_wanted_level_is_kept():
    low = replace(RESOLVED, status=None, severity=Severity.HIGH)

    assert plan([read(asff(1, Severity={"Label": "HIGH", "Normalized": 75}))], low).changes == ()


def test_the_lowest_severity_and_the_lowest_score_are_something():
    made = plan([read(asff(1))], Decision(author="", severity=Severity.INFORMATIONAL, confidence=0))

    assert made.changes[0].after == {"Severity": "INFORMATIONAL", "Confidence": 0}


@pytest.mark.parametrize(
    ("status", "archived", "wanted"),
    [("RESOLVED", False, [True]), ("SUPPRESSED", True, []), ("NEW", True, [False]), ("NOTIFIED", False, [])],
)
def test_guarddutys_archive_follows_the_status(status, archived, wanted):
    decision = Decision(author="", status=Workflow(status))
    made = plan([read(guardduty(1))], decision, Reach(archived=archived))

    assert [change.after for change in of(made, "findings.archived")] == wanted


@pytest.mark.parametrize(
    ("verdict", "told"),
    [("TRUE_POSITIVE", ["USEFUL"]), ("FALSE_POSITIVE", ["NOT_USEFUL"]), ("BENIGN_POSITIVE", []), ("UNKNOWN", [])],
)
def test_guardduty_hears_of_a_clear_verdict(verdict, told):
    made = plan([read(guardduty(1))], Decision(author="", verdict=verdict))

    assert [change.after for change in of(made, "findings.feedback")] == told


def test_only_the_administrator_archives():
    administrator = {"Administrator": {"AccountId": "999999999999", "RelationshipStatus": "Enabled"}}
    proposal = propose([read(guardduty(1))], RESOLVED, Reach(administrator=administrator))

    assert of(proposal.plan, "findings.archived") == []
    assert len(of(proposal.plan, "findings.triage")) == 1
    assert "only its administrator 999999999999" in proposal.remarks[0]


def test_a_former_administrator_is_none():
    administrator = {"Administrator": {"AccountId": "999999999999", "RelationshipStatus": "Removed"}}

    assert len(of(plan([read(guardduty(1))], RESOLVED, Reach(administrator=administrator)), "findings.archived")) == 1


@pytest.mark.parametrize(
    ("reach", "said"), [(Reach(detectors=()), "no detector"), (Reach(shows=lambda _id: False), "1 of")]
)
def test_what_guardduty_can_not_be_told_is_said(reach, said):
    proposal = propose([read(guardduty(1))], RESOLVED, reach)

    assert said in proposal.remarks[0]
    assert [change.setting for change in proposal.plan.changes] == ["findings.triage"]


def test_a_region_where_guardduty_could_not_be_looked_at_is_named():
    reach = Reach()
    reach.answers["guardduty:ListDetectors"] = Denied("no")
    made = plan([read(guardduty(1))], RESOLVED, reach)

    assert [place.region for place in made.unreached] == [HOME]
    assert [change.setting for change in made.changes] == ["findings.triage"]


def test_guardduty_is_not_asked_where_nothing_concerns_it():
    reach = Reach()
    plan([read(guardduty(1))], Decision(author="a", note="n"), reach)
    plan([read(guardduty(1))], replace(RESOLVED, archives=False), reach)

    assert reach.asked("guardduty:ListDetectors") == []


def test_a_finding_that_is_in_guardduty_alone_is_archived_there():
    alone = msgspec.structs.replace(read(guardduty(1)), source=Source.GUARDDUTY, product_arn="")
    proposal = propose([alone], RESOLVED)

    assert [change.setting for change in proposal.plan.changes] == ["findings.archived"]
    assert "GuardDuty alone" in proposal.remarks[0]


def test_a_finding_of_the_new_security_hub_is_refused_by_name():
    elsewhere = msgspec.structs.replace(read(asff(1)), source=Source.SECURITY_HUB_V2)
    made = plan([elsewhere, read(asff(2))], RESOLVED)

    assert len(made.changes) == 1
    assert [refusal.rule for refusal in made.refused] == ["not-in-security-hub"]


@pytest.mark.parametrize(
    "decision", [Decision(author="operator"), replace(RESOLVED, note=""), replace(RESOLVED, note="x" * 513)]
)
def test_a_decision_that_says_nothing_or_too_much_is_refused(decision):
    with pytest.raises(UsageError):
        plan([read(asff(1))], decision)
