"""The tags that a resource carries now, whatever it is: what the protection by tag looks at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from secguard.engine.seam import Reader
from secguard.errors import NotThere

READS = (
    "ec2:DescribeTags",
    "guardduty:ListTagsForResource",
    "iam:ListRoleTags",
    "iam:ListUserTags",
    "s3:GetBucketTagging",
    "securityhub:ListTagsForResource",
)


def read_tags(aws: Reader, arn: str) -> Mapping[str, str]:
    """The tags of the resource that `arn` names; none for what can't carry any. Raises an AwsError."""
    _, _, service, _, _, resource = arn.split(":", 5)
    kind, _, name = resource.partition("/")
    match service, kind:
        case "ec2", _:
            by_id = [{"Name": "resource-id", "Values": [name]}]
            return _pairs(aws.items("ec2", "DescribeTags", "Tags", Filters=by_id))
        case "iam", "user":
            return _pairs(aws.items("iam", "ListUserTags", "Tags", UserName=name.rpartition("/")[2]))
        case "iam", "role":
            return _pairs(aws.items("iam", "ListRoleTags", "Tags", RoleName=name.rpartition("/")[2]))
        case "s3", bucket:
            return _bucket_tags(aws, bucket)
        case (("guardduty" | "securityhub"), ("detector" | "hub")):
            tags = aws.ask(service, "ListTagsForResource", ResourceArn=arn)["Tags"]
            return dict(tags)
        case _:
            return {}


def _bucket_tags(aws: Reader, bucket: str) -> Mapping[str, str]:
    try:
        answer = aws.ask("s3", "GetBucketTagging", Bucket=bucket, ExpectedBucketOwner=aws.place.account)
    except NotThere as error:
        if error.code == "NoSuchTagSet":
            return {}
        raise
    return _pairs(answer["TagSet"])


def _pairs(tags: Iterable[Mapping[str, Any]]) -> Mapping[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}
