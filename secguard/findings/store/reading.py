"""Answer from the cache what is asked of findings: the same as AWS would have answered when it was read.

What SQLite can tell by the columns of a finding it tells; the rest of a query is the predicate that every source has.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec

from secguard.errors import AmbiguousId, UnknownId
from secguard.findings.feeds.levels import Event, LevelEnd, PageEnd
from secguard.findings.pushdown import Predicate, matches
from secguard.findings.query import EVERYTHING, WORST_FIRST, Query
from secguard.findings.short_ids import unique_prefixes
from secguard.findings.store.database import PlaceState, Store, explained, microseconds
from secguard.findings.store.writing import IS_OPEN
from secguard.model import SHORT_ID_DIGITS, Finding, Unreached

_PAGE = 500
"""After how many findings it is a moment to show what has come."""
_CANDIDATES_SHOWN = 8
_HEX = frozenset("0123456789abcdefABCDEF")
_FINGERPRINT_DIGITS = 64
_GUARDDUTY_DIGITS = 32
_DECODER = msgspec.json.Decoder(Finding)


def stream(store: Store, query: Query, *, limit: int | None = None) -> Iterator[Event]:
    """Every finding that the query asks for, the worst level first, each level ended by a LevelEnd.

    With a `limit`, the levels below the one in which it was reached are left out. A Region that was never read to the
    end arrives as Unreached.
    """
    yield from unreached(store, query)
    answered = sum(place.read_at is not None for place in store.places())
    chosen, values = conditions(store, replace(query, levels=WORST_FIRST), here=True)
    holds = _rest(query)
    found = 0
    for severity in query.levels:
        for finding in _of(store, f"severity = ? AND {chosen}", [int(severity), *values], holds):
            yield finding
            found += 1
            if found % _PAGE == 0:
                yield PageEnd()
        yield LevelEnd(severity, exhausted=True, answered=answered)
        if limit is not None and found >= limit:
            return


def unreached(store: Store, query: Query) -> list[Unreached]:
    """The Regions the query means of which the cache has not everything."""
    places = {place.region: place for place in store.places()}
    meant = query.regions or tuple(places)
    return [
        Unreached(account=store.origin.account, region=region, why=_why(places.get(region)))
        for region in meant
        if region not in places or places[region].read_at is None
    ]


def _why(place: PlaceState | None) -> str:
    if place is None or place.why is None:
        return "not in the cache; read it: secguard sync"
    return f"not in the cache: {place.why}"


def find(store: Store, typed: str) -> Finding:
    """The one finding with this id: full, GuardDuty's own, or short. Raises UnknownId, AmbiguousId."""
    name = typed.strip()
    rows = _named(store, name)
    if len(rows) > 1:
        titles = {row["fingerprint"]: _finding(store, row["n"], row["body"]).title for row in rows}
        longer = unique_prefixes(titles, least=max(SHORT_ID_DIGITS, len(name) if _is_short(name) else 0))
        candidates = [f"{longer[full]} ({title})" for full, title in sorted(titles.items())]
        raise AmbiguousId("finding", name, candidates[:_CANDIDATES_SHOWN])
    if not rows:
        raise UnknownId(f"no finding in the cache has the id {name!r}", advice="ask AWS: leave --cached out")
    return _finding(store, rows[0]["n"], rows[0]["body"])


def _named(store: Store, name: str) -> list[sqlite3.Row]:
    """Every record that an id names."""
    ways = ["id = ?1"]
    if _is_short(name):
        ways.append("fingerprint >= lower(?1) AND fingerprint < lower(?1) || 'g'")
    if len(name) == _GUARDDUTY_DIGITS and _is_short(name):
        ways.append("id LIKE 'arn:%/finding/' || lower(?1)")
    looks = [f"SELECT n, fingerprint, body FROM record WHERE {way}" for way in ways]  # noqa: S608 - ours
    return list({row["n"]: row for look in looks for row in store.rows(look, [name])}.values())


def numbered(store: Store, *, finding_id: str, product_arn: str | None) -> tuple[int, Finding] | None:
    """The finding with this full id, of this product where one is named, and where it stands in the file."""
    for row in store.rows("SELECT n, body FROM record WHERE id = ?", [finding_id]):
        finding = _finding(store, row["n"], row["body"])
        if product_arn in (None, finding.product_arn):
            return row["n"], finding
    return None


def about(store: Store, finding: Finding, ids: Sequence[str]) -> Iterator[Finding]:
    """The open findings about the same resources as a finding, of those with these `ids`."""
    names = json.dumps([resource.name for resource in finding.resources if resource.id in ids])
    among = "(SELECT value FROM json_each(?1))"
    rows = store.rows(
        f"SELECT n, body FROM finding JOIN record USING (n) WHERE {IS_OPEN} AND (resource IN {among} "  # noqa: S608 - ours
        f"OR n IN (SELECT n FROM further WHERE kind = 'resource' AND key IN {among}))",
        [names],
    )
    near = (_finding(store, row["n"], row["body"]) for row in rows)
    return (each for each in near if any(resource.id in ids for resource in each.resources))


def _of(store: Store, chosen: str, values: Sequence[object], holds: Predicate | None) -> Iterator[Finding]:
    """What meets these conditions and this predicate, in no order."""
    rows = store.rows(f"SELECT n, body FROM finding JOIN record USING (n) WHERE {chosen}", values)  # noqa: S608 - ours
    with explained(store.path):  # once: there may be very many
        for n, body in rows:
            found = _DECODER.decode(body)
            if holds is None or holds(found):
                yield msgspec.structs.replace(found, received=partial(_received, store, n))


def _finding(store: Store, n: int, body: bytes) -> Finding:
    with explained(store.path):
        found = _DECODER.decode(body)
    return msgspec.structs.replace(found, received=partial(_received, store, n))


def _received(store: Store, n: int) -> Any:
    """What the source said of a finding."""
    (row,) = store.rows("SELECT body FROM received WHERE n = ?", [n])
    with explained(store.path):
        said = zlib.decompress(row["body"])
    try:
        return msgspec.json.decode(said)
    except msgspec.DecodeError:
        return json.loads(said)


def conditions(store: Store, query: Query, *, here: bool = False) -> tuple[str, list[object]]:
    """What SQLite is to look for. `here`: what it can't tell is left to whoever reads; else it calls back for that."""
    parts: list[str] = ["TRUE"]
    values: list[object] = []
    lists: tuple[tuple[str, Sequence[object]], ...] = (
        ("severity", [int(level) for level in query.levels] if query.levels != WORST_FIRST else ()),
        ("workflow", [status.value for status in query.statuses]),
        ("account", query.accounts),
        ("region", query.regions),
        ("compliance", query.compliance),
    )
    named = [(column, list(allowed)) for column, allowed in lists if allowed]
    if query.products:
        named.append(("ifnull(product, '')", _alike(store, "product", replace(EVERYTHING, products=query.products))))
    if query.controls:
        named.append(("ifnull(control, '')", _alike(store, "control", replace(EVERYTHING, controls=query.controls))))
    for column, allowed in named:
        parts.append(f"{column} IN (SELECT value FROM json_each(?))")  # noqa: S608 - ours
        values.append(json.dumps(allowed))
    for condition, wanted in (("active", not query.archived), ("NOT sample", not query.samples)):
        if wanted:
            parts.append(condition)
    for condition, at in (("updated >= ?", query.since), ("updated < ?", query.until)):
        if at is not None:
            parts.append(condition)
            values.append(microseconds(at))
    rest = None if here else _rest(query)
    if rest is not None:
        store.db.create_function("is_asked_for", 1, partial(_is_asked_for, rest), deterministic=True)
        parts.append("is_asked_for((SELECT body FROM record WHERE record.n = finding.n))")
    return " AND ".join(parts), values


def _alike(store: Store, column: str, query: Query) -> list[object]:
    """What a column may hold, by one finding of each kind: nothing else decides whether this query lets it through."""
    one_each = f"SELECT min(n) FROM finding GROUP BY {column}"  # noqa: S608 - ours
    kinds = f"SELECT ifnull({column}, '') AS kind, body FROM finding JOIN record USING (n) WHERE n IN ({one_each})"  # noqa: S608 - ours
    holds = matches(query)
    with explained(store.path):
        return [row["kind"] for row in store.rows(kinds) if holds(_DECODER.decode(row["body"]))]


def _is_asked_for(holds: Predicate, body: bytes) -> bool:
    return holds(_DECODER.decode(body))


def _rest(query: Query) -> Predicate | None:
    """What of a query the columns can't tell; None: nothing."""
    rest = replace(
        query, levels=WORST_FIRST, statuses=(), accounts=(), regions=(), compliance=(), products=(), controls=(),
        since=None, until=None, archived=True, samples=True,
    )  # fmt: skip
    trivial = replace(EVERYTHING, limit=query.limit, sort=query.sort) == rest
    return None if trivial else matches(rest)


def _is_short(text: str) -> bool:
    return SHORT_ID_DIGITS <= len(text) <= _FINGERPRINT_DIGITS and not set(text) - _HEX
