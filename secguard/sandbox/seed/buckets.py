"""Three buckets: invoices that one statement of a policy made public, a website, and uploads public by an old ACL."""

from __future__ import annotations

import json
from typing import Any

from moto.s3.models import FakeBucket, get_canned_acl

from secguard.sandbox import clock
from secguard.sandbox.cast import HOME_REGION, PRODUCTION
from secguard.sandbox.publicity import is_public
from secguard.sandbox.seed import controls
from secguard.sandbox.seed.accounts import add_role, service_trust
from secguard.sandbox.seed.asff_form import ACCESS_ANALYZER, control_finding, product_finding, resource
from secguard.sandbox.seed.guardduty_form import api_call, finding, span
from secguard.sandbox.seed.people import THIEF
from secguard.sandbox.seed.scene import Scene, hex_id, uuid_id
from secguard.sandbox.storage import backend_of, grants_public

INVOICES = "acme-invoices-7f3a"
WEBSITE = "acme-www"
UPLOADS = "acme-uploads-2019"
BILLING_ROLE = "billing-export"
PLACE = (PRODUCTION, HOME_REGION)

WEBSITE_CONFIGURATION = b"""<WebsiteConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
<IndexDocument><Suffix>index.html</Suffix></IndexDocument><ErrorDocument><Key>404.html</Key></ErrorDocument>
</WebsiteConfiguration>"""


def tell(scene: Scene) -> None:
    """Set up the buckets and report what is wrong with them."""
    _exposed_invoices(scene)
    _website(scene)
    _old_uploads(scene)


def invoices_policy() -> dict[str, Any]:
    """Four statements, of which the third should not be there."""
    bucket = f"arn:aws:s3:::{INVOICES}"
    return {
        "Version": "2012-10-17",
        "Id": "invoices",
        "Statement": [
            {
                "Sid": "OnlyEncryptedTransport",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [bucket, f"{bucket}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
            {
                "Sid": "BillingExport",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{PRODUCTION}:role/{BILLING_ROLE}"},
                "Action": ["s3:PutObject", "s3:GetObject"],
                "Resource": f"{bucket}/*",
            },
            {
                "Sid": "TemporaryForPartner",
                "Effect": "Allow",
                "Principal": "*",
                "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": [bucket, f"{bucket}/*"],
            },
            {
                "Sid": "AccessLogs",
                "Effect": "Allow",
                "Principal": {"Service": "logging.s3.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"{bucket}/logs/*",
                "Condition": {"StringEquals": {"aws:SourceAccount": PRODUCTION}},
            },
        ],
    }


def _exposed_invoices(scene: Scene) -> None:
    add_role(PRODUCTION, BILLING_ROLE, trust=service_trust("lambda"))
    bucket = _bucket(scene, INVOICES, tags={"data": "confidential", "team": "billing"}, days=700)
    bucket.public_access_block = None
    bucket.policy = json.dumps(invoices_policy(), indent=2).encode()
    for name in ("2026/10/INV-20931.pdf", "2026/10/INV-20932.pdf", "2026/11/INV-21007.pdf"):
        backend_of(PRODUCTION).put_object(INVOICES, name, b"%PDF-1.7 invoice")
    scene.detected(
        finding(
            at=PLACE,
            kind="Policy:S3/BucketAnonymousAccessGranted",
            severity=8,
            title=f"Amazon S3 Bucket {INVOICES} was granted public anonymous access.",
            description=f"Amazon S3 Bucket {INVOICES} was granted public anonymous access by "
            "deploy-bot calling PutBucketPolicy. If this is not expected, it may be a mistake or a sign of compromise.",
            resource=_resource(bucket),
            action=_policy_change(),
            seen=span(scene, hours=5.5, lasting=0.1),
        )
    )
    _control_findings(scene, bucket, hours=5)
    scene.received(_external_access(scene, bucket))


def _website(scene: Scene) -> None:
    bucket = _bucket(scene, WEBSITE, tags={"public": "by intent", "team": "storefront"}, days=900)
    bucket.public_access_block = None
    bucket.website_configuration = WEBSITE_CONFIGURATION
    statement = {
        "Sid": "PublicWebsite",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{WEBSITE}/*",
    }
    bucket.policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()
    backend_of(PRODUCTION).put_object(WEBSITE, "index.html", b"<h1>ACME</h1>")
    _control_findings(scene, bucket, hours=21 * 24)


def _old_uploads(scene: Scene) -> None:
    bucket = _bucket(scene, UPLOADS, tags={"team": "storefront"}, days=2500)
    bucket.public_access_block = None
    backend_of(PRODUCTION).put_bucket_ownership_controls(UPLOADS, "ObjectWriter")
    bucket.acl = get_canned_acl("public-read")
    scene.detected(
        finding(
            at=PLACE,
            kind="Policy:S3/BucketPublicAccessGranted",
            severity=8,
            title=f"Amazon S3 Bucket {UPLOADS} was granted public access to all AWS authenticated users.",
            description=f"Amazon S3 Bucket {UPLOADS} was granted public access by an access control list.",
            resource=_resource(bucket),
            action=api_call(THIEF, service="s3", api="PutBucketAcl", affected={"AWS::S3::Bucket": UPLOADS}),
            seen=span(scene, hours=5.2, lasting=0.1),
        )
    )
    _control_findings(scene, bucket, hours=5)


def _bucket(scene: Scene, name: str, *, tags: dict[str, str], days: int) -> FakeBucket:
    s3 = backend_of(PRODUCTION)
    bucket: FakeBucket = s3.create_bucket(name, HOME_REGION)
    bucket.creation_date = scene.ago(days=days)
    s3.put_bucket_tagging(name, tags)
    return bucket


def _policy_change() -> dict[str, Any]:
    return api_call(THIEF, service="s3", api="PutBucketPolicy", affected={"AWS::S3::Bucket": INVOICES})


def _resource(bucket: FakeBucket) -> dict[str, Any]:
    """GuardDuty's `s3BucketDetails`, as the bucket is now."""
    by_acl, by_policy = grants_public(bucket.acl), is_public(bucket.policy or b"")
    open_blocks = {
        "ignorePublicAcls": False,
        "restrictPublicBuckets": False,
        "blockPublicAcls": False,
        "blockPublicPolicy": False,
    }
    permissions = {
        "bucketLevelPermissions": {
            "accessControlList": {"allowsPublicReadAccess": by_acl, "allowsPublicWriteAccess": False},
            "bucketPolicy": {"allowsPublicReadAccess": by_policy, "allowsPublicWriteAccess": False},
            "blockPublicAccess": open_blocks,
        },
        "accountLevelPermissions": {"blockPublicAccess": open_blocks},
    }
    details = {
        "arn": bucket.arn,
        "name": bucket.name,
        "type": "Destination",
        "createdAt": clock.epoch(bucket.creation_date),
        "owner": {"id": hex_id("owner", PRODUCTION) * 2},
        "tags": [],
        "defaultServerSideEncryption": {"encryptionType": "AES256", "kmsMasterKeyArn": ""},
        "publicAccess": {
            "permissionConfiguration": permissions,
            "effectivePermission": "PUBLIC" if by_acl or by_policy else "NOT_PUBLIC",
        },
    }
    return {"resourceType": "S3Bucket", "s3BucketDetails": [details]}


def _about(bucket: FakeBucket) -> dict[str, Any]:
    return resource("AwsS3Bucket", bucket.arn, HOME_REGION, Name=bucket.name, OwnerAccountId=PRODUCTION)


def _control_findings(scene: Scene, bucket: FakeBucket, *, hours: float) -> None:
    seen = span(scene, hours=hours, lasting=0.5)
    for control in (controls.BUCKET_READ, controls.BUCKET_BLOCK):
        scene.received(control_finding(control, at=PLACE, about=_about(bucket), seen=seen))


def _external_access(scene: Scene, bucket: FakeBucket) -> dict[str, Any]:
    analyzer = f"arn:aws:access-analyzer:{HOME_REGION}:{PRODUCTION}:analyzer/account"
    return product_finding(
        ACCESS_ANALYZER,
        at=PLACE,
        identity=f"{analyzer}/arn:aws:s3:::{bucket.name}/{uuid_id(bucket.name, 'external')}",
        label="HIGH",
        title=f"AwsS3Bucket/{bucket.arn}/ allows public access",
        description=f"AWS::S3::Bucket/{bucket.arn}/ allows public access",
        about=[_about(bucket)],
        generator="aws/access-analyzer",
        seen=span(scene, hours=5, lasting=0.2),
    )
