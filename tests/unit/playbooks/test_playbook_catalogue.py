"""Which playbook answers which finding, best first."""

import pytest
from findings_made import bucket, finding, instance, key, remote

from secguard.playbooks.case import about
from secguard.playbooks.catalogue import Catalogue
from secguard.settings import registry

ACTOR = {"aws/guardduty/service/resourceRole": "ACTOR"}
ON_INSTANCE = {"resources": [instance()], "Action": remote("45.155.205.233")}


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.builtin(registry())


@pytest.mark.parametrize(
    ("kind", "more", "best"),
    [
        ("UnauthorizedAccess:EC2/SSHBruteForce", ON_INSTANCE, "block-ip"),
        ("UnauthorizedAccess:EC2/SSHBruteForce", {**ON_INSTANCE, "ProductFields": ACTOR}, "isolate-instance"),
        ("UnauthorizedAccess:EC2/RDPBruteForce", ON_INSTANCE, "block-ip"),
        ("Recon:EC2/PortProbeUnprotectedPort", ON_INSTANCE, "block-ip"),
        ("Backdoor:EC2/C&CActivity.B", ON_INSTANCE, "isolate-instance"),
        ("Backdoor:EC2/C&CActivity.B!DNS", {"resources": [instance()]}, "isolate-instance"),
        ("CryptoCurrency:EC2/BitcoinTool.B!DNS", {"resources": [instance()]}, "isolate-instance"),
        ("Execution:Runtime/ReverseShell", {"resources": [instance()]}, "isolate-instance"),
        ("AttackSequence:EC2/CompromisedInstanceGroup", {"resources": [instance()]}, "isolate-instance"),
        ("UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom", {"resources": [key()]}, "contain-iam-user"),
        ("CredentialAccess:IAMUser/CompromisedCredentials", {"resources": [key()]}, "contain-iam-user"),
        ("AttackSequence:IAM/CompromisedCredentials", {"resources": [key()]}, "contain-iam-user"),
        ("Policy:S3/BucketAnonymousAccessGranted", {"resources": [bucket(), key()]}, "close-public-bucket"),
        ("Policy:S3/BucketPublicAccessGranted", {"resources": [bucket()]}, "close-public-bucket"),
    ],
)
def test_the_best_answer_comes_first(catalogue, kind, more, best):
    assert catalogue.answers(finding(kind, **more))[0] == best


@pytest.mark.parametrize("control", ["S3.2", "S3.3", "S3.8"])
def test_a_failed_control_is_answered_and_a_passed_one_is_not(catalogue, control):
    def answers(status):
        return catalogue.answers(
            finding(
                "Software and Configuration Checks/AWS Security Best Practices",
                resources=[bucket()],
                Compliance={"Status": status, "SecurityControlId": control},
            )
        )

    assert answers("FAILED") == ("close-public-bucket",)
    assert answers("PASSED") == ()


@pytest.mark.parametrize("kind", ["Root", "AssumedRole", "FederatedUser", "AWSService"])
def test_a_playbook_that_could_only_refuse_is_no_answer_in_a_list(catalogue, kind):
    found = finding("Policy:IAMUser/RootCredentialUsage", resources=[key(kind)])

    assert catalogue.answers(found) == ()
    assert [match.playbook.name for match in catalogue.matches(found)] == ["contain-iam-user"]


def test_what_nothing_answers_has_no_answer(catalogue):
    assert catalogue.answers(finding("Policy:Kubernetes/ExposedDashboard")) == ()


def test_an_address_is_not_denied_for_an_instance_that_the_finding_does_not_name(catalogue):
    assert "block-ip" not in catalogue.answers(finding(resources=[instance()]))


# What a finding names


def test_every_address_of_a_port_probe_counts_once():
    found = finding(resources=[instance()], Action=remote("45.155.205.233", "80.94.92.65", "45.155.205.233"))

    assert about(found)["ips"] == ["45.155.205.233", "80.94.92.65"]


def test_probes_that_security_hub_keeps_as_text_count_too():
    probes = '[{"remoteIpDetails": {"ipAddressV4": "80.94.92.65"}}]'
    fields = {"aws/guardduty/service/action/portProbeAction/portProbeDetails": probes}

    assert about(finding(ProductFields=fields))["ips"] == ["80.94.92.65"]


def test_text_that_is_no_list_of_probes_is_passed_over():
    fields = {"aws/guardduty/service/action/portProbeAction/portProbeDetails": "{broken"}

    assert about(finding(ProductFields=fields))["ips"] == []


def test_a_principal_has_the_kind_that_aws_gives_it():
    found = finding(resources=[key("AssumedRole", "reporting", "ASIAIOSFODNN7EXAMPLE"), key()])

    assert about(found)["principals"] == [
        {"kind": "role", "name": "reporting", "key": "ASIAIOSFODNN7EXAMPLE"},
        {"kind": "user", "name": "deploy-bot", "key": "AKIAIOSFODNN7EXAMPLE"},
    ]


@pytest.mark.parametrize(("bare", "kind"), [("AKIAIOSFODNN7EXAMPLE", "user"), ("ASIAIOSFODNN7EXAMPLE", "unknown")])
def test_a_key_without_details_is_a_users_where_it_is_a_long_term_one(bare, kind):
    found = finding(resources=[{"Type": "AwsIamAccessKey", "Id": f"AWS::IAM::AccessKey:{bare}"}])

    (principal,) = about(found)["principals"]

    assert (principal["kind"], principal["key"]) == (kind, bare)


def test_a_sample_instances_id_is_no_instance():
    assert about(finding(resources=[{"Type": "AwsEc2Instance", "Id": "not-an-arn"}]))["instances"] == []
