"""`secguard`, and `python -m secguard`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    # Imported here, so that an interruption during start-up is still a quiet one.
    try:
        from secguard.cli import run  # noqa: PLC0415

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
