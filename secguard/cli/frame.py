"""What every command stands in: its common options, what it can reach, its errors.

A command is a function whose first argument is the App; `@command` gives it a name, the common options that make sense
for it, and a `--help` that ends with a real example. `@plan_options` adds what commands that change things take.
"""

from __future__ import annotations

import errno
import importlib
import inspect
import io
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import click

from secguard import __version__
from secguard.cli import COMMANDS
from secguard.cli.app import App
from secguard.cli.options import COMMON_NAMES, Common, Duration, PlanOptions, common_options, plan_options
from secguard.cli.talk import Talk, discard
from secguard.errors import Exit, SecguardError, UsageError

__all__ = ["App", "Common", "Duration", "PlanOptions", "command", "group", "main", "plan_options", "root"]

EVERY_OUTPUT = ("table", "json", "jsonl", "csv", "markdown", "ids", "asff", "commands", "yaml")
_TALK = "secguard.talk"
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class _Command(click.Command):
    """A command whose help tells its own options from the common ones."""

    def __init__(
        self, name: str, *, own: Sequence[click.Parameter], common: Sequence[click.Parameter], **more: Any
    ) -> None:
        super().__init__(name, params=[*own, *common], **more)
        self._common = {option.name for option in common}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write both lists."""
        records = [(param.name, param.get_help_record(ctx)) for param in self.get_params(ctx)]
        for title, common in (("Options", False), ("Common options", True)):
            rows = [record for name, record in records if record and record[1] and (name in self._common) is common]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def command(
    name: str, *, example: str, aws: bool = True, places: bool | None = None, outputs: Sequence[str] = ("table", "json")
) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a command of a function that takes the App first. Its docstring is its help.

    `aws`: it talks to AWS. `places`: it selects Regions and accounts (as `aws` unless said). `outputs`: the formats it
    knows, the default first; none means that it has no --output.
    """

    def made(function: Callable[..., Any]) -> click.Command:
        common = common_options(aws=aws, places=aws if places is None else places, outputs=outputs)
        own: list[click.Parameter] = list(reversed(getattr(function, "__click_params__", [])))
        return _Command(
            name,
            callback=_with_app(function, outputs),
            own=own,
            common=common,
            help=inspect.getdoc(function),
            epilog=f"\b\nExample:\n  {example}",
        )

    return made


def group(name: str, summary: str, *commands: click.Command) -> click.Group:
    """Make a command of commands: `playbooks list`, `playbooks show`."""
    return click.Group(
        name, help=summary, commands={each.name or "": each for each in commands}, epilog=_first_example(commands)
    )


def _first_example(commands: Sequence[click.Command]) -> str | None:
    return commands[0].epilog if commands else None


def _with_app(function: Callable[..., Any], outputs: Sequence[str]) -> Callable[..., Any]:
    @wraps(function)
    def run(**given: Any) -> Any:
        from secguard.cli.log import listen  # noqa: PLC0415 - logging costs more than --help does

        context = click.get_current_context()
        nearer = Common(**{key: given.pop(key) for key in list(given) if key in COMMON_NAMES})
        common = (context.find_object(Common) or Common()).overlaid(nearer)
        talk = Talk(quiet=common.quiet, verbose=common.verbose, debug=common.debug, as_json=common.log_json)
        context.meta[_TALK] = talk
        listen(talk)
        _check(common, outputs)
        app = App(common, talk)
        function(app, **given)
        app.finish()
        app.exit(app.code)

    return run


def _check(common: Common, outputs: Sequence[str]) -> None:
    """Raises UsageError for options that contradict one another, or the command."""
    if common.regions and common.all_regions:
        raise UsageError("--region and --all-regions contradict one another", advice="give one of them")
    if common.accounts and common.all_accounts:
        raise UsageError("--account and --all-accounts contradict one another", advice="give one of them")
    if common.output and outputs and common.output not in outputs:
        raise UsageError(f"--output {common.output}: not for this command", advice=f"one of: {', '.join(outputs)}")


class _Root(click.Group):
    """The command line. A command's module is imported when it is run; until then it is its line in the help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which they are met."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is to be run, and load it."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, load(name) if found and name else None, rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; whatever the operator can act on is said here, once."""
        try:
            return super().invoke(ctx)
        except SecguardError as error:
            talk: Talk = ctx.meta.get(_TALK, Talk())
            talk.fail(error)
            raise click.exceptions.Exit(int(error.exit_code)) from error


def load(name: str) -> click.Command:
    """The command of that name, its module imported."""
    module = importlib.import_module(f"secguard.cli.{name}")
    found: click.Command = getattr(module, name)
    return found


def _remember(**given: Any) -> None:
    click.get_current_context().obj = Common(**given)


def _show_version(ctx: click.Context, param: click.Parameter, asked: bool) -> None:  # noqa: ARG001, FBT001 - click calls it so
    if asked and not ctx.resilient_parsing:
        click.echo(f"secguard {__version__}")
        ctx.exit()


root = _Root(
    "secguard",
    callback=_remember,
    params=[
        *common_options(aws=True, places=True, outputs=EVERY_OUTPUT),
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_version,
            help="Show the version.",
        ),
    ],
    commands={name: click.Command(name, short_help=line) for name, line in COMMANDS.items()},
    help="Cover AWS accounts, see what matters first, contain it safely, and take it back.",
    epilog="\b\nExample:\n  secguard demo",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def main(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code. A bug keeps its traceback."""
    try:
        _take_any_text()
        code = root.main(args=list(arguments), prog_name="secguard", standalone_mode=False)
        sys.stdout.flush()
    except click.Abort:
        return Exit.INTERRUPTED
    except click.ClickException as error:
        return _misused(error)
    except BrokenPipeError:
        discard(sys.stdout)
        return Exit.OK
    except OSError as error:
        return _unwritten(error)
    return code if isinstance(code, int) else Exit.OK


def _misused(error: click.ClickException) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return Exit.USAGE
    context = error.ctx if isinstance(error, click.UsageError) else None
    advice = f"{context.command_path} --help" if context else None
    Talk().fail(UsageError(error.format_message().rstrip("."), advice=advice))
    return Exit.USAGE


def _unwritten(error: OSError) -> int:
    """Say that there is no room for what was written, be it to stdout. Raises any other error."""
    if error.errno not in _NO_ROOM:
        raise error
    discard(sys.stdout)
    advice = "write it where there is room"
    Talk().fail(SecguardError(f"the answer could not be written: {error.strerror}", advice=advice))
    return Exit.NOTHING


def _take_any_text() -> None:
    """Let a terminal that knows fewer letters show an escape instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
