"""Answer with an insight of secguard's own: read the findings, count them, show the bars."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from secguard.cli.counting import counted
from secguard.cli.findings import remember
from secguard.cli.frame import App
from secguard.cli.insight_answers import answer, most_rows, say_more, warn_of
from secguard.cli.whence import Whence
from secguard.errors import UsageError
from secguard.findings.insights import resolving
from secguard.findings.insights.own import (
    RESOLVING,
    BuiltIn,
    Heard,
    Reckon,
    count_records,
    oldest_of,
    oldest_record,
    query_for,
    reckoning,
)
from secguard.findings.query import Query
from secguard.model import Source
from secguard.render.insights import counts_view, oldest_view, resolving_view


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of which insight."""

    insight: BuiltIn
    query: Query
    whence: Whence
    limit: int | None
    now: datetime

    @property
    def about(self) -> dict[str, Any]:
        """The insight in a record."""
        own = self.insight
        return {"id": own.name, "name": own.name, "kind": "built-in", "asks": own.asks, "group_by": own.by}


def show_own(app: App, asked: Asked, *, by_status: bool) -> None:
    """Answer. `by_status`: whether a workflow status was asked for. Raises UsageError where that makes no sense."""
    if asked.insight.name == RESOLVING:
        if by_status or asked.whence != Whence():
            raise UsageError(
                f"{RESOLVING} is about what is resolved in Security Hub, and asks it for histories",
                advice="leave --status, --source, --from and --cached out",
            )
        _show_resolving(app, asked)
        return
    heard = Heard(counted(asked.whence.events(app, query_for(asked.insight, asked.query)), talk=app.talk))
    reckon = reckoning(asked.insight, now=asked.now)
    if reckon is None:
        _show_oldest(app, asked, heard)
    else:
        _show_counts(app, asked, heard, reckon)


def _show_counts(app: App, asked: Asked, heard: Heard, reckon: Reckon) -> None:
    counts, most = reckon(heard), most_rows(app, asked.limit)
    _end(app, heard, asked.whence)

    def view(console: Console) -> Iterator[Text]:
        return counts_view(counts, by=asked.insight.by or asked.insight.name, most=most, console=console)

    about = {**asked.about, "findings": counts.findings, "without": counts.without}
    answer(app, "counts", count_records(counts)[:most], about=about, view=view)
    say_more(app, shown=most, total=len(counts.groups))
    if counts.without:
        app.say(f"{counts.without:,} more findings name none")
    if not heard.count:
        app.say("no finding is so")


def _show_oldest(app: App, asked: Asked, heard: Heard) -> None:
    found = oldest_of(heard, most=most_rows(app, asked.limit))
    _end(app, heard, asked.whence)
    remember(app, found)

    def view(console: Console) -> Iterator[Text]:
        return oldest_view(found, now=asked.now, console=console)

    records = [oldest_record(finding, now=asked.now) for finding in found]
    answer(app, "oldest", records, about={**asked.about, "findings": heard.count}, view=view)
    say_more(app, shown=len(found), total=heard.count)
    if not heard.count:
        app.say("no finding is so")


def _show_resolving(app: App, asked: Asked) -> None:
    most = asked.limit or resolving.ASKED
    told = resolving.resolving_times(asked.query, aws=app.connection(), most=most, progress=app.talk.progress)
    warn_of(app, told.unreached, told.unreadable)
    if not told.answered:
        raise Whence(source=Source.SECURITY_HUB).nowhere()

    def view(console: Console) -> Iterator[Text]:
        return resolving_view(told.times, console=console)

    answer(app, "resolving", map(resolving.resolving_record, told.times), about=asked.about, view=view)
    if any(each.hours for each in told.times):
        app.say("from when a finding was first seen until its history, of 90 days, says that it is resolved")
    elif told.times:
        period = ", or it was at another time" if asked.query.since or asked.query.until else ""
        app.say(f"of {sum(each.asked for each in told.times)} resolved findings no history says when that was{period}")
    else:
        app.say("nothing is resolved")


def _end(app: App, heard: Heard, whence: Whence) -> None:
    """Say what is missing from the findings that were heard. Raises SecguardError where nobody could be asked."""
    warn_of(app, heard.unreached, heard.unreadable)
    if not heard.answered:
        raise whence.nowhere()
