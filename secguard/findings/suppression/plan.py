"""Plan what makes AWS hold to the suppression rules: what is to stand there, what is to be hidden, what put back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from secguard.engine.change import Plan, Refusal
from secguard.engine.draft import Draft, Want
from secguard.errors import UsageError
from secguard.findings.feeds.levels import identity
from secguard.findings.feeds.places import Reach
from secguard.findings.foreseen import Foreseen
from secguard.findings.guardduty_desk import Desk, desks_for
from secguard.findings.suppression.findings import Findings, Watched
from secguard.findings.suppression.rule import AUTHOR, Rule, rule_of, to_record
from secguard.findings.suppression.standing import Means, Standing, observe, standings
from secguard.findings.triage import Decision, Groundwork, remarks
from secguard.model import Finding, Place, Severity, Source, Unreached, Value, Workflow, severity_word
from secguard.settings.automation_rules import AutomationRule
from secguard.settings.guardduty_filters import DetectorFilter

_SETTINGS = {Means.AUTOMATION_RULE: AutomationRule.name, Means.GUARDDUTY: DetectorFilter.name}


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """A plan, and what an operator should hear with it."""

    plan: Plan
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """What must be heard: severe findings that are hidden, rules that have ended, findings that can't be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressor:
    """Plans what suppression rules ask for, in one AWS, as one caller."""

    draft: Draft
    aws: Reach
    watched: Watched = iter
    """Sees the findings arrive."""

    def plan(self, rules: Sequence[Rule], *, past: bool, now: datetime) -> Suppression:
        """The plan that makes AWS hold to `rules`, and to no other of ours. `past`: findings there already too."""
        grounds, unreached = observe(self.aws)
        standing = standings(rules, grounds, partition=self.draft.origin.partition, now=now)
        findings = Findings.surveyed(self.aws, watched=self.watched) if past else None
        sorting = _sorted_out(rules, findings, now=now) if findings else _Sorting()
        foreseen = Foreseen(self.draft.aws)
        desks = desks_for([each for each, _ in sorting.alone], aws=self.aws)
        wants = [
            *_rule_wants(standing),
            *self._hub_wants(sorting, findings, foreseen, standing),
            *self._guardduty_wants(desks, foreseen),
        ]
        gaps = findings.gaps if findings else None
        draft = replace(
            self.draft,
            request=_request(rules, past=past),
            aws=foreseen,
            max_changes=None,
            refused=[*self.draft.refused, *_out_of_reach(sorting)],
            unreached=[*unreached, *(gaps.unreached if gaps else ()), *_lost(desks)],
        )
        return Suppression(
            plan=draft.plan(wants),
            remarks=(*_how(standing), *remarks(desks, _ARCHIVE)),
            warnings=(
                *_ended(rules, now=now),
                *_grave(sorting),
                *(f"unreadable: {each}" for each in (gaps.unreadable.values() if gaps else ())),
            ),
        )

    def _hub_wants(
        self, sorting: _Sorting, findings: Findings | None, foreseen: Foreseen, standing: Iterable[Standing]
    ) -> Iterator[Want]:
        """What is put on findings in Security Hub.

        One is put back once what would hide it again is gone: the rules of its own Region and of the one it is set in.
        """
        if findings is None:
            return
        work = Groundwork(account=self.aws.caller.account, foreseen=foreseen)
        lifted = {(each.rule, each.place): _key(each) for each in standing if each.wanted is None and each.seen}
        for (rule, _), (decision, held) in sorting.decided.items():
            regions = {finding.id: finding.region for finding in held}
            for want in work.hub_wants(held, decision, findings.hub_places):
                own = Place(want.place.account, regions[want.findings[0]])
                causes = (lifted.get((rule, place)) for place in dict.fromkeys((want.place, own)))
                hides = decision.status is Workflow.SUPPRESSED
                yield want if hides else replace(want, needs=tuple(filter(None, causes)))

    def _guardduty_wants(self, desks: Iterable[Desk], foreseen: Foreseen) -> Iterator[Want]:
        """What is archived where Security Hub is off."""
        work = Groundwork(account=self.aws.caller.account, foreseen=foreseen)
        for desk in desks:
            yield from work.guardduty_wants(desk, _ARCHIVE)


def asked_again(request: Mapping[str, object]) -> tuple[tuple[Rule, ...], bool]:
    """The rules, and whether the past was meant, in the request of a saved plan. Raises UsageError."""
    rules, past = request.get("rules"), request.get("past")
    if not isinstance(rules, list) or not isinstance(past, bool):
        raise UsageError("the plan does not say what was asked for")
    return tuple(rule_of(each) for each in rules), past


_ARCHIVE = Decision(author=AUTHOR, status=Workflow.SUPPRESSED)
_GRAVE = (Severity.CRITICAL, Severity.HIGH)


class _Sorting:
    """What is to become of findings."""

    def __init__(self) -> None:
        self.decided: dict[tuple[str, str], tuple[Decision, list[Finding]]] = {}
        """Those in Security Hub, with what is put on them, by the rule that says so and by the note."""
        self.alone: list[tuple[Finding, str]] = []
        """Those in GuardDuty alone, with the rule."""
        self.out_of_reach: Counter[str] = Counter()
        """How many of a rule's findings nothing can be put on."""

    def hide(self, finding: Finding, rule: Rule) -> None:
        """Have the rule hide a finding."""
        match finding.source:
            case Source.SECURITY_HUB:
                self._put(finding, rule.name, Workflow.SUPPRESSED, note=rule.note)
            case Source.GUARDDUTY:
                self.alone.append((finding, rule.name))
            case Source.SECURITY_HUB_V2 | Source.FILE:
                self.out_of_reach[rule.name] += 1
            case _:
                assert_never(finding.source)

    def put_back(self, finding: Finding, rule: str, *, why: str) -> None:
        """Have what a rule had hidden looked at again."""
        self._put(finding, rule, Workflow.NEW, note=f"put back by secguard: rule {rule} {why}")

    def _put(self, finding: Finding, rule: str, status: Workflow, *, note: str) -> None:
        # GuardDuty's own are not archived besides: that would say nothing of why, and nobody would take it back.
        decision = Decision(author=AUTHOR, status=status, note=note, archives=False)
        _, held = self.decided.setdefault((rule, note), (decision, []))
        held.append(finding)


def _sorted_out(rules: Sequence[Rule], findings: Findings, *, now: datetime) -> _Sorting:
    """The first rule that means a finding hides it; what no rule means any more is put back."""
    sorting = _Sorting()
    holding = [rule for rule in rules if not rule.expired(now)]
    for rule, finding in _firsts(holding, findings):
        sorting.hide(finding, rule)
    known = {rule.name: rule for rule in rules}
    means = {rule.name: rule.holds(whatever_became_of_it=True) for rule in holding}
    for name, finding in sorted(findings.hidden(), key=lambda found: _in_order(found[1])):
        if name in means and means[name](finding):
            continue
        heir = next((rule for rule in holding if means[rule.name](finding)), None)
        if heir is None:
            sorting.put_back(finding, name, why=_why_no_more(known.get(name), now=now))
        else:
            sorting.hide(finding, heir)
    return sorting


def _firsts(rules: Sequence[Rule], findings: Findings) -> list[tuple[Rule, Finding]]:
    """Every open finding that a rule means, with the first that does: by rule, then worst first, then by id.

    The order in which they arrived is not that of the plan, which is the same for the same findings.
    """
    places = {rule.name: place for place, rule in enumerate(rules)}
    first: dict[int, tuple[int, Finding]] = {}
    for rule, finding in findings.meant_by(rules):
        key, place = identity(finding), places[rule.name]
        if key not in first or place < first[key][0]:
            first[key] = place, finding
    found = sorted(first.values(), key=lambda each: (each[0], *_in_order(each[1])))
    return [(rules[place], finding) for place, finding in found]


def _in_order(finding: Finding) -> tuple[int, str, str]:
    return -finding.severity, finding.product_arn, finding.id


def _why_no_more(rule: Rule | None, *, now: datetime) -> str:
    if rule is None:
        return "is no more"
    return f"ended on {rule.expires}" if rule.expired(now) else "no longer means it"


def _rule_wants(standing: Iterable[Standing]) -> Iterator[Want]:
    """What is lifted first: it makes room for what comes."""
    in_aws = [each for each in standing if each.means in _SETTINGS]
    for each in sorted(in_aws, key=lambda each: each.wanted is not None):
        yield Want(
            key=_key(each),
            setting=_SETTINGS[each.means],
            place=each.place,
            address={"rule": each.rule},
            value=each.wanted,
        )


def _key(standing: Standing) -> str:
    return f"{standing.means} {standing.place} {standing.rule}"


def _lost(desks: Iterable[Desk]) -> Iterator[Unreached]:
    return (desk.unreached for desk in desks if desk.unreached)


def _how(standing: Sequence[Standing]) -> Iterator[str]:
    """By which means rules hide findings, where that is not an automation rule that says all of it."""
    by_secguard: dict[str, set[Place]] = {}
    for each in standing:
        if each.means is Means.SECGUARD:
            by_secguard.setdefault(f"{each.rule}: done by secguard at each apply: {each.why}", set()).add(each.place)
    for text, places in by_secguard.items():
        yield f"{text} ({len(places)} Region{'' if len(places) == 1 else 's'})"
    for rule, why in dict.fromkeys((each.rule, why) for each in standing for why in each.narrower):
        yield f"{rule}: AWS hides less than the rule means, secguard the rest at each apply: {why}"
    fresh = (each for each in standing if each.means is Means.GUARDDUTY and each.wanted and each.seen is None)
    lifted = (each for each in standing if each.means is Means.GUARDDUTY and each.wanted is None)
    if gone := ", ".join(dict.fromkeys(each.rule for each in lifted)):
        yield f"{gone}: what GuardDuty has archived stays archived; see it: secguard findings --archived"
    if archived := ", ".join(dict.fromkeys(each.rule for each in fresh)):
        yield f"{archived}: what GuardDuty archives reaches neither Security Hub nor EventBridge"


def _out_of_reach(sorting: _Sorting) -> Iterator[Refusal]:
    """A listing of thousands would say no more."""
    why = "the new Security Hub (V2) alone has them, and a status is kept by Security Hub (CSPM)"
    for rule, count in sorting.out_of_reach.items():
        what = f"{count} finding{'' if count == 1 else 's'} of rule {rule}"
        yield Refusal(what=what, rule="not-in-security-hub", why=why)


def _ended(rules: Iterable[Rule], *, now: datetime) -> Iterator[str]:
    for rule in rules:
        if rule.expired(now):
            way_out = f"renew it, or take it out: secguard suppress remove {rule.name}"
            yield f"{rule.name} ended on {rule.expires}, so it is lifted; {way_out}"


def _grave(sorting: _Sorting) -> Iterator[str]:
    """How many severe findings each rule is about to hide, samples aside."""
    in_hub = [
        (each, rule)
        for (rule, _), (decision, held) in sorting.decided.items()
        for each in held
        if decision.status is Workflow.SUPPRESSED
    ]
    severe = ((each, rule) for each, rule in (*in_hub, *sorting.alone) if each.severity in _GRAVE and not each.sample)
    for (rule, severity), count in Counter((rule, each.severity) for each, rule in severe).items():
        yield f"{rule} hides {count} {severity_word(severity)} finding{'' if count == 1 else 's'}"


def _request(rules: Sequence[Rule], *, past: bool) -> dict[str, Value]:
    return {"command": "suppress", "rules": [to_record(rule) for rule in rules], "past": past}
