"""Take GuardDuty's finding types apart: `Backdoor:EC2/C&CActivity.B!DNS`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TYPE = re.compile(
    r"(?P<purpose>[A-Za-z0-9]+):(?P<resource>[A-Za-z0-9]+)/(?P<family>[^.!/]+)"
    r"(?:\.(?P<mechanism>[^!]+))?(?:!(?P<artifact>.+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Threat:
    """The parts of a type, as the user guide's page on the finding format names them."""

    purpose: str
    """What the attacker is after: `Backdoor`."""
    resource: str
    """The kind of resource that it is about: `EC2`."""
    family: str
    """`C&CActivity`."""
    mechanism: str | None
    """How it was found, or which variant it is: `B`."""
    artifact: str | None
    """The tool or the protocol: `DNS`."""


def threat_of(types: tuple[str, ...]) -> Threat | None:
    """What the first of a finding's types says, or None where it is none of GuardDuty's."""
    match = _TYPE.fullmatch(types[0]) if types else None
    if match is None:
        return None
    return Threat(
        purpose=match["purpose"],
        resource=match["resource"],
        family=match["family"],
        mechanism=match["mechanism"],
        artifact=match["artifact"],
    )
