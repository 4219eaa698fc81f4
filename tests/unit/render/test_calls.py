"""What the plan shows as calls is what the AWS CLI would send."""

import subprocess
from unittest.mock import patch

import awscli.clidriver
import botocore.session
import pytest
from botocore import xform_name

from secguard.engine.seam import Call
from secguard.render.calls import command_line, kebab, one_line

SERVICES = (
    "guardduty", "securityhub", "iam", "ec2", "s3", "s3control", "sts", "config", "organizations", "account", "rds",
    "wafv2", "elbv2", "autoscaling", "lambda", "ssm", "kms", "cloudtrail", "events", "sqs", "secretsmanager", "logs",
)  # fmt: skip


@pytest.fixture(scope="module")
def models():
    return botocore.session.get_session()


@pytest.mark.parametrize("service", SERVICES)
def test_names_are_spelled_as_the_aws_cli_spells_them(models, service):
    model = models.get_service_model(service)
    names = set(model.operation_names)
    for operation in model.operation_names:
        shape = model.operation_model(operation).input_shape
        names.update(shape.members if shape else ())

    assert {name: kebab(name) for name in names} == {name: xform_name(name, "-") for name in names}


CALLS = (
    Call("iam", "UpdateAccessKey", {"UserName": "o'brien $HOME", "AccessKeyId": "AKIA1", "Status": "Inactive"}),
    Call("iam", "PutUserPolicy", {"UserName": "ü\x1b[2J", "PolicyName": "p", "PolicyDocument": '{"Statement":[]}'}),
    Call("ec2", "ModifyNetworkInterfaceAttribute", {"NetworkInterfaceId": "eni-1", "Groups": ["sg-1", "sg-2"]}),
    Call(
        "ec2",
        "CreateNetworkAclEntry",
        {
            "NetworkAclId": "a",
            "RuleNumber": 9,
            "Protocol": "-1",
            "RuleAction": "deny",
            "Egress": False,
            "CidrBlock": "c",
        },
    ),
    Call("ec2", "ModifyInstanceAttribute", {"InstanceId": "i-1", "DisableApiTermination": {"Value": True}}),
    Call("s3", "PutBucketPolicy", {"Bucket": "b", "Policy": "{}"}),
    Call(
        "s3",
        "PutPublicAccessBlock",
        {"Bucket": "b", "PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "BlockPublicPolicy": False}},
    ),
    Call("config", "DescribeConfigurationRecorders", {"ConfigurationRecorderNames": ["default"]}),
    Call("guardduty", "UpdateDetector", {"DetectorId": "d", "Enable": True}),
    Call(
        "guardduty",
        "UpdateDetector",
        {"DetectorId": "d", "Enable": False, "Features": [{"Name": "X", "Status": "ENABLED"}]},
    ),
    Call("guardduty", "CreateDetector", {"Enable": True, "Tags": {"secguard:run": "é\n\x1b[2J"}}),
    Call("securityhub", "EnableSecurityHub", {"EnableDefaultStandards": False}),
    Call("securityhub", "BatchEnableStandards", {"StandardsSubscriptionRequests": [{"StandardsArn": "arn:x"}]}),
    Call("rds", "ModifyDBInstance", {"DBInstanceIdentifier": "db", "PubliclyAccessible": False}),
)


def as_bash_reads_it(line):
    words = subprocess.run(["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True).stdout
    return words.decode().split("\0")[:-1]


def what_the_aws_cli_sends(line):
    sent = []

    def note(self, service, operation, parameters, _globals):
        sent.append(Call(service, operation, parameters))
        return 0

    with patch.object(awscli.clidriver.CLIOperationCaller, "invoke", note):
        status = awscli.clidriver.create_clidriver().main(line[1:])

    assert status == 0
    return sent


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.operation)
def test_the_aws_cli_reads_back_the_very_call(call):
    """Quoting, booleans and renamed options included."""
    line = command_line(call, region="eu-west-1", endpoint="http://127.0.0.1:1")

    assert what_the_aws_cli_sends(as_bash_reads_it(line)) == [call]


def test_late_values_are_readable():
    call = Call("ec2", "ModifyInstanceAttribute", {"Groups": [{"$late": "3.GroupId"}], "At": {"$late": "now"}})

    assert one_line(call) == 'ec2:ModifyInstanceAttribute Groups=["<GroupId of change 3>"] At=<now>'


def test_nothing_in_a_call_can_steer_the_terminal():
    call = Call("iam", "TagUser", {"UserName": "a\x1b[2J\nb"})

    assert one_line(call).isprintable()
    assert command_line(call, region="r").isprintable()
