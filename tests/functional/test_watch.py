"""`secguard watch` against the sandbox: what is shown as it comes, what is said of what can't be seen, how it ends."""

import csv
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from secguard.sandbox.cast import PRODUCTION

ONLY_GUARDDUTY = "eu-north-1"
THROTTLED = (429, "TooManyRequestsException", "Too Many Requests")
EXPIRED = (403, "ExpiredTokenException", "The security token included in the request is expired")


class PassingClock:
    """The machine's clock, with waits that pass at once; during each, the next thing happens."""

    def __init__(self):
        self.ahead = 0.0
        self.happens = []

    def now(self):
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def monotonic(self):
        return time.monotonic() + self.ahead

    def sleep(self, seconds):
        self.ahead += seconds
        if self.happens:
            self.happens.pop(0)()


@pytest.fixture
def clock(monkeypatch):
    passing = PassingClock()
    monkeypatch.setattr("secguard.cli.watch.SystemClock", lambda: passing)
    # Rounds that follow one another at once would wait for the quota instead.
    monkeypatch.setattr("secguard.aws.pace.SECURITY_HUB", {})
    return passing


@pytest.fixture
def arrives(breach):
    """A finding arrives in Security Hub; by default it has just been made."""

    def arrive(number=1, *, severity="HIGH", region="us-east-1", ago=0.0, made_ago=None, title=None):
        def stamp(seconds):
            return (datetime.now(UTC) - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

        finding = {
            "SchemaVersion": "2018-10-08",
            "Id": f"watched-{number}",
            "ProductArn": f"arn:aws:securityhub:{region}:{PRODUCTION}:product/{PRODUCTION}/default",
            "GeneratorId": "ours",
            "AwsAccountId": PRODUCTION,
            "Types": ["Unusual Behaviors"],
            "CreatedAt": stamp(ago if made_ago is None else made_ago),
            "UpdatedAt": stamp(ago),
            "Severity": {"Label": severity},
            "Title": title or f"watched {number}",
            "Description": "for a test",
            "Resources": [{"Type": "AwsEc2Instance", "Id": f"arn:aws:ec2:{region}:{PRODUCTION}:instance/i-{number}"}],
        }
        answer = boto3.client("securityhub", region_name=region).batch_import_findings(Findings=[finding])
        assert answer["SuccessCount"] == 1

    return arrive


def records(said):
    return [json.loads(line) for line in said.stdout.splitlines()]


def changes(said):
    return [(record["title"], record["change"], record["change_to"]) for record in records(said)]


def nothing():
    """Nothing happens meanwhile."""


def test_what_is_there_is_not_shown_and_what_comes_is_shown_with_the_reason(secguard, breach, clock, arrives):
    clock.happens = [arrives, nothing, lambda: arrives(severity="CRITICAL")]
    said = secguard("watch", "--for", "2m", "-o", "jsonl")
    assert said.code == 0
    assert changes(said) == [("watched 1", "new", None), ("watched 1", "worse", "CRITICAL")]
    assert records(said)[1]["change_from"] == "HIGH"
    assert records(said)[0]["priority"] > 0
    assert "watching Security Hub in us-east-1 for 10 Regions, GuardDuty in" in said.stderr
    assert "every 30 s" in said.stderr
    assert "watched for 2 min; 2 shown" in said.stderr
    assert breach.calls.of("securityhub", "BatchUpdateFindings") == []


def test_a_round_asks_each_place_for_what_was_updated_lately_and_for_nothing_else(secguard, breach, clock):
    clock.happens = [breach.calls.clear]
    said = secguard("watch", "--for", "30s", "-o", "ids")
    assert said.stdout == ""
    asked = breach.calls.of("securityhub", "GetFindings")
    assert [call.region for call in asked] == ["us-east-1"] * 2
    assert all("UpdatedAt" in call.parameters["Filters"] for call in asked)
    listed = breach.calls.of("guardduty", "ListFindings")
    assert {call.region for call in listed} == {ONLY_GUARDDUTY, "ap-southeast-1"}
    assert all("updatedAt" in call.parameters["FindingCriteria"]["Criterion"] for call in listed)
    assert breach.calls.of("securityhub", "DescribeHub") == []
    assert breach.calls.writes() == []


def test_a_finding_behind_the_aggregator_is_shown_from_its_own_region(secguard, breach, clock, arrives):
    clock.happens = [lambda: arrives(region="eu-west-1")]
    (record,) = records(secguard("watch", "--count", "1", "-o", "jsonl"))
    assert record["region"] == "eu-west-1"


def test_only_what_was_asked_for_is_shown(secguard, breach, clock, arrives):
    clock.happens = [lambda: [arrives(1, severity="LOW"), arrives(2, severity="HIGH")]]
    said = secguard("watch", "--severity", "high", "--for", "2m", "-o", "jsonl")
    assert changes(said) == [("watched 2", "new", None)]


def test_every_format_tells_the_same_and_none_does_harm(secguard, breach, arrives):
    arrives(title="=HYPERLINK(1)\x1b[2J")
    said = {
        output: secguard("watch", "--since", "1h", "--title", "hyperlink", "--once", "-o", output).stdout
        for output in ("table", "jsonl", "csv", "ids")
    }
    assert "\x1b[2J" not in "".join(said.values())
    short = said["ids"].strip()
    assert short in said["table"]
    assert json.loads(said["jsonl"])["short_id"] == short
    (row,) = csv.DictReader(io.StringIO(said["csv"]))
    assert (row["short_id"], row["change"], row["severity"]) == (short, "new", "HIGH")
    assert row["title"].startswith("'=")
    assert secguard("show", short).code == 0


def test_a_line_fits_the_terminal(secguard, breach, clock, arrives, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    clock.happens = [lambda: arrives(title="long " * 60)]
    (line,) = secguard("watch", "--count", "1").stdout.splitlines()
    assert len(line) <= 80
    assert "  new    long long" in line


def test_with_since_what_was_made_since_then_is_shown_first(secguard, breach, clock, arrives):
    arrives(1, ago=1800)
    arrives(2, ago=7200)
    said = secguard("watch", "--since", "1h", "--once", "--title", "watched", "-o", "jsonl")
    assert changes(said) == [("watched 1", "new", None)]


def test_the_next_watch_goes_on_where_the_last_one_stopped(secguard, breach, arrives):
    first = secguard("watch", "--since", "last", "--once", "-o", "jsonl")
    assert (first.code, first.stdout) == (0, "")
    assert "nobody has watched this before" in first.stderr
    arrives(1, severity="LOW")
    said = secguard("watch", "--since", "last", "--once", "-o", "jsonl")
    assert changes(said) == [("watched 1", "new", None)]
    assert "going on where the watch stopped at" in said.stderr
    arrives(1, severity="HIGH")
    said = secguard("watch", "--since", "last", "--once", "-o", "jsonl")
    assert changes(said) == [("watched 1", "worse", "HIGH")]
    assert secguard("watch", "--since", "last", "--once", "-o", "jsonl").stdout == ""
    assert "nobody has watched this" in secguard("watch", "--since", "last", "--once", "--severity", "high").stderr


def test_what_a_count_held_back_is_shown_by_the_next_watch(secguard, breach, clock, arrives):
    clock.happens = [lambda: [arrives(number) for number in (1, 2, 3)]]
    first = secguard("watch", "--count", "2", "-o", "jsonl")
    second = secguard("watch", "--since", "last", "--once", "-o", "jsonl")
    assert len(records(first)) == 2
    assert sorted(change[0] for change in changes(first) + changes(second)) == ["watched 1", "watched 2", "watched 3"]


def test_what_a_count_held_back_in_the_first_round_is_shown_by_the_next_watch(secguard, breach, arrives):
    for number in (1, 2, 3):
        arrives(number, ago=1800, title=f"held back {number}")
    watched = ("--title", "held back", "--once", "-o", "jsonl")
    first = secguard("watch", "--since", "1h", "--count", "2", *watched)
    assert "were there before" not in first.stderr
    second = secguard("watch", "--since", "last", *watched)
    titles = sorted(record["title"] for record in records(first) + records(second))
    assert (len(records(first)), titles) == (2, ["held back 1", "held back 2", "held back 3"])


def test_the_help_offers_what_a_watch_takes_and_nothing_else(secguard):
    said = secguard("watch", "--help").stdout
    assert ("--until" in said, "or last" in said) == (False, True)
    assert "--until" in secguard("findings", "--help").stdout


def test_where_it_can_not_be_kept_how_far_it_has_come_the_watch_goes_on(secguard, breach, clock, arrives, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "watch.sqlite3").write_text("no database " * 100)
    clock.happens = [arrives]
    said = secguard("watch", "--since", "last", "--count", "1", "-o", "jsonl")
    assert changes(said) == [("watched 1", "new", None)]
    assert "where the last watch stopped can't be read" in said.stderr
    assert "could not be kept" in said.stderr


def test_a_region_that_falls_silent_is_named_once_and_read_again_when_it_speaks(secguard, breach, clock):
    """GuardDuty's own finding, made while nobody could see it."""

    def falls_silent():
        breach.faults.add(answer=(403, "AccessDeniedException", "no"), service="guardduty", region=ONLY_GUARDDUTY)

    def speaks():
        breach.faults.clear()
        client = boto3.client("guardduty", region_name=ONLY_GUARDDUTY)
        (detector,) = client.list_detectors()["DetectorIds"]
        client.create_sample_findings(DetectorId=detector, FindingTypes=["Recon:EC2/Portscan"])

    clock.happens = [falls_silent, nothing, nothing, nothing, speaks]
    said = secguard("watch", "--for", "10m", "-o", "jsonl")
    assert said.code == 0
    assert said.stderr.count("blind since") == 1
    assert f"Z: {ONLY_GUARDDUTY}: " in said.stderr
    assert f": {ONLY_GUARDDUTY}; what came meanwhile has been read" in said.stderr
    assert "was blind for" in said.stderr
    assert [(record["types"][0], record["region"]) for record in records(said)] == [
        ("Recon:EC2/Portscan", ONLY_GUARDDUTY)
    ]


def test_a_region_that_stays_silent_makes_the_watch_incomplete(secguard, breach, clock, arrives):
    breach.faults.add(answer=(403, "AccessDeniedException", "no"), service="guardduty", region=ONLY_GUARDDUTY)
    clock.happens = [arrives]
    said = secguard("watch", "--for", "2m", "-q", "-o", "jsonl")
    assert said.code == 3
    assert changes(said) == [("watched 1", "new", None)]
    assert said.stderr.count("blind since") == 2
    assert f"incomplete: {PRODUCTION} {ONLY_GUARDDUTY}: blind since" in said.stderr


@pytest.mark.parametrize("answer", [THROTTLED, "drop", "hang", "garbage"])
def test_everything_silent_is_survived(secguard, breach, clock, arrives, answer):
    def silence():
        breach.faults.add(answer=answer, service="securityhub")
        breach.faults.add(answer=answer, service="guardduty")

    def speak():
        breach.faults.clear()
        arrives()

    clock.happens = [silence, speak]
    said = secguard("watch", "--for", "2m", "--timeout", "1s", "-o", "jsonl")
    assert said.code == 0
    assert changes(said) == [("watched 1", "new", None)]
    assert "blind since" in said.stderr
    assert "seeing again after" in said.stderr


def test_expired_credentials_are_waited_for(secguard, breach, clock, arrives, monkeypatch):
    key = os.environ["AWS_ACCESS_KEY_ID"]

    def expire():
        breach.faults.add(answer=EXPIRED)

    def sign_in():
        breach.faults.clear()
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        arrives()

    clock.happens = [expire, nothing, sign_in]
    said = secguard("watch", "--for", "2m", "-o", "jsonl")
    assert said.code == 0
    assert changes(said) == [("watched 1", "new", None)]
    assert said.stderr.count("blind since") == 2  # Security Hub, and GuardDuty
    assert "expired" in said.stderr


def test_where_nothing_can_be_asked_at_all_it_fails_at_once(secguard, breach, clock):
    breach.faults.add(answer=(403, "AccessDeniedException", "no"), operation="GetFindings")
    breach.faults.add(answer=(403, "AccessDeniedException", "no"), operation="ListFindings")
    said = secguard("watch")
    assert said.code == 1
    assert "Security Hub and GuardDuty could be asked nowhere" in said.stderr
    assert clock.ahead == 0


def test_without_credentials_it_fails_at_once(secguard, breach, clock):
    breach.faults.add(answer=EXPIRED)
    said = secguard("watch")
    assert said.code == 1
    assert "sign in" in said.stderr


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--until", "1h"], "--until: a watch goes on"),
        (["--interval", "1s"], "--interval 1s is too short"),
        (["--exec", "no-such-command"], "there is no such command"),
        (["--exec", "'open"], "can't be read"),
        (["--since", "whenever"], "is not a time"),
        (["--source", "cloudtrail"], "is no source"),
        (["--count", "0"], "--count"),
        (["--for", "0s"], "--for"),
        (["--from", "-"], "--from"),
        (["-o", "markdown"], "--output"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked(secguard, breach, options, problem):
    said = secguard("watch", *options)
    assert said.code == 2
    assert problem in said.stderr
    assert breach.calls.of("securityhub", "GetFindings") == []


def test_a_command_is_run_for_each_finding_and_one_that_fails_is_told(secguard, breach, clock, arrives, tmp_path):
    out = tmp_path / "out"
    program = (
        "import json, os, sys; record = json.load(sys.stdin);"
        f"open({str(out)!r}, 'a').write(json.dumps([record['change'], record['short_id'] == os.environ"
        "['SECGUARD_SHORT_ID'], os.environ['SECGUARD_SEVERITY'], os.environ['SECGUARD_TITLE'],"
        "os.environ['SECGUARD_ACCOUNT'], os.environ['SECGUARD_REGION']]) + '\\n');"
        "sys.exit('2' in os.environ['SECGUARD_TITLE'])"
    )
    clock.happens = [lambda: arrives(1, title="$(evil)\x1b"), lambda: arrives(2)]
    said = secguard("watch", "--count", "2", "--exec", shlex.join([sys.executable, "-c", program]))
    assert said.code == 0
    assert [json.loads(line) for line in out.read_text().splitlines()] == [
        ["new", True, "HIGH", "$(evil)\\x1b", PRODUCTION, "us-east-1"],
        ["new", True, "HIGH", "watched 2", PRODUCTION, "us-east-1"],
    ]
    assert said.stderr.count(": exit code 1") == 1


def test_a_slow_command_does_not_hold_up_the_watch_and_is_ended(secguard, breach, clock, arrives):
    clock.happens = [lambda: [arrives(1), arrives(2)], lambda: arrives(3)]
    said = secguard("watch", "--count", "3", "--exec", "sleep 60", "--exec-timeout", "0.2s", "-o", "ids")
    assert len(said.stdout.split()) == 3
    assert said.stderr.count("stopped after 0.2 s") == 3


@pytest.fixture
def process(breach):
    """A watch of its own, and its lines on stderr as they come."""
    begun = []

    def begin(*options, **how):
        words = [sys.executable, "-m", "secguard", "watch", *options]
        begun.append(subprocess.Popen(words, stderr=subprocess.PIPE, text=True, **{"stdout": subprocess.PIPE, **how}))
        return begun[-1]

    yield begin
    for each in begun:
        each.kill()
        each.communicate()


def says(process, text):
    """Read what it says until it has said this."""
    heard = ""
    while text not in heard:
        line = process.stderr.readline()
        assert line, heard
        heard += line
    return heard


def test_ctrl_c_is_a_quiet_end_and_loses_nothing(secguard, process, arrives):
    watch = process("--interval", "5s", "-o", "jsonl")
    says(watch, "were there before")
    watch.send_signal(signal.SIGINT)
    stdout, stderr = watch.communicate(timeout=30)
    assert watch.returncode == 130
    assert "Traceback" not in stderr
    assert "Aborted" not in stderr
    assert "0 shown" in stderr
    assert stdout == ""
    arrives()
    assert changes(secguard("watch", "--since", "last", "--once", "-o", "jsonl")) == [("watched 1", "new", None)]


def test_a_watch_that_was_killed_is_gone_on_with(secguard, process, arrives):
    watch = process("--interval", "5s", "-o", "jsonl")
    says(watch, "were there before")
    watch.kill()
    watch.wait()
    arrives()
    assert changes(secguard("watch", "--since", "last", "--once", "-o", "jsonl")) == [("watched 1", "new", None)]


def test_at_ctrl_c_the_commands_that_were_not_run_are_named(process, arrives):
    arrives(1)
    arrives(2)
    watch = process("--since", "10m", "--title", "watched", "--exec", "sleep 60", "-o", "ids")
    says(watch, "were there before")
    ids = [watch.stdout.readline().strip() for _ in range(2)]
    watch.send_signal(signal.SIGINT)
    _, stderr = watch.communicate(timeout=30)
    assert watch.returncode == 130
    assert f"--exec was not run for {ids[1]}" in stderr


def test_a_reader_that_leaves_ends_the_watch_quietly(process, arrives):
    arrives()
    read, write = os.pipe()
    os.close(read)
    watch = process("--since", "1h", "-o", "jsonl", stdout=write)
    os.close(write)
    _, stderr = watch.communicate(timeout=60)
    assert watch.returncode == 0
    assert "Traceback" not in stderr


def test_the_bell_rings_once_a_round_and_only_on_a_terminal(secguard, breach, arrives, monkeypatch):
    arrives(1)
    arrives(2)
    words = ("watch", "--since", "1h", "--title", "watched", "--once", "--bell")
    assert "\a" not in secguard(*words).stderr
    monkeypatch.setattr("secguard.cli.talk.Talk.live", True)
    assert secguard(*words).stderr.count("\a") == 1
