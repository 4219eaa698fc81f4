"""What the short ids of past lists stand for: an index in the state folder, which look-ups try first.

It is a cache: losing it costs a search, so nothing is waited for on its account. Several processes may use it at once.
"""

from __future__ import annotations

import os
import sqlite3
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from secguard.findings.forms.arn import region_in
from secguard.model import Finding, fingerprint

FILE_NAME = "findings.sqlite3"
_MOST_ROWS = 200_000
_MOST_PAGES = 5000
_BUSY_SECONDS = 5.0
_KEY_DIGITS = 15  # 60 bits
_SCHEMA = """
PRAGMA synchronous = OFF;
PRAGMA journal_mode = MEMORY;
CREATE TABLE IF NOT EXISTS pages (findings INTEGER NOT NULL, keys BLOB NOT NULL, rows BLOB NOT NULL);
"""
"""A page is what was listed at once. `keys`: the first digits of the fingerprints, as 64-bit numbers; `rows`: the rest,
in their order. Writing is done for every finding of every list, looking up for one now and then; so it is writing that
is kept short."""
_TOO_OLD = """
SELECT rowid FROM (SELECT rowid, sum(findings) OVER (ORDER BY rowid DESC) AS so_far FROM pages)
WHERE so_far > ? ORDER BY rowid DESC LIMIT 1
"""

_Row = tuple[str, str, str, str]
"""Product ARN, id, Region, title."""
Entry = tuple[int, _Row]
"""What is kept of one finding: it takes little of the memory that the finding does."""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[_Row]).decode


class _Page:
    """What was listed at once."""

    def __init__(self, keys: bytes, rows: bytes) -> None:
        self.keys = array("Q", keys)
        self._rows = rows

    def rows(self) -> list[_Row]:
        """In the order of the keys."""
        return _decode(self._rows)


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
        self.keep([entry(finding) for finding in findings])

    def keep(self, entries: Sequence[Entry]) -> None:
        """The same for what was made of findings before, by `entry`."""
        keys = array("Q", (key for key, _ in entries))
        page = (len(entries), keys.tobytes(), _encode([row for _, row in entries]))
        with self._opened() as database:
            database.execute("INSERT INTO pages VALUES (?, ?, ?)", page)
            database.execute(f"DELETE FROM pages WHERE rowid <= ({_TOO_OLD})", [_MOST_ROWS])  # noqa: S608 - ours
            database.execute("DELETE FROM pages WHERE rowid <= (SELECT max(rowid) FROM pages) - ?", [_MOST_PAGES])

    def beginning(self, prefix: str) -> list[Known]:
        """What has a fingerprint that begins so."""
        least, most = (int(prefix[:_KEY_DIGITS].ljust(_KEY_DIGITS, digit), 16) for digit in "0f")

        def rows(page: _Page) -> Iterable[_Row]:
            places = [place for place, key in enumerate(page.keys) if least <= key <= most]
            return map(page.rows().__getitem__, places) if places else ()

        return [known for known in self._known(rows) if known.fingerprint.startswith(prefix)]

    def with_id(self, finding_id: str) -> list[Known]:
        """What has this full id."""
        return self._known(lambda page: (row for row in page.rows() if row[1] == finding_id))

    def of_guardduty(self, guardduty_id: str) -> list[Known]:
        """What has this id in GuardDuty."""
        end = f"/finding/{guardduty_id}"
        return self._known(
            lambda page: (row for row in page.rows() if row[1].startswith("arn:") and row[1].endswith(end))
        )

    def _known(self, wanted: Callable[[_Page], Iterable[_Row]]) -> list[Known]:
        """What is wanted of each page, as it was listed the last time."""
        try:
            with self._opened() as database:
                pages = (_Page(*page) for page in database.execute("SELECT keys, rows FROM pages ORDER BY rowid"))
                found = {(arn, id_): (region, title) for page in pages for arn, id_, region, title in wanted(page)}
        except (sqlite3.Error, OSError, ValueError):  # msgspec's errors are ValueErrors
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


def entry(finding: Finding) -> Entry:
    """What is kept of a finding."""
    arn, finding_id = finding.product_arn, finding.id
    key = int(fingerprint(arn, finding_id)[:_KEY_DIGITS], 16)
    return key, (arn, finding_id, region_in(arn) or finding.region, finding.title)
