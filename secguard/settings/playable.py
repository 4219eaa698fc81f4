"""What a setting says of itself so that a playbook can name it: its address and how far it reaches. Pure."""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

from secguard.engine.seam import Reader
from secguard.engine.setting import Setting


class Playable(Setting, ABC):
    """A setting that a playbook may set."""

    keys: ClassVar[tuple[str, ...]]
    """What its address must hold."""
    optional_keys: ClassVar[tuple[str, ...]] = ()
    """What its address may hold besides."""
    is_global: ClassVar[bool] = False
    """Whether the service is one for all Regions; it is then reached in the partition's home Region."""


def arn(aws: Reader, service: str, resource: str) -> str:
    """The ARN of a regional resource where `aws` looks."""
    return f"arn:{aws.partition}:{service}:{aws.place.region}:{aws.place.account}:{resource}"
