"""What can go wrong, with which exit code, and what the operator does next.

An error is caught once, at the command group. Its text says what happened; `advice` says the next step.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes; the first that holds, in the order INTERRUPTED, USAGE, NOTHING, PARTLY, REFUSED, CONDITION, OK."""

    OK = 0
    NOTHING = 1
    """Nothing done or answered: no credentials, every target failed."""
    USAGE = 2
    """Usage, configuration, unreadable input, unknown or ambiguous id or run."""
    PARTLY = 3
    """Some targets failed, were not reached, drifted or were refused, or are still pending."""
    REFUSED = 4
    """All refused: no consent, a guardrail, drift."""
    CONDITION = 5
    """The asked-for condition was met: `status --check` found a gap."""
    INTERRUPTED = 130


class SecguardError(Exception):
    """Something the operator can act on. A bug is any other exception, and keeps its traceback."""

    exit_code: Exit = Exit.NOTHING
    advice: str | None = None

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        if advice is not None:
            self.advice = advice


class UsageError(SecguardError):
    """What was asked for does not make sense, or names something that does not exist."""

    exit_code = Exit.USAGE


class ConfigError(UsageError):
    """A configuration file, or a key in it, is not what it may be."""

    def __init__(self, file: str, path: str, problem: str, *, allowed: str | None = None) -> None:
        where = f"{file}: {path}: " if path else f"{file}: "
        super().__init__(f"{where}{problem}" + (f" (allowed: {allowed})" if allowed else ""))


class InputError(UsageError):
    """A file or a stream that was given can't be read as what it should be."""


class UnknownId(UsageError):
    """No finding, run or playbook has this id."""


class AmbiguousId(UsageError):
    """More than one thing has an id that begins so; `candidates` are the full ones."""

    def __init__(self, what: str, prefix: str, candidates: list[str]) -> None:
        super().__init__(f"{what} {prefix!r} is ambiguous: {', '.join(candidates)}", advice="give more characters")
        self.candidates = candidates


class Refused(SecguardError):
    """secguard will not do this: no consent, a guardrail, or the world has changed."""

    exit_code = Exit.REFUSED


class NoConsent(Refused):
    """A change was neither confirmed on a terminal nor with --yes."""

    advice = "look at it with --dry-run, then repeat with --yes"


class Drifted(Refused):
    """A setting changed since it was planned; this change was not made, earlier ones are in the journal."""

    advice = "plan again: repeat the command with --dry-run"


class PlanMismatch(Refused):
    """A saved plan does not belong here, was altered, or no longer says what secguard would do now."""

    advice = "make the plan again with --plan-out"


class AwsError(SecguardError):
    """AWS answered, and the answer was no. Carries what is needed to look the call up.

    `code` is AWS's error code; `service` and `operation` are botocore's names.
    """

    def __init__(  # noqa: PLR0913 - by keyword: what a call is looked up by
        self,
        message: str,
        *,
        code: str = "",
        service: str = "",
        operation: str = "",
        account: str = "",
        region: str = "",
        request_id: str = "",
        aws_message: str = "",
        advice: str | None = None,
    ) -> None:
        super().__init__(message, advice=advice)
        self.code = code
        self.service = service
        self.operation = operation
        self.account = account
        self.region = region
        self.request_id = request_id
        self.aws_message = aws_message
        """AWS's own text, without ours around it."""


class NoCredentials(AwsError):
    """There are no credentials, they have expired, or AWS does not know them."""

    advice = "sign in (aws sso login, or a profile with --profile), then repeat"


class Denied(AwsError):
    """The caller may not do this."""


class Throttled(AwsError):
    """AWS still refused for pace after every retry."""

    advice = "wait a minute and repeat; nothing was lost"


class NotThere(AwsError):
    """What was asked about does not exist, or the service is not enabled there."""


class Already(AwsError):
    """It exists, or is on, already."""


class Stale(AwsError):
    """The lock token or version sent with a write is no longer the current one, or something else is being changed."""


class Unsupported(AwsError):
    """This Region or partition does not have it."""


class ManagedElsewhere(AwsError):
    """An organization policy or central configuration owns this setting."""

    advice = "change it where it is managed: the organization's administrator account or policy"


class Unreachable(AwsError):
    """No answer came: no route, a time-out, a Region that is off."""


class BrokenAnswer(AwsError):
    """AWS answered with success, but the answer lacks what it must hold. It is not an empty list."""


class WouldWrite(SecguardError):
    """A client made for reading was asked to write. This is a bug in secguard, and AWS was not called.

    It is no answer of AWS, so nothing that takes those as values takes this.
    """

    advice = "report this: a dry run must never write"
