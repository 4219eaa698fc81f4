import json
import urllib.error
import urllib.request

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from secguard.errors import UsageError
from secguard.sandbox.cast import OPERATOR_KEY, OPERATOR_SECRET, PRODUCTION


def ask(sandbox, path, *, method="GET", body=None, headers=None):
    request = urllib.request.Request(
        f"{sandbox.endpoint}/secguard/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers=headers or {},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=5) as answer:
        return json.load(answer)


def unwatched(sandbox, service, *, patience=10.0):
    """A client whose answers may be as wrong as can be."""
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=sandbox.endpoint,
        aws_access_key_id=OPERATOR_KEY,
        aws_secret_access_key=OPERATOR_SECRET,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=patience),
    )


def test_every_call_is_recorded_with_its_parameters(sandbox, client):
    client("iam", region="us-east-1").create_user(UserName="anna")

    (call,) = sandbox.calls
    assert (call.service, call.operation, call.account, call.region) == ("iam", "CreateUser", PRODUCTION, "us-east-1")
    assert call.parameters == {"UserName": "anna"}
    assert (call.write, call.status) == (True, 200)


@pytest.mark.parametrize(
    ("service", "operation", "asked"),
    [
        ("ec2", "DescribeInstances", {"InstanceIds": ["i-1"]}),
        ("guardduty", "GetDetector", {"DetectorId": "a1"}),
        ("organizations", "ListAccounts", {"MaxResults": 5}),
        ("s3", "GetBucketPolicy", {"Bucket": "acme"}),
        ("elbv2", "DescribeTargetGroups", {"Names": ["a"]}),
        ("elb", "DescribeLoadBalancers", {"LoadBalancerNames": ["a"]}),
    ],
)
def test_calls_of_every_protocol_are_recorded_alike(sandbox, client, service, operation, asked):
    with pytest.raises(ClientError):
        getattr(client(service), xform_name(operation))(**asked)

    (call,) = sandbox.calls
    assert (call.service, call.operation, call.parameters) == (service, operation, asked)
    assert not call.write


def test_calls_are_found_by_service_and_operation(sandbox, client):
    client("sts").get_caller_identity()
    client("iam").list_users()
    client("iam").list_roles()

    assert [call.operation for call in sandbox.calls.of("iam")] == ["ListUsers", "ListRoles"]
    assert [call.service for call in sandbox.calls.of("sts", "GetCallerIdentity")] == ["sts"]


def test_a_dry_run_is_no_write(sandbox, client):
    with pytest.raises(ClientError):
        client("ec2").create_vpc(CidrBlock="10.0.0.0/16", DryRun=True)

    assert sandbox.calls.writes() == []


def test_a_refused_write_is_a_write_all_the_same(sandbox, client):
    with pytest.raises(ClientError):
        client("iam").delete_user(UserName="nobody")

    assert [(call.operation, call.status) for call in sandbox.calls.writes()] == [("DeleteUser", 404)]


def test_calls_can_be_read_and_forgotten_over_http(sandbox, client):
    client("sts").get_caller_identity()

    listed = ask(sandbox, "calls")
    ask(sandbox, "calls", method="DELETE")

    assert [call["operation"] for call in listed] == ["GetCallerIdentity"]
    assert len(sandbox.calls) == 0


def test_a_fault_answers_in_the_words_of_the_service(sandbox, client):
    for service in ("ec2", "guardduty", "iam", "s3", "organizations"):
        sandbox.faults.add(service=service, answer=(429, "TooManyRequestsException", "Slow <down>"))

    for service, operation in (
        ("ec2", "describe_vpcs"),
        ("guardduty", "list_detectors"),
        ("iam", "list_users"),
        ("s3", "list_buckets"),
        ("organizations", "list_accounts"),
    ):
        with pytest.raises(ClientError) as refused:
            getattr(client(service), operation)()
        assert refused.value.response["Error"] == refused.value.response["Error"] | {
            "Code": "TooManyRequestsException",
            "Message": "Slow <down>",
        }
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_a_fault_strikes_only_what_it_names_and_as_often_as_it_says(sandbox, client):
    sandbox.faults.add(
        service="guardduty",
        operation="ListDetectors",
        region="eu-west-1",
        account=PRODUCTION,
        times=2,
        answer=(403, "AccessDeniedException", "no"),
    )

    def outcome(region):
        try:
            return client("guardduty", region=region).list_detectors()["DetectorIds"]
        except ClientError as error:
            return error.response["Error"]["Code"]

    assert outcome("us-east-1") == []
    assert [outcome("eu-west-1") for _ in range(3)] == ["AccessDeniedException", "AccessDeniedException", []]


def test_a_hanging_call_times_out_at_the_client(sandbox):
    sandbox.faults.add(service="guardduty", answer="hang")

    with pytest.raises(ReadTimeoutError):
        unwatched(sandbox, "guardduty", patience=0.3).list_detectors()

    assert [call.status for call in sandbox.calls] == [0]


def test_a_dropped_connection_is_no_answer(sandbox, client):
    sandbox.faults.add(service="guardduty", answer="drop")

    with pytest.raises((ConnectionClosedError, EndpointConnectionError)):
        client("guardduty").list_detectors()


def test_garbage_is_no_answer_either(sandbox):
    """Where XML is expected botocore notices; where JSON is, it takes the page for an answer without members."""
    sandbox.faults.add(answer="garbage")

    with pytest.raises(ResponseParserError):
        unwatched(sandbox, "ec2").describe_vpcs()
    assert "DetectorIds" not in unwatched(sandbox, "guardduty").list_detectors()


@pytest.mark.parametrize(
    ("service", "operation", "key"),
    [
        ("guardduty", "list_detectors", "DetectorIds"),
        ("ec2", "describe_vpcs", "Vpcs"),
        ("iam", "list_users", "Users"),
        ("organizations", "list_accounts", "Accounts"),
    ],
)
def test_an_empty_answer_lacks_what_it_should_hold(sandbox, service, operation, key):
    sandbox.faults.add(service=service, answer="empty")

    answer = getattr(unwatched(sandbox, service), operation)()

    assert not answer.get(key)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_faults_can_be_made_and_cleared_over_http(sandbox, client):
    ask(sandbox, "faults", method="POST", body={"service": "sts", "answer": [503, "ServiceUnavailable", "later"]})
    with pytest.raises(ClientError, match="later"):
        client("sts").get_caller_identity()

    ask(sandbox, "faults", method="DELETE")

    assert client("sts").get_caller_identity()["Account"] == PRODUCTION


def test_a_fault_that_cannot_be_is_refused(sandbox):
    with pytest.raises(UsageError, match="explode"):
        sandbox.faults.add(answer="explode")
    with pytest.raises(urllib.error.HTTPError, match="400"):
        ask(sandbox, "faults", method="POST", body={"answer": "explode"})


def test_a_web_page_cannot_steer_the_sandbox(sandbox, client):
    client("iam").create_user(UserName="anna")

    with pytest.raises(urllib.error.HTTPError, match="403"):
        ask(sandbox, "reset", method="POST", body={"seed": "empty"}, headers={"Origin": "https://example.com"})

    assert client("iam").get_user(UserName="anna")["User"]["UserName"] == "anna"


def test_a_reset_forgets_everything(sandbox, client):
    client("iam").create_user(UserName="anna")
    client("s3").create_bucket(Bucket="acme")
    sandbox.faults.add(service="sts", answer="drop")

    ask(sandbox, "reset", method="POST", body={"seed": "empty"})

    assert [user["UserName"] for user in client("iam").list_users()["Users"]] == ["operator"]
    assert client("s3").list_buckets()["Buckets"] == []
    assert client("sts").get_caller_identity()["Account"] == PRODUCTION


def test_moto_s_own_reset_plants_the_seed_again(sandbox, client):
    client("iam").create_user(UserName="anna")

    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
        urllib.request.Request(f"{sandbox.endpoint}/moto-api/reset", method="POST"), timeout=5
    )

    assert [user["UserName"] for user in client("iam").list_users()["Users"]] == ["operator"]


def test_a_seed_that_does_not_exist_is_refused(sandbox):
    with pytest.raises(UsageError, match="allowed: breach, empty"):
        sandbox.reset("nonsense")


def test_what_nobody_emulates_is_said_so(sandbox, client):
    with pytest.raises(ClientError) as refused:
        client("inspector2").list_coverage()

    assert refused.value.response["Error"]["Code"] == "EmulatorNotImplemented"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_health_tells_who_answers(sandbox):
    assert ask(sandbox, "health") == {
        "token": sandbox.token,
        "pid": sandbox.health()["pid"],
        "seed": "empty",
        "endpoint": sandbox.endpoint,
    }


def test_an_unknown_path_of_its_own_is_not_found(sandbox):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        ask(sandbox, "nonsense")
