"""A finding that a watch shows is one line that fits, and says why it is shown."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from secguard.findings.forms.asff import read_asff
from secguard.findings.watching.changes import Change, Kind
from secguard.model import Place, Severity
from secguard.render import watch

NOW = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
WORSE = Change(kind=Kind.WORSE, before="MEDIUM", after="HIGH")
NEW = Change(kind=Kind.NEW)


@pytest.fixture
def finding():
    item = {
        "Id": "x", "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/inspector", "AwsAccountId": "123456789012",
        "Region": "us-east-1", "Title": "CVE-2026-1 in openssl", "UpdatedAt": "2026-11-23T12:03:10Z",
        "Severity": {"Label": "HIGH"}, "Resources": [{"Type": "AwsEc2Instance", "Id": "i-0abc"}],
    }  # fmt: skip
    return read_asff(item, position="here")


def test_a_wide_line_has_it_all(finding):
    line = watch.line(replace(finding, priority=63), WORSE, width=200, now=NOW).plain
    assert re.split("  +", line) == [
        "12:03:10Z", "high", "63", finding.short_id, "worse: MEDIUM → HIGH", "CVE-2026-1 in openssl", "i-0abc",
        "us-east-1", "123456789012",
    ]  # fmt: skip


def test_a_narrow_line_keeps_what_matters_most(finding):
    line = watch.line(finding, WORSE, width=80, now=NOW).plain
    assert len(line) <= 80
    assert line.startswith(f"12:03:10Z  high      {finding.short_id}  worse: MEDIUM → HIGH  CVE-2026-1 in openssl")


def test_a_narrow_line_still_names_what_is_affected(finding):
    named = replace(finding.resources[0], name="AKIAZ7LEAKEDDEPLOY01")
    long = replace(finding, title="A title that is longer than any line of eighty cells " * 2, resources=(named,))
    line = watch.line(long, Change(kind=Kind.UPDATED), width=80, now=NOW).plain
    assert ("AKIAZ7LEAKE…" in line, len(line)) == (True, 80)


def test_short_reasons_leave_the_rest_in_line(finding):
    lines = [watch.line(finding, change, width=120, now=NOW).plain for change in (NEW, Change(kind=Kind.AGAIN))]
    assert len({line.index("CVE") for line in lines}) == 1


def test_severities_have_their_colours(finding):
    for severity in Severity:
        line = watch.line(replace(finding, severity=severity), NEW, width=120, now=NOW)
        assert f"severity.{severity.name.lower()}" in {str(span.style) for span in line.spans}


def test_of_another_day_the_day_is_shown(finding):
    assert watch.line(finding, NEW, width=80, now=NOW.replace(day=25)).plain.startswith("11-23      high")
    assert watch.line(replace(finding, updated_at=None), NEW, width=80, now=NOW).plain.startswith("-          high")


@given(st.text(), st.text(), st.integers(30, 250), st.sampled_from([NEW, WORSE]))
def test_whatever_a_finding_says_the_line_fits_and_is_one(title, name, width, change):
    item = {
        "Id": "x", "ProductArn": "p", "AwsAccountId": name, "Region": name, "Title": title,
        "Severity": {"Label": "HIGH"}, "Resources": [{"Type": name, "Id": name}],
    }  # fmt: skip
    line = watch.line(read_asff(item, position="here"), change, width=width, now=NOW)
    assert line.plain.isprintable()
    assert cell_len(line.plain) <= width


def test_a_record_says_why_it_is_shown(finding):
    record = watch.record(finding, WORSE)
    assert (record["change"], record["change_from"], record["change_to"]) == ("worse", "MEDIUM", "HIGH")
    assert record["short_id"] == finding.short_id
    assert set(watch.CSV_COLUMNS) <= watch.row(finding, NEW).keys()
    assert watch.row(finding, NEW)["change_from"] is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (35.4, "35 s"), (60, "1 min"), (250, "4 min"), (3600, "1 h"), (7500, "2 h 5 min"), (3599, "1 h")],
)
def test_lengths_of_time_are_told_in_words(seconds, said):
    assert watch.lasted(seconds) == said


def test_few_regions_are_named_and_many_are_counted():
    places = [Place("1", f"region-{number}") for number in range(5)]
    assert watch.regions(places[:2]) == "region-0, region-1"
    assert watch.regions(places) == "5 Regions"
