"""`secguard sandbox`: a local AWS, started, stopped and pointed at."""

from __future__ import annotations

import os

import click

from secguard.cli.frame import App, command, group
from secguard.errors import UsageError
from secguard.render.formats import json_object
from secguard.sandbox.environment import applied, environment, export_lines
from secguard.sandbox.lifecycle import Sandbox, running
from secguard.sandbox.lifecycle import start as start_sandbox
from secguard.sandbox.lifecycle import stop as stop_sandbox


@command("start", example='secguard sandbox start && eval "$(secguard sandbox env)"', aws=False)
@click.option("--port", type=click.IntRange(1, 65535), help="The port on loopback; by default the last one, or any.")
@click.option("--seed", type=click.Choice(["breach", "empty"]), default="breach", help="What it holds.")
@click.option("--foreground", is_flag=True, help="Stay until Ctrl-C.")
def start(app: App, *, port: int | None, seed: str, foreground: bool) -> None:
    """Start a local AWS, and return when it answers."""
    found = start_sandbox(port=port, seed=seed, foreground=foreground, announce=lambda sandbox: _tell(app, sandbox))
    if foreground and not found.was_running:
        return
    if found.was_running and found.seed != seed:
        raise UsageError(
            f"a sandbox with the seed {found.seed} is running", advice="secguard sandbox stop, then start again"
        )
    _tell(app, found)


@command("stop", example="secguard sandbox stop", aws=False, outputs=())
def stop(app: App) -> None:
    """Stop the local AWS. What is in it is gone."""
    app.say("the sandbox is stopped" if stop_sandbox() else "no sandbox was running")


@command("env", example='eval "$(secguard sandbox env)"', aws=False)
def env(app: App) -> None:
    """Print what points a shell, and every AWS client in it, at the local AWS."""
    variables = environment(_running())
    app.answer(json_object(variables) if app.output == "json" else export_lines(variables))


@command("exec", example="secguard sandbox exec -- aws sts get-caller-identity", aws=False, outputs=())
@click.argument("words", metavar="COMMAND...", nargs=-1, required=True, type=click.UNPROCESSED)
def execute(app: App, words: tuple[str, ...]) -> None:
    """Run one command against the local AWS."""
    variables = applied(environment(_running()), to=os.environ)
    app.finish()
    try:
        os.execvpe(words[0], words, variables)  # noqa: S606 - it is what the operator typed
    except OSError as error:
        raise UsageError(f"{words[0]} can't be run: {error.strerror}") from error


sandbox = group("sandbox", "A local AWS to try things on.", start, stop, env, execute)


def _running() -> Sandbox:
    found = running()
    if found is None:
        raise UsageError("no sandbox is running", advice="secguard sandbox start")
    return found


def _tell(app: App, found: Sandbox) -> None:
    if app.output == "json":
        known = {"endpoint": found.endpoint, "port": found.port, "pid": found.pid, "seed": found.seed}
        app.answer(json_object({**known, "log": str(found.log), "was_running": found.was_running}))
    else:
        app.answer(f"a local AWS is at {found.endpoint}" + (", as before" if found.was_running else ""))
        app.say('point this shell at it: eval "$(secguard sandbox env)"')
    app.finish()
