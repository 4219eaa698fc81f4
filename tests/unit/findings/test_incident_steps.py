"""An incident is told in the order of time, and comes to one line, and to one record."""

from datetime import timedelta

import pytest
from acts_made import OTHER, THIEF, TOR, act, attempt, bucket, instance, key, sequence

from secguard.findings.incidents.record import incident_record, step_record, title_of
from secguard.findings.incidents.steps import steps_of
from secguard.findings.incidents.tying import incidents


def told(*findings):
    (incident,) = incidents(findings)
    return steps_of(incident)


def title(*findings):
    (incident,) = incidents(findings)
    return title_of(incident)


def test_steps_come_as_they_happened_with_the_time_between():
    first, second, third = told(
        act(3, kind="Exfiltration:S3/AnomalousBehavior", ip=THIEF, hours=20, lasting=1),
        act(1, ip=THIEF, hours=0, lasting=3),
        act(2, kind="Persistence:IAMUser/AnomalousBehavior", ip=THIEF, hours=2, lasting=6),
    )

    assert [step.what.partition(":")[0] for step in (first, second, third)] == [
        "Discovery",
        "Persistence",
        "Exfiltration",
    ]
    assert [step.after for step in (first, second, third)] == [None, timedelta(hours=2), timedelta(hours=18)]
    assert [step.quiet for step in (first, second, third)] == [timedelta(), timedelta(), timedelta(hours=12)]


def test_a_step_says_who_did_it_to_what_how_often_and_which_tactic():
    fields = {"aws/guardduty/service/count": "4"}
    step, _ = told(
        act(1, ip=THIEF, on=[key(), bucket()], fields=fields, Types=["TTPs/Discovery/Discovery:S3-AnomalousBehavior"]),
        act(2, kind="Impact:S3/DataDestruction", ip=THIEF),
    )

    assert step.who == ("user deploy-bot",)
    assert [end.ip for end in step.addresses] == [THIEF]
    assert [thing.name for thing in step.to_what] == ["acme"]
    assert step.count == 4
    assert [each.tactic for each in step.mitre] == ["Discovery"]


def test_a_step_says_what_ties_it_to_others_and_nothing_that_is_its_own():
    first, second = told(
        act(1, ip=THIEF, on=[bucket("mine")]),
        act(2, kind="Impact:S3/DataDestruction", ip=THIEF, on=[bucket("other")]),
    )

    assert first.ties == second.ties == (f"same address {THIEF}",)


def test_an_address_that_ties_nothing_is_told_all_the_same():
    """GuardDuty knows it as Tor's."""
    over_tor = act(1, kind="UnauthorizedAccess:IAMUser/TorIPCaller", ip=TOR, on=[key()])
    step, _ = told(over_tor, act(2, on=[key()], hours=2))

    assert [end.ip for end in step.addresses] == [TOR]
    assert not any(TOR in tie for tie in step.ties)


def test_findings_that_say_the_same_of_one_actor_are_one_step():
    probes = [attempt(n, ip=THIEF, on=instance(f"i-0{n:016x}")) for n in range(5)]
    (step,) = told(*probes)

    assert len(step.findings) == 5
    assert len(step.to_what) == 5
    assert step.attempt


def test_what_the_same_actor_does_again_after_a_pause_is_another_step():
    first, second = told(
        act(1, on=[key()], ip=THIEF, lasting=0),
        act(2, on=[key()], ip=THIEF, lasting=0, hours=47),
        act(3, kind="Impact:S3/DataDestruction", on=[key()], hours=24),
    )[::2]

    assert first.findings != second.findings


def test_what_has_no_actor_is_never_the_same():
    assert len(told(act(1, on=[bucket()]), act(2, on=[bucket()]))) == 2


def test_a_sequence_is_told_by_what_it_lists():
    listed = act(2, hours=1)
    seen = {"uid": "log-1", "type": "CLOUD_TRAIL", "name": "DeleteTrail", "count": "2", "firstSeenAt": "1795359600"}
    first, second = told(sequence(1, [{"uid": listed.id}, seen]), listed)

    assert [finding.id for finding in first.findings] == [listed.id]
    assert (second.what, second.count, second.findings, second.severity) == ("DeleteTrail", 2, (), None)
    assert all("attack sequence" in tie for step in (first, second) for tie in step.ties)


def test_a_sequence_that_lists_nothing_known_is_its_own_step():
    found = sequence(1, [])

    assert [step.findings for step in told(found)] == [(found,)]


def test_a_step_without_a_time_comes_last():
    timeless = act(1, hours=None)
    steps = told(sequence(3, [{"uid": timeless.id}, {"uid": act(2).id}]), timeless, act(2))

    assert steps[-1].begins is None
    assert steps[-1].after is None


def test_a_sequence_names_the_incident():
    assert title(sequence(1, [{"uid": act(2).id}]), act(2)) == "A key was stolen and used."


def test_one_finding_names_its_incident():
    assert title(act(1, Title="Something odd.")) == "Something odd."


def test_without_a_sequence_the_tactics_the_actor_and_the_targets_name_it():
    spelled = [
        act(n, ip=THIEF, hours=n, on=[bucket(f"b{n}")], Types=[f"TTPs/{tactic}/{tactic}:S3-X"])
        for n, tactic in enumerate(("Initial Access", "Credential Access", "Exfiltration"))
    ]

    assert title(*spelled) == f"Initial access → credential access → exfiltration by {THIEF} on 3 resources"


def test_one_target_is_named_and_several_accounts_are_counted():
    both = [act(n, ip=THIEF, on=[bucket()], AwsAccountId=f"{n}" * 12, Types=["TTPs/Impact"]) for n in (1, 2)]

    assert title(*both) == f"Impact by {THIEF} on acme in 2 accounts"


def test_what_was_only_tried_is_said_to_be():
    tries = [attempt(n, ip=THIEF, on=instance(f"i-0{n:016x}")) for n in range(2)]

    assert title(*tries) == f"Attempted unauthorized access by {THIEF} on 2 resources"


def test_the_actor_is_not_named_as_a_target_too():
    assert title(act(1, on=[key()]), act(2, on=[key()])).count("deploy-bot") == 1


@pytest.mark.parametrize("kind", ["Odd", "", "a:b"])
def test_whatever_the_type_there_is_a_title(kind):
    assert title(*(act(n, kind=kind, ip=THIEF) for n in (1, 2))).endswith(f"by {THIEF}")


def test_the_record_holds_what_other_programs_need():
    findings = [act(1, ip=THIEF, on=[key(), bucket()]), act(2, ip=THIEF, hours=3, Region="eu-west-1")]
    (incident,) = incidents(findings)
    record = incident_record(incident)

    assert (record["begins"], record["ends"], record["seconds"]) == (
        "2026-11-22T12:00:00Z",
        "2026-11-22T16:00:00Z",
        14400,
    )
    assert record["regions"] == ["eu-west-1", "us-east-1"]
    assert [each["name"] for each in record["resources"]] == ["acme"]
    assert record["principals"] == ["user deploy-bot"]
    assert [each["ip"] for each in record["addresses"]] == [THIEF]
    assert record["ties"] == [f"address {THIEF}"]
    assert record["lead"] in record["finding_ids"]
    assert (record["findings"], record["attempted"], record["sample"]) == (2, False, False)


def test_a_record_of_what_has_no_time_says_so():
    (incident,) = incidents([act(1, hours=None)])
    record = incident_record(incident)

    assert [record[name] for name in ("begins", "ends", "seconds")] == [None, None, None]
    assert step_record(steps_of(incident)[0])["begins"] is None


def test_a_key_is_named_only_where_nothing_says_whose_it_is():
    (incident,) = incidents([act(1, on=[key(kind="odd")], ip=OTHER)])

    assert incident_record(incident)["principals"] == ["access key AKIAIOSFODNN7EXAMPLE"]
