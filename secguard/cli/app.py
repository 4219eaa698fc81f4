"""What a command can reach: the configuration, AWS, the journal, stdout and stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from secguard.cli.options import Common
from secguard.cli.talk import Talk, discard, without_padding
from secguard.errors import Exit, SecguardError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from secguard.aws.connection import Connection
    from secguard.config import Config
    from secguard.engine.journal import Journal
    from secguard.engine.setting import Registry
    from secguard.model import Unreached


class App:
    """What a command can reach. Everything that costs time is made when first asked for."""

    def __init__(self, common: Common, talk: Talk) -> None:
        self.common = common
        self.talk = talk
        self.code = Exit.OK
        """What the command leaves with when it comes to its end, or when nobody reads its answer any more."""

    @property
    def regions(self) -> tuple[str, ...]:
        """The Regions named; empty when none was."""
        return self.common.regions

    @property
    def all_regions(self) -> bool:
        """Whether every enabled Region is meant."""
        return self.common.all_regions

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts named; empty when none was."""
        return self.common.accounts

    @property
    def all_accounts(self) -> bool:
        """Whether every account of the organization is meant."""
        return self.common.all_accounts

    @property
    def output(self) -> str | None:
        """The format asked for, None when none was: a table."""
        return self.common.output

    @property
    def quiet(self) -> bool:
        """Whether only what must be known is said."""
        return self.talk.quiet

    @property
    def verbose(self) -> bool:
        """Whether more is said."""
        return self.talk.verbose

    @cached_property
    def config(self) -> Config:
        """The configuration that holds. Raises ConfigError."""
        from secguard import config  # noqa: PLC0415

        location = config.locate(self.common.config)
        if location.ignored:
            self.warn(location.ignored)
        return config.read(location.file) if location.file else config.Config()

    @cached_property
    def state_dir(self) -> Path:
        """Where the journal, the index of short ids and caches are; it exists, for this user alone."""
        import platformdirs  # noqa: PLC0415

        named = os.environ.get("SECGUARD_STATE_DIR")
        folder = Path(named).expanduser() if named else Path(platformdirs.user_state_dir("secguard"))
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SecguardError(f"the state folder can't be made: {error}", advice="set SECGUARD_STATE_DIR") from error
        return folder

    @cached_property
    def registry(self) -> Registry:
        """Every setting secguard knows."""
        from secguard.settings import registry  # noqa: PLC0415

        return registry()

    @cached_property
    def _connection(self) -> Connection:
        from secguard.cli.seam import connect  # noqa: PLC0415 - boto3

        connection = connect(self.common, self.config, self.registry)
        if connection.endpoint is not None:
            self.warn(f"endpoint: {connection.endpoint}, not AWS")
        return connection

    def connection(self) -> Connection:
        """AWS, as the options and the configuration say. Raises NoCredentials."""
        return self._connection

    @cached_property
    def _journal(self) -> Journal:
        from secguard.engine.journal import Journal  # noqa: PLC0415

        return Journal(self.state_dir)

    def journal(self) -> Journal:
        """What was done, and what may have been."""
        return self._journal

    @cached_property
    def console(self) -> Console:
        """The terminal on stderr, for what is redrawn."""
        from secguard.render.screen import talk_console  # noqa: PLC0415

        return talk_console()

    def say(self, text: str) -> None:
        """Tell how it goes, on stderr; not under -q."""
        self.talk.say(text)

    def warn(self, text: str) -> None:
        """Tell what must be known, on stderr; also under -q."""
        self.talk.warn(text)

    def incomplete(self, unreached: Iterable[Unreached]) -> None:
        """Name every place that could not be looked at."""
        for place in unreached:
            self.warn(f"incomplete: {place}")

    def answer(self, answer: str | bytes) -> None:
        """Write the answer, or a part of it, to stdout; a text gets its last line's end.

        When nobody reads it any more, the command ends here, quietly.
        """
        if isinstance(answer, bytes):
            self.finish()
            with self._until_nobody_reads():
                sys.stdout.buffer.write(answer)
                sys.stdout.buffer.flush()
        else:
            self.stream([answer if answer.endswith("\n") else f"{answer}\n"])

    def stream(self, parts: Iterable[str]) -> None:
        """Write the parts of an answer as they come, with the line ends that they have."""
        for part in parts:
            with self._until_nobody_reads():
                sys.stdout.write(part)

    def finish(self) -> None:
        """Let everything that was answered be read."""
        with self._until_nobody_reads():
            sys.stdout.flush()

    def show(self, view: RenderableType) -> None:
        """Answer with something drawn, as wide as the terminal."""
        from secguard.render.screen import answer_console  # noqa: PLC0415

        console = answer_console()
        with console.capture() as drawn:
            console.print(view)
        self.answer(without_padding(drawn.get()))

    @contextmanager
    def _until_nobody_reads(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            discard(sys.stdout)
            self.exit(self.code)
        except OSError as error:
            discard(sys.stdout)
            raise SecguardError(
                f"the answer could not be written: {error.strerror}", advice="write it where there is room"
            ) from error

    def exit(self, code: int) -> NoReturn:
        """Leave with an exit code."""
        raise click.exceptions.Exit(int(code))
