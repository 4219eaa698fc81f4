"""Read a playbook from YAML. Raises ConfigError naming the file, the path in it, and what is allowed there."""

from __future__ import annotations

from pathlib import Path

import msgspec

from secguard.engine.setting import Registry
from secguard.errors import ConfigError
from secguard.playbooks.model import Playbook
from secguard.yaml_text import parse


def read(file: Path, registry: Registry | None) -> Playbook:
    """The playbook in a file, checked; not further than its form where there is no registry."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(file), "", f"can't be read: {error}") from error
    return read_text(text, file=str(file), registry=registry)


def read_text(text: str, *, file: str, registry: Registry | None) -> Playbook:
    """The same for its text."""
    content = parse(text, file=file)
    try:
        playbook = msgspec.convert(content, Playbook)
    except msgspec.ValidationError as error:
        problem, path = _message_and_path(str(error))
        raise ConfigError(file, path, problem) from error
    if registry is not None:
        _check(playbook, registry, file=file)
    return msgspec.structs.replace(playbook, file=file)


def _check(playbook: Playbook, registry: Registry, *, file: str) -> None:
    # Imported here: what is only listed needs no settings, and no look-ups.
    from secguard.playbooks.checking import problems  # noqa: PLC0415

    for path, problem in problems(playbook, registry):
        raise ConfigError(file, path, problem)


def _message_and_path(message: str) -> tuple[str, str]:
    """What msgspec found wrong, and the place without the leading `$.`."""
    problem, _, where = message.partition(" - at ")
    return problem.replace("`", ""), where.strip("`").removeprefix("$").removeprefix(".")
