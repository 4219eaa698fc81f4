"""One look: the same question once, every page of a list, and no list that is not one."""

import threading
from itertools import pairwise

import botocore.session
import pytest
from loopback_aws import Reply

from secguard.aws.answers import Answer
from secguard.aws.errors import Asked
from secguard.aws.paging import paging
from secguard.aws.reader import Look
from secguard.errors import BrokenAnswer, Denied, UsageError
from secguard.model import Place

TOKENS = {"NextToken", "nextToken", "NextMarker", "Marker"}
HERE = Place("123456789012", "eu-west-1")


@pytest.fixture(scope="module")
def session():
    return botocore.session.Session()


class Scripted:
    """Answers with what it is given, in order, and remembers what it was asked."""

    def __init__(self, *answers):
        self.asked = []
        self._answers = list(answers)

    def __call__(self, place, service, operation, parameters):
        self.asked.append((service, operation, dict(parameters)))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Answer(answer, Asked(service, operation, place.account, place.region))


@pytest.fixture
def look_with(session):
    def make(ask):
        return Look(HERE, "aws", ask=ask, session=session)

    return make


def test_the_same_question_is_asked_once(look_with):
    ask = Scripted({"DetectorIds": ["d"]})
    look = look_with(ask)

    first = look.ask("guardduty", "ListDetectors", MaxResults=5)

    assert look.ask("guardduty", "ListDetectors", MaxResults=5) is first
    assert len(ask.asked) == 1


def test_another_parameter_is_another_question(look_with):
    look = look_with(Scripted({"User": 1}, {"User": 2}))

    assert look.ask("iam", "GetUser", UserName="a") != look.ask("iam", "GetUser", UserName="b")


def test_a_fresh_look_asks_again(look_with):
    ask = Scripted({"User": 1}, {"User": 2})

    assert look_with(ask).ask("iam", "GetUser") != look_with(ask).ask("iam", "GetUser")


def test_the_same_question_fails_the_same_way_without_asking_again(look_with):
    ask = Scripted(Denied("no"))
    look = look_with(ask)

    for _ in range(2):
        with pytest.raises(Denied):
            look.ask("iam", "GetUser")
    assert len(ask.asked) == 1


def test_threads_that_ask_at_once_share_one_call(look_with):
    together = threading.Barrier(4)
    calls = []

    def slow(place, service, operation, parameters):
        calls.append(operation)
        return Answer({"User": len(calls)}, Asked(service, operation, "", ""))

    look = look_with(slow)
    seen = []

    def ask():
        together.wait()
        seen.append(look.ask("iam", "GetUser")["User"])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1, 1, 1, 1]
    assert calls == ["GetUser"]


class TestLists:
    def test_are_read_to_their_end(self, look_with):
        ask = Scripted(
            {"DetectorIds": ["a"], "NextToken": "1"}, {"DetectorIds": [], "NextToken": "2"}, {"DetectorIds": ["b"]}
        )

        assert list(look_with(ask).items("guardduty", "ListDetectors", "DetectorIds", MaxResults=1)) == ["a", "b"]
        assert [parameters for _, _, parameters in ask.asked] == [
            {"MaxResults": 1},
            {"MaxResults": 1, "NextToken": "1"},
            {"MaxResults": 1, "NextToken": "2"},
        ]

    def test_ask_for_a_page_only_when_it_is_wanted(self, look_with):
        ask = Scripted({"Findings": [1, 2], "NextToken": "1"})
        items = look_with(ask).items("securityhub", "GetFindings", "Findings")

        assert [next(items), next(items)] == [1, 2]

    def test_end_where_the_service_says_that_there_is_no_more(self, look_with):
        ask = Scripted({"Users": ["a"], "IsTruncated": False, "Marker": "left over"})

        assert list(look_with(ask).items("iam", "ListUsers", "Users")) == ["a"]

    def test_without_their_key_are_no_empty_lists(self, look_with):
        ask = Scripted({"Findings": [1], "NextToken": "1"}, {"NextToken": "2"})

        with pytest.raises(BrokenAnswer, match="no Findings"):
            list(look_with(ask).items("securityhub", "GetFindings", "Findings"))

    def test_that_are_no_lists_are_broken(self, look_with):
        with pytest.raises(BrokenAnswer, match="is no list"):
            list(look_with(Scripted({"Findings": None})).items("securityhub", "GetFindings", "Findings"))

    def test_that_go_in_a_circle_are_broken(self, look_with):
        pages = [{"Findings": [n], "NextToken": token} for n, token in enumerate("abab")]

        with pytest.raises(BrokenAnswer, match="token twice"):
            list(look_with(Scripted(*pages)).items("securityhub", "GetFindings", "Findings"))

    def test_are_read_once_in_one_look(self, look_with):
        ask = Scripted({"DetectorIds": ["a"], "NextToken": "1"}, {"DetectorIds": ["b"]})
        look = look_with(ask)

        assert list(look.items("guardduty", "ListDetectors", "DetectorIds")) == ["a", "b"]
        assert list(look.items("guardduty", "ListDetectors", "DetectorIds")) == ["a", "b"]
        assert len(ask.asked) == 2

    def test_of_findings_are_not_kept(self, look_with):
        """A hundred thousand of them would not fit."""
        ask = Scripted({"Findings": [1]}, {"Findings": [2]})
        look = look_with(ask)

        lists = [list(look.items("securityhub", "GetFindings", "Findings")) for _ in range(2)]

        assert lists == [[1], [2]]

    def test_of_an_operation_that_has_no_pages_are_asked_for_once(self, look_with):
        ask = Scripted({"ConfigurationRecordersStatus": [1], "NextToken": "ignored"})

        found = look_with(ask).items("config", "DescribeConfigurationRecorderStatus", "ConfigurationRecordersStatus")

        assert list(found) == [1]


@pytest.mark.parametrize(
    ("service", "operation", "inputs"),
    [
        ("guardduty", "ListFindings", ("NextToken",)),
        ("iam", "ListAccessKeys", ("Marker",)),
        ("wafv2", "ListIPSets", ("NextMarker",)),
        ("kms", "ListAliases", ("Marker",)),
        ("s3", "ListObjectVersions", ("KeyMarker", "VersionIdMarker")),
        ("securityhub", "DescribeStandards", ("NextToken",)),
        ("guardduty", "ListDetectors", ("NextToken",)),
    ],
)
def test_the_way_pages_are_handed_out_is_known(session, service, operation, inputs):
    assert paging(session, service, operation).inputs == inputs


def test_every_list_of_the_main_services_that_takes_a_token_has_a_known_way(session):
    """An operation that hands out a token which nobody sends back would lose all but its first page."""
    for service in ("guardduty", "securityhub", "account", "organizations", "iam", "ec2", "wafv2", "config"):
        model = session.get_service_model(service)
        for name in model.operation_names:
            operation = model.operation_model(name)
            inputs = set(operation.input_shape.members) if operation.input_shape else set()
            outputs = set(operation.output_shape.members) if operation.output_shape else set()
            if inputs & TOKENS and outputs & TOKENS and name.startswith(("List", "Get", "Describe")):
                assert paging(session, service, name) is not None, (service, name)


def test_no_paging_rule_asks_for_a_parameter_that_does_not_exist(session):
    for service in ("guardduty", "securityhub", "iam", "ec2", "s3", "kms"):
        model = session.get_service_model(service)
        for name in model.operation_names:
            how = paging(session, service, name)
            if how is not None:
                assert set(how.inputs) <= set(model.operation_model(name).input_shape.members)


def test_the_values_of_an_enum_come_from_the_service_model(look_with):
    features = look_with(Scripted()).choices("guardduty", "DetectorFeature")

    assert "S3_DATA_EVENTS" in features
    assert all(first != second for first, second in pairwise(features))


def test_a_shape_that_does_not_exist_is_named(look_with):
    with pytest.raises(UsageError, match="DetectorFeatures"):
        look_with(Scripted()).choices("guardduty", "DetectorFeatures")


def test_a_look_over_the_wire_reads_every_page(aws, connect):
    aws.answers("GET /detector", Reply({"detectorIds": ["a"], "nextToken": "t"}), Reply({"detectorIds": ["b"]}))

    look = connect(reads={"guardduty:ListDetectors"}).look(HERE)

    assert list(look.items("guardduty", "ListDetectors", "DetectorIds")) == ["a", "b"]
    assert "nextToken=t" in aws.requests("GET /detector")[1].path
