"""`secguard findings` and `secguard show` against the sandbox: what is asked, what is answered, what is said."""

import csv
import io
import json
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from secguard.findings.query import WORST_FIRST

KEYS = {
    "id", "short_id", "product_arn", "source", "product", "account", "region", "severity", "severity_score", "priority",
    "priority_reasons", "title", "description", "types", "resources", "actor", "workflow_status", "record_state",
    "compliance_status", "control_id", "standards", "count", "first_seen", "last_seen", "updated_at", "sample",
    "console_url", "playbooks", "mitre",
}  # fmt: skip
"""Every key of a finding's record."""
LEVELS = [level.name for level in WORST_FIRST]


@pytest.fixture
def everything(secguard, breach):
    """Every open finding."""
    listed = secguard("findings", "-o", "json").json
    breach.calls.clear()
    return listed


def asked(server):
    return server.calls.of("securityhub", "GetFindings")


def levels_of(call):
    """The severities that were asked for."""
    return [value["Value"] for value in call.parameters["Filters"]["SeverityLabel"]]


def test_high_findings_are_a_table_with_the_worst_on_top(secguard, breach, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    said = secguard("findings", "--severity", "high")
    assert said.code == 0
    heading, *rows = said.stdout.splitlines()
    assert heading.split()[:5] == ["SEVERITY", "ID", "WHAT", "RESOURCE", "SEEN"]
    assert len(rows) == 50
    assert {row.split()[0] for row in rows} == {"critical", "high"}
    assert rows[0].startswith("critical")
    assert max(map(len, rows)) <= 120
    assert "showing 50 of" in said.stderr


def test_nothing_is_written(secguard, breach):
    secguard("findings", "-o", "json")
    assert breach.calls.writes() == []


def test_behind_the_aggregator_a_region_is_asked_for_its_first_page_alone(secguard, breach):
    """Which tells that Security Hub is on there. What it has comes from the aggregator's Region."""
    said = secguard("findings", "-o", "jsonl", "--severity", "high")
    regions = {json.loads(line)["region"] for line in said.stdout.splitlines()}
    assert len(regions) > 3
    assert {region for region, times in Counter(call.region for call in asked(breach)).items() if times > 1} == {
        "us-east-1"
    }
    assert all(levels_of(call) == ["CRITICAL", "HIGH"] for call in asked(breach))


def test_a_table_asks_level_by_level_the_worst_first(secguard, breach):
    secguard("findings", "--severity", "high", "--limit", "100")
    assert list(dict.fromkeys(map(str, map(levels_of, asked(breach))))) == ["['CRITICAL']", "['HIGH']"]


def test_every_record_has_the_keys_that_programs_rely_on(secguard, breach):
    found = secguard("findings", "-o", "json").json
    assert len(found) > 200
    for record in found:
        assert record.keys() == KEYS
        assert set(record["resources"][0]) == {"type", "id", "name", "region", "account", "tags"}
        assert 0 <= record["priority"] <= 100
        assert record["priority_reasons"]
    assert any(record["playbooks"] for record in found)
    assert any(record["actor"] for record in found)


def test_lines_arrive_level_by_level_the_worst_first(secguard, breach):
    records = [json.loads(line) for line in secguard("findings", "-o", "jsonl").stdout.splitlines()]
    levels = [LEVELS.index(record["severity"]) for record in records]
    assert levels == sorted(levels)


def test_every_format_tells_the_same_findings(secguard, breach):
    wanted = {record["short_id"] for record in secguard("findings", "-o", "json", "--severity", "high").json}
    ids = secguard("findings", "-o", "ids", "--severity", "high").stdout.split()
    rows = list(csv.DictReader(io.StringIO(secguard("findings", "-o", "csv", "--severity", "high").stdout)))
    markdown = secguard("findings", "-o", "markdown", "--severity", "high").stdout
    assert len(ids) == len(wanted)
    assert set(ids) == wanted
    assert {row["short_id"] for row in rows} == wanted
    assert all(f"| {short} |" in markdown for short in wanted)


def test_asff_is_as_it_was_received(secguard, breach):
    raw = secguard("findings", "-o", "asff", "--limit", "3").json
    assert len(raw) == 3
    assert all({"SchemaVersion", "ProductArn", "AwsAccountId"} <= item.keys() for item in raw)


@pytest.mark.parametrize(
    ("options", "holds"),
    [
        (["--product", "guardduty"], lambda record: record["product"] == "GuardDuty"),
        (["--control", "S3.2"], lambda record: record["control_id"] == "S3.2"),
        (["--control", "s3.2"], lambda record: record["control_id"] == "S3.2"),
        (["--type", "UnauthorizedAccess:*"], lambda record: record["types"][0].startswith("UnauthorizedAccess:")),
        (["--account", "222222222222"], lambda record: record["account"] == "222222222222"),
        (["--region", "eu-west-1"], lambda record: record["region"] == "eu-west-1"),
        (["--severity-only", "critical,low"], lambda record: record["severity"] in {"CRITICAL", "LOW"}),
        (["--compliance", "failed"], lambda record: record["compliance_status"] == "FAILED"),
        (["--standard", "fsbp"], lambda record: "aws-foundational" in "".join(record["standards"])),
        (["--resource-type", "AwsIam"], lambda record: "AwsIam" in str([r["type"] for r in record["resources"]])),
        (["--resource-type", "AwsS3Bucket"], lambda record: "AwsS3Bucket" in {r["type"] for r in record["resources"]}),
        (["--resource", "acme-"], lambda record: any("acme-" in r["id"] for r in record["resources"])),
        (["--ip", "193.32.162.157"], lambda record: (record["actor"] or {}).get("ip") == "193.32.162.157"),
        (["--no-samples"], lambda record: not record["sample"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_filter_keeps_what_it_says_and_all_of_it(secguard, everything, options, holds):
    found = secguard("findings", "-o", "json", *options).json
    wanted = {record["id"] for record in everything if holds(record)}
    assert wanted
    assert {record["id"] for record in found} == wanted


def test_samples_are_listed_and_marked_and_stand_last_among_the_real(secguard, breach):
    found = secguard("findings", "-o", "json").json
    samples = [record["sample"] for record in found]
    assert any(samples)
    assert samples.index(True) > len(samples) - 2 * sum(samples) - 60
    assert all(record["priority"] <= 1 for record in found if record["sample"])


def test_resolved_findings_are_listed_when_they_are_asked_for(secguard, breach):
    found = secguard("findings", "-o", "json", "--status", "resolved").json
    assert {record["workflow_status"] for record in found} == {"RESOLVED"}


def test_a_region_that_was_denied_is_named_and_the_rest_is_there(secguard, breach):
    breach.faults.add(answer=(403, "AccessDeniedException", "no"), service="securityhub", region="us-east-1")
    said = secguard("findings", "-q", "-o", "json")
    assert said.code == 3
    assert len(said.json) > 50
    assert "incomplete: 123456789012 us-east-1: " in said.stderr


def test_a_region_where_security_hub_is_off_is_named(secguard, breach):
    off = next(
        region
        for region in ("ap-south-1", "sa-east-1", "ca-central-1", "eu-north-1", "us-west-1", "ap-northeast-3")
        if secguard("findings", "--region", region).code != 0
    )
    said = secguard("findings", "--region", f"us-east-1,{off}", "-o", "json")
    assert said.code == 3
    assert f"incomplete: 123456789012 {off}: Security Hub is not enabled" in said.stderr
    assert said.json


def test_where_nothing_answers_there_is_an_error_and_no_empty_list(secguard, breach):
    breach.faults.add(answer=(403, "AccessDeniedException", "no"), service="securityhub")
    said = secguard("findings")
    assert said.code == 1
    assert "could be asked nowhere" in said.stderr
    assert "next: " in said.stderr


def test_an_answer_without_its_list_is_no_empty_list(secguard, breach):
    breach.faults.add(answer="empty", service="securityhub", operation="GetFindings", region="us-east-1")
    said = secguard("findings", "--region", "us-east-1")
    assert said.code != 0


@pytest.mark.parametrize(
    ("level", "options", "code"),
    [
        ("critical", [], 5),
        ("high", ["--severity-only", "low"], 0),
        ("low", ["--severity-only", "low", "-o", "jsonl"], 5),
    ],
)
def test_a_gate_fails_on_what_is_found(secguard, breach, level, options, code):
    assert secguard("findings", "--fail-on", level, *options).code == code


def test_a_gate_does_not_hide_that_a_region_was_not_reached(secguard, breach):
    breach.faults.add(answer=(403, "AccessDeniedException", "no"), service="securityhub", region="us-east-1")
    assert secguard("findings", "--fail-on", "low").code == 3


@pytest.mark.parametrize(
    "options",
    [
        ["--severity", "severe"],
        ["--since", "soon"],
        ["--region", "us-east-1,us-eest-1"],
        ["--ip", "nowhere"],
        ["--sort", "colour"],
        ["--fail-on", "h"],
        ["--limit", "0"],
        ["--resource", ""],
        ["--product", "guardduty", "--product", " , "],
        ["--region", ""],
        ["--status", ""],
        ["--from", ""],
        ["--severity", "high", "--severity-only", "low"],
    ],
)
def test_what_makes_no_sense_is_refused_before_aws_is_asked_for_findings(secguard, breach, options):
    said = secguard("findings", *options)
    assert said.code == 2
    assert said.stderr
    assert asked(breach) == []


def test_a_limit_and_an_order_hold_in_every_format(secguard, breach):
    found = [
        json.loads(line)
        for line in secguard("findings", "-o", "jsonl", "--sort", "updated", "--limit", "5").stdout.splitlines()
    ]
    assert len(found) == 5
    updates = [record["updated_at"] for record in found]
    assert updates == sorted(updates, reverse=True)


def test_a_reader_that_leaves_ends_it_quietly(breach):
    line = f"{sys.executable} -m secguard findings -o jsonl | head -n 1"
    done = subprocess.run(
        ["bash", "-c", f"{line}; echo ${{PIPESTATUS[0]}}"], capture_output=True, text=True, check=True, timeout=60
    )
    record, code = done.stdout.splitlines()
    assert json.loads(record)["severity"] == "CRITICAL"
    assert code == "0"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("options", "into"),
    [
        ([], ">&-"),
        (["-o", "jsonl"], ">&-"),
        (["-o", "ids", "--limit", "1"], "2>&- >$ANSWER"),
        ([], "<&- | cat >$ANSWER"),
    ],
)
def test_a_stream_that_is_closed_from_the_start_stops_nothing(breach, tmp_path, options, into):
    line = shlex.join([sys.executable, "-m", "secguard", "findings", *options])
    answer = tmp_path / "answer"
    script = f"set -o pipefail; ANSWER={answer}; {line} {into}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert answer.exists() == ("ANSWER" in into)
    assert not answer.exists() or answer.read_text()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize("buffered", ["", "1"])
@pytest.mark.parametrize(
    "options", [["findings"], ["findings", "-o", "jsonl"], ["findings", "--group-by", "region"], ["--help"]]
)
def test_an_answer_that_finds_no_room_is_an_error_and_no_traceback(breach, monkeypatch, options, buffered):
    monkeypatch.setenv("PYTHONUNBUFFERED", buffered)
    line = shlex.join([sys.executable, "-m", "secguard", *options])
    done = subprocess.run(["bash", "-c", f"{line} >/dev/full"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "error: the answer could not be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_talk_that_finds_no_room_leaves_the_answer_whole(breach):
    line = shlex.join([sys.executable, "-m", "secguard", "findings", "-o", "ids"])
    done = subprocess.run(
        ["bash", "-c", f"{line} 2>/dev/full"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0
    assert done.stdout.count("\n") > 100


def test_findings_are_listed_where_no_state_can_be_kept(secguard, breach, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SECGUARD_STATE_DIR", str(tmp_path / "file" / "state"))
    said = secguard("findings", "-o", "ids", "--limit", "3")
    assert (said.code, said.stdout.count("\n")) == (0, 3)
    assert "the short ids could not be kept" in said.stderr


def test_what_a_short_id_stands_for_is_known_to_the_next_command(secguard, breach):
    short = secguard("findings", "-o", "ids", "--limit", "1").stdout.strip()
    breach.calls.clear()
    said = secguard("show", short, "-o", "json")
    assert said.code == 0
    assert said.json["short_id"] == short
    assert asked(breach)[0].parameters["Filters"].keys() == {"Id"}


def test_a_query_is_answered_with_what_it_finds(secguard, breach, everything):
    said = secguard("findings", "--query", "[?severity=='CRITICAL'] | length(@)")

    assert (said.code, said.json) == (0, sum(each["severity"] == "CRITICAL" for each in everything))


@pytest.mark.parametrize(("more", "named"), [(["["], "no JMESPath"), (["@", "-o", "csv"], "--query answers in JSON")])
def test_a_query_that_makes_no_sense_is_refused_before_aws_is_asked(secguard, breach, more, named):
    said = secguard("findings", "--query", *more)

    assert (said.code, said.stdout) == (2, "")
    assert named in said.stderr
    assert len(breach.calls) == 0


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "markdown", "table"])
def test_findings_are_counted_by_what_they_have_in_common(secguard, breach, form):
    said = secguard("findings", "--group-by", "product", "-o", form)

    assert said.code == 0
    assert "GuardDuty" in said.stdout
    assert "Inspector" in said.stdout


def test_groups_count_every_finding_and_limit_counts_groups(secguard, breach, everything):
    groups = secguard("findings", "--group-by", "severity", "-o", "json").json

    there = {each["severity"] for each in everything}
    assert [group["key"] for group in groups] == [name for name in LEVELS if name in there]
    assert sum(group["count"] for group in groups) == len(everything)
    assert len(secguard("findings", "--group-by", "severity", "--limit", "2", "-o", "json").json) == 2


@pytest.mark.parametrize(
    ("more", "named"),
    [(["colour"], "no such grouping"), (["type", "-o", "ids"], "no answer"), (["type", "--query", "@"], "two views")],
)
def test_a_grouping_that_makes_no_sense_is_refused_before_aws_is_asked(secguard, breach, more, named):
    said = secguard("findings", "--group-by", *more)

    assert (said.code, said.stdout) == (2, "")
    assert named in said.stderr
    assert len(breach.calls) == 0
