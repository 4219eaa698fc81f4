"""`secguard enable` against the sandbox: what is sent, what stands afterwards, what is said."""

import pytest

from secguard.sandbox.shared import set_unsupported_features, shared
from secguard.settings.securityhub import Standard

WANTED = {"S3_DATA_EVENTS", "EKS_AUDIT_LOGS", "EBS_MALWARE_PROTECTION", "RDS_LOGIN_EVENTS", "LAMBDA_NETWORK_LOGS"}
REFUSED = (403, "AccessDeniedException", "User is not authorized to perform this")


def on(detector):
    return {name for name, feature in detector.features.items() if feature.status == "ENABLED"}


def statuses(said, region, setting):
    return [c["status"] for c in said.json["changes"] if c["region"] == region and c["setting"] == setting]


def test_everything_missing_is_turned_on_everywhere(secguard, breach, detector, hub):
    said = secguard("enable", "--all-regions", "-o", "json")

    assert said.code == 0
    assert said.json["outcome"] == "done"
    assert {change["status"] for change in said.json["changes"]} == {"verified"}
    for region in ("sa-east-1", "eu-west-3", "ap-southeast-2", "eu-north-1"):
        assert detector(region).enabled
        assert detector(region).frequency == "FIFTEEN_MINUTES"
        assert on(detector(region)) == WANTED
        enabled = {arn.partition("/")[2]: each.status for arn, each in hub(region).subscriptions.items()}
        assert enabled == {
            "aws-foundational-security-best-practices/v/1.0.0": "READY",
            "cis-aws-foundations-benchmark/v/5.0.0": "READY",
        }


def test_a_second_run_changes_nothing_and_says_so(secguard, breach):
    secguard("enable", "--all-regions")
    breach.calls.clear()

    said = secguard("enable", "--all-regions")

    assert said.code == 0
    assert "nothing to do" in said.stdout
    assert breach.calls.writes() == []


def test_a_dry_run_writes_nothing_and_says_the_same_twice(secguard, breach):
    first = secguard("enable", "--all-regions", "--dry-run", "-o", "json")
    second = secguard("enable", "--all-regions", "--dry-run", "-o", "json")

    assert first.code == 0
    assert len(first.json["changes"]) > 50
    assert first.stdout == second.stdout
    assert breach.calls.writes() == []


def test_a_dry_run_needs_no_standards_of_a_hub_that_is_off(secguard, empty):
    said = secguard("enable", "--dry-run", "-o", "json")

    arns = [c["address"]["standard"] for c in said.json["changes"] if c["setting"] == "securityhub.standard"]
    assert arns == [
        "arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0",
        "arn:aws:securityhub:us-east-1::standards/cis-aws-foundations-benchmark/v/5.0.0",
    ]


def test_a_new_detector_comes_up_with_what_is_wanted_in_one_call(secguard, empty, detector):
    secguard("enable", "--service", "guardduty")

    [created] = empty.calls.writes()
    named = {feature["Name"]: feature["Status"] for feature in created.parameters["Features"]}
    assert {name for name, status in named.items() if status == "ENABLED"} == WANTED
    assert named["RUNTIME_MONITORING"] == named["AI_PROTECTION"] == "DISABLED"
    assert on(detector("us-east-1")) == WANTED
    assert detector("us-east-1").tags["secguard:change"] == "1"


def test_a_region_that_lacks_a_plan_gets_the_others_and_nothing_unasked(secguard, empty, detector):
    set_unsupported_features("us-east-1", {"RDS_LOGIN_EVENTS", "AI_PROTECTION"})

    said = secguard("enable", "--service", "guardduty", "-o", "json")

    assert said.code == 0
    [lacking] = [change for change in said.json["changes"] if change["unsupported"]]
    assert lacking["address"]["feature"] == "RDS_LOGIN_EVENTS"
    assert lacking["status"] == "skipped"
    assert detector("us-east-1").enabled
    assert on(detector("us-east-1")) == WANTED - {"RDS_LOGIN_EVENTS"}
    refused, made, *_ = empty.calls.of("guardduty", "CreateDetector")
    assert (refused.status, made.status) == (400, 200)
    assert made.parameters["Enable"] is False


def test_what_a_region_lacks_is_not_tried_again(secguard, empty):
    set_unsupported_features("us-east-1", {"RDS_LOGIN_EVENTS"})
    secguard("enable", "--service", "guardduty")
    empty.calls.clear()

    said = secguard("enable", "--service", "guardduty")

    assert said.code == 0
    assert "RDS_LOGIN_EVENTS" in said.stdout
    assert empty.calls.writes() == []


def test_a_suspended_detector_is_turned_on_and_otherwise_left_alone(secguard, breach):
    secguard("enable", "--region", "eu-west-3", "--service", "guardduty")

    [update] = breach.calls.writes()
    assert update.operation == "UpdateDetector"
    assert update.parameters["Enable"] is True
    assert "Features" not in update.parameters


def test_missing_plans_of_a_region_go_in_one_call(secguard, breach):
    secguard("enable", "--region", "ap-southeast-2", "--service", "guardduty")

    [update] = breach.calls.writes()
    named = {feature["Name"]: feature["Status"] for feature in update.parameters["Features"]}
    assert named == {"S3_DATA_EVENTS": "ENABLED", "LAMBDA_NETWORK_LOGS": "ENABLED"}


def test_one_region_failing_leaves_the_others_done(secguard, empty, detector):
    empty.faults.add(answer=REFUSED, service="guardduty", operation="CreateDetector", region="sa-east-1")

    said = secguard("enable", "--region", "sa-east-1,eu-west-1", "--service", "guardduty")

    assert said.code == 3
    assert "not authorized" in said.stdout
    assert detector("eu-west-1").enabled
    assert detector("sa-east-1") is None


def test_a_region_that_would_not_say_is_named_and_left_alone(secguard, empty, detector):
    empty.faults.add(answer=REFUSED, service="guardduty", operation="ListDetectors", region="sa-east-1")

    said = secguard("enable", "--region", "sa-east-1,eu-west-1", "-q")

    assert said.code == 3
    assert "incomplete: 123456789012 sa-east-1: " in said.stderr
    assert detector("eu-west-1").enabled
    assert not [call for call in empty.calls.writes() if (call.service, call.region) == ("guardduty", "sa-east-1")]


def test_what_aws_is_still_about_is_pending_and_no_failure(secguard, empty, monkeypatch):
    monkeypatch.setattr(Standard, "settles_in", 0.1)
    shared().pending_polls = 1000

    said = secguard("enable", "-o", "json")
    again = secguard("enable", "--service", "securityhub")

    assert said.code == 0
    assert statuses(said, "us-east-1", "securityhub.standard") == ["pending", "pending"]
    assert again.code == 0
    assert "fsbp-1.0.0" in again.stdout


def test_what_is_pending_past_the_wait_is_told_by_the_exit_code(secguard, empty, monkeypatch):
    monkeypatch.setattr(Standard, "settles_in", 0.1)
    shared().pending_polls = 1000

    said = secguard("enable", "--service", "securityhub", "--wait", "0.2")

    assert said.code == 3


def test_standards_without_a_recorder_are_on_and_say_what_they_lack(secguard, empty):
    said = secguard("enable", "--service", "securityhub", "-o", "json")

    assert said.code == 0
    notes = [change["note"] for change in said.json["changes"] if change["setting"] == "securityhub.standard"]
    assert notes == ["INCOMPLETE: NO_AVAILABLE_CONFIGURATION_RECORDER"] * 2
    assert "there is no Config recorder" in said.stderr


def test_the_hub_comes_without_default_standards(secguard, empty):
    secguard("enable", "--service", "securityhub")

    [enabled] = empty.calls.of("securityhub", "EnableSecurityHub")
    assert enabled.parameters["EnableDefaultStandards"] is False
    [standards] = empty.calls.of("securityhub", "BatchEnableStandards")
    assert len(standards.parameters["StandardsSubscriptionRequests"]) == 2


def test_findings_of_several_regions_are_gathered_in_the_profiles(secguard, empty, hub):
    secguard("enable", "--region", "us-east-1,eu-west-1", "--service", "securityhub")

    [created] = empty.calls.of("securityhub", "CreateFindingAggregator")
    assert created.region == "us-east-1"
    assert created.parameters == {"RegionLinkingMode": "ALL_REGIONS"}


def test_one_region_alone_needs_no_home(secguard, empty):
    secguard("enable", "--region", "eu-west-1", "--service", "securityhub")

    assert empty.calls.of("securityhub", "CreateFindingAggregator") == []


def test_the_home_region_is_not_moved(secguard, breach):
    said = secguard("enable", "--region", "us-east-1,eu-west-1", "--home-region", "eu-west-1", "-o", "json")

    assert said.code == 3
    [refusal] = said.json["refused"]
    assert refusal["rule"] == "home-region"
    assert "us-east-1" in refusal["why"]
    assert breach.calls.writes() == []


def test_a_standard_that_does_not_exist_takes_no_other_with_it(secguard, empty, hub):
    said = secguard("enable", "--standard", "cis-9.9.9", "--standard", "fsbp", "-o", "json")

    assert said.code == 3
    assert sorted(statuses(said, "us-east-1", "securityhub.standard")) == ["failed", "verified"]
    assert [arn.rpartition("/v/")[2] for arn in hub("us-east-1").subscriptions] == ["1.0.0"]


def test_a_standard_that_central_configuration_owns_fails_and_says_where_to_go(secguard, breach):
    central = "This account is currently associated with a central configuration policy, so only the administrator can"
    answer = (403, "AccessDeniedException", central)
    breach.faults.add(answer=answer, service="securityhub", operation="BatchEnableStandards")

    said = secguard("enable", "--region", "us-west-2", "-o", "json")

    [change] = said.json["changes"]
    assert (change["status"], said.code) == ("failed", 3)
    assert "central configuration policy" in change["error"]


def test_naming_a_plan_touches_no_other_service(secguard, breach):
    said = secguard("enable", "--region", "us-west-2", "--feature", "runtime", "-o", "json")

    assert [(c["setting"], c["address"]["feature"]) for c in said.json["changes"]] == [
        ("guardduty.feature", "RUNTIME_MONITORING")
    ]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--feature", "s33"), "no feature 's33'"),
        (("--standard", "cis5"), "no standard 'cis5'"),
        (("--integration", "a/b/c"), "no integration"),
        (("--feature", "runtime", "--feature", "eks-runtime"), "exclude one another"),
        (("--service", "waf"), "'waf'"),
    ],
)
def test_what_is_not_known_is_said_before_anything_is_done(secguard, empty, words, problem):
    said = secguard("enable", *words)

    assert said.code == 2
    assert problem in said.stderr
    assert empty.calls.writes() == []


def test_what_is_on_besides_is_named_and_left_on(secguard, breach, hub):
    said = secguard("enable", "--region", "us-west-2")

    assert "on besides, and left on: cis-1.2.0: us-west-2" in said.stderr
    assert any("1.2.0" in arn for arn in hub("us-west-2").subscriptions)


def test_undoing_suspends_the_detector_and_turns_the_hub_off(secguard, empty, detector, hub):
    run = secguard("enable", "-o", "json").json["run_id"]

    said = secguard("undo", run, "--allow", "lower-coverage", "-o", "json")

    assert said.code == 0
    assert detector("us-east-1").enabled is False
    assert hub("us-east-1").hub is None
    assert [call.operation for call in empty.calls.writes()][-3:] != ["DeleteDetector"]
    assert empty.calls.of("guardduty", "DeleteDetector") == []


def test_a_saved_plan_is_planned_anew_and_applied(secguard, breach, tmp_path, detector):
    plan = tmp_path / "plan.json"
    secguard("enable", "--region", "eu-west-2,eu-west-3", "--plan-out", plan)

    said = secguard("apply", plan, "--yes", "-o", "json")

    assert said.code == 0
    assert said.json["outcome"] == "done"
    assert detector("eu-west-3").enabled
    assert on(detector("eu-west-2")) == WANTED


def test_an_integration_is_taken_in(secguard, breach, hub):
    said = secguard("enable", "--region", "us-east-1", "--integration", "prowler/prowler", "-o", "json")

    assert said.code == 0
    [call] = breach.calls.writes()
    assert call.parameters == {"ProductArn": "arn:aws:securityhub:us-east-1::product/prowler/prowler"}


def test_waiting_without_a_time_is_half_an_hour_and_stands_before_other_options(secguard, empty):
    said = secguard("enable", "--wait", "--dry-run", "-o", "json")

    assert said.code == 0
    assert said.json["request"]["waits"] is True


def test_another_account_is_reached_by_its_role(secguard, breach):
    said = secguard("enable", "--account", "222222222222", "--region", "sa-east-1", "-o", "json")

    assert said.code == 0
    assert {call.account for call in breach.calls.writes() if call.service == "securityhub"} == {"222222222222"}
