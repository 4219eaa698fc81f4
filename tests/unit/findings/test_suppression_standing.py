"""Where a rule should stand, by which means and why; and how what AWS has agrees with the file."""

import pytest
from asff_made import ACCOUNT
from rules_made import NOW, rule

from secguard.findings.suppression.rows import AMISS, State, row_record, rows
from secguard.findings.suppression.standing import Ground, Held, Means, Seen, standings
from secguard.model import Place

HUB = Place(ACCOUNT, "us-east-1")
ALONE = Place(ACCOUNT, "eu-north-1")
OFF = Held(on=False)


def ground(place=HUB, *, hub=None, guardduty=None):
    return Ground(place=place, hub=hub or Held(), guardduty=guardduty or Held())


def guardduty_alone(*, guardduty=None):
    return ground(ALONE, hub=OFF, guardduty=guardduty)


def standing(*rules, on=None):
    return standings(rules, on or [ground()], partition="aws", now=NOW)


def means(*rules, on=None):
    return [(each.place.region, each.means, each.why) for each in standing(*rules, on=on)]


def in_aws(*rules, on=None):
    """The grounds once the rules were applied there."""
    grounds = on or [ground()]
    made = standing(*rules, on=grounds)

    def held(place, kind):
        wanted = [each for each in made if (each.place, each.means) == (place, kind)]
        return Held(
            seen=tuple(Seen(rule=each.rule, name=f"secguard-{each.rule}", value=each.wanted) for each in wanted)
        )

    return [
        Ground(
            place=each.place,
            hub=held(each.place, Means.AUTOMATION_RULE) if each.hub.on else OFF,
            guardduty=held(each.place, Means.GUARDDUTY) if each.guardduty.on else OFF,
        )
        for each in grounds
    ]


def listed(*rules, on):
    return list(rows(rules, standings(rules, on, partition="aws", now=NOW), on, now=NOW))


def states(*rules, on):
    return {row.name: row.state for row in listed(*rules, on=on)}


PROBES = rule("probes", type=["Recon:EC2/*"])
BUCKETS = rule("buckets", control=["S3.2"])


def test_an_automation_rule_does_it_where_security_hub_is_on_and_a_filter_where_guardduty_is_alone():
    assert means(PROBES, on=[ground(), guardduty_alone()]) == [
        ("us-east-1", Means.AUTOMATION_RULE, None),
        ("eu-north-1", Means.GUARDDUTY, None),
    ]


def test_a_rule_on_controls_is_nothing_to_guardduty():
    assert means(BUCKETS, on=[guardduty_alone()]) == []


def test_where_nothing_is_on_nothing_stands():
    assert means(PROBES, on=[ground(hub=OFF, guardduty=OFF)]) == []


def test_a_rule_stands_in_the_regions_that_it_names_alone():
    far = ground(Place(ACCOUNT, "eu-west-1"))

    assert [region for region, *_ in means(rule(region=["eu-west-1"]), on=[ground(), far])] == ["eu-west-1"]


def test_what_aws_can_not_be_told_is_left_to_secguard_with_the_reason():
    assert means(rule(ip=["192.0.2.7"])) == [
        ("us-east-1", Means.SECGUARD, "automation rules have no criterion for addresses")
    ]


def test_a_member_account_makes_no_rules():
    member = ground(hub=Held(administrator="999999999999"))
    alone = guardduty_alone(guardduty=Held(administrator="999999999999"))

    assert means(PROBES, on=[member, alone]) == [
        ("us-east-1", Means.SECGUARD, "account 999999999999 makes the automation rules here"),
        ("eu-north-1", Means.SECGUARD, "account 999999999999 makes GuardDuty's filters here"),
    ]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("secguard", [("us-east-1", Means.SECGUARD), ("eu-north-1", Means.SECGUARD)]),
        ("guardduty", [("us-east-1", Means.GUARDDUTY), ("eu-north-1", Means.GUARDDUTY)]),
        ("automation-rule", [("us-east-1", Means.AUTOMATION_RULE)]),
    ],
)
def test_a_rule_may_say_what_does_it(by, expected):
    found = means(rule(by=by, type=["Recon:EC2/*"]), on=[ground(), guardduty_alone()])

    assert [(region, kind) for region, kind, _ in found] == expected


def test_a_security_hub_that_would_not_say_is_not_taken_for_one_that_is_off():
    silent = Ground(place=HUB, hub=None, guardduty=Held())

    assert means(PROBES, on=[silent]) == []


def test_the_rules_for_which_aws_has_no_room_are_left_to_secguard():
    full = ground(hub=Held(others=99))

    assert [(kind, why) for _, kind, why in means(BUCKETS, rule("more", control=["S3.8"]), on=[full])] == [
        (Means.AUTOMATION_RULE, None),
        (Means.SECGUARD, "AWS takes 100 of them here, and they are there"),
    ]


def test_an_expired_rule_is_lifted_wherever_it_stands():
    grounds = in_aws(PROBES, on=[ground(), guardduty_alone()])
    over = rule("probes", type=["Recon:EC2/*"], expires="2026-11-22")

    assert [(each.place, each.means, each.wanted) for each in standing(over, on=grounds)] == [
        (HUB, Means.AUTOMATION_RULE, None),
        (ALONE, Means.GUARDDUTY, None),
    ]
    assert all(each.seen for each in standing(over, on=grounds))


def test_a_rule_that_moves_to_other_means_is_lifted_where_it_stood():
    grounds = in_aws(PROBES)
    moved = standing(rule("probes", by="guardduty", type=["Recon:EC2/*"]), on=grounds)

    assert [(each.means, each.wanted is None) for each in moved] == [
        (Means.GUARDDUTY, False),
        (Means.AUTOMATION_RULE, True),
    ]


def test_others_rules_are_never_to_be_lifted():
    theirs = Seen(rule=None, name="secguard-probes", value={"x": 1})

    assert standing(on=[ground(hub=Held(seen=(theirs,)), guardduty=Held(seen=(theirs,)))]) == []


def test_what_was_applied_is_in_force():
    assert states(PROBES, BUCKETS, on=in_aws(PROBES, BUCKETS)) == {"probes": State.IN_FORCE, "buckets": State.IN_FORCE}


def test_a_rule_that_one_region_lacks_is_not_applied():
    grounds = [*in_aws(BUCKETS), ground(Place(ACCOUNT, "eu-west-1"))]
    (row,) = listed(BUCKETS, on=grounds)

    assert (row.state, row.in_force, row.regions) == (State.NOT_APPLIED, 1, 2)


def test_a_rule_that_was_changed_differs_until_it_is_applied():
    assert states(rule("buckets", reason="another", control=["S3.2"]), on=in_aws(BUCKETS)) == {"buckets": State.DIFFERS}


def test_a_rule_that_stands_where_it_should_not_differs():
    grounds = in_aws(BUCKETS, on=[ground(), ground(Place(ACCOUNT, "eu-west-1"))])
    here = rule("buckets", control=["S3.2"], region=["us-east-1"])
    applied = in_aws(here, on=[grounds[0]])[0]

    assert states(here, on=[applied, grounds[1]]) == {"buckets": State.DIFFERS}


@pytest.mark.parametrize(
    ("rules", "grounds", "expected"),
    [
        ([], in_aws(BUCKETS), {"buckets": State.LEFT_OVER}),
        ([rule("buckets", control=["S3.2"], expires="2026-11-22")], in_aws(BUCKETS), {"buckets": State.EXPIRED}),
        ([BUCKETS], [guardduty_alone()], {"buckets": State.NOWHERE}),
        ([rule("lab", ip=["192.0.2.7"])], [ground()], {"lab": State.AT_EACH_APPLY}),
    ],
)
def test_every_other_state_has_its_name(rules, grounds, expected):
    assert states(*rules, on=grounds) == expected


def test_a_rule_that_stands_where_nobody_could_look_is_not_said_to_stand_nowhere():
    silent = Ground(place=HUB, hub=None, guardduty=OFF)

    assert states(BUCKETS, on=[silent]) == {"buckets": State.UNKNOWN}
    assert listed(BUCKETS, on=[silent])[0].why == ("where it should stand could not be looked at",)


@pytest.mark.parametrize(
    ("places", "where"), [({}, "any Region"), ({"region": ["eu-west-1", "eu-west-2"]}, "eu-west-1, eu-west-2")]
)
def test_a_rule_that_stands_nowhere_says_where_nothing_is_on(places, where):
    (row,) = listed(rule("buckets", control=["S3.2"], **places), on=[guardduty_alone()])

    assert row.why == (f"nothing that has such findings is on in {where}",)


def test_an_expired_rule_tells_in_how_many_regions_aws_still_has_it():
    (row,) = listed(rule("buckets", control=["S3.2"], expires="2026-11-22"), on=in_aws(BUCKETS))

    assert (row.regions, row.in_force) == (1, 1)


def test_others_rules_of_one_name_are_one_line():
    theirs = Held(seen=(Seen(rule=None, name="quiet", value={}, made_by="arn:aws:iam::1:role/them"),))
    (row,) = listed(on=[ground(hub=theirs), ground(Place(ACCOUNT, "eu-west-1"), hub=theirs)])

    assert (row.name, row.state, row.regions, row.made_by) == ("quiet", State.FOREIGN, 2, "arn:aws:iam::1:role/them")
    assert row.state not in AMISS
    assert [place["state"] for place in row_record(row)["places"]] == ["foreign", "foreign"]


def test_the_record_of_a_rule_says_where_it_stands():
    record = row_record(listed(PROBES, on=in_aws(PROBES, on=[ground(), guardduty_alone()]))[0])

    assert record == {
        "name": "probes",
        "state": "in_force",
        "by": ["automation-rule", "guardduty"],
        "why": [],
        "reason": "our own scanner",
        "owner": "ann",
        "expires": "2027-01-31",
        "match": {"type": ["Recon:EC2/*"]},
        "made_by": None,
        "regions": 2,
        "in_force": 2,
        "places": [
            {"account": ACCOUNT, "region": "us-east-1", "by": "automation-rule", "state": "in_force"},
            {"account": ACCOUNT, "region": "eu-north-1", "by": "guardduty", "state": "in_force"},
        ],
    }
