"""Many places at once: one that fails is a value, and stops no other."""

import subprocess
import sys
import threading

import pytest

from secguard.aws import fanout
from secguard.aws.fanout import fan_out
from secguard.errors import Denied, NoCredentials, WouldWrite
from secguard.model import Place, Unreached

PLACES = [Place("1", region) for region in ("us-east-1", "eu-west-1", "sa-east-1")]
NEAR, MIDDLE, FAR = PLACES


def spread(places, task, **settings):
    return fan_out(places, task, place=lambda item: item, **settings)


def test_every_place_comes_back_with_its_result():
    assert dict(spread(PLACES, lambda place: place.region)) == {place: place.region for place in PLACES}


def test_no_places_are_no_results():
    assert list(spread([], lambda place: place)) == []


def test_more_places_than_threads_all_come_back():
    many = [Place(str(n), "us-east-1") for n in range(200)]

    assert len(dict(spread(many, lambda place: place.account))) == 200


def test_the_farthest_place_is_begun_first():
    order = []

    list(spread(PLACES, lambda place: None, prepare=order.append))

    assert order == [FAR, MIDDLE, NEAR]


def test_a_place_nobody_knows_the_distance_of_is_taken_for_far():
    order = []

    list(spread([NEAR, Place("1", "xx-new-1")], lambda place: None, prepare=order.append))

    assert order[0].region == "xx-new-1"


def test_results_come_as_they_are_ready():
    held = threading.Event()

    def task(place):
        if place == FAR:
            held.wait(10)
        return place

    results = spread(PLACES, task)
    first = {next(results)[0], next(results)[0]}
    held.set()

    assert first == {NEAR, MIDDLE}
    assert [place for place, _ in results] == [FAR]


def test_an_aws_error_is_a_value_and_the_rest_is_kept():
    def task(place):
        if place == MIDDLE:
            raise Denied("no")
        return "ok"

    assert dict(spread(PLACES, task)) == {
        NEAR: "ok",
        MIDDLE: Unreached(account="1", region="eu-west-1", why="no"),
        FAR: "ok",
    }


def test_a_client_that_cannot_be_made_is_a_value_too():
    def prepare(place):
        if place == FAR:
            raise Denied("no")

    results = dict(spread(PLACES, lambda place: "ok", prepare=prepare))

    assert results[FAR] == Unreached(account="1", region="sa-east-1", why="no")
    assert results[NEAR] == "ok"


@pytest.mark.timeout(30)  # were no thread begun for the last one, this would never end
def test_however_many_clients_cannot_be_made_the_others_are_used():
    def prepare(place):
        if place.account != "99":
            raise Denied("no")

    many = [Place(str(n), "us-east-1") for n in range(100)]

    assert dict(spread(many, lambda place: "ok", prepare=prepare))[Place("99", "us-east-1")] == "ok"


def test_missing_credentials_everywhere_are_raised():
    def task(place):
        raise NoCredentials("none")

    with pytest.raises(NoCredentials):
        list(spread(PLACES, task))


def test_missing_credentials_in_one_place_are_that_places():
    def task(place):
        if place == FAR:
            raise NoCredentials("none")
        return "ok"

    results = dict(spread(PLACES, task))

    assert results[FAR] == Unreached(account="1", region="sa-east-1", why="none")


@pytest.mark.parametrize("bug", [ZeroDivisionError(), WouldWrite("iam:DeleteUser")])
def test_a_bug_is_raised_once_the_rest_is_over(bug):
    def task(place):
        if place == FAR:
            raise bug
        return "ok"

    seen = []
    with pytest.raises(type(bug)):
        seen.extend(place for place, _ in spread(PLACES, task))
    assert set(seen) == {NEAR, MIDDLE}


def test_a_place_that_hangs_is_given_up_and_named():
    held = threading.Event()

    def task(place):
        if place == FAR:
            held.wait(10)
        return "ok"

    results = dict(spread(PLACES, task, limit=0.3))
    held.set()

    assert results[FAR] == Unreached(account="1", region="sa-east-1", why="no answer within 0.3 s")
    assert results[NEAR] == results[MIDDLE] == "ok"


@pytest.mark.timeout(30)  # were the thread kept, this would never end
def test_a_place_that_hangs_does_not_keep_its_thread_from_the_others(monkeypatch):
    monkeypatch.setattr(fanout, "MOST_THREADS", 1)
    held = threading.Event()

    def task(place):
        if place == FAR:
            held.wait()
        return "ok"

    results = dict(spread(PLACES, task, limit=0.3))
    held.set()

    assert [results[NEAR], results[MIDDLE]] == ["ok", "ok"]


def test_who_stops_early_waits_for_nothing_and_nothing_more_is_begun():
    held = threading.Event()
    begun = []

    def task(place):
        begun.append(place)
        if place.account != "0":
            held.wait(10)

    many = [Place(str(n), "us-east-1") for n in range(100)]
    results = spread(many, task)
    next(results)
    results.close()
    after = len(begun)
    held.set()

    assert after <= 100
    assert not [thread for thread in threading.enumerate() if thread.name == "fan-out" and not thread.daemon]


def test_threads_go_when_all_is_told():
    list(spread(PLACES, lambda place: None))

    for thread in threading.enumerate():
        if thread.name == "fan-out":
            thread.join(5)
    assert not [thread for thread in threading.enumerate() if thread.name == "fan-out"]


def test_ctrl_c_waits_for_no_task():
    """The tasks never end; if they were waited for, neither would this program."""
    code = """
import os, signal, threading
from secguard.aws.fanout import fan_out
from secguard.model import Place
started = threading.Barrier(3)
def task(place):
    started.wait()
    threading.Event().wait()
def interrupt():
    started.wait()
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt, daemon=True).start()
list(fan_out([Place("1", "a"), Place("2", "a")], task, place=lambda place: place))
"""

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)

    assert "KeyboardInterrupt" in ran.stderr
