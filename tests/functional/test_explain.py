"""`findings --explain`, and the priority that `show` tells: against the sandbox."""

import csv
import io
import json

import pytest
from rich.cells import cell_len


@pytest.fixture
def configured(tmp_path, monkeypatch):
    """Write the configuration that holds."""

    def write(text):
        file = tmp_path / "secguard.yaml"
        file.write_text(text)
        monkeypatch.setenv("SECGUARD_CONFIG", str(file))
        return file

    return write


def adds_up(record):
    return sum(step["points"] for step in record["priority_steps"]) == record["priority"]


@pytest.mark.parametrize("output", ["json", "jsonl"])
def test_every_record_tells_the_steps_that_its_priority_adds_up_from(secguard, breach, output):
    said = secguard("findings", "--explain", "-o", output)
    records = said.json if output == "json" else [json.loads(line) for line in said.stdout.splitlines()]

    assert len(records) > 200
    assert all(map(adds_up, records))
    reasons = {step["reason"] for record in records for step in record["priority_steps"]}
    assert {"an attacker seems to be inside", "on the threat list ProofPoint", "open to everyone"} <= reasons


def test_without_the_option_a_record_is_as_it_was(secguard, breach):
    assert not any("priority_steps" in record for record in secguard("findings", "-o", "json", "--limit", "3").json)


@pytest.mark.parametrize("columns", [80, 200])
def test_the_table_shows_the_sum_below_each_finding(secguard, breach, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    said = secguard("findings", "--explain", "--severity", "critical", "--limit", "5")
    lines = said.stdout.splitlines()

    sums = [line for line in lines if " = 80 critical severity" in line]
    assert len(sums) == 5
    assert all(cell_len(line) <= columns for line in lines)
    assert lines.index(sums[0]) == 2
    assert sums[0].index("9") == lines[0].index("ID")


def test_csv_has_a_column_more_and_markdown_too(secguard, breach):
    rows = list(csv.DictReader(io.StringIO(secguard("findings", "--explain", "-o", "csv").stdout)))
    assert all(sum(int(step.split()[0]) for step in row["priority_steps"].split("; ")) == int(row["priority"])
               for row in rows)  # fmt: skip
    heading, _, first, *_ = secguard("findings", "--explain", "-o", "markdown").stdout.splitlines()
    assert heading.endswith("| Playbook | Priority |")
    assert " = 80 critical severity" in first


def test_an_expression_can_ask_for_the_steps(secguard, breach):
    said = secguard("findings", "--explain", "--limit", "2", "--query", "[].priority_steps[0].points")
    assert said.json == [80, 80]


@pytest.mark.parametrize("words", [("-o", "ids"), ("-o", "asff"), ("--group-by", "type")])
def test_where_there_is_no_place_for_it_that_is_said_before_anything_is_asked(secguard, breach, words):
    said = secguard("findings", "--explain", *words)
    assert said.code == 2
    assert "--explain" in said.stderr
    assert breach.calls.of("securityhub", "GetFindings") == []


def test_what_the_configuration_calls_critical_comes_first_and_show_says_the_same(secguard, breach, configured):
    findings = secguard("findings", "-o", "json", "--severity-only", "high").json
    chosen = next(each for each in reversed(findings) if not each["sample"] and each["account"] == "222222222222")
    configured('ranking: {critical_accounts: ["222222222222"], weights: {critical: 18}}\n')

    now = secguard("findings", "-o", "json", "--severity-only", "high").json
    again = next(each for each in now if each["id"] == chosen["id"])
    shown = secguard("show", chosen["short_id"], "-o", "json").json

    assert again["priority"] == shown["priority"] > chosen["priority"]
    assert "account 222222222222 is critical" in again["priority_reasons"]
    assert adds_up(shown)
    assert {"points": 18, "reason": "account 222222222222 is critical"} in shown["priority_steps"]
    assert now[0]["account"] == "222222222222"


def test_show_tells_the_sum(secguard, breach, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    top = secguard("findings", "-o", "json", "--limit", "1").json[0]
    said = secguard("show", top["short_id"])
    assert f"priority  {top['priority']} = 80 critical severity + " in said.stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ranking: {weights: {recent: 19}}", "ranking.weights.recent: "),
        ("ranking: {weights: {over: -1}}", "ranking.weights.over: "),
        ("ranking: {weights: {recnt: 3}}", "did you mean recent?"),
        ("ranking: {critical_tags: [prod]}", "ranking.critical_tags: expected a mapping"),
        ("ranking: {critical_accounts: [222222222222]}", "ranking.critical_accounts[0]: "),
    ],
)
def test_weights_that_make_no_sense_are_named_with_their_path(secguard, configured, text, message):
    file = configured(text)
    said = secguard("findings")
    assert said.code == 2
    assert message in said.stderr
    assert str(file) in said.stderr


def test_the_configuration_shows_the_weights_that_hold(secguard, configured):
    file = configured("ranking: {critical_tags: {env: [prod, 'live-*']}, weights: {noted: 0}}")
    assert secguard("config", "check").code == 0
    ranking = secguard("config", "show", "-o", "json").json["ranking"]
    assert (ranking["critical_tags"], ranking["weights"]["noted"]) == ({"env": ["prod", "live-*"]}, 0)
    assert ranking["weights"]["attack_sequence"] == 8
    assert file.exists()
