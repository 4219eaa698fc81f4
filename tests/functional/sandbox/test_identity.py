import json

import pytest
from botocore.exceptions import ClientError

from secguard.sandbox.cast import OPERATOR, OPERATOR_KEY, PRODUCTION, STAGING

RESPONDER = f"arn:aws:iam::{STAGING}:role/SecguardResponder"


def code(refused):
    return refused.value.response["Error"]["Code"]


def deny_all(padding=0):
    statement = {"Sid": "x" * padding, "Effect": "Deny", "Action": "*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_the_operator_is_an_iam_user(sandbox, client):
    identity = client("sts").get_caller_identity()

    assert identity["Arn"] == f"arn:aws:iam::{PRODUCTION}:user/{OPERATOR}"
    assert identity["UserId"].startswith("AIDA")


def test_a_key_that_nobody_has_opens_nothing(sandbox, client):
    with pytest.raises(ClientError) as refused:
        client("sts", key="AKIANOBODYHASTHISKEY").get_caller_identity()

    assert code(refused) == "InvalidClientTokenId"


def test_an_inactive_key_opens_nothing_until_it_is_active_again(sandbox, client):
    iam = client("iam")
    iam.create_user(UserName="bot")
    key = iam.create_access_key(UserName="bot")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="bot", AccessKeyId=key, Status="Inactive")

    with pytest.raises(ClientError) as refused:
        client("sts", key=key).get_caller_identity()
    iam.update_access_key(UserName="bot", AccessKeyId=key, Status="Active")

    assert code(refused) == "InvalidClientTokenId"
    assert client("sts", key=key).get_caller_identity()["Arn"].endswith(":user/bot")


def test_a_password_survives_an_update_of_its_reset_flag(sandbox, client):
    iam = client("iam")
    iam.create_user(UserName="anna")
    iam.create_login_profile(UserName="anna", Password="correct horse battery staple")

    iam.update_login_profile(UserName="anna", PasswordResetRequired=True)

    assert iam.get_login_profile(UserName="anna")["LoginProfile"]["PasswordResetRequired"] is True


def test_inline_policies_of_a_user_share_a_quota(sandbox, client):
    iam = client("iam")
    iam.create_user(UserName="anna")
    iam.put_user_policy(UserName="anna", PolicyName="One", PolicyDocument=deny_all(padding=1900))

    with pytest.raises(ClientError) as refused:
        iam.put_user_policy(UserName="anna", PolicyName="Two", PolicyDocument=deny_all(padding=100))

    assert code(refused) == "LimitExceeded"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert iam.list_user_policies(UserName="anna")["PolicyNames"] == ["One"]


def test_a_policy_may_be_replaced_within_its_quota(sandbox, client):
    iam = client("iam")
    iam.create_user(UserName="anna")
    iam.put_user_policy(UserName="anna", PolicyName="One", PolicyDocument=deny_all(padding=1900))

    iam.put_user_policy(UserName="anna", PolicyName="One", PolicyDocument=deny_all(padding=1800))

    assert iam.list_user_policies(UserName="anna")["PolicyNames"] == ["One"]


def test_a_service_linked_role_takes_no_policy(sandbox, client):
    iam = client("iam")
    role = iam.create_service_linked_role(AWSServiceName="support.amazonaws.com")["Role"]["RoleName"]

    with pytest.raises(ClientError) as refused:
        iam.put_role_policy(RoleName=role, PolicyName="Deny", PolicyDocument=deny_all())

    assert code(refused) == "UnmodifiableEntity"


def test_a_role_is_assumed_across_accounts(breach, client):
    answer = client("sts").assume_role(RoleArn=RESPONDER, RoleSessionName="secguard")
    keys = answer["Credentials"]
    there = {"key": keys["AccessKeyId"], "secret": keys["SecretAccessKey"], "token": keys["SessionToken"]}

    assert client("sts", **there).get_caller_identity()["Arn"] == (
        f"arn:aws:sts::{STAGING}:assumed-role/SecguardResponder/secguard"
    )
    assert [user["UserName"] for user in client("iam", **there).list_users()["Users"]] == ["ci-runner"]


@pytest.fixture
def guarded(breach, client):
    """A role in staging that asks for an external id; the ARN."""
    keys = client("sts").assume_role(RoleArn=RESPONDER, RoleSessionName="secguard")["Credentials"]
    there = {"key": keys["AccessKeyId"], "secret": keys["SecretAccessKey"], "token": keys["SessionToken"]}
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{PRODUCTION}:root"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": "agreed"}},
            }
        ],
    }
    role = client("iam", **there).create_role(RoleName="Guarded", AssumeRolePolicyDocument=json.dumps(trust))
    return role["Role"]["Arn"]


def test_a_role_with_an_external_id_is_assumed_with_it(guarded, client):
    answer = client("sts").assume_role(RoleArn=guarded, RoleSessionName="secguard", ExternalId="agreed")

    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{STAGING}:assumed-role/Guarded/secguard"


@pytest.mark.parametrize(
    ("role", "more"),
    [
        (None, {}),
        (None, {"ExternalId": "guessed"}),
        (f"arn:aws:iam::{STAGING}:role/Nobody", {}),
        ("arn:aws:iam::999999999999:role/SecguardResponder", {}),
    ],
    ids=["no external id", "wrong external id", "no such role", "no such account"],
)
def test_a_role_that_does_not_trust_the_caller_is_not_assumed(guarded, client, role, more):
    with pytest.raises(ClientError, match="is not authorized to perform: sts:AssumeRole on resource") as refused:
        client("sts").assume_role(RoleArn=role or guarded, RoleSessionName="secguard", **more)

    assert code(refused) == "AccessDenied"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_session_lasts_no_longer_than_its_role_allows(breach, client):
    with pytest.raises(ClientError, match="MaxSessionDuration") as refused:
        client("sts").assume_role(RoleArn=RESPONDER, RoleSessionName="secguard", DurationSeconds=7200)

    assert code(refused) == "ValidationError"


def test_the_operators_key_is_the_same_after_each_reset(sandbox, client):
    sandbox.reset("empty")

    keys = client("iam").list_access_keys(UserName=OPERATOR)["AccessKeyMetadata"]

    assert [key["AccessKeyId"] for key in keys] == [OPERATOR_KEY]
