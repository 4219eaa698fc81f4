import json

import pytest
from botocore.exceptions import ClientError

from secguard.sandbox.cast import OPERATOR, PRODUCTION

ALL_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
ALL_OPEN = dict.fromkeys(ALL_BLOCKED, False)


@pytest.fixture
def s3(sandbox, client):
    made = client("s3")
    made.create_bucket(Bucket="acme")
    return made


@pytest.fixture
def open_bucket(s3):
    s3.put_public_access_block(Bucket="acme", PublicAccessBlockConfiguration=ALL_OPEN)
    return "acme"


def policy(principal="*", **more):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | more]})


def error(refused):
    answer = refused.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def allow_acls(s3):
    controls = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3.put_bucket_ownership_controls(Bucket="acme", OwnershipControls=controls)


def test_a_new_bucket_blocks_public_access_and_has_no_acls(s3):
    assert s3.get_public_access_block(Bucket="acme")["PublicAccessBlockConfiguration"] == ALL_BLOCKED
    rules = s3.get_bucket_ownership_controls(Bucket="acme")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_a_public_policy_is_refused_where_it_is_blocked(s3):
    with pytest.raises(ClientError) as refused:
        s3.put_bucket_policy(Bucket="acme", Policy=policy())

    assert error(refused) == ("AccessDenied", 403)
    assert refused.value.response["Error"]["Message"] == (
        f"User: arn:aws:iam::{PRODUCTION}:user/{OPERATOR} is not authorized to perform: s3:PutBucketPolicy on "
        'resource: "arn:aws:s3:::acme" because public policies are blocked by the BlockPublicPolicy block public '
        "access setting."
    )


def test_a_public_policy_is_refused_where_the_account_blocks_it(open_bucket, s3, sandbox, client):
    at = sandbox.endpoint
    client("s3control", endpoint_url=at.replace("://", "://sandbox@")).put_public_access_block(
        AccountId=PRODUCTION, PublicAccessBlockConfiguration={"BlockPublicPolicy": True}
    )

    with pytest.raises(ClientError) as refused:
        s3.put_bucket_policy(Bucket=open_bucket, Policy=policy())

    assert error(refused) == ("AccessDenied", 403)


def test_a_public_policy_makes_an_open_bucket_public(open_bucket, s3):
    s3.put_bucket_policy(Bucket=open_bucket, Policy=policy())

    assert s3.get_bucket_policy_status(Bucket=open_bucket)["PolicyStatus"]["IsPublic"] is True


def test_a_policy_for_somebody_is_accepted_where_public_ones_are_blocked(s3):
    s3.put_bucket_policy(Bucket="acme", Policy=policy({"AWS": f"arn:aws:iam::{PRODUCTION}:root"}))

    assert s3.get_bucket_policy_status(Bucket="acme")["PolicyStatus"]["IsPublic"] is False


@pytest.mark.parametrize("document", ["not json", "[]", '{"Version": "2012-10-17"}'])
def test_what_is_no_policy_is_refused(s3, document):
    with pytest.raises(ClientError) as refused:
        s3.put_bucket_policy(Bucket="acme", Policy=document)

    assert error(refused) == ("MalformedPolicy", 400)


def test_acls_are_refused_where_they_are_off(s3):
    with pytest.raises(ClientError) as refused:
        s3.put_bucket_acl(Bucket="acme", ACL="private")

    assert error(refused) == ("AccessControlListNotSupported", 400)


def test_a_public_acl_is_refused_where_it_is_blocked(s3):
    allow_acls(s3)

    with pytest.raises(ClientError, match="BlockPublicAcls") as refused:
        s3.put_bucket_acl(Bucket="acme", ACL="public-read")

    assert error(refused) == ("AccessDenied", 403)


def test_a_grant_to_everybody_counts_as_a_public_acl(s3):
    allow_acls(s3)
    everybody = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
    owner = s3.get_bucket_acl(Bucket="acme")["Owner"]

    with pytest.raises(ClientError) as refused:
        s3.put_bucket_acl(
            Bucket="acme",
            AccessControlPolicy={"Owner": owner, "Grants": [{"Grantee": everybody, "Permission": "READ"}]},
        )

    assert error(refused) == ("AccessDenied", 403)


def test_a_private_acl_is_accepted_where_public_ones_are_blocked(s3):
    allow_acls(s3)

    s3.put_bucket_acl(Bucket="acme", ACL="private")

    assert len(s3.get_bucket_acl(Bucket="acme")["Grants"]) == 1


def test_acls_stay_on_while_one_grants_something(open_bucket, s3):
    allow_acls(s3)
    s3.put_bucket_acl(Bucket=open_bucket, ACL="public-read")
    off = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}

    with pytest.raises(ClientError) as refused:
        s3.put_bucket_ownership_controls(Bucket=open_bucket, OwnershipControls=off)

    assert error(refused) == ("InvalidBucketAclWithObjectOwnership", 400)


def test_objects_go_in_and_out(s3):
    s3.put_object(Bucket="acme", Key="folder/hello.txt", Body=b"hello" * 5000)

    assert s3.get_object(Bucket="acme", Key="folder/hello.txt")["Body"].read() == b"hello" * 5000


def test_the_accounts_block_is_kept_by_s3_control(sandbox, client):
    control = client("s3control", endpoint_url=sandbox.endpoint.replace("://", "://sandbox@"))
    with pytest.raises(ClientError) as refused:
        control.get_public_access_block(AccountId=PRODUCTION)

    control.put_public_access_block(AccountId=PRODUCTION, PublicAccessBlockConfiguration=ALL_BLOCKED)

    assert error(refused) == ("NoSuchPublicAccessBlockConfiguration", 404)
    assert control.get_public_access_block(AccountId=PRODUCTION)["PublicAccessBlockConfiguration"] == ALL_BLOCKED
