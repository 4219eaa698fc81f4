"""IAM users: what is read, and which calls move it."""

import json

import pytest
from canned import Canned, after, missing

from secguard.engine.change import Undo
from secguard.errors import NotThere
from secguard.settings.iam import AccessKeyStatus, PasswordReset, UserPolicy

DENY_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
BOT = {"user": "deploy-bot", "policy": "SecguardQuarantine"}
USER = {"User": {"Arn": "arn:aws:iam::123456789012:user/ci/deploy-bot"}}


def test_a_user_without_the_policy_reads_as_none():
    aws = Canned({"iam:GetUserPolicy": missing("NoSuchEntity"), "iam:GetUser": USER})

    assert UserPolicy().read(aws, BOT).value is None


def test_a_user_who_is_gone_is_not_a_user_without_the_policy():
    aws = Canned({"iam:GetUserPolicy": missing("NoSuchEntity"), "iam:GetUser": missing("NoSuchEntity")})

    with pytest.raises(NotThere):
        UserPolicy().read(aws, BOT)


@pytest.mark.parametrize("document", [DENY_ALL, json.dumps(DENY_ALL)])
def test_a_policy_reads_as_its_document_however_the_client_gives_it(document):
    aws = Canned({"iam:GetUserPolicy": {"PolicyDocument": document}})

    assert UserPolicy().read(aws, BOT).value == DENY_ALL


def test_a_policy_is_put_without_spaces_since_users_have_2048_characters():
    operation, parameters = after(UserPolicy(), BOT, None, DENY_ALL)

    assert operation == "PutUserPolicy"
    assert " " not in parameters["PolicyDocument"]
    assert json.loads(parameters["PolicyDocument"]) == DENY_ALL


def test_undoing_a_policy_that_was_not_there_deletes_it():
    assert after(UserPolicy(), BOT, DENY_ALL, None) == (
        "DeleteUserPolicy",
        {"UserName": "deploy-bot", "PolicyName": "SecguardQuarantine"},
    )


def test_undoing_a_policy_that_stood_there_puts_its_document_back():
    former = {"Version": "2012-10-17", "Statement": []}

    operation, parameters = after(UserPolicy(), BOT, DENY_ALL, former)

    assert (operation, json.loads(parameters["PolicyDocument"])) == ("PutUserPolicy", former)


def test_the_summary_says_that_everything_is_denied():
    assert "denies everything" in UserPolicy().summary(BOT, None, DENY_ALL)
    narrower = {"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {}}]}
    assert "denies everything" not in UserPolicy().summary(BOT, None, narrower)


def test_the_guardrails_look_at_the_user_with_the_path_that_only_iam_knows():
    assert UserPolicy().subjects(Canned({"iam:GetUser": USER}), BOT) == (USER["User"]["Arn"],)


def test_a_key_reads_as_its_own_status_among_the_users_keys():
    keys = [{"AccessKeyId": "AKIA1", "Status": "Active"}, {"AccessKeyId": "AKIA2", "Status": "Inactive"}]
    aws = Canned({"iam:ListAccessKeys": {"AccessKeyMetadata": keys}})

    assert AccessKeyStatus().read(aws, {"user": "deploy-bot", "key": "AKIA2"}).value == "Inactive"


def test_a_deleted_key_is_gone():
    aws = Canned({"iam:ListAccessKeys": {"AccessKeyMetadata": []}})

    with pytest.raises(NotThere, match="AKIA1"):
        AccessKeyStatus().read(aws, {"user": "deploy-bot", "key": "AKIA1"})


def test_making_a_leaked_key_active_again_comes_with_a_warning():
    back = AccessKeyStatus().way_back({"user": "u", "key": "k"}, "Active", "Inactive")

    assert (back.grade, back.value) == (Undo.EXACT, "Active")
    assert "replaced" in back.note


def test_a_password_reset_leaves_the_password_alone():
    operation, parameters = after(PasswordReset(), {"user": "deploy-bot"}, found=False, wanted=True)

    assert (operation, parameters) == (
        "UpdateLoginProfile",
        {"UserName": "deploy-bot", "PasswordResetRequired": True},
    )


def test_a_profile_that_says_nothing_of_a_reset_requires_none():
    aws = Canned({"iam:GetLoginProfile": {"LoginProfile": {"UserName": "deploy-bot"}}})

    assert PasswordReset().read(aws, {"user": "deploy-bot"}).value is False


def test_a_user_without_a_console_password_has_none_to_reset():
    with pytest.raises(NotThere):
        PasswordReset().read(Canned({"iam:GetLoginProfile": missing("NoSuchEntity")}), {"user": "deploy-bot"})
