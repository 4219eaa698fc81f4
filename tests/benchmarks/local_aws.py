"""A local AWS to measure against, in a process of its own; it answers POST /__reset and GET /__stats."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def serving(server: str, words: Sequence[str]) -> Iterator[str]:
    """The endpoint of `server`, a program that takes --port, run with these words."""
    port = _free_port()
    process = subprocess.Popen([sys.executable, server, "--port", str(port), *words], stdout=subprocess.DEVNULL)
    try:
        endpoint = f"http://127.0.0.1:{port}"
        _wait_for(endpoint)
        yield endpoint
    finally:
        process.terminate()
        process.wait()


def ask(url: str, *, method: str = "GET") -> bytes:
    """What it answers. Raises OSError."""
    with urllib.request.urlopen(urllib.request.Request(url, method=method)) as answer:
        body: bytes = answer.read()
        return body


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(endpoint: str) -> None:
    for _ in range(600):
        try:
            ask(f"{endpoint}/__stats")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"nothing answers at {endpoint}")
