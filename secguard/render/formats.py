"""Records as JSON, JSON Lines, CSV and Markdown: text in pieces, so that what streams in streams out.

Every piece ends with a line break. Nothing here knows what a record is about.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from secguard.model import timestamp
from secguard.render import sanitize

Record = Mapping[str, Any]


def json_object(record: Any) -> str:
    """One value as indented JSON."""
    return sanitize.json_text(json.dumps(record, indent=2, ensure_ascii=False, default=_plain)) + "\n"


def json_array(records: Iterable[Any]) -> Iterator[str]:
    """One array, written as its items arrive."""
    waiting = None
    for record in records:
        yield "[\n" if waiting is None else f"{waiting},\n"
        waiting = "  " + json_object(record).rstrip("\n").replace("\n", "\n  ")
    yield "[]\n" if waiting is None else f"{waiting}\n]\n"


def json_lines(records: Iterable[Any]) -> Iterator[str]:
    """One JSON value a line."""
    encode = msgspec.json.Encoder(enc_hook=_plain).encode
    for record in records:
        yield f"{sanitize.json_line(encode(record))}\n"


def csv_lines(records: Iterable[Record], *, columns: Sequence[str]) -> Iterator[str]:
    """A line of headings, then a line for each flat record. Lists are joined, text can't become a formula."""
    yield _csv_line(columns)
    for record in records:
        yield _csv_line([_csv_value(record.get(column)) for column in columns])


def markdown_table(rows: Iterable[Sequence[Any]], *, headings: Sequence[str]) -> Iterator[str]:
    """A table as GitHub reads it."""
    yield _markdown_row(headings)
    yield _markdown_row(["---"] * len(headings), escape=False)
    for row in rows:
        yield _markdown_row(["" if value is None else str(value) for value in row])


def flat(value: Any) -> Any:
    """A list as one text; anything else as it is."""
    if isinstance(value, list | tuple):
        return "; ".join(str(part) for part in value)
    return value


def _csv_value(value: Any) -> str:
    value = flat(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else sanitize.cell(str(value))


def _csv_line(values: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(values)
    return buffer.getvalue()


def _markdown_row(values: Sequence[str], *, escape: bool = True) -> str:
    return "| " + " | ".join(sanitize.markdown(value) if escape else value for value in values) + " |\n"


def _plain(value: Any) -> Any:
    return timestamp(value) if isinstance(value, datetime) else str(value)
