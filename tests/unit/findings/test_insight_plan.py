"""What an insight of one's own keeps of what was typed, and what is refused because it can't."""

from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest
from asff_made import asff, guardduty
from hypothesis import given
from hypothesis import strategies as st

from secguard.errors import UsageError
from secguard.findings.forms.asff import read_asff
from secguard.findings.insights.plan import COUNTED_BY, Wish, asked_again, counted_by, require_name, saved_filters
from secguard.findings.pushdown import matches
from secguard.findings.query import Query
from secguard.model import Place, Severity, Workflow
from secguard.sandbox.securityhub.attributes import kinds
from secguard.sandbox.securityhub.filtering import predicate

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)


def saved(query=None, *, since=None, until=None):
    return saved_filters(query or Query(), since=since, until=until, now=NOW)


def test_what_is_open_is_what_an_insight_counts_unless_it_is_said():
    assert saved() == {
        "RecordState": [{"Value": "ACTIVE", "Comparison": "EQUALS"}],
        "WorkflowStatus": [
            {"Value": "NEW", "Comparison": "EQUALS"},
            {"Value": "NOTIFIED", "Comparison": "EQUALS"},
        ],
    }
    assert saved(Query(statuses=(), archived=True)) == {}


KEPT = {
    "levels": st.sampled_from([(Severity.CRITICAL,), (Severity.CRITICAL, Severity.HIGH), (Severity.LOW,)]),
    "statuses": st.sampled_from([(), (Workflow.NEW,), (Workflow.RESOLVED, Workflow.NEW)]),
    "products": st.sampled_from([(), ("guardduty",), ("guardduty", "security hub")]),
    "types": st.sampled_from(
        [
            (),
            ("TTPs/*",),
            ("TTPs/Initial Access/UnauthorizedAccess:EC2-SSHBruteForce", "Software and Configuration Checks/*"),
        ]
    ),
    "controls": st.sampled_from([(), ("S3.2",), ("EC2.19", "S3.2")]),
    "compliance": st.sampled_from([(), ("FAILED",), ("PASSED",)]),
    "standards": st.sampled_from([(), ("fsbp",), ("cis", "pci")]),
    "resources": st.sampled_from([(), ("arn:aws:s3:::acme",)]),
    "resource_types": st.sampled_from([(), ("AwsS3Bucket",)]),
    "accounts": st.sampled_from([(), ("123456789012",), ("111111111111",)]),
    "archived": st.booleans(),
}
FINDINGS = [
    asff(1),
    asff(2, Severity={"Label": "CRITICAL"}, Workflow={"Status": "RESOLVED"}),
    asff(3, Severity={"Label": "LOW"}, RecordState="ARCHIVED", AwsAccountId="111111111111"),
    asff(4, Compliance={"Status": "PASSED", "SecurityControlId": "EC2.19"}),
    guardduty(5, Severity={"Label": "CRITICAL"}),
    guardduty(6, Resources=[{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::acme"}]),
]


@given(st.builds(Query, **KEPT))
def test_an_insight_counts_exactly_what_findings_would_list(query):
    """Or it is refused, for too many kinds of filters."""
    try:
        holds = predicate(saved(query))
    except UsageError as error:
        assert "at most 10" in str(error)  # noqa: PT017 - either way is right
        return

    listed = matches(query)
    assert [holds(item) for item in FINDINGS] == [listed(read_asff(item, position="")) for item in FINDINGS]


@pytest.mark.parametrize(
    ("option", "change"),
    [
        ("--title", {"titles": ("bucket",)}),
        ("--ip", {"networks": (ip_network("203.0.113.0/24"),)}),
        ("--no-samples", {"samples": False}),
        ("--resource", {"resources": ("acme",)}),
        ("--resource-type", {"resource_types": ("bucket",)}),
        ("--control", {"controls": ("s3.2",)}),
        ("--standard", {"standards": ("my own",)}),
        ("--product", {"products": ("my own",)}),
        ("--type", {"types": ("UnauthorizedAccess:*",)}),
        ("--type", {"types": ("TTPs/*/Recon*",)}),
        ("--type", {"types": ("*Recon",)}),
        ("--control", {"controls": tuple(f"S3.{n}" for n in range(21))}),
        ("--type", {"types": tuple(f"TTPs/{n}" for n in range(21))}),
    ],
)
def test_what_security_hub_would_understand_otherwise_is_refused_by_the_name_of_its_option(option, change):
    with pytest.raises(UsageError, match=f"can't keep {option} in") as caught:
        saved(replace(Query(), **change))

    assert option in caught.value.advice


def test_more_than_ten_kinds_of_filters_are_refused_and_none_is_dropped():
    full = Query(
        levels=(Severity.HIGH,),
        products=("guardduty",),
        types=("TTPs/*",),
        controls=("S3.2",),
        compliance=("FAILED",),
        standards=("cis",),
        resources=("arn:aws:s3:::acme",),
        accounts=("123456789012",),
    )

    assert len(saved(full)) == 10
    with pytest.raises(UsageError, match="at most 10"):
        saved(full, since="7d")


def test_days_stay_days_and_dates_stay_dates():
    assert saved(since="2w")["UpdatedAt"] == [{"DateRange": {"Value": 14, "Unit": "DAYS"}}]
    assert saved(since="48h")["UpdatedAt"] == [{"DateRange": {"Value": 2, "Unit": "DAYS"}}]
    (period,) = saved(since="2026-11-01", until="2026-11-02")["UpdatedAt"]
    assert period["Start"] == "2026-11-01T00:00:00Z"
    assert period["End"].startswith("2026-11-03T00:00:0")


@pytest.mark.parametrize(
    ("since", "until", "why"),
    [
        ("5h", None, "whole days"),
        ("30m", None, "whole days"),
        ("7d", "2026-11-20", "dates"),
        (None, "7d", "dates"),
        ("x", None, "not a time"),
    ],
)
def test_a_period_that_would_not_stay_what_it_is_is_refused(since, until, why):
    with pytest.raises(UsageError, match=why):
        saved(since=since, until=until)


def test_our_words_are_attributes_and_attributes_are_their_own():
    attributes = tuple(kinds())

    assert set(COUNTED_BY.values()) <= set(attributes)
    assert counted_by("resource", attributes=attributes) == "ResourceId"
    assert counted_by("generatorid", attributes=attributes) == "GeneratorId"
    with pytest.raises(UsageError, match="no such attribute") as caught:
        counted_by("sevrity", attributes=attributes)
    assert "SeverityLabel" in caught.value.advice


@pytest.mark.parametrize("name", ["", " ", "two\nlines", "\x1b[31mred", "x" * 129, "Resources", "arn:aws:x"])
def test_a_name_that_would_hide_or_mean_something_else_is_refused(name):
    with pytest.raises(UsageError):
        require_name(name, taken={"resources"})


def test_a_request_tells_the_wish_again_and_one_that_does_not_is_refused():
    wish = Wish(name="a", place=Place("123456789012", "eu-west-1"), filters={}, group_by="Region")
    request = {
        "wish": {
            "name": "a",
            "place": {"account": "123456789012", "region": "eu-west-1"},
            "filters": {},
            "group_by": "Region",
        },
        "replace": True,
    }

    assert asked_again(request) == (wish, True)
    for broken in ({}, {"wish": {"name": 1}, "replace": True}, {"wish": request["wish"], "replace": "yes"}):
        with pytest.raises(UsageError, match="does not say"):
            asked_again(broken)
