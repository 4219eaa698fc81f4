"""Plan what would turn on everything that is wanted: look once, everywhere, and draft from what was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from secguard.coverage.look import Fleet, OneLook
from secguard.coverage.observe import observe
from secguard.coverage.plan import asked_of
from secguard.coverage.record import Coverage
from secguard.coverage.wanted import Wanted
from secguard.engine.change import Plan
from secguard.engine.draft import Draft, Want
from secguard.model import Place, Unreached


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What `enable` was asked; a saved plan holds it, to be asked again."""

    wanted: Wanted
    places: tuple[Place, ...]
    unlisted: tuple[Unreached, ...] = ()
    """Accounts whose Regions could not be listed."""
    default_home: str | None = None
    """Where findings are gathered when nobody chose a Region."""
    waits: bool = False
    """Whether what is on its way already is waited for, too."""

    def record(self) -> dict[str, Any]:
        """As a plan holds it."""
        return {"command": "enable", **msgspec.to_builtins(self)}


def request_of(record: Mapping[str, Any]) -> Request:
    """The request that a plan holds."""
    return msgspec.convert({key: value for key, value in record.items() if key != "command"}, Request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enabling:
    """A plan, and what it was made from."""

    plan: Plan
    wants: Sequence[Want]
    coverages: Sequence[Coverage]
    wanted: Wanted
    partition: str


def plan_enabling(request: Request, fleet: Fleet, draft: Draft) -> Enabling:
    """The changes that are missing. Raises NoCredentials.

    `draft` brings the guardrails; as many changes are let in as it takes, since none of them takes anything away.
    """
    look = OneLook(fleet)
    coverages = observe(look, request.places, near=request.default_home)
    partition = draft.origin.partition
    asked = asked_of(
        coverages, request.wanted, partition=partition, default_home=request.default_home, waits=request.waits
    )
    unreached = [one for coverage in coverages for one in coverage.unreached_of(request.wanted.services)]
    drafting = replace(
        draft,
        aws=look,
        request=request.record(),
        refused=[*draft.refused, *asked.refused],
        unreached=[*draft.unreached, *request.unlisted, *unreached],
        max_changes=None,
    )
    plan = drafting.plan(asked.wants)
    return Enabling(plan=plan, wants=asked.wants, coverages=coverages, wanted=request.wanted, partition=partition)
