"""`secguard watch`: new findings, and those that got worse, as they come."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from secguard.cli.filters import filter_options, query_of, source_option
from secguard.cli.frame import App, Duration, command
from secguard.engine.clock import SystemClock
from secguard.errors import UsageError

LAST = "last"
"""The `--since` that means: where the last watch with the same filters stopped."""
_SHORTEST = 5.0
"""Seconds between two rounds, at the least: two GetFindings a round are then a seventh of Security Hub's quota."""


@command("watch", example="secguard watch --severity high --exec ./page-me", outputs=("table", "jsonl", "csv", "ids"))
@click.option("--for", "lasting", type=Duration(), metavar="TIME", help="Leave after so long: 10m, 8h.")
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="Leave when so many findings have been shown.")
@click.option("--once", is_flag=True, help="Look once, and leave: with --since last, for cron.")
@click.option("--interval", type=Duration(), default="30s", metavar="TIME", help="Look so often; every 30s by default.")
@click.option(
    "--exec",
    "errand",
    metavar="COMMAND",
    help="Run this for each: the record is on stdin, what matters in SECGUARD_SHORT_ID, _SEVERITY, _TITLE and others.",
)
@click.option(
    "--exec-timeout", type=Duration(), default="60s", metavar="TIME", help="End COMMAND after so long; 60s by default."
)
@click.option("--bell", is_flag=True, help="Ring the terminal's bell.")
@partial(filter_options, since="Those updated since then too: 24h, 2026-11-23; or last.", endless=True)
@source_option
def watch(  # noqa: PLR0913 - each is one option of the command line
    app: App,
    *,
    lasting: float | None,
    count: int | None,
    once: bool,
    interval: float,
    errand: str | None,
    exec_timeout: float,
    bell: bool,
    source: str | None,
    **filters: Any,
) -> None:
    """Show new findings, and those that got worse, as they come.

    Each with the reason: new; worse, from what to what; reopened; again, when it has happened twice as often as when it
    was last shown; matches, when it is older and did not match before; updated, when it is older than --since. With
    --since last it goes on where the last watch with the same filters stopped.
    """
    if filters["until"] is not None:
        raise UsageError("--until: a watch goes on", advice="say how long with --for")
    if interval < _SHORTEST:
        raise UsageError(f"--interval {interval:g}s is too short", advice=f"{_SHORTEST:g}s or longer")
    from secguard.cli.errands import Errands, parse_command  # noqa: PLC0415 - after the options were checked
    from secguard.cli.shift import End, Shift  # noqa: PLC0415 - the same
    from secguard.findings import sources  # noqa: PLC0415 - the same

    continued = filters["since"] == LAST
    clock = SystemClock()
    given = {**filters, "since": None} if continued else filters
    query = query_of(app, given, now=clock.now(), limit=None, sort=None)
    whence = sources.parse(source or sources.AUTO)
    words = None if errand is None else parse_command(errand)
    shift = Shift(
        app,
        query,
        source=whence,
        continued=continued,
        interval=interval,
        end=End(seconds=lasting, count=count, once=once),
        bell=bell,
        errands=None if words is None else Errands(words, limit=exec_timeout, tell=app.warn),
        clock=clock,
    )
    shift.stand()
