"""Answer with Security Hub's insights: which there are, and what one of them counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from secguard.cli.frame import App
from secguard.cli.insight_answers import answer, most_rows, say_more, warn_of
from secguard.findings.feeds.places import SERVICE, Places, every_place, places_for
from secguard.findings.insights import hub
from secguard.findings.insights.hub import Insight, Shelf
from secguard.findings.insights.own import BUILT_IN
from secguard.model import Place, Unreached
from secguard.render.insights import list_view, results_view


def list_insights(app: App, *, everything: bool) -> None:
    """List secguard's own insights and Security Hub's, these with what most findings have. `everything`: AWS's too."""
    aws = app.connection()
    shelf = hub.custom(_places(app), aws=aws, named=bool(app.regions))
    found, unreached = list(shelf.insights), list(shelf.unreached)
    if everything and shelf.answered:
        managed = hub.managed(shelf.answered[0], aws=aws)
        found += hub.everywhere(managed.insights, _each_finding_once(app, shelf.answered))
        unreached += managed.unreached
    results = hub.results(found, aws=aws)
    unreached += [each for result in results for each in result.unreached]
    records = [*map(_own_record, BUILT_IN), *(hub.hub_record(result.insight, result) for result in results)]

    def view(console: Console) -> Iterator[Text]:
        return list_view(records, console=console)

    answer(app, "list", records, view=view)
    warn_of(app, unreached)
    if not shelf.answered and not unreached:
        app.say("Security Hub is off wherever it was looked; secguard's own count what GuardDuty has as well")
    elif not everything:
        app.say("AWS's managed ones too: secguard insights --all; what one counts: secguard insights NAME")


def show_hubs(app: App, name: str, *, limit: int | None) -> None:
    """What one of Security Hub's insights counts. Raises UsageError, AmbiguousId, SecguardError."""
    aws = app.connection()
    insight, answered, unreached = _found(app, name)
    asked = hub.everywhere([insight], _each_finding_once(app, answered)) if insight.managed else [insight]
    (found,) = hub.results(asked, aws=aws)
    warn_of(app, [*unreached, *found.unreached])
    if len(found.unreached) == len(asked):
        raise hub.unanswered(found)
    most = most_rows(app, limit)

    def view(console: Console) -> Iterator[Text]:
        return results_view(found, most=most, console=console)

    regions = [each.place.region for each in asked]
    about = {**hub.hub_record(insight, found), "regions": regions, "filters": insight.filters}
    answer(app, "hub", hub.value_records(found, most=most), about=about, view=view)
    say_more(app, shown=most, total=len(found.values))
    if found.full:
        app.say(f"Security Hub tells of {hub.MOST_ROWS} values at most: there may be more")
    if not found.values:
        app.say("it counts nothing now")


def own_insight(app: App, name: str) -> tuple[Insight, Sequence[Unreached]]:
    """The operator's own insight that is meant, and where could not be looked. Raises UsageError, AmbiguousId."""
    if (insight := _by_arn(app, name)) is not None:
        return insight, ()
    shelf = _shelf(app)
    return hub.chosen(name, shelf.insights, whole=True), shelf.unreached


def _found(app: App, name: str) -> tuple[Insight, Sequence[Place], Sequence[Unreached]]:
    """The insight that is meant, the operator's own first; where Security Hub answered; where it did not."""
    if (insight := _by_arn(app, name)) is not None:
        return insight, (insight.place,), ()
    shelf = _shelf(app)
    if hub.meant(name, shelf.insights):
        return hub.chosen(name, shelf.insights), shelf.answered, shelf.unreached
    managed = hub.managed(shelf.answered[0], aws=app.connection())
    return hub.chosen(name, managed.insights), shelf.answered, [*shelf.unreached, *managed.unreached]


def _by_arn(app: App, name: str) -> Insight | None:
    """The insight whose ARN names its Region; None for any other name. Raises UsageError where there is none."""
    region = hub.region_of(name) if name.startswith("arn:") else None
    if region is None:
        return None
    aws = app.connection()
    return hub.by_arn(name, Place(aws.caller.account, region), aws=aws)


def _shelf(app: App) -> Shelf:
    shelf = hub.custom(_places(app), aws=app.connection(), named=bool(app.regions))
    if not shelf.answered:
        app.incomplete(shelf.unreached)
        raise hub.nowhere(shelf)
    return shelf


def _places(app: App) -> Places:
    """Where Security Hub's insights are looked for. Raises UsageError for a name that is no Region."""
    aws = app.connection()
    return Places(ask=every_place(aws, service=SERVICE)) if app.all_regions else places_for(app.regions, aws=aws)


def _each_finding_once(app: App, places: Sequence[Place]) -> Sequence[Place]:
    """The places without those whose findings the home Region among them counts as well."""
    if len(places) == 1:
        return places
    through = places_for((), aws=app.connection())
    return [place for place in places if place not in through.behind] if through.home in places else places


def _own_record(insight: Any) -> dict[str, Any]:
    none = dict.fromkeys(("top", "count", "values", "account", "region", "arn"))
    kind = {"kind": "built-in", "asks": insight.asks, "group_by": insight.by}
    return {"id": insight.name, "name": insight.name, **kind, **none}
