"""What happened to a finding: GetFindingHistory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from secguard.sandbox import clock
from secguard.sandbox.identity import caller_of
from secguard.sandbox.operations import Answer, Ask, access_key
from secguard.sandbox.securityhub.backend import Finding, FindingKey, SecurityHubBackend
from secguard.sandbox.securityhub.lists import page
from secguard.sandbox.securityhub.refusals import not_found
from secguard.sandbox.securityhub.scope import reachable

# The history leaves out top-level times: the model's documentation of GetFindingHistory.
TIMES = {"CreatedAt", "UpdatedAt", "FirstObservedAt", "LastObservedAt", "ProcessedAt"}


def record(home: SecurityHubBackend, before: Finding | None, after: Finding, *, source: str, identity: str) -> None:
    """Remember what changed; nothing, if nothing did. `source` is the operation, as the API names it."""
    key = key_of(after)
    updates = [] if before is None else _differences(before, after)
    if before is not None and not updates:
        return
    home.history.setdefault(key, []).append(
        {
            "FindingIdentifier": {"Id": after["Id"], "ProductArn": after["ProductArn"]},
            "UpdateTime": clock.iso_millis(clock.now()),
            "FindingCreated": before is None,
            "UpdateSource": {"Type": source, "Identity": identity},
            "Updates": updates,
        }
    )


def key_of(finding: Mapping[str, Any]) -> FindingKey:
    """What tells a finding from others."""
    return finding["ProductArn"], finding["Id"]


def caller_arn(here: SecurityHubBackend) -> str:
    """Who makes the request being answered."""
    caller = caller_of(access_key.get())
    return caller.arn if caller else f"arn:{here.partition}:iam::{here.account_id}:root"


def get_finding_history(here: SecurityHubBackend, ask: Ask) -> Answer:
    """GetFindingHistory: newest first."""
    here.subscribed()
    wanted = ask["FindingIdentifier"]
    key = (wanted["ProductArn"], wanted["Id"])
    home = next((each for each in reachable(here) if key in each.findings), None)
    if home is None:
        raise not_found(f"Finding {wanted['Id']} was not found")
    start, end = _moment(ask.get("StartTime")), _moment(ask.get("EndTime"))
    records = [each for each in reversed(home.history.get(key, [])) if _within(each, start, end)]
    return page(here, ask, "Records", lambda: records)


def _differences(before: Finding, after: Finding) -> list[dict[str, str]]:
    fields = [name for name in {**before, **after} if name not in TIMES and before.get(name) != after.get(name)]
    return [
        {"UpdatedField": name, "OldValue": _text(before.get(name)), "NewValue": _text(after.get(name))}
        for name in fields
    ]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _within(entry: Mapping[str, Any], start: datetime | None, end: datetime | None) -> bool:
    moment = clock.parse(entry["UpdateTime"])
    return moment is not None and (start is None or start <= moment) and (end is None or moment <= end)


def _moment(given: str | float | None) -> datetime | None:
    if given is None:
        return None
    return clock.parse(given) if isinstance(given, str) else datetime.fromtimestamp(given, UTC)


OPERATIONS = {"GetFindingHistory": get_finding_history}
