"""The cache answers every query as the predicate that all sources share would, and gives back all that was said."""

import json
import math
import sqlite3
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from asff_made import ACCOUNT, asff, guardduty, ocsf, read, remote
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as changed
from odd_made import ODD
from test_query import MANY, QUERIES, held

from secguard.engine.origin import Origin
from secguard.errors import AmbiguousId, UnknownId
from secguard.findings import query as asked
from secguard.findings.feeds.levels import LevelEnd
from secguard.findings.forms.asff import Unreadable, read_asff
from secguard.findings.forms.ocsf import read_ocsf
from secguard.findings.groups import GROUPINGS, grouped
from secguard.findings.listing import collect
from secguard.findings.pushdown import matches
from secguard.findings.query import EVERYTHING, Query
from secguard.findings.store import counting as store_counting
from secguard.findings.store import database as caches
from secguard.findings.store import reading as store_reading
from secguard.findings.store import writing as store_writing
from secguard.findings.store.writing import Held
from secguard.model import Finding, Severity, Source, Unreached, Workflow, fingerprint

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
ORIGIN = Origin(partition="aws", caller=f"arn:aws:iam::{ACCOUNT}:user/operator", endpoint=None)
HERE = "us-east-1"


@contextmanager
def opened(folder):
    with caches.open_to_write(caches.path_of(Path(folder), ORIGIN), ORIGIN) as store:
        yield store


@pytest.fixture
def store(tmp_path):
    with opened(tmp_path) as made:
        yield made


def fill(store, findings, *, region=HERE, number=1):
    return store_writing.keep(store, findings, Held(region=region, source=Source.SECURITY_HUB, round=number))


def listed(store, query, **more):
    return [event for event in store_reading.stream(store, query, **more) if isinstance(event, Finding)]


def ids(findings):
    return sorted(finding.id for finding in findings)


def each_once(items):
    return list({(finding.product_arn, finding.id): finding for finding in map(read, items)}.values())


def numbered(items):
    return [read({**item, "Id": f"{item['Id']}-{number}"}) for number, item in enumerate(items)]


@settings(max_examples=150, deadline=None)
@given(QUERIES | MANY, st.lists(held(), min_size=4, max_size=8))
def test_the_cache_lists_what_the_predicate_lets_through(query, items):
    findings, holds = numbered(items), matches(query)
    with tempfile.TemporaryDirectory() as folder, opened(folder) as store:
        fill(store, findings)
        assert ids(listed(store, query)) == ids(filter(holds, findings))


@settings(max_examples=150, deadline=None)
@given(QUERIES, st.lists(held(), min_size=4, max_size=8), st.sampled_from(sorted(GROUPINGS)))
def test_the_cache_counts_what_the_predicate_lets_through(query, items, by):
    findings, holds = numbered(items), matches(query)
    chosen = list(filter(holds, findings))
    with tempfile.TemporaryDirectory() as folder, opened(folder) as store:
        fill(store, findings)
        if store_counting.can_count(by):
            counted = store_counting.count(store, query, by=by, limit=None)
            assert list(counted.groups) == grouped(chosen, by)
            assert counted.worst == max((each.severity for each in chosen if not each.sample), default=None)
            assert store_counting.count(store, query, by=by, limit=1).found == len(counted.groups)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(asff())), ODD, max_size=5), ODD)
def test_whatever_a_finding_holds_comes_back_as_it_was(odd, extra):
    item = {**asff(), **odd, "Anything": extra}
    finding = read_asff(item, position="")
    if isinstance(finding, Unreadable):
        return
    with tempfile.TemporaryDirectory() as folder, opened(folder) as store:
        fill(store, [finding])
        (back,) = listed(store, EVERYTHING)
        assert changed(back, received=None) == changed(finding, received=None)
        assert json.dumps(_as_json(back.raw), sort_keys=True) == json.dumps(_as_json(item), sort_keys=True)


def _as_json(item):
    """JSON has no numbers that are none."""
    if isinstance(item, dict):
        return {key: _as_json(part) for key, part in item.items()}
    if isinstance(item, list):
        return [_as_json(part) for part in item]
    return None if isinstance(item, float) and not math.isfinite(item) else item


@pytest.mark.parametrize(
    "text", ["198.51.100.7", " 198.51.100.7 ", "198.51.100.7\n", "2001:DB8::7", "::ffff:c633:6407"]
)
def test_an_address_is_found_wherever_and_however_it_stands(store, text):
    holds = asked.networks(["198.51.100.0/24", "2001:db8::/32", "::ffff:0:0/96"])
    fill(store, [read(asff(1, Network={"SourceIpV4": text})), read(asff(2))])
    assert len(listed(store, Query(networks=holds))) == 1
    escaped = msgspec.Raw(b'{"Anything": "\\u003198.51.100.7"}')
    fill(store, [changed(read(asff(3)), received=escaped)])
    assert len(listed(store, Query(networks=holds))) == 2


def test_the_list_is_in_the_order_of_any_other_source(store):
    findings = numbered([asff(Severity={"Label": level}) for level in ("LOW", "CRITICAL", "HIGH", "HIGH")])
    findings += [read(guardduty(ProductFields=remote("portProbeAction/portProbeDetails.1_", "198.51.100.7")))]
    fill(store, findings)
    query = Query(limit=3)
    ends = [LevelEnd(level, exhausted=True, answered=1) for level in asked.WORST_FIRST]
    live = collect([*findings, *ends], query=query, now=NOW, answers=lambda _: ())
    cached = collect(store_reading.stream(store, query), query=query, now=NOW, answers=lambda _: ())
    assert [each.id for each in cached.findings] == [each.id for each in live.findings]
    assert [each.priority for each in cached.findings] == [each.priority for each in live.findings]


def test_levels_below_the_one_that_was_enough_are_not_read(store):
    fill(store, numbered([asff(Severity={"Label": level}) for level in ("CRITICAL", "HIGH", "HIGH", "LOW")]))
    events = list(store_reading.stream(store, Query(), limit=2))
    assert [each.severity for each in events if isinstance(each, LevelEnd)] == [Severity.CRITICAL, Severity.HIGH]
    assert len([each for each in events if isinstance(each, Finding)]) == 3


def test_one_finding_of_two_sources_is_there_once(store):
    fill(store, [read(guardduty(7))])
    other = [changed(read(guardduty(7, Title="again")), source=Source.GUARDDUTY)]
    from_guardduty = Held(region=HERE, source=Source.GUARDDUTY, round=1)
    assert store_writing.keep(store, other, from_guardduty).same == 1
    assert [each.title for each in listed(store, EVERYTHING)] == ["An instance is under attack."]
    assert store_writing.keep(store, other, replace(from_guardduty, round=2)).changed == 1
    assert [each.title for each in listed(store, EVERYTHING)] == ["again"]


def test_what_is_as_it_was_is_not_written_again(store):
    fill(store, numbered([asff(), asff()]))
    again = fill(store, numbered([asff(), asff(Title="other")]), number=2)
    assert (again.new, again.changed, again.same) == (0, 1, 1)


def test_what_lost_a_resource_is_counted_there_no_more(store):
    two = [{"Type": "AwsS3Bucket", "Id": f"arn:aws:s3:::{name}"} for name in ("one", "two")]
    fill(store, [read(asff(Resources=two))])
    assert [each.key for each in store_counting.count(store, EVERYTHING, by="resource", limit=None).groups] == [
        "one",
        "two",
    ]
    fill(store, [read(asff(Resources=two[:1]))])
    assert [each.key for each in store_counting.count(store, EVERYTHING, by="resource", limit=None).groups] == ["one"]


def test_what_was_not_seen_again_and_should_have_been_is_suspect(store):
    old = (NOW - timedelta(days=91)).isoformat()
    month = (NOW - timedelta(days=31)).isoformat()
    resolved, archived = {"Status": "RESOLVED"}, "ARCHIVED"
    items = {
        "open": asff(),
        "seen": asff(),
        "closed": asff(Workflow=resolved, UpdatedAt=month),
        "expired": asff(Workflow=resolved, UpdatedAt=old),
        "put away": asff(RecordState=archived, UpdatedAt=month),
        "lately put away": asff(RecordState=archived, UpdatedAt=NOW.isoformat()),
    }
    made = {name: read({**item, "Id": name}) for name, item in items.items()}
    fill(store, made.values())
    fill(store, [made["seen"]], number=2)
    doubtful = store_writing.suspects(store, HERE, round_number=2, now=NOW, expired=True)
    assert {each.finding.id for each in doubtful} == {"open", "expired", "put away"}
    (alone,) = store_writing.suspects(store, HERE, round_number=2, now=NOW, expired=False)
    assert alone.finding.id == "open"
    assert store_writing.suspects(store, "eu-west-1", round_number=2, now=NOW, expired=True) == []
    assert store_writing.forget(store, doubtful, round_number=2) == 3
    assert ids(listed(store, EVERYTHING)) == ["closed", "lately put away", "seen"]


def test_only_what_a_region_has_not_shown_is_forgotten(store):
    here, there = numbered([asff(), asff()])
    fill(store, [here])
    fill(store, [there], region="eu-west-1")
    assert store_writing.forget_unseen(store, HERE, round_number=2) == 1
    assert ids(listed(store, EVERYTHING)) == [there.id]
    assert [row["n"] for row in store.rows("SELECT n FROM record UNION SELECT n FROM received")] == [2]


def test_a_region_that_never_came_to_its_end_is_unreached(store):
    store_writing.came_to_its_end(store, HERE, Source.SECURITY_HUB, at=NOW, full=True)
    store_writing.failed(store, "eu-west-1", "no answer", at=NOW)
    store_writing.failed(store, HERE, "no answer", at=NOW)
    assert [each.region for each in store_reading.unreached(store, Query())] == ["eu-west-1"]
    assert [each.region for each in store_reading.unreached(store, Query(regions=("us-west-2",)))] == ["us-west-2"]
    assert isinstance(next(iter(store_reading.stream(store, Query()))), Unreached)


def test_a_finding_is_found_by_every_id_it_has(store):
    findings = [read(guardduty(0xABCDEF12)), read(asff(2)), read_ocsf(ocsf(0xABCDEF13), position="")]
    fill(store, findings)
    for finding in findings:
        full = fingerprint(finding.product_arn, finding.id)
        for name in (finding.id, full, full[:9], full[:8].upper(), f" {full[:12]} "):
            assert store_reading.find(store, name).id == finding.id
    assert store_reading.find(store, f"{0xABCDEF12:032x}").id == findings[0].id
    for name in ("", "zzzzzzzz", full[:7], "0" * 8):
        with pytest.raises(UnknownId):
            store_reading.find(store, name)


def test_an_id_of_two_findings_names_both(store):
    one, other = read(asff(1)), read(asff(1, ProductArn="arn:aws:securityhub:us-east-1::product/aws/other"))
    fill(store, [one, other])
    with pytest.raises(AmbiguousId) as ambiguous:
        store_reading.find(store, one.id)
    assert len(ambiguous.value.candidates) == 2


def test_history_leaves_out_samples_and_what_is_closed(store):
    items = [asff(), asff(Severity={"Label": "LOW"}), asff(Workflow={"Status": "SUPPRESSED"}), asff(Sample=True)]
    items.append(asff(AwsAccountId="222222222222"))
    fill(store, numbered(items))
    store_writing.note_the_day(store, now=NOW, complete=True)
    store_writing.note_the_day(store, now=NOW + timedelta(days=1), complete=False)
    first, second = store_counting.history(store)
    assert (first.day, first.open, first.complete) == ("2026-11-23", 3, True)
    assert first.severities == {Severity.HIGH: 2, Severity.LOW: 1}
    assert (second.day, second.complete) == ("2026-11-24", False)
    assert [each.open for each in store_counting.history(store, accounts=[ACCOUNT])] == [2, 2]


def test_a_day_with_nothing_open_is_a_day(store):
    fill(store, [read(asff(Workflow={"Status": "RESOLVED"}))])
    store_writing.note_the_day(store, now=NOW, complete=True)
    assert [(each.day, each.open) for each in store_counting.history(store)] == [("2026-11-23", 0)]


def test_a_batch_is_written_whole_or_not_at_all(store):
    broken = changed(read(asff(2)), severity="no severity")
    with pytest.raises(ValueError, match="no severity"):
        fill(store, [read(asff(1)), broken])
    assert listed(store, EVERYTHING) == []
    assert fill(store, [read(asff(1))]).new == 1


def test_where_nothing_may_be_written_it_is_read_all_the_same(tmp_path):
    with opened(tmp_path) as store:
        fill(store, [read(asff())])
        store_writing.settle(store)
        path = store.path
    # What SQLite needs beside a file to share it can't be made: as in a folder that is read-only.
    path.with_name(f"{path.name}-wal").mkdir()
    with pytest.raises(sqlite3.OperationalError):
        sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute("SELECT * FROM finding")
    with caches.open_to_read(path) as store:
        assert len(listed(store, EVERYTHING)) == 1


def test_a_reader_changes_nothing(tmp_path):
    with opened(tmp_path) as store:
        fill(store, [read(asff())])
        path = store.path
    with caches.open_to_read(path) as store:
        store.db.execute("ROLLBACK")
        with pytest.raises(caches.CacheError, match="readonly"):
            fill(store, [read(asff(2))])


def test_a_file_that_is_none_of_ours_is_damaged_and_not_touched(tmp_path):
    path = caches.path_of(tmp_path, ORIGIN)
    path.parent.mkdir()
    path.write_bytes(b"a letter to my aunt" * 400)
    for use in (lambda: caches.open_to_read(path), lambda: caches.open_to_write(path, ORIGIN)):
        with pytest.raises(caches.Damaged, match="not a database") as damaged:
            use()
        assert damaged.value.advice == "fill it anew: secguard sync"
    assert path.read_bytes().startswith(b"a letter")
    assert caches.discard(path) == []
    assert not path.exists()


def test_a_record_that_can_not_be_read_is_damage(store):
    fill(store, [read(asff())])
    store.db.execute("UPDATE record SET body = ?", [b'{"id": 7}'])
    with pytest.raises(caches.Damaged, match="is damaged"):
        listed(store, EVERYTHING)


def test_each_account_partition_and_endpoint_has_a_file_of_its_own(tmp_path):
    origins = [
        ORIGIN,
        Origin(partition="aws-cn", caller=ORIGIN.caller, endpoint=None),
        Origin(partition="aws", caller=ORIGIN.caller, endpoint="http://127.0.0.1:5000"),
        Origin(partition="aws", caller="arn:aws:iam::222222222222:user/operator", endpoint=None),
    ]
    assert len({caches.path_of(tmp_path, origin) for origin in origins}) == len(origins)
    session = Origin(partition="aws", caller=f"arn:aws:sts::{ACCOUNT}:assumed-role/a/b", endpoint=None)
    assert caches.path_of(tmp_path, session) == caches.path_of(tmp_path, ORIGIN)


def test_moments_are_kept_to_the_microsecond():
    for moment in (NOW, NOW + timedelta(microseconds=1), datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)):
        assert caches.moment(caches.microseconds(moment)) == moment
    assert caches.moment(caches.microseconds(None)) is None


def test_a_finding_that_was_set_keeps_where_it_was_read(store):
    finding = read(asff())
    fill(store, [finding], region="eu-west-1", number=3)
    known = store_reading.numbered(store, finding_id=finding.id, product_arn=finding.product_arn)
    store_writing.overwrite(
        store, known[0], changed(known[1], workflow_status=Workflow.RESOLVED, received={"set": True})
    )
    assert listed(store, Query()) == []
    assert listed(store, EVERYTHING)[0].raw == {"set": True}
    assert [(row["held"], row["round"]) for row in store.rows("SELECT held, round FROM finding")] == [("eu-west-1", 3)]
