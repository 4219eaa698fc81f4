"""A finding's workflow status, and the note that names the run."""

import pytest
from canned import Canned

from secguard.engine.change import Undo
from secguard.engine.setting import Item
from secguard.engine.values import late_names
from secguard.errors import NotThere
from secguard.settings.findings import WorkflowStatus

ONE = {"id": "arn:aws:guardduty:…/finding/1", "product_arn": "arn:aws:securityhub:us-east-1::product/aws/guardduty"}
TWO = {**ONE, "id": "arn:aws:guardduty:…/finding/2"}


def item(address, wanted="NOTIFIED", note=None):
    return Item(address, "NEW", wanted, {"note": note})


def test_a_finding_without_a_workflow_is_new():
    assert WorkflowStatus().read(Canned({"securityhub:GetFindings": {"Findings": [{}]}}), ONE).value == "NEW"


def test_a_finding_that_expired_is_gone():
    with pytest.raises(NotThere):
        WorkflowStatus().read(Canned({"securityhub:GetFindings": {"Findings": []}}), ONE)


def test_findings_that_get_the_same_status_share_a_call():
    (call,) = WorkflowStatus().merged([item(ONE), item(TWO)])

    assert [each["Id"] for each in call.parameters["FindingIdentifiers"]] == [ONE["id"], TWO["id"]]
    assert set(late_names(call.parameters["Note"])) == {"run_id"}


def test_someone_elses_note_is_left_where_it_stands():
    calls = WorkflowStatus().merged([item(ONE, note={"Text": "mine", "UpdatedBy": "anna"}), item(TWO)])

    noted = {call.parameters["FindingIdentifiers"][0]["Id"]: "Note" in call.parameters for call in calls}
    assert noted == {ONE["id"]: False, TWO["id"]: True}


def test_putting_the_status_back_writes_no_note():
    (call,) = WorkflowStatus().merged([item(ONE, wanted="NEW")])

    assert "Note" not in call.parameters
    assert WorkflowStatus().way_back(ONE, "NEW", "NOTIFIED").grade is Undo.NEAREST


def test_what_security_hub_left_unprocessed_is_refused_by_name():
    answer = {
        "UnprocessedFindings": [
            {
                "FindingIdentifier": {"Id": TWO["id"], "ProductArn": TWO["product_arn"]},
                "ErrorCode": "FindingNotFound",
                "ErrorMessage": "gone",
            }
        ]
    }

    assert WorkflowStatus().refusals([item(ONE), item(TWO)], [answer]) == {1: "FindingNotFound: gone"}
