"""Check of a playbook all that can be checked without a network: names, keys, expressions, settings, look-ups."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from secguard.engine.setting import Registry
from secguard.playbooks.expressions import BadExpression, check, expressions_in
from secguard.playbooks.lookups import LOOKUPS
from secguard.playbooks.model import Fact, Playbook, Refuses, Step
from secguard.settings.playable import Playable

_OF_FINDING = frozenset({"about", "finding"})
_OF_CASE = _OF_FINDING | {"params", "target"}
_MADE = re.compile(r"\bmade\(\s*'([^']*)'")
Problem = tuple[str, str]
"""The path in the playbook, and what is wrong there."""


def problems(playbook: Playbook, registry: Registry) -> Iterator[Problem]:
    """Everything that is wrong with it."""
    for n, answers in enumerate(playbook.answers):
        yield from _expression(f"answers[{n}].when", answers.when, _OF_FINDING)
    yield from _expression("target.each", playbook.target.each, _OF_FINDING | {"params"})
    yield from _template("target.name", playbook.target.name, _OF_CASE)
    known = set(_OF_CASE)
    for name, fact in playbook.facts.items():
        yield from _fact(f"facts.{name}", fact, known)
        if name in known:
            yield f"facts.{name}", "this name is taken"
        known.add(name)
    yield from _refusals("refuses", playbook.refuses, known)
    for name in playbook.steps:
        yield from _step(name, playbook, known, registry)


def _fact(path: str, fact: Fact, known: Collection[str]) -> Iterator[Problem]:
    lookup = LOOKUPS.get(fact.lookup)
    if lookup is None:
        yield f"{path}.lookup", f"there is no look-up {fact.lookup} (there is: {', '.join(LOOKUPS)})"
    elif set(fact.of) != set(lookup.takes):
        yield f"{path}.of", f"{fact.lookup} takes {', '.join(lookup.takes)}"
    yield from _template(f"{path}.of", fact.of, known)


def _refusals(path: str, refusals: tuple[Refuses, ...], known: Collection[str]) -> Iterator[Problem]:
    for n, refuses in enumerate(refusals):
        yield from _expression(f"{path}[{n}].when", refuses.when, known)
        yield from _template(f"{path}[{n}].why", refuses.why, known)


def _step(name: str, playbook: Playbook, facts: Collection[str], registry: Registry) -> Iterator[Problem]:
    step, path = playbook.steps[name], f"steps.{name}"
    known = {*facts, "each"} if step.for_each else set(facts)
    yield from _expression(f"{path}.for_each", step.for_each, facts)
    yield from _expression(f"{path}.when", step.when, known)
    yield from _template(f"{path}.region", step.region, known)
    yield from _template(f"{path}.address", step.address, known)
    yield from _template(f"{path}.to", step.to, known)
    yield from _refusals(f"{path}.refuses", step.refuses, known)
    yield from _setting(path, step, registry)
    yield from _neighbours(name, playbook)


def _setting(path: str, step: Step, registry: Registry) -> Iterator[Problem]:
    settings = {name: each for name in registry.names() if isinstance(each := registry[name], Playable)}
    setting = settings.get(step.setting)
    if setting is None:
        yield f"{path}.setting", f"there is no setting {step.setting} for playbooks (there is: {', '.join(settings)})"
        return
    missing = [key for key in setting.keys if key not in step.address]
    unknown = [key for key in step.address if key not in (*setting.keys, *setting.optional_keys)]
    if missing or unknown:
        wants = f"{step.setting} is addressed by {', '.join(setting.keys)}"
        yield f"{path}.address", f"{wants}; {_listed('missing', missing) or _listed('unknown', unknown)}"


def _neighbours(name: str, playbook: Playbook) -> Iterator[Problem]:
    """What a step says of others: needed and named ones must stand before it."""
    step, path, steps = playbook.steps[name], f"steps.{name}", list(playbook.steps)
    earlier = steps[: steps.index(name)]
    for key, others in (("needs", step.needs), ("follows", step.follows)):
        for other in others:
            if other not in earlier:
                yield f"{path}.{key}", f"there is no step {other} before it"
    for key, others in (("undo_after", step.undo_after), ("touched_by", step.touched_by)):
        for other in others:
            if other not in steps or other == name:
                yield f"{path}.{key}", f"there is no other step {other}"
    for expression in (*expressions_in(step.to), *expressions_in(step.address)):
        for other in _MADE.findall(expression):
            if other not in step.needs:
                yield f"{path}.needs", f"it uses what {other} makes, and must need it"


def _expression(path: str, expression: str | None, known: Collection[str]) -> Iterator[Problem]:
    if expression is None:
        return
    try:
        check(expression, known)
    except BadExpression as error:
        yield path, str(error)


def _template(path: str, value: object, known: Collection[str]) -> Iterator[Problem]:
    for expression in expressions_in(value):
        yield from _expression(path, expression, known)


def _listed(word: str, names: list[str]) -> str:
    return f"{word}: {', '.join(names)}" if names else ""
