"""The sandbox's detector behaves as GuardDuty's does."""

import pytest
from botocore.exceptions import ClientError

from secguard.sandbox.shared import set_administrator, set_unsupported_features

OPERATOR, MEMBER = "123456789012", "222222222222"
INVALID = "an invalid or out-of-range value is specified as an input parameter"


def features(guardduty, detector):
    listed = guardduty.get_detector(DetectorId=detector)["Features"]
    return {feature["Name"]: feature["Status"] for feature in listed}


def additional(guardduty, detector, name):
    listed = guardduty.get_detector(DetectorId=detector)["Features"]
    feature = next(each for each in listed if each["Name"] == name)
    return {each["Name"]: each["Status"] for each in feature["AdditionalConfiguration"]}


@pytest.fixture
def guardduty(bare_client):
    return bare_client("guardduty")


@pytest.fixture
def detector(guardduty):
    return guardduty.create_detector(Enable=True)["DetectorId"]


def test_there_is_no_detector_until_one_is_created(guardduty):
    assert guardduty.list_detectors()["DetectorIds"] == []

    detector = guardduty.create_detector(Enable=True)["DetectorId"]

    assert guardduty.list_detectors()["DetectorIds"] == [detector]


def test_a_second_detector_is_refused(guardduty, detector):
    with pytest.raises(guardduty.exceptions.BadRequestException, match="a detector already exists for the current"):
        guardduty.create_detector(Enable=True)


def test_the_same_request_once_more_is_answered_once_more(guardduty):
    """A client that heard no answer asks again with its token."""
    asked = {"Enable": True, "ClientToken": "token"}

    first = guardduty.create_detector(**asked)["DetectorId"]

    assert guardduty.create_detector(**asked)["DetectorId"] == first


def test_regions_and_accounts_have_detectors_of_their_own(bare_client, detector):
    assert bare_client("guardduty", "eu-west-1").list_detectors()["DetectorIds"] == []
    assert bare_client("guardduty", account=MEMBER).list_detectors()["DetectorIds"] == []


def test_a_foreign_detector_id_is_not_owned(bare_client, detector):
    elsewhere = bare_client("guardduty", "eu-west-1")

    with pytest.raises(ClientError, match="not owned by the current account") as refused:
        elsewhere.get_detector(DetectorId=detector)

    assert refused.value.response["Error"]["Code"] == "BadRequestException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_what_is_not_named_at_creation_comes_up_enabled_but_for_a_few(guardduty, detector):
    found = features(guardduty, detector)

    assert {name for name, status in found.items() if status == "DISABLED"} == {
        "AI_ANALYST",
        "AI_PROTECTION",
        "EKS_RUNTIME_MONITORING",
        "RUNTIME_MONITORING",
    }
    assert found["CLOUD_TRAIL"] == found["DNS_LOGS"] == found["FLOW_LOGS"] == "ENABLED"


def test_features_named_at_creation_are_as_named(guardduty):
    named = [{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}, {"Name": "RUNTIME_MONITORING", "Status": "ENABLED"}]

    detector = guardduty.create_detector(Enable=True, Features=named)["DetectorId"]

    found = features(guardduty, detector)
    assert (found["S3_DATA_EVENTS"], found["RUNTIME_MONITORING"]) == ("DISABLED", "ENABLED")
    assert found["EKS_AUDIT_LOGS"] == "ENABLED"


def test_an_update_leaves_the_features_it_does_not_name(guardduty, detector):
    before = features(guardduty, detector)

    guardduty.update_detector(DetectorId=detector, Features=[{"Name": "EKS_AUDIT_LOGS", "Status": "DISABLED"}])

    assert features(guardduty, detector) == {**before, "EKS_AUDIT_LOGS": "DISABLED"}


def test_additional_configuration_that_is_not_named_stays(guardduty, detector):
    def runtime(**agents):
        listed = [{"Name": name, "Status": status} for name, status in agents.items()]
        feature = {"Name": "RUNTIME_MONITORING", "Status": "ENABLED", "AdditionalConfiguration": listed}
        guardduty.update_detector(DetectorId=detector, Features=[feature])

    runtime(EKS_ADDON_MANAGEMENT="ENABLED")
    runtime(EC2_AGENT_MANAGEMENT="ENABLED")

    assert additional(guardduty, detector, "RUNTIME_MONITORING") == {
        "EKS_ADDON_MANAGEMENT": "ENABLED",
        "EC2_AGENT_MANAGEMENT": "ENABLED",
        "ECS_FARGATE_AGENT_MANAGEMENT": "DISABLED",
    }


def test_data_risk_shows_under_rds_login_events(guardduty, detector):
    assert additional(guardduty, detector, "RDS_LOGIN_EVENTS") == {"RDS_DATA_RISK": "DISABLED"}


@pytest.mark.parametrize(
    "asked",
    [
        [{"Name": "MIND_READING", "Status": "ENABLED"}],
        [{"Name": "FLOW_LOGS", "Status": "ENABLED"}],
        [{"Name": "RUNTIME_MONITORING", "Status": "ON"}],
        [{"Name": "RUNTIME_MONITORING", "Status": "ENABLED"}, {"Name": "EKS_RUNTIME_MONITORING", "Status": "ENABLED"}],
        [
            {
                "Name": "S3_DATA_EVENTS",
                "Status": "ENABLED",
                "AdditionalConfiguration": [{"Name": "RDS_DATA_RISK", "Status": "ENABLED"}],
            }
        ],
    ],
    ids=["unknown", "foundational", "status", "both-runtimes", "foreign-addition"],
)
def test_features_that_make_no_sense_are_refused_and_nothing_changes(guardduty, detector, asked):
    before = features(guardduty, detector)

    with pytest.raises(guardduty.exceptions.BadRequestException, match=INVALID):
        guardduty.update_detector(DetectorId=detector, Features=asked)

    assert features(guardduty, detector) == before


def test_a_region_may_lack_a_feature(bare_client):
    hong_kong = bare_client("guardduty", "ap-east-2")
    detector = hong_kong.create_detector(Enable=True)["DetectorId"]

    assert "RDS_LOGIN_EVENTS" not in features(hong_kong, detector)
    with pytest.raises(hong_kong.exceptions.BadRequestException, match=INVALID):
        hong_kong.update_detector(DetectorId=detector, Features=[{"Name": "RDS_LOGIN_EVENTS", "Status": "ENABLED"}])


def test_which_features_a_region_lacks_can_be_set(guardduty):
    set_unsupported_features("us-east-1", ["LAMBDA_NETWORK_LOGS"])

    detector = guardduty.create_detector(Enable=True)["DetectorId"]

    assert "LAMBDA_NETWORK_LOGS" not in features(guardduty, detector)


def test_a_suspended_detector_shows_its_features_as_off_and_has_them_back_afterwards(guardduty, detector):
    before = features(guardduty, detector)

    guardduty.update_detector(DetectorId=detector, Enable=False)
    suspended = features(guardduty, detector)
    guardduty.update_detector(DetectorId=detector, Enable=True)

    assert set(suspended.values()) == {"DISABLED"}
    assert features(guardduty, detector) == before


def test_nothing_can_be_enabled_while_suspended(guardduty, detector):
    guardduty.update_detector(DetectorId=detector, Enable=False)
    asked = [{"Name": "RUNTIME_MONITORING", "Status": "ENABLED"}]

    with pytest.raises(
        guardduty.exceptions.BadRequestException, match="cannot enable a data source while the detector"
    ):
        guardduty.update_detector(DetectorId=detector, Features=asked)
    guardduty.update_detector(DetectorId=detector, Enable=True, Features=asked)

    assert features(guardduty, detector)["RUNTIME_MONITORING"] == "ENABLED"


def test_the_older_data_sources_mean_the_same_features(guardduty, detector):
    guardduty.update_detector(DetectorId=detector, DataSources={"S3Logs": {"Enable": False}})

    answer = guardduty.get_detector(DetectorId=detector)

    assert features(guardduty, detector)["S3_DATA_EVENTS"] == "DISABLED"
    assert answer["DataSources"]["S3Logs"]["Status"] == "DISABLED"
    assert answer["DataSources"]["Kubernetes"]["AuditLogs"]["Status"] == "ENABLED"


def test_the_publishing_frequency_is_six_hours_until_set(guardduty, detector):
    assert guardduty.get_detector(DetectorId=detector)["FindingPublishingFrequency"] == "SIX_HOURS"

    guardduty.update_detector(DetectorId=detector, FindingPublishingFrequency="FIFTEEN_MINUTES")

    assert guardduty.get_detector(DetectorId=detector)["FindingPublishingFrequency"] == "FIFTEEN_MINUTES"


def test_a_deleted_detector_is_gone_and_so_is_its_id(guardduty, detector):
    guardduty.delete_detector(DetectorId=detector)

    assert guardduty.list_detectors()["DetectorIds"] == []
    with pytest.raises(guardduty.exceptions.BadRequestException, match="not owned"):
        guardduty.delete_detector(DetectorId=detector)


def test_an_administrator_with_members_keeps_its_detector(guardduty, detector):
    set_administrator(OPERATOR, [MEMBER])

    with pytest.raises(guardduty.exceptions.BadRequestException, match="has invited or associated members"):
        guardduty.delete_detector(DetectorId=detector)


def test_tags_are_added_and_removed_one_by_one(guardduty, detector):
    arn = f"arn:aws:guardduty:us-east-1:{OPERATOR}:detector/{detector}"

    guardduty.tag_resource(ResourceArn=arn, Tags={"team": "blue", "cost": "7"})
    guardduty.untag_resource(ResourceArn=arn, TagKeys=["cost", "unknown"])

    assert guardduty.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "blue"}
    with pytest.raises(guardduty.exceptions.BadRequestException, match="no such resource"):
        guardduty.list_tags_for_resource(ResourceArn=arn.replace(detector, "0" * 32))


def test_filters_are_kept_changed_and_deleted(guardduty, detector):
    criteria = {"Criterion": {"type": {"Matches": ["Recon:*"]}}}
    guardduty.create_filter(DetectorId=detector, Name="probes", Action="ARCHIVE", FindingCriteria=criteria)

    guardduty.update_filter(DetectorId=detector, FilterName="probes", Description="noise")

    found = guardduty.get_filter(DetectorId=detector, FilterName="probes")
    assert (found["Action"], found["Description"], found["FindingCriteria"]) == ("ARCHIVE", "noise", criteria)
    assert guardduty.list_filters(DetectorId=detector)["FilterNames"] == ["probes"]
    with pytest.raises(guardduty.exceptions.BadRequestException, match="already used"):
        guardduty.create_filter(DetectorId=detector, Name="probes", FindingCriteria=criteria)
    guardduty.delete_filter(DetectorId=detector, FilterName="probes")
    with pytest.raises(guardduty.exceptions.BadRequestException, match="no such resource"):
        guardduty.get_filter(DetectorId=detector, FilterName="probes")
