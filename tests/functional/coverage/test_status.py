"""`secguard status` against the sandbox."""

REFUSED = (403, "AccessDeniedException", "User is not authorized to perform this")


def by_region(said):
    return {record["region"]: record for record in said.json}


def test_a_region_as_it_should_be_has_no_gap(secguard, breach):
    said = secguard("status", "--region", "us-east-1", "--check", "-o", "json")

    [record] = said.json
    assert said.code == 0
    assert record["gaps"] == []
    assert record["guardduty"]["enabled"] is True
    assert record["guardduty"]["features"]["S3_DATA_EVENTS"] == "ENABLED"
    assert record["guardduty"]["publishing_frequency"] == "FIFTEEN_MINUTES"
    assert record["security_hub"]["aggregation"] == "home"
    assert record["security_hub"]["standards"] == [
        {"name": "fsbp-1.0.0", "status": "READY", "reason": None},
        {"name": "cis-5.0.0", "status": "READY", "reason": None},
    ]
    assert record["config_recorder"] == "recording"
    assert record["error"] is None


def test_every_gap_is_named(secguard, breach):
    records = by_region(secguard("status", "--all-regions", "-o", "json"))

    assert records["sa-east-1"]["gaps"] == ["GuardDuty is off", "Security Hub is off"]
    assert records["eu-west-3"]["gaps"] == ["GuardDuty is suspended"]
    assert records["us-east-2"]["gaps"] == ["RDS_LOGIN_EVENTS is off"]
    assert records["us-west-2"]["gaps"] == ["cis-5.0.0 is off"]
    assert records["eu-west-1"]["security_hub"]["aggregation"] == "linked"
    assert "fsbp-1.0.0 is INCOMPLETE: no Config recorder" in records["ap-northeast-1"]["gaps"]
    assert records["ap-northeast-1"]["config_recorder"] == "missing"


def test_what_a_region_lacks_is_unsupported_and_no_gap(secguard, breach):
    records = by_region(secguard("status", "--all-regions", "-o", "json"))

    assert records["ap-northeast-2"]["guardduty"]["features"]["LAMBDA_NETWORK_LOGS"] == "UNSUPPORTED"
    assert records["ap-northeast-2"]["gaps"] == []


def test_check_tells_a_gap_by_the_exit_code(secguard, breach):
    assert secguard("status", "--region", "us-west-2", "--check").code == 5
    assert secguard("status", "--region", "us-west-2").code == 0


def test_what_could_not_be_looked_at_is_not_called_off(secguard, breach):
    breach.faults.add(answer=REFUSED, service="guardduty", operation="ListDetectors", region="eu-west-1")

    said = secguard("status", "--region", "eu-west-1,us-east-1", "--check", "-q", "-o", "json")

    record = by_region(said)["eu-west-1"]
    assert said.code == 3
    assert record["guardduty"] is None
    assert record["security_hub"]["enabled"] is True
    assert record["gaps"] == []
    assert "not authorized" in record["error"]
    assert "incomplete: 123456789012 eu-west-1: " in said.stderr


def test_nothing_answered_is_exit_1(secguard, breach):
    breach.faults.add(answer=REFUSED, service="guardduty")
    breach.faults.add(answer=REFUSED, service="securityhub")

    assert secguard("status").code == 1


def test_it_writes_nothing(secguard, breach):
    secguard("status", "--all-regions")

    assert breach.calls.writes() == []


def test_the_matrix_fits_eighty_columns(secguard, breach, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    said = secguard("status", "--all-regions")

    assert all(len(line) <= 80 for line in said.stdout.splitlines())
    assert "us-east-1       on         5/5    15 min   on   2/2        home      recording" in said.stdout


def test_csv_and_markdown_have_a_line_per_region(secguard, breach):
    table = secguard("status", "--region", "us-east-1,sa-east-1", "-o", "csv").stdout.splitlines()
    markdown = secguard("status", "--region", "us-east-1,sa-east-1", "-o", "markdown").stdout.splitlines()

    assert table[0].startswith("account,region,guardduty,features")
    assert len(table) == 3
    assert len(markdown) == 4
