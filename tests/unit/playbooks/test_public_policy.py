"""Which statements make a bucket public, in the sense of S3's Block Public Access."""

import pytest

from secguard.playbooks.public_policy import is_public

OPEN = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"}


def narrowed(operator, key, value):
    return {**OPEN, "Condition": {operator: {key: value}}}


@pytest.mark.parametrize(
    "statement",
    [
        OPEN,
        {**OPEN, "Principal": {"AWS": "*"}},
        {**OPEN, "Principal": {"AWS": ["arn:aws:iam::123456789012:root", "*"]}},
        {"Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws:iam::1:root"}, "Action": "s3:*", "Resource": "*"},
        narrowed("StringEquals", "aws:UserAgent", "secret"),
        narrowed("StringLike", "aws:Referer", "https://acme.example/*"),
        narrowed("IpAddress", "aws:SourceIp", "0.0.0.0/0"),
        narrowed("IpAddress", "aws:SourceIp", ["45.155.205.0/24", "64.0.0.0/2"]),
        narrowed("IpAddress", "aws:SourceIp", "::/16"),
        narrowed("NotIpAddress", "aws:SourceIp", "45.155.205.0/24"),
        narrowed("StringLike", "aws:SourceVpce", "vpce-*"),
        narrowed("StringEquals", "aws:SourceVpc", "${aws:SourceVpc}"),
        narrowed("StringNotEquals", "aws:SourceVpc", "vpc-1"),
        narrowed("StringEqualsIfExists", "aws:SourceVpc", "vpc-1"),
        narrowed("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-1"),
        narrowed("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/x"),
        narrowed("Bool", "aws:SecureTransport", "true"),
    ],
)
def test_a_grant_to_everybody_is_public_unless_something_fixed_narrows_it(statement):
    assert is_public(statement)


@pytest.mark.parametrize(
    "statement",
    [
        {**OPEN, "Effect": "Deny"},
        {**OPEN, "Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
        {**OPEN, "Principal": {"Service": "logging.s3.amazonaws.com"}},
        {**OPEN, "Principal": {"CanonicalUser": "79a5"}},
        narrowed("IpAddress", "aws:SourceIp", "45.155.205.0/24"),
        narrowed("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "45.0.0.0/8"]),
        narrowed("StringEquals", "aws:SourceVpce", "vpce-0a1b"),
        narrowed("StringEquals", "AWS:PrincipalOrgId", "o-abc123"),
        narrowed("ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", "o-1/r-1/"),
        narrowed("ArnEquals", "aws:SourceArn", "arn:aws:cloudfront::1:distribution/E1"),
        narrowed("StringLike", "s3:DataAccessPointArn", "arn:aws:s3:us-east-1:123456789012:accesspoint/*"),
    ],
)
def test_a_grant_that_is_held_to_something_fixed_is_not(statement):
    assert not is_public(statement)
