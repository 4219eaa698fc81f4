"""Single keys from a terminal, pressed as fast as one likes: none is lost while something else is done."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager

_ESCAPE = b"\x1b"
_BRACKETS = (b"[", b"O")
_ALONG_SECONDS = 0.02
"""Within this, the signs of one key have come; nobody presses two so fast."""


class Keyboard:
    """The terminal that stdin is."""

    def __init__(self) -> None:
        self._descriptor = sys.stdin.fileno()
        self._usual = termios.tcgetattr(self._descriptor)

    @contextmanager
    def by_keys(self) -> Iterator[None]:
        """Take every key as it is pressed, and show none, until the block is left. Ctrl-C still interrupts."""
        tty.setcbreak(self._descriptor, termios.TCSADRAIN)
        try:
            yield
        finally:
            self._as_usual()

    def key(self) -> str:
        """The next key; empty when the terminal is gone. An arrow, or another key that sends several signs, is ESC."""
        sign = os.read(self._descriptor, 1)
        if sign == _ESCAPE:
            self._skip_sequence()
        return sign.decode(errors="replace")

    def _skip_sequence(self) -> None:
        """Take what came along with an escape: one sign, or after a bracket all to the letter or tilde that ends it."""
        sign = self._waiting()
        if sign in _BRACKETS:
            while (sign := self._waiting()) and sign < b"@":
                continue

    def _waiting(self) -> bytes:
        ready, _, _ = select.select([self._descriptor], [], [], _ALONG_SECONDS)
        return os.read(self._descriptor, 1) if ready else b""

    def line(self, prompt: str) -> str:
        """A line that is typed after a prompt, with the terminal's own editing."""
        self._as_usual()
        try:
            sys.stderr.write(prompt)
            sys.stderr.flush()
            return sys.stdin.readline().strip()
        finally:
            tty.setcbreak(self._descriptor, termios.TCSADRAIN)

    def _as_usual(self) -> None:
        termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._usual)
