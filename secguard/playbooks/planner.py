"""Make a plan from findings: choose a playbook for each, find out what it asks, and want what its steps say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from secguard.engine.change import Kind, Plan, Refusal
from secguard.engine.draft import Draft, Want
from secguard.engine.seam import Reader
from secguard.errors import AwsError, NoCredentials, NotThere, UsageError
from secguard.model import Finding, Place, Source, Unreached, Value, Workflow
from secguard.playbooks import rules
from secguard.playbooks.ask import Ask
from secguard.playbooks.case import Case, about, as_scope
from secguard.playbooks.catalogue import Catalogue
from secguard.playbooks.expressions import BadExpression, PlanFunctions, evaluate, fill
from secguard.playbooks.lookups import LOOKUPS, Seen
from secguard.playbooks.model import Fact, Playbook, Refuses
from secguard.playbooks.steps import Expansion

MOST_CASES = 16
"""How many findings are looked into at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """Plans answers to findings, in one AWS, as one caller."""

    draft: Draft
    catalogue: Catalogue
    home_region: str
    """Of the partition: where global services are reached."""
    hops: tuple[str, ...]
    """The ARN of every identity secguard acts as."""
    never_block: tuple[str, ...] = ()

    def plan(self, ask: Ask) -> Plan:
        """The plan that answers the findings. Raises UsageError for a parameter that the playbook does not take."""
        inquiry = _Inquiry(self, ask)
        runs = [run for finding in ask.findings for run in inquiry.runs(finding)]
        with ThreadPoolExecutor(MOST_CASES, thread_name_prefix="inquire") as pool:
            list(pool.map(inquiry.inquire, runs))
        functions = PlanFunctions()
        wants = [want for n, run in enumerate(runs, start=1) for want in self._wants(n, run, functions)]
        refused = [*inquiry.refused, *(refusal for run in runs for refusal in run.refused)]
        unreached = [place for run in runs for place in run.unreached]
        draft = replace(
            self.draft,
            command="remediate",
            request=ask.request(),
            refused=[*self.draft.refused, *refused],
            unreached=[*self.draft.unreached, *unreached],
        )
        return _without_idle(draft, [*wants, *_bookkeeping(wants, ask.findings)])

    def _wants(self, n: int, run: Run, functions: PlanFunctions) -> list[Want]:
        if run.scope is None:
            return []
        expansion = Expansion(
            playbook=run.playbook,
            case=run.case,
            scope=run.scope,
            functions=functions,
            registry=self.draft.registry,
            home_region=self.home_region,
            prefix=str(n),
        )
        wants = list(expansion.wants())
        run.refused.extend(expansion.refused)
        return wants


@dataclass(slots=True, kw_only=True)
class Run:
    """One playbook for one target of one finding, and what was found out for it."""

    playbook: Playbook
    case: Case
    scope: dict[str, Value] | None
    """What expressions see; None: refused, or not to be looked at."""
    called: str
    """The target, in the operator's words."""
    refused: list[Refusal] = field(default_factory=list)
    unreached: list[Unreached] = field(default_factory=list)

    def miss(self, error: AwsError) -> None:
        """Note that AWS would not say."""
        place = self.case.finding.place
        self.unreached.append(Unreached(account=place.account, region=place.region, why=f"{self.called}: {error}"))

    def stop(self, *refusals: Refusal) -> None:
        """Take no step."""
        self.refused.extend(refusals)
        self.scope = None


class _Inquiry:
    """Chooses playbooks and asks AWS what they want to know, each question once per place."""

    def __init__(self, responder: Responder, ask: Ask) -> None:
        self._responder = responder
        self._ask = ask
        self.refused: list[Refusal] = []
        self._looks: dict[Place, Reader] = {}

    def runs(self, finding: Finding) -> Iterator[Run]:
        """The runs that answer `finding`: one for each target that its playbook finds in it."""
        case = Case(
            finding=finding,
            hops=self._responder.hops,
            never_block=self._responder.never_block,
            allowances=self._responder.draft.allowances,
        )
        held = case.standing(rules.sample(case))
        playbook = self._chosen(finding) if not held else None
        self.refused.extend(held)
        if playbook is None:
            return
        scope = self._first_scope(playbook, finding)
        targets = evaluate(playbook.target.each, scope, PlanFunctions()) or []
        if not targets:
            why = f"{playbook.name} needs the {playbook.target.what} that it is about, and the finding names none"
            self._refuse(finding, "unsupported-target", why)
        for target in targets:
            seen = {**scope, "target": target}
            name = _filled(playbook.target.name, seen)
            for place in (finding.place, Place(finding.account, self._responder.home_region)):
                self._looks.setdefault(place, self._responder.draft.aws.look(place))
            yield Run(playbook=playbook, case=case, scope=seen, called=f"{playbook.target.what} {name}")

    def _chosen(self, finding: Finding) -> Playbook | None:
        catalogue = self._responder.catalogue
        if self._ask.playbook is not None:
            return catalogue[self._ask.playbook]
        matches = catalogue.matches(finding)
        best = [match.playbook for match in matches if match.fit == matches[0].fit]
        if not best:
            kind = finding.control_id or next(iter(finding.types), finding.title)
            self._refuse(finding, "no-playbook", f"none answers {kind}; there is: {', '.join(catalogue.names())}")
        elif len(best) > 1:
            names = ", ".join(playbook.name for playbook in best)
            self._refuse(finding, "choose", f"{names} answer it equally well; choose with --playbook")
        return best[0] if len(best) == 1 else None

    def _first_scope(self, playbook: Playbook, finding: Finding) -> dict[str, Value]:
        unknown = sorted(set(self._ask.params) - set(playbook.params))
        if unknown:
            takes = ", ".join(playbook.params) or "none"
            raise UsageError(f"--param {unknown[0]}: {playbook.name} takes {takes}")
        params = {name: self._ask.params.get(name, param.default) for name, param in playbook.params.items()}
        return {"about": about(finding), "finding": as_scope(finding), "params": params}

    def _refuse(self, finding: Finding, rule: str, why: str) -> None:
        self.refused.append(Refusal(what=f"finding {finding.short_id}", rule=rule, why=why))

    def inquire(self, run: Run) -> None:
        """Find out what the playbook asks, and whether it is for this."""
        try:
            self._facts(run)
            self._playbooks_own_refusals(run)
        except NoCredentials:
            raise
        except NotThere as error:
            run.stop(Refusal(what=run.called, rule="gone", why=str(error)))
        except AwsError as error:
            run.stop()
            run.miss(error)
        except BadExpression as error:
            run.stop(Refusal(what=run.called, rule="unsupported-target", why=f"{run.playbook.name}: {error}"))

    def _facts(self, run: Run) -> None:
        for name, fact in run.playbook.facts.items():
            seen = self._looked(run, fact)
            if seen.facts is None and not fact.optional:
                run.stop(*seen.refused)
                return
            assert run.scope is not None
            run.refused.extend(() if fact.quiet else seen.refused)
            run.scope = {**run.scope, name: seen.facts}

    def _looked(self, run: Run, fact: Fact) -> Seen:
        assert run.scope is not None
        lookup = LOOKUPS[fact.lookup]
        given = _filled(fact.of, run.scope)
        try:
            return lookup.look(self._reader(run, is_global=lookup.is_global), given, run.case)
        except NoCredentials:
            raise
        except AwsError as error:
            if not fact.optional:
                raise
            run.miss(error)
            return Seen(None)

    def _reader(self, run: Run, *, is_global: bool) -> Reader:
        place = run.case.finding.place
        return self._looks[replace(place, region=self._responder.home_region) if is_global else place]

    def _playbooks_own_refusals(self, run: Run) -> None:
        if run.scope is None:
            return
        standing = run.case.standing(*(_refusal(each, run) for each in run.playbook.refuses))
        if standing:
            run.stop(*standing)


def _without_idle(draft: Draft, wants: Sequence[Want]) -> Plan:
    """The plan, without scaffolds that nothing in it uses: what they were for was refused, or is so already."""
    plan = draft.plan(wants)
    used = {n for change in plan.changes for n in change.needs}
    idle = [(c.setting, c.address) for c in plan.changes if c.kind is Kind.SCAFFOLD and c.n not in used]
    if not idle:
        return plan
    return draft.plan([want for want in wants if (want.setting, want.address) not in idle])


def _refusal(refuses: Refuses, run: Run) -> Refusal | None:
    assert run.scope is not None
    if not evaluate(refuses.when, run.scope, PlanFunctions()):
        return None
    return Refusal(what=run.called, rule=refuses.rule, why=str(_filled(refuses.why, run.scope)))


def _filled(value: Value, scope: Mapping[str, Value]) -> Value:
    return fill(value, lambda expression: evaluate(expression, scope, PlanFunctions()))


def _bookkeeping(wants: Sequence[Want], findings: Iterable[Finding]) -> Iterator[Want]:
    """A new finding becomes notified once everything that was wanted for it has succeeded, and new again likewise."""
    for n, finding in enumerate(findings, start=1):
        about_it = [want for want in wants if finding.id in want.findings]
        # Only Security Hub CSPM knows the finding by this id.
        known_there = finding.source is Source.SECURITY_HUB and finding.product_arn
        if not about_it or finding.workflow_status is not Workflow.NEW or not known_there:
            continue
        others = tuple(want.key for want in about_it if want.kind not in (Kind.EVIDENCE, Kind.SCAFFOLD))
        yield Want(
            key=f"finding-{n}",
            setting="findings.workflow",
            place=finding.place,
            address={"id": finding.id, "product_arn": finding.product_arn},
            value=Workflow.NOTIFIED.value,
            findings=(finding.id,),
            playbook=about_it[0].playbook,
            needs=others,
        )
