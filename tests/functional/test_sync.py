"""`secguard sync`, and what `--cached` answers from what it has read."""

import fcntl
import os
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest

from secguard.findings.store import database as caches
from secguard.findings.store import syncing
from secguard.sandbox.cast import HOME_REGION, PRODUCTION
from secguard.sandbox.securityhub.backend import backend_of

READS = ("GetFindings", "GetFindingsV2", "ListFindings")
DENIED = (403, "AccessDeniedException", "no")
ALL = ("--status", "all", "--archived")
QUESTIONS = [
    [],
    ["--severity", "high", "--limit", "7"],
    [*ALL],
    ["--product", "guardduty", "--sort", "updated"],
    ["--type", "UnauthorizedAccess:*", "--no-samples"],
    ["--ip", "198.51.100.0/24"],
    ["--control", "s3.2"],
    ["--resource", "acme", "--since", "30d"],
    ["--standard", "fsbp", "--compliance", "failed"],
    ["--account", "123456789012", "--region", "eu-west-1"],
    ["--group-by", "resource"],
    ["--group-by", "resource-type", *ALL],
    ["--group-by", "day"],
    ["--group-by", "severity", "--severity", "medium"],
    ["--group-by", "country"],
    ["--query", "[].{id: id, why: priority_reasons}"],
]


@pytest.fixture
def synced(secguard, breach):
    """A local AWS with the breach in it, all of it in the cache, and nothing asked of it yet."""
    said = secguard("sync")
    assert said.code == 0, said.stderr
    breach.calls.clear()
    return breach


@pytest.fixture
def cache():
    """The one cache there is."""

    def found():
        (path,) = (Path(os.environ["SECGUARD_STATE_DIR"]) / "cache").glob("*.sqlite3")
        return path

    return found


@pytest.fixture
def hub():
    """Security Hub's client in the home Region."""
    return boto3.client("securityhub")


@pytest.fixture
def later(monkeypatch):
    """Let it be later for whoever syncs and lists: `later(hours=3)`."""

    def be(**more):
        moment = datetime.now(UTC) + timedelta(**more)
        clock = type("Clock", (datetime,), {"now": classmethod(lambda cls, zone=None: moment)})
        for module in ("secguard.cli.sync", "secguard.cli.cached"):
            monkeypatch.setattr(f"{module}.datetime", clock)

    return be


def asked(sandbox):
    return [call for call in sandbox.calls if call.operation in READS]


def by_id(said):
    return {record["id"]: record for record in said.json}


def some(secguard, *filters):
    """One finding of the home Region that Security Hub keeps."""
    listed = secguard("findings", "--cached", "--region", HOME_REGION, "--no-samples", "-o", "json", *filters).json
    return next(record for record in listed if record["source"] == "securityhub")


def identifier(record):
    return {"Id": record["id"], "ProductArn": record["product_arn"]}


def test_the_cache_answers_what_aws_would_and_asks_it_nothing(secguard, synced):
    for words in QUESTIONS:
        live = secguard("findings", "-o", "json", *words)
        synced.calls.clear()
        cached = secguard("findings", "--cached", "-o", "json", *words)
        assert cached.json == live.json, words
        assert cached.json, words
        assert (cached.code, list(synced.calls)) == (0, [])


def test_what_the_source_said_is_given_back_whole(secguard, synced):
    live = secguard("findings", "-o", "asff", "--limit", 300).json
    cached = secguard("findings", "--cached", "-o", "asff", "--limit", 300).json
    assert cached == live


def test_neither_credentials_nor_botocore_are_needed(synced):
    code = (
        "import sys; from secguard.cli.frame import main; code = main(['findings', '--cached', '--limit', '3'])\n"
        "assert not {'botocore', 'boto3'} & set(sys.modules); sys.exit(code)"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "endpoint: http://127.0.0.1" in done.stderr
    assert len(done.stdout.splitlines()) == 4


def test_its_age_is_always_said(secguard, synced):
    for words in ([], ["-q"], ["--group-by", "day"], ["-o", "jsonl"]):
        assert (
            "from the cache of 123456789012: less than a minute old" in secguard("findings", "--cached", *words).stderr
        )
    assert "cache" not in secguard("findings").stderr


def test_through_what_it_was_read_is_said(secguard, synced):
    assert "through securityhub in 10 Regions, guardduty in " in secguard("findings", "--cached").stderr
    assert secguard("sync", "--source", "guardduty").code == 0
    assert "through guardduty in 12 Regions; off in 5 Regions" in secguard("findings", "--cached").stderr


def test_the_second_time_only_what_changed_and_what_is_open_is_asked_for(secguard, synced, hub):
    said = secguard("sync", "-o", "json")
    filters = [call.parameters["Filters"] for call in synced.calls.of("securityhub", "GetFindings")]
    assert filters
    assert all("UpdatedAt" in each or each["RecordState"][0]["Value"] == "ACTIVE" for each in filters)
    # GuardDuty passes an update on up to six hours late, and it bears the time of the update.
    least = (datetime.now(UTC) - timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert all(each["UpdatedAt"][0]["Start"] < least for each in filters if "UpdatedAt" in each)
    assert {key: said.json[key] for key in ("new", "changed", "gone")} == {"new": 0, "changed": 0, "gone": 0}
    assert synced.calls.writes() == []


def test_full_reads_everything_again(secguard, synced):
    said = secguard("sync", "--full", "-o", "json")
    assert said.json["read"] == said.json["findings"]
    assert not any("UpdatedAt" in call.parameters.get("Filters", {}) for call in asked(synced))


def test_what_others_have_closed_is_seen_though_nothing_updates_it(secguard, synced, hub):
    closed = some(secguard)
    hub.batch_update_findings(FindingIdentifiers=[identifier(closed)], Workflow={"Status": "RESOLVED"})
    assert closed["id"] in by_id(secguard("findings", "--cached", "-o", "json"))

    said = secguard("sync", "-o", "json")
    assert said.json["changed"] == 1
    assert closed["id"] not in by_id(secguard("findings", "--cached", "-o", "json"))
    kept = by_id(secguard("findings", "--cached", *ALL, "-o", "json"))[closed["id"]]
    assert kept["workflow_status"] == "RESOLVED"


def test_what_others_have_opened_again_is_seen(secguard, breach, hub):
    opened = next(record for record in secguard("findings", "-o", "json").json if record["region"] == HOME_REGION)
    hub.batch_update_findings(FindingIdentifiers=[identifier(opened)], Workflow={"Status": "RESOLVED"})
    secguard("sync")
    assert opened["id"] not in by_id(secguard("findings", "--cached", "-o", "json"))
    hub.batch_update_findings(FindingIdentifiers=[identifier(opened)], Workflow={"Status": "NEW"})
    secguard("sync")
    assert opened["id"] in by_id(secguard("findings", "--cached", "-o", "json"))


def test_what_is_gone_from_aws_goes(secguard, synced):
    gone = some(secguard)
    for region in (HOME_REGION, "us-west-2"):
        backend_of(PRODUCTION, region).findings.pop((gone["product_arn"], gone["id"]), None)
    assert secguard("sync", "-o", "json").json["gone"] == 1
    assert gone["id"] not in by_id(secguard("findings", "--cached", *ALL, "-o", "json"))


def test_what_was_closed_and_is_past_its_time_is_looked_up_once_a_day_and_goes(
    secguard, synced, hub, later, monkeypatch
):
    gone = some(secguard, "--status", "all", "--severity-only", "low,medium,high")
    hub.batch_update_findings(FindingIdentifiers=[identifier(gone)], Workflow={"Status": "SUPPRESSED"})
    secguard("sync")
    backend_of(PRODUCTION, HOME_REGION).findings.pop((gone["product_arn"], gone["id"]))
    assert secguard("sync", "-o", "json").json["gone"] == 0
    monkeypatch.setattr("secguard.findings.store.writing._KEPT_ACTIVE", -timedelta(days=9))
    assert secguard("sync", "-o", "json").json["gone"] == 0
    later(days=1)
    assert secguard("sync", "-o", "json").json["gone"] == 1
    assert gone["id"] not in by_id(secguard("findings", "--cached", *ALL, "-o", "json"))


def test_a_region_that_fails_keeps_what_was_known_and_its_age(secguard, synced, later):
    before = by_id(secguard("findings", "--cached", "--region", "eu-west-1", "-o", "json"))
    synced.faults.add(answer=DENIED, service="securityhub", region="eu-west-1")
    synced.faults.add(answer=DENIED, service="securityhub", region=HOME_REGION, operation="GetFindings")
    later(hours=3)
    said = secguard("sync")
    assert said.code == 3
    assert "incomplete: 123456789012 eu-west-1: " in said.stderr
    cached = secguard("findings", "--cached", "--region", "eu-west-1", "-o", "json")
    assert by_id(cached).keys() == before.keys()
    assert "less than a minute old; eu-west-1 3 hours old; us-east-1 3 hours old" in cached.stderr
    assert cached.code == 0

    synced.faults.clear()
    assert secguard("sync").code == 0
    assert "3 hours" not in secguard("findings", "--cached").stderr


def test_a_region_that_can_only_be_seen_from_home_is_read_there(secguard, breach):
    breach.faults.add(answer=DENIED, service="securityhub", operation="GetFindings", region="eu-west-1")
    said = secguard("sync", "-o", "json")
    assert said.code == 0, said.stderr
    (region,) = [each for each in said.json["regions"] if each["region"] == "eu-west-1"]
    assert region["findings"] > 0
    breach.calls.clear()
    assert secguard("sync", "-o", "json").json["gone"] == 0


def test_a_region_that_would_not_say_what_is_on_is_read_by_every_way_there_is(secguard, breach):
    breach.faults.add(answer=DENIED, service="securityhub", region="eu-west-1")
    for _ in range(2):
        said = secguard("sync", "-o", "json")
        assert (said.code, said.json["gone"]) == (0, 0)
        assert (
            secguard("findings", "--cached", *ALL, "-o", "json").json == secguard("findings", *ALL, "-o", "json").json
        )
    (region,) = [each for each in said.json["regions"] if each["region"] == "eu-west-1"]
    assert region["source"] == "securityhub and guardduty"


def test_a_region_that_was_never_read_is_named_and_not_empty(secguard, breach):
    breach.faults.add(answer=DENIED, service="securityhub", region="eu-west-1")
    breach.faults.add(answer=DENIED, service="securityhub", region=HOME_REGION, operation="GetFindings")
    assert secguard("sync").code == 3
    breach.faults.clear()
    cached = secguard("findings", "--cached", "-o", "json")
    assert cached.code == 3
    assert "incomplete: 123456789012 eu-west-1: not in the cache: " in cached.stderr
    assert secguard("findings", "--cached", "--group-by", "account").code == 3
    assert secguard("findings", "--cached", "--region", "us-west-2").code == 0


def test_a_region_that_failed_is_read_whole_the_next_time(secguard, breach):
    breach.faults.add(answer=DENIED, service="securityhub", region="eu-west-2")
    breach.faults.add(answer=DENIED, service="securityhub", region=HOME_REGION, operation="GetFindings")
    secguard("sync")
    breach.faults.clear()
    said = secguard("sync", "-o", "json")
    assert said.code == 0
    live = secguard("findings", *ALL, "-o", "json").json
    assert secguard("findings", "--cached", *ALL, "-o", "json").json == live


def test_nothing_could_be_read_at_all(secguard, synced):
    synced.faults.add(answer=DENIED, operation="GetFindings")
    said = secguard("sync")
    assert said.code == 1
    assert "no Region could be read; the cache is as it was" in said.stderr
    synced.faults.clear()
    assert secguard("findings", "--cached").code == 0


def test_one_region_alone_can_be_read(secguard, breach):
    said = secguard("sync", "--region", "eu-west-1", "-o", "json")
    assert [each["region"] for each in said.json["regions"]] == ["eu-west-1"]
    cached = secguard("findings", "--cached", "-o", "json")
    assert {record["region"] for record in cached.json} == {"eu-west-1"}
    missing = secguard("findings", "--cached", "--region", "us-east-1", "-o", "json")
    assert (missing.code, missing.json) == (3, [])
    assert "us-east-1: not in the cache; read it: secguard sync" in missing.stderr


def test_the_home_region_alone_is_read_for_its_own_and_takes_nothing_from_the_others(secguard, synced):
    def counts(said):
        return {each["region"]: (each["findings"], each["open"]) for each in said.json["regions"]}

    before = counts(secguard("sync", "-o", "json"))
    assert counts(secguard("sync", "--region", HOME_REGION, "-o", "json")) == before
    assert counts(secguard("sync", "--full", "--region", HOME_REGION, "-o", "json")) == before


def test_where_nothing_is_on_any_more_there_is_nothing_to_be_seen(secguard, synced):
    backend_of(PRODUCTION, "us-west-2").hub = None
    assert "us-west-2" in {record["region"] for record in secguard("findings", "--cached", "-o", "json").json}
    assert secguard("sync", "--source", "securityhub").code == 0
    assert "us-west-2" not in {record["region"] for record in secguard("findings", "--cached", "-o", "json").json}


def test_what_triage_sets_and_undo_takes_back_is_in_the_cache_at_once(secguard, synced):
    finding = some(secguard)
    set_to = ("--status", "resolved", "--note", "patched", "--set-severity", "low", "--verdict", "true-positive")
    assert secguard("triage", finding["id"], *set_to, "-y").code == 0
    assert finding["id"] not in by_id(secguard("findings", "--cached", "-o", "json"))
    cached = secguard("findings", "--cached", *ALL, "-o", "json")
    assert cached.json == secguard("findings", *ALL, "-o", "json").json
    now = by_id(cached)[finding["id"]]
    assert (now["workflow_status"], now["severity"]) == ("RESOLVED", "LOW")

    run = secguard("history", "-o", "json").json[0]["run_id"]
    assert secguard("undo", run, "-y").code == 0
    back = by_id(secguard("findings", "--cached", "-o", "json"))[finding["id"]]
    assert (back["workflow_status"], back["severity"]) == ("NEW", finding["severity"])


def test_a_remediated_finding_is_in_the_cache_as_it_was_left(secguard, synced):
    said = secguard("findings", "--cached", "--type", "Policy:S3/*", "-o", "json", "--limit", 1)
    (finding,) = said.json
    assert secguard("remediate", finding["id"], "-y").code in (0, 3)
    assert by_id(secguard("findings", "--cached", "-o", "json"))[finding["id"]]["workflow_status"] == "NOTIFIED"


def test_what_guardduty_alone_has_is_archived_in_the_cache_too(secguard, synced):
    listed = secguard("findings", "--cached", "--region", "eu-north-1", "--no-samples", "-o", "json").json
    finding = next(record for record in listed if record["source"] == "guardduty")
    assert secguard("triage", finding["id"], "--status", "resolved", "-y").code in (0, 3)
    after = by_id(secguard("findings", "--cached", *ALL, "-o", "json"))[finding["id"]]
    assert after["record_state"] == "ARCHIVED"


def test_a_cache_that_can_not_be_told_stops_nothing(secguard, synced, cache):
    finding = some(secguard)
    cache().write_bytes(b"no longer a database" * 100)
    said = secguard("triage", finding["id"], "--status", "notified", "-y")
    assert said.code == 0
    assert "the cache does not know of this until the next secguard sync" in said.stderr


def test_nothing_that_acts_acts_on_the_cache(secguard, synced):
    said = secguard("triage", "--cached", "--severity", "high", "--status", "notified")
    assert (said.code, "No such option" in said.stderr) == (2, True)
    assert secguard("remediate", "--cached", "--severity", "high").code == 2


def test_a_gate_counts_in_the_cache_too(secguard, synced):
    for words in ([], ["--group-by", "region"], ["--group-by", "country"], ["-o", "ids"]):
        assert secguard("findings", "--cached", "--fail-on", "critical", *words).code == 5
        assert secguard("findings", "--cached", "--fail-on", "high", "--severity-only", "low", *words).code == 0


def test_a_table_of_very_many_groups_is_cut_and_says_so(secguard, synced):
    said = secguard("findings", "--cached", "--group-by", "resource")
    assert len(said.stdout.splitlines()) == 51
    assert "the first 50 of " in said.stderr
    every = secguard("findings", "--cached", "--group-by", "resource", "-o", "csv").stdout
    assert len(every.splitlines()) > 51
    huge = secguard("findings", "--cached", "--group-by", "resource", "-o", "csv", "--limit", 10**30)
    assert (huge.code, huge.stdout) == (0, every)


@pytest.mark.parametrize("words", [["--source", "guardduty"], ["--from", "-"], ["--source", "auto"]])
def test_the_cache_and_another_source_contradict_one_another(secguard, words):
    said = secguard("findings", "--cached", *words)
    assert said.code == 2
    assert "--cached asks the cache and nothing else" in said.stderr


def test_without_a_cache_the_next_step_is_said(secguard, breach):
    said = secguard("findings", "--cached")
    assert said.code == 1
    assert "there is no cache yet" in said.stderr
    assert "next: fill it: secguard sync" in said.stderr
    assert list(breach.calls) == []


def test_what_is_at_one_endpoint_is_never_taken_for_another(secguard, synced, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    said = secguard("findings", "--cached")
    assert said.code == 2
    assert "there is no cache of what is at http://127.0.0.1:9" in said.stderr


def test_the_cache_is_for_its_owner_alone(synced, cache):
    for path in cache().parent.iterdir():
        if "sqlite3" in path.name and not path.name.endswith(".lock"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(cache().parent.stat().st_mode) == 0o700


def test_a_damaged_cache_is_named_and_filled_anew(secguard, synced, cache):
    with cache().open("r+b") as file:
        file.seek(8192)
        file.write(os.urandom(cache().stat().st_size - 8192))
    said = secguard("findings", "--cached", *ALL)
    assert (said.code, "is damaged" in said.stderr, "next: fill it anew: secguard sync" in said.stderr) == (
        1,
        True,
        True,
    )
    said = secguard("sync")
    assert (said.code, "is damaged" in said.stderr, "it is filled anew" in said.stderr) == (0, True, True)
    assert secguard("findings", "--cached", *ALL, "-o", "json").json == secguard("findings", *ALL, "-o", "json").json


def test_a_cache_of_another_version_is_named_and_filled_anew_and_its_history_stays(secguard, synced, cache):
    with sqlite3.connect(cache()) as database:
        database.execute("PRAGMA user_version = 7")
        database.execute("INSERT INTO day VALUES ('2026-01-01', 1)")
        database.execute("INSERT INTO history VALUES ('2026-01-01', '123456789012', 4, 17)")
    database.close()
    said = secguard("findings", "--cached")
    assert (said.code, "was filled by another version of secguard" in said.stderr) == (1, True)
    said = secguard("sync", "-o", "json")
    assert "it is filled anew" in said.stderr
    assert said.json["new"] == said.json["findings"]
    days = secguard("sync", "--history", "-o", "json").json
    assert days[0]["day"] == "2026-01-01"
    assert days[0]["critical"] == 17


def test_a_full_disk_is_said_and_what_was_read_before_stays(secguard, breach, monkeypatch):
    connected = caches._connected

    def cramped(address, *, uri=False):
        database = connected(address, uri=uri)
        database.execute("PRAGMA max_page_count = 120")
        return database

    monkeypatch.setattr(caches, "_connected", cramped)
    said = secguard("sync")
    assert said.code == 1
    assert "database or disk is full" in said.stderr
    assert "writable and not full" in said.stderr
    monkeypatch.setattr(caches, "_connected", connected)
    assert secguard("sync").code == 0
    assert secguard("findings", "--cached", *ALL, "-o", "json").json == secguard("findings", *ALL, "-o", "json").json


def test_only_one_fills_it_and_the_other_is_told_who(secguard, synced, cache):
    lock = cache().with_name(cache().name + ".lock")
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        lock.write_text("4711\n")
        said = secguard("sync")
        assert said.code == 4
        assert "the cache is being filled by process 4711" in said.stderr
        assert secguard("findings", "--cached").code == 0
    assert secguard("sync").code == 0


def test_whoever_reads_while_it_is_filled_sees_one_moment(secguard, synced, cache):
    with caches.open_to_read(cache()) as reader:
        counting = "SELECT count(*) AS count FROM finding"
        before = next(reader.rows(counting))["count"]
        with caches.open_to_write(cache(), reader.origin) as store, caches.writing(store) as database:
            database.execute("DELETE FROM finding")
        assert next(reader.rows(counting))["count"] == before


def test_an_interrupted_sync_keeps_the_regions_that_were_done(secguard, breach, monkeypatch):
    came_to_its_end, done = syncing.came_to_its_end, []

    def interrupted(store, region, *rest, **more):
        if len(done) == 4:
            raise KeyboardInterrupt
        done.append(region)
        came_to_its_end(store, region, *rest, **more)

    monkeypatch.setattr(syncing, "came_to_its_end", interrupted)
    assert secguard("sync").code == 130
    monkeypatch.setattr(syncing, "came_to_its_end", came_to_its_end)
    partly = secguard("findings", "--cached", *ALL, "-o", "json")
    assert partly.json
    breach.calls.clear()
    assert secguard("sync").code == 0
    whole = {
        call.region for call in breach.calls.of("securityhub", "GetFindings") if not call.parameters.get("Filters")
    }
    assert not whole & set(done)
    assert secguard("findings", "--cached", *ALL, "-o", "json").json == secguard("findings", *ALL, "-o", "json").json


def test_history_tells_how_many_were_open_each_day(secguard, synced):
    opened = secguard("findings", "--cached", "--no-samples", "-o", "json").json
    synced.calls.clear()
    (today,) = secguard("sync", "--history", "-o", "json").json
    assert (today["open"], today["complete"]) == (len(opened), True)
    assert today["critical"] == sum(record["severity"] == "CRITICAL" for record in opened)
    (one,) = secguard("sync", "--history", "--account", "123456789012", "-o", "json").json
    assert one["open"] == sum(record["account"] == "123456789012" for record in opened)
    unknown = secguard("sync", "--history", "--account", "999999999999")
    assert "on none of these days was anything open in 999999999999" in unknown.stderr
    drawn = secguard("sync", "--history")
    assert drawn.stdout.splitlines()[0].split()[:2] == ["DAY", "OPEN"]
    assert "█" in drawn.stdout
    assert list(synced.calls) == []


def test_a_day_on_which_not_everything_could_be_read_says_so(secguard, breach):
    breach.faults.add(answer=DENIED, service="guardduty", region="eu-north-1")
    assert secguard("sync").code == 3
    assert secguard("sync", "--history", "-o", "json").json[0]["complete"] is False
    assert "some Regions are older" in secguard("sync", "--history", "-o", "markdown").stdout
    drawn = secguard("sync", "--history")
    assert " *  " in drawn.stdout
    assert "* some Regions are older than that day" in drawn.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--history", "--full"], "--history reads nothing"),
        (["--account", "123456789012"], "sync reads all that the account sees"),
        (["--source", "macie"], "--source 'macie' is no source"),
        (["--region", "mars-1"], "'mars-1' is no Region"),
    ],
)
def test_what_makes_no_sense_to_sync_is_refused(secguard, breach, words, said):
    refused = secguard("sync", *words)
    assert refused.code == 2
    assert said in refused.stderr


def test_each_region_is_told_in_every_format(secguard, synced):
    for output in ("csv", "markdown", "table"):
        said = secguard("sync", "-o", output)
        assert said.code == 0
        assert "eu-west-1" in said.stdout
        assert "0 new, 0 changed, 0 gone" in said.stderr
    assert secguard("sync", "-o", "json").json["account"] == "123456789012"


def test_one_finding_is_shown_from_the_cache_by_any_of_its_ids(secguard, synced):
    finding = some(secguard, "--resource-type", "AwsEc2Instance")
    live = secguard("show", finding["short_id"], "-o", "json").json
    synced.calls.clear()
    for name in (finding["short_id"], finding["id"]):
        cached = secguard("show", name, "--cached", "-o", "json")
        assert (cached.code, list(synced.calls)) == (0, [])
        assert "from the cache of 123456789012" in cached.stderr
        assert {**cached.json, "history": live["history"]} == live
    assert secguard("show", finding["id"], "--cached", "--raw").json["Id"] == finding["id"]
    page = secguard("show", finding["id"], "--cached")
    assert finding["title"] in page.stdout
    assert "the cache keeps no history" in page.stderr
    assert secguard("show", "00000000", "--cached").code == 2
    assert secguard("show", finding["id"], "--cached", "--incident").code == 2


def test_insights_of_our_own_are_counted_in_the_cache(secguard, synced):
    live = secguard("insights", "resources", "-o", "json").json
    synced.calls.clear()
    cached = secguard("insights", "resources", "--cached", "-o", "json")
    assert (cached.json, list(synced.calls)) == (live, [])
    assert "from the cache of 123456789012" in cached.stderr
    assert secguard("insights", "--cached").code == 2
    assert "'nonsense' is none" in secguard("insights", "nonsense", "--cached").stderr


def test_where_there_is_nothing_to_group_it_is_said(secguard, synced):
    said = secguard("findings", "--cached", "--group-by", "type", "--title", "no such title")
    assert (said.code, "nothing to group" in said.stderr) == (0, True)


def test_incidents_are_tied_in_the_cache_too(secguard, synced):
    words = ("--group-by", "incident", "-o", "json", "--no-samples")
    live = secguard("findings", *words).json
    assert live
    assert secguard("findings", "--cached", *words).json == live
