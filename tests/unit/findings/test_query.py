"""What is typed becomes a query, and what Security Hub filters with what is filtered here is the whole query."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from asff_made import ACCOUNT, asff, guardduty, read, remote
from hypothesis import given, settings
from hypothesis import strategies as st

from secguard.errors import UsageError
from secguard.findings import query as asked
from secguard.findings.pushdown import matches, to_asff_filters
from secguard.findings.query import EVERYTHING, Query
from secguard.model import Severity, Workflow
from secguard.sandbox.securityhub.filtering import predicate

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


def test_a_severity_means_that_or_worse():
    assert asked.levels(at_least="high", only=()) == (Severity.CRITICAL, Severity.HIGH)
    assert asked.levels(at_least="MED", only=())[-1] == Severity.MEDIUM
    assert len(asked.levels(at_least=None, only=())) == 5


def test_severities_alone_are_listed_worst_first():
    assert asked.levels(at_least=None, only=["low,critical", "low"]) == (Severity.CRITICAL, Severity.LOW)


def test_two_ways_to_say_a_severity_contradict_one_another():
    with pytest.raises(UsageError, match="contradict"):
        asked.levels(at_least="high", only=["low"])


@pytest.mark.parametrize(
    ("ask", "names"),
    [
        (lambda: asked.levels(at_least="severe", only=()), "--severity 'severe'"),
        (lambda: asked.levels(at_least="h", only=()), "--severity 'h'"),
        (lambda: asked.statuses(["open"]), "--status 'open'"),
        (lambda: asked.compliance(["bad"]), "--compliance 'bad'"),
        (lambda: asked.networks(["256.1.1.1"]), "--ip '256.1.1.1'"),
        (lambda: asked.sort("age"), "--sort 'age'"),
        (lambda: asked.period(since="7x", until=None, now=NOW), "--since '7x'"),
        (lambda: asked.period(since="1d", until="2d", now=NOW), "--since is not before --until"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name_with_what_is_allowed(ask, names):
    with pytest.raises(UsageError, match=names) as refused:
        ask()
    assert refused.value.advice


def test_open_findings_are_meant_unless_a_status_is_said():
    assert asked.statuses(()) == (Workflow.NEW, Workflow.NOTIFIED)
    assert asked.statuses(["all"]) == ()
    assert asked.statuses(["resolved,new"]) == (Workflow.RESOLVED, Workflow.NEW)


def test_a_date_is_meant_to_its_end():
    _, until = asked.period(since=None, until="2026-11-20", now=NOW)
    assert until == datetime(2026, 11, 21, tzinfo=UTC)


def test_what_security_hub_can_filter_is_left_to_it():
    query = Query(levels=(Severity.HIGH,), products=("guardduty",), accounts=(ACCOUNT,))
    filters, _ = to_asff_filters(query)
    assert filters == {
        "SeverityLabel": [{"Value": "HIGH", "Comparison": "EQUALS"}],
        "RecordState": [{"Value": "ACTIVE", "Comparison": "EQUALS"}],
        "WorkflowStatus": [{"Value": "NEW", "Comparison": "EQUALS"}, {"Value": "NOTIFIED", "Comparison": "EQUALS"}],
        "ProductName": [{"Value": "GuardDuty", "Comparison": "EQUALS"}],
        "AwsAccountId": [{"Value": ACCOUNT, "Comparison": "EQUALS"}],
    }


def test_guarddutys_own_types_are_looked_for_among_guarddutys_findings():
    filters, holds = to_asff_filters(Query(types=("UnauthorizedAccess:*",)))
    assert filters["ProductName"] == [{"Value": "GuardDuty", "Comparison": "EQUALS"}]
    assert "Type" not in filters
    assert holds(read(guardduty()))
    assert not holds(read(guardduty(kind="Recon:EC2/Portscan")))


def test_a_product_and_a_type_of_another_product_let_nothing_through():
    filters, holds = to_asff_filters(Query(products=("prowler",), types=("UnauthorizedAccess:*",)))
    assert not [item for item in (guardduty(), asff()) if predicate(filters)(item) and holds(read(item))]
    filters, holds = to_asff_filters(Query(products=("Security Hub",), types=("UnauthorizedAccess:*",)))
    assert not [item for item in (guardduty(), asff()) if predicate(filters)(item) and holds(read(item))]


def test_more_values_than_security_hub_takes_are_filtered_here():
    accounts = tuple(f"{number:012d}" for number in range(21))
    filters, holds = to_asff_filters(Query(accounts=accounts))
    assert "AwsAccountId" not in filters
    assert not holds(read(asff()))
    assert holds(read(asff(AwsAccountId=accounts[20])))


def test_a_query_for_everything_asks_for_no_filter():
    assert to_asff_filters(EVERYTHING)[0] == {}


def test_a_period_has_its_first_moment_and_not_its_last():
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    finding = read(asff(UpdatedAt="2026-11-20T00:00:00Z"))
    assert matches(Query(since=moment))(finding)
    assert not matches(Query(until=moment))(finding)


def test_an_address_is_found_wherever_the_finding_names_it():
    query = Query(networks=asked.networks(["198.51.100.0/24"]))
    holds = matches(query)
    assert holds(read(guardduty(ProductFields=remote("portProbeAction/portProbeDetails.1_", "198.51.100.7"))))
    assert holds(read(asff(Network={"SourceIpV4": "198.51.100.9"})))
    assert not holds(read(asff(Network={"SourceIpV4": "203.0.113.9"})))


def test_a_resource_is_found_by_its_name_tag_too():
    tagged = asff(Resources=[{"Type": "AwsEc2Instance", "Id": "i-1", "Tags": {"Name": "Web-1"}}])
    assert matches(Query(resources=("web",)))(read(tagged))
    assert not matches(Query(resources=("web",)))(read(asff()))


CONTROLS = ("S3.2", "EC2.19", "IAM.6")
TIMES = st.sampled_from([0, 1, 500, 999, 1000, 1001]).map(
    lambda milliseconds: datetime(2026, 11, 20, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
)
BUCKET, INSTANCE = "arn:aws:s3:::acme", f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1"
RESOURCES = [
    {"Type": "AwsS3Bucket", "Id": BUCKET},
    {"Type": "AwsEc2Instance", "Id": INSTANCE, "Tags": {"Name": "web"}},
    {"Type": "Other", "Id": "deploy.sh"},
]


@st.composite
def held(draw):
    """A finding as Security Hub would hold it: it always has a label, a status, a record state and a product's name."""
    over = {
        "Severity": {"Label": draw(st.sampled_from([level.name for level in Severity]))},
        "Workflow": {"Status": draw(st.sampled_from([status.value for status in Workflow]))},
        "RecordState": draw(st.sampled_from(["ACTIVE", "ARCHIVED"])),
        "AwsAccountId": draw(st.sampled_from([ACCOUNT, "222222222222"])),
        "Region": draw(st.sampled_from(["us-east-1", "eu-west-1"])),
        "UpdatedAt": draw(TIMES).isoformat().replace("+00:00", "Z"),
        "Resources": draw(st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=2)),
        "Title": draw(st.sampled_from(["Public bucket", "Port open"])),
        "Sample": draw(st.sampled_from([True, None])),
    }
    if draw(st.booleans()):
        return guardduty(kind=draw(st.sampled_from(["Recon:EC2/Portscan", "Trojan:EC2/DropPoint!DNS"])), **over)
    standard = draw(st.sampled_from(["standards/aws-foundational-security-best-practices/v/1.0.0",
                                     "ruleset/cis-aws-foundations-benchmark/v/1.2.0"]))  # fmt: skip
    compliance = {
        "Status": draw(st.sampled_from(asked.COMPLIANCE)),
        "SecurityControlId": draw(st.sampled_from(CONTROLS)),
        "AssociatedStandards": [{"StandardsId": standard}],
    }
    return asff(Compliance=compliance, ProductName=draw(st.sampled_from(["Security Hub", "Prowler"])), **over)


def some(*values):
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)


FIELDS = {
    "levels": some(*asked.WORST_FIRST).map(lambda levels: tuple(sorted(levels, reverse=True))),
    "statuses": some(*Workflow),
    "products": some("guardduty", "Security Hub", "prowler"),
    "types": some(
        "Recon:*", "*Portscan*", "Trojan:EC2/DropPoint!DNS", "TTPs/Initial*", "Software and*", "recon:ec2/?ort*"
    ),
    "controls": some(*CONTROLS, "s3.2"),
    "compliance": some(*asked.COMPLIANCE),
    "standards": some("fsbp", "cis", "foundations"),
    "resources": some(BUCKET, INSTANCE, "acme", "WEB"),
    "resource_types": some("AwsS3Bucket", "AwsEc2Instance", "AwsEc2", "instance"),
    "titles": some("bucket", "PORT"),
    "since": TIMES,
    "until": TIMES,
    "archived": st.booleans(),
    "samples": st.booleans(),
    "accounts": some(ACCOUNT, "222222222222"),
    "regions": some("us-east-1", "eu-west-1"),
}
# Few filters at a time, so that findings often pass some of them and fail others.
FEW = st.lists(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=2, unique=True)
QUERIES = FEW.flatmap(
    lambda names: st.builds(replace, st.sampled_from([EVERYTHING, Query()]), **{name: FIELDS[name] for name in names})
)
MANY = st.builds(Query, **FIELDS)


@settings(max_examples=250, deadline=None)
@given(QUERIES, st.lists(held(), min_size=4, max_size=8))
def test_what_security_hub_filters_and_what_is_filtered_here_are_the_whole_query(query, items):
    filters, rest = to_asff_filters(query)
    sent = [item for item in items if predicate(filters)(item)]
    whole = matches(query)
    assert [item for item in sent if rest(read(item))] == [item for item in items if whole(read(item))]


@settings(max_examples=100, deadline=None)
@given(MANY, held())
def test_what_has_no_room_in_the_filters_is_filtered_here(query, item):
    filters, rest = to_asff_filters(query)
    assert (predicate(filters)(item) and rest(read(item))) == matches(query)(read(item))


@given(MANY)
def test_filters_keep_to_security_hubs_rules(query):
    filters, _ = to_asff_filters(query)
    assert len(filters) <= 10
    for values in filters.values():
        assert 1 <= len(values) <= 20
        assert {value.get("Comparison") for value in values} in ({"EQUALS"}, {"PREFIX"}, {None})
