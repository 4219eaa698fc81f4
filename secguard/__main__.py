"""`secguard`, and `python -m secguard`."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

FEW_COLLECTIONS = (50_000, 20, 50)
"""Clients are large and live as long as the program, and so do lists: to look for garbage among them took as long as to
make them."""
_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    # Imported here, so that an interruption during start-up is still a quiet one.
    try:
        open_what_is_closed()
        gc.set_threshold(*FEW_COLLECTIONS)
        from secguard.cli import run  # noqa: PLC0415

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    leave(code)


def open_what_is_closed() -> None:
    """Put nobody behind each standard stream that was closed.

    Else the next file that is opened, the journal perhaps, takes its number and gets what was meant for the screen.
    """
    for name, mode in _STREAMS:
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


def leave(code: int) -> NoReturn:
    """End the process with what was registered for its end, but without taking the interpreter apart.

    That would free a million objects one by one, which takes as long as a short command.
    """
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no public way, and what libraries registered must run
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            pass
        except OSError as error:
            code = code or 1
            with suppress(OSError):
                os.write(2, f"error: the answer could not be written: {error.strerror}\n".encode())
    os._exit(code)


if __name__ == "__main__":
    main()
