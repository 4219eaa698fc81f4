"""Tell of calls of an API: AWS's own, Kubernetes', and logins to databases. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from secguard.findings.forms.fields import inside, mappings, number, text
from secguard.findings.telling.case import Case
from secguard.findings.telling.words import counted, listed, piece

Part = Mapping[Any, Any]

_MANNERS = {
    "AnomalousBehavior": "which is unusual",
    "CompromisedCredentials": "with a key that is known to be in strange hands",
    "KaliLinux": "a machine that runs Kali Linux",
    "ParrotLinux": "a machine that runs Parrot Security Linux",
    "PentooLinux": "a machine that runs Pentoo Linux",
    "TorIPCaller": "an exit of the Tor network",
}
_CREDENTIALS = {
    "InsideAWS": "by way of another account in AWS",
    "OutsideAWS": "outside AWS",
}
_SIGNED_IN = "ConsoleLogin"
_REFUSED = ("accessdenied", "unauthorized", "forbidden")
_LOGGED_IN = {
    "FailedLogin": "failed to log in to",
    "SuccessfulBruteForce": "guessed a login of",
    "SuccessfulLogin": "logged in to",
}


def called(case: Case) -> str | None:
    """A call of AWS: `user mallory called iam:CreateUser from 198.51.100.7 (…)`."""
    action = case.action("awsApiCallAction")
    if not _api(action):
        return None
    who, manner = case.who(action) or _by_way_of(action), _manner(case)
    source = ", ".join(filter(None, (who, manner)))
    if case.principal:
        subject, end = case.principal, f" from {source}" if who else f", {manner}" if manner else ""
    else:
        subject, end = f"{source}," if who and manner else source or "someone", ""
    return f"{subject} {_did(case, action)}{case.here}{end}{_account(action)}{_failed(action)}"


def called_kubernetes(case: Case) -> str | None:
    """A call of a cluster: `user system:anonymous asked EKS cluster prod to list secrets in namespace default`."""
    action = case.action("kubernetesApiCallAction")
    if not action:
        return None
    user = inside(case.details, "kubernetesDetails", "kubernetesUserDetails")
    who = case.who(action)
    name = piece(user.get("username"))
    subject = f"user {name}" if name else "someone"
    thing = "/".join(filter(None, (piece(action.get("resource")), piece(action.get("subresource")))))
    wish = " ".join(filter(None, (piece(action.get("verb")), thing, piece(action.get("resourceName")))))
    namespace = piece(action.get("namespace"))
    cluster = case.first("AwsEksCluster")
    wish = wish or f"answer {piece(action.get('requestUri')) or 'a request'}"
    told = f"{subject} asked {case.name_of(cluster)}{case.here} to {wish}"
    told += (f" in namespace {namespace}" if namespace else "") + (f", from {who}" if who else "")
    status = number(action.get("statusCode"))
    return told + _binding(case) + (f" (refused: {status:.0f})" if status is not None and status >= 400 else "")


def logged_in(case: Case) -> str | None:
    """Logins to a database: `198.51.100.7 failed to log in to database orders as admin (23 failed attempts)`."""
    action = case.action("rdsLoginAttemptAction")
    if not action:
        return None
    attempts = mappings(action.get("loginAttributes"))
    failed = sum(int(number(each.get("failedLoginAttempts")) or 0) for each in attempts)
    succeeded = sum(int(number(each.get("successfulLoginAttempts")) or 0) for each in attempts)
    own = piece(inside(case.details, "rdsDbUserDetails").get("user"))
    user = listed(piece(each.get("user")) for each in attempts) or own
    verb = _LOGGED_IN.get((case.threat.mechanism if case.threat else None) or "", "looked around in")
    numbers = [counted(succeeded, "login")] if succeeded else []
    numbers += [counted(failed, "failed attempt")] if failed else []
    told = f"{case.who(action) or 'someone'} {verb} {case.what_here}" + (f" as {user}" if user else "")
    return told + (f" ({', '.join(numbers)})" if numbers else "")


def _did(case: Case, action: Part) -> str:
    if text(action.get("api")) == _SIGNED_IN:
        return "signed in to the console"
    # An instance that stands beside the credentials is where they are from.
    targets = listed(each for each in case.targets if each != _instance(case))
    return f"called {_calls(case, action)}" + (f" on {targets}" if targets else "")


def _instance(case: Case) -> str | None:
    instance = case.first("AwsEc2Instance")
    return case.name_of(instance) if instance else None


def _calls(case: Case, action: Part) -> str:
    api = piece(action.get("api"))
    others = [each for each in mappings(case.info.get("apiCalls")) if piece(each.get("name")) != api]
    return _api(action) + (f" and {counted(len(others), 'other API')}" if others else "")


def _api(action: Part) -> str:
    """`iam:CreateUser`, or as much of it as is known."""
    service = (piece(action.get("serviceName")) or "").removesuffix(".amazonaws.com")
    return ":".join(filter(None, (service, piece(action.get("api")))))


def _manner(case: Case) -> str | None:
    mechanism = case.threat.mechanism if case.threat else None
    if case.family.endswith("CredentialExfiltration"):
        used = _CREDENTIALS.get(mechanism or "")
        owner = _instance(case) or ("an instance" if case.family.startswith("Instance") else "a resource in AWS")
        return f"{used}, with credentials made for {owner}" if used else None
    if case.family == "MaliciousIPCaller":
        return "an address on a threat list of yours" if mechanism == "Custom" else "an address known to be malicious"
    return _MANNERS.get(case.family)


def _by_way_of(action: Part) -> str | None:
    """What called where no address did: a service, by its domain."""
    return piece(inside(action, "domainDetails").get("domain"))


def _account(action: Part) -> str:
    remote = inside(action, "remoteAccountDetails")
    account = piece(remote.get("accountId"))
    if account is None:
        return ""
    ours = (text(str(remote.get("affiliated"))) or "").lower() == "true"
    return f", by account {account}, which is {'one' if ours else 'none'} of yours"


def _failed(action: Part) -> str:
    error = piece(action.get("errorCode"))
    if error is None:
        return ""
    refused = any(word in error.lower() for word in _REFUSED)
    return f" ({'refused' if refused else 'failed'}: {error})"


def _binding(case: Case) -> str:
    binding = case.action("kubernetesRoleBindingDetails")
    role, name = piece(binding.get("roleRefName")), piece(binding.get("name"))
    return f", which gives role {role}" + (f" by way of {name}" if name else "") if role else ""
