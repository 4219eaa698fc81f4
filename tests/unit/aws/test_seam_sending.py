"""One call over the wire: tried again where that helps and is safe, and never taken for an answer when it is none."""

import pytest
from loopback_aws import Reply

from secguard.engine.seam import Call
from secguard.errors import AwsError, BrokenAnswer, NotThere, Throttled, Unreachable
from secguard.model import Place

HERE = Place("123456789012", "eu-west-1")
FINDINGS = "securityhub:GetFindings"
HUB = "GET /accounts"
HUB_ARN = "arn:aws:securityhub:eu-west-1:123456789012:hub/default"


def refusal(code, status, message="no"):
    return Reply({"__type": code, "message": message}, status=status, headers={"x-amzn-ErrorType": code})


@pytest.fixture
def hub(aws, connect):
    """Ask whether Security Hub is on."""
    connection = connect(reads={"securityhub:DescribeHub"})
    return lambda: connection.look(HERE).ask("securityhub", "DescribeHub")


def test_an_answer_is_what_was_sent(aws, hub):
    aws.answers(HUB, Reply({"HubArn": HUB_ARN}))

    assert hub() == {"HubArn": HUB_ARN}


@pytest.mark.parametrize(
    "reply",
    [
        Reply("<html><body>Sign in to the airport's network</body></html>"),
        Reply("<!DOCTYPE html><html></html>"),
        Reply('{"HubArn": "arn:aws:secur'),
        Reply(b""),
        Reply("[]"),
        Reply("null"),
        Reply(b'{"HubArn": "\xff"}'),
    ],
    ids=["portal", "page", "truncated", "empty", "list", "null", "not text"],
)
def test_a_broken_success_is_no_answer(aws, hub, reply):
    aws.answers(HUB, reply)

    with pytest.raises(BrokenAnswer, match="securityhub:DescribeHub in 123456789012 eu-west-1"):
        hub()


def test_a_key_that_is_missing_is_no_empty_value(aws, hub):
    aws.answers(HUB, Reply({"Other": 1}))

    with pytest.raises(BrokenAnswer, match="no HubArn"):
        hub()["HubArn"]


def test_an_answer_without_anything_it_must_hold_is_none(aws, connect):
    aws.answers("GET /detector", Reply({"unknown": []}))

    with pytest.raises(BrokenAnswer):
        connect(reads={"guardduty:ListDetectors"}).look(HERE).ask("guardduty", "ListDetectors")


def test_a_page_of_html_is_no_answer_in_xml_either(aws, connect):
    aws.answers("ListUsers", Reply("<html><body/></html>"))

    with pytest.raises(BrokenAnswer):
        connect(reads={"iam:ListUsers"}).look(HERE).ask("iam", "ListUsers")


def test_xml_of_something_else_is_no_answer(aws, connect):
    aws.answers("ListUsers", Reply("<ListGroupsResponse/>"))

    with pytest.raises(BrokenAnswer):
        connect(reads={"iam:ListUsers"}).look(HERE).ask("iam", "ListUsers")


def test_xml_that_is_cut_short_is_no_answer(aws, connect):
    aws.answers("ListUsers", Reply("<ListUsersResponse><ListUsersRe"))

    with pytest.raises(BrokenAnswer):
        connect(reads={"iam:ListUsers"}).look(HERE).ask("iam", "ListUsers")


def test_findings_come_as_they_were_sent(aws, connect):
    """Even what the service model does not know: nothing of a finding is lost."""
    finding = {"Id": "a", "Brand": {"New": [1, None]}, "Severity": {"Label": "HIGH", "Normalized": 70}}
    aws.answers("POST /findings", Reply({"Findings": [finding]}))

    answer = connect(reads={FINDINGS}).look(HERE).ask("securityhub", "GetFindings")

    assert answer == {"Findings": [finding]}


BROKEN = [
    '{"Findings": [{"Id": "a"}, {"Id',
    "",
    "[]",
    "<html></html>",
    b'{"Findings": [{"Id": "a", "Title": "\xff"}]}',
    '{"Findings": [' + "[" * 100_000 + "]" * 100_000 + "]}",
]


@pytest.mark.parametrize("body", BROKEN, ids=lambda body: str(body)[:40])
def test_findings_in_a_broken_answer_are_no_answer(aws, connect, body):
    aws.answers("POST /findings", Reply(body))
    look = connect(reads={FINDINGS}).look(HERE)

    with pytest.raises(BrokenAnswer):
        look.ask("securityhub", "GetFindings")
    with pytest.raises(BrokenAnswer):
        list(look.texts("securityhub", "GetFindings", "Findings"))


def test_a_number_that_no_float_holds_is_kept_as_it_was_written(aws, connect):
    aws.answers("POST /findings", Reply('{"Findings": [{"Id": "a", "Score": 1e999, "Other": 0.5}]}'))
    look = connect(reads={FINDINGS}).look(HERE)

    wanted = [{"Id": "a", "Score": "1e999", "Other": 0.5}]
    assert look.ask("securityhub", "GetFindings")["Findings"] == wanted
    assert list(look.items("securityhub", "GetFindings", "Findings")) == wanted


def test_a_refusal_of_get_findings_is_still_a_refusal(aws, connect):
    aws.answers(
        "POST /findings", refusal("InvalidAccessException", 401, "Account is not subscribed to AWS Security Hub")
    )

    with pytest.raises(NotThere):
        connect(reads={FINDINGS}).look(HERE).ask("securityhub", "GetFindings")


def test_a_throttle_is_waited_out(aws, hub, timeless):
    aws.answers(HUB, *[refusal("TooManyRequestsException", 429)] * 4, Reply({"HubArn": HUB_ARN}))

    assert hub()["HubArn"] == HUB_ARN
    assert timeless.slept == [1.0, 2.0, 4.0, 8.0]


def test_a_throttle_without_end_is_named(aws, hub, timeless):
    aws.answers(HUB, refusal("TooManyRequestsException", 429))

    with pytest.raises(Throttled):
        hub()
    assert 5 <= len(aws.requests(HUB)) <= 10
    assert timeless.now < 90


def test_a_limit_on_making_things_is_tried_only_a_few_times(aws, connect):
    """The code stands for both a quota of things and a pace; AWS does not say which."""
    aws.answers("POST /accounts", refusal("LimitExceededException", 429, "too many"))
    connection = connect(writes={"securityhub:EnableSecurityHub"})

    with pytest.raises(AwsError) as caught:
        connection.send(HERE, Call("securityhub", "EnableSecurityHub", {}))
    assert type(caught.value) is AwsError
    assert "quota" in caught.value.advice
    assert len(aws.requests("POST /accounts")) == 3


LOST = pytest.mark.parametrize(
    "broken",
    [
        Reply("oops", status=503),
        Reply(resets=True),
        Reply('{"HubArn": {"a": "b"}', headers={"Content-Length": "400", "Connection": "close"}),
    ],
    ids=["503", "reset", "cut"],
)


@LOST
def test_a_read_is_asked_again_when_its_answer_was_lost(aws, hub, broken):
    aws.answers(HUB, broken, broken, Reply({"HubArn": HUB_ARN}))

    assert hub()["HubArn"] == HUB_ARN


@LOST
def test_a_write_that_makes_one_more_thing_is_not_repeated_blindly(aws, connect, broken):
    aws.answers("POST /insights", broken)
    connection = connect(writes={"securityhub:CreateInsight"})
    call = Call("securityhub", "CreateInsight", {"Name": "a", "Filters": {}, "GroupByAttribute": "b"})

    with pytest.raises(AwsError):
        connection.send(HERE, call)
    assert len(aws.requests("POST /insights")) == 1


def test_a_write_that_carries_a_token_is_repeated(aws, connect):
    aws.answers("POST /detector", Reply("oops", status=503), Reply({"detectorId": "d"}))
    connection = connect(writes={"guardduty:CreateDetector"})

    assert connection.send(HERE, Call("guardduty", "CreateDetector", {"Enable": True}))["DetectorId"] == "d"
    tokens = {request.body for request in aws.requests("POST /detector")}
    assert len(tokens) == 1
    assert "clientToken" in tokens.pop()


def test_a_write_that_sets_a_value_is_repeated(aws, connect):
    aws.answers("PATCH /accounts", Reply(resets=True), Reply({}))
    connection = connect(writes={"securityhub:UpdateSecurityHubConfiguration"})

    assert connection.send(HERE, Call("securityhub", "UpdateSecurityHubConfiguration", {})) == {}


def test_a_refusal_is_not_asked_twice(aws, hub):
    aws.answers(HUB, refusal("AccessDeniedException", 403))

    with pytest.raises(AwsError):
        hub()
    assert len(aws.requests(HUB)) == 1


def test_what_the_emulator_lacks_is_not_asked_twice(aws, hub):
    aws.answers(HUB, refusal("EmulatorNotImplemented", 501))

    with pytest.raises(AwsError, match="EmulatorNotImplemented"):
        hub()
    assert len(aws.requests(HUB)) == 1


def test_a_server_that_hangs_is_given_up(aws, connect):
    aws.answers("DescribeRegions", Reply(hangs=True))
    connection = connect(reads={"ec2:DescribeRegions"}, timeout=0.2)
    assert connection.caller.account == "123456789012"

    with pytest.raises(Unreachable, match="timeout"):
        connection.look(HERE).ask("ec2", "DescribeRegions")


def test_nobody_listening_is_found_out_soon(connect, monkeypatch, unused_port, timeless):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused_port}")

    with pytest.raises(Unreachable):
        connect(region="eu-west-1").caller  # noqa: B018 - asking is the act
    assert len(timeless.slept) == 2


def test_waiting_for_the_pace_does_not_use_up_the_time_of_a_call(aws, connect, timeless):
    """The sixth call waits a moment for its turn; the pause after a throttle fits into what was given."""
    found, throttle = Reply({"Findings": []}), refusal("TooManyRequestsException", 429)
    aws.answers("POST /findings", *[found] * 5, throttle, found)
    connection = connect(reads={FINDINGS}, timeout=1.2)

    for _ in range(6):
        connection.look(HERE).ask("securityhub", "GetFindings")

    assert timeless.slept == pytest.approx([0.1 / 2.99, 1.0])


def test_after_a_throttle_the_burst_has_to_be_saved_up_again(aws, connect, timeless):
    aws.answers("POST /findings", refusal("TooManyRequestsException", 429), Reply({"Findings": []}))
    connection = connect(reads={FINDINGS})

    for _ in range(3):
        connection.look(HERE).ask("securityhub", "GetFindings")

    assert timeless.slept == pytest.approx([1.0, (3 - 2.99) / 2.99])


def test_a_rehearsal_that_would_be_let_through_is_an_answer(aws, connect):
    aws.answers(
        "DeleteSecurityGroup",
        Reply(
            "<Response><Errors><Error><Code>DryRunOperation</Code><Message>would have</Message></Error></Errors>"
            "<RequestID>1</RequestID></Response>",
            status=412,
        ),
    )

    answer = connect().look(HERE).ask("ec2", "DeleteSecurityGroup", GroupId="sg-1", DryRun=True)

    assert answer == {}


class TestWhatIsLogged:
    def test_is_the_call_the_place_the_request_and_the_attempts(self, aws, connect):
        records = []
        aws.answers(
            HUB,
            refusal("TooManyRequestsException", 429),
            Reply({"HubArn": HUB_ARN}, headers={"x-amzn-RequestId": "abc"}),
        )
        connection = connect(reads={"securityhub:DescribeHub"}, log=records.append)

        connection.look(HERE).ask("securityhub", "DescribeHub")

        last = records[-1]
        assert (last.service, last.operation, last.account, last.region) == ("securityhub", "DescribeHub", *_of(HERE))
        assert (last.request_id, last.attempts, last.seconds, last.error) == ("abc", 2, 1.0, None)

    def test_names_the_error(self, aws, connect):
        records = []
        aws.answers(HUB, refusal("AccessDeniedException", 403))
        connection = connect(reads={"securityhub:DescribeHub"}, log=records.append)

        with pytest.raises(AwsError):
            connection.look(HERE).ask("securityhub", "DescribeHub")
        assert records[-1].error == "AccessDeniedException"

    def test_holds_no_secret(self, aws, connect):
        records = []
        connection = connect(log=records.append)

        assert connection.caller.account == HERE.account
        assert "made/up" not in repr(records)


def _of(place):
    return place.account, place.region
