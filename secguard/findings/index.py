"""What the short ids of past lists stand for: an index in the state folder, which look-ups try first.

It is a cache: losing it costs a search, so nothing is waited for on its account. Several processes may use it at once.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from secguard.findings.forms.arn import region_in
from secguard.model import Finding, fingerprint

FILE_NAME = "findings.sqlite3"
_MOST_ROWS = 200_000
_BUSY_SECONDS = 5.0
_KEY_DIGITS = 15  # what SQLite's signed integers hold
_SCHEMA = """
PRAGMA synchronous = OFF;
PRAGMA journal_mode = MEMORY;
CREATE TABLE IF NOT EXISTS listed (
    key INTEGER NOT NULL, product_arn TEXT NOT NULL, id TEXT NOT NULL, region TEXT NOT NULL, title TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS listed_by_key ON listed (key);
"""
"""`key`: the first digits of a fingerprint, as a number. Rows are only added, which costs a third of replacing them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A finding that was listed before."""

    fingerprint: str
    product_arn: str
    id: str
    region: str
    """The Region whose Security Hub has it."""
    title: str


class Index:
    """The index in one state folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE_NAME

    def remember(self, findings: Iterable[Finding]) -> None:
        """Keep what the short ids of these findings stand for. Raises OSError or sqlite3.Error when it can't."""
        with self._opened() as database:
            database.executemany("INSERT INTO listed VALUES (?, ?, ?, ?, ?)", map(_row, findings))
            database.execute("DELETE FROM listed WHERE rowid <= (SELECT max(rowid) FROM listed) - ?", [_MOST_ROWS])

    def beginning(self, prefix: str) -> list[Known]:
        """What has a fingerprint that begins so."""
        least, most = (int(prefix[:_KEY_DIGITS].ljust(_KEY_DIGITS, digit), 16) for digit in "0f")
        found = self._select("key BETWEEN ? AND ?", least, most)
        return [known for known in found if known.fingerprint.startswith(prefix)]

    def with_id(self, finding_id: str) -> list[Known]:
        """What has this full id."""
        return self._select("id = ?", finding_id)

    def of_guardduty(self, guardduty_id: str) -> list[Known]:
        """What has this id in GuardDuty."""
        return self._select("id LIKE 'arn:%' AND id LIKE ?", f"%/finding/{guardduty_id}")

    def _select(self, condition: str, *values: str | int) -> list[Known]:
        """What was listed, as it was the last time."""
        columns = "product_arn, id, region, title"
        try:
            with self._opened() as database:
                rows = database.execute(f"SELECT {columns} FROM listed WHERE {condition} ORDER BY rowid", values)  # noqa: S608 - conditions are ours
                found = {(arn, finding_id): (region, title) for arn, finding_id, region, title in rows}
        except (sqlite3.Error, OSError):
            return []
        known = (
            Known(fingerprint=fingerprint(arn, finding_id), product_arn=arn, id=finding_id, region=region, title=title)
            for (arn, finding_id), (region, title) in found.items()
        )
        return sorted(known, key=lambda each: each.fingerprint)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The database, committed at the end; one that can't be read is begun anew."""
        database = self._connect()
        try:
            with database:
                yield database
        finally:
            database.close()

    def _connect(self) -> sqlite3.Connection:
        try:
            return self._prepared()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            self._file.unlink(missing_ok=True)
            return self._prepared()

    def _prepared(self) -> sqlite3.Connection:
        # For the owner alone from the first moment: titles name resources and people.
        os.close(os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600))
        database = sqlite3.connect(self._file, timeout=_BUSY_SECONDS)
        try:
            database.executescript(_SCHEMA)
        except sqlite3.DatabaseError:
            database.close()
            raise
        return database


def _row(finding: Finding) -> tuple[int, str, str, str, str]:
    key = int(fingerprint(finding.product_arn, finding.id)[:_KEY_DIGITS], 16)
    return key, finding.product_arn, finding.id, region_in(finding.product_arn) or finding.region, finding.title
