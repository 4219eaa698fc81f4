"""A watch loses nothing and shows nothing twice, whatever it can't see for a while; and says what it can't see."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from asff_made import ACCOUNT, asff, detected, guardduty
from hubs_made import OFF, Hubs
from hypothesis import given, settings
from hypothesis import strategies as st

from secguard.errors import Denied, NoCredentials, SecguardError, Throttled, Unreachable
from secguard.findings.forms.asff import Unreadable
from secguard.findings.query import Query
from secguard.findings.watching.changes import Memory
from secguard.findings.watching.lookout import Blind, Lookout, Seeing, Sighting, Trail
from secguard.model import Severity, Source

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
EAST, WEST, NORTH = "us-east-1", "eu-west-1", "eu-north-1"


class FakeClock:
    """Time that passes when it is told to."""

    def __init__(self):
        self.seconds = 0.0

    def now(self):
        return NOON + timedelta(seconds=self.seconds)


class Watch:
    """A lookout, its clock, and all that it has seen."""

    def __init__(self, aws, *, query=None, source=None, interval=30.0, begin=NOON, trail=None, memory=None):
        self.aws = aws
        self.clock = FakeClock()
        self.said = []
        self.connections = []
        self.memory = memory or Memory(begin=begin)
        self.trail = trail or Trail(late_at=NOON)
        self.interval = interval
        self.lookout = Lookout(
            query or Query(),
            source=source,
            connect=self.connect,
            memory=self.memory,
            trail=self.trail,
            clock=self.clock,
            interval=interval,
            tell=self.said.append,
        )

    def connect(self):
        self.connections.append(self.aws)
        return self.aws

    def round(self):
        """One round, and the wait after it."""
        self.aws.asked.clear()
        seen = list(self.lookout.look())
        self.clock.seconds += self.interval
        return seen

    def rounds(self, minutes):
        return [event for _ in range(round(minutes * 60 / self.interval)) for event in self.round()]

    def asked(self, operation="GetFindings"):
        return [region for region, asked, _ in self.aws.asked if asked == operation]

    def at(self, *, ago=0.0):
        return (self.clock.now() - timedelta(seconds=ago)).isoformat()

    def comes(self, number, region=EAST, *, ago=0.0, made=asff, **over):
        """A finding arrives that its product made so many seconds ago."""
        item = made(number, Region=region, **{"CreatedAt": self.at(ago=ago), "UpdatedAt": self.at(ago=ago), **over})
        hub = self.aws.hubs[region]
        hub[:] = [each for each in hub if each["Id"] != item["Id"]] + [item]


def shown(events):
    return [(number(event.finding), str(event.change)) for event in events if isinstance(event, Sighting)]


def number(finding):
    return int(finding.id.rpartition("/")[2], 16 if finding.product == "GuardDuty" else 10)


def blind(events):
    return [(each.region, each.why) for event in events if isinstance(event, Blind) for each in event.places]


def seeing(events):
    return [(event.places[0].region, event.seconds) for event in events if isinstance(event, Seeing)]


def test_what_is_there_is_not_shown_and_what_comes_is_shown_once():
    watch = Watch(Hubs({EAST: [asff(1)], WEST: [asff(2, Region=WEST)]}))
    assert watch.round() == []
    watch.comes(3, WEST)
    assert shown(watch.round()) == [(3, "new")]
    assert watch.rounds(30) == []
    watch.comes(3, WEST, CreatedAt=watch.at(ago=1800), Severity={"Label": "CRITICAL"})
    assert shown(watch.rounds(30)) == [(3, "worse: HIGH → CRITICAL")]
    assert watch.said == ["Security Hub in eu-west-1, us-east-1"]


@pytest.mark.parametrize("ago", [540, 0, -240])
def test_a_finding_that_comes_late_or_whose_clock_differs_is_shown_once(ago):
    watch = Watch(Hubs({EAST: []}))
    watch.rounds(20)
    watch.comes(1, ago=ago)
    assert shown(watch.rounds(20)) == [(1, "new")]


def test_only_what_was_updated_lately_is_asked_for():
    watch = Watch(Hubs({EAST: []}))
    watch.round()
    watch.rounds(5)
    (asked,) = [parameters for _, operation, parameters in watch.aws.asked if operation == "GetFindings"]
    assert asked["Filters"]["UpdatedAt"] == [{"Start": "2026-11-23T11:54:30Z", "End": "2100-01-01T00:00:00Z"}]


def test_through_an_aggregator_one_region_is_asked_and_nothing_else():
    hubs = {EAST: [], WEST: [], NORTH: []}
    watch = Watch(Hubs(hubs, home=EAST))
    watch.round()
    watch.comes(1, NORTH)
    assert shown(watch.round()) == [(1, "new")]
    # Once for the home Region's own, which tells whether there are many, and once for all.
    assert [(region, operation) for region, operation, _ in watch.aws.asked] == [(EAST, "GetFindings")] * 2


def test_what_is_not_watched_for_is_not_shown():
    watch = Watch(Hubs({EAST: []}), query=Query(levels=(Severity.CRITICAL, Severity.HIGH)))
    watch.round()
    watch.comes(1, Severity={"Label": "MEDIUM"})
    assert watch.round() == []
    watch.comes(1, CreatedAt=watch.at(ago=86400), Severity={"Label": "HIGH"})
    assert shown(watch.round()) == [(1, "matches")]


def test_a_region_that_falls_silent_is_named_once_and_what_came_meanwhile_is_shown_when_it_speaks_again():
    watch = Watch(Hubs({EAST: [], WEST: []}))
    watch.round()
    findings, watch.aws.hubs[WEST] = watch.aws.hubs[WEST], Unreachable("no route")
    watch.comes(1, EAST)
    events = watch.rounds(60)
    assert blind(events) == [(WEST, "no route")]
    assert [event.since for event in events if isinstance(event, Blind)] == [NOON]
    assert shown(events) == [(1, "new")]
    watch.aws.hubs[WEST] = findings
    watch.comes(2, WEST, ago=3000)
    events = watch.rounds(10)
    assert shown(events) == [(2, "new")]
    ((region, seconds),) = seeing(events)
    assert region == WEST
    assert 3600 <= seconds <= 3600 + 330
    assert watch.lookout.blind == {}
    assert sum(watch.lookout.blind_seconds.values()) == seconds


def test_a_silent_region_is_asked_less_and_less_often_and_never_makes_others_be_asked_for_more():
    watch = Watch(Hubs({EAST: [], WEST: []}))
    watch.round()
    watch.aws.hubs[WEST] = Unreachable("no route")
    asked = []
    for _ in range(120):
        watch.round()
        asked.append(watch.asked("DescribeHub") == [] and watch.asked().count(WEST))
        starts = [
            parameters["Filters"]["UpdatedAt"][0]["Start"]
            for region, operation, parameters in watch.aws.asked
            if operation == "GetFindings" and region == EAST
        ]
        assert starts == [(watch.clock.now() - timedelta(minutes=11)).strftime("%Y-%m-%dT%H:%M:%SZ")] or len(starts) > 1
    assert sum(asked) < 25
    assert sum(asked[-20:]) >= 1


def test_a_region_that_is_silent_from_the_start_is_learned_when_it_speaks():
    watch = Watch(Hubs({EAST: [], WEST: Throttled("slow down")}))
    assert blind(watch.round()) == [(WEST, "slow down")]
    watch.aws.hubs[WEST] = [asff(1, Region=WEST)]
    watch.comes(2, WEST)
    events = watch.rounds(10)
    assert shown(events) == [(2, "new")]
    assert [region for region, _ in seeing(events)] == [WEST]


def test_where_the_home_region_is_silent_the_others_are_read_where_they_are():
    watch = Watch(Hubs({EAST: [], WEST: [], NORTH: []}, home=EAST))
    watch.round()
    findings, watch.aws.hubs[EAST] = watch.aws.hubs[EAST], Unreachable("no route")
    events = watch.round()
    assert blind(events) == [(EAST, "no route")]
    assert watch.rounds(4.5) == []
    watch.comes(1, WEST)
    assert shown(watch.round()) == [(1, "new")]
    assert watch.asked().count(EAST) == 0
    assert watch.rounds(30) == []
    watch.aws.hubs[EAST] = findings
    watch.comes(2, EAST, ago=1500)
    watch.comes(3, NORTH)
    assert sorted(shown(watch.rounds(10))) == [(2, "new"), (3, "new")]
    assert watch.lookout.blind == {}


def test_a_region_silent_together_with_its_home_region_is_seen_again_with_it():
    """It may itself be denied: its home Region has its findings."""
    watch = Watch(Hubs({EAST: [], WEST: []}, home=EAST))
    watch.round()
    kept, watch.aws.hubs[EAST] = watch.aws.hubs[EAST], Unreachable("no route")
    findings, watch.aws.hubs[WEST] = watch.aws.hubs[WEST], Denied("no")
    assert sorted(blind(watch.rounds(2))) == [(WEST, "no"), (EAST, "no route")]
    watch.aws.hubs[EAST], watch.aws.hubs[WEST] = kept, findings
    watch.comes(1, WEST, ago=60)
    assert shown(watch.rounds(10)) == [(1, "new")]
    assert watch.lookout.blind == {}


def test_everything_silent_is_survived():
    watch = Watch(Hubs({EAST: [], WEST: []}))
    watch.round()
    kept = dict(watch.aws.hubs)
    watch.aws.hubs.update({EAST: Unreachable("no route"), WEST: Unreachable("no route")})
    assert len(blind(watch.rounds(60))) == 2
    assert not watch.lookout.sees
    watch.aws.hubs.update(kept)
    watch.comes(1, ago=1800)
    assert shown(watch.rounds(10)) == [(1, "new")]
    assert watch.lookout.sees


def test_the_first_round_fails_where_nobody_has_signed_in():
    watch = Watch(Hubs({EAST: NoCredentials("expired"), WEST: NoCredentials("expired")}))
    with pytest.raises(NoCredentials):
        watch.round()


def test_expired_credentials_make_it_blind_until_somebody_has_signed_in_and_then_it_looks_at_once():
    watch = Watch(Hubs({EAST: [], WEST: []}))
    watch.round()
    kept = dict(watch.aws.hubs)
    watch.aws.hubs.update({EAST: NoCredentials("expired"), WEST: NoCredentials("expired")})
    events = watch.rounds(30)
    assert sorted(blind(events)) == [(WEST, "expired"), (EAST, "expired")]
    assert len(watch.connections) > 2
    watch.aws.hubs.update(kept)
    watch.comes(1, ago=900)
    assert shown(watch.round()) == [(1, "new")]
    assert watch.lookout.blind == {}
    connections = len(watch.connections)
    watch.rounds(5)
    assert len(watch.connections) == connections


def test_credentials_of_another_account_end_the_watch():
    watch = Watch(Hubs({EAST: []}))
    watch.round()
    watch.aws.hubs[EAST] = NoCredentials("expired")
    watch.round()
    watch.aws = Hubs({EAST: []})
    watch.aws.caller = SimpleNamespace(account="999999999999")
    with pytest.raises(SecguardError, match=f"those of account {ACCOUNT}, and now are those of 999999999999"):
        watch.round()


def test_a_region_where_security_hub_is_turned_on_is_watched_from_then_on():
    watch = Watch(Hubs({EAST: [], WEST: OFF}))
    watch.round()
    watch.aws.hubs[WEST] = [asff(1, Region=WEST)]
    watch.comes(2, WEST)
    assert shown(watch.rounds(12)) == [(2, "new")]
    assert watch.said == ["Security Hub in us-east-1; off in eu-west-1", "Security Hub in eu-west-1, us-east-1"]


def test_a_region_that_was_named_and_has_nothing_on_is_named_once():
    watch = Watch(Hubs({EAST: [], WEST: OFF}), query=Query(regions=(EAST, WEST)))
    assert [region for region, _ in blind(watch.rounds(30))] == [WEST]


def test_an_update_that_guardduty_passes_on_hours_later_is_shown():
    watch = Watch(Hubs({EAST: []}))
    watch.comes(1, made=guardduty, Severity={"Label": "LOW"})
    watch.rounds(400)
    watch.comes(1, made=guardduty, ago=5 * 3600, Severity={"Label": "HIGH"})
    watch.comes(2, ago=5 * 3600)
    assert shown(watch.rounds(11)) == [(1, "worse: LOW → HIGH")]
    assert watch.rounds(30) == []


def test_what_was_missed_of_the_late_is_looked_for_again():
    watch = Watch(Hubs({EAST: []}))
    watch.comes(1, made=guardduty, Severity={"Label": "LOW"})
    watch.rounds(9.5)
    watch.clock.seconds += 4 * 3600
    watch.aws.breaks = {}
    asked = []
    look = watch.aws.look

    def breaking(place):
        reader = look(place)
        items = reader.items

        def broken(service, operation, key, **parameters):
            if "ProductName" in parameters.get("Filters", {}) and not asked:
                asked.append(parameters)
                raise Throttled("slow down")
            return items(service, operation, key, **parameters)

        reader.items = broken
        return reader

    watch.aws.look = breaking
    watch.comes(1, made=guardduty, ago=3 * 3600, Severity={"Label": "HIGH"})
    watch.trail.read_at.update(dict.fromkeys(watch.trail.read_at, watch.clock.now()))
    assert shown(watch.round()) == []
    assert shown(watch.round()) == [(1, "worse: LOW → HIGH")]


def test_guarddutys_own_are_watched_where_security_hub_is_off():
    aws = Hubs({EAST: OFF}, detectors={EAST: []})
    watch = Watch(aws)
    watch.round()
    aws.detectors[EAST].append(detected(7, createdAt=watch.at(), updatedAt=watch.at()))
    assert shown(watch.rounds(15)) == [(7, "new")]
    assert watch.asked("ListFindings") == [EAST]


def test_a_finding_known_from_guardduty_is_not_new_when_security_hub_is_turned_on():
    aws = Hubs({EAST: OFF}, detectors={EAST: [detected(7)]})
    watch = Watch(aws)
    watch.round()
    aws.hubs[EAST] = []
    watch.clock.seconds += 600
    watch.comes(7, made=guardduty, Severity={"Label": "HIGH"}, CreatedAt="2026-11-20T00:00:00Z")
    assert shown(watch.rounds(15)) == []


def test_a_source_that_was_chosen_is_the_only_one_watched():
    aws = Hubs({EAST: []}, detectors={EAST: []})
    watch = Watch(aws, source=Source.GUARDDUTY)
    watch.rounds(11)
    assert not any(operation == "GetFindings" for _, operation, _ in aws.asked)


def test_what_can_not_be_read_is_named_and_the_rest_is_there():
    watch = Watch(Hubs({EAST: []}))
    watch.round()
    watch.comes(1)
    watch.aws.hubs[EAST].append("odd")
    events = watch.round()
    assert shown(events) == [(1, "new")]
    assert [type(event) for event in events if not isinstance(event, Sighting)] == [Unreadable]


def test_a_watch_that_was_stopped_goes_on_where_it_was():
    first = Watch(Hubs({EAST: [asff(1)]}))
    first.round()
    first.comes(2, Severity={"Label": "LOW"})
    assert shown(first.round()) == [(2, "new")]
    second = Watch(first.aws, memory=first.memory, trail=first.trail)
    second.clock.seconds = 7200
    second.comes(3, ago=4000)
    second.comes(2, ago=3000, Severity={"Label": "HIGH"})
    assert sorted(shown(second.rounds(20))) == [(2, "worse: LOW → HIGH"), (3, "new")]


def test_a_clock_that_is_put_back_hides_nothing():
    watch = Watch(Hubs({EAST: []}))
    watch.rounds(5)
    watch.clock.seconds -= 3600
    watch.comes(1)
    assert [each for each, _ in shown(watch.rounds(1))] == [1]


def test_a_round_that_was_broken_off_is_read_again():
    watch = Watch(Hubs({EAST: []}))
    watch.round()
    for each in range(1, 6):
        watch.comes(each)
    look = watch.lookout.look()
    first = next(look)
    look.close()
    rest = shown(watch.rounds(20))
    assert sorted([*shown([first]), *rest]) == [(each, "new") for each in range(1, 6)]


OUTAGES = st.lists(st.tuples(st.sampled_from([EAST, WEST, NORTH]), st.integers(0, 40), st.integers(1, 30)), max_size=4)
ARRIVALS = st.lists(
    st.tuples(st.sampled_from([EAST, WEST, NORTH]), st.integers(1, 50), st.integers(-120, 560)), max_size=12
)


@settings(max_examples=30, deadline=None)
@given(OUTAGES, ARRIVALS, st.sampled_from([None, EAST]), st.booleans())
def test_whatever_falls_silent_and_whenever_findings_come_each_is_shown_once(outages, arrivals, home, unauthorized):
    aws = Hubs({EAST: [], WEST: [], NORTH: []}, home=home)
    watch, really = Watch(aws, interval=60.0), dict(aws.hubs)
    error = NoCredentials("expired") if unauthorized else Unreachable("no route")
    watch.round()
    told = []
    for minute in range(50):
        aws.hubs.update(really)
        for each, (region, when, ago) in enumerate(arrivals):
            if when == minute + 1:
                watch.comes(each, region, ago=ago)
        silent = {region for region, begins, lasts in outages if begins <= minute < begins + lasts}
        aws.hubs.update(dict.fromkeys(silent, error))
        told += watch.rounds(1)
    aws.hubs.update(really)
    told += watch.rounds(20)
    assert sorted(shown(told)) == sorted((each, "new") for each in range(len(arrivals)))
    assert watch.lookout.blind == {}
