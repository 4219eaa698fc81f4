"""The cache: what there was of findings when AWS was last read, in one SQLite file for each account and endpoint.

This module opens such a file and knows what it says of itself. `store_writing` fills it, `store_reading` answers from
it, `store_choice` tells whose it is. Times in it are microseconds since 1970, in UTC.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from urllib.parse import quote

import msgspec

from secguard import __version__
from secguard.engine.origin import Origin
from secguard.errors import SecguardError
from secguard.model import Actor, Finding, Resource, Signal, Technique

FOLDER = "cache"
"""Within the state folder."""
ANEW = "fill it anew: secguard sync"
_BUSY_SECONDS = 10.0
_PAGES_BEFORE_A_CHECKPOINT = 8000
"""32 MB: moving each few pages read into the file itself takes a fifth longer."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SCHEMA = """
CREATE TABLE said (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- One row for each Region that was ever asked. `why` is null when the last attempt came to its end.
CREATE TABLE place (
    region TEXT PRIMARY KEY, source TEXT, read_at INTEGER, full_at INTEGER, tried_at INTEGER NOT NULL, why TEXT
) STRICT, WITHOUT ROWID;

-- What is filtered, counted and put in order by; narrow, so that all of it is gone through in a moment.
CREATE TABLE finding (
    n INTEGER PRIMARY KEY, identity INTEGER NOT NULL UNIQUE, digest INTEGER NOT NULL,
    held TEXT NOT NULL, source TEXT NOT NULL, round INTEGER NOT NULL,
    severity INTEGER NOT NULL, workflow TEXT NOT NULL, active INTEGER NOT NULL, sample INTEGER NOT NULL,
    compliance TEXT, updated INTEGER, seen INTEGER, account TEXT NOT NULL, region TEXT NOT NULL,
    product TEXT, control TEXT, type TEXT, day TEXT, resource TEXT, resource_type TEXT
) STRICT;
CREATE INDEX finding_by_severity ON finding (severity, active, workflow);
CREATE INDEX finding_by_place ON finding (held, round);

-- What a finding has of a kind beside the first.
CREATE TABLE further (n INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, n, key))
STRICT, WITHOUT ROWID;
CREATE INDEX further_by_finding ON further (n);

CREATE TABLE record (n INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL) STRICT;
CREATE INDEX record_by_fingerprint ON record (fingerprint);
CREATE INDEX record_by_id ON record (id);

CREATE TABLE received (n INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
"""
_HISTORY = """
CREATE TABLE IF NOT EXISTS day (day TEXT PRIMARY KEY, complete INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history (
    day TEXT NOT NULL, account TEXT NOT NULL, severity INTEGER NOT NULL, open INTEGER NOT NULL,
    PRIMARY KEY (day, account, severity)
) STRICT, WITHOUT ROWID;
"""


def _version() -> int:
    """A number that changes with the tables, with what a finding is, and with how this secguard reads one."""
    shapes = [
        [(each.name, str(each.type)) for each in msgspec.structs.fields(kind)]
        for kind in (Finding, Resource, Actor, Technique, Signal)
    ]
    told = repr((_SCHEMA, _HISTORY, shapes, __version__))
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:4]) & 0x7FFFFFFF


class CacheError(SecguardError):
    """The cache can't be read, or not be written. AWS is as it was."""


class Damaged(CacheError):
    """What is in the file is no cache of this version of secguard; only filling it anew helps."""

    advice = ANEW


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceState:
    """How far one Region has come into the cache."""

    region: str
    source: str | None
    """Through what it was read; None where nothing was on."""
    read_at: datetime | None
    """All that AWS had then is here. None: it was never read to the end."""
    full_at: datetime | None
    """When every finding was last read, and not only what had changed."""
    tried_at: datetime
    why: str | None
    """Why the last attempt did not come to its end."""


class Store:
    """One open file. Close it, or use it in a `with`. Raises CacheError, and Damaged where nothing else helps."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self.path = path
        self.db = db
        self.origin = self._origin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self.db.close()

    def rows(self, query: str, values: Sequence[object] = ()) -> Iterator[sqlite3.Row]:
        """What a query finds, as it is found."""
        with explained(self.path):
            yield from self.db.execute(query, values)

    @property
    def profiles(self) -> frozenset[str]:
        """The names under which this account was read."""
        return frozenset(json.loads(self.said("profiles") or "[]"))

    def said(self, key: str) -> str | None:
        """What the file says of itself."""
        row = next(self.rows("SELECT value FROM said WHERE key = ?", [key]), None)
        return None if row is None else str(row["value"])

    def places(self) -> list[PlaceState]:
        """Every Region that was ever asked."""
        return [
            PlaceState(
                region=row["region"],
                source=row["source"],
                read_at=moment(row["read_at"]),
                full_at=moment(row["full_at"]),
                tried_at=_known(row["tried_at"]),
                why=row["why"],
            )
            for row in self.rows("SELECT * FROM place ORDER BY region")
        ]

    def _origin(self) -> Origin:
        partition, caller = self.said("partition"), self.said("caller")
        if partition is None or caller is None:
            raise Damaged(f"the cache {self.path} does not say whose it is")
        return Origin(partition=partition, caller=caller, endpoint=self.said("endpoint"))


def path_of(folder: Path, origin: Origin) -> Path:
    """Where the cache of an account is, in one AWS."""
    told = f"{origin.partition}\n{origin.endpoint or ''}"
    return folder / FOLDER / f"{origin.account}-{hashlib.sha256(told.encode()).hexdigest()[:8]}.sqlite3"


def open_to_read(path: Path) -> Store:
    """A cache that is there, seen as it is now whatever is written meanwhile. Raises CacheError."""
    address = f"file:{quote(str(path))}?mode=ro"
    with explained(path):
        try:
            return _to_read(path, address)
        except sqlite3.OperationalError:
            if not path.exists() or _written_beside(path):
                raise
            # Where nothing may be written beside it, as SQLite does to share a file, it is read as if it were alone.
            return _to_read(path, f"{address}&immutable=1")


def open_to_write(path: Path, origin: Origin, *, profile: str | None = None) -> Store:
    """The cache of `origin`, made if there is none. Raises CacheError; Damaged for one that must be made anew."""
    with explained(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # For the owner alone from the first moment: findings name people, resources and what is weak about them.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        db = _connected(str(path))
        try:
            _prepare(path, db, origin)
            store = Store(path, db)
            names = store.profiles | ({profile} if profile else set())
            _say(db, {"profiles": json.dumps(sorted(names))})
        except BaseException:
            db.close()
            raise
        return store


def discard(path: Path) -> list[tuple[object, ...]]:
    """Remove a cache. Gives what could still be read of its history, for `restore_history`."""
    kept: list[tuple[object, ...]] = []
    try:
        db = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
        try:
            kept = db.execute(
                "SELECT day, complete, account, severity, open FROM day JOIN history USING (day)"
            ).fetchall()
        finally:
            db.close()
    except sqlite3.Error:
        kept = []
    with explained(path):
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    return kept


def restore_history(store: Store, kept: Iterable[tuple[object, ...]]) -> None:
    """Put back what `discard` kept."""
    with writing(store):
        for day, complete, *rest in kept:
            store.db.execute("INSERT OR IGNORE INTO day VALUES (?, ?)", (day, complete))
            store.db.execute("INSERT OR IGNORE INTO history VALUES (?, ?, ?, ?)", (day, *rest))


@contextmanager
def writing(store: Store) -> Iterator[sqlite3.Connection]:
    """What the block writes is kept whole or not at all."""
    with explained(store.path):
        store.db.execute("BEGIN IMMEDIATE")
        try:
            yield store.db
            store.db.execute("COMMIT")
        except BaseException:
            if store.db.in_transaction:
                store.db.execute("ROLLBACK")
            raise


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """What SQLite, or what is in the file, has to say becomes a CacheError."""
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        raise CacheError(
            f"the cache {path} can't be used: {error}",
            advice="check that the folder is yours, writable and not full, or set SECGUARD_STATE_DIR",
        ) from error
    except (sqlite3.DatabaseError, msgspec.MsgspecError, zlib.error) as error:
        raise Damaged(f"the cache {path} is damaged: {error}") from error


def microseconds(at: datetime | None) -> int | None:
    """A moment as the file holds it."""
    return None if at is None else (at - _EPOCH) // timedelta(microseconds=1)


def moment(stored: int | None) -> datetime | None:
    """A moment that the file holds."""
    return None if stored is None else _known(stored)


def _known(stored: int) -> datetime:
    return _EPOCH + timedelta(microseconds=stored)


def _connected(address: str, *, uri: bool = False) -> sqlite3.Connection:
    db = sqlite3.connect(address, timeout=_BUSY_SECONDS, isolation_level=None, uri=uri)
    db.row_factory = sqlite3.Row
    return db


def _to_read(path: Path, address: str) -> Store:
    db = _connected(address, uri=True)
    try:
        _require_version(path, db)
        db.execute("BEGIN")
        return Store(path, db)
    except BaseException:
        db.close()
        raise


def _written_beside(path: Path) -> bool:
    """Whether something was written that is yet to be taken into the file itself."""
    log = path.with_name(f"{path.name}-wal")
    return log.is_file() and log.stat().st_size > 0


def _prepare(path: Path, db: sqlite3.Connection, origin: Origin) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_BEFORE_A_CHECKPOINT}")
    if not db.execute("SELECT 1 FROM sqlite_master").fetchone():
        db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} {_HISTORY} PRAGMA user_version = {_version()}; COMMIT")
    _require_version(path, db)
    told = {"partition": origin.partition, "caller": origin.caller}
    _say(db, told if origin.endpoint is None else {**told, "endpoint": origin.endpoint})


def _say(db: sqlite3.Connection, told: dict[str, str]) -> None:
    rows = [pair for pair in told.items() if pair not in map(tuple, db.execute("SELECT key, value FROM said"))]
    if rows:
        db.executemany("INSERT OR REPLACE INTO said VALUES (?, ?)", rows)


def _require_version(path: Path, db: sqlite3.Connection) -> None:
    (found,) = db.execute("PRAGMA user_version").fetchone()
    if found != _version():
        raise Damaged(f"the cache {path} was filled by another version of secguard")
