"""What is put on findings in Security Hub and GuardDuty: how it is read, sent together, and taken back."""

import pytest
from canned import Canned
from hypothesis import given
from hypothesis import strategies as st

from secguard.engine.change import Undo
from secguard.engine.setting import Item
from secguard.errors import NotThere, Throttled
from secguard.settings.guardduty_findings import Archived, Feedback
from secguard.settings.triage import Triage, fields_of, question, severity_label

PRODUCT = "arn:aws:securityhub:us-east-1::product/aws/guardduty"
BESIDE = ["one", "two"]
DETECTOR = "12abc34d567e8fa901bc2d34e56789f0"


def address(finding_id="one", *fields):
    return {"id": finding_id, "product_arn": PRODUCT, "fields": list(fields), "beside": BESIDE}


def item(finding_id, wanted, *, own=None):
    before = dict.fromkeys(wanted)
    return Item(address(finding_id, *wanted), before, wanted, {"own": own or {}})


def unprocessed(finding_id, code):
    return {"FindingIdentifier": {"Id": finding_id, "ProductArn": PRODUCT}, "ErrorCode": code, "ErrorMessage": "no"}


def test_two_findings_side_by_side_are_one_question():
    found = [{"Id": each, "ProductArn": PRODUCT, "Workflow": {"Status": "NOTIFIED"}} for each in BESIDE]
    aws = Canned({"securityhub:GetFindings": {"Findings": found}})

    assert [Triage().read(aws, address(each, "Workflow")).value for each in BESIDE] == [{"Workflow": "NOTIFIED"}] * 2
    assert {str(asked) for _, asked in aws.asked} == {str(question(address()))}


def test_every_page_of_the_answer_is_looked_through():
    def pages(asked):
        if "NextToken" in asked:
            return {"Findings": [{"Id": "two", "ProductArn": PRODUCT}]}
        return {"Findings": [{"Id": "one", "ProductArn": PRODUCT}], "NextToken": "more"}

    assert Triage().read(Canned({"securityhub:GetFindings": pages}), address("two", "Note")).value == {"Note": None}


def test_the_same_id_of_another_product_is_another_finding():
    other = {"Id": "one", "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/inspector"}

    with pytest.raises(NotThere):
        Triage().read(Canned({"securityhub:GetFindings": {"Findings": [other]}}), address("one", "Workflow"))


def test_what_is_not_there_is_the_default_or_nothing():
    fields = ("Workflow", "VerificationState", "Note", "Severity", "Criticality", "UserDefinedFields/ticket")

    assert fields_of({}, fields) == {
        "Workflow": "NEW",
        "VerificationState": "UNKNOWN",
        "Note": None,
        "Severity": None,
        "Criticality": None,
        "UserDefinedFields/ticket": None,
    }


@pytest.mark.parametrize(
    ("held", "value"),
    [
        ({"Label": "HIGH", "Normalized": 70}, "HIGH"),
        ({"Label": "HIGH", "Normalized": 75}, 75),
        ({"Normalized": 45}, 45),
        ({"Normalized": 40}, "MEDIUM"),
        ({"Label": "LOW", "Normalized": 90}, "LOW"),
        ({"Label": "CRITICAL"}, "CRITICAL"),
    ],
)
def test_a_severity_is_its_label_or_a_number_within_it(held, value):
    assert fields_of({"Severity": held}, ["Severity"]) == {"Severity": value}


@given(st.integers(0, 100))
def test_a_severity_that_is_put_back_is_the_one_that_was_there(number):
    label = severity_label(number)
    value = fields_of({"Severity": {"Label": label, "Normalized": number}}, ["Severity"])["Severity"]

    (call,) = Triage().calls(address("one", "Severity"), {"Severity": "LOW"}, {"Severity": value}, {"own": {}})
    sent = call.parameters["Severity"]
    own = {"INFORMATIONAL": 0, "LOW": 1, "MEDIUM": 40, "HIGH": 70, "CRITICAL": 90}
    assert sent.get("Normalized", own.get(sent.get("Label"))) == number


def test_equal_updates_are_one_call_and_others_are_not():
    """Users' own fields are sent whole, so that nobody's are lost."""
    wanted = {"Workflow": "RESOLVED", "UserDefinedFields/ticket": "SEC-1"}
    calls = Triage().merged([item("one", wanted), item("two", wanted, own={"team": "blue"}), item("three", wanted)])

    sent = {tuple(each["Id"] for each in c.parameters["FindingIdentifiers"]): c.parameters for c in calls}
    assert sent.keys() == {("one", "three"), ("two",)}
    assert sent[("two",)]["UserDefinedFields"] == {"team": "blue", "ticket": "SEC-1"}
    assert sent[("one", "three")]["Workflow"] == {"Status": "RESOLVED"}


@pytest.mark.parametrize("code", ["ConcurrentUpdateError", "InternalFailure"])
def test_what_was_in_the_way_for_a_moment_is_postponed(code):
    items, answer = [item("one", {}), item("two", {})], {"UnprocessedFindings": [unprocessed("two", code)]}

    assert Triage().postponed(items, [answer]) == {1: f"{code}: no"}
    assert Triage().refusals(items, [answer]) == {}


@pytest.mark.parametrize("code", ["FindingNotFound", "FindingSizeExceeded", "InvalidInput", "SomethingNew"])
def test_what_repeating_does_not_help_is_refused_by_name(code):
    items, answer = [item("one", {}), item("two", {})], {"UnprocessedFindings": [unprocessed("one", code)]}

    assert Triage().refusals(items, [answer]) == {0: f"{code}: no"}
    assert Triage().postponed(items, [answer]) == {}


def test_a_status_comes_back_exactly():
    back = Triage().way_back(address(), {"Workflow": "NEW"}, {"Workflow": "RESOLVED"})

    assert (back.grade, back.value) == (Undo.EXACT, {"Workflow": "NEW"})


def test_what_was_never_there_stays_and_the_rest_comes_back():
    note = {"Text": "ours", "UpdatedBy": "operator"}
    back = Triage().way_back(address(), {"Workflow": "NEW", "Note": None}, {"Workflow": "RESOLVED", "Note": note})

    assert (back.grade, back.value) == (Undo.NEAREST, {"Workflow": "NEW", "Note": note})
    assert back.note == "the note stays on the finding"


def test_a_note_alone_can_not_be_taken_away():
    back = Triage().way_back(address(), {"Note": None}, {"Note": {"Text": "ours", "UpdatedBy": "operator"}})

    assert back.grade is Undo.NONE


def test_a_half_done_update_is_ours():
    before, after = {"Workflow": "NEW", "Confidence": None}, {"Workflow": "RESOLVED", "Confidence": 9}

    assert Triage().passes_through({"Workflow": "RESOLVED", "Confidence": None}, before, after)
    assert not Triage().passes_through({"Workflow": "SUPPRESSED", "Confidence": None}, before, after)


def test_too_fast_is_waited_out_and_nothing_else():
    assert Triage().passes(Throttled("slow down"))
    assert not Triage().passes(NotThere("gone"))


def test_guarddutys_findings_are_read_together_and_set_together():
    spot = {"detector_id": DETECTOR, "beside": BESIDE}
    found = [{"Id": "one", "Service": {"Archived": True}}, {"Id": "two", "Service": {"UserFeedback": "USEFUL"}}]
    aws = Canned({"guardduty:GetFindings": {"Findings": found}})

    assert [Archived().read(aws, {**spot, "id": each}).value for each in BESIDE] == [True, False]
    assert [Feedback().read(aws, {**spot, "id": each}).value for each in BESIDE] == [None, "USEFUL"]
    assert {tuple(asked["FindingIds"]) for _, asked in aws.asked} == {("one", "two")}

    items = [Item({**spot, "id": each}, False, True, None) for each in BESIDE]
    (call,) = Archived().merged(items)
    assert (call.operation, call.parameters["FindingIds"]) == ("ArchiveFindings", ["one", "two"])
    assert Archived().calls({**spot, "id": "one"}, True, False, None)[0].operation == "UnarchiveFindings"


def test_a_finding_that_the_detector_does_not_show_is_gone():
    with pytest.raises(NotThere):
        Archived().read(
            Canned({"guardduty:GetFindings": {"Findings": []}}),
            {"detector_id": DETECTOR, "id": "one", "beside": BESIDE},
        )


def test_feedback_can_be_changed_and_not_unsaid():
    assert Feedback().way_back({}, None, "USEFUL").grade is Undo.NONE
    assert Feedback().way_back({}, "NOT_USEFUL", "USEFUL").value == "NOT_USEFUL"
