"""`secguard insights`: what findings have in common, with bars; and insights of one's own in Security Hub."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from secguard.cli import COMMANDS
from secguard.cli.consent import PLAN_OUTPUTS, consent_and_apply
from secguard.cli.filters import cached_option, filter_options, query_of, source_options
from secguard.cli.frame import App, PlanOptions, command, plan_options
from secguard.cli.whence import Whence
from secguard.errors import UsageError
from secguard.model import Place

if TYPE_CHECKING:
    from secguard.engine.change import Plan
    from secguard.findings.insights.plan import Wish


@command(
    "show",
    example="secguard insights show resources --severity high",
    outputs=("table", "json", "jsonl", "csv", "markdown"),
)
@click.argument("name", required=False, metavar="[NAME|ARN]")
@click.option("--all", "everything", is_flag=True, help="List AWS's managed insights too: a call for each.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="At most so many rows; a table: 20. time-to-resolve: so many findings of each severity, 50.",
)
@filter_options
@source_options
@cached_option
def show(app: App, *, name: str | None, everything: bool, limit: int | None, **filters: Any) -> None:
    """List the insights, or show what one of them counts.

    The word `show` may be left out. secguard's own insights take the filters of `findings`, and leave samples out
    unless they are asked for. Those of Security Hub have filters of their own; one is named by its ARN, by the id in
    the list, by its name, or by a part of that. They are read at the home Region of the aggregator and wherever that
    does not reach, or in each --region.
    """
    from secguard.findings.insights.own import built_in  # noqa: PLC0415 - after the options were checked

    if name is not None and everything:
        raise UsageError("--all lists the insights; with a name one is shown", advice="give one of them")
    now = datetime.now(UTC)
    whence = Whence.parse(**{key: filters.pop(key) for key in ("source", "file", "cached")})
    query = query_of(app, {**filters, "samples": bool(filters["samples"])}, now=now, limit=None, sort=None)
    own = None if name is None else built_in(name)
    if own is not None:
        from secguard.cli.own_insights import Asked, show_own  # noqa: PLC0415 - rich, only when it is needed

        asked = Asked(insight=own, query=query, whence=whence, limit=limit, now=now)
        show_own(app, asked, by_status=bool(filters["status"]))
        return
    from secguard.cli import hubs_insights  # noqa: PLC0415 - rich, only when it is needed

    if name is None and limit is not None:
        raise UsageError("--limit is for the rows of one insight", advice="name it: secguard insights NAME --limit N")
    if whence != Whence() or app.accounts or any(value not in (None, (), False) for value in filters.values()):
        raise UsageError(
            "filters, --account and where to read from are for secguard's own insights"
            + (f"; {name!r} is none" if name else ""),
            advice="see those there are: secguard insights",
        )
    if name is None:
        hubs_insights.list_insights(app, everything=everything)
    else:
        hubs_insights.show_hubs(app, name, limit=limit)


@command(
    "create", example="secguard insights create 'Open to all' --group-by resource --control S3.2", outputs=PLAN_OUTPUTS
)
@click.argument("name")
@click.option(
    "--group-by",
    required=True,
    metavar="ATTRIBUTE",
    help="resource, resource-type, type, control, account, region, product, severity, principal, status, standard, "
    "title, or an attribute of ASFF.",
)
@click.option("--replace", "replaces", is_flag=True, help="Change the insight that has this name already.")
@filter_options
@plan_options
def create(app: App, *, name: str, group_by: str, replaces: bool, options: PlanOptions, **filters: Any) -> None:
    """Make an insight of your own in Security Hub.

    It has the filters that are given, as for `findings`, and goes to the home Region of the aggregator, to that of the
    profile where there is none, or to --region. What Security Hub can't keep to the letter is refused. `--since 7d`
    stays the last seven days, a date stays that date.
    """
    from secguard.findings.insights import plan as planner  # noqa: PLC0415 - after the options were checked
    from secguard.findings.insights.own import BUILT_IN  # noqa: PLC0415 - the same

    now = datetime.now(UTC)
    planner.require_name(name, taken={*(each.name for each in BUILT_IN), *insights.commands})
    typed = query_of(app, {**filters, "samples": filters["samples"] is not False}, now=now, limit=None, sort=None)
    saved = planner.saved_filters(replace(typed, regions=()), since=filters["since"], until=filters["until"], now=now)
    attributes = app.connection().choices("securityhub", "AwsSecurityFindingFilters")
    counted_by = planner.counted_by(group_by, attributes=attributes)
    wish = planner.Wish(name=name, place=_home(app), filters=saved, group_by=counted_by)
    consent_and_apply(app, _planned(app, wish, options.allow, replaces=replaces), options)


@command("delete", example="secguard insights delete 'Open to all'", outputs=PLAN_OUTPUTS)
@click.argument("name", metavar="NAME|ARN")
@plan_options
def delete(app: App, *, name: str, options: PlanOptions) -> None:
    """Delete an insight of your own in Security Hub.

    It is named by its ARN, by the id in the list, or by its whole name. Undone, it is made anew, with a new ARN.
    """
    from secguard.cli.hubs_insights import own_insight  # noqa: PLC0415 - rich, only when it is needed
    from secguard.findings.insights.hub import is_managed  # noqa: PLC0415 - after the options were checked
    from secguard.findings.insights.plan import Wish  # noqa: PLC0415 - the same

    if is_managed(name) or name.startswith("default/"):
        raise UsageError("AWS's managed insights can't be deleted")
    insight, unreached = own_insight(app, name)
    app.incomplete(unreached)
    wish = Wish(name=insight.name, place=insight.place)
    consent_and_apply(app, _planned(app, wish, options.allow, replaces=True), options)


def replan(app: App, request: Mapping[str, Any], allow: tuple[str, ...]) -> Plan:
    """The plan that a saved `create` or `delete` asked for, made anew."""
    from secguard.findings.insights.plan import asked_again  # noqa: PLC0415 - after the options were checked

    wish, replaces = asked_again(request)
    return _planned(app, wish, allow, replaces=replaces)


class _Insights(click.Group):
    """The commands about insights; what names none of them is for `show`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what was typed."""
        if not (args and args[0] in {*self.commands, *self.get_help_option_names(ctx)}):
            args = ["show", *args]
        return super().parse_args(ctx, args)


insights = _Insights(
    "insights",
    help=f"""{COMMANDS["insights"]}

    Without a word more the insights are listed; with the name of one, it is shown: secguard insights resources. Its
    filters and other options are those of `secguard insights show`.""",
    commands={each.name or "": each for each in (show, create, delete)},
    epilog=show.epilog,
)


def _home(app: App) -> Place:
    """Where a new insight goes. Raises UsageError where no one Region is meant."""
    from secguard.findings.feeds.places import places_for  # noqa: PLC0415 - after the options were checked

    aws = app.connection()
    if app.all_regions or len(app.regions) > 1:
        raise UsageError("an insight is kept in one Region", advice="name that one with --region")
    found = places_for(app.regions, aws=aws)
    region = app.regions[0] if app.regions else found.home.region if found.home else aws.region
    if region is None:
        raise UsageError("no Region", advice="name one with --region")
    return Place(aws.caller.account, region)


def _planned(app: App, wish: Wish, allow: Iterable[str], *, replaces: bool) -> Plan:
    from secguard.cli.seam import drafting  # noqa: PLC0415 - after the options were checked
    from secguard.findings.insights.plan import plan  # noqa: PLC0415 - the same

    return plan(drafting(app, command="insights", request={}, allow=allow), wish, replaces=replaces)
