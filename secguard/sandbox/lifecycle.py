"""Start, find and stop the one sandbox of this user. A lock that it holds for life proves that it lives, not a pid."""

from __future__ import annotations

import importlib.util
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from http.client import HTTPException
from pathlib import Path
from threading import Thread
from typing import IO, TYPE_CHECKING, Any

from secguard.errors import SecguardError, UsageError
from secguard.sandbox import premises
from secguard.sandbox.cast import BREACH, SEEDS
from secguard.sandbox.environment import applied, environment, export_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Sandbox", "SandboxFailed", "applied", "environment", "export_lines", "run", "running", "start", "stop"]

LOOPBACK = "127.0.0.1"
SECONDS_TO_ANSWER = 90.0
SECONDS_TO_STOP = 10.0
SECONDS_FOR_A_REQUEST = 5.0
POLL = 0.05

NO_ANSWER = (OSError, HTTPException, ValueError)
"""What comes of asking where nobody answers, or not in JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A sandbox that answers."""

    endpoint: str
    port: int
    pid: int
    seed: str
    token: str
    """What its health path answers with: proof that whoever listens on the port is this sandbox."""
    directory: Path
    """Its files: state, log, lock, empty AWS configuration, secguard's own state."""
    was_running: bool = False
    """Whether `start()` found it rather than made it."""

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.directory / "sandbox.log"


class SandboxFailed(SecguardError):
    """The sandbox did not come up, or does not go down."""


def start(
    *,
    port: int | None = None,
    seed: str = BREACH,
    foreground: bool = False,
    state_dir: Path | None = None,
    announce: Callable[[Sandbox], None] | None = None,
) -> Sandbox:
    """Start the sandbox, or find the one that runs.

    In the foreground: call `announce` when it answers, return when it ends.

    Without a port: the last one if it is free, so that exported URLs stay good, else any.
    Raises UsageError when there is no such seed, moto is not installed or the port is taken, SandboxFailed when it
    dies before it answers.
    """
    if seed not in SEEDS:
        raise UsageError(f"no such seed: {seed!r} (allowed: {', '.join(SEEDS)})")
    _require_moto()
    directory = premises.prepared(state_dir)
    with premises.open_lock(directory) as lock:
        if not premises.take(lock):
            return _await_other(directory)
        (directory / "state.json").unlink(missing_ok=True)
        # What secguard wrote down there is about an AWS that is gone.
        shutil.rmtree(directory / "state", ignore_errors=True)
        with closing(_listen(directory, port)) as listening:
            if foreground:
                return _here(directory, listening, seed, announce)
            return _in_background(directory, listening, lock, seed)


def running(*, state_dir: Path | None = None) -> Sandbox | None:
    """The sandbox that runs and answers, if there is one."""
    directory = premises.folder(state_dir)
    if not premises.is_held(directory):
        return None
    sandbox = _read_state(directory)
    return sandbox if sandbox and _answers(sandbox) else None


def stop(*, state_dir: Path | None = None) -> bool:
    """Stop the sandbox. False if none ran. Raises SandboxFailed when it would not go."""
    directory = premises.folder(state_dir)
    if not premises.is_held(directory):
        return False
    sandbox = _read_state(directory)
    if sandbox is None:
        raise SandboxFailed(f"a sandbox is just starting in {directory}", advice="wait a moment, then repeat")
    # It may be gone before it has answered.
    with suppress(*NO_ANSWER):
        _ask(sandbox, "stop", method="POST")
    if not _released(directory):
        # The lock is held, so the pid that its holder wrote is still the holder's.
        os.kill(sandbox.pid, signal.SIGKILL)
        if not _released(directory):
            raise SandboxFailed(f"the sandbox (process {sandbox.pid}) does not end")
    return True


def run(*, listening: socket.socket, seed: str, directory: Path, ready: Callable[[Sandbox], None]) -> None:
    """Be the sandbox, in this process, until told to stop. The caller holds the lock."""
    from secguard.sandbox.server import Server  # noqa: PLC0415 - moto takes a second to import

    server = Server(listening=listening)
    server.reset(seed)
    sandbox = Sandbox(
        endpoint=server.endpoint,
        port=server.port,
        pid=os.getpid(),
        seed=seed,
        token=server.token,
        directory=directory,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.shut_down())
    answering = Thread(target=server.answer)
    answering.start()
    _write_state(sandbox)
    ready(sandbox)
    answering.join()


def _here(directory: Path, listening: socket.socket, seed: str, announce: Callable[[Sandbox], None] | None) -> Sandbox:
    known: list[Sandbox] = []

    def ready(sandbox: Sandbox) -> None:
        known.append(sandbox)
        if announce:
            announce(sandbox)

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        run(listening=listening, seed=seed, directory=directory, ready=ready)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return known[0]


def _in_background(directory: Path, listening: socket.socket, lock: IO[str], seed: str) -> Sandbox:
    """Start a process that outlives this one; it inherits the lock and the listening socket."""
    ready, said = os.pipe()
    log = directory / "sandbox.log"
    with closing(os.fdopen(ready)) as answer:
        with closing(os.fdopen(said, "w")) as mouth:
            child = _child(directory, seed, log, inherited=(listening.fileno(), lock.fileno(), mouth.fileno()))
        if not select.select([answer], [], [], SECONDS_TO_ANSWER)[0]:
            child.kill()
        if answer.readline() != "ready\n":
            child.wait()
            raise SandboxFailed(f"the sandbox did not start:\n{premises.tail(log)}", advice=f"its whole log: {log}")
    # It goes on by itself: nobody is to wait for it.
    child.returncode = 0
    sandbox = _read_state(directory)
    assert sandbox
    return sandbox


def _child(directory: Path, seed: str, log: Path, *, inherited: tuple[int, int, int]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "secguard.sandbox", str(directory), seed, *map(str, inherited)]
    with log.open("w") as output:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            env=_bare_environment(directory),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=inherited,
            start_new_session=True,
        )


def _bare_environment(directory: Path) -> dict[str, str]:
    """The child's environment: nothing of AWS's, which moto would heed, and this very package."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    package = str(Path(__file__).resolve().parents[2])
    return kept | {
        "PYTHONPATH": os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")])),
        "AWS_CONFIG_FILE": str(directory / "aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(directory / "aws-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "MOTO_DISABLE_GLOBAL_CORS": "true",
    }


def _require_moto() -> None:
    if any(importlib.util.find_spec(name) is None for name in ("moto", "flask", "flask_cors")):
        raise UsageError("the sandbox needs moto's server", advice="pip install 'secguard[sandbox]'")


def _write_state(sandbox: Sandbox) -> None:
    state = json.dumps(asdict(sandbox), default=str)
    premises.write_whole(sandbox.directory / "state.json", state)
    premises.write_whole(sandbox.directory / "port", str(sandbox.port))


def _read_state(directory: Path) -> Sandbox | None:
    try:
        state = json.loads((directory / "state.json").read_text())
        return Sandbox(**{**state, "directory": directory})
    except (OSError, ValueError, TypeError):
        return None


def _await_other(directory: Path) -> Sandbox:
    """The sandbox that someone else has started, or is starting."""
    for _ in _until(SECONDS_TO_ANSWER):
        sandbox = running(state_dir=directory)
        if sandbox:
            return replace(sandbox, was_running=True)
        if not premises.is_held(directory):
            break
    raise SandboxFailed(
        f"another sandbox holds {directory} but does not answer", advice="secguard sandbox stop, then start again"
    )


def _released(directory: Path) -> bool:
    return any(not premises.is_held(directory) for _ in _until(SECONDS_TO_STOP))


def _until(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(POLL)


def _listen(directory: Path, port: int | None) -> socket.socket:
    if port is not None:
        try:
            return _bound(port)
        except OSError as error:
            raise UsageError(f"port {port} is taken: {error.strerror}", advice="choose another --port") from error
    with suppress(OSError, ValueError):
        return _bound(int((directory / "port").read_text()))
    return _bound(0)


def _bound(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
    except OSError:
        listening.close()
        raise
    listening.listen(128)
    return listening


def _answers(sandbox: Sandbox) -> bool:
    try:
        return bool(_ask(sandbox, "health").get("token") == sandbox.token)
    except NO_ANSWER:
        return False


def _ask(sandbox: Sandbox, path: str, *, method: str = "GET") -> dict[str, Any]:
    """Ask one of the sandbox's own paths. Raises one of NO_ANSWER."""
    request = urllib.request.Request(f"{sandbox.endpoint}/secguard/{path}", method=method)  # noqa: S310 - loopback
    # Whatever proxy is set is not for loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=SECONDS_FOR_A_REQUEST) as answer:
        found: dict[str, Any] = json.load(answer)
    return found
