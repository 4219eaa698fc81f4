"""The playbooks there are, and which of them answers a finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from secguard.engine.setting import Registry
from secguard.errors import ConfigError, UnknownId
from secguard.model import Finding
from secguard.playbooks.case import about, as_scope
from secguard.playbooks.expressions import PlanFunctions, evaluate
from secguard.playbooks.model import Answers, Playbook
from secguard.playbooks.reader import read

HELPS_FROM = 20
"""Below this fit a playbook only says why it can't act on such a finding, and what to do instead."""
BUILT_IN = Path(__file__).parent / "catalogue"


@dataclass(frozen=True, slots=True)
class Match:
    """A playbook that answers a finding, and how well."""

    playbook: Playbook
    fit: int


_MOST_KEPT = 4096
"""Combinations of types that are remembered; AWS's own are fewer, those of others may be without number."""
_Naming = tuple[Playbook, list[Answers]]
"""A playbook, with those of its answers that name a finding's type or control."""


class Catalogue:
    """The playbooks by name."""

    def __init__(self, playbooks: Iterable[Playbook]) -> None:
        self._by_name: dict[str, Playbook] = {}
        self._named: dict[tuple[tuple[str, ...], str | None], list[_Naming]] = {}
        for playbook in playbooks:
            first = self._by_name.setdefault(playbook.name, playbook)
            if first is not playbook:
                raise ConfigError(playbook.file, "name", f"{first.file} has a playbook {playbook.name} already")

    @classmethod
    def builtin(cls, registry: Registry) -> Catalogue:
        """The playbooks that come with secguard, checked."""
        return cls(read(file, registry) for file in _files(BUILT_IN))

    @classmethod
    def load(cls, folders: Iterable[str | Path], registry: Registry) -> Catalogue:
        """Those, which tests have checked, and the user's own, from folders of YAML files. Raises ConfigError."""
        own = (file for folder in folders for file in _files(Path(folder).expanduser()))
        return cls((*(read(file, None) for file in _files(BUILT_IN)), *(read(file, registry) for file in own)))

    def __iter__(self) -> Iterator[Playbook]:
        return iter(self._by_name.values())

    def __getitem__(self, name: str) -> Playbook:
        """Raises UnknownId."""
        if name not in self._by_name:
            raise UnknownId(f"there is no playbook {name!r}", advice=f"there is: {', '.join(self.names())}")
        return self._by_name[name]

    def names(self) -> list[str]:
        """Every name, sorted."""
        return sorted(self._by_name)

    def matches(self, finding: Finding) -> list[Match]:
        """The playbooks that answer `finding`, best first, then by name."""
        named = self._naming(finding.types, finding.control_id)
        fits = ((playbook, _fit(answers, finding)) for playbook, answers in named)
        found = [Match(playbook, fit) for playbook, fit in fits if fit]
        return sorted(found, key=lambda match: (-match.fit, match.playbook.name))

    def _naming(self, types: tuple[str, ...], control: str | None) -> list[_Naming]:
        """The playbooks that name one of the types, or the control. Many findings share those, so it is kept."""
        key = (types, control)
        if key not in self._named:
            if len(self._named) >= _MOST_KEPT:
                self._named.clear()
            named = (
                (each, [a for a in each.answers if control in a.controls or _names_type(a, types)]) for each in self
            )
            self._named[key] = [(playbook, answers) for playbook, answers in named if answers]
        return self._named[key]

    def answers(self, finding: Finding) -> tuple[str, ...]:
        """The names of those that can help, best first."""
        return tuple(match.playbook.name for match in self.matches(finding) if match.fit >= HELPS_FROM)


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ConfigError(str(folder), "", "there is no such folder of playbooks")
    return sorted(file for file in folder.iterdir() if file.suffix in {".yaml", ".yml"})


def _fit(answers: Iterable[Answers], finding: Finding) -> int:
    return max((answer.fit for answer in answers if _answers(answer, finding)), default=0)


def _names_type(answer: Answers, types: Iterable[str]) -> bool:
    return any(fnmatchcase(kind, glob) for kind in types for glob in answer.types)


def _answers(answer: Answers, finding: Finding) -> bool:
    # A control that passes is no finding to act on.
    by_control = finding.control_id in answer.controls and finding.compliance_status != "PASSED"
    if not by_control and not _names_type(answer, finding.types):
        return False
    if answer.when is None:
        return True
    scope = {"about": about(finding)}
    if "finding" in answer.when:
        scope["finding"] = as_scope(finding)
    return bool(evaluate(answer.when, scope, PlanFunctions()))
