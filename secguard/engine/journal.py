"""What was done, on disk before it is done: one SQLite file, written so that a killed process loses nothing.

A run is begun with its whole plan; every write to AWS is preceded by a durable intent; what was read back settles it.
The process that runs holds an OS lock on a file of the run, so a run without an end whose lock is free was interrupted.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from secguard.engine.change import Change, Outcome, Plan, Status, change_record, from_record, masked, to_record
from secguard.engine.locks import hold_file, is_held
from secguard.engine.outcome import outcome_of_undone
from secguard.engine.seam import Call
from secguard.errors import AmbiguousId, SecguardError, UnknownId
from secguard.model import Value

SCHEMA_VERSION = 1
"""Grows with every change of the tables."""
SCHEMA = f"""
PRAGMA user_version = {SCHEMA_VERSION};
CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY, plan TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT, outcome TEXT, undoes TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS changes (
    run_id TEXT NOT NULL REFERENCES runs, n INTEGER NOT NULL, status TEXT NOT NULL, record TEXT NOT NULL,
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
        self._jobs: deque[_Job] = deque()
        with _explained(folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = folder / "journal.sqlite3"
            path.touch(mode=0o600)
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._db.row_factory = sqlite3.Row
            self._require_own_schema()
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(SCHEMA)

    def _require_own_schema(self) -> None:
        """Raises JournalError for a journal of a version with other tables: guessing could lose a way back."""
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        empty = not self._db.execute("SELECT 1 FROM sqlite_master").fetchone()
        if version != SCHEMA_VERSION and not empty:
            raise JournalError(
                f"the journal in {self._folder} is of another version of secguard ({version}, not {SCHEMA_VERSION})",
                advice="use the secguard that wrote it, or move journal.sqlite3* away",
            )

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def running(self, run_id: str) -> AbstractContextManager[None]:
        """Hold the mark that this process works on `run_id`. Raises Busy when another one does."""
        return hold_file(self._mark(run_id), f"run {run_id}")

    def begin(self, plan: Plan, *, run_id: str, at: str) -> None:
        """Write the whole plan down as a run that has started."""
        record = json.dumps(to_record(replace(plan, run_id=run_id, started_at=at)))
        rows = [_row(run_id, change) for change in plan.changes]

        def write(db: sqlite3.Connection) -> None:
            db.execute("INSERT INTO runs VALUES (?, ?, ?, NULL, NULL, ?)", (run_id, record, at, plan.undoes))
            db.executemany("INSERT INTO changes VALUES (?, ?, ?, ?)", rows)
            if plan.undoes is not None:
                _mark_undone(db, plan.undoes, plan.undone_already)

        self._write(write)

    def know(self, run_id: str, values: Mapping[str, Value]) -> None:
        """Keep what has become known, before the call that uses it."""
        rows = [(run_id, name, json.dumps(value)) for name, value in values.items()]
        self._write(lambda db: db.executemany("INSERT OR REPLACE INTO late VALUES (?, ?, ?)", rows))

    def known(self, run_id: str) -> dict[str, Value]:
        """Everything that had become known in a run."""
        rows = self._all("SELECT name, value FROM late WHERE run_id = ?", run_id)
        return {row["name"]: json.loads(row["value"]) for row in rows}

    def intend(self, run_id: str, intents: Iterable[Intent], *, at: str) -> None:
        """Write down, durably and together, what is about to be sent: changes that share calls, which stand once."""
        kept = list(intents)

        def write(db: sqlite3.Connection) -> None:
            for intent in kept:
                _update(db, run_id, replace(intent.change, status=Status.APPLIED, acted=True))
                db.execute("INSERT INTO intents VALUES (?, ?, ?, ?, ?)", (*_intent_row(run_id, intent, kept[0]), at))

        self._write(write)

    def settle(self, run_id: str, changes: Iterable[Change], *, undoes: str | None) -> None:
        """Write down how far changes have come; in an undo, verified ones take back the change they undo."""
        settled = list(changes)

        def write(db: sqlite3.Connection) -> None:
            for change in settled:
                _update(db, run_id, change)
                if undoes is not None and change.undoes is not None and change.status is Status.VERIFIED:
                    _mark_undone(db, undoes, [change.undoes])

        self._write(write)

    def end(self, run_id: str, outcome: Outcome, *, at: str) -> None:
        """Write down that a run is over."""
        query = "UPDATE runs SET ended_at = ?, outcome = ? WHERE run_id = ?"
        self._write(lambda db: db.execute(query, (at, outcome, run_id)))

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
        plan = plan.with_changes(map(_as_recorded, self._all("SELECT * FROM changes WHERE run_id = ?", run_id)))
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
        undone = outcome_of_undone(plan.changes)
        if row["ended_at"] is not None:
            return undone or Outcome(row["outcome"])
        if is_held(self._mark(row["run_id"])):
            return Outcome.RUNNING
        return Outcome.UNDONE if undone is Outcome.UNDONE or self._taken_back(row["run_id"]) else Outcome.INTERRUPTED

    def _taken_back(self, run_id: str) -> bool:
        """Whether an undo found nothing of this run left: only evidence was taken, or nothing done at all."""
        rows = self._all("SELECT plan FROM runs WHERE undoes = ? AND outcome = 'done'", run_id)
        undoers = (json.loads(row["plan"]) for row in rows)
        return any(not undo["refused"] and not undo["unreached"] and not undo["request"]["only"] for undo in undoers)

    def _mark(self, run_id: str) -> Path:
        return self._folder / "runs" / f"{run_id}.lock"

    def _write(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Do `work` in a transaction; on return the disk has it. What threads bring meanwhile shares the next one."""
        job = _Job(work)
        self._jobs.append(job)
        with self._lock:
            if not job.over:
                together = [self._jobs.popleft() for _ in range(len(self._jobs))]
                self._commit(together)
        if job.error is not None:
            raise job.error

    def _commit(self, jobs: Sequence[_Job]) -> None:
        error: JournalError | None = None
        try:
            with _explained(self._folder), _transaction(self._db):
                for job in jobs:
                    job.work(self._db)
        except JournalError as failed:
            error = failed
        for job in jobs:
            job.over, job.error = True, error

    def _all(self, query: str, *parameters: str) -> list[sqlite3.Row]:
        with _explained(self._folder), self._lock:
            return self._db.execute(query, parameters).fetchall()

    def _one(self, query: str, run_id: str) -> sqlite3.Row:
        rows = self._all(query, run_id)
        if not rows:
            raise UnknownId(f"no run has the id {run_id!r}", advice="list the runs: secguard history")
        return rows[0]


@dataclass(slots=True)
class _Job:
    """What one thread wants written, and what came of it."""

    work: Callable[[sqlite3.Connection], object]
    over: bool = False
    error: JournalError | None = None


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise JournalError(
            f"the journal in {folder} can't be used: {error}",
            advice="check that the folder is yours, writable and not full, or set SECGUARD_STATE_DIR",
        ) from error


def _intent_row(run_id: str, intent: Intent, first: Intent) -> tuple[Any, ...]:
    change, found = intent.change, intent.found
    if intent is not first:
        calls: Any = {"shared_with": first.change.n}
    else:
        calls = [] if change.sensitive else msgspec.to_builtins(list(intent.calls))
    return run_id, change.n, json.dumps(masked(found) if change.sensitive else found), json.dumps(calls)


def _row(run_id: str, change: Change) -> tuple[Any, ...]:
    return run_id, change.n, change.status, json.dumps(change_record(change))


def _update(db: sqlite3.Connection, run_id: str, change: Change) -> None:
    _, n, status, record = _row(run_id, change)
    db.execute("UPDATE changes SET status = ?, record = ? WHERE run_id = ? AND n = ?", (status, record, run_id, n))


def _mark_undone(db: sqlite3.Connection, run_id: str, numbers: Iterable[int]) -> None:
    rows = [(Status.UNDONE, run_id, n) for n in numbers]
    db.executemany("UPDATE changes SET status = ? WHERE run_id = ? AND n = ?", rows)


def _as_recorded(row: sqlite3.Row) -> Change:
    return msgspec.convert({**json.loads(row["record"]), "status": row["status"]}, Change)
