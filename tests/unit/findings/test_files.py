"""A file's findings are read whatever their form and wrapping; what is none is named, and the rest goes on."""

import gzip
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from asff_made import asff, detected, ocsf
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_made import ODD

from secguard.errors import InputError
from secguard.findings.feeds.levels import LevelEnd
from secguard.findings.files import findings_in, read_file, stream
from secguard.findings.forms.asff import Unreadable
from secguard.findings.query import EVERYTHING, Query
from secguard.model import Finding, Severity, Source

DATA = Path(__file__).parents[2] / "data"
COUNTS = {
    "asff/asr_simulation.json": 52,
    "asff/asr_tests_cis.json": 2,
    "asff/asr_tests_sc.json": 1,
    "asff/aws_cli_batch_import.json": 1,
    "asff/guardduty_ssh_brute_force.json": 1,
    "asff/jfrog_xray.json": 2,
    "asff/panther_decoy_s3.json": 2,
    "asff/prowler_docs.json": 1,
    "asff/trivy_secrets.json": 2,
    "guardduty/aws_cli_example.json": 1,
    "guardduty/cartography_tests.json": 9,
    "guardduty/guardduty_soar_samples.json": 15,
    "guardduty_events/aws_sample_ec2.json": 1,
    "guardduty_events/aws_sample_iam.json": 1,
    "guardduty_events/aws_sample_s3.json": 1,
    "guardduty_events/aws_sample_waf_acl.json": 1,
    "guardduty_events/guardduty_soar_samples.json": 15,
    "guardduty_events/panther_tests.json": 2,
    "ocsf/prowler_docs.json": 1,
    "ocsf/prowler_example.json": 5,
    "security_hub_events/asr_tests.json": 9,
    "security_hub_events/v2_bot_scenarios.json": 6,
}


def event(detail, kind="GuardDuty Finding", **more):
    return {"version": "0", "detail-type": kind, "source": "aws", "account": "999999999999", "detail": detail, **more}


def ids(read):
    return [finding.id for finding in read if isinstance(finding, Finding)]


def problems(read):
    return [str(each) for each in read if isinstance(each, Unreadable)]


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write a file into the folder that is the current one, so that its name is short."""
    monkeypatch.chdir(tmp_path)

    def write(text, name="file.json"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    return write


@pytest.mark.parametrize(("file", "count"), COUNTS.items())
def test_every_recorded_file_is_read_whole(file, count):
    read = list(read_file(str(DATA / file)))
    assert problems(read) == []
    assert len(read) == count
    assert {finding.source for finding in read} == {Source.FILE}


def test_no_recorded_file_is_forgotten():
    assert {str(file.relative_to(DATA)) for file in DATA.glob("*/*.json")} == set(COUNTS)


@pytest.mark.parametrize(
    "value",
    [
        asff(1),
        detected(1),
        ocsf(1),
        [asff(1)],
        [[asff(1)]],
        {"Findings": [asff(1)]},
        {"Findings": [asff(1)], "NextToken": "more"},
        {"findings": [ocsf(1)]},
        event(detected(1)),
        event({"findings": [asff(1)]}, "Security Hub Findings - Imported"),
        event({"findings": [asff(1)], "actionName": "x"}, "Security Hub Findings - Custom Action"),
        event({"findings": [ocsf(1)]}, "Findings Imported V2"),
        [event(detected(1))],
    ],
)
def test_a_finding_is_found_in_whatever_it_is_wrapped_in(value):
    (finding,) = findings_in(value, position="here")
    assert isinstance(finding, Finding)


def test_the_account_is_the_findings_own_and_not_the_envelopes():
    (finding,) = findings_in(event(detected(1)), position="here")
    assert finding.account == "123456789012"


@pytest.mark.parametrize(
    "value",
    [
        [],
        {"Findings": []},
        event({"findings": []}, "Security Hub Findings - Custom Action"),
        event({"insightName": "x", "insightResults": [{"a": 1}]}, "Security Hub Insight Results"),
    ],
)
def test_what_may_hold_findings_and_holds_none_is_no_error(value):
    assert list(findings_in(value, position="here")) == []


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (7, "here: not a finding but a number"),
        (None, "here: not a finding but null"),
        ({}, "here: no form of finding that is known: it is empty"),
        ({"a": 1, "b": 2}, "here: no form of finding that is known: it has a, b"),
        ({"Findings": None}, "here: no form of finding that is known: it has Findings"),
        (event({"scanStatus": "DONE"}, "Malware"), "here: no form of finding that is known: it has scanStatus"),
        ([asff(1), "odd"], "here item 2: not a finding but text"),
        ({"Findings": [asff(Id="")]}, "here item 1: a finding without an Id"),
    ],
)
def test_what_is_no_finding_is_named_with_its_position(value, problem):
    assert problems(findings_in(value, position="here")) == [problem]


def test_json_lines_go_on_after_a_line_that_is_none(written):
    lines = [json.dumps(asff(1)), "{ broken", "", json.dumps(event(detected(2))), "7", json.dumps(ocsf(3))]
    read = list(read_file(written("\n".join(lines))))
    assert len(ids(read)) == 3
    assert [problem.split(": ")[0] for problem in problems(read)] == ["file.json:2", "file.json:5"]


def test_values_one_after_another_in_any_layout_are_read(written):
    text = (
        json.dumps([asff(1)], indent=2) + "\n\n" + json.dumps({"Findings": [asff(2)]}, indent=4) + json.dumps(asff(3))
    )
    assert len(ids(read_file(written(text)))) == 3


def test_an_error_within_a_value_is_named_by_its_line(written):
    read = list(read_file(written(json.dumps(asff(1)) + '\n{\n  "Id": 1,\n  oops\n}\n' + json.dumps(asff(2)))))
    assert len(ids(read)) == 2
    assert problems(read)[0].startswith("file.json:4: no JSON")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_the_encoding_is_told_by_the_first_bytes(written, encoding):
    name = written(json.dumps([asff(Title="Größe")], ensure_ascii=False).encode(encoding))
    assert [finding.title for finding in read_file(name)] == ["Größe"]


def test_a_packed_file_is_unpacked(written):
    packed = gzip.compress(json.dumps(detected(1)).encode())
    assert len(ids(read_file(written(packed, "export.jsonl.gz")))) == 1
    for broken in (packed[:-9], packed[:12] + b"x" + packed[13:]):
        with pytest.raises(InputError, match="can't be read"):
            list(read_file(written(broken)))


def test_stdin_is_read_like_a_file(monkeypatch):
    given_text = json.dumps(asff(1)).encode()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(given_text + b"\nodd")))
    read = list(read_file("-"))
    assert len(ids(read)) == 1
    assert problems(read)[0].startswith("stdin:2: ")


@pytest.mark.parametrize("text", ["no json at all", "{}", "[7]", '{"a": '])
def test_a_file_without_any_finding_in_it_is_an_error(written, text):
    with pytest.raises(InputError, match=r"nothing in it is a finding: file\.json"):
        list(stream(written(text), EVERYTHING))


def test_a_file_that_is_not_there_is_an_error():
    with pytest.raises(InputError, match=r"nowhere\.json can't be read: No such file"):
        list(stream("nowhere.json", EVERYTHING))


@pytest.mark.parametrize("text", ["", "  \n", "[]"])
def test_an_empty_file_holds_no_findings(written, text):
    assert ids(stream(written(text), EVERYTHING)) == []


def test_nested_beyond_reason_is_named(written):
    assert problems(read_file(written("[" * 100_000))) == ["file.json:1: no JSON: it is nested too deeply"]
    assert problems(read_file(written("[" * 20 + "]" * 20)))[0].endswith("lists in lists, too deep for findings")


def test_the_worst_come_first_and_every_level_ends(written):
    given_findings = [asff(1, Severity={"Label": "LOW"}), asff(2, Severity={"Label": "CRITICAL"})]
    events = list(stream(written(json.dumps(given_findings)), EVERYTHING))
    assert [each.severity.name for each in events if isinstance(each, Finding)] == ["CRITICAL", "LOW"]
    assert [each.severity for each in events if isinstance(each, LevelEnd)] == sorted(Severity, reverse=True)
    assert all(each.exhausted for each in events if isinstance(each, LevelEnd))


def test_of_a_finding_that_comes_again_the_newest_counts(written):
    old, new = asff(1, UpdatedAt="2026-11-01T00:00:00Z"), asff(1, Workflow={"Status": "RESOLVED"})
    for order in ([old, new], [new, old]):
        assert ids(stream(written(json.dumps(order)), Query())) == []
        assert len(ids(stream(written(json.dumps(order)), EVERYTHING))) == 1


def test_findings_that_share_an_id_by_mistake_are_all_told(written):
    shared = [ocsf(1, finding_info={"uid": "<uid>", "title": title}, metadata={}) for title in ("one", "two")]
    assert len(ids(stream(written(json.dumps(shared)), EVERYTHING))) == 2


def test_the_filters_hold_for_files(written):
    name = written(json.dumps([asff(1), detected(2), ocsf(3)]))
    assert ids(stream(name, Query(products=("guardduty",)))) == [detected(2)["arn"]]
    assert ids(stream(name, Query(regions=("eu-west-1",)))) == []


@settings(max_examples=200, deadline=None)
@given(st.lists(ODD, max_size=4))
def test_whatever_stands_beside_a_finding_the_finding_is_read(odd):
    assert asff(1)["Id"] in ids(findings_in([*odd, asff(1)], position="here"))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_whatever_bytes_a_file_holds_it_is_read_or_named(tmp_path_factory, content):
    file = tmp_path_factory.getbasetemp() / "bytes"
    file.write_bytes(content)
    if content.startswith(b"\x1f\x8b"):
        return
    assert all(isinstance(each, Finding | Unreadable) for each in read_file(str(file)))
