"""Which security standards there are, and how one is enabled: PENDING first, READY or INCOMPLETE some polls later."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from moto.config.models import config_backends

from secguard.sandbox.operations import Answer, Ask
from secguard.sandbox.securityhub.backend import SecurityHubBackend, Subscription
from secguard.sandbox.securityhub.lists import page
from secguard.sandbox.securityhub.refusals import invalid_input
from secguard.sandbox.shared import shared

NO_RECORDER = "NO_AVAILABLE_CONFIGURATION_RECORDER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """One security standard. `path` is its ARN's last part: `standards/pci-dss/v/4.0.1`."""

    path: str
    name: str
    description: str
    enabled_by_default: bool = False

    @property
    def short_name(self) -> str:
        """`pci-dss/v/4.0.1`, which subscriptions and findings carry."""
        return self.path.partition("/")[2]

    def arn(self, here: SecurityHubBackend) -> str:
        """Only the oldest, a `ruleset`, has no Region in its ARN."""
        if self.path.startswith("ruleset/"):
            return f"arn:{here.partition}:securityhub:::{self.path}"
        return here.public_arn(self.path)


_FSBP_DESCRIPTION = (
    "The AWS Foundational Security Best Practices standard is a set of automated security checks that detect when AWS "
    "accounts and deployed resources do not align to security best practices."
)
_CIS = "CIS AWS Foundations Benchmark v"
_CIS_DESCRIPTION = (
    "The Center for Internet Security (CIS) AWS Foundations Benchmark v{} is a set of security configuration "
    "best practices for AWS."
)


def _cis(version: str) -> Standard:
    path = f"standards/cis-aws-foundations-benchmark/v/{version}"
    return Standard(path=path, name=_CIS + version, description=_CIS_DESCRIPTION.format(version))


STANDARDS = (
    Standard(
        path="standards/aws-foundational-security-best-practices/v/1.0.0",
        name="AWS Foundational Security Best Practices v1.0.0",
        description=_FSBP_DESCRIPTION,
        enabled_by_default=True,
    ),
    Standard(
        path="standards/aws-resource-tagging-standard/v/1.0.0",
        name="AWS Resource Tagging Standard v1.0.0",
        description="The AWS Resource Tagging Standard checks whether your AWS resources have tag keys.",
    ),
    Standard(
        path="ruleset/cis-aws-foundations-benchmark/v/1.2.0",
        name=f"{_CIS}1.2.0",
        description=_CIS_DESCRIPTION.format("1.2.0"),
        enabled_by_default=True,
    ),
    _cis("1.4.0"),
    _cis("3.0.0"),
    _cis("5.0.0"),
    Standard(
        path="standards/nist-800-53/v/5.0.0",
        name="NIST Special Publication 800-53 Revision 5",
        description="NIST Special Publication 800-53 Revision 5 is a cybersecurity and compliance framework.",
    ),
    Standard(
        path="standards/nist-800-171/v/2.0.0",
        name="NIST Special Publication 800-171 Revision 2",
        description="NIST Special Publication 800-171 Revision 2 protects controlled unclassified information.",
    ),
    Standard(
        path="standards/pci-dss/v/3.2.1",
        name="PCI DSS v3.2.1",
        description="The Payment Card Industry Data Security Standard (PCI DSS) v3.2.1.",
    ),
    Standard(
        path="standards/pci-dss/v/4.0.1",
        name="PCI DSS v4.0.1",
        description="The Payment Card Industry Data Security Standard (PCI DSS) v4.0.1.",
    ),
)


def by_arn(here: SecurityHubBackend) -> dict[str, Standard]:
    """The standards of this Region by their ARNs."""
    return {standard.arn(here): standard for standard in STANDARDS}


def enabled_by_default(here: SecurityHubBackend) -> list[str]:
    """The ARNs of what EnableSecurityHub turns on by itself."""
    return [arn for arn, standard in by_arn(here).items() if standard.enabled_by_default]


def describe_standards(here: SecurityHubBackend, ask: Ask) -> Answer:
    """DescribeStandards."""
    here.subscribed()
    wanted = "AWS" in ask.get("Providers", ["AWS"])
    described = [
        {
            "StandardsArn": arn,
            "Name": standard.name,
            "Description": standard.description,
            "EnabledByDefault": standard.enabled_by_default,
            "Provider": "AWS",
            "StandardsManagedBy": {"Company": "AWS", "Product": "Security Hub"},
        }
        for arn, standard in by_arn(here).items()
    ]
    return page(here, ask, "Standards", lambda: described if wanted else [])


def get_enabled_standards(here: SecurityHubBackend, ask: Ask) -> Answer:
    """GetEnabledStandards. Each reading brings what is on its way one step further."""
    here.subscribed()
    if "NextToken" not in ask:
        _settle(here)
    wanted = ask.get("StandardsSubscriptionArns")
    if wanted is not None and (unknown := [arn for arn in wanted if not _is_subscription_arn(here, arn)]):
        raise invalid_input(f"Invalid StandardsSubscriptionArns: {unknown[0]}")
    shown = [_shown(each) for each in here.subscriptions.values() if wanted is None or each.arn in wanted]
    return page(here, ask, "StandardsSubscriptions", lambda: shown)


def batch_enable_standards(here: SecurityHubBackend, ask: Ask) -> Answer:
    """BatchEnableStandards: enabling what is enabled changes nothing."""
    here.subscribed()
    requests = ask["StandardsSubscriptionRequests"]
    if any(request["StandardsArn"] not in by_arn(here) for request in requests):
        raise invalid_input("Invalid StandardsSubscriptionRequest(s)")
    enabled = [subscribe(here, request["StandardsArn"], request.get("StandardsInput", {})) for request in requests]
    return {"StandardsSubscriptions": [_shown(subscription) for subscription in enabled]}


def subscribe(here: SecurityHubBackend, standard_arn: str, inputs: dict[str, str]) -> Subscription:
    """Enable a standard, or leave it if it is."""
    arn = here.arn(f"subscription/{by_arn(here)[standard_arn].short_name}")
    present = here.subscriptions.get(arn)
    if present and present.status != "DELETING":
        return present
    here.subscriptions[arn] = Subscription(
        arn=arn, standard_arn=standard_arn, status="PENDING", inputs=inputs, polls_left=shared().pending_polls
    )
    return here.subscriptions[arn]


def batch_disable_standards(here: SecurityHubBackend, ask: Ask) -> Answer:
    """BatchDisableStandards."""
    here.subscribed()
    arns = ask["StandardsSubscriptionArns"]
    if any(arn not in here.subscriptions for arn in arns):
        raise invalid_input("Invalid StandardsSubscriptionArn(s)")
    for arn in arns:
        here.subscriptions[arn] = replace(
            here.subscriptions[arn], status="DELETING", reason=None, polls_left=shared().pending_polls
        )
        standard_arn = here.subscriptions[arn].standard_arn
        here.associations = {key: value for key, value in here.associations.items() if key[0] != standard_arn}
    return {"StandardsSubscriptions": [_shown(here.subscriptions[arn]) for arn in arns]}


def updatable_standards(here: SecurityHubBackend) -> dict[str, Standard]:
    """The enabled standards whose controls can be set, by ARN: not those still on their way."""
    known = by_arn(here)
    return {each.standard_arn: known[each.standard_arn] for each in here.subscriptions.values() if _is_settled(each)}


def put_enabled(here: SecurityHubBackend, paths: list[str]) -> None:
    """Have standards READY (or INCOMPLETE, without a recorder) at once. For seeding."""
    for standard in STANDARDS:
        if standard.path in paths:
            arn = subscribe(here, standard.arn(here), {}).arn
            here.subscriptions[arn] = _settled(here, here.subscriptions[arn])


def _settle(here: SecurityHubBackend) -> None:
    for arn, each in list(here.subscriptions.items()):
        if each.status not in ("PENDING", "DELETING"):
            continue
        if each.polls_left:
            here.subscriptions[arn] = replace(each, polls_left=each.polls_left - 1)
        elif each.status == "DELETING":
            del here.subscriptions[arn]
        else:
            here.subscriptions[arn] = _settled(here, each)


def _settled(here: SecurityHubBackend, each: Subscription) -> Subscription:
    if _recorder_records(here.account_id, here.region_name):
        return replace(each, status="READY", polls_left=0)
    return replace(each, status="INCOMPLETE", reason=NO_RECORDER, polls_left=0)


def _recorder_records(account: str, region: str) -> bool:
    recorders = config_backends[account][region].recorders.values()
    return any(recorder.status.recording for recorder in recorders)


def _is_settled(subscription: Subscription) -> bool:
    return subscription.status in ("READY", "INCOMPLETE")


def _is_subscription_arn(here: SecurityHubBackend, arn: str) -> bool:
    return arn.startswith(here.arn("subscription/"))


def _shown(subscription: Subscription) -> dict[str, Any]:
    updatable = _is_settled(subscription)
    shown: dict[str, Any] = {
        "StandardsSubscriptionArn": subscription.arn,
        "StandardsArn": subscription.standard_arn,
        "StandardsInput": subscription.inputs,
        "StandardsStatus": subscription.status,
        "StandardsControlsUpdatable": "READY_FOR_UPDATES" if updatable else "NOT_READY_FOR_UPDATES",
        "Provider": "AWS",
    }
    if subscription.reason:
        shown["StandardsStatusReason"] = {"StatusReasonCode": subscription.reason}
    return shown


OPERATIONS = {
    "DescribeStandards": describe_standards,
    "GetEnabledStandards": get_enabled_standards,
    "BatchEnableStandards": batch_enable_standards,
    "BatchDisableStandards": batch_disable_standards,
}
