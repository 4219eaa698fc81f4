"""What nobody emulates says so, in every protocol, with a server and without."""

from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("guardduty", "list_coverage", {"DetectorId": "x"}),
        ("securityhub", "get_resources_v2", {}),
        ("accessanalyzer", "list_analyzers", {}),
        ("inspector2", "list_coverage", {}),
        ("ec2", "get_console_screenshot", {"InstanceId": "i-0123456789abcdef0"}),
        ("iam", "list_organizations_features", {}),
        ("network-firewall", "list_rule_groups", {}),
        ("ssm", "start_automation_execution", {"DocumentName": "x"}),
        ("cloudfront", "list_anycast_ip_lists", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_emulated_is_named(bare_client, service, operation, parameters):
    client = bare_client(service)
    name = client.meta.method_to_api_mapping[operation]

    with pytest.raises(ClientError, match=f"the sandbox does not emulate {service} {name}") as refused:
        getattr(client, operation)(**parameters)

    assert refused.value.response["Error"]["Code"] == "EmulatorNotImplemented"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert refused.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_it_is_named_without_a_server_too(bare_client):
    """`bare_client` has installed the emulation."""
    with mock_aws():
        hub = boto3.client("securityhub", region_name="us-east-1")
        with pytest.raises(ClientError, match="the sandbox does not emulate securityhub GetResourcesV2"):
            hub.get_resources_v2()
        with pytest.raises(ClientError, match="the sandbox does not emulate accessanalyzer ListAnalyzers"):
            boto3.client("accessanalyzer", region_name="us-east-1").list_analyzers()
        hub.enable_security_hub()
        assert hub.describe_hub()["AutoEnableControls"] is True


def test_a_reset_forgets_everything(bare_client, bare_endpoint):
    bare_client("guardduty").create_detector(Enable=True)
    bare_client("securityhub").enable_security_hub()

    urlopen(Request(f"{bare_endpoint}/moto-api/reset", method="POST")).close()

    assert bare_client("guardduty").list_detectors()["DetectorIds"] == []
    with pytest.raises(ClientError, match="not subscribed"):
        bare_client("securityhub").describe_hub()
