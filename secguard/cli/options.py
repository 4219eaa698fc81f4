"""The options that many commands share, and what they come to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


_LONGEST = 3650.0
"""Days: more than that is a slip of the finger, and more than clocks and calendars can hold soon after."""


class Duration(click.ParamType[float]):
    """A length of time in seconds: `90`, `90s`, `30m`, `2h`, `7d`."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds in a text."""
        if isinstance(value, int | float):
            return float(value)
        parts = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", value)
        if parts is None or float(parts.group(1)) == 0:
            self.fail(f"{value!r} is not a length of time: 90, 90s, 30m, 2h, 7d", param, ctx)
        seconds = float(parts.group(1)) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[parts.group(2)]
        if seconds > _LONGEST * 86400:
            self.fail(f"{value!r} is too long: {_LONGEST:g}d at the most", param, ctx)
        return seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """The options that stand before or after a command. None, False or empty: not given."""

    profile: str | None = None
    regions: tuple[str, ...] = ()
    all_regions: bool = False
    accounts: tuple[str, ...] = ()
    all_accounts: bool = False
    timeout: float | None = None
    """Seconds to wait for one answer of AWS."""
    config: Path | None = None
    output: str | None = None
    verbose: bool = False
    quiet: bool = False
    debug: bool = False
    log_json: bool = False

    def overlaid(self, nearer: Common) -> Common:
        """These options, with those that stand nearer to the command in their stead."""
        given = {field.name: getattr(nearer, field.name) for field in fields(nearer) if getattr(nearer, field.name)}
        if given.keys() & {"regions", "all_regions"}:
            given = {"regions": (), "all_regions": False, **given}
        if given.keys() & {"accounts", "all_accounts"}:
            given = {"accounts": (), "all_accounts": False, **given}
        return replace(self, **given)


COMMON_NAMES = frozenset(field.name for field in fields(Common))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """How a plan is to be taken: shown, saved, or applied, and with what lifted."""

    dry_run: bool = False
    yes: bool = False
    plan_out: Path | None = None
    allow: tuple[str, ...] = ()


def plan_options(function: Function) -> Function:
    """Give a command --dry-run, --yes, --plan-out and --allow; they arrive together as `options: PlanOptions`."""

    @wraps(function)
    def with_options(*arguments: Any, **given: Any) -> Any:
        options = PlanOptions(**{field.name: given.pop(field.name) for field in fields(PlanOptions)})
        return function(*arguments, options=options, **given)

    for option in (_ALLOW, _PLAN_OUT, _YES, _DRY_RUN):
        with_options = option(with_options)
    return with_options  # type: ignore[return-value]  # the same function, called with fewer keywords


def common_options(*, aws: bool, places: bool, outputs: Iterable[str]) -> list[click.Parameter]:
    """The common options that make sense for one command."""
    formats = tuple(outputs)
    return [
        *(_aws_options() if aws else ()),
        *(_place_options() if places else ()),
        click.Option(["--config"], type=click.Path(path_type=Path), metavar="FILE", help="The configuration file."),
        *([_output_option(formats)] if formats else ()),
        click.Option(["-v", "--verbose"], is_flag=True, help="Say more."),
        click.Option(["-q", "--quiet"], is_flag=True, help="Say only what must be known."),
        click.Option(["--debug"], is_flag=True, help="Say what is asked of AWS, with request ids."),
        click.Option(["--log-json"], is_flag=True, help="Talk in JSON lines."),
    ]


def _aws_options() -> tuple[click.Parameter, ...]:
    return (
        click.Option(["--profile"], metavar="NAME", help="The AWS profile to use."),
        click.Option(["--timeout"], type=Duration(), help="The longest wait for one answer of AWS."),
    )


def _place_options() -> tuple[click.Parameter, ...]:
    return (
        click.Option(
            ["--region", "regions"],
            multiple=True,
            metavar="REGION",
            callback=_listed,
            help="Repeatable; commas allowed.",
        ),
        click.Option(["--all-regions"], is_flag=True, help="Every Region enabled for the account."),
        click.Option(
            ["--account", "accounts"],
            multiple=True,
            metavar="ID",
            callback=_accounts,
            help="Repeatable; commas allowed.",
        ),
        click.Option(["--all-accounts"], is_flag=True, help="Every account of the organization."),
    )


def _output_option(formats: tuple[str, ...]) -> click.Option:
    return click.Option(["-o", "--output"], type=click.Choice(formats), help=f"How to answer; {formats[0]} by default.")


def not_blank(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """What was given once or more. Raises BadParameter for a blank, as an unset variable leaves it."""
    if not all(text.replace(",", " ").strip() for text in value):
        # Taken as no filter, it would choose everything.
        raise click.BadParameter("it is blank; leave it out to choose everything", ctx, param)
    return value


def _listed(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """What was given once or more, commas taken apart, each once."""
    parts = (part.strip() for text in not_blank(ctx, param, value) for part in text.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def _accounts(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    accounts = _listed(ctx, param, value)
    for account in accounts:
        if not re.fullmatch(r"\d{12}", account):
            raise click.BadParameter(f"{account!r} is not an account: twelve digits", ctx, param)
    return accounts


_DRY_RUN = click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
_YES = click.option("-y", "--yes", is_flag=True, help="Do it without asking.")
_PLAN_OUT = click.option(
    "--plan-out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the plan to FILE for `secguard apply`, and do nothing.",
)
_ALLOW = click.option(
    "--allow", multiple=True, metavar="RULE[=WHAT]", help="Lift a guardrail, for everything or for WHAT. Repeatable."
)
