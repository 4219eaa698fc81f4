"""Playbooks as a table, in full, and as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from secguard.playbooks.model import Answers, Playbook, Step
from secguard.render.sanitize import line


def playbook_record(playbook: Playbook) -> dict[str, Any]:
    """What other programs read of a playbook."""
    return {
        "name": playbook.name,
        "title": playbook.title,
        "about": playbook.about.strip(),
        "answers": [
            {"types": list(each.types), "controls": list(each.controls), "when": each.when, "fit": each.fit}
            for each in playbook.answers
        ],
        "target": playbook.target.what,
        "params": {name: param.about for name, param in playbook.params.items()},
        "steps": [{"name": name, "setting": step.setting} for name, step in playbook.steps.items()],
        "notes": list(playbook.notes),
        "file": playbook.file,
    }


def playbook_table(playbooks: Iterable[Playbook]) -> Table:
    """One line for each playbook."""
    table = Table(box=None, pad_edge=False, header_style="heading", padding=(0, 2, 0, 0))
    table.add_column("playbook", no_wrap=True)
    table.add_column("for", no_wrap=True)
    table.add_column("does", overflow="fold")
    for playbook in playbooks:
        table.add_row(
            Text(line(playbook.name), style="id"), Text(line(playbook.target.what)), Text(line(playbook.title))
        )
    return table


def playbook_view(playbook: Playbook) -> RenderableType:
    """One playbook in full: what it answers, what it sets, what to know about it."""
    parts: list[RenderableType] = [
        Text.assemble((line(playbook.name), "id"), "  ", (line(playbook.title), "heading")),
        Text(),
        Text(line(playbook.about.strip())),
        *_section("Answers", map(_answer, sorted(playbook.answers, key=lambda each: -each.fit))),
        *_section("Sets", (_step(name, step) for name, step in playbook.steps.items())),
        *_section("Takes", (f"--param {name}=…  {param.about}" for name, param in playbook.params.items())),
        *_section("Refused", (f"{each.rule}: when {each.when}" for each in playbook.refuses)),
        *_section("To know", playbook.notes),
        Text(),
        Text(line(playbook.file), style="quiet"),
    ]
    return Group(*parts)


def _section(title: str, texts: Iterable[str]) -> Iterator[RenderableType]:
    shown = list(texts)
    if shown:
        yield Text(f"\n{title}", style="heading")
        yield from (Padding(Text(line(text)), (0, 0, 0, 2), expand=False) for text in shown)


def _answer(answers: Answers) -> str:
    named = ", ".join((*answers.types, *answers.controls))
    return f"{answers.fit:>3}  {named}" + (f"  (when {answers.when})" if answers.when else "")


def _step(name: str, step: Step) -> str:
    repeated = f", for each of {step.for_each}" if step.for_each else ""
    condition = f", when {step.when}" if step.when else ""
    return f"{name}: {step.setting}{repeated}{condition}"
