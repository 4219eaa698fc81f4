"""How far a watch has come, kept in the state folder, so that another one goes on from there."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from secguard.findings.query import Query
from secguard.findings.watching.changes import Known, Memory
from secguard.findings.watching.lookout import Trail
from secguard.model import Place, Source

FILE_NAME = "watch.sqlite3"
_KEPT = timedelta(days=90)
"""For how long a watch that nobody took up again is kept: as long as GuardDuty and Security Hub keep findings."""
_BUSY_SECONDS = 5.0
_SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS watch (name TEXT PRIMARY KEY, begin REAL NOT NULL, late_at REAL NOT NULL,
    saved_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS place (name TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
    read_at REAL NOT NULL, PRIMARY KEY (name, account, region)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS known (name TEXT NOT NULL, finding INTEGER NOT NULL, updated_at REAL NOT NULL,
    severity TEXT NOT NULL, rank INTEGER NOT NULL, settled TEXT NOT NULL, compliance TEXT NOT NULL,
    count INTEGER NOT NULL, PRIMARY KEY (name, finding)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Page:
    """Where a watch stopped."""

    memory: Memory
    trail: Trail
    saved_at: datetime


def name_of(query: Query, *, source: Source | None, account: str, endpoint: str | None) -> str:
    """The name of a watch: the same for the same filters in the same account, at the same endpoint."""
    filters = astuple(replace(query, since=None, until=None, limit=None))
    return hashlib.sha256(repr((filters, source, account, endpoint)).encode()).hexdigest()[:16]


class Notebook:
    """The page of one watch."""

    def __init__(self, folder: Path, name: str) -> None:
        self._file = folder / FILE_NAME
        self._name = name
        self._continued = False

    def read(self) -> Page | None:
        """Where the watch stopped, None where there was none. Raises OSError or sqlite3.Error when it can't be read."""
        with self._opened() as database:
            row = database.execute("SELECT begin, late_at, saved_at FROM watch WHERE name = ?", [self._name]).fetchone()
            if row is None:
                return None
            self._continued = True
            begin, late_at, saved_at = map(_moment, row)
            places = database.execute("SELECT account, region, read_at FROM place WHERE name = ?", [self._name])
            read_at = {Place(account, region): _moment(at) for account, region, at in places}
            found = database.execute(
                "SELECT finding, updated_at, severity, rank, settled, compliance, count FROM known WHERE name = ?",
                [self._name],
            )
            known = {key: Known(*facts) for key, *facts in found}
        return Page(Memory(begin=begin, known=known), Trail(read_at=read_at, late_at=late_at), saved_at)

    def write(self, memory: Memory, trail: Trail, *, now: datetime) -> None:
        """Keep how far it has come. What was not read before is begun anew.

        Raises OSError or sqlite3.Error when it can't be kept; it may be tried again.
        """
        with self._opened() as database:
            if not self._continued:
                self._forget(database, "name = ?", self._name)
            oldest = (now - _KEPT).timestamp()
            self._forget(database, "name IN (SELECT name FROM watch WHERE saved_at < ?)", oldest)
            moments = (memory.begin.timestamp(), trail.late_at.timestamp(), now.timestamp())
            database.execute("INSERT OR REPLACE INTO watch VALUES (?, ?, ?, ?)", [self._name, *moments])
            places = [(self._name, at.account, at.region, read.timestamp()) for at, read in trail.read_at.items()]
            database.executemany("INSERT OR REPLACE INTO place VALUES (?, ?, ?, ?)", places)
            learned = memory.unsaved()
            rows = ((self._name, key, *msgspec.structs.astuple(known)) for key, known in learned.items())
            database.executemany("INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        memory.saved(learned)
        self._continued = True

    @staticmethod
    def _forget(database: sqlite3.Connection, condition: str, value: str | float) -> None:
        for table in ("known", "place", "watch"):
            database.execute(f"DELETE FROM {table} WHERE {condition}", [value])  # noqa: S608 - conditions are ours

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The database, committed at the end."""
        # For the owner alone from the first moment.
        os.close(os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600))
        database = sqlite3.connect(self._file, timeout=_BUSY_SECONDS)
        try:
            database.executescript(_SCHEMA)
            with database:
                yield database
        finally:
            database.close()


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
