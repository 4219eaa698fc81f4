"""Tell what other products say: controls, vulnerabilities, sensitive data, access from outside. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from secguard.findings.forms.fields import inside, mappings, number, text, texts
from secguard.findings.telling.case import Case, named
from secguard.findings.telling.words import counted, day, listed, piece

Part = Mapping[Any, Any]

_UNKNOWN = "unknown"
"""What the readers call a product that a finding does not name."""
_KEPT = {"FAILED": "fails", "PASSED": "passes", "WARNING": "could not be fully checked against"}
_STANDARD = re.compile(r"(?P<name>[a-z0-9-]+)/v/(?P<version>[0-9.]+)")
_STANDARDS = {
    "aws-foundational-security-best-practices": "AWS FSBP",
    "aws-resource-tagging-standard": "AWS Resource Tagging",
    "cis-aws-foundations-benchmark": "CIS",
    "nist-800-171": "NIST SP 800-171",
    "nist-800-53": "NIST SP 800-53",
    "pci-dss": "PCI DSS",
    "service-managed-aws-control-tower": "Control Tower",
}
_NUMBERED = re.compile(r"^\s*\d+(?:\.\d+)+\s+")
"""The titles of old CIS controls begin with their numbers."""
_DATA = {
    "Credentials": "credentials",
    "CustomIdentifier": "what a custom identifier of yours looks for",
    "Financial": "financial information",
    "Multiple": "several kinds of sensitive data",
    "Personal": "personal information",
}
_SENSITIVE = re.compile(r".*SensitiveData:S3Object[-/](?P<kind>[A-Za-z]+)")
_ACCOUNT = re.compile(r"^(?:AWS )?(\d{12})$")
_GRANTED = re.compile(r"allows (?P<access>[a-z-]+ access)(?: from (?P<who>.+?))?\.?$")


def held_to(case: Case) -> str | None:
    """A control: `i-0abc fails EC2.8, “EC2 instances should use IMDSv2”, since 2026-10-01, asked for by CIS 5.0.0`."""
    finding = case.finding
    if finding.control_id is None:
        return None
    status = _KEPT.get(finding.compliance_status or "", "has no result for")
    told = f"{_all(case)}{case.here} {status} {piece(finding.control_id)}"
    title = piece(_NUMBERED.sub("", finding.title.removeprefix(finding.control_id)))
    told += f", “{title.rstrip('.')}”" if title else ""
    failing = finding.compliance_status == "FAILED" and finding.first_seen
    told += f", since {day(finding.first_seen)}" if failing and finding.first_seen else ""
    standards = listed(map(standard_name, finding.standards), most=4)
    return told + (f", asked for by {standards}" if standards else "")


def standard_name(standard: str) -> str | None:
    """`cis-aws-foundations-benchmark/v/5.0.0` as it is called: `CIS 5.0.0`."""
    match = _STANDARD.search(standard)
    return f"{_STANDARDS.get(match['name'], match['name'])} {match['version']}" if match else piece(standard)


def vulnerable(case: Case) -> str | None:
    """`i-0abc has CVE-2024-3094 (CVSS 10) in xz-utils 1.0, fixed in 1.1; an exploit is known`."""
    first = next(vulnerabilities(case), None)
    if first is None:
        return None
    score = f" (CVSS {first.score:g})" if first.score is not None else ""
    packages = f" in {listed(first.packages)}" if first.packages else ""
    exploited = "; an exploit is known" if first.exploited else ""
    return f"{case.what_here} has {first.identifier}{score}{packages}{exploited}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vulnerability:
    """One that Inspector, or another scanner, found."""

    identifier: str
    score: float | None
    """The worst of the CVSS base scores given."""
    packages: tuple[str, ...]
    """Each with the version that mends it."""
    exploited: bool


def vulnerabilities(case: Case) -> Iterator[Vulnerability]:
    """Those of the finding, in ASFF or OCSF."""
    raw = inside(case.finding.raw)
    for each in mappings(raw.get("Vulnerabilities")):
        scores = (number(score.get("BaseScore")) for score in mappings(each.get("Cvss")))
        yield from _vulnerability(each.get("Id"), scores, _packages_asff(each), each.get("ExploitAvailable"))
    for each in mappings(raw.get("vulnerabilities")):
        cve = inside(each, "cve")
        scores = (number(score.get("base_score")) for score in mappings(cve.get("cvss")))
        identifier = cve.get("uid") or each.get("title")
        yield from _vulnerability(identifier, scores, _packages_ocsf(each), each.get("is_exploit_available"))


def _vulnerability(
    identifier: Any, scores: Iterator[float | None], packages: Iterator[str], exploited: Any
) -> Iterator[Vulnerability]:
    known = piece(identifier)
    if known:
        worst = max((score for score in scores if score is not None), default=None)
        yield Vulnerability(
            identifier=known, score=worst, packages=tuple(dict.fromkeys(packages)), exploited=_yes(exploited)
        )


def exposed(case: Case) -> str | None:
    """`function orders can be reached … (3 findings together: Reachability and Vulnerability)`."""
    if not is_exposure(case.finding.raw):
        return None
    info = inside(case.finding.raw, "finding_info")
    events = mappings(info.get("related_events"))
    said = (piece(info.get("desc"), longest=300) or piece(case.finding.title) or "").rstrip(".")
    kinds = listed(piece(tag.get("name")) for event in events for tag in mappings(event.get("tags")))
    together = f"{counted(len(events), 'finding')} together" if events else ""
    seen = ": ".join(filter(None, (together, kinds)))
    return f"{case.what_here} is exposed: {said}" + (f" ({seen})" if seen else "")


def traits(case: Case) -> list[str]:
    """What the findings behind an exposure tell: `Vulnerability: Exploit Available and Vulnerable`."""
    if not is_exposure(case.finding.raw):
        return []
    events = mappings(inside(case.finding.raw, "finding_info").get("related_events"))
    tags = [tag for event in events for tag in mappings(event.get("tags")) if piece(tag.get("name"))]
    return [f"{piece(tag.get('name'))}: {listed(map(piece, texts(tag.get('values'))), most=8)}" for tag in tags]


def is_exposure(raw: Any) -> bool:
    """Whether Security Hub found it by putting other findings together: its `finding_info.analytic` says so."""
    return inside(raw, "finding_info", "analytic").get("name") == "Exposure"


def sensitive(case: Case) -> str | None:
    """`object customers.csv in bucket exports holds personal information: 12 NAME and 3 ADDRESS`."""
    kinds = filter(None, map(_SENSITIVE.fullmatch, case.finding.types))
    kind = next((match["kind"] for match in kinds), None)
    found = listed(detections(case))
    if kind is None and not found:
        return None
    item, bucket = case.first("AwsS3Object"), case.first("AwsS3Bucket")
    held = f"{named(item)}{f' in {named(bucket)}' if bucket else ''}" if item else case.what
    return f"{held}{case.here} holds {_DATA.get(kind or '', 'sensitive data')}" + (f": {found}" if found else "")


def shared(case: Case) -> str | None:
    """`AWS 555555555555, from outside, may use role partner: sts:AssumeRole`."""
    if case.finding.product != "IAM Access Analyzer":
        return None
    granted = next((part for part in map(_other, case.raw_resources) if part.get("External Principal")), {})
    said = _GRANTED.search(case.finding.description) or _GRANTED.search(case.finding.title)
    who = piece(granted.get("External Principal")) or (piece(said["who"]) if said else None)
    who = _ACCOUNT.sub(r"account \1", who) if who else None
    public = who in ("*", None) and "public" in f"{case.finding.title} {case.finding.description}".lower()
    if not public and who is None:
        return None
    action = piece(granted.get("Action Granted"))
    subject = "anyone" if public else f"{who}, from outside,"
    return f"{subject} may use {case.what_here}" + (f": {action}" if action else "")


def noncompliant(case: Case) -> str | None:
    """`i-0abc does not comply with the Config rule required-tags`."""
    if case.finding.product != "Config" or not piece(case.finding.title):
        return None
    verb = "complies" if case.finding.compliance_status == "PASSED" else "does not comply"
    return f"{_all(case)}{case.here} {verb} with the Config rule {piece(case.finding.title)}"


def titled(case: Case) -> str:
    """What the product says, in its own words, and of what where those don't name it."""
    finding = case.finding
    title = (piece(finding.title) or piece(finding.description) or "a finding without a title").rstrip(". ")
    product = piece(finding.product) if finding.product != _UNKNOWN else None
    product, about = product or "a product that is not named", next(iter(finding.resources), None)
    result = {"FAILED": " (failed)", "PASSED": " (passed)"}.get(finding.compliance_status or "", "")
    if about is None or about.name in title:
        return f"{product} says{case.here}: {title}{result}"
    return f"{product} says of {case.what_here}: {title}{result}"


def _all(case: Case) -> str:
    return listed(map(named, case.finding.resources)) or case.what


def _yes(value: Any) -> bool:
    return value is True or (text(value) or "").upper() in ("YES", "TRUE")


def _packages_asff(vulnerability: Part) -> Iterator[str]:
    for package in mappings(vulnerability.get("VulnerablePackages")):
        yield from _package(package.get("Name"), package.get("Version"), package.get("FixedInVersion"))


def _packages_ocsf(vulnerability: Part) -> Iterator[str]:
    for package in mappings(vulnerability.get("affected_packages")):
        yield from _package(package.get("name"), package.get("version"), package.get("fixed_in_version"))


def _package(name: Any, version: Any, fixed: Any) -> Iterator[str]:
    known = " ".join(filter(None, (piece(name), piece(version))))
    fix = piece(fixed)
    if known:
        yield f"{known} (fixed in {fix})" if fix and fix.lower() != "notavailable" else known


def detections(case: Case) -> Iterator[str]:
    """The kinds of sensitive data that Macie found, with how many of each."""
    for part in case.raw_resources:
        result = inside(part, "DataClassification", "Result")
        categories = (*mappings(result.get("SensitiveData")), inside(result, "CustomDataIdentifiers"))
        for each in (each for category in categories for each in mappings(category.get("Detections"))):
            name, count = piece(each.get("Type")) or piece(each.get("Name")), number(each.get("Count"))
            if name:
                yield counted(int(count), name, name) if count is not None else name


def _other(resource: Part) -> Part:
    return inside(resource, "Details", "Other")
