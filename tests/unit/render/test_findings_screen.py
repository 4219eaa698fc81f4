"""Findings on a screen: what is shown at which width, and that nothing from outside can do harm there."""

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from secguard.findings.detail import Detail, Event
from secguard.findings.forms.asff import read_asff
from secguard.findings.listing import Listing
from secguard.findings.ranking import rank
from secguard.model import Finding
from secguard.render.finding import detail_record, page
from secguard.render.findings import CSV_COLUMNS, caption, csv_row, markdown_row, table, what
from secguard.render.screen import UNBOUNDED, answer_console, drawn

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
ACCOUNT = "123456789012"
ARN = f"arn:aws:guardduty:us-east-1:{ACCOUNT}:detector/12abc34d567e8fa901bc2d34e56789f0/finding/{1:032x}"


def finding(**over) -> Finding:
    remote = "aws/guardduty/service/action/networkConnectionAction/remoteIpDetails"
    item = {
        "Id": ARN,
        "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/guardduty",
        "ProductName": "GuardDuty",
        "AwsAccountId": ACCOUNT,
        "Region": "us-east-1",
        "Types": ["TTPs/Initial Access/UnauthorizedAccess:EC2-SSHBruteForce"],
        "Title": "198.51.100.7 is performing SSH brute force attacks against i-0c10c2c7863d1a356.",
        "Description": "Brute force attacks are used to gain unauthorized access.",
        "Severity": {"Label": "HIGH"},
        "LastObservedAt": "2026-11-23T15:00:00Z",
        "ProductFields": {f"{remote}/ipAddressV4": "185.220.101.1", f"{remote}/country/countryName": "Netherlands"},
        "Resources": [
            {
                "Type": "AwsEc2Instance",
                "Id": f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-0c10c2c7863d1a356",
                "Tags": {"Name": "web-1"},
            },
            {"Type": "AwsEc2Vpc", "Id": "vpc-1"},
        ],
        **over,
    }
    read = read_asff(item, position="here")
    assert isinstance(read, Finding)
    return rank(read, now=NOW)


def listing(*findings, **over):
    known = {"found": len(findings), "more": False, "worst": None, "answered": True}
    return Listing(findings=findings, **{**known, **over})


def lines(*findings, width):
    return [line.plain for line in table(listing(*findings), width=width, now=NOW)]


def test_eighty_columns_show_what_matters():
    heading, line = lines(finding(), width=80)
    assert heading.split() == ["SEVERITY", "ID", "WHAT", "RESOURCE", "SEEN"]
    assert line.startswith(f"high      {finding().short_id}  UnauthorizedAccess:EC2/SSH")
    assert "i-0c10c2c7863d1a356…" in line
    assert line.endswith("  3h")


def test_two_hundred_columns_show_who_where_and_what_answers_it():
    heading, line = lines(finding(), width=200)
    for column in ("REGION", "ACCOUNT", "FROM", "PLAYBOOK", "STATUS"):
        assert column in heading
    assert "185.220.101.1 Netherlands" in line
    assert "i-0c10c2c7863d1a356 (web-1) +1" in line


@given(st.integers(60, 250), st.text(max_size=120))
def test_a_line_is_never_wider_than_the_terminal_and_its_id_is_whole(width, title):
    shown = finding(Title=title or "-", ProductName="Other", Types=[])
    heading, line = lines(shown, width=width)
    assert max(cell_len(heading), cell_len(line)) <= width
    assert shown.short_id in line
    assert line.isprintable()


def test_a_sample_is_marked():
    assert what(finding(Sample=True)) == "(sample) UnauthorizedAccess:EC2/SSHBruteForce"


@pytest.mark.parametrize("title", ["S3.2 Buckets should be private", "Buckets should be private"])
def test_a_control_is_known_by_its_id_and_its_title(title):
    control = {"SecurityControlId": "S3.2", "Status": "FAILED"}
    assert (
        what(finding(ProductName="Security Hub", Title=title, Compliance=control)) == "S3.2 Buckets should be private"
    )


def test_the_caption_says_what_is_held_back():
    assert caption(listing(finding())) is None
    assert caption(listing(finding(), found=312)).startswith("showing 1 of 312 findings; more with --limit")
    assert caption(listing(finding(), found=87, more=True)).startswith("showing 1 of at least 87 findings")
    assert caption(listing()) == "no findings"


def test_a_flat_row_has_every_column_of_csv():
    assert set(CSV_COLUMNS) <= csv_row(finding()).keys()
    assert csv_row(finding())["resource_names"] == ["i-0c10c2c7863d1a356", "vpc-1"]


def test_a_row_of_markdown_says_the_same_as_the_table():
    assert markdown_row(finding(), now=NOW)[2:7] == (
        "UnauthorizedAccess:EC2/SSHBruteForce", "i-0c10c2c7863d1a356 (web-1) +1", ACCOUNT, "us-east-1", "3h"
    )  # fmt: skip


def written(*, width=80, playbooks=("block-ip",), **over):
    shown = finding(**over)
    full = Detail(
        finding=Finding(**{**{name: getattr(shown, name) for name in Finding.__slots__}, "playbooks": playbooks}),
        history=(Event(at=NOW, by="arn:aws:iam::123456789012:user/operator", what="Workflow.Status: NEW → NOTIFIED"),),
        related=(finding(Id="other"),),
        note="looked at",
        recommendation="Turn it off.",
    )
    return "\n".join(line.plain for line in page(full, width=width, now=NOW))


def test_a_finding_is_shown_in_words():
    text = written()
    for said in ("SSH brute force", "web-1", "185.220.101.1, Netherlands", "3h ago", "looked at", "NEW → NOTIFIED",
                 "user/operator", "Turn it off.", ARN, "detector"):  # fmt: skip
        assert said in text


def test_the_command_to_type_stands_on_one_line_however_narrow_it_is():
    line = f"secguard remediate {finding().short_id} --playbook block-ip --dry-run"
    assert line in written(width=30).replace("respond   ", "").splitlines()


def test_a_finding_that_nothing_answers_says_so():
    assert "no playbook answers it" in written(playbooks=())


HOSTILE = "\x1b[2J\u202eevil\x07"


def test_nothing_in_a_finding_reaches_the_terminal_as_a_command():
    resources = [{"Type": HOSTILE, "Id": HOSTILE, "Tags": {HOSTILE: HOSTILE}}]
    text = written(Title=HOSTILE, Description=HOSTILE, Resources=resources, Types=[HOSTILE], AwsAccountId=HOSTILE,
                   Region=HOSTILE, ProductName=HOSTILE, playbooks=(HOSTILE,))  # fmt: skip
    assert all(line.isprintable() for line in text.splitlines())


def test_markup_in_a_finding_stays_text():
    console = answer_console(io.StringIO(), width=80)
    assert "[red]alert[/red]" in drawn(
        table(listing(finding(Title="[red]alert[/red]", ProductName="Other", Types=[])), width=80, now=NOW),
        console=console,
    )


def test_the_record_in_full_keeps_every_key_of_the_record():
    record = detail_record(Detail(finding=finding()))
    assert {"id", "priority_reasons", "playbooks", "mitre", "history", "related", "note"} <= record.keys()


class Terminal(io.StringIO):
    def isatty(self):
        return True


def colours(stream, monkeypatch, **env):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    console = answer_console(stream)
    return "\x1b[" in drawn(table(listing(finding()), width=80, now=NOW), console=console)


def test_a_terminal_gets_colours_and_nothing_else_does(monkeypatch):
    assert colours(Terminal(), monkeypatch)
    assert not colours(io.StringIO(), monkeypatch)


def test_no_colour_is_a_wish_that_is_kept(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    console = answer_console(Terminal())
    said = drawn(table(listing(finding()), width=80, now=NOW), console=console)
    assert "\x1b[38" not in said
    assert "\x1b[31" not in said


def test_what_is_no_terminal_is_as_wide_as_what_is_written(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert answer_console(io.StringIO()).width == UNBOUNDED
    monkeypatch.setenv("COLUMNS", "100")
    assert answer_console(io.StringIO()).width == 100
