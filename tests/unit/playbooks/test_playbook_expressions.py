"""Expressions: what they find, what is checked before they are ever asked."""

import pytest

from secguard.playbooks.expressions import BadExpression, PlanFunctions, check, evaluate, expressions_in, fill

SCOPE = {"instance": {"id": "i-1", "vpcs": ["vpc-1", "vpc-2"], "spot": False}, "n": 3}


def filled(value, functions=None):
    functions = functions or PlanFunctions()
    return fill(value, lambda expression: evaluate(expression, SCOPE, functions))


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("${instance.id}", "i-1"),
        ("${instance.vpcs}", ["vpc-1", "vpc-2"]),
        ("${n}", 3),
        ("${instance.none}", None),
        ("an ${instance.id} in ${instance.vpcs}", "an i-1 in vpc-1, vpc-2"),
        ("${instance.id}${n}", "i-13"),
        ("no mark", "no mark"),
        (True, True),
        ({"a": ["${instance.id}", 1]}, {"a": ["i-1", 1]}),
    ],
)
def test_a_mark_alone_keeps_its_type_and_in_a_text_is_spelled_out(template, found):
    assert filled(template) == found


def test_a_number_is_reserved_once_for_each_who_in_a_pool():
    functions = PlanFunctions()

    def reserve(who, pool="acl-1"):
        return evaluate(f"reserve(`[99, 98]`, '{pool}', '{who}')", {}, functions)

    assert [reserve("a"), reserve("b"), reserve("a"), reserve("c")] == [99, 98, 99, None]
    assert reserve("a", pool="acl-2") == 99


def test_what_a_step_makes_is_known_later_and_by_what_it_was_made_for():
    functions = PlanFunctions()
    functions.remember("quarantine", "vpc-1", "1-quarantine-1")

    assert evaluate("made('quarantine', 'GroupId', instance.vpcs[0])", SCOPE, functions) == {
        "$late": "1-quarantine-1.GroupId"
    }
    assert evaluate("made('quarantine', 'GroupId', instance.vpcs[1])", SCOPE, functions) is None


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("instance..id", "not a JMESPath expression"),
        ("nstance.id", "there is no nstance"),
        ("instance.vpcs[?id == 'x'] || other", "there is no other"),
        ("lengths(instance.vpcs)", "there is no function lengths"),
        ("length(instances)", "there is no instances"),
        ("!instance.spot", r"write !\(a.b\)"),
        ("{a: instance.id, b: bee}", "there is no bee"),
    ],
)
def test_what_can_never_work_is_told_before_anything_is_asked(expression, complaint):
    with pytest.raises(BadExpression, match=complaint):
        check(expression, {"instance"})


@pytest.mark.parametrize(
    "expression",
    [
        "instance.interfaces[?!service_owned].id",
        "!(instance.spot)",
        "sort_by(instance.interfaces, &id)[0]",
        "instance.tags.name | length(@)",
        "made('quarantine', 'GroupId', instance.vpc)",
        "instance.volumes[*].{id: VolumeId}",
    ],
)
def test_what_can_work_passes(expression):
    check(expression, {"instance"})


def test_parts_that_do_not_fit_together_are_told_with_their_expression():
    with pytest.raises(BadExpression, match="length"):
        evaluate("length(n)", SCOPE, PlanFunctions())


def test_every_expression_in_a_template_is_found():
    assert list(expressions_in({"a": ["${x}", {"b": "${y} and ${z}"}], "c": 1})) == ["x", "y", "z"]
