"""Nothing that stands in a finding, of whichever form, breaks the terminal, a spreadsheet or a line of JSON."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from asff_made import asff, detected, ocsf
from hypothesis import given, settings
from hypothesis import strategies as st

from secguard.findings.files import findings_in
from secguard.findings.listing import collect
from secguard.findings.query import EVERYTHING
from secguard.findings.record import to_record
from secguard.render import formats
from secguard.render.findings import CSV_COLUMNS, MARKDOWN_HEADINGS, csv_row, markdown_row, table

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
EVIL = st.text(max_size=12) | st.sampled_from(
    [
        "=1+1",
        "@SUM(A1)",
        "+1",
        "-1",
        "\t=1",
        "\x1b[2J",
        "a\nb\r\nc",
        "\u202egnp.exe",
        "[red]x[/]",
        "| x |",
        "\ud800",
        "\x9b",
    ]
)
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")


FORMS = [
    asff(Resources=[{"Type": "AwsEc2Instance", "Id": "i-1", "Tags": {"Name": "web"}}]),
    detected(resource={"instanceDetails": {"instanceId": "i-1", "tags": [{"key": "Name", "value": "web"}]}}),
    ocsf(resources=[{"type": "AwsEc2Instance", "uid": "i-1", "tags": [{"name": "Name", "value": "web"}]}]),
]


def spoilt(value, draw):
    """The same value, each text in it replaced as `draw` says, names of tags too."""
    if isinstance(value, dict):
        return {draw(EVIL) if key == "Name" else key: spoilt(part, draw) for key, part in value.items()}
    if isinstance(value, list):
        return [spoilt(part, draw) for part in value]
    return draw(st.one_of(st.just(value), EVIL)) if isinstance(value, str) else value


@pytest.mark.parametrize("form", FORMS, ids=["asff", "guardduty", "ocsf"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_nothing_in_a_finding_breaks_what_it_is_shown_in(form, data):
    read = [each for each in findings_in(spoilt(form, data.draw), position="here") if hasattr(each, "severity")]
    listing = collect(read, query=EVERYTHING, now=NOW, answers=lambda _finding: ())
    lines = [str(line) for line in table(listing, width=200, now=NOW)]
    assert all(line.isprintable() for line in lines)
    for finding in listing.findings:
        text = "".join(formats.csv_lines([csv_row(finding)], columns=CSV_COLUMNS))
        (row,) = csv.DictReader(io.StringIO(text))
        assert not any(cell.lstrip(" ").startswith(FORMULAS) for cell in row.values())
        (line,) = formats.json_lines([to_record(finding)])
        assert line.rstrip("\n").isprintable()
        assert json.loads(line)["short_id"] == finding.short_id
        assert (
            len(
                "".join(
                    formats.markdown_table([markdown_row(finding, now=NOW)], headings=MARKDOWN_HEADINGS)
                ).splitlines()
            )
            == 3
        )
