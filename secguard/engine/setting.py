"""What a setting is: a value that AWS holds at an address, that can be read and written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from secguard.engine.change import Kind, Undo
from secguard.engine.seam import Answer, Call, Reader
from secguard.engine.values import canonical
from secguard.errors import AwsError
from secguard.model import Value

Address = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Read:
    """A value as found, with what a call must carry besides."""

    value: Value
    context: Any = None
    """The rest of the document, a lock token, a free rule number. Never compared."""
    yields: Mapping[str, Value] = field(default_factory=dict)
    """What later changes may want to know: `GroupId`."""
    note: str | None = None
    """What the operator should hear about the value."""


@dataclass(frozen=True, slots=True)
class WayBack:
    """What undoing a change aims at, and how near that comes to what was."""

    grade: Undo
    value: Value = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One change's part in a merged call."""

    address: Address
    found: Value
    wanted: Value
    context: Any


class Setting(ABC):
    """One kind of value in AWS. Stateless: one instance serves every address.

    `reads` and `writes` name operations as botocore does (`iam:ListAccessKeys`); the read-only guard lets through what
    some setting or source declares under `reads`, and nothing else.
    """

    name: ClassVar[str]
    reads: ClassVar[tuple[str, ...]]
    writes: ClassVar[tuple[str, ...]]
    kind: ClassVar[Kind] = Kind.SETTING
    sensitive: ClassVar[bool] = False
    """Its values are kept as digests; such a change can't be undone."""
    settles_in: ClassVar[float] = 30.0
    """Seconds in which AWS shows what it has accepted; past them the change is `pending`."""
    keeps_for: ClassVar[float] = 0.0
    """Seconds for which what was read may stand for what is, before the first call; 0: it is read right before.

    Only for switches that hold nothing besides: whoever writes a document whole must have read it this moment.
    """
    merges: ClassVar[int] = 1
    """How many changes one call may carry."""

    @abstractmethod
    def read(self, aws: Reader, address: Address) -> Read:
        """The value now. Raises NotThere when nothing could hold it, another AwsError when AWS would not say."""

    @abstractmethod
    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """The calls that bring `found` nearer to `wanted`. Pure. Empty while AWS is on its way there by itself."""

    @abstractmethod
    def target(self, address: Address) -> str:
        """The address as an operator knows it."""

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """What the change does, in a few words."""
        return f"{self.name}: {_word(before)} → {_word(after)}"

    def preview(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """All calls that are expected from `found` to `wanted`, for the plan.

        Where a later call needs what an earlier one will answer, it holds `late("this.NAME")`.
        """
        return self.calls(address, found, wanted, context)

    def document(self, address: Address) -> str:
        """What must not be written by two at a time; the lock's name, within the place."""
        return f"{self.name} {canonical(dict(address))}"

    def passes_through(self, value: Value, before: Value, after: Value) -> bool:
        """Whether `value` is an intermediate between `before` and `after`: ours, with an open intent."""
        return False

    def way_back(self, address: Address, before: Value, after: Value) -> WayBack:
        """What undoing aims at."""
        return WayBack(Undo.EXACT, before)

    def batch(self, address: Address, wanted: Value) -> Hashable:
        """Ready changes of this setting, in one place, with equal keys may share a call; asked where `merges` > 1."""
        return None

    def merged(self, items: Sequence[Item]) -> list[Call]:
        """The calls that carry all `items`. Pure."""
        return [call for item in items for call in self.calls(item.address, item.found, item.wanted, item.context)]

    def refusals(self, items: Sequence[Item], answers: Sequence[Answer]) -> Mapping[int, str]:
        """What a successful answer refused all the same, by position in `items`."""
        return {}

    def postponed(self, items: Sequence[Item], answers: Sequence[Answer]) -> Mapping[int, str]:
        """What a successful answer did not do for now, by position in `items`: it is sent again after some seconds."""
        return {}

    def instead(self, item: Item, error: AwsError) -> list[Call]:
        """Other calls that may bring `item` on, where its own were refused with `error`. Pure."""
        return []

    def passes(self, error: AwsError) -> bool:
        """Whether this refusal goes away by waiting some seconds."""
        return False

    def subjects(self, aws: Reader, address: Address) -> tuple[str, ...]:
        """ARNs of the resources that a change here touches; the guardrails look at them and at their tags."""
        return ()


class Registry:
    """The settings by name."""

    def __init__(self, settings: Iterable[Setting]) -> None:
        self._settings = settings
        """Gone through when the first setting is asked for."""

    @cached_property
    def _by_name(self) -> dict[str, Setting]:
        return {setting.name: setting for setting in self._settings}

    def __getitem__(self, name: str) -> Setting:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def names(self) -> list[str]:
        """Every name, sorted."""
        return sorted(self._by_name)

    def reads(self) -> frozenset[str]:
        """Every operation that some setting declares as a read."""
        return frozenset(operation for setting in self._by_name.values() for operation in setting.reads)

    def writes(self) -> frozenset[str]:
        """Every operation that some setting declares as a write."""
        return frozenset(operation for setting in self._by_name.values() for operation in setting.writes)


def _word(value: Value) -> str:
    if value is None:
        return "absent"
    return value if isinstance(value, str) else canonical(value)
