"""The findings that a command is to act on: named by ids, by - (ids on stdin), or by the filters of `findings`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from secguard.cli.filters import query_of
from secguard.errors import UsageError

if TYPE_CHECKING:
    from secguard.cli.frame import App
    from secguard.model import Finding, Unreached

STDIN = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The findings as they were just read, and where could not be looked."""

    findings: Sequence[Finding]
    unreached: tuple[Unreached, ...] = ()


def no_playbooks(_finding: Finding) -> tuple[str, ...]:
    """For a command that does not ask which playbooks answer a finding."""
    return ()


def require_choice(app: App, ids: Sequence[str], filters: Mapping[str, Any]) -> None:
    """Raises UsageError unless there are ids, or something that narrows: nobody means everything by saying nothing."""
    given = any(value for name, value in filters.items() if name != "samples")
    narrowed = given or bool(app.regions or app.accounts)
    if ids and narrowed:
        raise UsageError("findings are named by ids or by filters, not by both")
    if not ids and not narrowed:
        raise UsageError("which findings?", advice="name them by id, by - (ids on stdin), or by filters (see --help)")


def by_ids(app: App, ids: Sequence[str], *, answers: Callable[[Finding], tuple[str, ...]] = no_playbooks) -> Chosen:
    """The findings with these ids. Raises UnknownId, AmbiguousId."""
    from secguard.findings.index import Index  # noqa: PLC0415 - after the options were checked
    from secguard.findings.lookup import resolve  # noqa: PLC0415 - the same

    now = datetime.now(UTC)
    index = Index(app.state_dir)
    ranking = app.config.ranking
    found = resolve(typed(ids), aws=app.connection(), index=index, now=now, answers=answers, ranking=ranking)
    return Chosen(findings=found)


def typed(ids: Sequence[str]) -> list[str]:
    """The ids, with those on stdin in the place of -."""
    return [part for each in ids for part in (sys.stdin.read().split() if each == STDIN else [each])]


def by_filters(
    app: App,
    filters: Mapping[str, Any],
    *,
    limit: int | None,
    answers: Callable[[Finding], tuple[str, ...]] = no_playbooks,
) -> Chosen:
    """The findings behind these filters, what to look at first on top; samples only where they are asked for."""
    from secguard.findings import listing, sources  # noqa: PLC0415 - after the options were checked

    now = datetime.now(UTC)
    query = query_of(app, {**filters, "samples": bool(filters["samples"])}, now=now, limit=limit, sort=None)
    most = listing.fetch_limit(query)
    events = sources.stream(query, aws=app.connection(), source=None, limit=most, tell=app.say)
    found = listing.collect(events, query=query, now=now, answers=answers, ranking=app.config.ranking)
    for unread in found.unreadable:
        app.warn(f"unreadable: {unread}")
    if not found.findings:
        app.say("no finding is so")
    return Chosen(findings=found.findings, unreached=found.unreached)
