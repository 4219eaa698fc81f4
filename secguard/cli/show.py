"""`secguard show`: findings in full."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from secguard.cli.cached import opened
from secguard.cli.filters import cached_option
from secguard.cli.findings import answers, remember
from secguard.cli.frame import App, Duration, command
from secguard.errors import Exit, UsageError
from secguard.model import Source
from secguard.render import formats

if TYPE_CHECKING:
    from secguard.findings.detail import Detail
    from secguard.findings.store.database import Store
    from secguard.model import Finding

_OF_INCIDENTS = ("markdown", "ids")
"""Formats in which an incident has an answer, and one finding has none."""


@command(
    "show",
    example="secguard show 3f9a2c1b 8b04d7e6",
    places=False,
    outputs=("table", "json", "asff", *_OF_INCIDENTS),
)
@click.argument("finding_ids", metavar="ID...", nargs=-1, required=True)
@click.option("--raw", is_flag=True, help="As it was received, and nothing else; the same as -o asff.")
@click.option("--incident", is_flag=True, help="Tell the story of the incident that it belongs to.")
@cached_option
@click.option("--window", type=Duration(), help="How far apart the findings of an incident may lie; 24h by default.")
def show(  # noqa: PLR0913 - each is one option of the command line
    app: App, *, finding_ids: tuple[str, ...], raw: bool, incident: bool, cached: bool, window: float | None
) -> None:
    """Show one finding in full: what happened, to what, by whom, and what answers it.

    ID is a full id, GuardDuty's own, or the short id that `secguard findings` shows. Of several, one after the other;
    as JSON, in one array.
    """
    _check(app, ids=finding_ids, raw=raw, incident=incident, cached=cached, window=window)
    now = datetime.now(UTC)
    store = opened(app) if cached else None
    findings = _found(app, finding_ids, store, now=now)
    if raw or app.output == "asff":
        _answer(app, [finding.raw for finding in findings])
    elif incident:
        from secguard.cli.incident import show_incident  # noqa: PLC0415 - only when it is asked for

        show_incident(app, findings[0], now=now, window=window)
    else:
        _in_full(app, findings, store, now=now)


def _found(app: App, ids: Sequence[str], store: Store | None, *, now: datetime) -> list[Finding]:
    """The findings with these ids: in the cache, or in AWS. Raises UnknownId, AmbiguousId."""
    from secguard.findings.index import Index  # noqa: PLC0415 - after the options were checked
    from secguard.findings.listing import in_full  # noqa: PLC0415 - the same
    from secguard.findings.lookup import resolve  # noqa: PLC0415 - the same
    from secguard.findings.store.reading import find  # noqa: PLC0415 - the same

    ranking = app.config.ranking
    if store is None:
        index = Index(app.state_dir)
        return resolve(ids, aws=app.connection(), index=index, now=now, answers=answers(app), ranking=ranking)
    known = {found.id + found.product_arn: found for found in (find(store, each) for each in ids)}
    return [in_full(each, now=now, answers=answers(app), ranking=ranking) for each in known.values()]


def _detail(app: App, finding: Finding, store: Store | None, *, now: datetime) -> Detail:
    from secguard.findings.detail import detail_at_rest, detail_of, relating_ids  # noqa: PLC0415 - after the options
    from secguard.findings.store.reading import about  # noqa: PLC0415 - the same

    if store is None:
        return detail_of(finding, aws=app.connection(), now=now, ranking=app.config.ranking)
    others = about(store, finding, relating_ids(finding))
    return detail_at_rest(finding, others=others, now=now, ranking=app.config.ranking)


def _in_full(app: App, findings: Sequence[Finding], store: Store | None, *, now: datetime) -> None:
    from secguard.render.finding import detail_record, page  # noqa: PLC0415 - rich, only when it is needed
    from secguard.render.screen import answer_console, drawn  # noqa: PLC0415 - the same

    details = [_detail(app, each, store, now=now) for each in findings]
    remember(app, [each for detail in details for each in (detail.finding, *detail.related)])
    if app.output == "json":
        _answer(app, [detail_record(detail) for detail in details])
    else:
        console = answer_console()
        pages = (drawn(page(detail, width=console.width, now=now), console=console) for detail in details)
        app.answer("\n".join(pages))
    if store is not None and any(each.source is Source.SECURITY_HUB for each in findings):
        app.say("the cache keeps no history: leave --cached out to see it")
    unreached = list(dict.fromkeys(each for detail in details for each in detail.unreached))
    app.incomplete(unreached)
    if unreached:
        app.code = Exit.PARTLY


def _answer(app: App, records: Sequence[Any]) -> None:
    """One object for one finding, one array for several."""
    app.answer(formats.json_object(records[0] if len(records) == 1 else list(records)))


def _check(  # noqa: PLR0913 - by keyword, each one option
    app: App, *, ids: Sequence[str], raw: bool, incident: bool, cached: bool, window: float | None
) -> None:
    """Raises UsageError for options that contradict one another."""
    if incident and cached:
        raise UsageError("--incident looks for what belongs together in AWS", advice="leave --cached out")
    if incident and (raw or app.output == "asff"):
        raise UsageError("--incident tells of several findings, --raw is one", advice="give one of them")
    if incident and len(ids) > 1:
        raise UsageError("--incident tells of the incident of one finding", advice="give one id")
    if not incident and (window is not None or app.output in _OF_INCIDENTS):
        said = "--window" if window is not None else f"-o {app.output}"
        raise UsageError(f"{said} is about incidents", advice="give --incident with it")
