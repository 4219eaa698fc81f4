"""What can be read and set in AWS: one module per service, each with its `SETTINGS`."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from secguard.engine.setting import Registry


@cache
def registry() -> Registry:
    """Every setting that a module of this package offers."""
    names = sorted(module.name for module in iter_modules(__path__))
    modules = [import_module(f"{__name__}.{name}") for name in names]
    return Registry(setting for module in modules for setting in getattr(module, "SETTINGS", ()))
