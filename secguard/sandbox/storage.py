"""S3 where moto lies: Block Public Access, disabled ACLs, and what counts as public."""

from __future__ import annotations

import json
from typing import Any

import moto.s3.responses
import moto.s3.urls
from moto.s3.models import (
    ALL_USERS_GRANTEE,
    AUTHENTICATED_USERS_GRANTEE,
    FakeAcl,
    FakeBucket,
    PublicAccessBlock,
    S3Backend,
    get_canned_acl,
    s3_backends,
)
from moto.s3.responses import S3Response
from moto.s3control.models import s3control_backends

from secguard.sandbox.identity import caller_of
from secguard.sandbox.publicity import is_public
from secguard.sandbox.wire import Refusal

ENFORCED = "BucketOwnerEnforced"


class Storage(S3Backend):
    """S3 as it is since April 2023: new buckets block public access and have no ACLs."""

    @property
    def _url_module(self) -> Any:
        return moto.s3.urls

    def create_bucket(self, bucket_name: str, region_name: str, bucket_namespace: str | None = None) -> FakeBucket:
        """Create a bucket with all four blocks on and ACLs off."""
        bucket = super().create_bucket(bucket_name, region_name, bucket_namespace)
        bucket.public_access_block = PublicAccessBlock("true", "true", "true", "true")
        self.put_bucket_ownership_controls(bucket_name, ENFORCED)
        return bucket

    def put_bucket_policy(self, bucket_name: str, policy: bytes) -> None:
        """Put a policy that is one, unless it is public where that is blocked."""
        try:
            statements = json.loads(policy).get("Statement")
        except (ValueError, AttributeError):
            raise Refusal(
                "s3", 400, "MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'"
            ) from None
        if not statements:
            raise Refusal("s3", 400, "MalformedPolicy", "Missing required field Statement")
        super().put_bucket_policy(bucket_name, policy)

    def put_bucket_acl(self, bucket_name: str, acl: FakeAcl | None) -> None:
        """Put an ACL, where ACLs are on."""
        _needs_acls(self.get_bucket(bucket_name))
        super().put_bucket_acl(bucket_name, acl)

    def put_object_acl(self, bucket_name: str, *args: Any, **named: Any) -> None:
        """Put an object's ACL, where ACLs are on."""
        _needs_acls(self.get_bucket(bucket_name))
        super().put_object_acl(bucket_name, *args, **named)

    def put_bucket_ownership_controls(self, bucket_name: str, ownership: Any) -> None:
        """Change who owns objects. ACLs cannot be switched off while one grants others something."""
        bucket = self.get_bucket(bucket_name)
        if ownership == ENFORCED and len(bucket.acl.grants if bucket.acl else []) > 1:
            raise Refusal(
                "s3",
                400,
                "InvalidBucketAclWithObjectOwnership",
                "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
            )
        super().put_bucket_ownership_controls(bucket_name, ownership)


def backend_of(account: str) -> Storage:
    """S3 in an account."""
    found = s3_backends[account]["aws"]
    assert isinstance(found, Storage)
    return found


def _needs_acls(bucket: FakeBucket) -> None:
    rule: Any = bucket.ownership_rule
    if rule == ENFORCED:
        raise Refusal("s3", 400, "AccessControlListNotSupported", "The bucket does not allow ACLs")


def blocks(bucket: FakeBucket, setting: str) -> bool:
    """Whether the bucket's or its account's Block Public Access has this setting on."""
    account_wide = s3control_backends[bucket.account_id]["aws"].public_access_block
    return any(block and getattr(block, setting) for block in (bucket.public_access_block, account_wide))


def grants_public(acl: FakeAcl | None) -> bool:
    """Whether an ACL grants something to everybody, or to everybody with an AWS account."""
    everybody = (ALL_USERS_GRANTEE, AUTHENTICATED_USERS_GRANTEE)
    return any(grantee in everybody for grant in (acl.grants if acl else []) for grantee in grant.grantees)


class Answers(S3Response):
    """S3 that asks Block Public Access first."""

    def _bucket_response_put(self, request: Any, bucket_name: str, querystring: dict[str, Any]) -> Any:
        if "policy" in querystring:
            self._check_policy(bucket_name)
        elif "acl" in querystring:
            self._check_acl(bucket_name)
        return super()._bucket_response_put(request, bucket_name, querystring)

    def _check_policy(self, bucket_name: str) -> None:
        bucket = self.backend.get_bucket(bucket_name)
        if blocks(bucket, "block_public_policy") and is_public(self.body):
            raise self._denied(bucket, "PutBucketPolicy", "public policies are blocked by the BlockPublicPolicy")

    def _check_acl(self, bucket_name: str) -> None:
        bucket = self.backend.get_bucket(bucket_name)
        acl = self._acl_from_headers(self.headers) or (
            self._acl_from_body() if self.body else get_canned_acl("private")
        )
        _needs_acls(bucket)
        if blocks(bucket, "block_public_acls") and grants_public(acl):
            raise self._denied(
                bucket, "PutBucketAcl", "public access control lists (ACLs) are blocked by the BlockPublicAcls"
            )

    def _denied(self, bucket: FakeBucket, operation: str, why: str) -> Refusal:
        caller = caller_of(self.get_access_key())
        return Refusal(
            "s3",
            403,
            "AccessDenied",
            f"User: {caller.arn if caller else 'anonymous'} is not authorized to perform: s3:{operation} on resource: "
            f'"{bucket.arn}" because {why} block public access setting.',
        )


def install() -> None:
    """Put the corrected S3 in place of moto's."""
    s3_backends.backend = Storage
    moto.s3.urls.url_paths = {
        path: getattr(Answers, handler.__name__) for path, handler in moto.s3.urls.url_paths.items()
    }
    vars(moto.s3.responses)["bucket_policy_is_public"] = is_public
