"""Incidents fit the terminal, nothing in one can break it, and every format holds what matters."""

import csv
import io
import shlex
from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len

from secguard.findings.forms.asff import read_asff
from secguard.findings.incidents.pursuit import Found
from secguard.findings.incidents.record import incident_record
from secguard.findings.incidents.steps import steps_of
from secguard.findings.incidents.tying import incidents
from secguard.model import timestamp
from secguard.render import formats
from secguard.render import incident as drawing

NOW = datetime(2026, 11, 23, tzinfo=UTC)
IMPACT = ["TTPs/Impact/Impact:S3-DataDestruction"]
NASTY = "\x1b[31mred\u202e | =1+1 <script> `x` $(rm)"


def finding(number, *, title="Something odd.", on="acme", hours=0, label="HIGH", **over):
    base = "aws/guardduty/service/action/awsApiCallAction/remoteIpDetails"
    return read_asff(
        {
            "Id": f"arn:aws:guardduty:us-east-1:1:detector/d/finding/{number:032x}",
            "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/guardduty",
            "ProductName": "GuardDuty",
            "AwsAccountId": "123456789012",
            "Region": "us-east-1",
            "Types": ["TTPs/Discovery/Discovery:S3-AnomalousBehavior"],
            "Severity": {"Label": label},
            "Title": title,
            "FirstObservedAt": timestamp(NOW - timedelta(hours=9 - hours)),
            "ProductFields": {f"{base}/ipAddressV4": "80.94.92.65", f"{base}/country/countryName": title},
            "Resources": [{"Type": "AwsS3Bucket", "Id": f"arn:aws:s3:::{on}"}],
            **over,
        },
        position="",
    )


def of(*findings):
    return incidents(findings)


def drawn(lines):
    return "\n".join(line.plain for line in lines)


def story(*findings, width=80, **more):
    (incident,) = of(*findings)
    return drawn(drawing.story(Found(incident=incident, **more), steps_of(incident), width=width))


@pytest.mark.parametrize("title", ["", "\x1b[0m", "A long title of many words that tells what happened " * 3])
def test_whatever_the_title_is_the_first_line_fits(title):
    told = story(finding(1, title=title))
    assert max(cell_len(line) for line in told.split("\n\n")[0].splitlines()) <= 80
    assert told.startswith("high  ")


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_table_fits_and_keeps_ids_whole(width):
    made = of(finding(1, title=NASTY * 3), finding(2, on="b" * 90), finding(3, Sample=True))
    lines = [line.plain for line in drawing.table(made, width=width, now=NOW)]

    assert all(cell_len(line) <= width for line in lines)
    assert all(incident.lead.short_id in text for incident, text in zip(made, lines[1:], strict=True))
    assert lines[0].startswith("SEVERITY  ID        WHAT HAPPENED")
    assert not any(char in "".join(lines) for char in "\x1b\u202e")


def test_the_table_says_how_many_how_long_and_by_whom():
    _, line = drawing.table(of(finding(1), finding(2, hours=5)), width=200, now=NOW)

    assert line.plain.startswith("high ")
    for part in ("Discovery by 80.94.92.65 on acme", " 2 ", "5h", "4h", "123456789012", "us-east-1"):
        assert part in line.plain


def test_a_sample_is_said_to_be_one():
    _, line = drawing.table(of(finding(1, Sample=True)), width=120, now=NOW)

    assert "(sample) Something odd." in line.plain
    assert "(sample)" in story(finding(1, Sample=True))


def test_the_story_tells_each_step_and_what_to_type_next():
    said = story(finding(1), finding(2, on="b", hours=5, Types=IMPACT))

    assert said.index("AnomalousBehavior") < said.index("DataDestruction") < said.index("secguard triage")
    assert "5h later, after 5h of silence" in said
    assert "tied by: same address 80.94.92.65" in said
    assert "Discovery:S3/AnomalousBehavior (Discovery)" in said


@pytest.mark.parametrize("width", [40, 80, 200])
def test_nothing_in_a_finding_can_break_the_story(width):
    said = story(finding(1, title=NASTY), finding(2, on=NASTY), width=width)

    assert not any(char in said for char in "\x1b\u202e")
    typed = [line for line in said.splitlines() if "secguard " in line]
    assert all(shlex.split(line) for line in typed)


def test_what_is_known_besides_is_shown_and_the_rest_is_counted():
    known = tuple(finding(n, title=f"CVE-{n}", ProductName="Inspector", ProductArn="x", Types=["y"]) for n in range(13))
    said = story(finding(1), context=known)

    assert "CVE-0 (acme)" in said
    assert "and 3 more of high severity or worse" in said


def test_an_incident_that_was_cut_says_so():
    assert "followed 3 times" in story(finding(1), cut="its ties were followed 3 times and no further")


def test_many_ids_are_piped_instead_of_written():
    lines = drawing.commands(of(*(finding(n) for n in range(13)))[0])

    assert lines[-1].endswith("--incident -o ids | secguard triage - --status notified --dry-run")


def test_a_playbook_is_given_the_findings_that_it_answers():
    from msgspec.structs import replace  # noqa: PLC0415 - for this test alone

    answered = [replace(finding(n), playbooks=("block-ip",) if n < 2 else ()) for n in range(3)]
    first, last = drawing.commands(of(*answered)[0])
    ids = [each.short_id for each in answered]

    assert first.startswith("secguard remediate ")
    assert [each in first for each in ids] == [True, True, False]
    assert first.endswith("--playbook block-ip --dry-run")
    assert all(each in last for each in ids)


def test_csv_is_flat_and_holds_no_formula():
    made = of(finding(1, title="=cmd()"))
    text = "".join(formats.csv_lines(map(drawing.csv_row, made), columns=drawing.CSV_COLUMNS))
    (row,) = csv.DictReader(io.StringIO(text))

    assert row["title"] == "'=cmd()"
    assert row["findings"] == "1"
    assert row["resource_names"] == "acme"
    assert row["address_ips"] == "80.94.92.65"
    assert set(drawing.CSV_COLUMNS) <= drawing.csv_row(made[0]).keys()


def test_markdown_holds_the_whole_story_and_no_markup_of_a_findings():
    (incident,) = of(finding(1, title=NASTY), finding(2, hours=3, Types=IMPACT))
    said = "".join(drawing.markdown_story(Found(incident=incident), steps_of(incident)))

    assert said.startswith("# ")
    assert "<script>" not in said
    assert said.index("AnomalousBehavior") < said.index("DataDestruction")
    assert "secguard triage" in said


def test_a_row_of_markdown_has_a_cell_for_each_heading():
    (incident,) = of(finding(1))

    assert len(drawing.markdown_row(incident, now=NOW)) == len(drawing.MARKDOWN_HEADINGS)


def test_the_record_of_a_story_says_whether_it_is_whole():
    (incident,) = of(finding(1))
    whole, cut = (
        drawing.story_record(Found(incident=incident, cut=cut), steps_of(incident)) for cut in (None, "so far")
    )

    assert (whole["complete"], cut["complete"], cut["cut"]) == (True, False, "so far")
    assert incident_record(incident).items() <= whole.items()
    assert [step["finding_ids"] for step in whole["steps"]] == [[incident.lead.short_id]]


def test_what_has_no_time_is_drawn_too():
    made = of(finding(1, FirstObservedAt=None))

    assert "at an unknown time" in drawn(drawing.story(Found(incident=made[0]), steps_of(made[0]), width=80))
    assert drawn(drawing.table(made, width=80, now=NOW))
