"""Read findings in OCSF, the format of the new Security Hub (V2) and of others: what is missing or odd becomes null.

Pure. Only what has no uid, or is no object, can't be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from secguard.findings.forms.actor import valid_address
from secguard.findings.forms.arn import account_in, name_in, parse_arn, region_in
from secguard.findings.forms.asff import LABEL_SCORES, TACTICS, Unreadable, guardduty_type
from secguard.findings.forms.console import console_url
from secguard.findings.forms.fields import inside, kind_of, mappings, number, text, texts
from secguard.findings.forms.ocsf_signals import signals_of_ocsf
from secguard.findings.forms.products import GUARDDUTY
from secguard.findings.forms.samples import is_sample_ocsf
from secguard.findings.forms.times import read_time
from secguard.model import SHORT_ID_DIGITS, Actor, Finding, Resource, Severity, Source, Technique, Workflow, fingerprint

SEVERITIES = {
    1: Severity.INFORMATIONAL,
    2: Severity.LOW,
    3: Severity.MEDIUM,
    4: Severity.HIGH,
    5: Severity.CRITICAL,
    6: Severity.CRITICAL,
}
"""OCSF's severity_id; 6 is Fatal, 0 and 99 leave it to the text beside it."""
STATUSES = {1: Workflow.NEW, 2: Workflow.NOTIFIED, 3: Workflow.SUPPRESSED, 4: Workflow.RESOLVED}
"""OCSF's status_id: New, In Progress, Suppressed, Resolved. 5 is Archived."""
_ARCHIVED = 5
_CLOSED = 3
"""The activity_id of a finding that its provider has closed."""
_COMPLIANCE = {
    "PASS": "PASSED",
    "PASSED": "PASSED",
    "FAIL": "FAILED",
    "FAILED": "FAILED",
    "WARNING": "WARNING",
    "NOT_AVAILABLE": "NOT_AVAILABLE",
}
_CLOUDFORMATION = re.compile(r"AWS::([A-Za-z0-9]+)::([A-Za-z0-9]+)")


def is_ocsf(item: Any) -> bool:
    """Whether something has the shape of an OCSF finding."""
    if not isinstance(item, Mapping):
        return False
    return "finding_info" in item or ("metadata" in item and ("class_uid" in item or "severity_id" in item))


def read_ocsf(item: Any, *, position: str, source: Source = Source.SECURITY_HUB_V2) -> Finding | Unreadable:
    """One OCSF finding, not yet ranked."""
    if not isinstance(item, Mapping):
        return Unreadable(position=position, why=f"not a finding but {kind_of(item)}")
    info, maker = inside(item, "finding_info"), inside(item, "metadata", "product")
    finding_id = text(inside(item, "metadata").get("uid")) or text(info.get("uid"))
    if finding_id is None:
        return Unreadable(position=position, why="an OCSF finding without metadata.uid and finding_info.uid")
    product_arn = text(maker.get("uid")) or ""
    product = text(maker.get("name")) or product_arn.rpartition("/")[2] or "unknown"
    parts = mappings(item.get("resources")) or mappings([item.get("resource")])
    resources = tuple(_resource(part) for part in parts)
    severity = _severity(item)
    region = _first(inside(item, "cloud").get("region"), region_in(product_arn), region_in(_own_id(item)))
    return Finding(
        id=finding_id,
        short_id=fingerprint(product_arn, finding_id)[:SHORT_ID_DIGITS],
        product_arn=product_arn,
        source=source,
        product=product,
        account=_account(item),
        region=region or next(filter(None, (resource.region for resource in resources)), ""),
        severity=severity,
        severity_score=LABEL_SCORES[severity],
        priority=0,
        priority_reasons=(),
        title=(_first(info.get("title"), item.get("message")) or finding_id).strip(),
        description=(_first(info.get("desc"), item.get("message")) or "").strip(),
        types=_types(info, product=product),
        resources=resources,
        actor=next((actor for actor in actors_in(item) if actor.ip), None),
        workflow_status=STATUSES.get(_integer(item.get("status_id"))),
        record_state=_record_state(item),
        compliance_status=_compliance(item),
        control_id=text(inside(item, "compliance").get("control")),
        standards=texts(inside(item, "compliance").get("standards")),
        count=_count(item),
        first_seen=_time(info, "first_seen_time") or _time(info, "created_time"),
        last_seen=_time(info, "last_seen_time"),
        updated_at=_time(info, "modified_time") or _time(info, "created_time") or _time(item, "time"),
        sample=is_sample_ocsf(item),
        console_url=_console(item, product_arn, region),
        mitre=_techniques(item),
        signals=signals_of_ocsf(item),
        received=item,
    )


def own_id(finding: Finding) -> str:
    """The id that the product itself gave: of GuardDuty's, the ARN that every other source knows it by."""
    if finding.source is Source.SECURITY_HUB or finding.source is Source.GUARDDUTY:
        return finding.id
    return _own_id(finding.raw) if is_ocsf(finding.raw) else finding.id


def actors_in(item: Mapping[Any, Any]) -> Iterator[Actor]:
    """The remote end of each piece of evidence: its source, or the destination of what went out."""
    for evidence in mappings(item.get("evidences")):
        direction = (text(inside(evidence, "connection_info").get("direction")) or "").upper()
        ends = ("dst_endpoint", "src_endpoint") if direction == "OUTBOUND" else ("src_endpoint", "dst_endpoint")
        for end in map(inside, map(evidence.get, ends)):
            system = inside(end, "autonomous_system")
            yield Actor(
                ip=valid_address(end.get("ip")),
                country=text(inside(end, "location").get("country")),
                asn=text(system.get("number")),
                org=text(system.get("name")),
            )


def _own_id(item: Any) -> str:
    info = inside(item, "finding_info")
    return text(info.get("uid")) or text(inside(item, "metadata").get("uid")) or ""


def _console(item: Mapping[Any, Any], product_arn: str, region: str | None) -> str | None:
    """GuardDuty's page of its finding. The new Security Hub's console has no documented address of one."""
    url = console_url(_own_id(item), product_arn=product_arn, region=region or "")
    return url if url and "/guardduty/" in url else None


def _first(*values: Any) -> str | None:
    return next(filter(None, map(text, values)), None)


def _integer(value: Any) -> int:
    """A number of OCSF's lists; 0, which stands for unknown in all of them, where there is none."""
    found = number(value)
    return int(found) if found is not None else 0


def _severity(item: Mapping[Any, Any]) -> Severity:
    known = SEVERITIES.get(_integer(item.get("severity_id")))
    named = (text(item.get("severity")) or "").strip().upper()
    if known is None and named == "FATAL":
        return Severity.CRITICAL
    return known if known is not None else Severity.__members__.get(named, Severity.INFORMATIONAL)


def _types(info: Mapping[Any, Any], *, product: str) -> tuple[str, ...]:
    """GuardDuty's own spelling stands first, the categories after it."""
    said = texts(info.get("types"))
    own = filter(None, map(guardduty_type, said)) if product == GUARDDUTY else ()
    return tuple(dict.fromkeys((*own, *said)))


def _account(item: Mapping[Any, Any]) -> str:
    named = (text(inside(item, "cloud", "account").get("uid")) or account_in(_own_id(item)) or "").strip()
    # A number loses its leading zeros.
    return named.zfill(12) if named.isdigit() else named


def _record_state(item: Mapping[Any, Any]) -> str | None:
    activity = _integer(item.get("activity_id"))
    if activity == _CLOSED or _integer(item.get("status_id")) == _ARCHIVED:
        return "ARCHIVED"
    return "ACTIVE" if activity else None


def _compliance(item: Mapping[Any, Any]) -> str | None:
    said = _first(inside(item, "compliance").get("status"), item.get("status_code"))
    return _COMPLIANCE.get(said.strip().upper().replace(" ", "_")) if said else None


def _count(item: Mapping[Any, Any]) -> int | None:
    found = number(item.get("count"))
    return int(found) if found is not None and found >= 0 else None


def _time(part: Mapping[Any, Any], key: str) -> datetime | None:
    """OCSF says a time twice: as text, and as milliseconds (some write seconds) since 1970."""
    return read_time(part.get(f"{key}_dt")) or read_time(part.get(key))


def _resource(part: Mapping[Any, Any]) -> Resource:
    kind = asff_kind(text(part.get("type")) or "Other")
    identifier = text(part.get("uid")) or text(part.get("name")) or ""
    arn = parse_arn(identifier)
    return Resource(
        type=kind,
        id=identifier,
        name=text(part.get("name")) or _user_of_key(part, kind) or name_in(identifier) or kind,
        region=text(part.get("region")) or (arn.region or None if arn else None),
        account=account_in(identifier) or text(inside(part, "owner", "account").get("uid")),
        tags=_tags(part),
    )


def _user_of_key(part: Mapping[Any, Any], kind: str) -> str | None:
    """An access key is known by whose it is."""
    said = inside(part, "data") if kind == "AwsIamAccessKey" else {}
    return _first(said.get("UserName"), said.get("PrincipalName"))


def asff_kind(kind: str) -> str:
    """`AWS::EC2::Instance` in ASFF's words, `AwsEc2Instance`; anything else as it is."""
    match = _CLOUDFORMATION.fullmatch(kind)
    if match is None:
        return kind
    service, thing = match.groups()
    return f"Aws{service.capitalize() if service.isupper() else service}{thing.replace('DB', 'Db', 1)}"


def _tags(part: Mapping[Any, Any]) -> dict[str, str]:
    tags: dict[str, str] = {}
    for tag in mappings(part.get("tags")):
        name = text(tag.get("name")) or text(tag.get("key"))
        if name:
            tags[name] = text(tag.get("value")) or ""
    return tags


def _techniques(item: Mapping[Any, Any]) -> tuple[Technique, ...]:
    """Attacks, with the tactic's and the technique's name; else tactics among the types."""
    attacks = (*mappings(item.get("attacks")), *mappings(inside(item, "finding_info").get("attacks")))
    told = [
        Technique(tactic=tactic, technique=_named(attack.get("technique")))
        for attack in attacks
        for tactic in filter(None, map(_named, (attack.get("tactic"), *mappings(attack.get("tactics")))))
    ]
    said = "\n".join(texts(inside(item, "finding_info").get("types"))).lower().replace(" ", "")
    named = [
        Technique(tactic=tactic)
        for tactic in TACTICS
        if re.search(rf"^(ttps/)?{tactic.lower().replace(' ', '')}[:/]", said, re.MULTILINE)
    ]
    return tuple(dict.fromkeys(told or named))


def _named(part: Any) -> str | None:
    """`T1098 Account Manipulation`, or whichever of the two it has."""
    said = inside(part)
    return " ".join(filter(None, (text(said.get("uid")), text(said.get("name"))))) or text(part)
