"""A plan reads the same to whoever applies it: what, where, with which calls, and how it can be undone."""

import io
from dataclasses import replace

import pytest

from secguard.engine.change import Change, Kind, Outcome, Plan, Refusal, Status, Undo
from secguard.engine.seam import Call
from secguard.engine.values import late
from secguard.model import Unreached
from secguard.render.plan import MANY_CHANGES, outcome_line, plan_markdown, plan_view, result_view
from secguard.render.screen import answer_console

GROUP = Call("ec2", "CreateSecurityGroup", {"GroupName": "quarantine"})
MOVE = Call("ec2", "ModifyNetworkInterfaceAttribute", {"Groups": [late("1.GroupId")]})


def change(n, **more):
    base = {
        "n": n,
        "account": "111122223333",
        "region": "eu-west-1",
        "setting": "ec2.interface-groups",
        "address": {},
        "target": f"interface eni-{n}",
        "summary": "into quarantine",
        "before": ["sg-1"],
        "after": ["sg-2"],
        "calls": (MOVE,),
    }
    return Change(**(base | more))


def plan(*changes, **more):
    caller = "arn:aws:iam::111122223333:user/operator"
    return Plan(command="remediate", partition="aws", caller=caller, endpoint=None, changes=changes, **more)


def drawn(view, *, width=200):
    console = answer_console(io.StringIO(), width=width)
    with console.capture() as captured:
        console.print(view)
    return captured.get()


def test_every_change_is_shown_with_its_exact_calls():
    text = drawn(plan_view(plan(change(1, calls=(GROUP, MOVE)))))

    assert "1 change in account 111122223333, eu-west-1" in text
    assert "1  interface eni-1: into quarantine" in text
    assert "ec2:CreateSecurityGroup GroupName=quarantine" in text
    assert 'ec2:ModifyNetworkInterfaceAttribute Groups=["<GroupId of change 1>"]' in text


@pytest.mark.parametrize(
    ("more", "remark"),
    [
        (
            {"undo": Undo.NEAREST, "undo_note": "the detector is suspended"},
            "undo comes near: the detector is suspended",
        ),
        ({"undo": Undo.NONE, "undo_note": "evidence is kept"}, "no undo: evidence is kept"),
        ({"needs": (1, 2)}, "after 1, 2"),
        ({"note": "INCOMPLETE: no recorder"}, "INCOMPLETE: no recorder"),
    ],
)
def test_what_is_not_plain_about_a_change_is_said(more, remark):
    assert remark in drawn(plan_view(plan(change(3, **more))))


def test_what_is_plain_is_not_said():
    bookkeeping = change(2, kind=Kind.BOOKKEEPING, undo=Undo.NONE)

    assert "undo" not in drawn(plan_view(plan(change(1), bookkeeping)))


def test_what_is_refused_unseen_and_so_already_is_told_apart():
    refused = Refusal(what="i-1", rule="sample", why="the finding is a sample")
    unseen = Unreached(account="111122223333", region="eu-west-9", why="denied")
    lacking = "GuardDuty in eu-west-9 has no RDS_LOGIN_EVENTS"
    made = plan(refused=(refused,), unreached=(unseen,), already=("detector: on",), unsupported=(lacking,))

    text = drawn(plan_view(made))

    assert "nothing can be done" in text
    assert "Refused\n  i-1: the finding is a sample (sample)" in text
    assert "Not looked at\n  111122223333 eu-west-9: denied" in text
    assert f"Not to be had there\n  {lacking}" in text
    assert "Already so\n  detector: on" in text


def many():
    regions = [f"eu-west-{n}" for n in range(1, MANY_CHANGES + 1)]
    return plan(*(change(n, region=region, target=f"eni-{n}") for n, region in enumerate(regions, start=1)))


def test_regions_in_which_the_same_happens_are_told_together():
    text = drawn(plan_view(many()), width=2000)

    assert text.count("into quarantine (ec2:ModifyNetworkInterfaceAttribute)") == 1
    assert "111122223333: eu-west-1, eu-west-2, " in text
    assert "-v, or -o commands" in text


def test_what_is_told_together_keeps_its_indent_on_a_narrow_terminal():
    lines = drawn(plan_view(many()), width=40).splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("  - "))

    assert lines[first + 1].startswith("    ")


def test_everything_is_told_when_it_is_asked_for():
    assert drawn(plan_view(many(), verbose=True)).count("into quarantine") == MANY_CHANGES


def test_results_say_how_far_each_change_came_and_why_not_further():
    done = plan(
        change(1, status=Status.VERIFIED),
        change(2, status=Status.FAILED, error="AccessDenied"),
        run_id="4f1c09",
        outcome=Outcome.PARTIAL,
    )

    text = drawn(result_view(done))

    assert text.startswith("run 4f1c09: partial, 1 verified, 1 failed\n")
    assert "AccessDenied" in text


def test_of_many_results_those_that_succeeded_are_only_counted():
    first, *rest = (replace(each, status=Status.VERIFIED) for each in many().changes)
    failed = replace(first, status=Status.FAILED, error="no")
    done = replace(many(), changes=(failed, *rest), run_id="4f1c09", outcome=Outcome.PARTIAL)

    text = drawn(result_view(done))

    assert f"{MANY_CHANGES - 1} verified" in text
    assert text.count("into quarantine") == 1
    assert drawn(result_view(done, verbose=True)).count("into quarantine") == MANY_CHANGES


def test_what_is_sensitive_is_shown_without_its_values():
    secret = change(1, sensitive=True, calls=(Call("iam", "UpdateLoginProfile", {"Password": "hunter2"}),))

    for text in (drawn(plan_view(plan(secret))), "".join(plan_markdown(plan(secret)))):
        assert "iam:UpdateLoginProfile" in text
        assert "hunter2" not in text


def test_text_from_elsewhere_can_not_steer_the_terminal_or_the_page():
    evil = change(1, target="eni \x1b[2J", summary="[x](http://evil) | <b>")

    assert "\x1b" not in drawn(plan_view(plan(evil)))
    assert "[x](http" not in "".join(plan_markdown(plan(evil)))
    assert "<b>" not in "".join(plan_markdown(plan(evil)))


def test_a_plan_without_a_run_has_no_outcome():
    assert outcome_line(plan()) == "nothing to do"
