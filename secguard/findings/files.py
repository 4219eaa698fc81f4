"""Findings from a file or a stream: JSON or JSON Lines, of any form that is known, alone or wrapped.

What is no finding is named with its position, and the rest goes on.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secguard.errors import InputError
from secguard.findings.feeds.levels import Event, LevelEnd
from secguard.findings.forms.asff import Unreadable, is_asff, read_asff
from secguard.findings.forms.fields import kind_of
from secguard.findings.forms.guardduty import is_guardduty, read_guardduty
from secguard.findings.forms.ocsf import is_ocsf, read_ocsf
from secguard.findings.pushdown import matches
from secguard.findings.query import Query
from secguard.model import Finding, Source

STDIN = "-"
_GZIP = b"\x1f\x8b"
_DEEPEST = 8
"""How many lists may be wrapped in one another."""
_READERS = ((is_asff, read_asff), (is_ocsf, read_ocsf), (is_guardduty, read_guardduty))
_CONTENT = re.compile(r"\S")
_NEXT_DOCUMENT = re.compile(r"^[\[{]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON value, and where it stands."""

    position: str
    value: Any


def stream(name: str, query: Query) -> Iterator[Event]:
    """The findings of a file that the query asks for: the worst level first, each ended by a LevelEnd.

    Of a finding that comes more than once, as in a log of events, the newest counts. Raises InputError for a file that
    can't be opened, or in which nothing is a finding.
    """
    newest: dict[tuple[str, ...], Finding] = {}
    unreadable: list[Unreadable] = []
    for read in read_file(name):
        if isinstance(read, Unreadable):
            unreadable.append(read)
        elif not _is_older(read, newest.get(_identity(read))):
            newest[_identity(read)] = read
    if unreadable and not newest:
        more = f", and {len(unreadable) - 1} more" if len(unreadable) > 1 else ""
        raise InputError(f"nothing in it is a finding: {unreadable[0]}{more}")
    yield from unreadable
    holds = matches(query)
    wanted = [finding for finding in newest.values() if holds(finding)]
    for severity in query.levels:
        yield from (finding for finding in wanted if finding.severity == severity)
        yield LevelEnd(severity, exhausted=True, answered=1)


def read_file(name: str) -> Iterator[Finding | Unreadable]:
    """Every finding of a file, `-` for what comes in on stdin, in its order. Raises InputError."""
    shown = "stdin" if name == STDIN else name
    try:
        text = _text(name)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{shown} can't be read: {getattr(error, 'strerror', None) or error}") from error
    for document in _documents(text, shown):
        if isinstance(document, Unreadable):
            yield document
        else:
            yield from findings_in(document.value, position=document.position)


def findings_in(value: Any, *, position: str, depth: int = 0) -> Iterator[Finding | Unreadable]:
    """The findings in one JSON value: a finding, a list of them, an API's answer, an event; each told by its shape."""
    if depth > _DEEPEST:
        yield Unreadable(position=position, why="lists in lists, too deep for findings")
    elif isinstance(value, list):
        for number, part in enumerate(value, start=1):
            yield from findings_in(part, position=f"{position} item {number}", depth=depth + 1)
    elif isinstance(value, Mapping):
        yield from _in_mapping(value, position=position, depth=depth)
    else:
        yield Unreadable(position=position, why=f"not a finding but {kind_of(value)}")


def _in_mapping(value: Mapping[str, Any], *, position: str, depth: int) -> Iterator[Finding | Unreadable]:
    for fits, read in _READERS:
        if fits(value):
            yield read(value, position=position, source=Source.FILE)
            return
    wrapped = next((value[key] for key in ("Findings", "findings") if isinstance(value.get(key), list)), None)
    if wrapped is not None:
        yield from findings_in(wrapped, position=position, depth=depth + 1)
    elif isinstance(value.get("detail"), Mapping):
        if not _is_empty_event(value):
            yield from findings_in(value["detail"], position=position, depth=depth + 1)
    else:
        yield Unreadable(position=position, why=f"no form of finding that is known: {_described(value)}")


def _is_empty_event(event: Mapping[str, Any]) -> bool:
    """Insight results are an event of Security Hub's that names no finding."""
    return "insightResults" in event["detail"] or event.get("detail-type") == "Security Hub Insight Results"


def _described(value: Mapping[str, Any]) -> str:
    keys = [str(key) for key in list(value)[:4]]
    return f"it has {', '.join(keys)}" if keys else "it is empty"


def _identity(finding: Finding) -> tuple[str, ...]:
    """More than the id: there are producers that give one id to many findings."""
    return finding.product_arn, finding.id, finding.account, finding.region, finding.title


def _is_older(finding: Finding, known: Finding | None) -> bool:
    if known is None or known.updated_at is None or finding.updated_at is None:
        return False
    return finding.updated_at < known.updated_at


def _text(name: str) -> str:
    """What the file holds, in the encoding that its first bytes tell; unpacked, as GuardDuty's exports are packed."""
    content = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    if content.startswith(_GZIP):
        content = gzip.decompress(content)
    return content.decode(json.detect_encoding(content), errors="replace")


def _documents(text: str, name: str) -> Iterator[Document | Unreadable]:
    """JSON values one after another, in any layout. After what is none, on with the next line that can begin one."""
    decoder, line, counted = json.JSONDecoder(), 1, 0
    begins = _CONTENT.search(text)
    while begins:
        at = begins.start()
        line, counted = line + text.count("\n", counted, at), at
        try:
            value, ends = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            yield Unreadable(position=f"{name}:{line + _lines_further(text, at, error)}", why=_problem(error))
            begins = _NEXT_DOCUMENT.search(text, at + 1)
        else:
            begins = _CONTENT.search(text, ends)
            alone = line == 1 and begins is None
            yield Document(name if alone else f"{name}:{line}", value)


def _lines_further(text: str, at: int, error: Exception) -> int:
    """How many lines below the beginning of a value its error is."""
    return text.count("\n", at, error.pos) if isinstance(error, json.JSONDecodeError) else 0


def _problem(error: Exception) -> str:
    return f"no JSON: {error.msg if isinstance(error, json.JSONDecodeError) else 'it is nested too deeply'}"
