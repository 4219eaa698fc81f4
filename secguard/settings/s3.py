"""S3 buckets: what makes them public, piece by piece. Every call names the account that must own the bucket."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar

from secguard.engine.seam import Call, Reader
from secguard.engine.setting import Address, Item, Read
from secguard.engine.values import digest
from secguard.errors import AwsError, NotThere
from secguard.model import Value
from secguard.settings.playable import Playable

BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


class BucketSetting(Playable):
    """Something a bucket has. The context carries the bucket's account and the document that the piece stands in."""

    called: ClassVar[str]
    """The document that is written as a whole."""

    def subjects(self, aws: Reader, address: Address) -> tuple[str, ...]:
        """The bucket."""
        return (f"arn:{aws.partition}:s3:::{address['bucket']}",)

    def document(self, address: Address) -> str:
        """One writer at a time for each of the bucket's documents."""
        return f"{self.called} of bucket {address['bucket']}"


class PublicAccessBlock(BucketSetting):
    """A bucket's four public access blocks, or None where none was ever set."""

    name = "s3.public-access-block"
    keys = ("bucket",)
    called = "public access block"
    reads = ("s3:GetPublicAccessBlock",)
    writes = ("s3:PutPublicAccessBlock", "s3:DeletePublicAccessBlock")

    def read(self, aws: Reader, address: Address) -> Read:
        """The four flags. Raises NotThere when the bucket is gone."""
        owned = {"account": aws.place.account}
        try:
            answer = aws.ask("s3", "GetPublicAccessBlock", **_bucket(address, owned))
        except NotThere as error:
            if error.code == "NoSuchPublicAccessBlockConfiguration":
                return Read(None, owned)
            raise
        flags = answer["PublicAccessBlockConfiguration"]
        return Read({block: bool(flags.get(block, False)) for block in BLOCKS}, owned)

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """Put the flags, or delete them."""
        if wanted is None:
            return [Call("s3", "DeletePublicAccessBlock", _bucket(address, context))]
        parameters = {**_bucket(address, context), "PublicAccessBlockConfiguration": wanted}
        return [Call("s3", "PutPublicAccessBlock", parameters)]

    def target(self, address: Address) -> str:
        """The bucket."""
        return f"bucket {address['bucket']}"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """How many of the blocks are on."""
        if after is None:
            return "remove the bucket's public access block"
        on = [block for block in BLOCKS if after.get(block)]
        return "block all public access" if len(on) == len(BLOCKS) else f"block: {', '.join(on) or 'nothing'}"


class PolicyStatement(BucketSetting):
    """One statement of a bucket's policy, as a policy that holds nothing else; None where it does not stand there.

    The address names it by its digest, and the position it was found at, so that it can be put back in its place.
    """

    name = "s3.policy-statement"
    keys = ("bucket", "statement", "position")
    optional_keys = ("sid",)
    called = "policy"
    reads = ("s3:GetBucketPolicy",)
    writes = ("s3:PutBucketPolicy", "s3:DeleteBucketPolicy")
    merges = 20
    # S3 goes on refusing public policies for some seconds after the block is lifted.
    settles_in = 60.0

    def read(self, aws: Reader, address: Address) -> Read:
        """Raises NotThere when the bucket is gone."""
        owned = {"account": aws.place.account}
        policy = read_policy(aws, address["bucket"])
        same = [s for s in statements_of(policy) if digest(s) == address["statement"]]
        value = {**_frame(policy), "Statement": same[0]} if policy is not None and same else None
        return Read(value, {**owned, "policy": policy})

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """Write the policy with this statement put in or taken out."""
        return self.merged([Item(address, found, wanted, context)])

    def merged(self, items: Sequence[Item]) -> list[Call]:
        """Write the policy once for all: a policy that is still public in part would be refused."""
        context = items[0].context or {}
        policy = context.get("policy")
        out = {item.address["statement"] for item in items if item.wanted is None}
        back = sorted((item for item in items if item.wanted is not None), key=lambda item: item.address["position"])
        statements = [statement for statement in statements_of(policy) if digest(statement) not in out]
        for item in back:
            statements.insert(item.address["position"], item.wanted["Statement"])
        owned = _bucket(items[0].address, context)
        if not statements:
            return [Call("s3", "DeleteBucketPolicy", owned)]
        frame = _frame(policy if policy is not None else back[0].wanted)
        document = json.dumps({**frame, "Statement": statements}, separators=(",", ":"), ensure_ascii=False)
        return [Call("s3", "PutBucketPolicy", {**owned, "Policy": document})]

    def batch(self, address: Address, wanted: Value) -> Hashable:
        """All statements of one bucket together."""
        return str(address["bucket"])

    def passes(self, error: AwsError) -> bool:
        """The refusal of a public policy, which outlasts the block by some seconds."""
        return error.code == "AccessDenied" and "BlockPublicPolicy" in error.aws_message

    def target(self, address: Address) -> str:
        """The bucket, and the statement by its Sid or place."""
        return f"bucket {address['bucket']}, policy statement {_statement_name(address)}"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """What the statement granted, and whether it goes or comes."""
        policy = after or before or {}
        actions = policy.get("Statement", {}).get("Action", "what it allows")
        verb = "take out" if after is None else "put back"
        return f"{verb} policy statement {_statement_name(address)} ({_joined(actions)} for everybody)"


class AclGrant(BucketSetting):
    """One grant of a bucket's ACL to a group such as everybody: "granted" or None."""

    name = "s3.acl-grant"
    keys = ("bucket", "grantee", "permission")
    called = "ACL"
    reads = ("s3:GetBucketAcl",)
    writes = ("s3:PutBucketAcl",)
    merges = 20
    settles_in = 60.0

    def read(self, aws: Reader, address: Address) -> Read:
        """Looks for the grant in the ACL."""
        owned = {"account": aws.place.account}
        answer = aws.ask("s3", "GetBucketAcl", **_bucket(address, owned))
        acl = {"Grants": answer["Grants"], "Owner": answer["Owner"]}
        found = any(_is_grant(grant, address) for grant in acl["Grants"])
        return Read("granted" if found else None, {**owned, "acl": acl})

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """Write the ACL with this grant put in or taken out."""
        return self.merged([Item(address, found, wanted, context)])

    def merged(self, items: Sequence[Item]) -> list[Call]:
        """Write the ACL once for all."""
        context = items[0].context or {}
        acl = context.get("acl", {"Grants": []})
        grants = [grant for grant in acl["Grants"] if not any(_is_grant(grant, item.address) for item in items)]
        grants += [_grant(item.address) for item in items if item.wanted is not None]
        parameters = {**_bucket(items[0].address, context), "AccessControlPolicy": {**acl, "Grants": grants}}
        return [Call("s3", "PutBucketAcl", parameters)]

    def batch(self, address: Address, wanted: Value) -> Hashable:
        """All grants of one bucket together."""
        return str(address["bucket"])

    def passes(self, error: AwsError) -> bool:
        """The refusal of a public ACL, which outlasts the block by some seconds."""
        return error.code == "AccessDenied" and "BlockPublicAcls" in error.aws_message

    def target(self, address: Address) -> str:
        """The bucket, the permission and the group."""
        return f"bucket {address['bucket']}, ACL grant {address['permission']} to {_group(address)}"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """What is granted or taken back."""
        verb = "take back" if after is None else "grant"
        return f"{verb} {address['permission']} for {_group(address)}"


SETTINGS = (PublicAccessBlock(), PolicyStatement(), AclGrant())


def read_policy(aws: Reader, bucket: str) -> dict[str, Any] | None:
    """A bucket's policy, or None where it has none. Reads s3:GetBucketPolicy; raises NotThere without the bucket."""
    try:
        answer = aws.ask("s3", "GetBucketPolicy", Bucket=bucket, ExpectedBucketOwner=aws.place.account)
    except NotThere as error:
        if error.code == "NoSuchBucketPolicy":
            return None
        raise
    policy: dict[str, Any] = json.loads(answer["Policy"])
    return policy


def statements_of(policy: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """A policy's statements; a policy may hold a single one without a list."""
    statements = (policy or {}).get("Statement", [])
    return list(statements) if isinstance(statements, list) else [statements]


def _bucket(address: Address, context: Any) -> dict[str, Value]:
    owner = (context or {}).get("account")
    return {"Bucket": address["bucket"], **({"ExpectedBucketOwner": owner} if owner else {})}


def _frame(policy: Mapping[str, Any]) -> dict[str, Any]:
    """What stands around the statements: `Version`, `Id`."""
    return {key: value for key, value in policy.items() if key != "Statement"}


def _statement_name(address: Address) -> str:
    return str(address.get("sid") or f"#{int(address['position']) + 1}")


def _joined(actions: Value) -> str:
    return ", ".join(actions) if isinstance(actions, list) else str(actions)


def _is_grant(grant: Mapping[str, Any], address: Address) -> bool:
    return (grant["Grantee"].get("URI"), grant["Permission"]) == (address["grantee"], address["permission"])


def _grant(address: Address) -> dict[str, Value]:
    return {"Grantee": {"Type": "Group", "URI": address["grantee"]}, "Permission": address["permission"]}


def _group(address: Address) -> str:
    names = {"AllUsers": "everybody", "AuthenticatedUsers": "everybody with an AWS account"}
    group = str(address["grantee"]).rpartition("/")[2]
    return names.get(group, group)
