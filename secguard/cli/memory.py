"""Keep a long list from holding on to memory that it no longer uses."""

from __future__ import annotations

import ctypes
from contextlib import suppress

# <malloc.h> of the GNU C library.
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_LARGE = 128 * 1024
"""Bytes. A page of findings is two or three times as large."""


def give_back() -> None:
    """Have the C library give large blocks back at once, and share one heap among all threads.

    Left to itself, GNU's keeps a heap for each thread, and in it the room of every page that came through it. Others
    know no such setting, and need none.
    """
    with suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
        mallopt(_M_ARENA_MAX, 1)
