"""Tags are looked up wherever the resource keeps them."""

import botocore.session
import pytest
from canned import Canned, missing

from secguard.settings import registry
from secguard.settings.tags import READS, read_tags

PAIRS = [{"Key": "secguard:protect", "Value": "true"}]


@pytest.mark.parametrize(
    ("arn", "operation", "answer", "named"),
    [
        ("arn:aws:ec2:eu-west-1:1:instance/i-1", "ec2:DescribeTags", {"Tags": PAIRS}, "i-1"),
        ("arn:aws:iam::1:user/ci/deploy-bot", "iam:ListUserTags", {"Tags": PAIRS}, "deploy-bot"),
        ("arn:aws:iam::1:role/service/reporting", "iam:ListRoleTags", {"Tags": PAIRS}, "reporting"),
        ("arn:aws:s3:::acme", "s3:GetBucketTagging", {"TagSet": PAIRS}, "acme"),
        (
            "arn:aws:guardduty:eu-west-1:1:detector/d",
            "guardduty:ListTagsForResource",
            {"Tags": {"secguard:protect": "true"}},
            "detector/d",
        ),
    ],
)
def test_a_resource_is_asked_for_its_tags_by_its_own_service(arn, operation, answer, named):
    aws = Canned({operation: answer})

    assert read_tags(aws, arn) == {"secguard:protect": "true"}
    assert named in str(aws.asked)
    assert operation in READS


def test_a_bucket_without_tags_has_none():
    assert read_tags(Canned({"s3:GetBucketTagging": missing("NoSuchTagSet")}), "arn:aws:s3:::acme") == {}


def test_what_can_carry_no_tags_is_not_asked():
    assert read_tags(Canned({}), "arn:aws:securityhub:eu-west-1:1:standards/x") == {}


def test_every_setting_says_what_it_reads_and_writes_as_botocore_names_it():
    services = botocore.session.get_session()
    for operation in registry().reads() | registry().writes() | set(READS):
        service, _, name = operation.partition(":")
        assert name in services.get_service_model(service).operation_names, operation
