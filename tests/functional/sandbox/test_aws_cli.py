"""The `aws` command line works against the sandbox as it stands, with nothing but the environment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from secguard.sandbox.environment import applied, environment
from secguard.sandbox.lifecycle import Sandbox

AWS = Path(sys.executable).with_name("aws")
pytestmark = pytest.mark.skipif(not AWS.exists(), reason="the aws command line is not installed")

FSBP = "arn:aws:securityhub:sa-east-1::standards/aws-foundational-security-best-practices/v/1.0.0"
CRITICAL = '{"SeverityLabel":[{"Value":"CRITICAL","Comparison":"EQUALS"}]}'


@pytest.fixture
def aws(breach, tmp_path):
    server = Sandbox(
        endpoint=breach.endpoint, port=breach.port, pid=os.getpid(), seed="breach", token="", directory=tmp_path
    )
    for name in ("aws-config", "aws-credentials"):
        (tmp_path / name).touch()
    surroundings = applied(environment(server, present=os.environ), to=os.environ)

    def run(words):
        done = subprocess.run([AWS, *words.split(" ")], env=surroundings, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    return run


# What is asked, and a member that must be in the answer and not empty.
QUESTIONS = [
    ("sts get-caller-identity", "Arn"),
    ("ec2 describe-regions --all-regions", "Regions"),
    ("account list-regions --region-opt-status-contains ENABLED_BY_DEFAULT", "Regions"),
    ("organizations list-accounts", "Accounts"),
    ("guardduty list-detectors", "DetectorIds"),
    ("guardduty list-organization-admin-accounts", "AdminAccounts"),
    ("securityhub describe-hub", "HubArn"),
    (f"securityhub get-findings --max-items 3 --filters {CRITICAL}", "Findings"),
    ("securityhub get-enabled-standards", "StandardsSubscriptions"),
    ("securityhub describe-standards", "Standards"),
    ("securityhub list-finding-aggregators", "FindingAggregators"),
    ("securityhub list-members", "Members"),
    ("iam list-access-keys --user-name deploy-bot", "AccessKeyMetadata"),
    ("s3api get-bucket-policy --bucket acme-invoices-7f3a", "Policy"),
    ("s3api get-bucket-policy-status --bucket acme-invoices-7f3a", "PolicyStatus"),
    ("ec2 describe-instances --region eu-west-1", "Reservations"),
    ("ec2 describe-snapshots --owner-ids self --restorable-by-user-ids all", "Snapshots"),
    ("configservice describe-configuration-recorders", "ConfigurationRecorders"),
]


@pytest.mark.parametrize(("words", "member"), QUESTIONS, ids=[words.split(" --")[0] for words, _ in QUESTIONS])
def test_a_question_is_answered(aws, words, member):
    assert aws(words)[member]


def test_guardduty_is_switched_on_and_off(aws):
    made = aws("guardduty create-detector --enable --region sa-east-1")["DetectorId"]

    assert aws(f"guardduty get-detector --detector-id {made} --region sa-east-1")["Status"] == "ENABLED"
    assert aws(f"guardduty update-detector --detector-id {made} --no-enable --region sa-east-1") is None
    assert aws(f"guardduty get-detector --detector-id {made} --region sa-east-1")["Status"] == "DISABLED"


def test_security_hub_and_a_standard_are_switched_on(aws):
    aws("securityhub enable-security-hub --no-enable-default-standards --region sa-east-1")

    enabled = aws(
        f"securityhub batch-enable-standards --standards-subscription-requests StandardsArn={FSBP} --region sa-east-1"
    )

    assert enabled["StandardsSubscriptions"][0]["StandardsStatus"] == "PENDING"


def test_the_accounts_public_access_block_is_set(aws):
    """S3 Control puts the account before the host; the environment gives it an endpoint that bears it."""
    aws(
        "s3control put-public-access-block --account-id 123456789012 "
        "--public-access-block-configuration BlockPublicAcls=true"
    )

    block = aws("s3control get-public-access-block --account-id 123456789012")["PublicAccessBlockConfiguration"]
    assert block["BlockPublicAcls"] is True


def test_an_object_is_copied_into_a_bucket(aws, tmp_path):
    (tmp_path / "evidence.json").write_text("{}")

    aws(f"s3 cp --quiet {tmp_path}/evidence.json s3://acme-www/evidence.json")

    keys = [each["Key"] for each in aws("s3api list-objects-v2 --bucket acme-www")["Contents"]]
    assert "evidence.json" in keys
