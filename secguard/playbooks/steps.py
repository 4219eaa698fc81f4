"""Turn the steps of one playbook, for one target, into what should be so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from secguard.engine.change import Kind, Refusal
from secguard.engine.draft import Want
from secguard.engine.setting import Registry
from secguard.model import Place, Value
from secguard.playbooks.case import Case
from secguard.playbooks.expressions import BadExpression, PlanFunctions, evaluate, fill
from secguard.playbooks.model import Playbook, Step
from secguard.playbooks.rules import unfit_range
from secguard.settings.playable import Playable

Address = dict[str, Value]

RULES_OF_SETTINGS: Mapping[str, Callable[[Address, Case], Refusal | None]] = {
    "ec2.network-acl-deny": lambda address, case: unfit_range(str(address["cidr"]), case),
}
"""What holds for a setting whatever playbook sets it."""


@dataclass(slots=True, kw_only=True)
class Expansion:
    """One playbook's steps for one target. `refused` fills while `wants` is read."""

    playbook: Playbook
    case: Case
    scope: Mapping[str, Value]
    functions: PlanFunctions
    registry: Registry
    home_region: str
    prefix: str
    """Tells this target's wants from those of others in the plan."""
    refused: list[Refusal] = field(default_factory=list)
    _keys: dict[str, list[str]] = field(default_factory=dict)
    """The wants that each step made."""

    def wants(self) -> Iterator[Want]:
        """What the steps want, in their order."""
        self.functions.forget()
        for name, step in self.playbook.steps.items():
            self._keys[name] = []
            items = [None] if step.for_each is None else self._find(step.for_each, self.scope) or []
            for item in items:
                want = self._want(name, step, item)
                if want is not None:
                    self._keys[name].append(want.key)
                    self.functions.remember(name, item, want.key)
                    yield want

    def _find(self, expression: str, scope: Mapping[str, Value]) -> Value:
        return evaluate(expression, scope, self.functions)

    def _want(self, name: str, step: Step, item: Value) -> Want | None:
        scope = self.scope if step.for_each is None else {**self.scope, "each": item}
        try:
            if step.when is not None and not self._find(step.when, scope):
                return None
            address = fill(step.address, lambda text: self._find(text, scope))
            value = fill(step.to, lambda text: self._find(text, scope))
            region = fill(step.region, lambda text: self._find(text, scope))
            refusals = self._refusals(name, step, address, scope)
        except BadExpression as error:
            refusals = (self._unsupported(name, str(error)),)
        if refusals:
            self.refused.extend(refusals)
            return None
        return self._made(name, step, address=address, value=value, region=region)

    def _made(self, name: str, step: Step, *, address: Address, value: Value, region: Value) -> Want:
        setting = self._setting(step)
        finding = self.case.finding
        where = self.home_region if setting.is_global else region or finding.region
        given = {key: part for key, part in address.items() if part is not None or key in setting.keys}
        return Want(
            key=f"{self.prefix}-{name}-{len(self._keys[name]) + 1}",
            setting=step.setting,
            place=Place(finding.account, str(where)),
            address=given,
            value=value,
            findings=(finding.id,),
            playbook=self.playbook.name,
            needs=self._keys_of(step.needs),
            follows=self._keys_of(step.follows),
            touched_by=self._keys_of(step.touched_by),
            undo_after=self._keys_of(step.undo_after),
            kind=step.kind or (setting.kind if setting.kind is not Kind.SETTING else None),
        )

    def _refusals(self, name: str, step: Step, address: Address, scope: Mapping[str, Value]) -> tuple[Refusal, ...]:
        setting = self._setting(step)
        empty = next((key for key in setting.keys if address[key] is None), None)
        if empty is not None:
            return (self._unsupported(name, f"{empty} is empty"),)
        target = setting.target(address)
        own = (
            Refusal(what=target, rule=each.rule, why=str(fill(each.why, lambda text: self._find(text, scope))))
            for each in step.refuses
            if self._find(each.when, scope)
        )
        always = RULES_OF_SETTINGS.get(step.setting)
        return self.case.standing(*own, always(address, self.case) if always else None)

    def _setting(self, step: Step) -> Playable:
        setting = self.registry[step.setting]
        assert isinstance(setting, Playable)
        return setting

    def _unsupported(self, name: str, why: str) -> Refusal:
        what = f"finding {self.case.finding.short_id}"
        return Refusal(what=what, rule="unsupported-target", why=f"{self.playbook.name}, step {name}: {why}")

    def _keys_of(self, steps: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(key for step in steps for key in self._keys.get(step, ()))
