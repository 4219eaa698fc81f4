"""GuardDuty's settings, over a detector that is a dictionary."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from secguard.engine.change import Undo
from secguard.engine.setting import Item
from secguard.errors import AwsError, Denied, Unsupported
from secguard.model import Place
from secguard.settings.guardduty import CROWDED, Detector, Feature, PublishingFrequency

HERE = Place("123456789012", "eu-west-1")
SWITCHABLE = ("S3_DATA_EVENTS", "RDS_LOGIN_EVENTS", "RUNTIME_MONITORING", "EKS_RUNTIME_MONITORING", "AI_ANALYST")
NEW = {"features": ["S3_DATA_EVENTS"], "frequency": "FIFTEEN_MINUTES"}
INVALID = "The request is rejected because an invalid or out-of-range value is specified as an input parameter."


@dataclass
class Aws:
    """A place with one detector, or none."""

    features: dict[str, str] = field(default_factory=dict)
    status: str = "ENABLED"
    there: bool = True
    place: Place = HERE

    def ask(self, service, operation, /, **parameters: Any):
        if operation == "ListDetectors":
            return {"DetectorIds": ["d1"] if self.there else []}
        features = [
            {"Name": name, "Status": status} for name, status in {"DNS_LOGS": "ENABLED", **self.features}.items()
        ]
        return {"Status": self.status, "FindingPublishingFrequency": "SIX_HOURS", "Features": features}

    def choices(self, service, shape):
        return SWITCHABLE if shape == "DetectorFeature" else ("DNS_LOGS", *SWITCHABLE)


def calls(setting, address, aws, wanted):
    found = setting.read(aws, address)
    return setting.calls(address, found.value, wanted, found.context)


def test_a_new_detector_names_every_plan_that_could_come_up_by_itself():
    [create] = calls(Detector(), NEW, Aws(there=False), "ENABLED")

    assert create.operation == "CreateDetector"
    assert create.parameters["Enable"] is True
    assert create.parameters["FindingPublishingFrequency"] == "FIFTEEN_MINUTES"
    assert {each["Name"]: each["Status"] for each in create.parameters["Features"]} == {
        "S3_DATA_EVENTS": "ENABLED",
        "RDS_LOGIN_EVENTS": "DISABLED",
        "RUNTIME_MONITORING": "DISABLED",
    }


def test_both_runtime_plans_are_never_named_together():
    [create] = calls(Detector(), {"features": ["EKS_RUNTIME_MONITORING"]}, Aws(there=False), "ENABLED")

    names = [each["Name"] for each in create.parameters["Features"]]
    assert "EKS_RUNTIME_MONITORING" in names
    assert "RUNTIME_MONITORING" not in names


def test_a_refused_list_of_plans_leads_to_a_suspended_detector():
    refused = AwsError("no", code="BadRequestException", operation="CreateDetector", aws_message=INVALID)
    item = Item(NEW, None, "ENABLED", {"detector": None, "features": list(SWITCHABLE)})

    [create] = Detector().instead(item, refused)
    assert create.parameters["Enable"] is False
    assert "Features" not in create.parameters


@pytest.mark.parametrize(
    "error",
    [
        Denied("no", operation="CreateDetector", aws_message="not authorized"),
        AwsError("no", operation="UpdateDetector", aws_message=INVALID),
    ],
)
def test_another_refusal_stands(error):
    assert Detector().instead(Item(NEW, None, "ENABLED", {}), error) == []


def test_a_suspended_detector_of_our_own_loses_what_was_not_asked_for_before_it_is_turned_on():
    aws = Aws({"S3_DATA_EVENTS": "ENABLED", "RDS_LOGIN_EVENTS": "ENABLED"}, status="DISABLED")

    trim, switch = calls(Detector(), NEW, aws, "ENABLED")
    assert trim.parameters["Features"] == [{"Name": "RDS_LOGIN_EVENTS", "Status": "DISABLED"}]
    assert switch.parameters == {"DetectorId": "d1", "Enable": True}


def test_a_suspended_detector_of_someone_elses_keeps_its_plans():
    aws = Aws({"RDS_LOGIN_EVENTS": "ENABLED"}, status="DISABLED")

    [switch] = calls(Detector(), {}, aws, "ENABLED")
    assert switch.parameters == {"DetectorId": "d1", "Enable": True}


def test_a_new_detector_that_came_up_with_more_is_not_done():
    aws = Aws({"S3_DATA_EVENTS": "ENABLED", "AI_ANALYST": "ENABLED"})

    assert Detector().read(aws, NEW).value == CROWDED
    assert Detector().passes_through(CROWDED, None, "ENABLED")
    [trim] = calls(Detector(), NEW, aws, "ENABLED")
    assert trim.parameters["Features"] == [{"Name": "AI_ANALYST", "Status": "DISABLED"}]


def test_undoing_suspends_and_never_deletes():
    back = Detector().way_back(NEW, None, "ENABLED")

    assert (back.grade, back.value) == (Undo.NEAREST, "SUSPENDED")
    assert Detector.writes == ("guardduty:CreateDetector", "guardduty:UpdateDetector", "guardduty:TagResource")
    [suspend] = calls(Detector(), {}, Aws(), "SUSPENDED")
    assert suspend.parameters == {"DetectorId": "d1", "Enable": False}


def test_what_was_suspended_before_is_suspended_again():
    assert Detector().way_back({}, "SUSPENDED", "ENABLED").grade is Undo.EXACT


def test_plans_of_one_detector_share_a_call():
    items = [Item({"detector": "d1", "feature": name}, "DISABLED", "ENABLED", None) for name in ("A", "B")]

    [update] = Feature().merged(items)
    assert [each["Name"] for each in update.parameters["Features"]] == ["A", "B"]


def test_a_plan_that_is_not_shown_is_not_offered():
    with pytest.raises(Unsupported, match="eu-west-1 has no RDS_LOGIN_EVENTS"):
        Feature().read(Aws({"S3_DATA_EVENTS": "ENABLED"}), {"detector": "d1", "feature": "RDS_LOGIN_EVENTS"})


def test_a_detector_that_was_switched_on_this_moment_is_waited_for():
    message = "The request failed because you cannot enable a data source while the detector is disabled."

    assert Feature().passes(AwsError("no", aws_message=message))
    assert not Feature().passes(AwsError("no", aws_message=INVALID))


def test_what_stood_on_no_detector_is_not_set_back():
    for setting in (Feature(), PublishingFrequency()):
        address = {"detector": "d1", "feature": "S3_DATA_EVENTS"}
        assert setting.way_back(address, None, "X").value == "X"
        assert setting.preview(address, None, "X", None) == []
        assert setting.way_back(address, "Y", "X") == setting.way_back(address, "Y", "Z")


def test_foundational_sources_are_no_plans():
    assert list(Detector().read(Aws({"S3_DATA_EVENTS": "ENABLED"}), {}).context["features"]) == ["S3_DATA_EVENTS"]
