"""secguard's own log, said on stderr as loud as was asked for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from secguard.cli.talk import Talk


def listen(talk: Talk) -> None:
    """Let the log through: debug, with --debug; info, with -v; else what must be known."""
    log = logging.getLogger("secguard")
    log.handlers = [_Handler(talk)]
    log.propagate = False
    log.setLevel(logging.DEBUG if talk.debug else logging.INFO if talk.verbose else logging.WARNING)


class _Handler(logging.Handler):
    """Log records, said."""

    def __init__(self, talk: Talk) -> None:
        super().__init__()
        self._talk = talk

    def emit(self, record: logging.LogRecord) -> None:
        """Say one record."""
        self._talk.log(record.levelname.lower(), record.getMessage())
