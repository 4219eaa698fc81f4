"""`secguard enable`: turn on GuardDuty and Security Hub wherever they should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from secguard.cli.consent import PLAN_OUTPUTS, consent_and_apply
from secguard.cli.frame import App, Duration, PlanOptions, command, plan_options

if TYPE_CHECKING:
    from rich.console import RenderableType

    from secguard.coverage.enabling import Enabling, Request
    from secguard.coverage.wanted import Wanted
    from secguard.engine.change import Plan
    from secguard.model import Place, Unreached

HALF_AN_HOUR = 30 * 60.0


@command("enable", example="secguard enable --all-regions --dry-run", outputs=PLAN_OUTPUTS)
@click.option(
    "--service", "services", multiple=True, type=click.Choice(["guardduty", "securityhub"]), help="Only this one."
)
@click.option("--feature", "features", multiple=True, metavar="NAME", help="A protection plan: s3. Repeatable.")
@click.option("--standard", "standards", multiple=True, metavar="NAME", help="A standard: fsbp, cis-3.0.0. Repeatable.")
@click.option("--integration", "integrations", multiple=True, metavar="NAME", help="A product. Repeatable.")
@click.option("--home-region", metavar="REGION", help="Where findings are gathered.")
@click.option(
    "--wait",
    type=Duration(),
    is_flag=False,
    flag_value=HALF_AN_HOUR,
    help="Wait for what AWS does in its own time; half an hour unless said.",
)
@plan_options
def enable(app: App, *, wait: float | None, options: PlanOptions, **named: Any) -> None:
    """Turn on GuardDuty and Security Hub wherever they should be.

    What the configuration names is added; nothing is turned off, and what is on besides is listed. Naming a feature or
    a standard means that one instead of the configured ones, and its service alone.
    """
    from secguard.coverage.results import remarks  # noqa: PLC0415
    from secguard.engine.outcome import exit_code  # noqa: PLC0415

    enabling = _planned(app, _request(app, named, waits=wait is not None), options.allow)
    for remark in remarks(enabling):
        app.say(remark)

    def view(plan: Plan) -> RenderableType:
        return _results(app, enabling, plan)

    if enabling.plan.changes or options.plan_out or app.output not in (None, "table"):
        consent_and_apply(app, enabling.plan, options, own_intent=True, patience=wait, results=view)
    else:
        app.code = exit_code(enabling.plan)
        app.incomplete(enabling.plan.unreached)
        app.show(view(enabling.plan))


def replan(app: App, request: dict[str, Any], allow: Sequence[str]) -> Plan:
    """The plan that a saved `enable` asked for, made anew."""
    from secguard.coverage.enabling import request_of  # noqa: PLC0415

    return _planned(app, request_of(request), allow).plan


def wanted_here(app: App, **named: Any) -> Wanted:
    """What the configuration wants, with what was named in its stead. Raises UsageError for what is not known."""
    from secguard.coverage.wanted import Named, wanted_by  # noqa: PLC0415

    known = app.connection().choices("guardduty", "DetectorFeature")
    return wanted_by(app.config.enable, Named(**named), known_features=known)


def places_here(app: App) -> tuple[list[Place], list[Unreached]]:
    """The accounts and Regions that the options name, and the accounts whose Regions could not be listed."""
    connection = app.connection()
    accounts = connection.accounts() if app.all_accounts else app.accounts
    return connection.places(accounts=accounts, regions=app.regions, all_regions=app.all_regions)


def _request(app: App, named: Mapping[str, Any], *, waits: bool) -> Request:
    from secguard.coverage.enabling import Request  # noqa: PLC0415

    wanted = wanted_here(app, **named)
    places, unlisted = places_here(app)
    home = app.connection().region
    return Request(wanted=wanted, places=tuple(places), unlisted=tuple(unlisted), default_home=home, waits=waits)


def _planned(app: App, request: Request, allow: Sequence[str]) -> Enabling:
    from secguard.cli.seam import drafting  # noqa: PLC0415
    from secguard.coverage.enabling import plan_enabling  # noqa: PLC0415

    accounts = {place.account for place in request.places}
    draft = drafting(app, command="enable", request={}, allow=allow, accounts=accounts)
    return plan_enabling(request, app.connection(), draft)


def _results(app: App, enabling: Enabling, plan: Plan) -> RenderableType:
    from secguard.coverage.results import results  # noqa: PLC0415
    from secguard.render.coverage import results_view  # noqa: PLC0415
    from secguard.render.plan import outcome_line  # noqa: PLC0415

    return results_view(results(enabling, plan), outcome_line(plan), refused=plan.refused, verbose=app.verbose)
