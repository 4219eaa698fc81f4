"""Say in secguard's words what AWS, or the way to it, answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from secguard.aws.verdicts import THROTTLES, UNKNOWN_CREDENTIALS, meaning
from secguard.errors import AwsError, BrokenAnswer, Denied, NoCredentials, NotThere, Unreachable

# What an IAM policy calls an operation, where that is not `service:Operation` in botocore's names.
IAM_PREFIX = {
    "s3control": "s3",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "efs": "elasticfilesystem",
}
IAM_ACTION = {
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
    "s3control:PutPublicAccessBlock": "s3:PutAccountPublicAccessBlock",
    "s3control:DeletePublicAccessBlock": "s3:PutAccountPublicAccessBlock",
    # Security Hub's V2 operations are let through by the actions of the first generation.
    "securityhub:GetFindingsV2": "securityhub:GetFindings",
    "securityhub:BatchUpdateFindingsV2": "securityhub:BatchUpdateFindings",
    "securityhub:GetFindingStatisticsV2": "securityhub:GetAdhocInsightResults",
}

NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.TokenRetrievalError,
    boto.NoAuthTokenError,
    boto.SSOError,
    boto.MetadataRetrievalError,
    boto.RefreshWithMFAUnsupportedError,
    boto.UnknownCredentialError,
    boto.InfiniteLoopConfigError,
    boto.InvalidConfigError,
    boto.MissingDependencyException,
    getattr(boto, "LoginError", boto.SSOError),
)
NO_ANSWER = (boto.HTTPClientError, boto.ConnectionError)
CLOCK = re.compile(r"expired: |not yet current|time difference|RequestTimeTooSkewed", re.IGNORECASE)
EMULATOR_LACKS = "EmulatorNotImplemented"


@dataclass(frozen=True, slots=True)
class Asked:
    """One call, as messages name it."""

    service: str
    operation: str
    account: str
    region: str

    def __str__(self) -> str:
        return f"{self.service}:{self.operation} in {self.account} {self.region}".replace("  ", " ")

    @property
    def action(self) -> str:
        """What an IAM policy calls it."""
        name = f"{self.service}:{self.operation}"
        return IAM_ACTION.get(name, f"{IAM_PREFIX.get(self.service, self.service)}:{self.operation}")

    def names(self) -> dict[str, str]:
        """The fields of an AwsError that say which call it was."""
        return {
            "service": self.service,
            "operation": self.operation,
            "account": self.account,
            "region": self.region,
        }


RegionOff = Callable[[], bool | None]
"""Whether the Region is not enabled for the account; None where that can't be told. Asked only when it matters."""


def translate(
    error: BotoCoreError | ClientError | ResponseParserError, asked: Asked, *, region_off: RegionOff
) -> AwsError:
    """The error to raise `from error`."""
    if isinstance(error, ClientError):
        return _refused(error, asked, region_off)
    if isinstance(error, ResponseParserError):
        return broken(asked, "the answer can't be read")
    if isinstance(error, NO_CREDENTIALS):
        return NoCredentials(_one_line(error), code=type(error).__name__, **asked.names())
    if isinstance(error, NO_ANSWER):
        return Unreachable(f"{asked}: {_one_line(error)}", code=type(error).__name__, **asked.names())
    return AwsError(f"{asked}: {_one_line(error)}", code=type(error).__name__, **asked.names())


def broken(asked: Asked, problem: str) -> BrokenAnswer:
    """The error for a success that is none."""
    return BrokenAnswer(f"{asked}: AWS said yes, but {problem}", code="BrokenAnswer", **asked.names())


def is_throttle(error: ClientError) -> bool:
    """Whether AWS refused for pace; `LimitExceededException` may also mean that a quota of things is full."""
    return _code(error.response) in THROTTLES or _status(error.response) == 429


def _refused(error: ClientError, asked: Asked, region_off: RegionOff) -> AwsError:
    code, text = _code(error.response), _text(error.response)
    if code in UNKNOWN_CREDENTIALS:
        return _unknown_credentials(error, asked, region_off())
    kind = meaning(
        service=asked.service, operation=asked.operation, code=code, text=text, status=_status(error.response)
    )
    return _made(kind, error, f"{asked}: {text or 'no reason given'}", asked, advice=_advice(kind, code, text, asked))


def _unknown_credentials(error: ClientError, asked: Asked, off: bool | None) -> AwsError:  # noqa: FBT001
    if off:
        # The Region list says so, whatever was asked: no reference to one call, so that it is said once.
        return Unreachable(
            f"Region {asked.region} is not enabled for account {asked.account}",
            code=_code(error.response),
            aws_message=_text(error.response),
            advice="enable the Region, or leave it out",
            **asked.names(),
        )
    hint = "" if off is False else f" (or Region {asked.region} is not enabled for the account)"
    return _made(NoCredentials, error, f"{asked}: AWS does not know these credentials{hint}", asked, advice=None)


def _made(kind: type[AwsError], error: ClientError, message: str, asked: Asked, *, advice: str | None) -> AwsError:
    code, request_id = _code(error.response), error.response.get("ResponseMetadata", {}).get("RequestId", "")
    reference = f"{code}, request {request_id}" if request_id else code
    return kind(
        f"{message} [{reference}]",
        code=code,
        request_id=request_id,
        aws_message=_text(error.response),
        advice=advice,
        **asked.names(),
    )


def _advice(kind: type[AwsError], code: str, text: str, asked: Asked) -> str | None:
    if kind is Denied:
        return _denied_advice(text, asked)
    if kind is NoCredentials and CLOCK.search(f"{code} {text}"):
        return "the clock of this machine and that of AWS differ: set it right"
    if kind is AwsError and code == "LimitExceededException":
        return "a quota is full: remove what is not needed, or ask AWS to raise it (Service Quotas)"
    if kind is NotThere and asked.service == "securityhub" and code == "InvalidAccessException":
        return f"Security Hub is off there: secguard enable --service securityhub --region {asked.region}"
    if code == EMULATOR_LACKS:
        return "the sandbox does not have this operation; AWS does"
    return None


def _denied_advice(text: str, asked: Asked) -> str:
    named = re.search(r"not authorized to perform: ([\w-]+:\w+)", text)
    action = named.group(1) if named else asked.action
    match = re.search(r"explicit deny in an? ([\w -]+?policy)", text)
    if match and "identity" not in match.group(1):
        return f"{action} is denied by a {match.group(1)}: that is for its owner to change, no IAM policy lifts it"
    if match:
        return f"{action} is denied in so many words by a policy of the caller: take the deny away"
    if "service control policy" in text or "resource control policy" in text:
        return f"a policy of the organization must allow {action}"
    return f"allow {action} to the caller"


def _code(response: Mapping[str, Any]) -> str:
    return str(response.get("Error", {}).get("Code", ""))


def _text(response: Mapping[str, Any]) -> str:
    error = response.get("Error", {})
    return str(error.get("Message") or response.get("message") or "")


def _status(response: Mapping[str, Any]) -> int:
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
