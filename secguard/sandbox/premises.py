"""The sandbox's folder: its files, and the lock that is held for as long as it lives."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from platformdirs import user_state_path

LOG_TAIL_LINES = 20
EMPTY_FILES = ("aws-config", "aws-credentials")
"""So that no client reads the user's own."""


def folder(given: Path | None) -> Path:
    """Where the sandbox lives: the folder given, else $SECGUARD_SANDBOX_DIR, else the platform's place for state."""
    if given is not None:
        return given.absolute()
    chosen = os.environ.get("SECGUARD_SANDBOX_DIR")
    return Path(chosen).absolute() if chosen else user_state_path("secguard") / "sandbox"


def prepared(given: Path | None) -> Path:
    """The folder, made if need be, and for its owner only."""
    directory = folder(given)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    for name in EMPTY_FILES:
        (directory / name).touch(mode=0o600)
    return directory


def open_lock(directory: Path) -> IO[str]:
    """The lock file. Whoever inherits it open inherits the lock."""
    return (directory / "lock").open("a")


def take(lock: IO[str]) -> bool:
    """Take the lock. False if another process has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(directory: Path) -> bool:
    """Whether a sandbox lives here, be it that it is only starting."""
    try:
        with open_lock(directory) as lock:
            return not take(lock)
    except FileNotFoundError:
        return False


def write_whole(file: Path, text: str) -> None:
    """Write a file so that nobody ever reads half of it."""
    fresh = file.with_name(file.name + ".new")
    fresh.write_text(text)
    fresh.replace(file)


def tail(log: Path) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])
