"""What a process needs in its environment to meet the sandbox, and nothing else. Pure but for reading names in use."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from secguard.sandbox.cast import HOME_REGION, OPERATOR_KEY, OPERATOR_SECRET

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from secguard.sandbox.lifecycle import Sandbox

# Whatever of these is set would lead a client elsewhere, or to other credentials.
LEAKS = (
    "AWS_ACCOUNT_ID",
    "AWS_CA_BUNDLE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_DEFAULT_PROFILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SDK_LOAD_CONFIG",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "SECGUARD_CONFIG",
)
ENDPOINT_PREFIX = "AWS_ENDPOINT_URL_"


def environment(sandbox: Sandbox, *, present: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """The variables that point every AWS client at the sandbox; None means: unset it.

    `present` are the variables that are set now: this process's, if none are given.
    """
    now = os.environ if present is None else present
    unset = [*LEAKS, *sorted(name for name in now if name.startswith(ENDPOINT_PREFIX))]
    loopback = _without_proxy(now.get("no_proxy") or now.get("NO_PROXY") or "")
    return {
        **dict.fromkeys(unset),
        "AWS_ENDPOINT_URL": sandbox.endpoint,
        "AWS_ENDPOINT_URL_S3_CONTROL": _for_s3_control(sandbox.endpoint),
        "AWS_ACCESS_KEY_ID": OPERATOR_KEY,
        "AWS_SECRET_ACCESS_KEY": OPERATOR_SECRET,
        "AWS_REGION": HOME_REGION,
        "AWS_DEFAULT_REGION": HOME_REGION,
        "AWS_CONFIG_FILE": str(sandbox.directory / "aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(sandbox.directory / "aws-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": loopback,
        "no_proxy": loopback,
        "SECGUARD_STATE_DIR": str(sandbox.directory / "state"),
    }


def applied(variables: Mapping[str, str | None], *, to: Mapping[str, str]) -> dict[str, str]:
    """An environment with these variables set and unset, for a process of its own."""
    kept = {name: value for name, value in to.items() if name not in variables}
    return kept | {name: value for name, value in variables.items() if value is not None}


def export_lines(variables: Mapping[str, str | None]) -> str:
    """Lines for a POSIX shell's `eval`."""
    lines: Iterable[str] = (
        f"unset {name}" if value is None else f"export {name}={shlex.quote(value)}" for name, value in variables.items()
    )
    return "\n".join(lines) + "\n"


def _without_proxy(present: str) -> str:
    hosts = [host for host in present.split(",") if host]
    return ",".join([*hosts, *(host for host in ("127.0.0.1", "localhost") if host not in hosts)])


def _for_s3_control(endpoint: str) -> str:
    """An endpoint that still resolves with an account in front of it.

    S3 Control's clients write `ACCOUNT.` before the host; before a user name it does no harm.
    """
    return endpoint.replace("://", "://sandbox@", 1)
