"""Who asks, through whom, and where each call goes."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from botocore.exceptions import EndpointConnectionError
from loopback_aws import CALLER, WHO, Reply

from secguard.aws.clients import ANYWHERE, Mode
from secguard.aws.identity import identify
from secguard.engine.seam import Call
from secguard.errors import BrokenAnswer, Denied, NoCredentials, Unreachable, UsageError, WouldWrite
from secguard.model import Place

OWN = "123456789012"
MEMBER = "222222222222"
HERE = Place(OWN, "eu-west-1")


def assumed(key="ASIAMEMBER", expires="2999-01-01T00:00:00Z"):
    return Reply(
        f"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{key}</AccessKeyId>"
        "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
        f"<Expiration>{expires}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )


DENIED = Reply(
    "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not allowed</Message></Error></ErrorResponse>", status=403
)


def test_connecting_calls_nothing(aws, connect):
    connect()

    assert aws.received == []


def test_the_caller_is_asked_once(aws, connect):
    connection = connect()

    assert connection.caller.arn == connection.for_run("r").caller.arn == CALLER
    assert connection.caller.account == OWN
    assert len(aws.received) == 1


@pytest.mark.parametrize(
    ("arn", "account", "partition", "hops"),
    [
        ("arn:aws:iam::111111111111:user/ops/ann", "111111111111", "aws", ()),
        ("arn:aws-us-gov:iam::111111111111:root", "111111111111", "aws-us-gov", ()),
        (
            "arn:aws-cn:sts::111111111111:assumed-role/Admin/ann",
            "111111111111",
            "aws-cn",
            ("arn:aws-cn:iam::111111111111:role/Admin",),
        ),
        (
            "arn:aws:sts::111111111111:federated-user/ann",
            "111111111111",
            "aws",
            ("arn:aws:iam::111111111111:user/ann",),
        ),
    ],
)
def test_an_arn_tells_account_partition_and_whose_session_it_is(arn, account, partition, hops):
    who = identify(arn)

    assert (who.account, who.partition, who.hops) == (account, partition, (arn, *hops))


def test_what_is_no_arn_is_a_broken_answer():
    with pytest.raises(BrokenAnswer):
        identify("nobody")


def test_a_profile_that_assumes_roles_acts_through_all_of_them(aws, connect, monkeypatch, tmp_path):
    config = tmp_path / "config"
    config.write_text(
        "[profile work]\nrole_arn = arn:aws:iam::123456789012:role/security/Work\nsource_profile = middle\n"
        "[profile middle]\nrole_arn = arn:aws:iam::333333333333:role/Middle\nsource_profile = base\n"
        "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    work = "arn:aws:sts::123456789012:assumed-role/Work/s"
    middle = "arn:aws:sts::333333333333:assumed-role/Middle/s"
    base = "arn:aws:iam::333333333333:user/base"
    aws.answers("AssumeRole", assumed())
    aws.answers("GetCallerIdentity", *(Reply(WHO.replace(CALLER, arn)) for arn in (work, middle, base)))

    hops = connect(profile="work").caller.hops

    assert set(hops) == {
        work,
        "arn:aws:iam::123456789012:role/Work",
        "arn:aws:iam::123456789012:role/security/Work",
        middle,
        "arn:aws:iam::333333333333:role/Middle",
        base,
    }


class TestOtherAccounts:
    @pytest.fixture
    def detectors(self, aws):
        aws.answers("AssumeRole", assumed())
        aws.answers("GET /detector", Reply({"detectorIds": []}))
        return "GET /detector"

    def test_are_reached_through_the_role(self, aws, connect, detectors):
        connection = connect(reads={"guardduty:ListDetectors"}, role="/security/Responder/", external_id="x-1")

        connection.look(Place(MEMBER, "eu-west-1")).ask("guardduty", "ListDetectors")

        (request,) = aws.requests("AssumeRole")
        assert "RoleArn=arn%3Aaws%3Aiam%3A%3A222222222222%3Arole%2Fsecurity%2FResponder" in request.body
        assert "ExternalId=x-1" in request.body
        assert "Credential=ASIAMEMBER/" in aws.requests(detectors)[0].headers["Authorization"]

    def test_know_the_run_by_the_name_of_the_session(self, aws, connect, detectors):
        connection = connect(reads={"guardduty:ListDetectors"}).for_run("0a1b2c3d4e5f")

        connection.look(Place(MEMBER, "eu-west-1")).ask("guardduty", "ListDetectors")

        assert "RoleSessionName=secguard-0a1b2c3d4e5f" in aws.requests("AssumeRole")[0].body

    def test_share_one_session_in_all_regions(self, aws, connect, detectors):
        connection = connect(reads={"guardduty:ListDetectors"})

        for region in ("eu-west-1", "us-east-1", "sa-east-1"):
            connection.look(Place(MEMBER, region)).ask("guardduty", "ListDetectors")

        assert len(aws.requests("AssumeRole")) == 1

    def test_get_fresh_credentials_before_the_old_ones_expire(self, aws, connect, detectors):
        soon = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
        aws.answers("AssumeRole", assumed("ASIAOLD", soon), assumed("ASIANEW"))
        connection = connect(reads={"guardduty:ListDetectors"})

        for _ in range(2):
            connection.look(Place(MEMBER, "eu-west-1")).ask("guardduty", "ListDetectors")

        signed = [request.headers["Authorization"] for request in aws.requests(detectors)]
        assert ["Credential=ASIAOLD/" in signed[0], "Credential=ASIANEW/" in signed[1]] == [True, True]

    def test_with_credentials_that_came_expired_point_to_the_clock(self, aws, connect, detectors):
        aws.answers("AssumeRole", assumed("ASIAOLD", "2020-01-01T00:00:00Z"))

        with pytest.raises(NoCredentials) as caught:
            connect(reads={"guardduty:ListDetectors"}).look(Place(MEMBER, "eu-west-1")).ask(
                "guardduty", "ListDetectors"
            )
        assert "clock" in caught.value.advice

    def test_whose_role_is_refused_are_asked_once_and_named(self, aws, connect, detectors):
        aws.answers("AssumeRole", DENIED)
        connection = connect(reads={"guardduty:ListDetectors"})

        for region in ("eu-west-1", "us-east-1"):
            with pytest.raises(Denied, match="role/SecguardResponder can't be assumed: not allowed") as caught:
                connection.look(Place(MEMBER, region)).ask("guardduty", "ListDetectors")
            assert caught.value.account == MEMBER
        assert len(aws.requests("AssumeRole")) == 1

    def test_add_their_role_to_the_identities(self, aws, connect):
        assert connect().identities([OWN, MEMBER]) == (CALLER, "arn:aws:iam::222222222222:role/SecguardResponder")


def test_the_callers_own_account_needs_no_role(aws, connect):
    aws.answers("GET /detector", Reply({"detectorIds": []}))

    connect(reads={"guardduty:ListDetectors"}).look(HERE).ask("guardduty", "ListDetectors")

    assert aws.requests("AssumeRole") == []


def test_nobody_but_the_seam_assumes_a_role(aws, connect):
    connection = connect(reads={"sts:GetCallerIdentity"}, writes={"iam:PutRolePolicy"})

    with pytest.raises(WouldWrite):
        connection.look(HERE).ask("sts", "AssumeRole", RoleArn="arn:aws:iam::1:role/a", RoleSessionName="b")
    with pytest.raises(WouldWrite):
        connection.send(HERE, Call("sts", "AssumeRole", {"RoleArn": "arn:aws:iam::1:role/a", "RoleSessionName": "b"}))


def test_a_look_refuses_what_may_be_sent(aws, connect):
    connection = connect(writes={"iam:UpdateAccessKey"})
    assert connection.caller

    with pytest.raises(WouldWrite):
        connection.look(HERE).ask("iam", "UpdateAccessKey", AccessKeyId="A", Status="Inactive")
    assert len(aws.received) == 1


def test_what_is_not_declared_as_a_write_is_not_sent(aws, connect):
    connection = connect(writes={"iam:UpdateAccessKey"}, reads={"iam:ListUsers"})
    assert connection.caller

    for operation in ("DeleteUser", "ListUsers"):
        with pytest.raises(WouldWrite):
            connection.send(HERE, Call("iam", operation, {}))
    assert len(aws.received) == 1


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "what"),
    [
        ("iam", "ListUsers", {}, "ListUsers"),
        ("organizations", "DescribeOrganization", {}, "DescribeOrganization"),
        ("wafv2", "ListIPSets", {"Scope": "CLOUDFRONT"}, "ListIPSets"),
        ("s3control", "GetPublicAccessBlock", {"AccountId": OWN}, "GET /v20180820/configuration/publicAccessBlock"),
    ],
)
def test_what_belongs_to_the_whole_account_is_asked_at_home(aws, connect, service, operation, parameters, what):
    aws.answers("ListUsers", Reply("<r><ListUsersResult><Users/></ListUsersResult></r>"))
    aws.answers("GET /v20180820/configuration/publicAccessBlock", Reply("<PublicAccessBlockConfiguration/>"))
    for other in ("ListIPSets", "DescribeOrganization"):
        aws.answers(other, Reply({}))

    connect(reads={f"{service}:{operation}"}).look(HERE).ask(service, operation, **parameters)

    assert aws.requests(what)[0].scope[0] == "us-east-1"


def test_a_regional_web_acl_is_asked_where_it_is(aws, connect):
    aws.answers("ListIPSets", Reply({}))

    connect(reads={"wafv2:ListIPSets"}).look(HERE).ask("wafv2", "ListIPSets", Scope="REGIONAL")

    assert aws.requests("ListIPSets")[0].scope == ("eu-west-1", "wafv2")


@pytest.mark.parametrize(
    ("arn", "home"),
    [
        ("arn:aws:iam::1:user/a", "us-east-1"),
        ("arn:aws-cn:iam::1:user/a", "cn-northwest-1"),
        ("arn:aws-us-gov:iam::1:user/a", "us-gov-west-1"),
    ],
)
def test_each_partition_has_its_home(aws, connect, arn, home):
    aws.answers("GetCallerIdentity", Reply(WHO.replace(CALLER, arn)))

    assert connect().home_region == home


def test_an_accounts_host_name_is_not_asked_of_a_loopback_endpoint(aws, connect):
    """AWS has a host for each account there; nobody else's name servers do."""
    aws.answers("GET /v20180820/configuration/publicAccessBlock", Reply("<PublicAccessBlockConfiguration/>"))

    look = connect(reads={"s3control:GetPublicAccessBlock"}).look(HERE)
    look.ask("s3control", "GetPublicAccessBlock", AccountId=OWN)

    assert aws.received[-1].headers["Host"].startswith("127.0.0.1:")


@pytest.mark.parametrize(("run", "name"), [(None, "secguard/0.1.0"), ("0a1b2c", "secguard/0a1b2c")])
def test_the_user_agent_names_the_run(aws, connect, run, name):
    aws.answers("GET /detector", Reply({"detectorIds": []}))
    connection = connect(reads={"guardduty:ListDetectors"})
    connection = connection.for_run(run) if run else connection

    connection.look(HERE).ask("guardduty", "ListDetectors")

    agent = aws.requests("GET /detector")[0].headers["User-Agent"]
    assert agent.startswith("Botocore/")
    assert agent.endswith(name)


class TestTheEndpoint:
    def test_is_aws_where_nothing_else_is_said(self, connect):
        assert connect(region="eu-west-1").endpoint is None

    def test_is_named_where_it_is_not_aws(self, connect, monkeypatch):
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")

        assert connect().endpoint == "http://127.0.0.1:4566"

    def test_of_one_service_counts(self, connect, monkeypatch):
        monkeypatch.setenv("AWS_ENDPOINT_URL_IAM", "http://127.0.0.1:4566")

        assert connect().endpoint == "http://127.0.0.1:4566"

    def test_in_a_profile_counts(self, connect, monkeypatch, tmp_path):
        config = tmp_path / "config"
        config.write_text(
            "[default]\nservices = local\nendpoint_url = http://127.0.0.1:1\n"
            "[services local]\niam =\n  endpoint_url = http://127.0.0.1:2\n"
        )
        monkeypatch.setenv("AWS_CONFIG_FILE", str(config))

        assert connect().endpoint == "http://127.0.0.1:1, http://127.0.0.1:2"

    @pytest.mark.parametrize(
        "url",
        [
            "https://vpce-1.guardduty.eu-west-1.vpce.amazonaws.com",
            "https://guardduty.eu-west-1.api.aws",
            "https://iam.cn-north-1.amazonaws.com.cn",
        ],
    )
    def test_that_is_aws_by_another_way_is_aws(self, connect, monkeypatch, url):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)

        assert connect().endpoint is None

    @pytest.mark.parametrize("url", ["https://amazonaws.com.example.org", "https://evilamazonaws.com", "nonsense"])
    def test_that_only_looks_like_aws_is_not(self, connect, monkeypatch, url):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)

        assert connect().endpoint == url

    def test_is_told_without_the_user_in_it(self, connect, monkeypatch):
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3_CONTROL", "http://ann:secret@127.0.0.1:4566")

        assert connect().endpoint == "http://127.0.0.1:4566"

    def test_that_is_no_url_is_a_usage_error(self, connect, monkeypatch):
        monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")

        with pytest.raises(UsageError, match="nonsense"):
            connect(region="eu-west-1").caller  # noqa: B018 - asking is the act

    def test_that_the_user_has_set_aside_does_not_count(self, connect, monkeypatch):
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
        monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")

        assert connect().endpoint is None


class TestCredentials:
    def test_that_are_missing_say_how_to_get_some(self, aws, connect, monkeypatch):
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

        with pytest.raises(NoCredentials) as caught:
            connect().caller  # noqa: B018 - asking is the act
        assert "--profile" in caught.value.advice
        assert aws.received == []

    def test_that_are_half_there_are_named(self, aws, connect, monkeypatch):
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

        with pytest.raises(NoCredentials, match=r"[Pp]artial"):
            connect().caller  # noqa: B018 - asking is the act

    @pytest.mark.parametrize("code", ["ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch"])
    def test_that_aws_refuses_are_no_credentials(self, aws, connect, code):
        body = f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
        aws.answers("GetCallerIdentity", Reply(body, status=403))

        with pytest.raises(NoCredentials):
            connect().caller  # noqa: B018 - asking is the act

    def test_of_a_profile_that_does_not_exist_are_a_usage_error(self, connect, monkeypatch, tmp_path):
        config = tmp_path / "config"
        config.write_text("[profile work]\nregion = eu-west-1\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(config))

        with pytest.raises(UsageError, match="'wrok'") as caught:
            connect(profile="wrok")
        assert "work" in caught.value.advice


def test_the_clients_of_a_task_are_ready_before_it_starts(aws, connect):
    aws.answers("GET /detector", Reply({"detectorIds": []}))
    connection = connect(reads={"guardduty:ListDetectors"})
    made = []

    def task(place):
        made.append(connection._channel._clients._clients.keys() >= {(OWN, "", "guardduty", Mode.READ)})

    list(connection.fan_out([HERE], task, services=["guardduty"]))

    assert made == [True]


def test_one_client_asks_every_region_and_signs_for_it(aws, connect):
    aws.answers("GET /detector", Reply({"detectorIds": []}))
    connection = connect(reads={"guardduty:ListDetectors"})
    places = [replace(HERE, region=region) for region in ("eu-west-1", "us-east-1", "eu-west-1", "sa-east-1")]

    for place in places:
        connection.look(place).ask("guardduty", "ListDetectors")

    assert [request.scope for request in aws.requests("GET /detector")] == [(p.region, "guardduty") for p in places]
    assert [key for key in connection._channel._clients._clients if "guardduty" in key] == [
        (OWN, "", "guardduty", Mode.READ)
    ]


@pytest.mark.parametrize("service", sorted(ANYWHERE))
def test_every_region_has_its_own_host(connect, monkeypatch, service):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    operation = {"guardduty": "ListDetectors", "securityhub": "DescribeHub"}[service]
    connection, sent = connect(reads={f"{service}:{operation}"}), []

    def send(_pool, request):
        sent.append((request.url.split("/")[2], request.headers["Authorization"].decode().split("/")[2]))
        raise EndpointConnectionError(endpoint_url=request.url)

    connection._line.callers[""] = identify(f"arn:aws:iam::{HERE.account}:user/operator")
    monkeypatch.setattr("secguard.aws.transport._Pool.send", send)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")

    for region in ("eu-west-1", "cn-north-1", "us-gov-west-1"):
        with pytest.raises(Unreachable):
            connection.look(replace(HERE, region=region)).ask(service, operation)

    assert list(dict.fromkeys(sent)) == [
        (f"{service}.eu-west-1.amazonaws.com", "eu-west-1"),
        (f"{service}.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        (f"{service}.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
    ]


def test_things_with_a_place_are_fanned_out_too(aws, connect):
    call = SimpleNamespace(place=HERE)

    assert list(connect().fan_out([call], lambda item: item.place.region)) == [(call, "eu-west-1")]


def test_a_region_name_that_could_be_no_host_is_refused(aws, connect):
    look = connect(reads={"guardduty:ListDetectors"}).look(replace(HERE, region="eu west"))

    with pytest.raises(UsageError, match="eu west"):
        look.ask("guardduty", "ListDetectors")


def test_secguard_starts_without_an_aws_library():
    """It costs more time than all else; what needs AWS imports the connection when it does."""
    code = "import secguard.cli.frame, sys; print([name for name in sys.modules if name.startswith('boto')])"

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
