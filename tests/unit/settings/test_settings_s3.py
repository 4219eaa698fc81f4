"""Buckets: the piece that makes them public goes, the rest stays to the letter, and all comes back."""

import json

import pytest
from canned import Canned, after, missing
from hypothesis import given
from hypothesis import strategies as st

from secguard.engine.setting import Item
from secguard.engine.values import digest
from secguard.errors import Denied, NotThere
from secguard.settings.s3 import BLOCKS, AclGrant, PolicyStatement, PublicAccessBlock

BUCKET = {"bucket": "acme-invoices"}
EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
ALL_ON = dict.fromkeys(BLOCKS, True)
OWNED = {"account": "123456789012"}


def statement(sid, principal="*"):
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:x/*"}


def policy(*statements):
    return {"Version": "2012-10-17", "Id": "invoices", "Statement": list(statements)}


def place_of(document, sid):
    position = next(n for n, each in enumerate(document["Statement"]) if each["Sid"] == sid)
    found = document["Statement"][position]
    return {"bucket": "acme-invoices", "statement": digest(found), "position": position, "sid": sid}


def read_statement(document, address):
    return PolicyStatement().read(Canned({"s3:GetBucketPolicy": {"Policy": json.dumps(document)}}), address)


def written(calls):
    (call,) = calls
    return json.loads(call.parameters["Policy"]) if call.operation == "PutBucketPolicy" else None


def take_out(document, *sids):
    items = []
    for sid in sids:
        address = place_of(document, sid)
        found = read_statement(document, address)
        items.append(Item(address, found.value, None, found.context))
    return PolicyStatement().merged(items)


def put_back(document, items):
    rest = [Item(i.address, None, i.found, {**OWNED, "policy": document}) for i in items]
    return PolicyStatement().merged(rest)


def test_every_question_names_the_account_that_must_own_the_bucket():
    aws = Canned({"s3:GetPublicAccessBlock": missing("NoSuchPublicAccessBlockConfiguration")})

    PublicAccessBlock().read(aws, BUCKET)

    assert aws.asked[0][1]["ExpectedBucketOwner"] == "123456789012"


def test_a_bucket_where_no_block_was_ever_set_reads_as_none():
    aws = Canned({"s3:GetPublicAccessBlock": missing("NoSuchPublicAccessBlockConfiguration")})

    assert PublicAccessBlock().read(aws, BUCKET).value is None


def test_a_bucket_that_is_gone_is_not_one_without_blocks():
    with pytest.raises(NotThere):
        PublicAccessBlock().read(Canned({"s3:GetPublicAccessBlock": missing("NoSuchBucket")}), BUCKET)


def test_a_flag_that_aws_leaves_out_is_off():
    aws = Canned({"s3:GetPublicAccessBlock": {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}})

    assert PublicAccessBlock().read(aws, BUCKET).value == {**dict.fromkeys(BLOCKS, False), "BlockPublicAcls": True}


def test_undoing_a_block_that_was_not_there_deletes_it():
    assert after(PublicAccessBlock(), BUCKET, ALL_ON, None, OWNED)[0] == "DeletePublicAccessBlock"


def test_only_the_named_statement_leaves_the_policy():
    document = policy(statement("a", {"AWS": "x"}), statement("public"), statement("b", {"AWS": "y"}))

    left = written(take_out(document, "public"))

    assert left == policy(statement("a", {"AWS": "x"}), statement("b", {"AWS": "y"}))


def test_several_statements_leave_in_one_call_since_a_policy_still_public_in_part_is_refused():
    document = policy(statement("one"), statement("a", {"AWS": "x"}), statement("two"))

    assert written(take_out(document, "one", "two")) == policy(statement("a", {"AWS": "x"}))


def test_a_policy_without_statements_left_is_deleted():
    (call,) = take_out(policy(statement("public")), "public")

    assert call.operation == "DeleteBucketPolicy"


def test_a_deleted_policy_comes_back_with_its_version_and_id():
    document = policy(statement("public"))
    address = place_of(document, "public")
    before = read_statement(document, address).value

    calls = PolicyStatement().calls(address, None, before, {**OWNED, "policy": None})

    assert written(calls) == document


def test_a_single_statement_without_a_list_is_a_list_of_one():
    document = {**policy(), "Statement": statement("public")}
    address = {"bucket": "acme-invoices", "statement": digest(statement("public")), "position": 0}

    assert read_statement(document, address).value["Statement"] == statement("public")


def test_a_statement_that_someone_edited_is_no_longer_the_one_that_was_meant():
    document = policy(statement("public"))
    address = place_of(document, "public")

    assert read_statement(policy({**statement("public"), "Action": "s3:*"}), address).value is None


def test_a_bucket_without_a_policy_holds_no_statement():
    aws = Canned({"s3:GetBucketPolicy": missing("NoSuchBucketPolicy")})

    assert PolicyStatement().read(aws, {**BUCKET, "statement": "0", "position": 0}).value is None


@given(st.lists(st.sampled_from(["public", "kept"]), min_size=1, max_size=6), st.data())
def test_taking_out_and_putting_back_gives_the_policy_as_it_was(kinds, data):
    """Also when the statements come back one at a time, in any order of the merging."""
    statements = [statement(f"{kind}{n}", "*" if kind == "public" else {"AWS": "x"}) for n, kind in enumerate(kinds)]
    document = policy(*statements)
    public = [each["Sid"] for each in statements if each["Principal"] == "*"]
    items = [
        Item(place_of(document, sid), read_statement(document, place_of(document, sid)).value, None, None)
        for sid in public
    ]
    now = written(take_out(document, *public)) if public else document

    shuffled = data.draw(st.permutations(items))
    if shuffled:
        now = written(put_back(now, shuffled))

    assert now == document


def test_s3s_refusal_of_a_public_policy_passes_once_the_block_is_lifted_everywhere():
    told = (
        "not authorized ... because public policies are blocked by the BlockPublicPolicy block public access setting."
    )
    blocked = Denied("", code="AccessDenied", aws_message=told)
    denied = Denied("", code="AccessDenied", aws_message="User x is not authorized to perform: s3:PutBucketPolicy")

    assert PolicyStatement().passes(blocked)
    assert not PolicyStatement().passes(denied)


def test_only_the_public_grant_leaves_the_acl():
    owner = {"Grantee": {"Type": "CanonicalUser", "ID": "me"}, "Permission": "FULL_CONTROL"}
    public = {"Grantee": {"Type": "Group", "URI": EVERYBODY}, "Permission": "READ"}
    acl = {"Grants": [owner, public], "Owner": {"ID": "me"}}
    address = {**BUCKET, "grantee": EVERYBODY, "permission": "READ"}
    found = AclGrant().read(Canned({"s3:GetBucketAcl": acl}), address)

    _, parameters = after(AclGrant(), address, found.value, None, found.context)

    assert found.value == "granted"
    assert parameters["AccessControlPolicy"] == {"Grants": [owner], "Owner": {"ID": "me"}}


def test_another_permission_of_the_same_group_is_another_grant():
    public = {"Grantee": {"Type": "Group", "URI": EVERYBODY}, "Permission": "WRITE"}
    aws = Canned({"s3:GetBucketAcl": {"Grants": [public], "Owner": {}}})

    assert AclGrant().read(aws, {**BUCKET, "grantee": EVERYBODY, "permission": "READ"}).value is None


def test_grants_of_one_bucket_change_in_one_call():
    grants = [{"Grantee": {"Type": "Group", "URI": EVERYBODY}, "Permission": each} for each in ("READ", "WRITE")]
    context = {**OWNED, "acl": {"Grants": grants, "Owner": {"ID": "me"}}}
    addresses = [{**BUCKET, "grantee": EVERYBODY, "permission": each} for each in ("READ", "WRITE")]

    (call,) = AclGrant().merged([Item(address, "granted", None, context) for address in addresses])

    assert call.parameters["AccessControlPolicy"]["Grants"] == []
