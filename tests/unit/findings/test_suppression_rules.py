"""What a suppression rule may be, which findings it means, and when it ends."""

from datetime import timedelta

import pytest
from asff_made import ACCOUNT, asff, guardduty, read
from rules_made import NOW, rule

from secguard.errors import ConfigError, UsageError
from secguard.findings.suppression.reader import LONGEST_DAYS, read_text
from secguard.findings.suppression.reader import read as read_file
from secguard.findings.suppression.rule import AUTHOR, last_day, named_in, rule_of, to_record

GOOD = """\
scanner:
  reason: our own scanner
  owner: ann
  expires: 2027-01-31
  match:
    severity: [low, medium]
    type: "Recon:EC2/*"
    region: [eu-west-1]
"""


def rules_in(text):
    return read_text(text, file="rules.yaml", now=NOW)


def test_a_rule_is_read_with_its_name_and_one_value_needs_no_list():
    (found,) = rules_in(GOOD)

    assert (found.name, found.reason, found.owner, str(found.expires), found.by) == (
        "scanner",
        "our own scanner",
        "ann",
        "2027-01-31",
        "auto",
    )
    assert found.match.given == {"severity": ("low", "medium"), "type": ("Recon:EC2/*",), "region": ("eu-west-1",)}


@pytest.mark.parametrize("text", ["", "# nothing yet\n"])
def test_a_file_may_hold_no_rule(text):
    assert rules_in(text) == ()


@pytest.mark.parametrize(
    ("was", "is_now", "message"),
    [
        (GOOD, "- scanner", "rules.yaml: this is no mapping of names to rules"),
        (GOOD, "scanner: 1", "rules.yaml: scanner: expected a mapping, got a whole number"),
        ("scanner:", "Our Scanner:", "rules.yaml: Our Scanner: this is no name for a rule"),
        ("  reason: our own scanner\n", "", "scanner: reason is missing"),
        ("our own scanner", "' '", "scanner.reason: this is not one"),
        ("our own scanner", "x" * 301, "scanner.reason: expected str of length <= 300"),
        ("  owner: ann\n", "", "scanner: owner is missing"),
        ("  expires: 2027-01-31\n", "", "scanner: expires is missing"),
        ("2027-01-31", "soon", "scanner.expires: invalid RFC3339 encoded date"),
        ("2027-01-31", "2027-11-24", "scanner.expires: 2027-11-24 is more than 365 days away"),
        ("[low, medium]", "[lo]", r"scanner.match.severity\[0\]: there is no 'lo' \(allowed: critical, high"),
        ("[low, medium]", "[]", "scanner.match.severity: the list is empty"),
        ("[eu-west-1]", "[Ireland]", r"scanner.match.region\[0\]: this is not one \(allowed: a Region's code"),
        ("region: [eu-west-1]", "account: [123456789012]", r"match.account\[0\]: expected text, got a whole number"),
        ("region: [eu-west-1]", "ip: 300.1.1.1", r"scanner.match.ip\[0\]: '300.1.1.1' is no address"),
        ("region: [eu-west-1]", "tag: production", r"scanner.match.tag\[0\]: this is not one \(allowed: KEY=VALUE"),
        ("region: [eu-west-1]", "since: 7d", "scanner.match.since: there is no such key"),
        ("region: [eu-west-1]", "status: [new]", "scanner.match.status: there is no such key"),
        ("region: [eu-west-1]", "resorce: x", "scanner.match.resorce: there is no such key; did you mean resource"),
        ("  match:", "  match: {}\n  other:", "scanner.other: there is no such key"),
        ("  match:", "  by: guardduty\n  match:\n    control: S3.2", "scanner.by: guardduty can't say it: GuardDuty"),
        ("  match:", "  by: automation-rule\n  match:\n    ip: 10.0.0.1", "scanner.by: automation-rule can't say it"),
        ("scanner:", "scanner: {}\nscanner:", "the key 'scanner' stands twice"),
        ("2027-01-31", "2027-02-30", r"line \d+, column \d+: '2027-02-30' can't be read: day is out of range"),
        ("2027-01-31", "0b_", r"rules.yaml: line \d+, column \d+: '0b_' can't be read"),
        (GOOD, "a: " + "{a: " * 5000 + "}" * 5000, "rules.yaml: it is nested too deep"),
        ("region: [eu-west-1]", "title: [x, '']", r"scanner.match.title\[1\]: this is not one"),
        ("region: [eu-west-1]", "control: &a [*a]", r"line \d+, column \d+: found unconstructable recursive node"),
    ],
)
def test_what_a_rule_can_not_be_is_named_with_its_place(was, is_now, message):
    with pytest.raises(ConfigError, match=message):
        rules_in(GOOD.replace(was, is_now, 1))


@pytest.mark.parametrize("glob", ["*", "**"])
def test_a_type_that_means_every_type_is_refused(glob):
    with pytest.raises(ConfigError, match=r"scanner.match.type\[1\]: '\*+' means every type"):
        rules_in(f"{GOOD[: GOOD.index('match:')]}match: {{type: ['Recon:*', '{glob}']}}\n")


@pytest.mark.parametrize("match", ["{}", "{severity: [critical, high, medium, low, informational]}"])
def test_a_rule_that_means_every_finding_is_refused(match):
    with pytest.raises(ConfigError, match=r"scanner.match: it would hide every finding"):
        rules_in(f"{GOOD[: GOOD.index('match:')]}match: {match}\n")


def test_a_file_that_is_not_there_is_not_a_file_without_rules(tmp_path):
    with pytest.raises(ConfigError, match="there is no such file"):
        read_file(tmp_path / "rules.yaml", now=NOW)


def test_a_file_that_can_not_be_read_is_named(tmp_path):
    (tmp_path / "rules.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="can't be read"):
        read_file(tmp_path / "rules.yaml", now=NOW)


def test_a_rule_holds_to_the_end_of_its_last_day():
    found = rule(expires="2026-11-23")

    assert not found.expired(NOW.replace(hour=23, minute=59, second=59))
    assert found.expired(NOW.replace(hour=0) + timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "day"), [("90d", "2027-02-21"), ("2w", "2026-12-07"), ("2027-01-31", "2027-01-31"), (" 1 D", "2026-11-24")]
)
def test_a_last_day_is_a_date_or_so_far_away(text, day):
    assert str(last_day(text, now=NOW)) == day


@pytest.mark.parametrize("text", ["", "soon", "90", "3y", "2027-02-30"])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(UsageError, match="--expires"):
        last_day(text, now=NOW)


def test_the_longest_rule_lasts_a_year():
    latest = NOW.date() + timedelta(days=LONGEST_DAYS)
    assert rules_in(GOOD.replace("2027-01-31", str(latest)))


def test_all_filters_must_hold_and_of_each_any_value():
    holds = rule(control=["S3.2", "EC2.19"], account=[ACCOUNT]).holds()

    assert holds(read(asff()))
    assert not holds(read(asff(AwsAccountId="210987654321")))
    assert not holds(read(guardduty()))


def test_a_severity_means_that_one_alone():
    holds = rule(severity=["medium"]).holds()

    assert not holds(read(asff()))
    assert holds(read(asff(Severity={"Label": "MEDIUM"})))


def test_a_tag_is_one_of_a_resource():
    tagged = asff(Resources=[{"Type": "AwsEc2Instance", "Id": "i-1", "Tags": {"env": "lab", "team": "=x"}}])

    assert rule(tag=["env=prod", "env=lab"]).holds()(read(tagged))
    assert rule(tag=["team==x"]).holds()(read(tagged))
    assert not rule(tag=["env=la"]).holds()(read(tagged))


@pytest.mark.parametrize("over", [{"Workflow": {"Status": "RESOLVED"}}, {"RecordState": "ARCHIVED"}])
def test_what_is_over_is_hidden_by_no_rule_and_meant_all_the_same(over):
    found = rule(control=["S3.2"])

    assert not found.holds()(read(asff(**over)))
    assert found.holds(whatever_became_of_it=True)(read(asff(**over)))


def test_a_note_tells_its_rule_when_secguard_has_signed_it():
    found = rule("port-probes", reason="x" * 300, owner="y" * 80)

    assert len(found.note) <= 512
    assert named_in(found.note, AUTHOR) == "port-probes"
    assert named_in(found.note, "operator") is None
    assert named_in("accepted: see port-probes", AUTHOR) is None


def test_a_record_is_a_rule_again():
    found = rule("port-probes", by="secguard", control=["S3.2"], tag=["a=b"])

    assert rule_of(to_record(found)) == found
    with pytest.raises(UsageError, match="no suppression rule"):
        rule_of({"name": "x"})
