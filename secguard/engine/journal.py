"""What was done, on disk before it is done: one SQLite file, written so that a killed process loses nothing.

A run is begun with its whole plan; every write to AWS is preceded by a durable intent; what was read back settles it.
The process that runs holds an OS lock on a file of the run, so a run without an end whose lock is free was interrupted.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from secguard.engine.change import Change, Outcome, Plan, Status, from_record, masked, to_record
from secguard.engine.locks import hold_file, is_held
from secguard.engine.outcome import outcome_of_undone
from secguard.engine.seam import Call
from secguard.errors import AmbiguousId, SecguardError, UnknownId
from secguard.model import Value

SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY, plan TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT, outcome TEXT, undoes TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS changes (
    run_id TEXT NOT NULL REFERENCES runs, n INTEGER NOT NULL, status TEXT NOT NULL, acted INTEGER NOT NULL,
    before TEXT NOT NULL, undo_to TEXT NOT NULL, address TEXT NOT NULL, after TEXT NOT NULL, error TEXT, note TEXT,
    PRIMARY KEY (run_id, n)
) STRICT;
CREATE TABLE IF NOT EXISTS intents (
    run_id TEXT NOT NULL, n INTEGER NOT NULL, found TEXT NOT NULL, calls TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS late (
    run_id TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run_id, name)
) STRICT;
"""


class JournalError(SecguardError):
    """The journal can't be read or written, so nothing is changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One line of the history."""

    run_id: str
    command: str
    caller: str
    started_at: str
    ended_at: str | None
    outcome: Outcome
    changes: dict[str, int]
    """How many changes there are of each status."""
    findings: tuple[str, ...]
    undoes: str | None
    undone_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is about to be sent for one change, and the value it starts from."""

    change: Change
    found: Value
    calls: Sequence[Call]


class Journal:
    """The runs of one state folder. Every method that writes returns when the disk has it. Raises JournalError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        with _explained(folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = folder / "journal.sqlite3"
            path.touch(mode=0o600)
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def running(self, run_id: str) -> AbstractContextManager[None]:
        """Hold the mark that this process works on `run_id`. Raises Busy when another one does."""
        return hold_file(self._mark(run_id), f"run {run_id}")

    def begin(self, plan: Plan, *, run_id: str, at: str) -> None:
        """Write the whole plan down as a run that has started."""
        record = json.dumps(to_record(replace(plan, run_id=run_id, started_at=at)))
        with self._write() as db:
            db.execute("INSERT INTO runs VALUES (?, ?, ?, NULL, NULL, ?)", (run_id, record, at, plan.undoes))
            db.executemany(
                "INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [_row(run_id, c) for c in plan.changes]
            )
            if plan.undoes is not None:
                _mark_undone(db, plan.undoes, plan.undone_already)

    def know(self, run_id: str, values: Mapping[str, Value]) -> None:
        """Keep what has become known, before the call that uses it."""
        rows = [(run_id, name, json.dumps(value)) for name, value in values.items()]
        with self._write() as db:
            db.executemany("INSERT OR REPLACE INTO late VALUES (?, ?, ?)", rows)

    def known(self, run_id: str) -> dict[str, Value]:
        """Everything that had become known in a run."""
        rows = self._all("SELECT name, value FROM late WHERE run_id = ?", run_id)
        return {row["name"]: json.loads(row["value"]) for row in rows}

    def intend(self, run_id: str, intents: Iterable[Intent], *, at: str) -> None:
        """Write down, durably and together, what is about to be sent."""
        with self._write() as db:
            for intent in intents:
                change, found = intent.change, intent.found
                _update(db, run_id, replace(change, status=Status.APPLIED, acted=True))
                calls = [] if change.sensitive else msgspec.to_builtins(list(intent.calls))
                kept = json.dumps(masked(found) if change.sensitive else found)
                db.execute(
                    "INSERT INTO intents VALUES (?, ?, ?, ?, ?)", (run_id, change.n, kept, json.dumps(calls), at)
                )

    def settle(self, run_id: str, changes: Iterable[Change], *, undoes: str | None) -> None:
        """Write down how far changes have come; in an undo, verified ones take back the change they undo."""
        with self._write() as db:
            for change in changes:
                _update(db, run_id, change)
                if undoes is not None and change.undoes is not None and change.status is Status.VERIFIED:
                    _mark_undone(db, undoes, [change.undoes])

    def end(self, run_id: str, outcome: Outcome, *, at: str) -> None:
        """Write down that a run is over."""
        with self._write() as db:
            db.execute("UPDATE runs SET ended_at = ?, outcome = ? WHERE run_id = ?", (at, outcome, run_id))

    def history(self) -> list[RunSummary]:
        """Every run, newest first."""
        rows = self._all("SELECT run_id FROM runs ORDER BY started_at DESC, rowid DESC")
        return [self.summary(row["run_id"]) for row in rows]

    def summary(self, run_id: str) -> RunSummary:
        """One run in short."""
        plan = self.plan(run_id)
        counts: dict[str, int] = {}
        for change in plan.changes:
            counts[change.status.value] = counts.get(change.status.value, 0) + 1
        undoer = self._all("SELECT run_id FROM runs WHERE undoes = ? ORDER BY started_at DESC LIMIT 1", run_id)
        assert plan.started_at is not None
        assert plan.outcome is not None
        return RunSummary(
            run_id=run_id,
            command=plan.command,
            caller=plan.caller,
            started_at=plan.started_at,
            ended_at=plan.ended_at,
            outcome=plan.outcome,
            changes=counts,
            findings=tuple(dict.fromkeys(finding for change in plan.changes for finding in change.findings)),
            undoes=plan.undoes,
            undone_by=undoer[0]["run_id"] if undoer else None,
        )

    def plan(self, run_id: str) -> Plan:
        """The plan of a run, with what became of each change."""
        row = self._one("SELECT * FROM runs WHERE run_id = ?", run_id)
        plan = from_record(json.loads(row["plan"]), origin=f"run {run_id}")
        rows = {r["n"]: r for r in self._all("SELECT * FROM changes WHERE run_id = ?", run_id)}
        plan = plan.with_changes(_as_recorded(change, rows[change.n]) for change in plan.changes)
        return replace(plan, ended_at=row["ended_at"], outcome=self._outcome(row, plan))

    def find(self, prefix: str) -> str:
        """The one run whose id begins with `prefix`. Raises UnknownId or AmbiguousId."""
        rows = self._all("SELECT run_id FROM runs WHERE substr(run_id, 1, length(?1)) = ?1 ORDER BY run_id", prefix)
        ids = [row["run_id"] for row in rows]
        if not ids or not prefix:
            raise UnknownId(f"no run has an id that begins with {prefix!r}", advice="list the runs: secguard history")
        if len(ids) > 1 and prefix not in ids:
            raise AmbiguousId("run", prefix, ids)
        return prefix if prefix in ids else str(ids[0])

    def _outcome(self, row: sqlite3.Row, plan: Plan) -> Outcome:
        if row["ended_at"] is None:
            return Outcome.RUNNING if is_held(self._mark(row["run_id"])) else Outcome.INTERRUPTED
        return outcome_of_undone(plan.changes) or Outcome(row["outcome"])

    def _mark(self, run_id: str) -> Path:
        return self._folder / "runs" / f"{run_id}.lock"

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with _explained(self._folder), self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise

    def _all(self, query: str, *parameters: str) -> list[sqlite3.Row]:
        with _explained(self._folder), self._lock:
            return self._db.execute(query, parameters).fetchall()

    def _one(self, query: str, run_id: str) -> sqlite3.Row:
        rows = self._all(query, run_id)
        if not rows:
            raise UnknownId(f"no run has the id {run_id!r}", advice="list the runs: secguard history")
        return rows[0]


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise JournalError(
            f"the journal in {folder} can't be used: {error}",
            advice="check that the folder is yours, writable and not full, or set SECGUARD_STATE_DIR",
        ) from error


def _row(run_id: str, change: Change) -> tuple[Any, ...]:
    return (run_id, change.n, *_columns(change))


def _columns(change: Change) -> tuple[Any, ...]:
    values = [change.before, change.undo_to, change.address, change.after]
    if change.sensitive:
        values = [masked(change.before), masked(change.undo_to), change.address, masked(change.after)]
    return (change.status, int(change.acted), *map(json.dumps, values), change.error, change.note)


def _update(db: sqlite3.Connection, run_id: str, change: Change) -> None:
    db.execute(
        "UPDATE changes SET status = ?, acted = ?, before = ?, undo_to = ?, address = ?, after = ?, error = ?, note = ?"
        " WHERE run_id = ? AND n = ?",
        (*_columns(change), run_id, change.n),
    )


def _mark_undone(db: sqlite3.Connection, run_id: str, numbers: Iterable[int]) -> None:
    rows = [(Status.UNDONE, run_id, n) for n in numbers]
    db.executemany("UPDATE changes SET status = ? WHERE run_id = ? AND n = ?", rows)


def _as_recorded(change: Change, row: sqlite3.Row) -> Change:
    return replace(
        change,
        status=Status(row["status"]),
        acted=bool(row["acted"]),
        before=json.loads(row["before"]),
        undo_to=json.loads(row["undo_to"]),
        address=json.loads(row["address"]),
        after=json.loads(row["after"]),
        error=row["error"],
        note=row["note"],
    )
