"""A plan before and after it was applied, on a screen and in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from secguard.engine.change import Change, Kind, Outcome, Plan, Status, Undo
from secguard.model import Place
from secguard.render.calls import one_line, shown_calls
from secguard.render.formats import markdown_table
from secguard.render.sanitize import line
from secguard.render.sanitize import markdown as markdown_text

MANY_CHANGES = 24
"""From here on, Regions in which the same happens are told together, unless everything is asked for."""

_STYLES = {
    Status.PLANNED: "quiet",
    Status.APPLIED: "doubt",
    Status.VERIFIED: "good",
    Status.PENDING: "doubt",
    Status.FAILED: "bad",
    Status.SKIPPED: "doubt",
    Status.DRIFTED: "bad",
    Status.GONE: "doubt",
    Status.UNDONE: "quiet",
}


def plan_view(plan: Plan, *, verbose: bool = False) -> RenderableType:
    """What would be done: each change with its calls and how it can be undone, what was refused, what was not seen."""
    parts: list[RenderableType] = [Text(_headline(plan), style="heading")]
    if verbose or len(plan.changes) < MANY_CHANGES:
        for place, changes in _by_place(plan.changes).items():
            parts += [Text(), Text(str(place), style="heading"), *_changes(changes)]
    else:
        parts += _together(plan)
    return Group(*parts, *_besides(plan, verbose=verbose))


def result_view(plan: Plan, *, verbose: bool = False) -> RenderableType:
    """What was done: how far each change has come, and why not further. Of many, only those that did not succeed."""
    shown = plan.changes
    if not verbose and len(shown) >= MANY_CHANGES:
        shown = tuple(change for change in shown if change.status not in {Status.VERIFIED, Status.UNDONE})
    parts: list[RenderableType] = [Text(outcome_line(plan), style="heading")]
    if shown:
        parts += [Text(), _results(shown)]
    return Group(*parts, *_besides(plan, verbose=verbose))


def outcome_line(plan: Plan) -> str:
    """`run 4f1c…: done, 3 verified`."""
    if plan.run_id is None:
        return _headline(plan)
    outcome = plan.outcome or Outcome.RUNNING
    return ", ".join([f"run {plan.run_id}: {outcome.replace('_', ' ')}", *counts(plan.changes)])


def counts(changes: Iterable[Change]) -> list[str]:
    """How many changes there are of each status: `3 verified`."""
    statuses = [change.status for change in changes]
    return [f"{statuses.count(status)} {status}" for status in Status if status in statuses]


def plan_markdown(plan: Plan) -> Iterator[str]:
    """A plan, or what became of it, as a Markdown section with a table of its changes."""
    yield f"# {markdown_text(plan.command)}\n\n{markdown_text(outcome_line(plan))}\n\n"
    headings = ("#", "Account", "Region", "Change", "Calls", "Undo", "Status")
    rows = (
        (
            c.n,
            c.account,
            c.region,
            f"{c.target}: {c.summary}",
            "; ".join(map(one_line, shown_calls(c))),
            c.undo,
            _fate(c),
        )
        for c in plan.changes
    )
    yield from markdown_table(rows, headings=headings)
    for title, lines in _lists(plan):
        yield f"\n## {title}\n\n" + "".join(f"- {markdown_text(text)}\n" for text in lines)


def _headline(plan: Plan) -> str:
    if not plan.changes:
        return "nothing to do" if not plan.refused and not plan.unreached else "nothing can be done"
    regions = {change.region for change in plan.changes}
    accounts = sorted({change.account for change in plan.changes})
    where = next(iter(regions)) if len(regions) == 1 else f"{len(regions)} Regions"
    who = f"account {accounts[0]}" if len(accounts) == 1 else f"{len(accounts)} accounts"
    return f"{_count(len(plan.changes), 'change')} in {who}, {where}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _by_place(changes: Iterable[Change]) -> dict[Place, list[Change]]:
    places: dict[Place, list[Change]] = {}
    for change in changes:
        places.setdefault(change.place, []).append(change)
    return places


def _changes(changes: Iterable[Change]) -> Iterator[RenderableType]:
    for change in changes:
        what = Text.assemble((line(change.target), "heading"), f": {line(change.summary)}")
        remarks = [Text(line(remark), style="doubt") for remark in _remarks(change)]
        calls = [Text(one_line(call), style="quiet") for call in shown_calls(change)]
        row = Table.grid(padding=(0, 2, 0, 0))
        row.add_column(width=4, justify="right", style="id")
        row.add_column(overflow="fold")
        row.add_row(str(change.n), Group(what, *remarks, *calls))
        yield row


def _remarks(change: Change) -> Iterator[str]:
    """What is not as one would expect of a change: that it is not a setting, that undoing it is not exact."""
    if change.needs:
        yield f"after {', '.join(str(n) for n in change.needs)}"
    if change.note:
        yield change.note
    match change.undo:
        case Undo.NEAREST:
            yield f"undo comes near: {change.undo_note}" if change.undo_note else "undo comes near"
        case Undo.NONE if change.kind is not Kind.BOOKKEEPING:
            yield f"no undo: {change.undo_note}" if change.undo_note else "no undo"
        case _:
            return


def _together(plan: Plan) -> Iterator[RenderableType]:
    """Places in which the same would happen, told once."""
    alike: dict[tuple[str, ...], list[Place]] = {}
    for place, changes in _by_place(plan.changes).items():
        alike.setdefault(tuple(_without_place(change) for change in changes), []).append(place)
    for texts, places in alike.items():
        yield Text()
        yield Text(_places(places), style="heading")
        listed = Table.grid(padding=(0, 1, 0, 0))
        listed.add_column(width=3, justify="right")
        listed.add_column(overflow="fold")
        for text, count in Counter(texts).items():
            listed.add_row("-", Text(_times(text, count)))
        yield listed
    yield Text()
    yield Text("every change with its calls: -v, or -o commands", style="quiet")


def _times(text: str, count: int) -> str:
    return text if count == 1 else f"{count} times: {text}"


def _without_place(change: Change) -> str:
    operations = ", ".join(dict.fromkeys(f"{call.service}:{call.operation}" for call in change.calls))
    return line(f"{change.summary} ({operations})" if operations else change.summary)


def _places(places: Sequence[Place]) -> str:
    by_account: dict[str, list[str]] = {}
    for place in places:
        by_account.setdefault(place.account, []).append(place.region)
    return "; ".join(f"{account}: {', '.join(regions)}" for account, regions in by_account.items())


def _results(changes: Iterable[Change]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="heading", padding=(0, 2, 0, 0))
    for heading in ("#", "region", "status"):
        table.add_column(heading, no_wrap=True)
    table.add_column("change", overflow="fold")
    for change in changes:
        fate = Text(change.status.value, style=_STYLES[change.status])
        what = Text(line(f"{change.target}: {change.summary}"))
        if change.error or change.note:
            what.append(f"\n{line(change.error or change.note or '')}", style="bad" if change.error else "quiet")
        table.add_row(str(change.n), change.region, fate, what)
    return table


def _fate(change: Change) -> str:
    return f"{change.status}: {change.error}" if change.error else change.status.value


def _besides(plan: Plan, *, verbose: bool) -> Iterator[RenderableType]:
    many = max(len(plan.changes), len(plan.already)) >= MANY_CHANGES
    for title, lines in _lists(plan):
        if title == "Already so" and many and not verbose:
            yield Text("\nalready so: what else was asked for; -v names it", style="quiet")
            continue
        yield Text(f"\n{title}", style="heading")
        yield from (Padding(Text(line(text)), (0, 0, 0, 2), expand=False) for text in lines)


def _lists(plan: Plan) -> Iterator[tuple[str, list[str]]]:
    """What a plan holds besides changes, where there is any."""
    lists = {
        "Refused": [f"{refusal.what}: {refusal.why} ({refusal.rule})" for refusal in plan.refused],
        "Not looked at": [str(unreached) for unreached in plan.unreached],
        "Not to be had there": list(plan.unsupported),
        "Already so": list(plan.already),
    }
    return ((title, lines) for title, lines in lists.items() if lines)
