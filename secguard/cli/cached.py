"""The cache as a command needs it: the one that is meant, how old it is, and what is set kept in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from secguard.cli.frame import App
from secguard.errors import Exit, SecguardError

if TYPE_CHECKING:
    from secguard.engine.change import Plan
    from secguard.findings.feeds.levels import Event
    from secguard.findings.query import Query
    from secguard.findings.store.database import Store
    from secguard.model import Severity


def opened(app: App) -> Store:
    """The cache that is meant; whose it is and how old is said. AWS is not asked. Raises CacheError, UsageError."""
    from secguard.findings.store import choice as store_choice  # noqa: PLC0415 - only when the cache is asked
    from secguard.findings.store.database import open_to_read  # noqa: PLC0415 - the same

    told = store_choice.Told.by(os.environ, profile=app.common.profile, accounts=app.accounts)
    store = open_to_read(store_choice.chosen(app.state_dir, told).path)
    # What was said of its findings is fetched when it is asked for, so it stays open as long as the command runs.
    click.get_current_context().call_on_close(store.close)
    if store.origin.endpoint is not None:
        app.warn(f"endpoint: {store.origin.endpoint}, not AWS")
    places = store.places()
    age = store_choice.age_in_words(places, now=datetime.now(UTC))
    app.warn(f"from the cache of {store.origin.account}: {age}")
    app.say(f"it was read through {store_choice.sources_in_words(places)}")
    return store


def events(app: App, query: Query, *, limit: int | None) -> Iterator[Event]:
    """What the cache has."""
    from secguard.findings.store.reading import stream  # noqa: PLC0415 - only when the cache is asked

    return stream(opened(app), query, limit=limit)


def count(  # noqa: PLR0913 - by keyword, and all of it is the one question
    app: App, query: Query, *, by: str, limit: int | None, gate: Severity | None, now: datetime
) -> None:
    """Answer how many there are of each kind, counted where they are."""
    from secguard.cli import views  # noqa: PLC0415 - only when groups are asked for
    from secguard.findings.store import counting as store_counting  # noqa: PLC0415 - only when the cache is asked
    from secguard.findings.store import reading as store_reading  # noqa: PLC0415 - only when the cache is asked

    store = opened(app)
    counted = store_counting.count(store, query, by=by, limit=views.shown_groups(app, limit))
    unreached = store_reading.unreached(store, query)
    for part in views.groups_written(app, counted.groups, found=counted.found, by=by, now=now):
        app.stream([part])
    app.incomplete(unreached)
    if unreached:
        app.code = Exit.PARTLY
    elif gate is not None and counted.worst is not None and counted.worst >= gate:
        app.code = Exit.CONDITION


def keep_up(app: App, plan: Plan) -> None:
    """Have in the cache, where there is one, what was just set on findings; what fails is said and stops nothing."""
    from secguard.engine.origin import origin_of  # noqa: PLC0415 - only after something was applied
    from secguard.findings.store import echo as store_echo  # noqa: PLC0415 - the same
    from secguard.findings.store.database import open_to_write, path_of  # noqa: PLC0415 - the same

    origin = origin_of(plan)
    path = path_of(app.state_dir, origin)
    if not store_echo.tells_of_findings(plan) or not path.exists():
        return
    try:
        with open_to_write(path, origin) as store:
            store_echo.echo(store, plan)
    except SecguardError as error:
        app.warn(f"the cache does not know of this until the next secguard sync: {error}")
