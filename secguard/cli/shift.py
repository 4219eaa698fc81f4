"""Stand watch: round after round, show what is seen, say what can't be, until it is over."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import msgspec

from secguard.cli.counting import counted
from secguard.cli.errands import Errand, Errands
from secguard.cli.findings import answers, remember
from secguard.errors import Exit, SecguardError
from secguard.findings import sources
from secguard.findings.forms.asff import Unreadable
from secguard.findings.listing import in_full
from secguard.findings.query import Query
from secguard.findings.short_ids import Told
from secguard.findings.watching.changes import Change, Memory
from secguard.findings.watching.lookout import Blind, Lookout, Seeing, Sighting, Trail
from secguard.findings.watching.notebook import Notebook, Page, name_of
from secguard.model import Finding, Place, Source, Unreached
from secguard.render import formats, sanitize
from secguard.render import watch as render
from secguard.render.screen import answer_console, drawn

if TYPE_CHECKING:
    from secguard.aws.connection import Connection
    from secguard.cli.frame import App
    from secguard.engine.seam import Clock

_ANSWER_SECONDS = 20.0
"""How long one call may take where no --timeout is given: a dead Region must not hold up the others."""
_GRACE_SECONDS = 5.0
"""How long the command of --exec that runs is waited for after Ctrl-C."""

T = TypeVar("T")
K = TypeVar("K")


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """When the watch is over; where nothing is said, when the operator says so."""

    seconds: float | None = None
    count: int | None = None
    """How many findings are enough."""
    once: bool = False


class Shift:
    """One watch, from its beginning to its end. Raises NoCredentials."""

    def __init__(  # noqa: PLR0913 - by keyword, and all of it is what a watch is
        self,
        app: App,
        query: Query,
        *,
        source: Source | None,
        continued: bool,
        interval: float,
        end: End,
        bell: bool,
        errands: Errands | None,
        clock: Clock,
    ) -> None:
        self._app = app
        self._source = source
        self._interval = interval
        self._end = end
        self._bell = bell
        self._errands = errands
        self._clock = clock
        connect = _connections(app)
        connection = connect()
        name = name_of(query, source=source, account=connection.caller.account, endpoint=connection.endpoint)
        self._notebook = Notebook(app.state_dir, name)
        page = (self._last_page() if continued else None) or _new_page(query, clock)
        self._memory, self._trail = page.memory, page.trail
        self._lookout = Lookout(
            replace(query, since=None),
            source=source,
            connect=connect,
            memory=page.memory,
            trail=page.trail,
            clock=clock,
            interval=interval,
            tell=lambda text: app.say(f"watching {text}" + ("" if end.once else f"; every {render.lasted(interval)}")),
            counted=partial(counted, talk=app.talk),
        )
        self._answers = answers(app)
        self._told = Told()
        self._shown = 0
        self._rounds = 0
        self._unreadable: set[str] = set()
        if app.output == "csv":
            app.stream(formats.csv_lines([], columns=render.CSV_COLUMNS))

    def stand(self) -> None:
        """Look until the end. Raises SecguardError where nothing can be looked at to begin with."""
        begun = self._clock.monotonic()
        try:
            self._look_until_the_end(begun)
            if self._errands is not None:
                self._errands.finish()
        except KeyboardInterrupt:
            self._app.code = Exit.INTERRUPTED
            self._keep()
        finally:
            self._leave_errands()
        self._tell_end(self._clock.monotonic() - begun)

    def _look_until_the_end(self, begun: float) -> None:
        over = None if self._end.seconds is None else begun + self._end.seconds
        while True:
            at = self._clock.monotonic()
            enough = self._round()
            now = self._clock.monotonic()
            if enough or self._end.once or (over is not None and now >= over):
                return
            due = at + self._interval if over is None else min(at + self._interval, over)
            self._clock.sleep(max(0.0, due - now))

    def _round(self) -> bool:
        """Look once. Whether enough has been shown."""
        shown: list[Finding] = []
        for seen in self._lookout.look():
            match seen:
                case Sighting():
                    shown.append(self._show(seen.finding, seen.change))
                    if self._shown == self._end.count:
                        break
                case Blind():
                    self._tell_blind(seen)
                case Seeing():
                    after, where = render.lasted(seen.seconds), render.regions(seen.places)
                    self._app.warn(f"seeing again after {after}: {where}; what came meanwhile has been read")
                case Unreadable():
                    self._tell_unreadable(seen)
        remember(self._app, shown)
        if shown and self._bell:
            self._app.talk.bell()
        self._rounds += 1
        self._keep()
        enough = self._shown == self._end.count
        if self._rounds == 1 and not enough:
            self._tell_first()
        return enough

    def _show(self, finding: Finding, change: Change) -> Finding:
        now = self._clock.now()
        finding = self._told.apart(in_full(finding, now=now, answers=self._answers, ranking=self._app.config.ranking))
        if self._errands is not None:
            self._errands.send(_errand(finding, change))
        match self._app.output:
            case "jsonl":
                self._app.stream(formats.json_lines([render.record(finding, change)]))
            case "csv":
                _, *rows = formats.csv_lines([render.row(finding, change)], columns=render.CSV_COLUMNS)
                self._app.stream(rows)
            case "ids":
                self._app.stream([f"{finding.short_id}\n"])
            case _:
                console = answer_console()
                line = render.line(finding, change, width=console.width, now=now)
                self._app.stream([drawn([line], console=console)])
        self._app.finish()
        self._shown += 1
        self._memory.shown(finding)
        return finding

    def _tell_first(self) -> None:
        if not self._lookout.sees:
            raise SecguardError(
                f"{sources.name_of(self._source)} could be asked nowhere",
                advice="see what is on: secguard status; turn it on: secguard enable",
            )
        known = len(self._memory) - self._shown
        until = "" if self._end.once else "; Ctrl-C ends the watch"
        self._app.say(f"{known:,} findings were there before and are not shown{until}")

    def _tell_blind(self, blind: Blind) -> None:
        since = render.moment(blind.since, now=self._clock.now())
        for why, places in _grouped(blind.places, lambda each: each.why).items():
            where = render.regions([Place(each.account, each.region) for each in places])
            self._app.warn(f"blind since {since}: {where}: {why}")

    def _tell_unreadable(self, unread: Unreadable) -> None:
        """Once: the same will come again."""
        if unread.why not in self._unreadable:
            self._unreadable.add(unread.why)
            self._app.warn(f"unreadable: {unread}")

    def _tell_end(self, seconds: float) -> None:
        self._app.say(f"watched for {render.lasted(seconds)}; {self._shown:,} shown")
        for lost, places in _grouped(self._lookout.blind_seconds.items(), lambda each: each[1]).items():
            where = render.regions([place for place, _ in places])
            self._app.say(f"was blind for {render.lasted(lost)}: {where}; what came meanwhile was read afterwards")
        now = self._clock.now()
        for place, blindness in sorted(self._lookout.blind.items()):
            why = f"blind since {render.moment(blindness.since, now=now)}: {blindness.why}"
            self._app.incomplete([Unreached(account=place.account, region=place.region, why=why)])
        if self._app.code is Exit.OK and (self._lookout.blind or self._unreadable):
            self._app.code = Exit.PARTLY

    def _leave_errands(self) -> None:
        if self._errands is not None:
            left = self._errands.leave(grace=_GRACE_SECONDS)
            if left:
                self._app.warn(f"--exec was not run for {', '.join(left)}")

    def _last_page(self) -> Page | None:
        """Where the last watch stopped, if that is known."""
        try:
            page = self._notebook.read()
        except (OSError, sqlite3.Error) as error:
            self._app.warn(f"where the last watch stopped can't be read, so this one begins now: {error}")
            return None
        if page is None:
            self._app.warn("nobody has watched this before, so this watch begins now")
        else:
            self._app.say(f"going on where the watch stopped {render.stopped(page.saved_at, now=self._clock.now())}")
        return page

    def _keep(self) -> None:
        """Keep how far it has come, unless it has not even begun."""
        if not self._rounds or not (self._trail.read_at or self._shown):
            return
        try:
            self._notebook.write(self._memory, self._trail, now=self._clock.now())
        except (OSError, sqlite3.Error) as error:
            self._app.say(f"how far this watch has come could not be kept for --since last: {error}")


def _new_page(query: Query, clock: Clock) -> Page:
    now = clock.now()
    return Page(Memory(begin=query.since or now), Trail(late_at=now), now)


def _connections(app: App) -> Callable[[], Connection]:
    """AWS; each time but the first it is opened anew, with the credentials that there are then."""
    app.common = replace(app.common, timeout=app.common.timeout or _ANSWER_SECONDS)
    opened: list[Connection] = []

    def connect() -> Connection:
        from secguard.cli.seam import connect as connect_anew  # noqa: PLC0415 - boto3

        opened.append(connect_anew(app.common, app.config, app.registry) if opened else app.connection())
        return opened[-1]

    return connect


def _errand(finding: Finding, change: Change) -> Errand:
    record = render.record(finding, change)
    said = {
        "FINDING_ID": finding.id,
        "SHORT_ID": finding.short_id,
        "CHANGE": str(change),
        "SEVERITY": finding.severity.name,
        "PRIORITY": str(finding.priority),
        "ACCOUNT": finding.account,
        "REGION": finding.region,
        "TITLE": finding.title,
        "TYPE": finding.types[0] if finding.types else "",
        "RESOURCE": finding.resources[0].id if finding.resources else "",
    }
    variables = {f"SECGUARD_{name}": sanitize.line(text) for name, text in said.items()}
    return Errand(name=finding.short_id, stdin=msgspec.json.encode(record) + b"\n", variables=variables)


def _grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    groups: defaultdict[K, list[T]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups
