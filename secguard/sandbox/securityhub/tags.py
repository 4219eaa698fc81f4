"""Tags of the hub and of automation rules."""

from __future__ import annotations

from secguard.sandbox.operations import Answer, Ask
from secguard.sandbox.securityhub.backend import SecurityHubBackend
from secguard.sandbox.securityhub.refusals import not_found


def list_tags(here: SecurityHubBackend, ask: Ask) -> Answer:
    """ListTagsForResource."""
    return {"Tags": _tags(here, ask["ResourceArn"])}


def tag(here: SecurityHubBackend, ask: Ask) -> Answer:
    """TagResource."""
    _tags(here, ask["ResourceArn"]).update(ask["Tags"])
    return {}


def untag(here: SecurityHubBackend, ask: Ask) -> Answer:
    """UntagResource: keys that are not there don't matter."""
    tags = _tags(here, ask["ResourceArn"])
    for key in ask["tagKeys"]:
        tags.pop(key, None)
    return {}


def _tags(here: SecurityHubBackend, arn: str) -> dict[str, str]:
    if here.hub and arn == here.arn("hub/default"):
        return here.hub.tags
    if arn in here.rules:
        return here.tags.setdefault(arn, {})
    raise not_found(f"Resource {arn} was not found")


OPERATIONS = {"ListTagsForResource": list_tags, "TagResource": tag, "UntagResource": untag}
