"""`secguard insights` against the sandbox: what is asked, what is answered, what is kept and taken back."""

import csv
import io
import json

import pytest

from secguard.findings.insights.own import BUILT_IN

ACCOUNT, HOME, FAR = "123456789012", "us-east-1", "eu-west-1"
ROWS = ("key", "count", "share", "critical", "high", "medium", "low", "informational")
DENIED = (403, "AccessDeniedException", "not authorized to perform: securityhub:GetInsights")


@pytest.fixture
def kept(breach):
    """The insights that an account's Security Hub keeps in one Region, by name."""

    def insights(region=HOME, account=ACCOUNT):
        from secguard.sandbox.securityhub.backend import backend_of  # noqa: PLC0415 - moto, only where it is used

        return {each["Name"]: each for each in backend_of(account, region).insights.values()}

    return insights


@pytest.fixture
def make(secguard):
    """Make an insight, and return the run's record."""

    def create(name, *words):
        said = secguard("insights", "create", name, *words, "-y", "-o", "json")
        assert said.code == 0, said.stderr
        return said.json

    return create


def listed(said, kind):
    return {record["name"]: record for record in said.json if record["kind"] == kind}


def test_without_a_name_all_are_listed_with_what_most_findings_have(secguard, breach, make):
    make("Worst", "--group-by", "severity")
    said = secguard("insights", "-o", "json")
    worst = listed(said, "custom")["Worst"]

    assert said.code == 0
    assert list(listed(said, "built-in")) == [each.name for each in BUILT_IN]
    assert (worst["top"], worst["region"], worst["values"]) == ("MEDIUM", HOME, 4)
    assert worst["count"] > 50
    assert listed(said, "managed") == {}


def test_awss_own_are_listed_when_they_are_asked_for(secguard, breach):
    said = secguard("insights", "--all", "-o", "json")
    managed = listed(said, "managed")

    assert len(managed) == 35
    assert managed["Severity by counts of findings"]["top"] == "MEDIUM"
    assert managed["Severity by counts of findings"]["id"] == "default/29"
    assert len(breach.calls.of("securityhub", "GetInsightResults")) == 35
    assert (
        len([call for call in breach.calls.of("securityhub", "GetInsights") if call.parameters.get("InsightArns")]) == 1
    )


@pytest.mark.parametrize("insight", [each.name for each in BUILT_IN])
@pytest.mark.parametrize("width", ["80", "200"])
def test_every_insight_of_secguards_fits_the_terminal(secguard, breach, monkeypatch, insight, width):
    monkeypatch.setenv("COLUMNS", width)
    said = secguard("insights", insight)
    lines = said.stdout.splitlines()

    assert said.code == 0
    assert len(lines) > 1
    assert max(map(len, lines)) <= int(width)
    assert "\x1b" not in said.stdout


def test_the_counts_are_those_of_the_findings(secguard, breach):
    findings = secguard("findings", "--severity", "high", "--no-samples", "-o", "json").json
    said = secguard("insights", "accounts", "--severity", "high", "-o", "json").json

    assert said["findings"] == len(findings)
    for row in said["rows"]:
        assert row["count"] == sum(found["account"] == row["key"] for found in findings)
    assert [row["count"] for row in said["rows"]] == sorted((row["count"] for row in said["rows"]), reverse=True)


def test_samples_count_only_where_they_are_asked_for(secguard, breach):
    without, included = (
        secguard("insights", "products", *words, "-o", "json").json["findings"]
        for words in ((), ("--include-samples",))
    )

    assert included > without > 0


def test_every_format_has_the_same_rows(secguard, breach):
    rows = secguard("insights", "types", "-o", "json").json["rows"]
    lines = [json.loads(line) for line in secguard("insights", "types", "-o", "jsonl").stdout.splitlines()]
    table = list(csv.DictReader(io.StringIO(secguard("insights", "types", "-o", "csv").stdout)))
    markdown = secguard("insights", "types", "-o", "markdown").stdout.splitlines()

    assert lines == rows
    assert tuple(rows[0]) == ROWS == tuple(table[0])
    assert [row["key"] for row in table] == [row["key"] for row in rows]
    assert len(markdown) == len(rows) + 2


def test_a_table_says_how_many_more_there_are_and_json_has_them_all(secguard, breach):
    said = secguard("insights", "resources")

    assert len(said.stdout.splitlines()) == 21
    assert "showing 20 of" in said.stderr
    assert len(secguard("insights", "resources", "-o", "json").json["rows"]) > 20
    assert len(secguard("insights", "resources", "--limit", "3", "-o", "json").json["rows"]) == 3


def test_a_file_needs_no_aws(secguard, breach, tmp_path):
    findings = tmp_path / "findings.json"
    findings.write_text(secguard("findings", "--severity", "critical", "-o", "asff").stdout)
    breach.calls.clear()
    said = secguard("insights", "oldest", "--from", findings, "-o", "json")

    assert said.code == 0
    assert said.json["rows"]
    assert len(breach.calls) == 0


def test_the_oldest_can_be_shown_by_the_id_in_the_list(secguard, breach):
    oldest = secguard("insights", "oldest", "-o", "json").json["rows"][0]

    assert oldest["severity"] == "CRITICAL"
    assert secguard("show", oldest["key"], "-o", "json").json["id"] == oldest["id"]


def test_a_region_that_can_not_be_read_is_named_and_the_rest_counts(secguard, breach):
    alone = "ap-southeast-1"
    assert alone in [row["key"] for row in secguard("insights", "regions", "-o", "json").json["rows"]]
    breach.faults.add(answer=DENIED, service="guardduty", region=alone)
    said = secguard("insights", "regions", "-o", "json")
    counted = [row["key"] for row in said.json["rows"]]

    assert said.code == 3
    assert HOME in counted
    assert alone not in counted
    assert f"incomplete: {ACCOUNT} {alone}" in said.stderr


def test_nobody_to_ask_is_no_empty_answer(secguard, breach):
    breach.faults.add(answer=DENIED, service="securityhub")
    breach.faults.add(answer=DENIED, service="guardduty")
    said = secguard("insights", "resources")

    assert said.code == 1
    assert said.stdout == ""


def test_what_was_resolved_a_moment_ago_took_as_long_as_it_was_open(secguard, breach):
    words = ("--severity-only", "critical", "--product", "guardduty", "--no-samples")
    before = secguard("findings", *words, "-o", "json").json
    secguard("triage", *words, "--status", "resolved", "-y")
    (critical,) = secguard("insights", "time-to-resolve", "--severity", "critical", "-o", "json").json["rows"]

    assert critical["key"] == "CRITICAL"
    assert critical["counted"] == len(before) > 0
    assert 0 < critical["median_hours"] <= critical["p90_hours"]


@pytest.mark.parametrize("words", [("--status", "new"), ("--source", "guardduty"), ("--from", "-")])
def test_how_long_it_took_is_asked_of_security_hub_alone(secguard, breach, words):
    assert secguard("insights", "time-to-resolve", *words).code == 2


def test_an_insight_is_made_from_filters_where_all_findings_are(secguard, breach, kept, make):
    make("Buckets", "--group-by", "resource", "--resource-type", "AwsS3Bucket", "--severity", "high", "--since", "30d")
    said = secguard("insights", "Buckets", "-o", "json").json

    assert kept()["Buckets"]["GroupByAttribute"] == "ResourceId"
    assert kept()["Buckets"]["Filters"]["UpdatedAt"] == [{"DateRange": {"Value": 30, "Unit": "DAYS"}}]
    assert [value["Value"] for value in kept()["Buckets"]["Filters"]["SeverityLabel"]] == ["CRITICAL", "HIGH"]
    assert said["arn"] == kept()["Buckets"]["InsightArn"]
    assert said["rows"][0]["count"] >= said["rows"][-1]["count"] > 0
    assert {call.region for call in breach.calls.writes()} == {HOME}


def test_a_region_that_is_named_is_where_it_goes(make, kept):
    make("There", "--group-by", "type", "--region", FAR)

    assert "There" in kept(FAR)
    assert "Region" not in kept(FAR)["There"]["Filters"]


def test_a_dry_run_makes_nothing(secguard, breach, kept):
    said = secguard("insights", "create", "Mine", "--group-by", "type", "--dry-run")

    assert said.code == 0
    assert "count findings by Type" in said.stdout
    assert breach.calls.writes() == []
    assert kept() == {}


def test_without_consent_nothing_is_made(secguard, breach, kept):
    assert secguard("insights", "create", "Mine", "--group-by", "type").code == 4
    assert kept() == {}


def test_what_was_made_goes_with_undo_and_what_was_deleted_comes_back(secguard, breach, kept, make):
    made = make("Mine", "--group-by", "type")
    before = kept()["Mine"]
    deleted = secguard("insights", "delete", "mine", "-y", "-o", "json")
    assert kept() == {}
    assert secguard("undo", deleted.json["run_id"], "-y").code == 0
    again = kept()["Mine"]

    assert {**again, "InsightArn": None} == {**before, "InsightArn": None}
    assert secguard("undo", made["run_id"], "-y").code == 0
    assert kept() == {}


def test_a_name_that_is_taken_is_not_taken_over_unless_it_is_said(secguard, breach, kept, make):
    make("Mine", "--group-by", "type")
    arn = kept()["Mine"]["InsightArn"]
    refused = secguard("insights", "create", "Mine", "--group-by", "region", "-y")
    assert (refused.code, kept()["Mine"]["GroupByAttribute"]) == (2, "Type")
    changed = make("Mine", "--group-by", "region", "--replace")

    assert (kept()["Mine"]["GroupByAttribute"], kept()["Mine"]["InsightArn"]) == ("Region", arn)
    secguard("undo", changed["run_id"], "-y")
    assert kept()["Mine"]["GroupByAttribute"] == "Type"


def test_the_same_again_sends_nothing(secguard, breach, make):
    make("Mine", "--group-by", "type")
    breach.calls.clear()
    said = secguard("insights", "create", "Mine", "--group-by", "type", "-y")

    assert said.code == 0
    assert breach.calls.writes() == []


@pytest.mark.parametrize("words", [("create", "Mine", "--group-by", "type"), ("delete", "Old")])
def test_a_saved_plan_is_applied_as_it_was_shown(secguard, breach, kept, make, tmp_path, words):
    make("Old", "--group-by", "region")
    plan = tmp_path / "plan.json"
    secguard("insights", *words, "--plan-out", plan)
    assert list(kept()) == ["Old"]

    assert secguard("apply", plan, "-y").code == 0
    assert list(kept()) == (["Old", "Mine"] if words[0] == "create" else [])


def test_a_quota_that_is_full_is_said_and_nothing_is_made(secguard, breach, kept):
    full = (429, "LimitExceededException", "The account has the 100 custom insights that it may have")
    breach.faults.add(answer=full, service="securityhub", operation="CreateInsight")
    said = secguard("insights", "create", "Mine", "--group-by", "type", "-y")

    assert said.code in (1, 3)
    assert "custom insights" in said.stdout + said.stderr
    assert kept() == {}


def test_of_two_with_one_name_the_one_whose_arn_is_given_is_deleted(secguard, breach, kept, make):
    make("Mine", "--group-by", "type")
    make("Mine", "--group-by", "type", "--region", FAR)
    said = secguard("insights", "delete", "Mine", "--region", f"{HOME},{FAR}", "-y")
    by_arn = secguard("insights", "delete", kept(FAR)["Mine"]["InsightArn"], "-y")

    assert (said.code, by_arn.code) == (2, 0)
    assert "ambiguous" in said.stderr
    assert (list(kept()), list(kept(FAR))) == (["Mine"], [])


@pytest.mark.parametrize("part", ["Min", ""])
def test_a_part_of_a_name_deletes_nothing(secguard, breach, kept, make, part):
    make("Mine", "--group-by", "type")
    said = secguard("insights", "delete", part, "-y")

    assert (said.code, list(kept())) == (2, ["Mine"])


def test_histories_that_say_nothing_are_said_to(secguard, breach):
    said = secguard("insights", "time-to-resolve", "--severity-only", "medium")

    assert "no history says when that was" in said.stderr


def test_the_help_says_how_insights_are_listed_and_shown(secguard):
    assert "secguard insights resources" in secguard("insights", "--help").stdout


@pytest.mark.parametrize("name", ["default/29", "arn:aws:securityhub:::insight/securityhub/default/29"])
def test_awss_own_can_be_shown_and_not_deleted(secguard, breach, name):
    shown = secguard("insights", name, "-o", "json")

    assert shown.json["name"] == "Severity by counts of findings"
    assert sum(row["share"] for row in shown.json["rows"]) == pytest.approx(1, abs=0.001)
    assert secguard("insights", "delete", name, "-y").code == 2
    assert breach.calls.writes() == []


def test_awss_own_counts_no_finding_twice_where_the_home_region_has_those_of_the_others(secguard, breach):
    total, named, everywhere = (
        sum(row["count"] for row in secguard("insights", "default/29", *words, "-o", "json").json["rows"])
        for words in ((), ("--region", f"{HOME},{FAR}"), ("--all-regions",))
    )
    far = sum(row["count"] for row in secguard("insights", "default/29", "--region", FAR, "-o", "json").json["rows"])

    assert total == named == everywhere
    assert 0 < far < total


def test_where_security_hub_is_off_secguards_own_remain(secguard, empty):
    said = secguard("insights")

    assert said.code == 0
    assert "resources" in said.stdout
    assert "Security Hub is off" in said.stderr
    assert secguard("insights", "default/29").code == 1
    assert secguard("insights", "create", "Mine", "--group-by", "type", "-y").code in (1, 3, 4)


def test_a_region_whose_insights_may_not_be_listed_is_named(secguard, breach, make):
    make("There", "--group-by", "type", "--region", FAR)
    breach.faults.add(answer=DENIED, service="securityhub", operation="GetInsights", region=HOME)
    said = secguard("insights", "--region", f"{HOME},{FAR}", "-o", "json")

    assert said.code == 3
    assert list(listed(said, "custom")) == ["There"]
    assert f"incomplete: {ACCOUNT} {HOME}" in said.stderr


def test_results_that_may_not_be_read_leave_the_list(secguard, breach, make):
    make("Mine", "--group-by", "type")
    breach.faults.add(answer=DENIED, service="securityhub", operation="GetInsightResults")
    said = secguard("insights", "-o", "json")

    assert said.code == 3
    assert listed(said, "custom")["Mine"]["count"] is None
    assert secguard("insights", "Mine").code == 1


@pytest.mark.parametrize(
    "words",
    [
        ("nothing so called",),
        ("--severity", "high"),
        ("",),
        ("--limit", "3"),
        ("resources", "--all"),
        ("default/29", "--severity", "high"),
        ("default/29", "--account", ACCOUNT),
        ("resources", "--severity", "bad"),
        ("arn:aws:s3:::bucket",),
        ("--region", "nowhere-1"),
        ("create", "resources", "--group-by", "type"),
        ("create", "default/1", "--group-by", "type", "-y"),
        ("create", "Mine", "--group-by", "colour"),
        ("create", "Mine", "--group-by", "type", "--title", "x"),
        ("create", "Mine", "--group-by", "type", "--region", f"{HOME},{FAR}"),
        ("delete", "nothing so called"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_done(secguard, breach, words):
    said = secguard("insights", *words)

    assert (said.code, said.stdout) == (2, "")
    assert "next:" in said.stderr or "error:" in said.stderr
    assert breach.calls.writes() == []


def test_a_key_from_outside_can_not_break_the_terminal(secguard, breach, tmp_path):
    items = secguard("findings", "--severity", "critical", "-o", "asff").json
    items[0]["Resources"] = [{"Type": "Other", "Id": "=cmd|'\x1b[2J"}]
    odd = tmp_path / "odd.json"
    odd.write_text(json.dumps(items))

    for output in ("table", "csv", "markdown"):
        assert "\x1b" not in secguard("insights", "resources", "--from", odd, "-o", output).stdout
    assert "'=cmd" in secguard("insights", "resources", "--from", odd, "-o", "csv").stdout
