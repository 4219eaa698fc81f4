import json

import pytest

from secguard.sandbox.publicity import is_public


def policy(**statement):
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    return json.dumps({"Statement": [allowed | statement]})


@pytest.mark.parametrize(
    "statement",
    [
        {},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"AWS": ["arn:aws:iam::123456789012:root", "*"]}},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Condition": {"StringLike": {"aws:PrincipalOrgID": "o-*"}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "0.0.0.0/1"]}}},
        {"Condition": {"StringNotEquals": {"aws:SourceAccount": "123456789012"}}},
    ],
)
def test_everybody_may(statement):
    assert is_public(policy(**statement))


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Deny"},
        {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
        {"Principal": {"Service": "cloudtrail.amazonaws.com"}},
        {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdef1234"}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}},
        {"Condition": {"ForAnyValue:StringEquals": {"aws:SourceVpce": ["vpce-1"]}}},
    ],
)
def test_only_somebody_may(statement):
    assert not is_public(policy(**statement))


@pytest.mark.parametrize("document", ["", "no json", "[]", "{}"])
def test_what_is_no_policy_lets_nobody_in(document):
    assert not is_public(document)


def test_one_public_statement_is_enough():
    somebody, everybody = json.loads(policy(Principal={"AWS": "1"})), json.loads(policy())

    assert is_public(json.dumps({"Statement": somebody["Statement"] + everybody["Statement"]}))
