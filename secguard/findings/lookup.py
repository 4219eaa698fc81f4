"""Find the findings that an operator names: by full id, by GuardDuty's own, or by the short id of a list.

What is found is always read from AWS again, so that it is as it is now.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from secguard.config import Ranking
from secguard.errors import AmbiguousId, SecguardError, UnknownId
from secguard.findings import sources
from secguard.findings.feeds import guardduty, securityhub, securityhub_v2
from secguard.findings.feeds.levels import Event, LevelEnd, PageEnd
from secguard.findings.feeds.places import Places, Reach, places_for
from secguard.findings.forms.arn import region_in
from secguard.findings.forms.asff import Unreadable
from secguard.findings.index import Index
from secguard.findings.listing import Answers, in_full
from secguard.findings.query import EVERYTHING
from secguard.findings.ranking import DEFAULT
from secguard.findings.short_ids import unique_prefixes
from secguard.model import SHORT_ID_DIGITS, Finding, Place, Source, Unreached, fingerprint

_HEX = re.compile(r"[0-9a-fA-F]+")
_GUARDDUTY_ARN = re.compile(r"arn:[^:]+:guardduty:")
_V2_PRODUCT = ":productv2/"
"""How the products of the new Security Hub are told from those of Security Hub CSPM."""
_FINGERPRINT_DIGITS = 64
_GUARDDUTY_DIGITS = 32
_REMEMBERED_AT_ONCE = 1000
_CANDIDATES_SHOWN = 8


def resolve(  # noqa: PLR0913 - by keyword
    ids: Sequence[str],
    *,
    aws: Reach,
    index: Index,
    now: datetime,
    answers: Answers = lambda _finding: (),
    ranking: Ranking = DEFAULT,
) -> list[Finding]:
    """The findings with these ids, in their order, each once, as AWS has them now.

    Raises UnknownId, AmbiguousId.
    """
    search = _Search(aws, index)
    named = [_Name.of(typed) for typed in dict.fromkeys(ids)]
    search.read_known(named)
    search.read_ids([name for name in named if name.may_be_whole and not search.matching(name)])
    if any(name.is_short and not search.matching(name) for name in named):
        search.read_everything()
    found = [search.one(name) for name in named]
    unique = {finding.id + finding.product_arn: finding for finding in found}
    return [in_full(finding, now=now, answers=answers, ranking=ranking) for finding in unique.values()]


@dataclass(frozen=True, slots=True)
class _Name:
    """An id as it was typed."""

    typed: str
    is_short: bool
    """Whether it is the beginning of a fingerprint, or GuardDuty's own id."""

    @classmethod
    def of(cls, typed: str) -> _Name:
        """Raises UnknownId for what is too short to name one finding."""
        text = typed.strip()
        if not text:
            raise UnknownId("a finding's id is blank", advice="secguard findings lists what there is")
        if not _HEX.fullmatch(text) or len(text) > _FINGERPRINT_DIGITS:
            return cls(text, is_short=False)
        if len(text) < SHORT_ID_DIGITS:
            raise UnknownId(f"{text!r} is too short for a finding's id", advice="give at least 8 hex digits")
        return cls(text.lower(), is_short=True)

    @property
    def may_be_whole(self) -> bool:
        """Whether it may be a service's own full id: the new Security Hub's can look like a fingerprint."""
        return not self.is_short or len(self.typed) == _FINGERPRINT_DIGITS

    def names(self, full: str, finding_id: str) -> bool:
        """Whether it names the finding with this fingerprint and this id."""
        if finding_id == self.typed:
            return True
        if not self.is_short:
            return False
        own = len(self.typed) == _GUARDDUTY_DIGITS and finding_id.endswith(f"/finding/{self.typed}")
        return own or full.startswith(self.typed)


@dataclass(frozen=True, slots=True)
class _Whereabouts:
    """Where a finding was, or must be."""

    region: str
    id: str
    in_v2: bool
    """Whether the new Security Hub gave it that id."""


@dataclass
class _Search:
    """What has been found on the way, by fingerprint."""

    aws: Reach
    index: Index
    found: dict[str, Finding] = field(default_factory=dict)
    unreached: list[Unreached] = field(default_factory=list)

    def read_known(self, names: Sequence[_Name]) -> None:
        """Read what the index knows, and ids that tell their Region, from where they are.

        Raises AmbiguousId where the index knows more than one.
        """
        by_region: dict[str, list[_Whereabouts]] = {}
        for name in names:
            known = self._known(name)
            if known is not None:
                by_region.setdefault(known.region, []).append(known)
        account = self.aws.caller.account
        for region, known_there in by_region.items():
            # Not found there, or not reached, is no end: everywhere is asked next.
            self._read_there(known_there, Places(ask=(Place(account, region),)))
        self.unreached.clear()

    def _read_there(self, known: Sequence[_Whereabouts], places: Places) -> None:
        """Ask the service that has each; what GuardDuty found is in GuardDuty where no Security Hub has it."""
        in_v2 = [each.id for each in known if each.in_v2]
        others = [each.id for each in known if not each.in_v2]
        if in_v2:
            self._keep(securityhub_v2.by_id(in_v2, aws=self.aws, places=places), remember=False)
        if others:
            self._keep(securityhub.by_id(others, aws=self.aws, places=places), remember=False)
        left = [each for each in others if _GUARDDUTY_ARN.match(each) and not self._has(each)]
        if left:
            self._keep(guardduty.by_id(left, aws=self.aws, places=places), remember=False)

    def _has(self, finding_id: str) -> bool:
        return any(finding.id == finding_id for finding in self.found.values())

    def read_ids(self, names: Sequence[_Name]) -> None:
        """Ask everywhere for full ids."""
        if not names:
            return
        ids = [name.typed for name in names]
        self._keep(securityhub.by_id(ids, aws=self.aws, places=places_for((), aws=self.aws)), remember=True)
        left = [each for each in ids if not self._has(each)]
        places = sources.places_on(Source.SECURITY_HUB_V2, aws=self.aws) if left else Places(ask=())
        if places.ask:
            self._keep(securityhub_v2.by_id(left, aws=self.aws, places=places), remember=True)

    def read_everything(self) -> None:
        """Go through all findings there are, since nothing else knows a short id that was not listed here."""
        self._keep(sources.stream(EVERYTHING, aws=self.aws), remember=True)

    def matching(self, name: _Name) -> dict[str, Finding]:
        """What the name names, of what has been found."""
        return {full: finding for full, finding in self.found.items() if name.names(full, finding.id)}

    def one(self, name: _Name) -> Finding:
        """The one finding with that name. Raises UnknownId, AmbiguousId."""
        matching = self.matching(name)
        if len(matching) > 1:
            raise _ambiguous(name, {full: finding.title for full, finding in matching.items()})
        if matching:
            return next(iter(matching.values()))
        raise self._missing(name)

    def _known(self, name: _Name) -> _Whereabouts | None:
        if not name.is_short:
            known = self.index.with_id(name.typed)
            region = known[0].region if known else region_in(name.typed)
            in_v2 = bool(known) and _V2_PRODUCT in known[0].product_arn
            return _Whereabouts(region, name.typed, in_v2=in_v2) if region else None
        known = self.index.beginning(name.typed) or self.index.with_id(name.typed)
        if len(name.typed) == _GUARDDUTY_DIGITS:
            known = self.index.of_guardduty(name.typed) or known
        if len(known) > 1:
            raise _ambiguous(name, {each.fingerprint: each.title for each in known})
        if not known:
            return None
        return _Whereabouts(known[0].region, known[0].id, in_v2=_V2_PRODUCT in known[0].product_arn)

    def _keep(self, events: Iterable[Event], *, remember: bool) -> None:
        arrived: list[Finding] = []
        for event in events:
            match event:
                case Finding():
                    self.found[fingerprint(event.product_arn, event.id)] = event
                    arrived.append(event)
                case Unreached():
                    self.unreached.append(event)
                case Unreadable() | LevelEnd() | PageEnd():
                    continue
                case _:
                    assert_never(event)
        if remember:
            self._remember(arrived)

    def _remember(self, findings: Sequence[Finding]) -> None:
        try:
            self.index.remember(findings)
        except (sqlite3.Error, OSError):
            # The next look-up will search again.
            return

    def _missing(self, name: _Name) -> SecguardError:
        if not self.unreached:
            return UnknownId(f"no finding has the id {name.typed!r}", advice="secguard findings lists what there is")
        places = "; ".join(map(str, self.unreached))
        return UnknownId(
            f"no finding with the id {name.typed!r} was found, and not everywhere could be looked: {places}"
        )


def _ambiguous(name: _Name, titles: dict[str, str]) -> AmbiguousId:
    longer = unique_prefixes(titles, least=min(_FINGERPRINT_DIGITS, max(SHORT_ID_DIGITS, len(name.typed))))
    candidates = [f"{longer[full]} ({title})" for full, title in sorted(titles.items())]
    return AmbiguousId("finding", name.typed, candidates[:_CANDIDATES_SHOWN])
