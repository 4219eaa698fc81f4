"""`secguard suppress`: suppression rules as code. The file is the truth, and `apply` makes AWS hold to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from secguard.cli.consent import PLAN_OUTPUTS, consent_and_apply
from secguard.cli.counting import counted
from secguard.cli.filters import meaning_options
from secguard.cli.findings import remember
from secguard.cli.frame import App, PlanOptions, command, group, plan_options
from secguard.errors import Exit, SecguardError, UnknownId, UsageError
from secguard.render import formats

if TYPE_CHECKING:
    from rich.text import Text

    from secguard.engine.change import Plan
    from secguard.findings.suppression.findings import Findings, Gaps
    from secguard.findings.suppression.plan import Suppression
    from secguard.findings.suppression.preview import Preview
    from secguard.findings.suppression.rows import Row
    from secguard.findings.suppression.rule import Rule

_RULES = click.option(
    "--rules",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The file of rules; `suppress.rules` of the configuration by default.",
)
_BY = click.Choice(["auto", "automation-rule", "guardduty", "secguard"])
_TYPED = "the rule"
"""What is said in the place of a file's name about a rule that stands in none yet."""
_LISTS = ("product", "type", "control", "standard", "resource", "resource_type", "tag", "ip")


@command(
    "list",
    example="secguard suppress list --check",
    places=False,
    outputs=("table", "json", "jsonl", "csv", "markdown"),
)
@_RULES
@click.option("--check", is_flag=True, help="Exit 5 if a rule has expired, is not applied, or differs in AWS.")
def list_rules(app: App, *, file: Path | None, check: bool) -> None:
    """List the rules of the file and of AWS, and how they agree.

    Rules that secguard did not make are listed as foreign. They are never touched.
    """
    from secguard.findings.suppression import rows as listing  # noqa: PLC0415 - after the options were checked
    from secguard.findings.suppression.standing import observe, standings  # noqa: PLC0415 - the same

    now = datetime.now(UTC)
    rules = _rules_if_any(app, _where(app, file), now=now)
    grounds, unreached = observe(app.connection())
    if unreached and all(ground.hub is None and ground.guardduty is None for ground in grounds):
        raise SecguardError(
            "Security Hub and GuardDuty could be asked nowhere", advice="see what is on: secguard status"
        )
    standing = standings(rules, grounds, partition=app.connection().caller.partition, now=now)
    rows = list(listing.rows(rules, standing, grounds, now=now))
    _show_rows(app, rows)
    if app.output in (None, "table"):
        for row in rows:
            for why in row.why:
                app.say(f"{row.name}: {why}")
    app.incomplete(unreached)
    if unreached:
        app.code = Exit.PARTLY
    elif check and any(row.state in listing.AMISS for row in rows):
        app.code = Exit.CONDITION


@command(
    "preview",
    example="secguard suppress preview port-probes",
    places=False,
    outputs=("table", "json", "jsonl"),
)
@click.argument("names", nargs=-1, metavar="[NAME…]")
@_RULES
@click.option(
    "--check", is_flag=True, help="Exit 5 if a rule hides high or critical findings or half of all, or ended."
)
def preview_rules(app: App, names: tuple[str, ...], *, file: Path | None, check: bool) -> None:
    """Count what each rule hides, now and over the past 90 days.

    Nothing is changed. What is high or critical, and a rule that hides more than half of all, is said aloud.
    """
    now = datetime.now(UTC)
    rules = _chosen(_rules(_where(app, file), now=now), names)
    previews = _previewed(app, rules, now=now)
    _show_previews(app, previews)
    alarming = any(seen.grave or seen.share or seen.rule.expired(now) for seen in previews)
    if check and alarming and app.code == Exit.OK:
        app.code = Exit.CONDITION


@command(
    "add",
    example="secguard suppress add lab --tag env=lab --reason lab --owner me --expires 9w",
    outputs=("table", "json"),
)
@click.argument("name")
@click.option("--reason", required=True, metavar="TEXT", help="Why it need not be looked at.")
@click.option("--owner", required=True, metavar="WHO", help="On whose word.")
@click.option("--expires", required=True, metavar="WHEN", help="Its last day: 90d, 12w or 2027-01-31; a year at most.")
@click.option("--by", type=_BY, default="auto", show_default=True, help="What hides the findings.")
@meaning_options
@click.option("--tag", multiple=True, metavar="KEY=VALUE", help="A tag of the resource. Repeatable.")
@_RULES
@click.option("--preview/--no-preview", "looks", default=True, help="Show first what it hides; or ask AWS nothing.")
@click.option("--dry-run", is_flag=True, help="Show it, and write nothing.")
def add_rule(app: App, *, name: str, file: Path | None, looks: bool, dry_run: bool, **given: Any) -> None:
    """Write a rule into the file, and show what it hides.

    AWS is told by `secguard suppress apply`. Filters of different kinds must all hold; of one kind, any. The rest of
    the file stays as it is.
    """
    from secguard.findings.suppression import file as rules_file  # noqa: PLC0415 - after the options were checked

    now = datetime.now(UTC)
    place = _where(app, file)
    rule = _rule_of(app, name, given, now=now)
    text = rules_file.with_rule(rules_file.text_of(place), rule, file=str(place), now=now)
    if looks:
        instead = "write it all the same, unseen: add --no-preview"
        _show_previews(app, _previewed(app, [rule], now=now, instead=instead), alone=True)
    else:
        _show_rule(app, rule)
    if dry_run:
        app.say(f"a dry run: {place} is as it was")
        return
    rules_file.write(place, text)
    app.say(f"{rule.name} is in {place}; apply it: secguard suppress apply --dry-run")


@command("remove", example="secguard suppress remove port-probes", aws=False, outputs=())
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
@_RULES
def remove_rules(app: App, names: tuple[str, ...], *, file: Path | None) -> None:
    """Take rules out of the file.

    `secguard suppress apply` lifts them in AWS then, and puts back what they had hidden.
    """
    from secguard.findings.suppression import file as rules_file  # noqa: PLC0415 - after the options were checked

    place = _where(app, file)
    text = rules_file.text_of(place)
    for name in dict.fromkeys(names):
        text = rules_file.without_rule(text, name, file=str(place), now=datetime.now(UTC))
    rules_file.write(place, text)
    app.say(f"taken out of {place}: {', '.join(dict.fromkeys(names))}; lift it: secguard suppress apply --dry-run")


@command("apply", example="secguard suppress apply --dry-run", places=False, outputs=PLAN_OUTPUTS)
@_RULES
@click.option(
    "--past/--no-past",
    default=True,
    help="Hide what is there already, and put back what no rule means any more (the default); or the rules alone.",
)
@plan_options
def apply_rules(app: App, *, file: Path | None, past: bool, options: PlanOptions) -> None:
    """Make AWS hold to the rules of the file.

    Those that have ended, or that the file has no more, are lifted, and what they had hidden is put back. A rule
    becomes a Security Hub automation rule in each Region, or a GuardDuty filter where there is no Security Hub. What
    AWS has no words for, secguard suppresses itself: run this from cron. Every note names its rule.
    """
    suppression = _planned(app, _rules(_where(app, file), now=datetime.now(UTC)), past=past, allow=options.allow)
    for warning in suppression.warnings:
        app.warn(warning)
    for remark in suppression.remarks:
        app.say(remark)
    consent_and_apply(app, suppression.plan, options)


def replan(app: App, request: Mapping[str, Any], allow: tuple[str, ...]) -> Plan:
    """The plan that a saved apply asked for, made anew."""
    from secguard.findings.suppression.plan import asked_again  # noqa: PLC0415 - only for a saved plan
    from secguard.findings.suppression.reader import require_sound  # noqa: PLC0415 - the same

    rules, past = asked_again(request)
    for rule in rules:
        require_sound(rule, file="the plan", now=datetime.now(UTC))
    return _planned(app, rules, past=past, allow=allow).plan


suppress = group(
    "suppress",
    "Suppression rules as code: why, on whose word, and until when.",
    list_rules,
    preview_rules,
    add_rule,
    remove_rules,
    apply_rules,
)


def _planned(app: App, rules: Sequence[Rule], *, past: bool, allow: tuple[str, ...]) -> Suppression:
    from secguard.cli.seam import drafting  # noqa: PLC0415 - after the options were checked
    from secguard.findings.suppression.plan import Suppressor  # noqa: PLC0415 - the same

    draft = drafting(app, command="suppress", request={}, allow=allow)
    suppressor = Suppressor(draft=draft, aws=app.connection(), watched=partial(counted, talk=app.talk))
    return suppressor.plan(rules, past=past, now=datetime.now(UTC))


def _where(app: App, named: Path | None) -> Path:
    """The file of rules: the one named, else the configured one, which stands beside the configuration."""
    from secguard import config  # noqa: PLC0415 - after the options were checked

    if named is not None:
        return named
    written = Path(app.config.suppress.rules).expanduser()
    base = config.locate(app.common.config).file or config.user_file()
    file = written if written.is_absolute() else base.parent / written
    if base == config.HERE and file.exists() and config.not_the_users_own(file) is not None:
        raise UsageError(f"{file} belongs to someone else, so it is not trusted", advice="name it with --rules FILE")
    return file


def _rules(file: Path, *, now: datetime) -> tuple[Rule, ...]:
    """Raises ConfigError."""
    from secguard.findings.suppression.reader import read  # noqa: PLC0415 - after the options were checked

    return read(file, now=now)


def _rules_if_any(app: App, file: Path, *, now: datetime) -> tuple[Rule, ...]:
    """The same; without a file, what others have in AWS is still worth a look. Raises ConfigError."""
    if file.exists():
        return _rules(file, now=now)
    app.say(f"there are no rules in {file}")
    return ()


def _chosen(rules: Sequence[Rule], names: Sequence[str]) -> list[Rule]:
    """The rules named, or all. Raises UnknownId."""
    known = {rule.name: rule for rule in rules}
    for name in names:
        if name not in known:
            raise UnknownId(f"there is no rule {name!r}", advice=f"the rules are: {', '.join(known) or 'none yet'}")
    return [known[name] for name in dict.fromkeys(names)] if names else list(rules)


def _rule_of(app: App, name: str, given: Mapping[str, Any], *, now: datetime) -> Rule:
    """The rule that was typed. Raises UsageError."""
    from secguard.config import checked  # noqa: PLC0415 - after the options were checked
    from secguard.findings import query  # noqa: PLC0415 - the same
    from secguard.findings.suppression.reader import require_sound  # noqa: PLC0415 - the same
    from secguard.findings.suppression.rule import Written, last_day, named  # noqa: PLC0415 - the same
    from secguard.model import severity_word  # noqa: PLC0415 - the same

    levels = query.levels(at_least=given["severity"], only=given["severity_only"])
    severe = given["severity"] or given["severity_only"]
    match = {
        "severity": [severity_word(level) for level in levels] if severe else [],
        **{field: query.words(given[field]) for field in _LISTS},
        "compliance": [status.lower() for status in query.compliance(given["compliance"])],
        "title": given["title"],
        "account": app.accounts,
        "region": app.regions,
    }
    written = {
        "reason": given["reason"],
        "owner": given["owner"],
        "expires": str(last_day(given["expires"], now=now)),
        "by": given["by"],
        "match": {field: list(values) for field, values in match.items() if values},
    }
    rule = named(name, checked(written, Written, file=_TYPED))
    require_sound(rule, file=_TYPED, now=now)
    if rule.expired(now):
        raise UsageError(f"--expires {given['expires']}: that day is over", advice="name one to come: --expires 90d")
    return rule


def _previewed(
    app: App, rules: Sequence[Rule], *, now: datetime, instead: str = "see what is on: secguard status"
) -> list[Preview]:
    """What the rules hide; what could not be looked at is said, and makes the exit code.

    Raises SecguardError, which advises what to do `instead`, where no findings can be read.
    """
    from secguard.findings.suppression.findings import Findings  # noqa: PLC0415 - after the options were checked
    from secguard.findings.suppression.preview import preview  # noqa: PLC0415 - the same

    findings = Findings.surveyed(app.connection(), watched=partial(counted, talk=app.talk))
    app.say(f"reading {findings.survey}")
    previews = preview(rules, findings, now=now)
    _require_an_answer(findings, instead=instead)
    _say_gaps(app, findings.gaps)
    remember(app, [finding for seen in previews for finding in seen.examples])
    return previews


def _require_an_answer(findings: Findings, *, instead: str) -> None:
    asked = {place for places in findings.survey.read.values() for place in places.ask}
    lost = {(each.account, each.region) for each in findings.gaps.unreached}
    if all((place.account, place.region) in lost for place in asked):
        raise SecguardError("no findings could be read anywhere", advice=instead)


def _say_gaps(app: App, gaps: Gaps) -> None:
    for unread in gaps.unreadable.values():
        app.warn(f"unreadable: {unread}")
    app.incomplete(gaps.unreached)
    if gaps.unreached or gaps.unreadable:
        app.code = Exit.PARTLY


def _show_rows(app: App, rows: Sequence[Row]) -> None:
    from secguard.findings.suppression.rows import row_record  # noqa: PLC0415 - after the options were checked
    from secguard.render import suppress as drawing  # noqa: PLC0415 - rich, only when it is needed

    match app.output:
        case "json":
            app.stream(formats.json_array(map(row_record, rows)))
        case "jsonl":
            app.stream(formats.json_lines(map(row_record, rows)))
        case "csv":
            flat = (drawing.flat_record(row_record(row)) for row in rows)
            app.stream(formats.csv_lines(flat, columns=drawing.CSV_COLUMNS))
        case "markdown":
            app.stream(drawing.rules_markdown(rows))
        case _:
            _draw(app, partial(drawing.rules_table, rows)) if rows else app.say("nothing is suppressed by a rule")


def _show_previews(app: App, previews: Sequence[Preview], *, alone: bool = False) -> None:
    """`alone`: there can be no more than one, so that it is an object and no list of them."""
    from secguard.findings.suppression.preview import preview_record  # noqa: PLC0415 - after the options were checked
    from secguard.render.suppress import previews_view  # noqa: PLC0415 - rich, only when it is needed

    match app.output:
        case "json" if alone:
            app.answer(formats.json_object(preview_record(previews[0])))
        case "json":
            app.stream(formats.json_array(map(preview_record, previews)))
        case "jsonl":
            app.stream(formats.json_lines(map(preview_record, previews)))
        case _:
            _draw(app, partial(previews_view, previews)) if previews else app.say("there is no rule to look at")


def _draw(app: App, lines: Callable[..., Iterator[Text]]) -> None:
    """Answer with lines that are drawn for a width."""
    from secguard.render.screen import answer_console, drawn  # noqa: PLC0415 - rich, only when it is needed

    console = answer_console()
    app.answer(drawn(lines(width=console.width), console=console))


def _show_rule(app: App, rule: Rule) -> None:
    from secguard.findings.suppression.file import block  # noqa: PLC0415 - the same
    from secguard.findings.suppression.rule import to_record  # noqa: PLC0415 - after the options were checked

    app.answer(formats.json_object(to_record(rule)) if app.output == "json" else block(rule))
