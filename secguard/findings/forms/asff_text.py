"""Read ASFF findings from the JSON text that Security Hub sends: most are tidy, and those cost a fraction.

Pure. A typed decoder takes from the text only what a finding is made of. What it finds odd in any way is decoded
whole and read by `asff`, which takes everything; both ways read the same, and a test holds that.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import UNSET

from secguard.findings.forms.actor import actor_of
from secguard.findings.forms.asff import (
    Unreadable,
    count_in,
    is_guardduty_arn,
    product_in,
    read_asff,
    resource_of,
    severity_of,
    tactics_of,
    types_of,
)
from secguard.findings.forms.console import console_url
from secguard.findings.forms.controls import control_in, standards_in
from secguard.findings.forms.fields import inside
from secguard.findings.forms.products import GUARDDUTY
from secguard.findings.forms.samples import is_sample_asff, is_titled_sample
from secguard.findings.forms.signals import opened_by_title, signals_of_asff
from secguard.model import (
    SHORT_ID_DIGITS,
    Finding,
    Resource,
    Severity,
    Signal,
    Source,
    Workflow,
    decoded,
    fingerprint,
)

_ABSENT = msgspec.Raw()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COMPLIANCE = frozenset({None, "PASSED", "WARNING", "FAILED", "NOT_AVAILABLE"})
_STATES = frozenset({"ACTIVE", "ARCHIVED"})
_ACCOUNT_DIGITS = 12
_SELDOM = (
    "Action", "Criticality", "Detection", "Network", "Note", "Sample", "ThreatIntelIndicators", "VerificationState",
    "Vulnerabilities",
)  # fmt: skip
"""What few findings have, and what is then read as `asff` does."""
_WITH_ACTORS = frozenset({"Action", "Detection", "Network", "ProductFields"})
"""What `actor_of` looks at."""
_TELLING = (b"resourceRole", b"remoteIpDetails", b"additionalInfo", b'/count"', b'"count"')
"""What stands in ProductFields that tell more than `_Fields`."""


class _Severity(msgspec.Struct, gc=False):
    Label: str
    Normalized: int | float | None = None


class _Workflow(msgspec.Struct, gc=False):
    Status: Workflow


class _Standard(msgspec.Struct, gc=False):
    StandardsId: str


class _Compliance(msgspec.Struct, gc=False):
    Status: str | None = None
    SecurityControlId: str | None = None
    AssociatedStandards: tuple[_Standard, ...] = ()


class _Details(msgspec.Struct, gc=False, omit_defaults=True):
    """What of any type's details says whose a resource is, and how open."""

    AccountId: Any = UNSET
    OwnerAccountId: Any = UNSET
    PrincipalName: Any = UNSET
    UserName: Any = UNSET
    IpV4Addresses: Any = UNSET
    IpV6Addresses: Any = UNSET
    PublicIp: Any = UNSET
    PubliclyAccessible: Any = UNSET
    Scheme: Any = UNSET


_NO_DETAILS = _Details()
_openness = attrgetter("IpV4Addresses", "IpV6Addresses", "PublicIp", "PubliclyAccessible", "Scheme")
_CLOSED = _openness(_NO_DETAILS)
_STANDARD = attrgetter("StandardsId")
_NO_COMPLIANCE = _Compliance()


class _Resource(msgspec.Struct, gc=False):
    Type: str
    Id: str
    Region: str = ""
    Tags: dict[str, str] = {}
    Details: dict[str, _Details] = {}


class _Fields(msgspec.Struct, gc=False):
    StandardsArn: str = ""
    StandardsGuideArn: str = ""


class _Tidy(msgspec.Struct, gc=False):
    """The keys that a finding is made of; what else there is, is skipped."""

    Id: str
    ProductArn: str
    AwsAccountId: str
    Region: str
    Title: str
    Types: tuple[str, ...]
    Severity: _Severity
    Resources: tuple[_Resource, ...]
    Workflow: _Workflow
    RecordState: str
    FirstObservedAt: datetime | None = None
    LastObservedAt: datetime | None = None
    UpdatedAt: datetime | None = None
    ProductName: str = ""
    Description: str = ""
    GeneratorId: str = ""
    Compliance: _Compliance | None = None
    ProductFields: msgspec.Raw = _ABSENT
    Action: msgspec.Raw = _ABSENT
    Criticality: msgspec.Raw = _ABSENT
    Detection: msgspec.Raw = _ABSENT
    Network: msgspec.Raw = _ABSENT
    Note: msgspec.Raw = _ABSENT
    Sample: msgspec.Raw = _ABSENT
    ThreatIntelIndicators: msgspec.Raw = _ABSENT
    VerificationState: msgspec.Raw = _ABSENT
    Vulnerabilities: msgspec.Raw = _ABSENT


_decode = msgspec.json.Decoder(_Tidy).decode
_seldom = attrgetter(*_SELDOM)
_NONE = (_ABSENT,) * len(_SELDOM)
_decode_fields = msgspec.json.Decoder(_Fields).decode


def read_asff_text(
    received: msgspec.Raw, *, position: str, source: Source = Source.SECURITY_HUB
) -> Finding | Unreadable:
    """One ASFF finding, not yet ranked, as `asff.read_asff` reads it. It keeps the text, not what is in it."""
    try:
        return _read(_decode(received), received, source)
    except (msgspec.ValidationError, _Untidy):
        return read_asff(decoded(received), position=position, source=source, received=received)


class _Untidy(Exception):
    """Something in a finding is not as it mostly is."""


def _read(tidy: _Tidy, received: msgspec.Raw, source: Source) -> Finding:
    """The finding. Raises _Untidy."""
    finding_id, product_arn, region, title = tidy.Id, tidy.ProductArn, tidy.Region.strip(), tidy.Title.strip()
    if not (finding_id.strip() and region and title and tidy.RecordState in _STATES):
        raise _Untidy
    fields = bytes(tidy.ProductFields)
    product = tidy.ProductName
    if not product:
        if b"/ProductName" in fields:
            raise _Untidy
        product = product_in(product_arn)
    types = _types(tidy.Types, guardduty=_is_guardduty(product, product_arn))
    severity, score = _severity(tidy.Severity.Label, tidy.Severity.Normalized)
    told = _told(tidy, fields)
    compliance_status, control, standards = _judgement(tidy, fields)
    return Finding(
        id=finding_id,
        short_id=fingerprint(product_arn, finding_id)[:SHORT_ID_DIGITS],
        product_arn=product_arn,
        source=source,
        product=product,
        account=_account(tidy.AwsAccountId),
        region=region,
        severity=severity,
        severity_score=score,
        priority=0,
        priority_reasons=(),
        title=title,
        description=tidy.Description.strip(),
        types=types,
        resources=tuple(map(_resource, tidy.Resources)),
        actor=None if _WITH_ACTORS.isdisjoint(told) else actor_of(told),
        workflow_status=tidy.Workflow.Status,
        record_state=tidy.RecordState,
        compliance_status=compliance_status,
        control_id=control,
        standards=standards,
        count=count_in(inside(told, "ProductFields")) if told else None,
        first_seen=_moment(tidy.FirstObservedAt, fields),
        last_seen=_moment(tidy.LastObservedAt, fields),
        updated_at=_moment(tidy.UpdatedAt, fields),
        sample=is_titled_sample(title) or bool(told and is_sample_asff(told)),
        console_url=console_url(finding_id, product_arn=product_arn, region=region),
        mitre=tactics_of(types),
        signals=signals_of_asff({**told, "Title": title}) if told else _signals_of_title(title),
        received=received,
    )


@lru_cache(maxsize=1024)  # there are few products
def _is_guardduty(product: str, product_arn: str) -> bool:
    """Raises _Untidy for a product whose name, or whose ARN, is blank."""
    if not product.strip() or not product_arn.strip():
        raise _Untidy
    return product == GUARDDUTY or is_guardduty_arn(product_arn)


@lru_cache(maxsize=1024)  # there are few types
def _types(said: tuple[str, ...], *, guardduty: bool) -> tuple[str, ...]:
    """Raises _Untidy for none, and for a blank one."""
    if not said or not all(map(str.strip, said)):
        raise _Untidy
    return types_of(said, guardduty=guardduty)


@lru_cache(maxsize=256)
def _severity(label: str, score: float | None) -> tuple[Severity, int]:
    """Raises _Untidy for what is no label."""
    if label not in Severity.__members__:
        raise _Untidy
    return severity_of(Severity[label], score)


def _account(said: str) -> str:
    if len(said) != _ACCOUNT_DIGITS or not said.isdecimal():
        raise _Untidy
    return said


def _moment(said: datetime | None, fields: bytes) -> datetime | None:
    """Raises _Untidy for an odd one, and where there is none but perhaps in ProductFields."""
    if said is None:
        if b"eventFirstSeen" in fields or b"eventLastSeen" in fields:
            raise _Untidy
    elif said.tzinfo is not UTC or said < _EPOCH:
        raise _Untidy
    return said


def _told(tidy: _Tidy, fields: bytes) -> dict[str, Any]:
    """What else the finding says, as `asff` and `signals` see it: mostly nothing."""
    told: dict[str, Any] = {}
    seldom = _seldom(tidy)
    if seldom != _NONE:
        told = {name: decoded(said) for name, said in zip(_SELDOM, seldom, strict=True) if said is not _ABSENT}
    for word in _TELLING:
        if word in fields:
            told["ProductFields"] = decoded(fields)
            break
    for resource in tidy.Resources:
        details = resource.Details.get(resource.Type)
        if details is not None and _openness(details) != _CLOSED:
            said = {resource.Type: msgspec.to_builtins(details)}
            told.setdefault("Resources", []).append({"Type": resource.Type, "Details": said})
    return told


@lru_cache(maxsize=1024)  # there are few titles
def _signals_of_title(title: str) -> tuple[Signal, ...]:
    return tuple(opened_by_title(title))


def _judgement(tidy: _Tidy, fields: bytes) -> tuple[str | None, str | None, tuple[str, ...]]:
    """The compliance status, the control and the standards. Raises _Untidy."""
    said = tidy.Compliance or _NO_COMPLIANCE
    if said.Status not in _COMPLIANCE:
        raise _Untidy
    standards = tuple(map(_STANDARD, said.AssociatedStandards))
    if b"Standards" in fields:
        named = _decode_fields(fields)
        standards = (*standards, named.StandardsArn, named.StandardsGuideArn)
    return said.Status, *_control(said.SecurityControlId, standards, tidy.GeneratorId)


@lru_cache(maxsize=2048)  # there are few controls
def _control(named: str | None, standards: tuple[str, ...], generator: str) -> tuple[str | None, tuple[str, ...]]:
    return control_in(named, generator), standards_in(standards, generator)


def _resource(said: _Resource) -> Resource:
    if not said.Type.strip() or not said.Id.strip() or said.Region.isspace() or _is_blank_in(said.Tags):
        raise _Untidy
    details = said.Details.get(said.Type, _NO_DETAILS)
    return resource_of(
        said.Type,
        said.Id,
        region=said.Region or None,
        tags=said.Tags,
        details=lambda: {} if details is _NO_DETAILS else msgspec.to_builtins(details),
    )


def _is_blank_in(tags: dict[str, str]) -> bool:
    """Whether a tag has no name, or nothing but spaces for one or for its value."""
    return bool(tags) and (not all(map(str.strip, tags)) or any(map(str.isspace, tags.values())))
