import json

import pytest

from secguard.sandbox.trust import trusts

ANNA = "arn:aws:iam::123456789012:user/anna"
SESSION = "arn:aws:sts::123456789012:assumed-role/Admin/anna"


def document(**statement):
    allowed = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
    return json.dumps({"Statement": [allowed | statement]})


@pytest.mark.parametrize(
    ("principal", "caller"),
    [
        ("*", ANNA),
        ({"AWS": "*"}, ANNA),
        ({"AWS": "123456789012"}, ANNA),
        ({"AWS": "arn:aws:iam::123456789012:root"}, SESSION),
        ({"AWS": ["arn:aws:iam::999999999999:root", ANNA]}, ANNA),
        ({"AWS": "arn:aws:iam::123456789012:role/Admin"}, SESSION),
        ({"AWS": "arn:aws:iam::123456789012:role/team/Admin"}, SESSION),
        ({"AWS": SESSION}, SESSION),
    ],
)
def test_who_is_named_is_trusted(principal, caller):
    assert trusts(document(Principal=principal), caller, None)


@pytest.mark.parametrize(
    ("principal", "caller"),
    [
        ({"AWS": "999999999999"}, ANNA),
        ({"AWS": "arn:aws:iam::123456789012:user/bob"}, ANNA),
        ({"AWS": "arn:aws:iam::123456789012:role/SuperAdmin"}, SESSION),
        ({"Service": "ec2.amazonaws.com"}, ANNA),
        ({}, ANNA),
    ],
)
def test_who_is_not_named_is_not_trusted(principal, caller):
    assert not trusts(document(Principal=principal), caller, None)


@pytest.mark.parametrize(("given", "answer"), [("secret", True), ("guess", False), (None, False)])
def test_an_external_id_must_be_the_one(given, answer):
    condition = {"StringEquals": {"sts:ExternalId": "secret"}}

    assert trusts(document(Condition=condition), ANNA, given) is answer


def test_another_action_is_no_assuming():
    assert not trusts(document(Action="sts:TagSession"), ANNA, None)
    assert trusts(document(Action=["sts:*"]), ANNA, None)


def test_a_condition_that_is_not_known_does_not_hold():
    assert not trusts(document(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), ANNA, None)


def test_a_denial_wins():
    allow, deny = json.loads(document()), json.loads(document(Effect="Deny"))

    assert not trusts(json.dumps({"Statement": allow["Statement"] + deny["Statement"]}), ANNA, None)


def test_no_document_trusts_nobody():
    assert not trusts(None, ANNA, None)
