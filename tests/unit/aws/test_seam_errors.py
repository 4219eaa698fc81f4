"""AWS's codes and texts become secguard's errors, with the call, the place and the next step in them."""

import pytest
from botocore import exceptions as boto
from botocore.exceptions import ClientError

from secguard.aws.errors import Asked, translate
from secguard.errors import (
    Already,
    AwsError,
    Denied,
    ManagedElsewhere,
    NoCredentials,
    NotThere,
    Stale,
    Throttled,
    Unreachable,
    Unsupported,
)

WHERE = ("111122223333", "ap-east-1")


def answer(code, message="no", status=400):
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "11111111-aaaa"},
        },
        "Operation",
    )


def translated(call, code, message="no", status=400, *, region_off=None):
    service, operation = call.split(":")
    return translate(answer(code, message, status), Asked(service, operation, *WHERE), region_off=lambda: region_off)


@pytest.mark.parametrize(
    ("call", "code", "message", "kind"),
    [
        (
            "guardduty:CreateDetector",
            "BadRequestException",
            "The request is rejected because a detector already exists for the current account.",
            Already,
        ),
        (
            "guardduty:GetDetector",
            "BadRequestException",
            "The request is rejected because the input detectorId is not owned by the current account.",
            NotThere,
        ),
        (
            "guardduty:DeleteFilter",
            "BadRequestException",
            "The request is rejected since no such resource found.",
            NotThere,
        ),
        (
            "guardduty:UpdateDetector",
            "BadRequestException",
            "The request failed because you cannot enable a data source while the detector is disabled.",
            AwsError,
        ),
        (
            "guardduty:UpdateDetector",
            "BadRequestException",
            "The request is rejected because an invalid or out-of-range value is specified as an input parameter.",
            AwsError,
        ),
        (
            "guardduty:EnableOrganizationAdminAccount",
            "BadRequestException",
            (
                "The request failed because another account is already enabled as GuardDuty delegated administrator"
                " for the organization."
            ),
            ManagedElsewhere,
        ),
        ("guardduty:UpdateDetector", "BadRequestException", "X is not supported in this region", Unsupported),
        ("guardduty:ListDetectors", "AccessDeniedException", "User: x is not authorized", Denied),
        ("securityhub:EnableSecurityHub", "ResourceConflictException", "Account is already subscribed", Already),
        (
            "securityhub:DescribeHub",
            "InvalidAccessException",
            "Account 111122223333 is not subscribed to AWS Security Hub",
            NotThere,
        ),
        (
            "securityhub:DescribeHub",
            "InvalidAccessException",
            "AccountId: 111122223333 is not enabled for securityhub. Currentstate: false",
            NotThere,
        ),
        ("securityhub:DescribeHub", "InvalidAccessException", "You do not have access", Denied),
        ("securityhub:DescribeSecurityHubV2", "ResourceNotFoundException", "no hub", NotThere),
        (
            "securityhub:BatchEnableStandards",
            "AccessDeniedException",
            (
                "This account is currently associated with a central configuration policy, so only the administrator"
                " can access this operation"
            ),
            ManagedElsewhere,
        ),
        ("ec2:AuthorizeSecurityGroupIngress", "InvalidPermission.Duplicate", "the specified rule exists", Already),
        ("ec2:RevokeSecurityGroupIngress", "InvalidPermission.NotFound", "no such rule", NotThere),
        ("ec2:DescribeInstances", "InvalidInstanceID.NotFound", "no such instance", NotThere),
        ("ec2:DescribeInstances", "UnauthorizedOperation", "You are not authorized", Denied),
        ("ec2:DescribeInstances", "RequestLimitExceeded", "Request limit exceeded.", Throttled),
        ("iam:GetUser", "NoSuchEntity", "The user can't be found", NotThere),
        ("iam:PutRolePolicy", "UnmodifiableEntity", "protected role", ManagedElsewhere),
        ("iam:PutRolePolicy", "ConcurrentModification", "try again", Stale),
        ("s3:GetBucketPolicy", "NoSuchBucketPolicy", "no policy", NotThere),
        ("s3:GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration", "none", NotThere),
        ("s3:HeadBucket", "404", "Not Found", NotThere),
        ("s3:PutBucketPolicy", "AccessDenied", "public policies are blocked by the BlockPublicPolicy setting", Denied),
        ("s3control:PutPublicAccessBlock", "AccessDenied", "managed by an organization policy", ManagedElsewhere),
        ("rds:DescribeDBInstances", "DBInstanceNotFound", "no such instance", NotThere),
        ("wafv2:UpdateIPSet", "WAFOptimisticLockException", "changed", Stale),
        ("wafv2:GetIPSet", "WAFNonexistentItemException", "none", NotThere),
        ("network-firewall:UpdateRuleGroup", "InvalidTokenException", "changed", Stale),
        ("lambda:AddPermission", "ResourceConflictException", "The statement id (a) provided already exists", Already),
        ("lambda:PutFunctionConcurrency", "ResourceConflictException", "An update is in progress", Stale),
        ("eks:UpdateClusterConfig", "ResourceInUseException", "Cannot update now", Stale),
        (
            "eks:UpdateClusterConfig",
            "InvalidParameterException",
            "Cluster is already at the desired configuration with endpointPrivateAccess: true",
            Already,
        ),
        ("autoscaling:EnterStandby", "ValidationError", "AutoScalingGroup name not found - a", NotThere),
        ("organizations:ListAccounts", "AWSOrganizationsNotInUseException", "no organization", NotThere),
        ("organizations:RegisterDelegatedAdministrator", "AccountAlreadyRegisteredException", "is", Already),
        ("cloudtrail:StartLogging", "NotOrganizationMasterAccountException", "no", ManagedElsewhere),
        ("securityhub:GetFindings", "TooManyRequestsException", "Too Many Requests", Throttled),
        ("securityhub:GetFindings", "LimitExceededException", "slow down", Throttled),
        ("securityhub:CreateInsight", "LimitExceededException", "100 insights", AwsError),
        ("sts:AssumeRole", "ExpiredToken", "The security token included in the request is expired", NoCredentials),
        ("s3:ListBuckets", "InvalidAccessKeyId", "unknown key", NoCredentials),
        ("ec2:ModifyInstanceAttribute", "InvalidParameterValue", "wrong", AwsError),
    ],
)
def test_a_code_means_what_the_service_means_by_it(call, code, message, kind):
    assert type(translated(call, code, message)) is kind


def test_an_unknown_code_with_status_429_is_a_throttle():
    assert type(translated("guardduty:ListFindings", "Whatever", status=429)) is Throttled


def test_the_message_names_the_call_the_place_and_the_request():
    error = translated("guardduty:GetDetector", "InternalServerErrorException", "oops", 500)

    assert str(error) == (
        "guardduty:GetDetector in 111122223333 ap-east-1: oops [InternalServerErrorException, request 11111111-aaaa]"
    )
    assert (error.service, error.operation, error.account, error.region) == ("guardduty", "GetDetector", *WHERE)
    assert (error.code, error.request_id, error.aws_message) == (
        "InternalServerErrorException",
        "11111111-aaaa",
        "oops",
    )


@pytest.mark.parametrize(
    ("call", "message", "advice"),
    [
        (
            "s3:PutPublicAccessBlock",
            (
                "User: arn:aws:iam::1:user/a is not authorized to perform: s3:PutBucketPublicAccessBlock on resource: x"
                " because no identity-based policy allows the s3:PutBucketPublicAccessBlock action"
            ),
            "allow s3:PutBucketPublicAccessBlock to the caller",
        ),
        ("s3control:PutPublicAccessBlock", "Access Denied", "allow s3:PutAccountPublicAccessBlock to the caller"),
        ("elbv2:DeregisterTargets", "no", "allow elasticloadbalancing:DeregisterTargets to the caller"),
        (
            "guardduty:CreateDetector",
            (
                "User: x is not authorized to perform: guardduty:CreateDetector on resource: * with an explicit deny"
                " in a service control policy"
            ),
            (
                "guardduty:CreateDetector is denied by a service control policy: that is for its owner to change, no"
                " IAM policy lifts it"
            ),
        ),
        (
            "guardduty:CreateDetector",
            (
                "User: x is not authorized to perform: guardduty:CreateDetector on resource: * with an explicit deny in"
                " an identity-based policy"
            ),
            "guardduty:CreateDetector is denied in so many words by a policy of the caller: take the deny away",
        ),
        (
            "guardduty:CreateDetector",
            (
                "User: x is not authorized to perform: guardduty:CreateDetector on resource: * because no service"
                " control policy allows the guardduty:CreateDetector action"
            ),
            "a policy of the organization must allow guardduty:CreateDetector",
        ),
    ],
)
def test_a_denial_says_what_would_have_to_be_allowed_and_by_whom(call, message, advice):
    assert translated(call, "AccessDenied", message, 403).advice == advice


@pytest.mark.parametrize("code", ["UnrecognizedClientException", "AuthFailure", "InvalidClientTokenId"])
class TestCredentialsThatTheRegionDoesNotKnow:
    def test_are_a_region_that_is_off_when_the_account_says_so(self, code):
        error = translated("guardduty:ListDetectors", code, "token invalid", 403, region_off=True)

        assert type(error) is Unreachable
        assert "Region ap-east-1 is not enabled for account 111122223333" in str(error)

    def test_are_wrong_when_the_region_is_on(self, code):
        error = translated("guardduty:ListDetectors", code, "token invalid", 403, region_off=False)

        assert type(error) is NoCredentials
        assert "enabled" not in str(error)

    def test_may_be_either_when_nobody_can_tell(self, code):
        error = translated("guardduty:ListDetectors", code, "token invalid", 403, region_off=None)

        assert type(error) is NoCredentials
        assert "or Region ap-east-1 is not enabled" in str(error)


def test_a_clock_that_is_wrong_is_named_as_the_cause():
    error = translated("sts:GetCallerIdentity", "InvalidSignatureException", "Signature expired: 20260101T0 is now")

    assert type(error) is NoCredentials
    assert "clock" in error.advice


def test_what_the_sandbox_lacks_says_so():
    error = translated("ssm:StartAutomationExecution", "EmulatorNotImplemented", "no", 501)

    assert error.advice == "the sandbox does not have this operation; AWS does"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (boto.NoCredentialsError(), NoCredentials),
        (boto.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), NoCredentials),
        (boto.UnauthorizedSSOTokenError(), NoCredentials),
        (boto.SSOTokenLoadError(error_msg="none"), NoCredentials),
        (boto.TokenRetrievalError(provider="sso", error_msg="expired"), NoCredentials),
        (boto.CredentialRetrievalError(provider="process", error_msg="exit 1"), NoCredentials),
        (boto.EndpointConnectionError(endpoint_url="https://x"), Unreachable),
        (boto.ConnectTimeoutError(endpoint_url="https://x"), Unreachable),
        (boto.ReadTimeoutError(endpoint_url="https://x"), Unreachable),
        (boto.SSLError(endpoint_url="https://x", error="bad"), Unreachable),
        (boto.ParamValidationError(report="wrong"), AwsError),
    ],
)
def test_what_never_got_an_answer_is_told_apart(error, kind):
    translated_error = translate(error, Asked("guardduty", "GetDetector", *WHERE), region_off=lambda: None)

    assert type(translated_error) is kind
    assert "\n" not in str(translated_error)
