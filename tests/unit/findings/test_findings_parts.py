"""Samples, times, ARNs and short ids: the small parts that reading and looking up are made of."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from asff_made import asff, guardduty, read
from hypothesis import given
from hypothesis import strategies as st

from secguard.errors import UsageError
from secguard.findings.forms.arn import account_in, name_in
from secguard.findings.forms.samples import is_sample_asff, is_sample_guardduty
from secguard.findings.forms.times import age, parse_time, read_time
from secguard.findings.numbers import Numbers
from secguard.findings.short_ids import Told, told_apart, unique_prefixes

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "over",
    [
        {"Sample": True},
        {"ProductFields": {"aws/guardduty/service/additionalInfo/sample": "true"}},
        {"ProductFields": {"aws/guardduty/service/additionalInfo/value": '{"unusual":{},"sample":true}'}},
        {"ProductFields": {"additionalInfo": '{"sample":true}'}},
        {"Title": "[SAMPLE] An instance is under attack."},
    ],
)
def test_a_sample_is_recognised_in_asff(over):
    assert is_sample_asff(guardduty(**over))
    assert read(guardduty(**over)).sample


@pytest.mark.parametrize(
    "over",
    [
        {},
        {"Sample": False},
        {"Sample": None, "ProductFields": None},
        {"ProductFields": {"aws/guardduty/service/additionalInfo/value": '{"sample":false}'}},
        {"ProductFields": {"aws/guardduty/service/additionalInfo/value": '{"threatName":"sample:true"'}},
        {"ProductFields": {"aws/guardduty/service/additionalInfo/value": "[" * 100_000 + '"sample"'}},
        {"Title": "A sample of what may happen"},
    ],
)
def test_what_only_talks_of_samples_is_none(over):
    assert not is_sample_asff(guardduty(**over))


def test_a_sample_is_recognised_as_guarddutys_api_says_it():
    assert is_sample_guardduty({"service": {"additionalInfo": {"value": '{"sample":true}', "type": "default"}}})
    assert not is_sample_guardduty({"service": {"additionalInfo": {"value": "{}", "type": "default"}}})


def test_a_sample_is_recognised_as_an_event_says_it():
    assert is_sample_guardduty({"service": {"additionalInfo": {"sample": True}}})
    assert is_sample_guardduty({"service": {"additionalInfo": {"value": '{"sample":true}', "type": "default"}}})
    assert not is_sample_guardduty({"service": {"additionalInfo": None}})


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("2021-08-25T12:20:30.000000005Z", datetime(2021, 8, 25, 12, 20, 30, tzinfo=UTC)),
        ("2021-08-25 12:20:30", datetime(2021, 8, 25, 12, 20, 30, tzinfo=UTC)),
        ("2021-08-25T14:20:30+02:00", datetime(2021, 8, 25, 12, 20, 30, tzinfo=UTC)),
        (1629894030, datetime(2021, 8, 25, 12, 20, 30, tzinfo=UTC)),
        (1629894030000, datetime(2021, 8, 25, 12, 20, 30, tzinfo=UTC)),
        ("2021-08-25T122:29:00Z", None),
        ("9999-12-31T23:59:59-05:00", None),
        ("0001-01-01T00:00:00Z", None),
        (float("nan"), None),
        (10**400, None),
        (True, None),
        ("", None),
        (None, None),
    ],
)
def test_a_time_is_read_however_it_is_written_and_nonsense_is_none(said, moment):
    assert read_time(said) == moment


@given(st.text() | st.integers() | st.floats() | st.datetimes(timezones=st.none() | st.timezones()))
def test_any_time_that_is_read_can_be_written(said):
    moment = read_time(said)
    assert moment is None or (moment.utcoffset() == timedelta(0) and moment.year >= 1970)


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("30m", NOW - timedelta(minutes=30)),
        ("24h", NOW - timedelta(hours=24)),
        ("7d", NOW - timedelta(days=7)),
        ("2w", NOW - timedelta(weeks=2)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T10:00:00+01:00", datetime(2026, 11, 20, 9, tzinfo=UTC)),
    ],
)
def test_an_operator_may_say_how_long_ago_or_when(typed, moment):
    assert parse_time(typed, now=NOW, option="--since") == moment


@pytest.mark.parametrize("typed", ["yesterday", "7", "-7d", "7y", "", "99999999d"])
def test_what_is_no_time_is_refused_by_the_name_of_its_option(typed):
    with pytest.raises(UsageError, match="--since"):
        parse_time(typed, now=NOW, option="--since")


def test_an_age_is_told_in_the_largest_unit_that_fits():
    spans = [timedelta(seconds=30), timedelta(minutes=5), timedelta(hours=3), timedelta(days=40), -timedelta(hours=1)]
    assert [age(NOW - span, now=NOW) for span in spans] == ["now", "5m", "3h", "40d", "now"]
    assert age(None, now=NOW) == "-"


@pytest.mark.parametrize(
    ("identifier", "name", "account"),
    [
        ("arn:aws:ec2:us-east-1:123456789012:instance/i-0c10", "i-0c10", "123456789012"),
        ("arn:aws:s3:::acme/a/b.txt", "acme/a/b.txt", None),
        ("arn:aws:iam::123456789012:user/team/deploy-bot", "deploy-bot", "123456789012"),
        ("arn:aws:sts::123456789012:assumed-role/admin/session", "admin/session", "123456789012"),
        ("arn:aws:lambda:us-east-1:123456789012:function:resize:7", "resize", "123456789012"),
        ("arn:aws:rds:us-east-1:123456789012:cluster-snapshot:rds:zva-2021", "rds:zva-2021", "123456789012"),
        ("arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/50dc6c495c", "web", "123456789012"),
        ("arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/x:*", "/aws/lambda/x", "123456789012"),
        ("arn:aws:autoscaling:r:123456789012:autoScalingGroup:7:autoScalingGroupName/web", "web", "123456789012"),
        ("AWS::::Account:123456789012", "123456789012", "123456789012"),
        ("AWS::IAM::AccessKey:AKIAEXAMPLE", "AKIAEXAMPLE", None),
        ("rds-instance-id", "rds-instance-id", None),
        ("arn:", "arn:", None),
        ("", "", None),
    ],
)  # fmt: skip
def test_a_resource_is_known_by_its_shortest_name(identifier, name, account):
    assert (name_in(identifier), account_in(identifier)) == (name, account)


HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
ALIKE = st.builds(lambda head, tail: (head + tail)[:64], st.sampled_from(["a" * 8, "a" * 20, "a" * 63]), HEX)


@given(st.lists(HEX | ALIKE, unique=True, max_size=12))
def test_no_short_id_is_the_beginning_of_another_fingerprint(fingerprints):
    prefixes = unique_prefixes(fingerprints)
    for full, prefix in prefixes.items():
        assert full.startswith(prefix)
        assert len(prefix) >= 8
        assert [other for other in fingerprints if other.startswith(prefix)] == [full]
        longer = len(prefix) > 8
        assert not longer or [other for other in fingerprints if other.startswith(prefix[:-1])] != [full]


def test_findings_of_one_list_keep_eight_digits_where_those_tell_them_apart():
    listed = told_apart([read(asff(1)), read(asff(2))])
    assert [len(finding.short_id) for finding in listed] == [8, 8]


def test_findings_of_one_list_that_begin_alike_get_as_many_digits_as_tell_them_apart(monkeypatch):
    numbers = {1: "a" * 10 + "b" * 54, 2: "c" * 64, 3: "a" * 11 + "b" * 53}
    listed = [msgspec.structs.replace(read(asff(number)), short_id=full[:8]) for number, full in numbers.items()]
    made = {finding.id: full for finding, full in zip(listed, numbers.values(), strict=True)}
    monkeypatch.setattr("secguard.findings.short_ids.fingerprint", lambda _arn, finding_id: made[finding_id])
    assert [finding.short_id for finding in told_apart(listed)] == ["a" * 10 + "b", "c" * 8, "a" * 11]


def test_in_a_stream_a_later_finding_is_told_from_an_earlier_one(monkeypatch):
    made = iter(["a" * 64, "a" * 10 + "b" * 54, "c" * 64])
    monkeypatch.setattr("secguard.findings.short_ids.fingerprint", lambda *_: next(made))
    told = Told()
    assert [told.apart(read(asff(number))).short_id for number in range(3)] == ["a" * 8, "a" * 10 + "bbbbb", "c" * 8]


@given(st.lists(st.integers(min_value=0, max_value=2**60 - 1) | st.integers(min_value=0, max_value=20), max_size=200))
def test_numbers_are_new_once(added):
    numbers, kept = Numbers(), set()
    for number in added:
        assert numbers.add(number) is (number not in kept)
        kept.add(number)


def test_numbers_are_known_however_many_there_are():
    numbers, spread = Numbers(), [number * 0x9E3779B97F4A7C15 % 2**60 for number in range(20_000)]

    assert all(map(numbers.add, spread))
    assert not any(map(numbers.add, spread))
