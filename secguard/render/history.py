"""The history of runs as records and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from rich.table import Table
from rich.text import Text

from secguard.engine.change import Outcome
from secguard.engine.journal import RunSummary
from secguard.render.formats import markdown_table
from secguard.render.sanitize import line

COLUMNS = tuple(RunSummary.__dataclass_fields__)
HEADINGS = ("run", "started", "outcome", "changes", "command", "remarks")
_LEAST = {"changes": 10, "command": 12, "remarks": 12}
"""How narrow a column of words may become: the longest of them. Ids and times are never broken."""
_GOOD = frozenset({Outcome.DONE, Outcome.UNDONE})
_BAD = frozenset({Outcome.FAILED, Outcome.INTERRUPTED})


def history_record(run: RunSummary) -> dict[str, Any]:
    """One run as other programs read it."""
    record: dict[str, Any] = msgspec.to_builtins(run)
    return record


def history_table(runs: Iterable[RunSummary]) -> Table:
    """One line per run, in the order given."""
    table = Table(box=None, pad_edge=False, header_style="heading", padding=(0, 2, 0, 0))
    for heading in HEADINGS:
        least = _LEAST.get(heading)
        table.add_column(heading, no_wrap=least is None, min_width=least, overflow="fold")
    for run in runs:
        run_id, started, outcome, *rest = (line(text) for text in _row(run))
        table.add_row(
            Text(run_id, style="id"),
            Text(_to_the_minute(started)),
            Text(outcome, style=_style(run.outcome)),
            *map(Text, rest),
        )
    return table


def history_markdown(runs: Iterable[RunSummary]) -> Iterator[str]:
    """The same as a Markdown table."""
    return markdown_table((_row(run) for run in runs), headings=HEADINGS)


def _row(run: RunSummary) -> tuple[str, ...]:
    changes = ", ".join(f"{count} {status}" for status, count in run.changes.items())
    return run.run_id, run.started_at, run.outcome.replace("_", " "), changes, run.command, "; ".join(_remarks(run))


def _to_the_minute(moment: str) -> str:
    return f"{moment[:16].replace('T', ' ')}Z"


def _remarks(run: RunSummary) -> Iterator[str]:
    if run.undoes:
        yield f"undoes {run.undoes}"
    if run.undone_by:
        yield f"undone by {run.undone_by}"


def _style(outcome: Outcome) -> str:
    return "good" if outcome in _GOOD else "bad" if outcome in _BAD else "doubt"
