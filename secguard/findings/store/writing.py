"""Put findings into the cache: what is new, what has changed, and what is no longer in AWS."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

import msgspec
from msgspec.structs import replace

from secguard.findings.feeds.levels import identity
from secguard.findings.forms.actor import addresses_in
from secguard.findings.groups import GROUPINGS
from secguard.findings.query import OPEN
from secguard.findings.store.database import Store, explained, microseconds, writing
from secguard.model import Finding, Source, Workflow, fingerprint

# How long Security Hub keeps what is not updated: its user guide; GuardDuty keeps 90 days.
_KEPT_ACTIVE = timedelta(days=90)
_KEPT_ARCHIVED = timedelta(days=30)
_FIRST_OF = {"product": "product", "control": "control", "type": "type", "day": "day"}
_FIRST_OF |= {"resource": "resource", "resource-type": "resource_type"}
GROUPED_BY: Mapping[str, str] = {"account": "account", "region": "region", **_FIRST_OF}
"""What is counted without reading a finding, with the column of the first a finding has of it."""
MANY = frozenset({"resource", "resource-type"})
"""Of which a finding may have several."""
_MAY_NAME_AN_ADDRESS = re.compile(rb'\\|"\s*(?:\d{1,3}\.\d{1,3}\.|[0-9A-Fa-f]*:[0-9A-Fa-f]*:)')
"""What stands in the JSON of every finding that names an address; a backslash may hide one."""
_COLUMNS = (
    "identity", "digest", "held", "source", "round", "severity", "workflow", "active", "sample", "compliance",
    "updated", "seen", "account", "region", *_FIRST_OF.values(),
)  # fmt: skip
_UPSERT = (
    f"INSERT INTO finding ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) "  # noqa: S608 - ours
    f"ON CONFLICT (identity) DO UPDATE SET {', '.join(f'{each} = excluded.{each}' for each in _COLUMNS[1:])} "
    "RETURNING n"
)
IS_OPEN = f"active AND workflow IN ({', '.join(repr(status.value) for status in OPEN)})"
"""What holds of a finding that nobody has dealt with."""


_TRIED = (
    "INSERT INTO place VALUES (?1, NULL, NULL, NULL, ?2, ?3) ON CONFLICT (region) DO UPDATE SET tried_at = ?2, why = ?3"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Through what a finding came into the cache."""

    region: str
    """The Region that was asked for it."""
    source: Source
    round: int
    """The number of the reading; see `begin_round`."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A finding that may be other than it is here."""

    n: int
    finding: Finding
    """Without what the source said."""


@dataclass(slots=True)
class Tally:
    """What became of the findings that were read."""

    new: int = 0
    changed: int = 0
    same: int = 0
    gone: int = 0

    def __iadd__(self, other: Self) -> Self:
        self.new += other.new
        self.changed += other.changed
        self.same += other.same
        self.gone += other.gone
        return self

    @property
    def read(self) -> int:
        """How many were read."""
        return self.new + self.changed + self.same


def begin_round(store: Store) -> int:
    """The number of a new reading: what it does not see can then be told from what it does."""
    with writing(store) as db:
        number = int(store.said("round") or 0) + 1
        db.execute("INSERT OR REPLACE INTO said VALUES ('round', ?)", [str(number)])
    return number


def keep(store: Store, findings: Iterable[Finding], held: Held) -> Tally:
    """Have these findings in the cache as they are."""
    tally = Tally()
    with writing(store):
        for finding in findings:
            _keep(store, finding, held, tally)
    return tally


def overwrite(store: Store, n: int, finding: Finding) -> None:
    """Have a finding that is in the cache there in a new form."""
    (row,) = store.rows("SELECT held, source, round FROM finding WHERE n = ?", [n])
    keep(store, [finding], Held(region=row["held"], source=Source(row["source"]), round=row["round"]))


def suspects(store: Store, region: str, *, round_number: int, now: datetime, expired: bool) -> list[Suspect]:
    """What this reading did not see of what was open; and, of what is `expired`, what AWS may keep no longer."""
    active, archived = microseconds(now - _KEPT_ACTIVE), microseconds(now - _KEPT_ARCHIVED)
    rows = store.rows(
        "SELECT n, body FROM finding JOIN record USING (n) WHERE held = ? AND round < ? "  # noqa: S608 - ours
        f"AND ({IS_OPEN} OR (? AND updated < iif(active, ?, ?)))",
        [region, round_number, expired, active, archived],
    )
    with explained(store.path):
        return [Suspect(row["n"], msgspec.json.decode(row["body"], type=Finding)) for row in rows]


def forget(store: Store, gone: Iterable[Suspect], *, round_number: int) -> int:
    """Take out those that have still not been seen; gives how many."""
    return _delete(store, "n = ? AND round < ?", [[each.n, round_number] for each in gone])


def forget_unseen(store: Store, region: str, *, round_number: int) -> int:
    """Take out what a reading of everything in a Region has not seen; gives how many."""
    return _delete(store, "held = ? AND round < ?", [[region, round_number]])


def begin(store: Store, regions: Iterable[str], *, at: datetime) -> None:
    """Regions are about to be read: until one has come to its end, it counts as one that could not be."""
    with writing(store) as db:
        db.executemany(_TRIED, [(region, microseconds(at), "its reading was interrupted") for region in regions])


def came_to_its_end(store: Store, region: str, source: str | None, *, at: datetime, full: bool) -> None:
    """A Region was read to the end, as it was at `at`."""
    begun = microseconds(at)
    with writing(store) as db:
        db.execute(
            "INSERT INTO place VALUES (?1, ?2, ?3, iif(?4, ?3, NULL), ?3, NULL) ON CONFLICT (region) DO UPDATE "
            "SET source = ?2, read_at = ?3, full_at = iif(?4, ?3, full_at), tried_at = ?3, why = NULL",
            (region, source, begun, full),
        )


def failed(store: Store, region: str, why: str, *, at: datetime) -> None:
    """A Region could not be read to the end; what is here of it stays, with its age."""
    with writing(store) as db:
        db.execute(_TRIED, (region, microseconds(at), why))


def note_the_day(store: Store, *, now: datetime, complete: bool) -> None:
    """Keep how many are open today, samples aside. `complete`: every Region was read."""
    day = now.date().isoformat()
    with writing(store) as db:
        db.execute("INSERT OR REPLACE INTO day VALUES (?, ?)", (day, complete))
        db.execute("DELETE FROM history WHERE day = ?", [day])
        db.execute(
            "INSERT INTO history SELECT ?, account, severity, count(*) FROM finding "  # noqa: S608 - ours
            f"WHERE {IS_OPEN} AND NOT sample GROUP BY account, severity",
            [day],
        )


def settle(store: Store) -> None:
    """Take what was written into the file itself, so that a copy of it, or a reader without rights, has everything."""
    with explained(store.path):
        store.db.execute("PRAGMA optimize")
        store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _keep(store: Store, finding: Finding, held: Held, tally: Tally) -> None:
    own = _stored_identity(finding)
    received = _received(finding)
    digest = int.from_bytes(hashlib.blake2b(received, digest_size=8).digest(), signed=True)
    known = store.db.execute("SELECT n, digest, source, round FROM finding WHERE identity = ?", [own]).fetchone()
    if known is not None and known["round"] == held.round and known["source"] != held.source:
        # Two sources have it, and the first says more: Security Hub keeps a status, GuardDuty does not.
        tally.same += 1
        return
    if known is None:
        tally.new += 1
    elif known["digest"] != digest:
        tally.changed += 1
        store.db.execute("DELETE FROM further WHERE n = ?", [known["n"]])
    else:
        tally.same += 1
        seen = (held.region, held.source, held.round, known["n"])
        store.db.execute("UPDATE finding SET held = ?, source = ?, round = ? WHERE n = ?", seen)
        return
    keys = {kind: list(dict.fromkeys(key for key in GROUPINGS[kind](finding) if key)) for kind in _FIRST_OF}
    first = (listed[0] if listed else None for listed in keys.values())
    row = (own, digest, held.region, held.source, held.round, *_told(finding), *first)
    (n,) = store.db.execute(_UPSERT, row).fetchone()
    more = [(n, kind, key) for kind in MANY for key in keys[kind][1:]]
    store.db.executemany("INSERT INTO further VALUES (?, ?, ?)", more)
    full = fingerprint(finding.product_arn, finding.id)
    body = msgspec.json.encode(replace(finding, received=_addresses(finding, received)))
    store.db.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)", (n, full, finding.id, body))
    store.db.execute("INSERT OR REPLACE INTO received VALUES (?, ?)", (n, zlib.compress(received, 1)))


def _told(finding: Finding) -> tuple[Any, ...]:
    """The columns that filters ask for."""
    return (
        int(finding.severity),
        (finding.workflow_status or Workflow.NEW).value,
        finding.record_state in ("ACTIVE", None),
        finding.sample,
        finding.compliance_status,
        microseconds(finding.updated_at),
        microseconds(finding.last_seen),
        finding.account,
        finding.region,
    )


def _stored_identity(finding: Finding) -> int:
    """As SQLite holds a number of 64 bits."""
    return identity(finding) - (1 << 63)


def _received(finding: Finding) -> bytes:
    said = finding.received
    if isinstance(said, msgspec.Raw):
        return bytes(said)
    try:
        return msgspec.json.encode(finding.raw, enc_hook=str)
    except (ValueError, OverflowError):
        # Half of a surrogate pair, or a number of too many digits: the standard library writes those down.
        return json.dumps(finding.raw, default=str).encode()


def _addresses(finding: Finding, received: bytes) -> list[str]:
    """Every address that the finding names: all that a filter asks what the source said for."""
    if not _MAY_NAME_AN_ADDRESS.search(received):
        return []
    return [str(address) for address in dict.fromkeys(addresses_in(finding.raw))]


def _delete(store: Store, condition: str, values: Sequence[Sequence[object]]) -> int:
    with writing(store) as db:
        chosen = f"SELECT n FROM finding WHERE {condition}"  # noqa: S608 - ours
        numbers = [[row["n"]] for each in values for row in db.execute(chosen, each)]
        for table in ("finding", "further", "record", "received"):
            db.executemany(f"DELETE FROM {table} WHERE n = ?", numbers)  # noqa: S608 - ours
    return len(numbers)
