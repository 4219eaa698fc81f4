"""`secguard config`: make, show and check the configuration."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import click
import msgspec
import yaml

from secguard.cli.frame import App, command, group
from secguard.config import locate, read, user_file
from secguard.errors import InputError, UsageError
from secguard.render.formats import json_object
from secguard.whole_file import write_whole


@command("init", example="secguard config init ./secguard.yaml", aws=False, outputs=())
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def init(app: App, file: Path | None) -> None:
    """Write a configuration that shows every key with its default.

    FILE is the user's own configuration, unless given.
    """
    target = file or user_file()
    if target.exists():
        raise UsageError(f"{target} exists already", advice=f"look at it: secguard config check {target}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, resources.files("secguard").joinpath("config.example.yaml").read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{target} can't be written: {error.strerror}") from error
    app.say(f"the configuration is in {target}")


@command("show", example="secguard config show -o json", aws=False, outputs=("yaml", "json"))
def show(app: App) -> None:
    """Show the configuration that holds, defaults included."""
    app.say(f"# from {locate(app.common.config).file or 'the defaults; no file says otherwise'}")
    settings = msgspec.to_builtins(app.config)
    app.answer(json_object(settings) if app.output == "json" else yaml.safe_dump(settings, sort_keys=False))


@command("check", example="secguard config check ./secguard.yaml", aws=False, outputs=())
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def check(app: App, file: Path | None) -> None:
    """Say whether a configuration can be used, and if not, where and why.

    FILE is the one that would be read, unless given.
    """
    found = file or locate(app.common.config).file
    if found is None:
        app.say("there is no configuration file; every key has its default")
        return
    read(found)
    app.say(f"{found} can be used")


config = group("config", "Make, show and check the configuration.", init, show, check)
