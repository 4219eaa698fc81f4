"""Whose cache is meant is told without AWS, and never guessed between two."""

from datetime import UTC, datetime, timedelta

import pytest

from secguard.engine.origin import Origin
from secguard.errors import UsageError
from secguard.findings.store.choice import Told, age_in_words, chosen, sources_in_words
from secguard.findings.store.database import CacheError, PlaceState, open_to_write, path_of

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
ONE, OTHER = "111111111111", "222222222222"
SANDBOX = "http://127.0.0.1:5000"


@pytest.fixture
def cache(tmp_path):
    """Make a cache of an account."""

    def make(account, *, endpoint=None, profile=None):
        origin = Origin(partition="aws", caller=f"arn:aws:iam::{account}:user/x", endpoint=endpoint)
        open_to_write(path_of(tmp_path, origin), origin, profile=profile).close()

    return make


def told(**environ):
    options = {key: environ.pop(key, None) for key in ("profile", "accounts")}
    return Told.by(environ, profile=options["profile"], accounts=options["accounts"] or ())


def account(folder, **said):
    return chosen(folder, told(**said)).origin.account


def test_the_only_one_is_meant(tmp_path, cache):
    cache(ONE)
    assert account(tmp_path) == ONE


def test_of_two_neither_is_guessed_and_both_are_named(tmp_path, cache):
    cache(ONE)
    cache(OTHER)
    with pytest.raises(UsageError, match=f"account {ONE} in partition aws; account {OTHER}") as refused:
        account(tmp_path)
    assert "--profile" in refused.value.advice


def test_an_account_tells_which(tmp_path, cache):
    cache(ONE)
    cache(OTHER)
    assert account(tmp_path, accounts=[OTHER]) == OTHER


def test_an_account_that_has_no_cache_of_its_own_is_one_of_whoever_sees_it(tmp_path, cache):
    cache(ONE)
    assert account(tmp_path, accounts=["333333333333"]) == ONE


def test_the_profile_it_was_filled_with_tells_which(tmp_path, cache):
    cache(ONE, profile="prod")
    cache(OTHER, profile="test")
    cache(OTHER, profile="audit")
    assert account(tmp_path, profile="prod") == ONE
    assert account(tmp_path, AWS_PROFILE="audit") == OTHER


def test_a_profile_without_a_cache_is_never_answered_with_anothers(tmp_path, cache):
    cache(ONE, profile="prod")
    with pytest.raises(UsageError, match=r"the profile 'dev'; there is: account 1"):
        account(tmp_path, AWS_PROFILE="dev")


def test_credentials_in_the_environment_come_before_its_profile(tmp_path, cache):
    cache(ONE, profile="prod")
    assert account(tmp_path, AWS_PROFILE="dev", AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE") == ONE


def test_aws_is_meant_where_nothing_says_otherwise(tmp_path, cache):
    cache(ONE)
    cache(ONE, endpoint=SANDBOX)
    assert chosen(tmp_path, told()).origin.endpoint is None
    assert chosen(tmp_path, told(AWS_ENDPOINT_URL=SANDBOX)).origin.endpoint == SANDBOX
    assert chosen(tmp_path, told(AWS_ENDPOINT_URL="http://a:b@127.0.0.1:5000")).origin.endpoint == SANDBOX


@pytest.mark.parametrize(
    "environ",
    [
        {"AWS_ENDPOINT_URL": SANDBOX, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        {"AWS_ENDPOINT_URL": "https://securityhub.eu-west-1.amazonaws.com"},
        {"AWS_ENDPOINT_URL": ""},
    ],
)
def test_an_endpoint_of_awss_own_is_aws(tmp_path, cache, environ):
    cache(ONE)
    assert account(tmp_path, **environ) == ONE


def test_another_endpoint_has_another_cache(tmp_path, cache):
    cache(ONE)
    with pytest.raises(UsageError, match=r"no cache of what is at http://127\.0\.0\.1"):
        account(tmp_path, AWS_ENDPOINT_URL=SANDBOX)


def test_one_that_can_not_be_read_is_named_and_the_rest_serve(tmp_path, cache):
    cache(ONE)
    broken = tmp_path / "cache" / "999999999999-00000000.sqlite3"
    broken.write_bytes(b"no database" * 100)
    assert account(tmp_path) == ONE
    for file in (tmp_path / "cache").glob("1*"):
        file.unlink()
    with pytest.raises(CacheError, match=str(broken)):
        account(tmp_path)


def test_there_is_none_yet(tmp_path):
    with pytest.raises(CacheError, match="there is no cache yet") as none:
        account(tmp_path)
    assert none.value.advice == "fill it: secguard sync"


def place(region, **ago):
    at = NOW - timedelta(**ago) if ago else None
    return PlaceState(region=region, source="securityhub", read_at=at, full_at=at, tried_at=NOW, why=None)


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ([], "empty"),
        ([place("eu-west-1")], "empty"),
        ([place("eu-west-1", seconds=20)], "less than a minute old"),
        ([place("eu-west-1", minutes=1), place("eu-west-3", seconds=119)], "1 minute old"),
        ([place("eu-west-1", minutes=12), place("eu-west-3", hours=3)], "12 minutes old; eu-west-3 3 hours old"),
        ([place("eu-west-1", days=1, hours=5)], "1 day old"),
        ([place("us-east-1", hours=1), *(place(f"r-{n}", days=n + 2) for n in range(5))],
         "1 hour old; 5 Regions up to 6 days old"),
    ],
)  # fmt: skip
def test_an_age_is_told_in_words_and_what_is_older_by_name(places, words):
    assert age_in_words(places, now=NOW) == words


def test_through_what_it_was_read_is_told_and_what_was_never_read_is_left_out():
    def place(region, source, read_at=NOW):
        return PlaceState(region=region, source=source, read_at=read_at, full_at=read_at, tried_at=NOW, why=None)

    hubs = [place(f"region-{number}", "securityhub") for number in range(5)]
    others = [place("b", "guardduty"), place("a", "guardduty"), place("off", None), place("never", None, None)]
    assert sources_in_words([*hubs, *others]) == "securityhub in 5 Regions, guardduty in a, b; off in off"
    assert sources_in_words([place("never", None, None)]) == "nothing"
