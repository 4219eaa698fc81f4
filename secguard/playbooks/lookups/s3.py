"""Facts about S3 buckets: where they are, and what makes them public."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from secguard.engine.seam import Reader
from secguard.engine.values import digest
from secguard.errors import NotThere
from secguard.playbooks.case import Case, account_of
from secguard.playbooks.lookups.lookup import Lookup, Seen
from secguard.playbooks.public_policy import is_public
from secguard.playbooks.rules import foreign_account
from secguard.settings.s3 import read_policy, statements_of

PUBLIC_GROUPS = ("AllUsers", "AuthenticatedUsers")


def _bucket(aws: Reader, given: Mapping[str, Any], case: Case) -> Seen:
    """The bucket, its Region, its public statements and grants, and whether it serves a website.

    Every question names the account that must own the bucket: another's bucket is refused by S3 itself.
    """
    name = given["name"]
    refused = case.standing(foreign_account(f"bucket {name}", account_of(case.finding, name), case))
    if refused:
        return Seen(None, refused)
    owned = {"Bucket": name, "ExpectedBucketOwner": aws.place.account}
    facts = {
        "name": name,
        "region": _region(aws.ask("s3", "GetBucketLocation", **owned).get("LocationConstraint")),
        "website": _serves_website(aws, owned),
        "public_statements": list(_public_statements(aws, name)),
        "public_grants": list(_public_grants(aws, owned)),
    }
    return Seen(facts)


def _region(constraint: str | None) -> str:
    """S3's names for its two oldest Regions are not theirs."""
    return {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}.get(constraint, str(constraint))


def _serves_website(aws: Reader, owned: Mapping[str, str]) -> bool:
    try:
        aws.ask("s3", "GetBucketWebsite", **owned)
    except NotThere as error:
        if error.code == "NoSuchWebsiteConfiguration":
            return False
        raise
    return True


def _public_statements(aws: Reader, bucket: str) -> Iterator[dict[str, Any]]:
    for position, statement in enumerate(statements_of(read_policy(aws, bucket))):
        if is_public(statement):
            yield {"digest": digest(statement), "position": position, "sid": statement.get("Sid")}


def _public_grants(aws: Reader, owned: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for grant in aws.ask("s3", "GetBucketAcl", **owned)["Grants"]:
        group = str(grant["Grantee"].get("URI", ""))
        if group.rpartition("/")[2] in PUBLIC_GROUPS:
            yield {"grantee": group, "permission": grant["Permission"]}


LOOKUPS = (
    Lookup(
        name="s3.bucket",
        takes=("name",),
        reads=(
            "s3:GetBucketLocation",
            "s3:GetBucketWebsite",
            "s3:GetBucketPolicy",
            "s3:GetBucketAcl",
        ),
        look=_bucket,
    ),
)
