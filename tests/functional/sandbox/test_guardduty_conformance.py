"""Every emulated GuardDuty operation answers as botocore's model says."""

from secguard.sandbox import guardduty as emulated
from secguard.sandbox.shared import set_administrator

MANAGEMENT, OUTSIDER = "111111111111", "222222222222"
CRITERIA = {"Criterion": {"severity": {"Gte": 1}}}


def test_every_emulated_operation_answers_as_its_model_says(bare_client, conformance):
    """The fixture `conformance` fails the test for any answer that does not."""
    audit, workload = organize(bare_client)
    designate(bare_client("guardduty", account=MANAGEMENT), audit)
    guardduty = bare_client("guardduty", account=audit)
    (detector,) = guardduty.list_detectors()["DetectorIds"]

    settings(guardduty, detector, account=audit)
    findings(guardduty, detector)
    members(guardduty, detector, member=workload)
    guardduty.update_organization_configuration(DetectorId=detector, AutoEnableOrganizationMembers="NEW")
    guardduty.describe_organization_configuration(DetectorId=detector)
    being_a_member(bare_client)
    bare_client("guardduty", account=MANAGEMENT).disable_organization_admin_account(AdminAccountId=audit)
    guardduty.delete_detector(DetectorId=detector)

    driven = {operation for service, operation in conformance.checked if service == "guardduty"}
    assert set(emulated.SERVICE.operations) - driven == set()


def organize(bare_client):
    organizations = bare_client("organizations", account=MANAGEMENT)
    organizations.create_organization(FeatureSet="ALL")
    return [
        organizations.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]["AccountId"]
        for name in ("audit", "workload")
    ]


def designate(management, account):
    management.enable_organization_admin_account(AdminAccountId=account)
    management.list_organization_admin_accounts()


def settings(guardduty, detector, *, account):
    arn = f"arn:aws:guardduty:us-east-1:{account}:detector/{detector}"
    guardduty.tag_resource(ResourceArn=arn, Tags={"team": "blue"})
    guardduty.untag_resource(ResourceArn=arn, TagKeys=["other"])
    guardduty.list_tags_for_resource(ResourceArn=arn)
    guardduty.update_detector(DetectorId=detector, FindingPublishingFrequency="ONE_HOUR")
    guardduty.get_detector(DetectorId=detector)
    guardduty.create_filter(DetectorId=detector, Name="all", FindingCriteria=CRITERIA, Tags={"a": "b"})
    guardduty.list_filters(DetectorId=detector)
    guardduty.get_filter(DetectorId=detector, FilterName="all")
    guardduty.update_filter(DetectorId=detector, FilterName="all", Rank=1)
    guardduty.delete_filter(DetectorId=detector, FilterName="all")


def findings(guardduty, detector):
    guardduty.create_sample_findings(DetectorId=detector)
    found = guardduty.list_findings(DetectorId=detector, FindingCriteria=CRITERIA)["FindingIds"]
    guardduty.get_findings(DetectorId=detector, FindingIds=found)
    guardduty.archive_findings(DetectorId=detector, FindingIds=found)
    guardduty.unarchive_findings(DetectorId=detector, FindingIds=found)
    guardduty.update_findings_feedback(DetectorId=detector, FindingIds=found, Feedback="USEFUL")
    guardduty.get_findings_statistics(DetectorId=detector, FindingStatisticTypes=["COUNT_BY_SEVERITY"])
    for group in ("ACCOUNT", "DATE", "FINDING_TYPE", "RESOURCE", "SEVERITY"):
        guardduty.get_findings_statistics(DetectorId=detector, GroupBy=group)


def members(guardduty, detector, *, member):
    details = [{"AccountId": member, "Email": "workload@example.com"}]
    guardduty.create_members(DetectorId=detector, AccountDetails=details)
    guardduty.list_members(DetectorId=detector)
    guardduty.get_members(DetectorId=detector, AccountIds=[member, OUTSIDER])
    guardduty.update_member_detectors(DetectorId=detector, AccountIds=[member, OUTSIDER])
    guardduty.get_member_detectors(DetectorId=detector, AccountIds=[member, OUTSIDER])
    guardduty.disassociate_members(DetectorId=detector, AccountIds=[member])
    guardduty.delete_members(DetectorId=detector, AccountIds=[member])


def being_a_member(bare_client):
    guardduty = bare_client("guardduty", "eu-west-1")
    detector = guardduty.create_detector(Enable=True)["DetectorId"]
    guardduty.get_administrator_account(DetectorId=detector)
    set_administrator(OUTSIDER, ["123456789012"])
    guardduty.get_administrator_account(DetectorId=detector)
    guardduty.get_master_account(DetectorId=detector)
