"""The page of one finding fits the terminal, says first what happened, and obeys nothing that a finding holds."""

import json
from datetime import UTC, datetime

import pytest
from rich.cells import cell_len

from secguard.findings.detail import Detail
from secguard.findings.files import findings_in
from secguard.findings.telling.evidence import evidence
from secguard.findings.telling.explanation import explain
from secguard.findings.telling.story import sentence
from secguard.render.finding import detail_record, page

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
EVIL = "\x1b[2Jevil\nline\u202egnp"


def detail_of(item):
    """What is known of a finding in a file, with nothing around it."""
    (finding,) = findings_in(item, position="here")
    return Detail(
        finding=finding, story=sentence(finding), evidence=tuple(evidence(finding)), explanation=explain(finding)
    )


def attack(**over):
    return {
        "schemaVersion": "2.0",
        "accountId": "123456789012",
        "region": "us-east-1",
        "partition": "aws",
        "id": "ab" * 16,
        "arn": f"arn:aws:guardduty:us-east-1:123456789012:detector/{'12' * 16}/finding/{'ab' * 16}",
        "type": "UnauthorizedAccess:EC2/SSHBruteForce",
        "severity": 5,
        "title": "198.51.100.7 is guessing.",
        "description": "It guesses passwords.",
        "updatedAt": "2026-11-22T00:00:00.000Z",
        "resource": {"instanceDetails": {"instanceId": "i-0c10c2c7863d1a356", "tags": [{"key": "Name", "value": "w"}]}},
        "service": {
            "resourceRole": "TARGET",
            "count": 1203,
            "action": {"networkConnectionAction": {"remoteIpDetails": {"ipAddressV4": "198.51.100.7"}}},
        },
        **over,
    }


def shown(item, width=80):
    return [line.plain for line in page(detail_of(item), width=width, now=NOW)]


def sections(lines):
    return [line[:10].strip() for line in lines if line[:10].strip()]


def test_the_page_says_first_what_happened_and_what_to_do():
    lines = shown(attack())
    assert sections(lines)[1:6] == ["what", "says", "means", "first", "normal if"]
    text = " ".join(" ".join(lines).split())
    assert "198.51.100.7 tried to guess SSH logins of i-0c10c2c7863d1a356 (w) in 123456789012 us-east-1" in text
    assert "Credential Access (TA0006): T1110 Brute Force" in text
    assert "guardduty_finding-types-ec2.html#unauthorizedaccess-ec2-sshbruteforce" in text


@pytest.mark.parametrize("width", [80, 200])
def test_what_is_read_fits_the_terminal(width):
    for line in shown(attack(), width=width):
        assert cell_len(line) <= width or "http" in line or "secguard remediate" in line or "arn:" in line


def test_a_finding_of_which_nothing_is_known_has_a_page_without_gaps():
    lines = shown({"SchemaVersion": "2018-10-08", "Id": "x", "AwsAccountId": "123456789012", "Title": "A thing"})
    assert not {"means", "first", "normal if", "evidence", "learn"} & set(sections(lines))
    assert "what      A product that is not named says in 123456789012: A thing." in lines


def test_nothing_in_a_finding_is_obeyed():
    action = {"dnsRequestAction": {"domain": EVIL}}
    runtime = {"process": {"name": EVIL, "executablePath": EVIL, "user": EVIL}}
    hostile = attack(
        type="CryptoCurrency:Runtime/BitcoinTool.B!DNS",
        title=EVIL,
        description=EVIL,
        service={
            "action": action,
            "runtimeDetails": runtime,
            "evidence": {"threatIntelligenceDetails": [{"threatListName": EVIL}]},
        },
    )
    lines = shown(hostile)
    assert all(line.isprintable() for line in lines)
    assert any("\\x1b[2Jevil" in line for line in lines)


def test_the_record_holds_all_that_the_page_tells():
    record = json.loads(json.dumps(detail_record(detail_of(attack()))))
    assert record["story"].startswith("198.51.100.7 tried to guess SSH logins")
    assert record["explanation"].keys() == {"meaning", "benign", "first_steps", "exact"}
    assert record["explanation"]["exact"] is True
    assert record["documentation"].endswith("#unauthorizedaccess-ec2-sshbruteforce")
    assert record["mitre"] == [
        {"tactic": "Credential Access", "tactic_id": "TA0006", "technique": "T1110 Brute Force"},
    ]


def test_the_record_of_what_nobody_knows_says_so():
    record = detail_record(detail_of({"SchemaVersion": "2018-10-08", "Id": "x", "AwsAccountId": "1", "Title": "A"}))
    assert (record["explanation"], record["documentation"], record["evidence"]) == (None, None, [])
