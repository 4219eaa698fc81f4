"""One writer at a time: locks that the operating system lets go of when their process dies."""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from secguard.errors import Refused


class Busy(Refused):
    """Another process of this operator works on the same thing."""

    advice = "wait until it has ended, then repeat"


@contextmanager
def hold_file(path: Path, what: str) -> Iterator[None]:
    """Hold `path` until the block ends. Raises Busy when another process has it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(f"{what} is being worked on by another process") from error
        yield


def is_held(path: Path) -> bool:
    """Whether some live process holds `path`."""
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


class FileLocks:
    """A lock per document, across the threads of this process and the processes of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "locks"
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @contextmanager
    def hold(self, document: str) -> Iterator[None]:
        """Hold `document`; waits for whoever has it."""
        name = hashlib.sha256(document.encode()).hexdigest()[:32]
        descriptor = os.open(self._folder / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # per open file, so it holds between threads too
            yield
        finally:
            os.close(descriptor)


class ThreadLocks:
    """A lock per document within this process, where there is no disk to share."""

    def __init__(self) -> None:
        self._locks: dict[str, threading.Lock] = {}
        self._making = threading.Lock()

    @contextmanager
    def hold(self, document: str) -> Iterator[None]:
        """Hold `document`; waits for the thread that has it."""
        with self._making:
            lock = self._locks.setdefault(document, threading.Lock())
        with lock:
            yield
