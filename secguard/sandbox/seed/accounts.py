"""The operator's account, and around it an organization whose members trust it."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.models import AccessKey, Role, User, iam_backends
from moto.organizations.models import organizations_backends

from secguard.sandbox.cast import (
    ACCOUNT_NAMES,
    MANAGEMENT,
    MEMBERS,
    OPERATOR,
    OPERATOR_KEY,
    OPERATOR_SECRET,
    PRODUCTION,
    RESPONDER_ROLE,
)

ADMINISTRATOR = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
DELEGATED = ("guardduty.amazonaws.com", "securityhub.amazonaws.com")


def open_production() -> None:
    """Make the operator's account, and the operator with the key that `sandbox env` exports."""
    iam = iam_backends[PRODUCTION]["aws"]
    operator = iam.create_user("us-east-1", OPERATOR)
    iam.put_user_policy(OPERATOR, "Administrator", json.dumps(ADMINISTRATOR))
    add_key(PRODUCTION, operator, OPERATOR_KEY, secret=OPERATOR_SECRET)


def found_organization() -> None:
    """Found the organization; production administers its findings, and may act in every other account by a role."""
    organization = organizations_backends[MANAGEMENT]["aws"]
    organization.create_organization(region="us-east-1", FeatureSet="ALL")
    organization.accounts[0].name = ACCOUNT_NAMES[MANAGEMENT]
    for account in (PRODUCTION, *MEMBERS):
        _join(account)
    for service in DELEGATED:
        organization.enable_aws_service_access(ServicePrincipal=service)
        organization.register_delegated_administrator(AccountId=PRODUCTION, ServicePrincipal=service)
    for account in (MANAGEMENT, *MEMBERS):
        add_role(account, RESPONDER_ROLE, trust=responder_trust())


def _join(account: str) -> None:
    """Make a member, with the number wanted instead of the random one that moto gives."""
    organization = organizations_backends[MANAGEMENT]["aws"]
    name = ACCOUNT_NAMES[account]
    organization.create_account(AccountName=name, Email=email(account))
    member = organization.accounts[-1]
    del organizations_backends.master_accounts[member.id]
    del iam_backends[member.id]
    member.id = account
    organizations_backends.master_accounts[account] = (MANAGEMENT, "aws")


def email(account: str) -> str:
    """An account's address."""
    return f"aws+{ACCOUNT_NAMES[account]}@example.com"


def responder_trust() -> dict[str, Any]:
    """The trust policy of the role that secguard takes in a member account."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{PRODUCTION}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }


def service_trust(service: str) -> dict[str, Any]:
    """The trust policy of a role that an AWS service takes."""
    principal = {"Service": f"{service}.amazonaws.com"}
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}],
    }


def add_role(account: str, name: str, *, trust: dict[str, Any], policy: dict[str, Any] | None = None) -> Role:
    """Make a role, an administrator unless another policy is given."""
    iam = iam_backends[account]["aws"]
    role = iam.create_role(
        role_name=name,
        assume_role_policy_document=json.dumps(trust),
        path="/",
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
    )
    iam.put_role_policy(name, "Permissions", json.dumps(policy or ADMINISTRATOR))
    return role


def add_key(account: str, user: User, key_id: str, *, secret: str | None = None, status: str = "Active") -> AccessKey:
    """Give a user an access key whose id is known beforehand."""
    iam = iam_backends[account]["aws"]
    key = user.create_access_key(prefix=key_id[:4], status=status)
    key.access_key_id = key_id
    key.secret_access_key = secret or key.secret_access_key
    iam.access_keys[key_id] = key
    return key
