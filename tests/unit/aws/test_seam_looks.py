from types import SimpleNamespace

import pytest

from secguard.aws.looks import Looks
from secguard.model import Place

HERE = Place("123456789012", "us-east-1")
THERE = Place("123456789012", "eu-west-1")


@pytest.fixture
def looks():
    return Looks()


def look(place=HERE):
    return SimpleNamespace(place=place)


def test_the_newest_look_will_do_while_nothing_was_sent(looks):
    looks.keep(look(), "")
    newest = looks.keep(look(), "guardduty")

    assert looks.recent(HERE, "guardduty", within=60) is newest


def test_a_look_at_everything_serves_every_service(looks):
    one = looks.keep(look(), "")

    assert looks.recent(HERE, "securityhub", within=60) is one


def test_a_fresh_look_is_a_fresh_look(looks):
    looks.keep(look(), "guardduty")

    assert looks.recent(HERE, "guardduty", within=0) is None


def test_what_was_sent_makes_a_look_old_for_that_service_alone(looks):
    one = looks.keep(look(), "")
    with looks.sending(HERE, "guardduty"):
        pass

    assert looks.recent(HERE, "guardduty", within=60) is None
    assert looks.recent(HERE, "securityhub", within=60) is one


def test_while_something_is_being_sent_no_look_will_do(looks):
    with looks.sending(HERE, "guardduty"):
        looks.keep(look(), "guardduty")
        assert looks.recent(HERE, "guardduty", within=60) is None

    assert looks.recent(HERE, "guardduty", within=60) is None


def test_a_look_elsewhere_says_nothing_about_here(looks):
    looks.keep(look(THERE), "guardduty")

    assert looks.recent(HERE, "guardduty", within=60) is None


def test_a_look_taken_after_a_call_shows_what_it_did(looks):
    with looks.sending(HERE, "guardduty"):
        pass
    after = looks.keep(look(), "guardduty")

    assert looks.recent(HERE, "guardduty", within=60) is after
