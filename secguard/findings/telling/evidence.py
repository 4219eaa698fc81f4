"""List the facts that a finding rests on: names, ports, hashes, calls, numbers, lists. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from secguard.findings.forms.fields import inside, is_mapping, mappings, number, text, texts
from secguard.findings.forms.involved import other_ends
from secguard.findings.telling import malware, products, runtime, sequences
from secguard.findings.telling.case import Case
from secguard.findings.telling.lists import threat_lists
from secguard.findings.telling.network import port_named
from secguard.findings.telling.words import counted, listed, piece
from secguard.model import Finding

Part = Mapping[Any, Any]
Fact = tuple[str, str]
"""What it is, in a word or two, and what the finding says."""

_LONGEST = 400
_MOST = 8
"""How many of a kind are named; the finding itself has them all."""
_KEY_PREFIX = "AWS::IAM::AccessKey:"
_PLURAL = re.compile(r"([A-Z]{2,})s(?![a-z])")
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def evidence(finding: Finding) -> list[Fact]:
    """The facts, each once, in the order in which one asks for them."""
    case = Case.of(finding)
    found = (fact for tell in _TELLERS for fact in tell(case))
    return list(dict.fromkeys((label, said) for label, said in found if said))


def _network(case: Case) -> Iterator[Fact]:
    action = case.action("networkConnectionAction")
    inward = (text(action.get("connectionDirection")) or "").upper() == "INBOUND"
    local, remote = _port(action, "localPortDetails"), _port(action, "remotePortDetails")
    ends = (" from " if inward else " to ").join(filter(None, (local, remote)))
    direction, protocol = (text(action.get("connectionDirection")) or "").lower(), piece(action.get("protocol"))
    yield "connection", ", ".join(filter(None, (piece(direction), protocol, ends)))
    yield "addresses", _many(other_ends(case.finding), least=2)
    asked = case.action("dnsRequestAction")
    yield "domain", piece(asked.get("domain"), longest=_LONGEST) or ""
    probes = mappings(case.action("portProbeAction").get("portProbeDetails"))
    yield "ports", _many(_port(probe, "localPortDetails") for probe in probes)


def _calls(case: Case) -> Iterator[Fact]:
    action, info = case.action("awsApiCallAction"), case.info
    anomalous = piece(inside(info, "anomalies").get("anomalousAPIs"), longest=_LONGEST)
    one = ":".join(filter(None, (piece(action.get("serviceName")), piece(action.get("api")))))
    yield "calls", anomalous or _many(map(_call, mappings(info.get("apiCalls")))) or one
    yield "error", piece(action.get("errorCode")) or ""
    agent = action.get("userAgent") or inside(info, "userAgent").get("fullUserAgent")
    request = case.action("kubernetesApiCallAction")
    yield "user agent", piece(agent or request.get("userAgent"), longest=_LONGEST) or ""
    yield "request", piece(request.get("requestUri"), longest=_LONGEST) or ""
    keys = (each.id.removeprefix(_KEY_PREFIX) for each in case.finding.resources if each.type == "AwsIamAccessKey")
    yield "access key", _many(map(piece, keys))


def _call(each: Part) -> str | None:
    name, count = piece(each.get("name")), number(each.get("count"))
    return f"{name} ({counted(int(count), 'time')})" if name and count is not None else name


def _unusual(case: Case) -> Iterator[Fact]:
    """What anomaly detection found unusual, by what it compared with."""
    behavior = inside(case.service, "detection", "anomaly", "unusual", "behavior")
    said = [*_leaves(inside(case.info, "unusualBehavior")), *_leaves(behavior), *_leaves(inside(case.info, "unusual"))]
    for name, value in said[:_MOST]:
        yield "unusual", f"{_spaced(name).removeprefix('unusual ')}: {value}"
    for name in ("unusualProtocol", "outBytes", "localPort", "threatName"):
        yield _spaced(name), piece(case.info.get(name)) or ""


def _leaves(part: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    if is_mapping(part) and depth < 6:
        for key, value in part.items():
            yield from _leaves(value, text(key) or name, depth + 1)
    elif isinstance(part, list | tuple):
        yield from ((name, joined) for joined in [_many(map(piece, texts(list(part))))] if joined)
    else:
        yield from ((name, said) for said in [piece(part, longest=_LONGEST)] if said)


def _processes(case: Case) -> Iterator[Fact]:
    process, context = (inside(case.service, "runtimeDetails", part) for part in ("process", "context"))
    yield "process", _pairs(process, ("name", "executablePath", "pid", "user", "pwd"))
    yield "sha256", piece(process.get("executableSha256")) or ""
    yield "parents", runtime.lineage(case)
    for name, value in list(_leaves({key: part for key, part in context.items() if not is_mapping(part)}))[:_MOST]:
        yield _spaced(name), value


def _malware(case: Case) -> Iterator[Fact]:
    yield "malware", _many(malware.threats(case))
    yield "files", _many(malware.paths(case))
    yield "hashes", _many(malware.hashes(case))


def _products(case: Case) -> Iterator[Fact]:
    yield "signals", _many(sequences.signals(case))
    for each in list(products.vulnerabilities(case))[:_MOST]:
        score = f"CVSS {each.score:g}" if each.score is not None else None
        exploit = "an exploit is known" if each.exploited else None
        yield each.identifier, ", ".join(filter(None, (score, listed(each.packages, most=_MOST), exploit)))
    yield from (("trait", trait) for trait in products.traits(case))
    yield "data", _many(products.detections(case))
    raw = inside(case.finding.raw)
    reasons = mappings(inside(raw, "Compliance").get("StatusReasons"))
    yield "reason", _many(piece(each.get("Description")) or piece(each.get("ReasonCode")) for each in reasons)
    yield "rule", piece(inside(raw, "ProductFields").get("RelatedAWSResources:0/name")) or ""


def _lists(case: Case) -> Iterator[Fact]:
    yield "threat lists", _many(threat_lists(case))


_TELLERS: tuple[Callable[[Case], Iterator[Fact]], ...] = (
    _network, _calls, _processes, _malware, _unusual, _lists, _products,
)  # fmt: skip


def _port(part: Part, end: str) -> str | None:
    return port_named(inside(part, end))


def _pairs(part: Part, names: Iterable[str]) -> str:
    return ", ".join(f"{_spaced(name)} {said}" for name in names if (said := piece(part.get(name))))


def _many(parts: Iterable[str | None], *, least: int = 1) -> str:
    """Those of a kind in a row; nothing where there are fewer than `least`."""
    unique = list(dict.fromkeys(filter(None, parts)))
    return listed(unique, most=_MOST) if len(unique) >= least else ""


def _spaced(name: str) -> str:
    """`executablePath` in words."""
    words = _WORDS.split(_PLURAL.sub(lambda match: f"{match[1].capitalize()}s", name))
    return " ".join(word if word.isupper() else word.lower() for word in words)
