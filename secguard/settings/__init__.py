"""What can be read and set in AWS: one module per service, each with its `SETTINGS`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from secguard.engine.setting import Registry, Setting


@cache
def registry() -> Registry:
    """Every setting that a module of this package offers; the modules are imported when the first one is asked for."""
    return Registry(_offered())


def _offered() -> Iterator[Setting]:
    for name in sorted(module.name for module in iter_modules(__path__)):
        yield from getattr(import_module(f"{__name__}.{name}"), "SETTINGS", ())
