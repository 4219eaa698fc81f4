"""`secguard playbooks`: the catalogue of answers to findings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from secguard.cli.frame import App, command, group

if TYPE_CHECKING:
    from secguard.playbooks.catalogue import Catalogue


def catalogue(app: App) -> Catalogue:
    """The playbooks that come with secguard and those in the configured folders. Raises ConfigError."""
    from secguard.playbooks.catalogue import Catalogue  # noqa: PLC0415

    return Catalogue.load(app.config.playbooks.folders, app.registry)


@command("list", example="secguard playbooks list", aws=False)
def list_playbooks(app: App) -> None:
    """List the playbooks there are."""
    from secguard.render.formats import json_array  # noqa: PLC0415
    from secguard.render.playbooks import playbook_record, playbook_table  # noqa: PLC0415

    playbooks = sorted(catalogue(app), key=lambda playbook: playbook.name)
    if app.output == "json":
        app.stream(json_array(map(playbook_record, playbooks)))
    else:
        app.show(playbook_table(playbooks))


@command("show", example="secguard playbooks show block-ip", aws=False)
@click.argument("name")
def show_playbook(app: App, name: str) -> None:
    """Show one playbook in full: what it answers, what it sets, what to know about it."""
    from secguard.render.formats import json_object  # noqa: PLC0415
    from secguard.render.playbooks import playbook_record, playbook_view  # noqa: PLC0415

    playbook = catalogue(app)[name]
    if app.output == "json":
        app.answer(json_object(playbook_record(playbook)))
    else:
        app.show(playbook_view(playbook))


@command("check", example="secguard playbooks check mine.yaml", aws=False, outputs=())
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
def check_playbooks(app: App, files: tuple[Path, ...]) -> None:
    """Check playbooks of your own, without asking AWS anything."""
    from secguard.playbooks.catalogue import BUILT_IN, Catalogue  # noqa: PLC0415
    from secguard.playbooks.reader import read  # noqa: PLC0415

    built_in = list(Catalogue.load((), app.registry)) if BUILT_IN not in {file.parent for file in files} else []
    checked = [read(file, app.registry) for file in files]
    Catalogue([*built_in, *checked])
    for playbook in checked:
        app.say(f"{playbook.file}: {playbook.name} is fine")


playbooks = group("playbooks", "The catalogue of answers to findings.", list_playbooks, show_playbook, check_playbooks)
