"""A dry run cannot write: what is not on the list does not leave, whatever it is called."""

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse

from secguard.aws.guard import Guard
from secguard.errors import WouldWrite

SERVICES = (
    "guardduty", "securityhub", "ec2", "iam", "s3", "s3control", "sts", "account", "config", "organizations",
    "lambda", "rds", "wafv2", "secretsmanager", "kms", "ssm",
)  # fmt: skip


@pytest.fixture(scope="module")
def session():
    made = botocore.session.Session()
    made.set_credentials("AKIAIOSFODNN7EXAMPLE", "made/up")
    return made


@pytest.fixture
def client_for(session):
    """Make a guarded client; what it sends is counted and answered with nothing."""

    def make(service, *allowed, rehearsals=True):
        client = session.create_client(service, region_name="eu-west-1")
        Guard(frozenset(allowed), rehearsals=rehearsals).watch(client)
        client.sent = []

        def send(request, **_):
            client.sent.append(request)
            return AWSResponse(request.url, 200, {}, _Empty())

        client.meta.events.register("before-send", send)
        return client

    return make


class _Empty:
    def stream(self, **_):
        yield b"<ok><ListUsersResult/></ok>"


@pytest.mark.parametrize("service", SERVICES)
def test_no_operation_outside_the_list_leaves(client_for, service):
    client = client_for(service)

    for method in client.meta.method_to_api_mapping:
        with pytest.raises(WouldWrite):
            getattr(client, method)()

    assert client.sent == []


@pytest.mark.parametrize(
    ("service", "operation"), [("secretsmanager", "get_secret_value"), ("sts", "get_session_token"), ("kms", "decrypt")]
)
def test_a_name_that_sounds_like_reading_is_not_enough(client_for, service, operation):
    client = client_for(service, "iam:ListAccessKeys")

    with pytest.raises(WouldWrite):
        getattr(client, operation)()


def test_what_is_on_the_list_leaves(client_for):
    client = client_for("iam", "iam:ListUsers")

    client.list_users()

    assert len(client.sent) == 1


def test_the_same_operation_of_another_service_is_not_on_the_list(client_for):
    client = client_for("s3", "s3control:GetPublicAccessBlock")

    with pytest.raises(WouldWrite):
        client.get_public_access_block(Bucket="records")


def test_a_write_is_not_signed_into_a_url(client_for):
    client = client_for("s3", "s3:GetBucketPolicy")

    with pytest.raises(WouldWrite):
        client.generate_presigned_url("put_object", Params={"Bucket": "records", "Key": "a"})


def test_a_form_that_uploads_is_not_signed(client_for):
    """Such a form never passes the fence where parameters are built."""
    client = client_for("s3", "s3:GetBucketPolicy")

    with pytest.raises(WouldWrite):
        client.generate_presigned_post("records", "a")


def test_a_token_for_a_database_is_not_signed(client_for):
    client = client_for("rds", "rds:DescribeDBInstances")

    with pytest.raises(WouldWrite):
        client.generate_db_auth_token("db.example.com", 3306, "admin")


def test_an_ec2_write_that_only_rehearses_leaves_and_says_so(client_for):
    client = client_for("ec2")

    client.delete_security_group(GroupId="sg-1", DryRun=True)

    assert "DryRun=true" in client.sent[0].body


@pytest.mark.parametrize("dry_run", [{}, {"DryRun": False}, {"DryRun": "true"}])
def test_an_ec2_write_that_would_not_rehearse_stays(client_for, dry_run):
    client = client_for("ec2")

    with pytest.raises(WouldWrite):
        client.delete_security_group(GroupId="sg-1", **dry_run)

    assert client.sent == []


def test_no_other_service_rehearses(client_for):
    client = client_for("organizations")

    with pytest.raises(WouldWrite):
        client.meta.events.emit(
            "before-parameter-build.organizations.LeaveOrganization",
            params={"DryRun": True},
            model=client.meta.service_model.operation_model("LeaveOrganization"),
        )


def test_the_clients_that_write_do_not_rehearse(client_for):
    client = client_for("ec2", "ec2:CreateTags", rehearsals=False)

    with pytest.raises(WouldWrite):
        client.delete_security_group(GroupId="sg-1", DryRun=True)
