from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from acts_made import OTHER, THIEF, act, attempt, bucket, instance, key, sequence
from asff_made import asff, read
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from secguard.findings.incidents.ties import Key, Kind
from secguard.findings.incidents.tying import WINDOW, Case, incidents, incidents_of
from secguard.findings.ranking import rank
from secguard.model import fingerprint

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def groups(findings, **more):
    """The numbers of the findings of each incident."""
    return {frozenset(number(finding) for finding in each.findings) for each in incidents(findings, **more)}


def number(finding):
    return int(finding.id.rpartition("/")[2], 16)


def together(*findings, **more):
    return len(incidents(findings, **more)) == 1


def user(name, number=0):
    return key(f"AKIA{name.upper():0>12}{number:04d}", name=name)


# What ties


@pytest.mark.parametrize(
    "shared",
    [{"ip": THIEF}, {"on": [bucket()]}, {"on": [user("ada")]}, {"on": [key("ASIA0000000000000001", kind="x")]}],
)
def test_what_shares_an_actor_a_principal_or_a_resource_is_one_incident(shared):
    assert together(act(1, **shared), act(2, hours=5, **shared))


def test_what_shares_nothing_is_two():
    assert not together(act(1, ip=THIEF, on=[bucket("a")]), act(2, ip=OTHER, on=[bucket("b")]))


@pytest.mark.parametrize(("hours", "one"), [(25.0, True), (25.1, False)])
def test_what_lies_further_apart_than_the_window_is_two(hours, one):
    """From the last sight of the one, after an hour, to the first of the other."""
    assert together(act(1, ip=THIEF), act(2, ip=THIEF, hours=hours)) is one


def test_the_window_can_be_another():
    apart = act(1, ip=THIEF), act(2, ip=THIEF, hours=5)

    assert not together(*apart, window=timedelta(hours=3))
    assert together(*apart, window=timedelta(hours=4))


def test_what_goes_on_meanwhile_is_near_however_long_ago_it_began():
    assert together(act(1, ip=THIEF, hours=-500, lasting=600), act(2, ip=THIEF, hours=50))


def test_what_goes_on_bridges_what_came_and_went_in_between():
    assert together(act(1, ip=THIEF, lasting=100), act(2, ip=THIEF, hours=10), act(3, ip=THIEF, hours=80))


def test_ties_chain():
    assert together(act(1, ip=THIEF), act(2, ip=THIEF, on=[user("ada")]), act(3, on=[user("ada"), bucket()]))


def test_a_finding_that_ends_before_it_begins_is_read_the_other_way():
    odd = act(1, ip=THIEF, hours=0, lasting=-48)

    assert together(odd, act(2, ip=THIEF, hours=-60))


def test_an_attack_sequence_ties_what_it_lists_at_any_time():
    long_ago, timeless = act(2, hours=-900), act(3, hours=None)
    found = sequence(1, [{"uid": long_ago.id}, {"uid": timeless.id.rpartition("/")[2]}])

    assert together(found, long_ago, timeless)


def test_a_finding_without_a_time_stands_alone():
    assert groups([act(1, ip=THIEF, hours=None), act(2, ip=THIEF), act(3, ip=THIEF, hours=None)]) == {
        frozenset({1}),
        frozenset({2}),
        frozenset({3}),
    }


def test_where_no_sight_is_said_the_last_update_counts():
    said = {"FirstObservedAt": None, "LastObservedAt": None, "UpdatedAt": "2026-11-22T12:30:00Z"}

    assert together(act(1, ip=THIEF, **said), act(2, ip=THIEF))


# What must not tie


def test_how_something_is_belongs_to_no_incident():
    """A bucket with 300 failed controls, and one thing done to it."""
    controls = [read(asff(n, Resources=[bucket()])) for n in range(300)]

    assert groups([*controls, act(1, on=[bucket()])]) == {frozenset({1})}


def test_samples_are_tied_to_samples_alone():
    real = [act(1, ip=THIEF), act(2, ip=THIEF)]
    samples = [act(n, ip=THIEF, Sample=True) for n in (3, 4)]

    assert groups([*real, *samples]) == {frozenset({1, 2}), frozenset({3, 4})}


def test_a_scanner_does_not_make_one_incident_of_all_that_it_probed():
    hosts = [instance(f"i-0{n:016x}") for n in range(20)]
    probes = [attempt(n, ip=THIEF, on=host) for n, host in enumerate(hosts)]
    broken = [act(100 + n, ip=f"81.0.0.{n}", on=[hosts[n]], hours=2) for n in range(2)]

    made = groups([*probes, *broken])

    assert frozenset({0, 100}) in made, "the probe belongs to what was done to its host"
    assert frozenset({1, 101}) in made
    assert frozenset(range(2, 20)) in made, "the others are gathered by their scanner"
    assert len(made) == 3


def test_an_attempt_belongs_to_what_the_same_address_did_elsewhere():
    assert together(attempt(1, ip=THIEF, on=instance()), act(2, ip=THIEF, on=[bucket()], hours=3))


@pytest.mark.parametrize("hours", [-5, 0, 5])
def test_an_attempt_belongs_to_what_was_done_before_meanwhile_or_after(hours):
    done = act(2, on=[instance()]), act(3, on=[instance()])

    assert together(attempt(1, ip=OTHER, on=instance(), hours=hours), *done)


def test_an_attempt_that_a_sequence_lists_belongs_there_alone():
    tried = attempt(2, ip=OTHER, on=instance())

    assert groups([sequence(1, [{"uid": tried.id}]), tried, act(3, on=[instance()])]) == {
        frozenset({1, 2}),
        frozenset({3}),
    }


def test_what_is_alone_is_gathered_by_what_most_have():
    base = "aws/guardduty/service/action"
    both = {f"{base}/portProbeAction/portProbeDetails.{n}_/remoteIpDetails/ipAddressV4": ip for n, ip in BOTH}
    probed = act(3, fields={f"{base}/actionType": "PORT_PROBE", **both})
    tries = [attempt(n, ip=ip, on=instance(f"i-0{n:016x}")) for n, ip in ((1, THIEF), (2, THIEF), (4, OTHER))]

    assert groups([*tries, probed]) == {frozenset({1, 2, 3}), frozenset({4})}


BOTH = ((0, OTHER), (1, THIEF))


def test_an_attempt_belongs_to_its_resource_before_its_address():
    tried = attempt(1, ip=THIEF, on=instance(), hours=1)
    near, far = act(2, ip=THIEF, hours=1), act(3, on=[instance()], hours=20)

    assert groups([tried, near, far]) == {frozenset({1, 3}), frozenset({2})}


def test_an_attempt_belongs_to_the_nearest():
    tried = attempt(1, ip=THIEF, on=instance(), hours=30)
    before, after = act(2, on=[instance()], hours=0), act(3, on=[instance()], hours=33)

    assert groups([before, tried, after]) == {frozenset({2}), frozenset({1, 3})}


def test_an_address_that_an_office_shares_does_not_tie_its_people_to_what_else_they_do():
    people = [act(n, ip=OTHER, on=[user(f"user{n}")]) for n in range(11)]
    elsewhere = [act(100 + n, on=[user(f"user{n}"), bucket(f"b{n}")], hours=2) for n in range(2)]

    made = groups([*people, *elsewhere])

    assert frozenset({0, 100}) in made
    assert frozenset({1, 101}) in made
    assert frozenset(range(2, 11)) in made, "those with nothing else are gathered by the address"


def test_an_address_under_which_a_few_act_ties_them_and_what_else_they_do():
    few = [act(n, ip=THIEF, on=[user(f"user{n}")]) for n in range(10)]

    assert together(*few, act(100, on=[user("user0")], hours=2))


def test_a_resource_that_everybody_reaches_does_not_tie_those_who_do():
    visits = [act(n, ip=f"81.0.0.{n}", on=[bucket()]) for n in range(11)]
    elsewhere = act(100, ip="81.0.0.0", on=[bucket("b")])

    assert groups([*visits, elsewhere]) == {frozenset({0, 100}), frozenset(range(1, 11))}


def test_an_attempt_does_not_belong_to_what_everybody_reaches():
    visits = [act(n, ip=f"81.0.0.{n}", on=[bucket()], hours=n / 10) for n in range(11)]
    elsewhere, tried = act(100, ip="81.0.0.0", on=[bucket("b")]), attempt(50, ip=OTHER, on=bucket())

    assert frozenset({0, 100}) in groups([*visits, elsewhere, tried])


def test_a_controller_that_many_hosts_obey_is_one_incident():
    assert together(*(act(n, ip=THIEF, on=[instance(f"i-0{n:016x}")]) for n in range(50)))


# What an incident is known by


def test_an_incident_keeps_its_id_as_it_grows():
    first = act(1, ip=THIEF)
    (before,), (after,) = (
        incidents([first]),
        incidents([act(2, ip=THIEF, hours=3, Severity={"Label": "CRITICAL"}), first]),
    )

    assert before.id == after.id
    assert len(before.id) == 8


def test_what_to_look_at_first_leads_and_comes_first():
    low, high = ({"Label": label} for label in ("LOW", "HIGH"))
    findings = [act(1, ip=THIEF, Severity=low), act(2, ip=THIEF, hours=1, Severity=high), act(3, Severity=low)]
    first, second = incidents([rank(finding, now=NOW) for finding in findings])

    assert (number(first.lead), first.worst.name, len(first.cases)) == (2, "HIGH", 2)
    assert number(second.lead) == 3


def test_an_incident_lasts_from_its_first_sight_to_its_last():
    (made,) = incidents([act(1, ip=THIEF, hours=5, lasting=2), act(2, ip=THIEF, lasting=3)])

    assert (made.begins.hour, made.ends.hour) == (12, 19)


def test_a_finding_that_comes_twice_counts_once_as_it_is_now():
    old, new = (act(1, ip=THIEF, UpdatedAt=f"2026-11-22T1{n}:00:00Z", Title=f"{n}") for n in (1, 2))

    for listed in ([old, new], [new, old]):
        (made,) = incidents(listed)
        assert [finding.title for finding in made.findings] == ["2"]


# Promises for whatever comes

PLAIN = act(1)
KEYS = st.sampled_from(
    [
        Key(kind, str(n))
        for kind in (Kind.ADDRESS, Kind.RESOURCE, Kind.USER, Kind.SESSION, Kind.SEQUENCE)
        for n in range(4)
    ]
)
HOURS = st.integers(0, 200)


@st.composite
def case(draw, number, *, attempts=True):
    start, lasting = draw(HOURS), draw(st.integers(0, 30))
    times = [NOW + timedelta(hours=hours) for hours in (start, start + lasting)]
    seen = times if draw(st.integers(0, 9)) else (None, None)
    finding = replace(
        PLAIN,
        id=f"f{number}",
        first_seen=seen[0],
        last_seen=seen[1],
        updated_at=None,
        sample=draw(st.integers(0, 5)) == 0,
    )
    return Case(
        finding=finding,
        keys=dict.fromkeys(draw(st.sets(KEYS, max_size=3)), "named"),
        attempt=attempts and draw(st.booleans()),
        fingerprint=fingerprint("", finding.id),
    )


def cases(**more):
    return st.integers(0, 14).flatmap(lambda size: st.tuples(*(case(n, **more) for n in range(size))))


def partition(listed):
    return {(each.id, frozenset(finding.id for finding in each.findings)) for each in incidents_of(listed)}


@given(cases().flatmap(lambda listed: st.tuples(st.just(listed), st.permutations(listed))))
def test_the_order_of_the_findings_does_not_matter(both):
    listed, shuffled = both

    assert partition(listed) == partition(shuffled)


@given(cases())
def test_every_finding_is_in_one_incident_and_each_has_an_id_of_its_own(listed):
    made = incidents_of(listed)

    assert sorted(finding.id for each in made for finding in each.findings) == sorted(one.finding.id for one in listed)
    assert len({each.id for each in made}) == len(made)


@given(cases(), st.integers(0, 1))
def test_a_finding_that_shares_nothing_changes_nothing(listed, sample):
    alien = Case(
        finding=replace(PLAIN, id="alien", sample=bool(sample)),
        keys={Key(Kind.ADDRESS, "elsewhere"): "", Key(Kind.RESOURCE, "elsewhere"): ""},
        attempt=bool(sample),
        fingerprint=fingerprint("", "alien"),
    )

    assert partition([*listed, alien]) - partition(listed) == partition([alien])
    assert partition(listed) <= partition([*listed, alien])


@given(cases())
def test_nothing_is_tied_across_samples(listed):
    assert all(len({finding.sample for finding in each.findings}) == 1 for each in incidents_of(listed))


@given(cases(attempts=False))
def test_what_was_done_is_tied_exactly_as_pairs_are(listed):
    """The same, worked out pair by pair."""
    apart = {one.fingerprint: {one.fingerprint} for one in listed}
    for one, other in combinations(listed, 2):
        if _tied(one, other) and apart[one.fingerprint] is not apart[other.fingerprint]:
            merged = apart[one.fingerprint] | apart[other.fingerprint]
            apart.update(dict.fromkeys(merged, merged))
    expected = {frozenset(each) for each in apart.values()}

    assert {frozenset(one.fingerprint for one in each.cases) for each in incidents_of(listed)} == expected


def _tied(one, other):
    shared = set(one.keys) & set(other.keys)
    if one.finding.sample is not other.finding.sample or not shared:
        return False
    if any(key.kind is Kind.SEQUENCE for key in shared):
        return True
    if one.span is None or other.span is None:
        return False
    return max(one.span[0], other.span[0]) - min(one.span[1], other.span[1]) <= WINDOW.total_seconds()
