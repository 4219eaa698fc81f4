"""The process of a sandbox in the background: `python -m secguard.sandbox DIRECTORY SEED SOCKET LOCK READY`.

The three numbers are descriptors that it inherits: the listening socket, the lock, and where to say that it is ready.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from secguard.sandbox.lifecycle import Sandbox, run


def main(directory: str, seed: str, listening: str, _lock: str, ready: str) -> None:
    """Be the sandbox. The lock is released when this process ends, however it ends."""

    def say_ready(_: Sandbox) -> None:
        with os.fdopen(int(ready), "w") as parent:
            parent.write("ready\n")

    run(listening=socket.socket(fileno=int(listening)), seed=seed, directory=Path(directory), ready=say_ready)


if __name__ == "__main__":
    main(*sys.argv[1:])
