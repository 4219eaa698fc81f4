"""What is said on stderr while a command works: plain lines, or JSON lines for a log."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from secguard.errors import AwsError, SecguardError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A voice on stderr. A stderr that is closed, or has no room, never stops the work."""

    quiet: bool = False
    verbose: bool = False
    debug: bool = False
    as_json: bool = False

    @property
    def live(self) -> bool:
        """Whether lines may be redrawn: somebody is looking, and nothing parses what is written."""
        return sys.stderr.isatty() and not self.as_json and not self.quiet

    def say(self, text: str) -> None:
        """Tell how it goes; not under -q."""
        if not self.quiet:
            self._write("info", text)

    def warn(self, text: str) -> None:
        """Tell what must be known; also under -q."""
        self._write("warning", text)

    def log(self, level: str, text: str) -> None:
        """Pass on a line of the log; that it is loud enough was decided before."""
        self._write(level, text)

    def progress(self, text: str) -> None:
        """Tell how far it is, on a line that whatever is told next overwrites; only where somebody looks."""
        if self.live:
            self._put(f"\x1b[K{text}\r")

    def bell(self) -> None:
        """Ring; only where somebody is."""
        if self.live:
            self._put("\a")

    def fail(self, error: SecguardError) -> None:
        """Tell what went wrong, and the next step."""
        extra = {"advice": error.advice} if error.advice else {}
        if self.debug and isinstance(error, AwsError) and error.request_id:
            extra["request_id"] = error.request_id
        if self.as_json:
            self._write("error", str(error), **extra)
            return
        names = {"advice": "next", "request_id": "request id"}
        self._write("error", "\n".join([f"error: {error}", *(f"{names[key]}: {text}" for key, text in extra.items())]))

    def draw(self, console: Console, view: RenderableType) -> None:
        """Show something drawn for `console`, which is stderr's."""
        with _going_on():
            with console.capture() as drawn:
                console.print(view)
            self._put(without_padding(drawn.get()))

    def _write(self, level: str, text: str, **extra: str) -> None:
        self._put(_json_line(level, text, extra) if self.as_json else _harmless(text))

    def _put(self, text: str) -> None:
        with _going_on():
            sys.stderr.write(text)
            sys.stderr.flush()


@contextmanager
def _going_on() -> Iterator[None]:
    """Whoever listened has left, or their disk is full: what is being changed must still be brought to its end."""
    try:
        yield
    except OSError:
        discard(sys.stderr)


def without_padding(drawn: str) -> str:
    """What was drawn, without the spaces that fill up its lines."""
    return re.sub(r" +$", "", drawn, flags=re.MULTILINE)


def discard(stream: TextIO) -> None:
    """Give what is still buffered, and what comes, to nobody, so that leaving is quiet."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _json_line(level: str, text: str, extra: dict[str, str]) -> str:
    from datetime import UTC, datetime  # noqa: PLC0415

    from secguard.model import timestamp  # noqa: PLC0415

    record = {"time": timestamp(datetime.now(UTC)), "level": level, "message": text, **extra}
    return json.dumps(record) + "\n"


def _harmless(text: str) -> str:
    from secguard.render.sanitize import block  # noqa: PLC0415

    return block(text) + "\n"
