"""Count findings by severity, account, day, type or resource."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, datetime
from typing import Any

from secguard.sandbox import clock
from secguard.sandbox.guardduty import criteria
from secguard.sandbox.guardduty.backend import Finding, GuardDutyBackend
from secguard.sandbox.guardduty.findings import visible
from secguard.sandbox.guardduty.refusals import INVALID_VALUE, bad_request
from secguard.sandbox.operations import Answer, Ask

Group = tuple[tuple[str, Hashable], ...]
"""What tells a row from the others, as the members that it shows."""


def get_statistics(here: GuardDutyBackend, ask: Ask) -> Answer:
    """GetFindingsStatistics: either by `findingStatisticTypes` or by `groupBy`."""
    here.owned(ask["DetectorId"])
    wanted, group_by = ask.get("findingCriteria", {}), ask.get("groupBy")
    criteria.refuse_unknown(wanted, wildcards=False)
    if bool(ask.get("findingStatisticTypes")) == bool(group_by):
        raise bad_request(INVALID_VALUE)
    if not group_by and ask.keys() & {"maxResults", "orderBy"}:
        raise bad_request(INVALID_VALUE)
    findings = [finding for finding in visible(here) if criteria.matches(finding, wanted)]
    if not group_by:
        counted = Counter(str(float(finding["severity"])) for finding in findings)
        return {"findingStatistics": {"countBySeverity": dict(counted)}}
    key, group = _GROUPS[group_by]
    return {"findingStatistics": {key: _rows(findings, group, ask)}}


def _rows(findings: list[Finding], group: Callable[[Finding], Group], ask: Mapping[str, Any]) -> list[dict[str, Any]]:
    groups: dict[Group, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(group(finding), []).append(finding)
    rows: list[dict[str, Any]] = [
        {
            **dict(key),
            "totalFindings": len(members),
            "lastGeneratedAt": max(_epoch(finding["updatedAt"]) for finding in members),
        }
        for key, members in groups.items()
    ]
    # The model's documentation: descending and 25 rows, unless asked otherwise.
    descending = ask.get("orderBy", "DESC") == "DESC"
    return sorted(rows, key=lambda row: row["totalFindings"], reverse=descending)[: ask.get("maxResults", 25)]


def _by_day(finding: Finding) -> Group:
    day = (clock.parse(finding["updatedAt"]) or datetime.fromtimestamp(0, UTC)).astimezone(UTC)
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
    return (("date", clock.epoch(midnight)), ("severity", float(finding["severity"])))


def _by_resource(finding: Finding) -> Group:
    kind = finding["resource"].get("resourceType", "")
    found = next((values[0] for path in _RESOURCE_IDS if (values := criteria.values_at(finding, path))), "")
    return (("accountId", finding["accountId"]), ("resourceType", kind), ("resourceId", str(found)))


_RESOURCE_IDS = (
    "resource.s3BucketDetails.name",
    "resource.instanceDetails.instanceId",
    "resource.eksClusterDetails.name",
    "resource.ecsClusterDetails.name",
    "resource.lambdaDetails.functionName",
    "resource.rdsDbInstanceDetails.dbInstanceIdentifier",
    "resource.accessKeyDetails.accessKeyId",
)

_GROUPS: Mapping[str, tuple[str, Callable[[Finding], Group]]] = {
    "ACCOUNT": ("groupedByAccount", lambda finding: (("accountId", finding["accountId"]),)),
    "DATE": ("groupedByDate", _by_day),
    "FINDING_TYPE": ("groupedByFindingType", lambda finding: (("findingType", finding["type"]),)),
    "RESOURCE": ("groupedByResource", _by_resource),
    "SEVERITY": ("groupedBySeverity", lambda finding: (("severity", float(finding["severity"])),)),
}


def _epoch(text: str) -> float:
    moment = clock.parse(text)
    return clock.epoch(moment) if moment else 0.0


OPERATIONS = {"GetFindingsStatistics": get_statistics}
