"""Write files whole or not at all: whoever reads one, or is interrupted, never sees half of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

FOR_THE_USER_ALONE = 0o600


def write_whole(file: Path, text: str, *, mode: int = FOR_THE_USER_ALONE) -> None:
    """Put `text` in the place of what the file held. Raises OSError."""
    descriptor, fresh = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(fresh).chmod(mode)
        Path(fresh).replace(file)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise
