"""The words everything else is said in: places, severities, findings. Pure: no AWS, no output."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Any, assert_never

import msgspec

Value = Any
"""What a setting can hold: plain JSON, None meaning that it is not there."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One account in one Region: where a client is bound, where a change happens."""

    account: str
    """Twelve digits, as text: leading zeros matter."""
    region: str

    def __str__(self) -> str:
        return f"{self.account} {self.region}"


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Unreached:
    """A place that could not be looked at. Never the same as an empty one."""

    account: str
    region: str
    why: str

    def __str__(self) -> str:
        return f"{self.account} {self.region}: {self.why}"


class Severity(IntEnum):
    """How bad AWS thinks it is; comparable."""

    INFORMATIONAL = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @classmethod
    def of_normalized(cls, score: float) -> Severity:
        """The label of an ASFF normalized score: 0, 1-39, 40-69, 70-89, 90-100."""
        floors = ((90, cls.CRITICAL), (70, cls.HIGH), (40, cls.MEDIUM), (1, cls.LOW))
        return next((label for floor, label in floors if score >= floor), cls.INFORMATIONAL)

    @classmethod
    def of_guardduty(cls, severity: float) -> Severity:
        """The band of a GuardDuty severity: 1-3.9, 4-6.9, 7-8.9, 9-10."""
        floors = ((9, cls.CRITICAL), (7, cls.HIGH), (4, cls.MEDIUM), (1, cls.LOW))
        return next((label for floor, label in floors if severity >= floor), cls.INFORMATIONAL)


class Source(StrEnum):
    """Which API, or which kind of file, a finding was read from."""

    SECURITY_HUB = "securityhub"
    SECURITY_HUB_V2 = "securityhub-v2"
    GUARDDUTY = "guardduty"
    FILE = "file"


class Workflow(StrEnum):
    """What has been done about a finding, as Security Hub says it."""

    NEW = "NEW"
    NOTIFIED = "NOTIFIED"
    RESOLVED = "RESOLVED"
    SUPPRESSED = "SUPPRESSED"


class Resource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing in AWS, or elsewhere, that a finding is about."""

    type: str
    """As the source spells it, in ASFF's words where there are any: `AwsEc2Instance`."""
    id: str
    """An ARN where the source gives one, else whatever it gives."""
    name: str
    """The shortest text an operator knows it by: an instance id, a user name, a bucket."""
    region: str | None
    account: str | None
    tags: dict[str, str] = msgspec.field(default_factory=dict)


class Actor(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who did it, as far as the network tells."""

    ip: str | None = None
    country: str | None = None
    asn: str | None = None
    org: str | None = None


class Technique(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One MITRE ATT&CK tactic, with its technique where it is known."""

    tactic: str
    technique: str | None = None


class SignalKind(StrEnum):
    """What a finding may tell besides its type and its severity, that says how soon to look at it."""

    KNOWN_EXPLOITED = "known exploited"
    """The detail is the vulnerability's id, as it is in the next two."""
    EXPLOIT_AVAILABLE = "exploit available"
    EXPLOIT_LIKELY = "exploit likely"
    FIX_AVAILABLE = "fix available"
    THREAT_LIST = "threat list"
    """The names of the lists; empty where it is only known to be bad."""
    EXPOSED = "exposed"
    """How it is open, in words."""
    PUBLIC_ADDRESS = "public address"
    ACTING = "acting"
    """The resource is what acts, as GuardDuty's role ACTOR says it."""
    BLOCKED = "blocked"
    """In words: it did not get through."""
    CRITICALITY = "criticality"
    """0-100, as a text."""
    VERDICT = "verdict"
    """ASFF's VerificationState: TRUE_POSITIVE, FALSE_POSITIVE or BENIGN_POSITIVE."""
    NOTED = "noted"
    """Who left a note, or has it assigned."""


class Signal(msgspec.Struct, frozen=True, gc=False):
    """One thing that a source says of a finding; what it weighs is `findings.ranking`'s."""

    kind: SignalKind
    detail: str = ""


def decoded(text: msgspec.Raw | bytes) -> Any:
    """What JSON text holds. A number beyond all floats, which JSON may hold, stays a text."""
    try:
        return msgspec.json.decode(text)
    except msgspec.ValidationError:
        return _decode_with_any_number(text)


def _number(written: str) -> float | str:
    value = float(written)
    return value if math.isfinite(value) else written


_decode_with_any_number = msgspec.json.Decoder(float_hook=_number).decode


class Finding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing AWS believes is wrong with one or more resources."""

    id: str
    """GuardDuty: the ARN. Security Hub CSPM: `Id`. OCSF: `metadata.uid`."""
    short_id: str
    """The first digits of `fingerprint`, as lists show it."""
    product_arn: str
    source: Source
    product: str
    """The product's name, as in `GuardDuty`, `Security Hub`, `Inspector`."""
    account: str
    region: str
    severity: Severity
    severity_score: int
    """0-100, on ASFF's normalized scale."""
    priority: int
    """0-100: what to look at first; see `findings.ranking`."""
    priority_reasons: tuple[str, ...]
    title: str
    description: str
    types: tuple[str, ...]
    """GuardDuty's own spelling first (`UnauthorizedAccess:EC2/SSHBruteForce`), then what the source says."""
    resources: tuple[Resource, ...]
    actor: Actor | None
    workflow_status: Workflow | None
    record_state: str | None
    """ACTIVE or ARCHIVED: the provider's word."""
    compliance_status: str | None
    control_id: str | None
    standards: tuple[str, ...]
    count: int | None
    first_seen: datetime | None
    """Timezone-aware, UTC, as are the two below."""
    last_seen: datetime | None
    updated_at: datetime | None
    sample: bool
    """Made to try things out. Nothing is ever done about one, unless allowed."""
    console_url: str | None
    playbooks: tuple[str, ...] = ()
    """Names that answer it, best first; filled in by the caller, since playbooks stand above findings."""
    mitre: tuple[Technique, ...] = ()
    signals: tuple[Signal, ...] = ()
    """What else says how soon to look at it, each kind once. Not part of the record: the reasons tell it."""
    received: Any = None
    """What the source said, whole: an object, the JSON text of one as msgspec.Raw, or what fetches it when called.

    Not part of the record.
    """

    @property
    def raw(self) -> Any:
        """What the source said, whole, as `-o asff` and `show --raw` print it."""
        if isinstance(self.received, msgspec.Raw):
            return decoded(self.received)
        return self.received() if callable(self.received) else self.received

    @property
    def place(self) -> Place:
        """Where the finding, and what it is about, lives."""
        return Place(self.account, self.region)


_TO_THE_SECOND = len("2026-11-23T18:04:05")
SHORT_ID_DIGITS = 8
"""The fewest digits of a fingerprint that name a finding."""


@lru_cache(maxsize=16)  # a finding's is asked for several times while it is read
def fingerprint(product_arn: str, finding_id: str) -> str:
    """The 64 hex digits whose prefixes are a finding's short ids."""
    return hashlib.sha256(f"{product_arn}\n{finding_id}".encode()).hexdigest()


def severity_word(severity: Severity) -> str:
    """The name an operator types for a severity."""
    match severity:
        case Severity.CRITICAL | Severity.HIGH | Severity.MEDIUM | Severity.LOW | Severity.INFORMATIONAL:
            return severity.name.lower()
        case _:
            assert_never(severity)


def timestamp(moment: datetime) -> str:
    """A time as every record spells it: `2026-11-23T18:04:05Z`."""
    # msgspec writes a time in a fraction of what `isoformat` takes.
    written: str = msgspec.to_builtins(moment if moment.tzinfo is UTC else moment.astimezone(UTC))
    return written[:_TO_THE_SECOND] + "Z"
