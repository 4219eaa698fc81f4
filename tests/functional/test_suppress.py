"""`secguard suppress` against the sandbox: what the file says is what AWS holds, and what ends is put back."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count

import boto3
import pytest

from secguard.findings.suppression.findings import Findings
from secguard.findings.suppression.rule import AUTHOR
from secguard.sandbox.cast import RESPONDER_ROLE, STAGING

ACCOUNT = "123456789012"
HOME = "us-east-1"
FAR = "eu-west-2"
ALONE = "eu-north-1"
"""Where GuardDuty is on and Security Hub is not."""
SOON = str((datetime.now(UTC) + timedelta(days=60)).date())
OVER = str((datetime.now(UTC) - timedelta(days=3)).date())

TOR = "UnauthorizedAccess:EC2/TorClient"


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The file of rules, beside the configuration."""
    (tmp_path / "secguard.yaml").write_text("suppress: {rules: rules.yaml}\n")
    monkeypatch.setenv("SECGUARD_CONFIG", str(tmp_path / "secguard.yaml"))
    return tmp_path / "rules.yaml"


@pytest.fixture
def written(file):
    """Write rules: `written(tor={"type": ["…"]})`."""

    def write(*, expires=SOON, by="auto", reason="known", **rules):
        common = {"reason": reason, "owner": "ann", "expires": expires, "by": by}
        file.write_text(json.dumps({name: {**common, "match": match} for name, match in rules.items()}))

    return write


def client(service, region=HOME):
    return boto3.client(service, region_name=region)


def hub_rules(region=HOME):
    """The automation rules there, by name."""
    hub = client("securityhub", region)
    arns = [each["RuleArn"] for each in hub.list_automation_rules()["AutomationRulesMetadata"]]
    found = hub.batch_get_automation_rules(AutomationRulesArns=arns)["Rules"] if arns else []
    return {each["RuleName"]: each for each in found}


def filters(region=ALONE):
    """The names of the detector's filters."""
    detector = client("guardduty", region)
    return detector.list_filters(DetectorId=detector.list_detectors()["DetectorIds"][0])["FilterNames"]


def make_foreign_rule(name, *, order=1, region=HOME, status="SUPPRESSED"):
    """An automation rule of somebody else's."""
    update = {"Workflow": {"Status": status}}
    return client("securityhub", region).create_automation_rule(
        RuleOrder=order,
        RuleName=name,
        Description="theirs",
        Criteria={"Title": [{"Value": "theirs", "Comparison": "EQUALS"}]},
        Actions=[{"Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": update}],
    )["RuleArn"]


@pytest.fixture
def hub(breach):
    """What the account's Security Hub holds in one Region, by id."""

    def findings(region=HOME):
        from secguard.sandbox.securityhub.backend import backend_of  # noqa: PLC0415 - moto, only where it is used

        return {each["Id"]: each for each in backend_of(ACCOUNT, region).findings.values()}

    return findings


@pytest.fixture
def tors(hub):
    """The statuses and the notes of the Tor findings of a Region."""

    def found(region=HOME):
        listed = [each for each in hub(region).values() if "UnauthorizedAccess:EC2-TorClient" in str(each["Types"])]
        return [(each["Workflow"]["Status"], (each.get("Note") or {}).get("Text")) for each in listed]

    return found


def writes(breach):
    return sorted({f"{call.service}:{call.operation}" for call in breach.calls.writes()})


def test_a_rule_is_added_to_the_file_with_its_preview_and_nothing_changes_in_aws(secguard, breach, file):
    said = secguard("suppress", "add", "tor", "--type", TOR, "--reason", "a test", "--owner", "ann", "--expires", "60d")

    assert said.code == 0
    assert "hides" in said.stdout
    assert "high severity" in said.stdout
    assert f"tor:\n  reason: a test\n  owner: ann\n  expires: {SOON}\n" in file.read_text()
    assert "secguard suppress apply" in said.stderr
    assert breach.calls.writes() == []


def test_a_preview_in_json_has_counts_and_examples_that_can_be_shown(secguard, breach, written):
    written(tor={"type": [TOR]})
    (found,) = secguard("suppress", "preview", "-o", "json").json
    shown = secguard("show", found["examples"][0]["short_id"], "-o", "json")

    assert found["open"] == found["past_90_days"] == found["open_by_severity"]["high"] > 3
    assert found["warnings"] == [f"hides {found['open'] - found['samples']} open findings of high severity"]
    assert shown.json["id"] == found["examples"][0]["id"]


def test_a_rule_that_is_tried_out_is_not_written(secguard, breach, file):
    words = ("--reason", "a test", "--owner", "ann", "--expires", "60d", "--dry-run", "-o", "json")
    said = secguard("suppress", "add", "tor", "--type", TOR, *words)

    assert said.code == 0
    assert said.json["name"] == "tor"
    assert "a dry run" in said.stderr
    assert not file.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--expires", "60d"], "it would hide every finding"),
        (["--expires", "2y", "--type", TOR], "--expires '2y' is no date"),
        (["--expires", "400d", "--type", TOR], "more than 365 days away"),
        (["--expires", OVER, "--type", TOR], "that day is over"),
        (["--expires", "60d", "--since", "7d"], "No such option '--since'"),
        (["--expires", "60d", "--severity", "bad"], "--severity 'bad' is no severity"),
        (["--expires", "60d", "--tag", "production"], "the rule: match.tag[0]: this is not one (allowed: KEY=VALUE"),
        (["--expires", "60d", "--control", "S3.2", "--region", "mars-1"], "the rule: match.region[0]: this is not one"),
        (["--expires", "60d", "--type", "*"], "'*' means every type"),
        (["--expires", "60d", "--ip", "10.0.0.1", "--by", "automation-rule"], "automation-rule can't say it"),
        (["--type", TOR], "Missing option '--expires'"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_before_anything_is_asked(secguard, breach, file, words, message):
    said = secguard("suppress", "add", "tor", "--reason", "a test", "--owner", "ann", *words)

    assert said.code == 2
    assert message in said.stderr
    assert len(breach.calls) == 0
    assert not file.exists()


@pytest.mark.parametrize("command", [["list"], ["preview"], ["apply", "-y"], ["remove", "tor"]])
def test_a_bad_file_is_refused_before_anything_is_asked(secguard, breach, file, command):
    file.write_text("tor: {reason: x, owner: y, expires: soon, match: {type: a}}\n")
    said = secguard("suppress", *command)

    assert said.code == 2
    assert "rules.yaml: tor.expires:" in said.stderr
    assert len(breach.calls) == 0


@pytest.mark.parametrize("command", ["preview", "apply"])
def test_no_file_is_not_a_file_without_rules(secguard, breach, file, command):
    said = secguard("suppress", command)

    assert said.code == 2
    assert "there is no such file" in said.stderr


def test_a_rule_stands_in_every_region_by_the_means_there_are(secguard, breach, written, tors):
    written(tor={"type": [TOR]})
    said = secguard("suppress", "apply", "-y", "-o", "json")
    made = hub_rules(FAR)["secguard-tor"]

    assert said.code == 0
    assert said.json["outcome"] == "done"
    assert made["Criteria"]["ProductName"] == [{"Value": "GuardDuty", "Comparison": "EQUALS"}]
    assert made["Criteria"]["UpdatedAt"][0]["End"] == f"{SOON}T23:59:59Z"
    assert (
        client("securityhub", FAR).list_tags_for_resource(ResourceArn=made["RuleArn"])["Tags"].items()
        >= {
            "secguard:suppression": "tor",
            "secguard:run": said.json["run_id"],
        }.items()
    )
    assert filters() == ["secguard-tor"]
    note = f"suppressed by secguard rule tor: known (owner ann, until {SOON})"
    assert {*tors(HOME)} == {*tors(FAR)} == {("SUPPRESSED", note)}
    assert "tor hides" in said.stderr


def test_what_guardduty_alone_has_is_archived_there(secguard, breach, written):
    written(tor={"type": [TOR]})
    secguard("suppress", "apply", "-y")

    assert secguard("findings", "--region", ALONE, "--type", TOR, "-o", "ids").stdout == ""
    assert secguard("findings", "--region", ALONE, "--type", TOR, "--archived", "-o", "ids").stdout


def test_what_was_applied_is_in_force_and_needs_nothing_more(secguard, breach, written):
    written(tor={"type": [TOR]}, low={"severity": ["informational"], "product": ["Prowler"]})
    secguard("suppress", "apply", "-y")
    listed = {row["name"]: row for row in secguard("suppress", "list", "-o", "json").json}
    breach.calls.clear()
    again = secguard("suppress", "apply", "-y")

    assert (listed["tor"]["state"], listed["tor"]["by"]) == ("in_force", ["automation-rule", "guardduty"])
    assert listed["low"]["state"] == "at_each_apply"
    assert listed["low"]["why"]
    assert again.code == 0
    assert breach.calls.writes() == []
    assert secguard("suppress", "list", "--check").code == 0


def test_a_finding_that_comes_later_is_suppressed_by_aws(secguard, breach, written, hub):
    written(web={"title": ["our own web scanner"]})
    secguard("suppress", "apply", "-y")
    arrive("our own web scanner was here", "another thing")
    by_title = {each["Title"]: each for each in hub().values()}

    assert by_title["our own web scanner was here"]["Workflow"]["Status"] == "SUPPRESSED"
    assert by_title["our own web scanner was here"]["Note"]["UpdatedBy"] == AUTHOR
    assert by_title["another thing"]["Workflow"]["Status"] == "NEW"


def arrive(*titles, region=HOME):
    """Have somebody's product report findings."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    made = [
        {
            "SchemaVersion": "2018-10-08",
            "Id": f"own/{next(_NUMBERS)}",
            "ProductArn": f"arn:aws:securityhub:{region}:{ACCOUNT}:product/{ACCOUNT}/default",
            "GeneratorId": "own",
            "AwsAccountId": ACCOUNT,
            "Types": ["Software and Configuration Checks"],
            "CreatedAt": now,
            "UpdatedAt": now,
            "Severity": {"Label": "LOW"},
            "Title": title,
            "Description": title,
            "Resources": [{"Type": "Other", "Id": "web"}],
        }
        for title in titles
    ]
    answer = client("securityhub", region).batch_import_findings(Findings=made)
    assert answer["FailedCount"] == 0


_NUMBERS = count(1)


def test_an_expired_rule_is_lifted_and_what_it_hid_is_put_back(secguard, breach, written, tors, hub):
    written(tor={"type": [TOR]}, web={"title": ["our own web scanner"]})
    secguard("suppress", "apply", "-y")
    arrive("our own web scanner was here")
    written(expires=OVER, tor={"type": [TOR]}, web={"title": ["our own web scanner"]})
    checked = secguard("suppress", "list", "--check")
    said = secguard("suppress", "apply", "-y", "-o", "json")

    assert checked.code == 5
    assert "expired" in checked.stdout
    assert said.code == 0
    assert f"tor ended on {OVER}" in said.stderr
    assert (hub_rules(HOME), hub_rules(FAR), filters()) == ({}, {}, [])
    assert {*tors(HOME)} == {*tors(FAR)} == {("NEW", f"put back by secguard: rule tor ended on {OVER}")}
    assert {each["Workflow"]["Status"] for each in hub().values() if "web scanner" in each["Title"]} == {"NEW"}

    undone = secguard("undo", said.json["run_id"], "-y")
    assert undone.code == 0
    assert "secguard-tor" in hub_rules(FAR)
    assert {status for status, _ in tors(HOME)} == {"SUPPRESSED"}


def test_undo_takes_back_the_rules_and_what_they_hid(secguard, breach, written, tors):
    written(tor={"type": [TOR]})
    run = secguard("suppress", "apply", "-y", "-o", "json").json["run_id"]
    undone = secguard("undo", run, "-y")

    assert undone.code == 0
    assert (hub_rules(HOME), filters()) == ({}, [])
    assert {status for status, _ in tors(HOME)} == {"NEW"}
    assert secguard("findings", "--region", ALONE, "--type", TOR, "-o", "ids").stdout


def test_a_rule_that_is_removed_is_left_over_until_it_is_lifted(secguard, breach, file, written, tors):
    file.write_text(f"tor:\n  reason: r\n  owner: o\n  expires: {SOON}\n  match: {{type: '{TOR}'}}\n")
    secguard("suppress", "apply", "-y")
    removed = secguard("suppress", "remove", "tor")
    (row,) = secguard("suppress", "list", "-o", "json").json
    said = secguard("suppress", "apply", "-y")

    assert removed.code == 0
    assert row["state"] == "left_over"
    assert said.code == 0
    assert hub_rules() == {}
    assert {*tors()} == {("NEW", "put back by secguard: rule tor is no more")}


def test_what_a_narrower_rule_no_longer_means_is_put_back(secguard, breach, written, tors, hub):
    written(known={"product": ["guardduty"], "severity": ["high"], "region": [HOME, FAR]})
    secguard("suppress", "apply", "-y")
    written(known={"product": ["guardduty"], "severity": ["high"], "region": [HOME]})
    said = secguard("suppress", "apply", "-y")

    assert said.code == 0
    assert {status for status, _ in tors(HOME)} == {"SUPPRESSED"}
    assert {*tors(FAR)} == {("NEW", "put back by secguard: rule known no longer means it")}
    assert "secguard-known" not in hub_rules(FAR)


def test_what_another_rule_means_too_stays_hidden_on_its_word(secguard, breach, written, tors):
    written(first={"type": [TOR]}, second={"type": ["UnauthorizedAccess:EC2/Tor*"]})
    secguard("suppress", "apply", "-y")
    notes_of_first = {note for _, note in tors()}
    written(second={"type": ["UnauthorizedAccess:EC2/Tor*"]})
    secguard("suppress", "apply", "-y")

    assert all("rule first:" in note for note in notes_of_first)
    assert {status for status, _ in tors()} == {"SUPPRESSED"}
    assert all("rule second:" in note for _, note in tors())


def test_what_somebody_has_taken_in_hand_is_not_put_back(secguard, breach, written, hub):
    written(tor={"type": [TOR]})
    secguard("suppress", "apply", "-y")
    (taken, *_) = (each["Id"] for each in hub().values() if "EC2-TorClient" in str(each["Types"]))
    secguard("triage", taken, "--note", "mine: accepted", "-y")
    written(expires=OVER, tor={"type": [TOR]})
    secguard("suppress", "apply", "-y")

    assert hub()[taken]["Workflow"]["Status"] == "SUPPRESSED"
    assert hub()[taken]["Note"]["Text"] == "mine: accepted"


def test_others_rules_are_listed_and_never_touched(secguard, breach, written):
    arns = [
        make_foreign_rule("secguard-tor"),
        make_foreign_rule("theirs", region=FAR),
        make_foreign_rule("up", status="NOTIFIED"),
    ]
    written(tor={"type": [TOR]})
    secguard("suppress", "apply", "-y")
    written(expires=OVER, tor={"type": [TOR]})
    said = secguard("suppress", "apply", "-y")
    listed = secguard("suppress", "list", "-o", "json").json
    left = client("securityhub").list_automation_rules()["AutomationRulesMetadata"]

    assert said.code == 0
    assert {each["RuleArn"] for each in left} == {arns[0], arns[2]}
    assert [(row["name"], row["state"]) for row in listed] == [
        ("tor", "expired"),
        ("secguard-tor", "foreign"),
        ("theirs", "foreign"),
    ]


def test_a_rule_that_somebody_has_changed_in_aws_differs_and_is_set_right(secguard, breach, written):
    written(tor={"type": [TOR]})
    secguard("suppress", "apply", "-y")
    arn = hub_rules(FAR)["secguard-tor"]["RuleArn"]
    changed = {"RuleArn": arn, "RuleStatus": "DISABLED"}
    client("securityhub", FAR).batch_update_automation_rules(UpdateAutomationRulesRequestItems=[changed])
    (row,) = secguard("suppress", "list", "--check", "-o", "json").json
    said = secguard("suppress", "apply", "-y", "-o", "json")

    assert (row["state"], row["in_force"]) == ("differs", row["regions"] - 1)
    assert [change["region"] for change in said.json["changes"]] == [FAR]
    assert hub_rules(FAR)["secguard-tor"]["RuleStatus"] == "ENABLED"


def test_a_plan_for_many_regions_names_the_rules(secguard, breach, written):
    written(tor={"type": [TOR]}, macie={"product": ["macie"]})
    text = secguard("suppress", "apply", "--dry-run").stdout

    assert "suppress what tor means, by" in text
    assert "suppress what macie means, by" in text


def test_the_list_says_why_aws_can_not_be_told(secguard, breach, written):
    written(tor={"type": ["*:EC2/Tor*"]})
    shown, quiet = secguard("suppress", "list"), secguard("suppress", "list", "-o", "csv")

    assert "tor: a type is a pattern" in shown.stderr
    assert "tor: a type is a pattern" not in quiet.stderr


def test_the_plan_is_the_same_in_whatever_order_findings_come(secguard, breach, written, tmp_path, monkeypatch):
    written(tor={"type": ["*:EC2/*"]})
    secguard("suppress", "apply", "--plan-out", tmp_path / "one.json")
    backwards = _backwards(Findings.meant_by)
    monkeypatch.setattr(Findings, "meant_by", backwards)
    secguard("suppress", "apply", "--plan-out", tmp_path / "other.json")

    assert (tmp_path / "one.json").read_text() == (tmp_path / "other.json").read_text()


def _backwards(read):
    return lambda *given, **more: reversed(list(read(*given, **more)))


def test_without_consent_nothing_changes(secguard, breach, written):
    written(tor={"type": [TOR]})
    dry = secguard("suppress", "apply", "--dry-run")
    refused = secguard("suppress", "apply")

    assert dry.code == 0
    assert "automation rule secguard-tor" in dry.stdout
    assert refused.code == 4
    assert breach.calls.writes() == []


def test_what_is_there_already_may_be_left_as_it_is(secguard, breach, written, tors):
    written(tor={"type": [TOR]})
    said = secguard("suppress", "apply", "--no-past", "-y")

    assert said.code == 0
    assert "secguard-tor" in hub_rules()
    assert {status for status, _ in tors()} == {"NEW"}
    assert writes(breach) == ["guardduty:CreateFilter", "securityhub:CreateAutomationRule"]


def test_secguard_does_itself_what_aws_has_no_words_for(secguard, breach, written, tors):
    written(tor={"type": ["*/TorClient"]})
    said = secguard("suppress", "apply", "-y")

    assert said.code == 0
    assert "tor: done by secguard at each apply: a type is a pattern" in said.stderr
    assert writes(breach) == ["guardduty:ArchiveFindings", "securityhub:BatchUpdateFindings"]
    assert {status for status, _ in tors()} == {"SUPPRESSED"}


def test_a_rule_may_be_left_to_guardduty(secguard, breach, written):
    written(by="guardduty", tor={"type": [TOR]})
    said = secguard("suppress", "apply", "-y")

    assert said.code == 0
    assert "reaches neither Security Hub nor EventBridge" in said.stderr
    assert hub_rules() == {}
    assert (filters(HOME), filters(ALONE)) == (["secguard-tor"], ["secguard-tor"])


def test_a_member_account_makes_no_rules_and_hides_its_findings_itself(secguard, breach, written, monkeypatch):
    written(known={"severity": ["low"]})
    role = f"arn:aws:iam::{STAGING}:role/{RESPONDER_ROLE}"
    keys = boto3.client("sts", region_name=HOME).assume_role(RoleArn=role, RoleSessionName="anna")["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", keys["SessionToken"])
    breach.calls.clear()
    said = secguard("suppress", "apply", "-y")

    assert f"account {ACCOUNT} makes the automation rules here" in said.stderr
    made = [*breach.calls.of("securityhub", "CreateAutomationRule"), *breach.calls.of("guardduty", "CreateFilter")]
    assert HOME not in {call.region for call in made}
    assert breach.calls.of("securityhub", "BatchUpdateFindings")


def test_one_region_that_refuses_stops_no_other(secguard, breach, written):
    written(tor={"type": [TOR]})
    denied = (403, "AccessDeniedException", "no")
    breach.faults.add(answer=denied, service="securityhub", operation="ListAutomationRules", region=FAR)
    listed = secguard("suppress", "list", "--check")
    said = secguard("suppress", "apply", "-y")
    breach.faults.clear()

    assert (listed.code, said.code) == (3, 3)
    assert f"incomplete: {ACCOUNT} {FAR}" in listed.stderr
    assert f"incomplete: {ACCOUNT} {FAR}" in said.stderr
    assert "secguard-tor" in hub_rules(HOME)
    assert hub_rules(FAR) == {}


def test_a_region_that_can_not_be_read_makes_a_preview_incomplete(secguard, breach, written):
    written(tor={"type": [TOR]})
    breach.faults.add(answer=(403, "AccessDeniedException", "no"), service="guardduty", region=ALONE)
    said = secguard("suppress", "preview", "--check")

    assert said.code == 3
    assert f"incomplete: {ACCOUNT} {ALONE}" in said.stderr
    assert "tor" in said.stdout


@pytest.mark.parametrize("command", [["list"], ["preview"]])
def test_no_answer_anywhere_is_no_empty_list(secguard, breach, written, command):
    written(tor={"type": [TOR]})
    for service in ("securityhub", "guardduty"):
        breach.faults.add(answer=(403, "AccessDeniedException", "no"), service=service)
    said = secguard("suppress", *command)

    assert said.code == 1
    assert said.stdout == ""


def test_a_rule_can_be_written_where_nobody_can_say_what_it_hides(secguard, empty, file):
    words = ("suppress", "add", "tor", "--type", TOR, "--reason", "a test", "--owner", "ann", "--expires", "60d")
    said = secguard(*words)
    assert (said.code, file.exists()) == (1, False)
    assert "--no-preview" in said.stderr

    assert secguard(*words, "--no-preview").code == 0
    assert file.exists()


def test_a_rule_that_aws_refuses_is_named_and_the_others_are_made(secguard, breach, written):
    written(tor={"type": [TOR]})
    limit = (429, "LimitExceededException", "too many rules")
    breach.faults.add(answer=limit, service="securityhub", operation="CreateAutomationRule", region=FAR)
    said = secguard("suppress", "apply", "-y", "-o", "json")
    failed = [change["region"] for change in said.json["changes"] if change["status"] == "failed"]

    assert said.code == 3
    assert failed == [FAR]
    assert "secguard-tor" in hub_rules(HOME)


def test_a_filter_of_somebody_elses_with_our_name_is_left_alone_and_named(secguard, breach, written):
    guardduty = client("guardduty", ALONE)
    detector = guardduty.list_detectors()["DetectorIds"][0]
    theirs = {"Criterion": {"type": {"Equals": ["Recon:EC2/Portscan"]}}}
    guardduty.create_filter(DetectorId=detector, Name="secguard-tor", Action="ARCHIVE", FindingCriteria=theirs)
    written(tor={"type": [TOR]})
    said = secguard("suppress", "apply", "-y")

    assert said.code == 3
    assert f"incomplete: {ACCOUNT} {ALONE}" in said.stderr
    assert guardduty.get_filter(DetectorId=detector, FilterName="secguard-tor")["FindingCriteria"] == theirs
    assert "secguard-tor" in hub_rules()


def test_what_is_put_back_waits_for_the_rule_that_would_hide_it_again(secguard, breach, written, tors):
    written(tor={"type": [TOR]})
    secguard("suppress", "apply", "-y")
    written(expires=OVER, tor={"type": [TOR]})
    denied = (403, "AccessDeniedException", "no")
    breach.faults.add(answer=denied, service="securityhub", operation="BatchDeleteAutomationRules", region=FAR)
    said = secguard("suppress", "apply", "-y")

    assert said.code == 3
    assert {status for status, _ in tors(HOME)} == {"NEW"}
    assert {status for status, _ in tors(FAR)} == {"SUPPRESSED"}
    assert hub_rules(HOME) == {}
    assert "secguard-tor" in hub_rules(FAR)


def test_where_aws_has_no_room_secguard_does_it(secguard, breach, written, tors):
    for n in range(100):
        make_foreign_rule(f"theirs-{n}", order=n + 1)
    written(tor={"type": [TOR]})
    said = secguard("suppress", "apply", "-y")

    assert said.code == 0
    assert "AWS takes 100 of them here" in said.stderr
    assert "secguard-tor" not in hub_rules(HOME)
    assert {status for status, _ in tors(HOME)} == {"SUPPRESSED"}
    assert "secguard-tor" in hub_rules(FAR)


def test_a_saved_plan_is_made_anew_and_refused_once_the_world_is_another(secguard, breach, written, tmp_path):
    written(tor={"type": [TOR]})
    plan = tmp_path / "plan.json"
    secguard("suppress", "apply", "--plan-out", plan)
    written()  # the plan says itself which rules were meant
    applied = secguard("apply", plan, "-y")
    again = secguard("apply", plan, "-y")

    assert applied.code == 0
    assert "secguard-tor" in hub_rules()
    assert again.code == 4


def test_a_saved_plan_with_a_rule_that_means_everything_is_refused(secguard, breach, written, tmp_path):
    from secguard.engine.change import from_record, to_record  # noqa: PLC0415 - only here

    written(tor={"type": [TOR]})
    plan = tmp_path / "plan.json"
    secguard("suppress", "apply", "--plan-out", plan)
    record = json.loads(plan.read_text())
    record["request"]["rules"][0]["match"] = {}
    plan.write_text(json.dumps(to_record(from_record(record, origin="x").sealed())))
    said = secguard("apply", plan, "-y")

    assert said.code == 2
    assert "it would hide every finding" in said.stderr
    assert breach.calls.writes() == []


def test_a_preview_that_alarms_is_a_condition(secguard, breach, written):
    written(low={"severity": ["low"]})
    quiet = secguard("suppress", "preview", "--check")
    written(tor={"type": [TOR]})
    loud = secguard("suppress", "preview", "--check")

    assert quiet.code == 0
    assert loud.code == 5


def test_some_rules_alone_can_be_looked_at(secguard, breach, written):
    written(tor={"type": [TOR]}, low={"severity": ["low"]})
    said = secguard("suppress", "preview", "low", "-o", "jsonl")
    unknown = secguard("suppress", "preview", "lo")

    assert [json.loads(line)["name"] for line in said.stdout.splitlines()] == ["low"]
    assert unknown.code == 2
    assert "there is no rule 'lo'" in unknown.stderr


def test_the_list_has_every_format(secguard, breach, written):
    written(tor={"type": [TOR]})
    said = {
        output: secguard("suppress", "list", "-o", output).stdout for output in ("table", "csv", "markdown", "jsonl")
    }

    assert said["table"].splitlines()[1].split() == [
        "tor", "not", "applied", "0", "of", "12", SOON, "known", "ann", "automation-rule,", "guardduty",
    ]  # fmt: skip
    assert said["csv"].splitlines()[1].startswith(f"tor,not_applied,automation-rule; guardduty,12,0,{SOON},ann,known")
    assert said["markdown"].splitlines()[2].startswith("| tor | not applied |")
    assert json.loads(said["jsonl"])["state"] == "not_applied"


def test_a_terminal_is_safe_from_what_a_rule_says(secguard, breach, written):
    written(reason="a\u001b[31mred\u001b[0m\u202e", tor={"type": [TOR]})
    said = secguard("suppress", "list")

    assert "\u001b" not in said.stdout
    assert "\u202e" not in said.stdout


def test_a_file_by_chance_must_be_the_users_own(secguard, breach, written, file, monkeypatch):
    written(tor={"type": [TOR]})
    monkeypatch.delenv("SECGUARD_CONFIG")
    monkeypatch.chdir(file.parent)
    file.chmod(0o666)
    said = secguard("suppress", "apply", "-y")

    assert said.code == 2
    assert "rules.yaml" in said.stderr
    assert breach.calls.writes() == []
