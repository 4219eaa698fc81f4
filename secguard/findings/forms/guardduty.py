"""Read findings in GuardDuty's own form: PascalCase as GetFindings returns them, camelCase as events carry them.

Pure. What is missing or odd becomes null; only what has neither an ARN nor an id can't be read. A finding read here has
the id, the product's ARN and so the short id that it has in Security Hub.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from secguard.findings.forms.actor import valid_address
from secguard.findings.forms.arn import account_in, parse_arn, region_in
from secguard.findings.forms.asff import LABEL_SCORES, TACTICS, Unreadable
from secguard.findings.forms.console import console_url
from secguard.findings.forms.fields import inside, kind_of, mappings, number, text, texts
from secguard.findings.forms.guardduty_resources import Origin, resources_of
from secguard.findings.forms.guardduty_signals import signals_of_guardduty
from secguard.findings.forms.products import GUARDDUTY
from secguard.findings.forms.samples import is_sample_guardduty
from secguard.findings.forms.times import read_time
from secguard.model import SHORT_ID_DIGITS, Actor, Finding, Severity, Source, Technique, fingerprint

_DEEPEST = 40
"""GuardDuty's own findings are 12 levels deep; what lies deeper is not looked at."""
_OWN_WORDS = {"service", "resource", "detectorId", "schemaVersion"}
_MITRE = {
    **{tactic.replace(" ", ""): tactic for tactic in TACTICS},
    "Recon": "Reconnaissance",
}
"""The purposes in GuardDuty's types that are named after a tactic of MITRE ATT&CK."""


def is_guardduty(item: Any) -> bool:
    """Whether something has the shape of a GuardDuty finding, in either spelling."""
    if not isinstance(item, Mapping) or "ProductArn" in item:
        return False
    keys = {_lowered(key) for key in item}
    if "productArn" in keys or not keys & {"id", "arn"}:
        return False
    return {"service", "resource"} <= keys or ("type" in keys and bool(keys & _OWN_WORDS))


def camel_case(value: Any, depth: int = 0) -> Any:
    """A finding in camelCase, whichever of the two spellings it came in."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, Mapping):
        return {_lowered(key): camel_case(part, depth + 1) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [camel_case(part, depth + 1) for part in value]
    return value


def read_guardduty(item: Any, *, position: str, source: Source = Source.GUARDDUTY) -> Finding | Unreadable:
    """One finding of GuardDuty's, not yet ranked."""
    if not isinstance(item, Mapping):
        return Unreadable(position=position, why=f"not a finding but {kind_of(item)}")
    said = camel_case(item)
    finding_id = _id(said)
    if finding_id is None:
        return Unreadable(position=position, why="a GuardDuty finding without an Arn or an Id")
    origin = _origin(said, finding_id)
    product_arn = _product_arn(finding_id, origin)
    types = tuple(kind.strip() for kind in texts(said.get("type"))[:1])
    service = inside(said, "service")
    severity, score = _severity(said.get("severity"))
    return Finding(
        id=finding_id,
        short_id=fingerprint(product_arn, finding_id)[:SHORT_ID_DIGITS],
        product_arn=product_arn,
        source=source,
        product=GUARDDUTY,
        account=origin.account,
        region=origin.region,
        severity=severity,
        severity_score=score,
        priority=0,
        priority_reasons=(),
        title=(text(said.get("title")) or (types[0] if types else finding_id)).strip(),
        description=(text(said.get("description")) or "").strip(),
        types=types,
        resources=resources_of(said, origin=origin),
        actor=next((actor for actor in actors_in(said) if actor.ip), None),
        workflow_status=None,
        record_state=_record_state(service.get("archived", said.get("archived"))),
        compliance_status=None,
        control_id=None,
        standards=(),
        count=_count(service.get("count")),
        first_seen=read_time(service.get("eventFirstSeen")) or read_time(said.get("eventFirstSeen")),
        last_seen=read_time(service.get("eventLastSeen")) or read_time(said.get("eventLastSeen")),
        updated_at=read_time(said.get("updatedAt")),
        sample=is_sample_guardduty(said),
        console_url=console_url(finding_id, product_arn=product_arn, region=origin.region),
        mitre=_techniques(said, types),
        signals=signals_of_guardduty(said),
        received=item,
    )


def actors_in(said: Mapping[Any, Any]) -> Iterator[Actor]:
    """Every remote end of what a finding in camelCase reports: of its action, or of its attack sequence."""
    for kind in inside(said, "service", "action").values():
        for part in (inside(kind), *mappings(inside(kind).get("portProbeDetails"))):
            yield remote_end(inside(part, "remoteIpDetails"))
        for address in texts(inside(kind).get("sourceIps")):
            yield Actor(ip=valid_address(address))
    for endpoint in mappings(inside(said, "service", "detection", "sequence").get("endpoints")):
        system = inside(endpoint, "autonomousSystem")
        yield Actor(
            ip=valid_address(endpoint.get("ip")),
            country=text(inside(endpoint, "location").get("country")),
            asn=text(system.get("number")),
            org=text(system.get("name")),
        )


def remote_end(details: Mapping[Any, Any]) -> Actor:
    """The other end of a connection or a call, from its `remoteIpDetails` in camelCase."""
    country, organization = inside(details, "country"), inside(details, "organization")
    return Actor(
        ip=valid_address(details.get("ipAddressV4")) or valid_address(details.get("ipAddressV6")),
        country=text(country.get("countryName")) or text(country.get("countryCode")),
        asn=text(organization.get("asn")),
        org=text(organization.get("asnOrg")) or text(organization.get("org")),
    )


def _lowered(key: Any) -> Any:
    return key[:1].lower() + key[1:] if isinstance(key, str) else key


def _id(said: Mapping[Any, Any]) -> str | None:
    """The ARN, put together where an event leaves it out; else the bare id."""
    arn, own = text(said.get("arn")), text(said.get("id"))
    if arn:
        return arn.strip()
    detector = text(inside(said, "service").get("detectorId"))
    account, region = text(said.get("accountId")), text(said.get("region"))
    if own and detector and account and region:
        partition = text(said.get("partition")) or "aws"
        return f"arn:{partition}:guardduty:{region}:{account}:detector/{detector}/finding/{own}"
    return own.strip() if own else None


def _origin(said: Mapping[Any, Any], finding_id: str) -> Origin:
    arn = parse_arn(finding_id)
    account = (text(said.get("accountId")) or account_in(finding_id) or "").strip()
    return Origin(
        partition=(arn.partition if arn else text(said.get("partition"))) or "aws",
        # A number loses its leading zeros.
        account=account.zfill(12) if account.isdigit() else account,
        region=(text(said.get("region")) or (arn.region if arn else "")).strip(),
    )


def _product_arn(finding_id: str, origin: Origin) -> str:
    """What Security Hub calls GuardDuty where the finding was made."""
    region = region_in(finding_id) or origin.region
    return f"arn:{origin.partition}:securityhub:{region}::product/aws/guardduty" if region else ""


def _severity(value: Any) -> tuple[Severity, int]:
    """The band, and ten times the number where that lies within the band's scores."""
    said = number(value)
    if said is None:
        return Severity.INFORMATIONAL, 0
    label = Severity.of_guardduty(said)
    score = int(max(0.0, min(100.0, said * 10)))
    return label, score if Severity.of_normalized(score) == label else LABEL_SCORES[label]


def _record_state(archived: Any) -> str | None:
    said = (text(archived) or "").strip().lower() if not isinstance(archived, bool) else str(archived).lower()
    return {"true": "ARCHIVED", "false": "ACTIVE"}.get(said)


def _count(value: Any) -> int | None:
    said = number(value)
    return int(said) if said is not None and said >= 0 else None


def _techniques(said: Mapping[Any, Any], types: tuple[str, ...]) -> tuple[Technique, ...]:
    """What an attack sequence's signals tell; else the tactic that the type is named after."""
    sequence = inside(said, "service", "detection", "sequence")
    told = [each for signal in mappings(sequence.get("signals")) for each in _indicated(signal, "signalIndicators")]
    told += _indicated(sequence, "sequenceIndicators")
    paired = {each.tactic for each in told if each.technique}
    named = _MITRE.get(types[0].partition(":")[0]) if types else None
    named_too = [Technique(tactic=named)] if named and not told else []
    return tuple(dict.fromkeys(each for each in (*told, *named_too) if each.technique or each.tactic not in paired))


def _indicated(part: Mapping[Any, Any], key: str) -> list[Technique]:
    """Tactics, each with its technique where one tactic stands alone: what belongs to which is not said otherwise."""
    values: dict[str, tuple[str, ...]] = {}
    for indicator in mappings(part.get(key)):
        values[text(indicator.get("key")) or ""] = texts(indicator.get("values"))
    tactics, techniques = values.get("ATTACK_TACTIC", ()), values.get("ATTACK_TECHNIQUE", ())
    if len(tactics) == 1 and techniques:
        return [Technique(tactic=tactics[0], technique=technique) for technique in techniques]
    return [Technique(tactic=tactic) for tactic in tactics]
