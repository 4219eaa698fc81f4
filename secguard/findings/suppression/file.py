"""Put a rule into the file of suppression rules, or take one out, and leave the rest of its text to the letter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from secguard.errors import InputError, UnknownId, UsageError
from secguard.findings.suppression.reader import read_text
from secguard.findings.suppression.rule import Rule, Written
from secguard.whole_file import write_whole

_HEAD = """\
# Findings that are known and not worth looking at: why, on whose word, and until when.
# `secguard suppress preview` shows what each rule hides; `secguard suppress apply` makes AWS hold to them.
"""
_FILE_MODE = 0o644
_PAGE_WIDTH = 4096
"""Wide enough that no text is folded."""


def with_rule(text: str, rule: Rule, *, file: str, now: datetime) -> str:
    """The text with a block for `rule` at its end. Raises UsageError when it is there, ConfigError for a bad file."""
    before = read_text(text, file=file, now=now)
    if any(each.name == rule.name for each in before):
        raise UsageError(f"{file}: there is a rule {rule.name} already", advice=f"secguard suppress remove {rule.name}")
    start = f"{text.rstrip()}\n" if text.strip() else _HEAD
    return _holding((*before, rule), f"{start}\n{block(rule)}", file=file, now=now)


def without_rule(text: str, name: str, *, file: str, now: datetime) -> str:
    """The text without that rule and the comment right above it. Raises UnknownId, ConfigError for a bad file."""
    before = read_text(text, file=file, now=now)
    if all(each.name != name for each in before):
        there = ", ".join(each.name for each in before) or "none yet"
        raise UnknownId(f"{file}: there is no rule {name!r}", advice=f"the rules are: {there}")
    lines = text.splitlines(keepends=True)
    first, end = _span(text, name)
    left = tuple(each for each in before if each.name != name)
    return _holding(left, "".join(lines[:first] + lines[end:]), file=file, now=now)


def block(rule: Rule) -> str:
    """A rule as it is written in a file of its own making."""
    fields = {name: getattr(rule, name) for name in Written.__struct_fields__}
    content = {**fields, "match": {name: list(values) for name, values in rule.match.given.items()}}
    if rule.by == "auto":
        del content["by"]
    return str(
        yaml.safe_dump(
            {rule.name: content}, sort_keys=False, default_flow_style=None, allow_unicode=True, width=_PAGE_WIDTH
        )
    )


def text_of(file: Path) -> str:
    """What the file holds; nothing where there is none. Raises InputError."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: can't be read: {error}") from error


def write(file: Path, text: str) -> None:
    """Write the file whole or not at all, with the mode that it has. Raises InputError."""
    whole = file.resolve()  # a link stays one
    try:
        mode = whole.stat().st_mode & 0o777 if whole.exists() else _FILE_MODE
        whole.parent.mkdir(parents=True, exist_ok=True)
        write_whole(whole, text, mode=mode)
    except OSError as error:
        raise InputError(f"{file}: can't be written: {error.strerror}") from error


def _holding(rules: Sequence[Rule], text: str, *, file: str, now: datetime) -> str:
    """`text`, which must hold just these rules: what was laid out otherwise is not guessed at."""
    try:
        held = read_text(text, file=file, now=now)
    except UsageError:
        held = None
    if held != tuple(rules):
        raise UsageError(f"{file}: it is laid out so that only a person can change it", advice="edit it by hand")
    return text


def _span(text: str, name: str) -> tuple[int, int]:
    """The lines of a rule: from the comment right above it to what stands above the next one."""
    lines = text.splitlines()
    root: Any = yaml.compose(text, yaml.SafeLoader)
    starts = [key.start_mark.line for key, _ in root.value]
    at = next(n for n, (key, _) in enumerate(root.value) if key.value == name)
    first = _above(lines, starts[at])
    if first == 0 and starts[at] > 0:
        first = starts[at]  # what a file begins with is about the whole of it
    end = _above(lines, starts[at + 1], blank=True) if at + 1 < len(starts) else _above(lines, len(lines), blank=True)
    while end < len(lines) and not lines[end].strip() and first > 0 and not lines[first - 1].strip():
        end += 1  # one empty line is enough where the rule was
    return first, max(end, starts[at] + 1)


def _above(lines: Sequence[str], line: int, *, blank: bool = False) -> int:
    """The first of the comment lines that stand right above a line; of blank ones too, where those count."""
    while line > 0 and (lines[line - 1].startswith("#") or (blank and not lines[line - 1].strip())):
        line -= 1
    return line
