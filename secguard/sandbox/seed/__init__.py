"""What is in the sandbox when it starts: nothing but an account, or a small organization with a breach in it."""

from __future__ import annotations

from secguard.sandbox.cast import BREACH
from secguard.sandbox.seed import accounts


def plant(name: str) -> None:
    """Fill a sandbox that holds nothing."""
    accounts.open_production()
    if name == BREACH:
        from secguard.sandbox.seed.breach import play  # noqa: PLC0415 - an empty sandbox starts without it

        play()
