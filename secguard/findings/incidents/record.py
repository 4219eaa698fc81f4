"""What an incident comes to in all: a title that says what happened, whom and what it touched; and its record. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from secguard.findings.incidents.steps import Step, addresses_in, principals_in, resources_in, what_of
from secguard.findings.incidents.ties import PRINCIPALS, Kind, is_sequence
from secguard.findings.incidents.tying import Incident
from secguard.model import Finding, Resource, timestamp

_MOST_PHASES = 4
_PURPOSES = {
    "Backdoor": "backdoor",
    "Behavior": "unusual traffic",
    "CryptoCurrency": "mining",
    "Object": "malicious file",
    "PenTest": "attack tools",
    "Policy": "policy change",
    "Stealth": "defense evasion",
    "Trojan": "trojan",
    "UnauthorizedAccess": "unauthorized access",
}
"""The purposes in GuardDuty's types that are no tactic, in words."""
_NUMBERED = re.compile(r"TA\d{4}\s+")
"""How OCSF's tactics may begin."""


def title_of(incident: Incident) -> str:
    """What happened, in one line: an attack sequence's own title, else made of tactics, actor and targets."""
    sequence = next((each for each in incident.findings if is_sequence(each)), None)
    if sequence is not None:
        return sequence.title
    if len(incident.cases) == 1:
        return incident.lead.title
    said = " → ".join(_phases(incident))
    attempted = all(case.attempt for case in incident.cases)
    said = f"Attempted {said}" if attempted else said[:1].upper() + said[1:]
    actor, targets, accounts = actor_of(incident), _targets(incident), accounts_of(incident)
    return (
        said
        + (f" by {actor}" if actor else "")
        + (f" on {targets}" if targets and targets != actor else "")
        + (f" in {len(accounts)} accounts" if len(accounts) > 1 else "")
    )


def tactics_of(incident: Incident) -> list[str]:
    """The tactics of MITRE ATT&CK that its findings name, in the order of time."""
    return list(dict.fromkeys(each.tactic for finding in incident.findings for each in finding.mitre))


def actor_of(incident: Incident) -> str | None:
    """Who did most of it: an address where one is known, else a principal."""
    for kinds in ((Kind.ADDRESS,), PRINCIPALS):
        named = Counter(called for case in incident.cases for key, called in case.keys.items() if key.kind in kinds)
        if named:
            # Equal counts: the order in which they appeared.
            return named.most_common(1)[0][0].removeprefix("address ")
    return None


def incident_record(incident: Incident) -> dict[str, Any]:
    """An incident as the JSON object other programs read."""
    findings = incident.findings
    begins, ends = incident.begins, incident.ends
    return {
        "id": incident.id,
        "title": title_of(incident),
        "lead": incident.lead.short_id,
        "lead_id": incident.lead.id,
        "severity": incident.worst.name,
        "priority": incident.lead.priority,
        "findings": len(findings),
        "finding_ids": [finding.short_id for finding in findings],
        "begins": _time(begins),
        "ends": _time(ends),
        "seconds": None if begins is None or ends is None else int((ends - begins).total_seconds()),
        "accounts": accounts_of(incident),
        "regions": regions_of(incident),
        "resources": [_resource(resource) for resource in resources_in(findings)],
        "principals": list(principals_in(incident.cases)),
        "addresses": [
            {"ip": end.ip, "country": end.country, "asn": end.asn, "org": end.org} for end in addresses_in(findings)
        ],
        "tactics": tactics_of(incident),
        "ties": list(dict.fromkeys(incident.shared.values())),
        "attempted": all(case.attempt for case in incident.cases),
        "sample": incident.lead.sample,
    }


def step_record(step: Step) -> dict[str, Any]:
    """One step of an incident's story."""
    return {
        "begins": _time(step.begins),
        "ends": _time(step.ends),
        "seconds_after": _seconds(step.after),
        "quiet_seconds": _seconds(step.quiet),
        "what": step.what,
        "title": step.title,
        "told": step.told,
        "who": list(step.who),
        "addresses": [end.ip for end in step.addresses],
        "to_what": [_resource(resource) for resource in step.to_what],
        "count": step.count,
        "attempted": step.attempt,
        "mitre": [{"tactic": each.tactic, "technique": each.technique} for each in step.mitre],
        "severity": None if step.severity is None else step.severity.name,
        "finding_ids": [finding.short_id for finding in step.findings],
        "ties": list(step.ties),
    }


def accounts_of(incident: Incident) -> list[str]:
    """The accounts it touched."""
    return sorted({finding.account for finding in incident.findings if finding.account})


def regions_of(incident: Incident) -> list[str]:
    """The Regions it touched."""
    return sorted({finding.region for finding in incident.findings if finding.region})


def _phases(incident: Incident) -> list[str]:
    """What was done in the findings that rank highest, in the order of time."""
    ranked = sorted(incident.cases, key=lambda case: (-case.finding.priority, case.order))
    most = list(dict.fromkeys(word for case in ranked for word in _purposes(case.finding)))[:_MOST_PHASES]
    in_time = dict.fromkeys(word for case in incident.cases for word in _purposes(case.finding))
    return [word for word in in_time if word in most]


def _purposes(finding: Finding) -> Iterable[str]:
    """The tactics in lower case; where none is named, the purpose in GuardDuty's type in words."""
    if finding.mitre:
        return [_NUMBERED.sub("", each.tactic).lower() for each in finding.mitre]
    return [_PURPOSES.get(what_of(finding).partition(":")[0], "suspicious activity")]


def _targets(incident: Incident) -> str | None:
    things = resources_in(incident.findings)
    if len(things) == 1:
        return things[0].name
    if things:
        return f"{len(things)} resources"
    principals = principals_in(incident.cases)
    return f"{len(principals)} principals" if len(principals) > 1 else next(iter(principals), None)


def _resource(resource: Resource) -> dict[str, Any]:
    return {
        "type": resource.type,
        "id": resource.id,
        "name": resource.name,
        "region": resource.region,
        "account": resource.account,
    }


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else timestamp(moment)
