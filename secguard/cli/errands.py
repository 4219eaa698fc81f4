"""Run the operator's own command for each finding, one after the other, while the command line goes on.

What a finding says never passes through a shell: the command gets it on stdin and in its environment.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shlex
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from secguard.errors import UsageError

_STDERR = 2
"""Where the command's own output goes: stdout is the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One run of the command."""

    name: str
    """By which it is named when it fails."""
    stdin: bytes
    variables: Mapping[str, str]


def parse_command(text: str) -> list[str]:
    """The words of a command, as a shell would split them. Raises UsageError."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"--exec {text!r} can't be read: {error}") from error
    if not words or shutil.which(words[0]) is None:
        raise UsageError(
            f"--exec {text!r}: there is no such command",
            advice="it is run without a shell; where one is needed, write: --exec 'sh -c \"…\"'",
        )
    return words


class Errands:
    """A line of errands, and the thread that runs them. `tell` hears of those that failed, from that thread."""

    def __init__(self, words: list[str], *, limit: float, tell: Callable[[str], None]) -> None:
        self._words = words
        self._limit = limit
        self._tell = tell
        self._line: queue.Queue[Errand | None] = queue.Queue()
        self._running: subprocess.Popen[bytes] | None = None
        self._left = False
        self._worker = threading.Thread(target=self._work, name="errands", daemon=True)
        self._worker.start()

    def send(self, errand: Errand) -> None:
        """Run it when those before it are done."""
        self._line.put(errand)

    def finish(self) -> None:
        """Wait until all have been run."""
        self._line.put(None)
        self._worker.join()

    def leave(self, *, grace: float) -> list[str]:
        """Begin no more, and give the one that runs so many seconds. Gives the names of those that were not run."""
        self._left = True
        waiting = [errand.name for errand in self._drained() if errand is not None]
        self._line.put(None)
        self._worker.join(grace)
        if self._worker.is_alive():
            self._kill()
        return waiting

    def _drained(self) -> list[Errand | None]:
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._line.get_nowait())
        return found

    def _work(self) -> None:
        while (errand := self._line.get()) is not None:
            problem = self._problem(errand)
            if problem is not None:
                self._tell(f"--exec for {errand.name}: {problem}")

    def _problem(self, errand: Errand) -> str | None:
        """Run it. Gives what went wrong."""
        try:
            self._running = process = subprocess.Popen(  # noqa: S603 - it is what the operator typed, without a shell
                self._words,
                stdin=subprocess.PIPE,
                stdout=_STDERR,
                env={**os.environ, **errand.variables},
                start_new_session=True,  # Ctrl-C is for the watch; what the command began is ended with it
            )
        except OSError as error:
            return f"it can't be run: {error.strerror}"
        try:
            process.communicate(errand.stdin, timeout=self._limit)
        except subprocess.TimeoutExpired:
            self._kill()
            process.wait()
            return f"stopped after {self._limit:g} s"
        return _ended(process.returncode)

    def _kill(self) -> None:
        process = self._running
        if process is not None and process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _ended(code: int) -> str | None:
    if code == 0:
        return None
    return f"exit code {code}" if code > 0 else f"ended by signal {-code}"
