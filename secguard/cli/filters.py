"""The filters of every command that chooses findings: the options, and the query they make."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from secguard.cli.options import not_blank

if TYPE_CHECKING:
    from secguard.cli.frame import App
    from secguard.findings.query import Query

Function = TypeVar("Function", bound=Callable[..., Any])

_LISTS = ("product", "type", "control", "standard", "resource", "resource_type")


def filter_options(
    function: Function,
    *,
    status: str = "--status",
    since: str = "Updated since then: 24h, 7d, 2026-11-23.",
    endless: bool = False,
) -> Function:
    """Give a command the filters; they arrive as keywords that `query_of` takes.

    `status`: how that one is called. `since`: what is said of it. `endless`: the command goes on, and so does not offer
    --until; where it is given all the same, the command can say so.
    """
    chosen = click.option(status, "status", multiple=True, metavar="STATUS,…", callback=not_blank, help=_STATUS_HELP)
    period = (
        click.option("--since", metavar="TIME", help=since),
        click.option(
            "--until", metavar="TIME", hidden=endless, help="Updated before then; a date is meant to its end."
        ),
    )
    for option in reversed((*_SEVERITIES, chosen, *_MEANINGS, *period, *_OTHERS)):
        function = option(function)
    return function


def meaning_options(function: Function) -> Function:
    """Give a command the filters that say what findings are, not when they came nor what became of them."""
    for option in reversed((*_SEVERITIES, *_MEANINGS)):
        function = option(function)
    return function


def source_options(function: Function) -> Function:
    """Give a command --source and --from; they arrive as `source` and `file`."""
    for option in (_FROM, _SOURCE):
        function = option(function)
    return function


def cached_option(function: Function) -> Function:
    """Give a command --cached; it arrives as `cached`."""
    return cast("Function", _CACHED(function))


def source_option(function: Function) -> Function:
    """Give a command --source alone, for one that can't read a file."""
    return cast("Function", _SOURCE(function))


def query_of(app: App, given: dict[str, Any], *, now: datetime, limit: int | None, sort: str | None) -> Query:
    """The query that was typed. Raises UsageError."""
    from secguard.findings import query  # noqa: PLC0415 - only when findings are asked for

    since, until = query.period(since=given["since"], until=given["until"], now=now)
    lists = {name: query.words(given[name]) for name in _LISTS}
    return query.Query(
        levels=query.levels(at_least=given["severity"], only=given["severity_only"]),
        statuses=query.statuses(given["status"]),
        products=lists["product"],
        types=lists["type"],
        controls=lists["control"],
        compliance=query.compliance(given["compliance"]),
        standards=lists["standard"],
        resources=lists["resource"],
        resource_types=lists["resource_type"],
        networks=query.networks(given["ip"]),
        # A title may hold commas.
        titles=given["title"],
        since=since,
        until=until,
        archived=given["archived"],
        samples=app.config.findings.samples if given["samples"] is None else given["samples"],
        accounts=app.accounts,
        regions=app.regions,
        limit=limit,
        sort=query.Sort.PRIORITY if sort is None else query.sort(sort),
    )


def _named(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """A file's name. Raises BadParameter for a blank one, which would be the folder."""
    if value is not None and not value.strip():
        raise click.BadParameter("it names no file", ctx, param)
    return value


def _repeatable(name: str, metavar: str, text: str) -> Callable[[Function], Function]:
    return click.option(name, multiple=True, metavar=metavar, callback=not_blank, help=f"{text} Repeatable.")


_SEVERITIES: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--severity", metavar="LEVEL", help="That severity or worse: critical, high, medium, low, informational."
    ),
    _repeatable("--severity-only", "LEVEL,…", "These severities alone."),
)
_STATUS_HELP = "New, notified, resolved, suppressed or all; new and notified by default. Repeatable."
_MEANINGS: tuple[Callable[[Any], Any], ...] = (
    _repeatable("--product", "NAME", "Whose findings: guardduty, inspector, macie, …"),
    _repeatable("--type", "GLOB", "The type, as in 'UnauthorizedAccess:*'."),
    _repeatable("--control", "ID", "The Security Hub control: EC2.19."),
    _repeatable("--compliance", "STATUS", "Passed, failed, warning or not_available."),
    _repeatable("--standard", "NAME", "fsbp, cis, pci, nist, or a part of a standard's name."),
    _repeatable("--resource", "TEXT", "An ARN, or a part of a resource's id or name."),
    _repeatable("--resource-type", "TYPE", "The whole type, AwsEc2Instance, or a part: ec2."),
    _repeatable("--ip", "ADDRESS", "An address, or a block of them, that the finding names."),
    _repeatable("--title", "TEXT", "A part of the title."),
)
_OTHERS: tuple[Callable[[Any], Any], ...] = (
    click.option("--archived", is_flag=True, help="Archived findings too."),
    click.option("--include-samples/--no-samples", "samples", default=None, help="Findings made to try things out."),
)

_SOURCE: Callable[[Any], Any] = click.option(
    "--source", metavar="NAME", help="auto (what is on in each Region), securityhub, securityhub-v2 or guardduty."
)
_CACHED: Callable[[Any], Any] = click.option(
    "--cached", is_flag=True, help="Answer from what `secguard sync` has read, without AWS; its age is said."
)
_FROM: Callable[[Any], Any] = click.option(
    "--from",
    "file",
    metavar="FILE",
    callback=_named,
    help="Read a file instead of AWS, or - for stdin: JSON or JSON Lines; findings, API answers, events.",
)
