"""`secguard show` against the sandbox: one finding in full, by any of its ids."""

import pytest

SEVERITIES = ("critical", "high", "medium", "low", "informational")


@pytest.fixture
def attack(secguard, breach):
    """The brute force on the web server, as the list tells it."""
    return secguard("findings", "-o", "json", "--type", "UnauthorizedAccess:EC2/SSHBruteForce", "--no-samples").json[0]


def test_the_page_says_what_happened_to_what_by_whom_and_what_to_type(secguard, attack):
    said = secguard("show", attack["short_id"])
    assert said.code == 0
    for word in (attack["id"], attack["title"].split()[0], attack["actor"]["ip"], attack["resources"][0]["name"]):
        assert word in said.stdout
    assert f"secguard remediate {attack['short_id']} --playbook block-ip --dry-run" in said.stdout


@pytest.mark.parametrize("form", ["short", "longer", "guardduty", "full"])
def test_every_form_of_an_id_finds_it(secguard, attack, form, monkeypatch, tmp_path):
    forms = {
        "short": attack["short_id"],
        "longer": attack["short_id"].upper(),
        "guardduty": attack["id"].rsplit("/", 1)[1],
        "full": attack["id"],
    }
    monkeypatch.setenv("SECGUARD_STATE_DIR", str(tmp_path / "where nothing was listed yet"))
    said = secguard("show", forms[form], "-o", "json")
    assert (said.code, said.json["id"]) == (0, attack["id"])


def test_the_record_in_full_says_what_is_known_around_it(secguard, attack):
    record = secguard("show", attack["id"], "-o", "json").json
    assert record["history"]
    assert record["playbooks"][0] == "block-ip"
    assert {"note", "recommendation", "link", "related"} <= record.keys()


def test_raw_is_as_it_was_received(secguard, attack):
    raw = secguard("show", attack["id"], "--raw").json
    assert raw["Id"] == attack["id"]
    assert raw["SchemaVersion"] == "2018-10-08"


def test_nothing_is_written(secguard, breach, attack):
    secguard("show", attack["id"])
    assert breach.calls.writes() == []


@pytest.mark.parametrize("unknown", ["0000000000", "3f9a", "arn:aws:nothing:here:1:x/y"])
def test_an_unknown_id_is_refused_with_what_to_do(secguard, breach, unknown):
    said = secguard("show", unknown)
    assert said.code == 2
    assert said.stdout == ""
    assert "error: " in said.stderr


def test_a_history_that_may_not_be_read_is_said_and_the_rest_is_shown(secguard, breach, attack):
    breach.faults.add(answer=(403, "AccessDeniedException", "no"), operation="GetFindingHistory")
    said = secguard("show", attack["short_id"])
    assert said.code == 3
    assert "no history" in said.stderr
    assert attack["id"] in said.stdout


def test_the_page_begins_with_what_happened_in_plain_words(secguard, attack):
    said = " ".join(secguard("show", attack["short_id"]).stdout.split())
    where = f"{attack['account']} {attack['region']}"
    assert f"tried to guess SSH logins of {attack['resources'][0]['name']} (web-1) in {where}, 1,874 times" in said
    assert "means Passwords are being guessed over SSH." in said


def test_the_record_tells_the_story_and_explains_the_type(secguard, attack):
    record = secguard("show", attack["id"], "-o", "json").json
    assert record["story"].startswith(f"{attack['actor']['ip']} (")
    assert record["explanation"]["exact"] is True
    assert record["documentation"].startswith("https://docs.aws.amazon.com/guardduty/latest/ug/")
    (connection,) = [each["value"] for each in record["evidence"] if each["name"] == "connection"]
    assert connection.startswith("inbound, TCP, port 22 (SSH)")


def test_several_are_shown_one_after_the_other_and_are_one_array_in_json(secguard, breach):
    several = [each["short_id"] for each in secguard("findings", "-o", "json", "--limit", "3").json]
    page = secguard("show", *several)
    assert page.code == 0
    assert [line.split()[1] for line in page.stdout.splitlines() if line.startswith(SEVERITIES)] == several
    records = secguard("show", *several, "-o", "json").json
    assert [each["short_id"] for each in records] == several
    assert [each["Id"] for each in secguard("show", *several, "--raw").json] == [each["id"] for each in records]


def test_one_unknown_id_among_several_is_refused_before_anything_is_shown(secguard, attack):
    said = secguard("show", attack["short_id"], "0000000000")
    assert (said.code, said.stdout) == (2, "")
    assert "0000000000" in said.stderr


def test_an_incident_is_of_one_finding(secguard, attack):
    said = secguard("show", attack["short_id"], attack["id"], "x", "--incident")
    assert said.code == 2
    assert "one id" in said.stderr


def test_no_id_at_all_is_refused(secguard, breach):
    assert secguard("show").code == 2


@pytest.mark.parametrize("kind", ["GuardDuty", "Security Hub", "Inspector", "Macie", "IAM Access Analyzer", "Config"])
def test_every_product_has_its_story(secguard, breach, kind):
    found = secguard("findings", "-o", "json", "--product", kind, "--limit", "2", "--status", "all").json
    records = secguard("show", *[each["short_id"] for each in found], "-o", "json").json
    for record in records:
        assert record["story"].endswith(".")
        assert f"{record['region']}" in record["story"]
        assert record["explanation"]
