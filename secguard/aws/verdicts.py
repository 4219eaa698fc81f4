"""What AWS's error codes and texts mean: the one table that sorts them. Pure: no AWS library."""

from __future__ import annotations

import re
from dataclasses import dataclass

from secguard.errors import (
    Already,
    AwsError,
    Denied,
    ManagedElsewhere,
    NoCredentials,
    NotThere,
    Stale,
    Throttled,
    Unsupported,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One line of the table: it holds when everything it names matches."""

    means: type[AwsError]
    codes: str
    """A pattern for the whole code."""
    service: str = ".*"
    operation: str = ".*"
    text: str = ""
    """A pattern to be found in AWS's message, in any case."""

    def holds(self, *, service: str, operation: str, code: str, text: str) -> bool:
        """Whether this line is about such an error."""
        return (
            re.fullmatch(self.codes, code) is not None
            and re.fullmatch(self.service, service) is not None
            and re.fullmatch(self.operation, operation) is not None
            and (not self.text or re.search(self.text, text, re.IGNORECASE) is not None)
        )


# What an API answers when it does not know the credentials. A Region that the account has not enabled answers the same.
UNKNOWN_CREDENTIALS = frozenset({"UnrecognizedClientException", "AuthFailure", "InvalidClientTokenId"})

# The codes that botocore's own retries treat as "too fast"; LimitExceededException is Security Hub's.
THROTTLES = frozenset({
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
    "TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
    "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "SlowDown",
    "PriorRequestNotComplete", "EC2ThrottledException", "RequestLimitExceededException",
})  # fmt: skip

# Operations for which LimitExceededException means that a quota of things is full, not that calls come too fast.
MAKES_THINGS = re.compile(r"Create|Enable|Put|Start|Associate|Attach|Register")

# The order matters: the first line that holds decides.
TABLE = (
    # GuardDuty says almost everything with BadRequestException; only its text tells.
    Verdict(means=Already, service="guardduty", codes="BadRequestException", text="already exists"),
    Verdict(
        means=ManagedElsewhere, service="guardduty", codes="BadRequestException", text="another account is already"
    ),
    Verdict(means=Already, service="guardduty", codes="BadRequestException", text="already enabled (as|for)"),
    Verdict(means=NotThere, service="guardduty", codes="BadRequestException", text="not owned by the current account"),
    Verdict(means=NotThere, service="guardduty", codes="BadRequestException", text="not associated with a detector"),
    Verdict(means=NotThere, service="guardduty", codes="BadRequestException", text="no such resource found"),
    # Security Hub off; the second text is the older one.
    Verdict(means=NotThere, service="securityhub", codes="InvalidAccessException", text="not subscribed"),
    Verdict(means=NotThere, service="securityhub", codes="InvalidAccessException", text="not enabled for securityhub"),
    Verdict(means=Denied, service="securityhub", codes="InvalidAccessException"),
    Verdict(means=Already, service="securityhub", codes="ResourceConflictException"),
    # Owned by an organization.
    Verdict(
        means=ManagedElsewhere,
        service="securityhub",
        codes="AccessDeniedException",
        text="central configuration policy|only the administrator can access",
    ),
    Verdict(means=ManagedElsewhere, codes="UnmodifiableEntity(Exception)?"),
    Verdict(means=ManagedElsewhere, service="cloudtrail", codes="NotOrganizationMasterAccountException"),
    # The organization-level S3 policy; its text is not documented, so any mention of one will do.
    Verdict(
        means=ManagedElsewhere,
        service="s3control",
        codes="AccessDenied.*",
        text="S3_POLICY|organization(s|al)?[ -](s3 )?polic",
    ),
    # The same code for two things in Lambda: a statement that exists, a function that is being changed.
    Verdict(means=Already, service="lambda", codes="ResourceConflictException", text="already exists|provided"),
    Verdict(means=Stale, service="lambda", codes="ResourceConflictException"),
    Verdict(means=Already, service="eks", codes="InvalidParameterException", text="already at the desired"),
    Verdict(
        means=Already,
        codes=r"InvalidPermission\.Duplicate|InvalidGroup\.Duplicate|NetworkAclEntryAlreadyExists"
        r"|WAFDuplicateItemException|AccountAlreadyRegisteredException|BucketAlreadyOwnedByYou"
        r"|Resource\.AlreadyAssociated|\w*AlreadyExists(Exception|Fault)?|\w*AlreadyEnabledException",
    ),
    # A token, a version or a lock of someone else's.
    Verdict(means=Stale, service="network-firewall", codes="InvalidTokenException"),
    Verdict(means=Stale, service="eks|config", codes="ResourceInUseException"),
    Verdict(
        means=Stale,
        codes="WAFOptimisticLockException|ConcurrentModification(Exception)?|OperationAborted|PreconditionFailed"
        "|StaleRequestException|EntityTemporarilyUnmodifiable(Exception)?|ConditionalRequestConflict"
        "|PreconditionFailedException|ConcurrentUpdateException",
    ),
    # Not there.
    Verdict(means=NotThere, service="autoscaling", codes="ValidationError", text="not found"),
    Verdict(means=NotThere, codes="AWSOrganizationsNotInUseException|WAFNonexistentItemException"),
    Verdict(
        means=NotThere,
        codes=r"NoSuch\w+|[\w.]+\.NotFound|\w*NotFound(Exception|Fault|Error)?|InvalidKeyPair\.NotFound|404",
    ),
    # Credentials.
    Verdict(
        means=NoCredentials,
        codes="ExpiredToken(Exception)?|RequestExpired|InvalidAccessKeyId|InvalidToken(Id)?|TokenRefreshRequired"
        "|SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature|MissingAuthenticationToken(Exception)?"
        "|RequestTimeTooSkewed",
    ),
    # May not.
    Verdict(
        means=Denied,
        codes=r"(Client\.)?UnauthorizedOperation|AccessDenied(Exception|ForDependencyException)?|AuthorizationError(Exception)?"
        "|NotAuthorized(Exception)?|Forbidden(Exception)?|AllAccessDisabled|403",
    ),
    Verdict(means=Throttled, codes="|".join(sorted(THROTTLES))),
    # Not offered here.
    Verdict(
        means=Unsupported,
        codes="OptInRequired|SubscriptionRequiredException|UnknownOperation(Exception)?|InvalidAction"
        "|UnsupportedOperationInRegion|RegionDisabledException",
    ),
    # GuardDuty's text for a feature that a Region lacks is not documented; whatever says so is taken at its word.
    Verdict(
        means=Unsupported,
        codes=".*",
        text="not (currently |yet )?(supported|available|offered) in (this|the|your) (aws )?(region|partition)",
    ),
)


def meaning(*, service: str, operation: str, code: str, text: str, status: int) -> type[AwsError]:
    """The kind of error that AWS's answer stands for; AwsError itself where nothing better is known."""
    if code == "LimitExceededException" and MAKES_THINGS.match(operation):
        return AwsError
    for verdict in TABLE:
        if verdict.holds(service=service, operation=operation, code=code, text=text):
            return verdict.means
    by_status = {429: Throttled, 404: NotThere}
    return by_status.get(status, AwsError)
