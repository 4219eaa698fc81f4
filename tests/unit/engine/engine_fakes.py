"""A small AWS for the engine's tests, and settings that misbehave on purpose."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from secguard.engine.apply import apply, resume
from secguard.engine.change import Kind, Plan, Undo
from secguard.engine.draft import Draft, Want
from secguard.engine.journal import Journal
from secguard.engine.locks import ThreadLocks
from secguard.engine.origin import Origin
from secguard.engine.seam import Call
from secguard.engine.setting import Read, Registry, Setting, WayBack
from secguard.engine.undo import plan_undo
from secguard.engine.values import late
from secguard.engine.workshop import Workshop
from secguard.errors import AwsError, Denied, NotThere, Stale
from secguard.model import Place

HERE = Place("123456789012", "us-east-1")
THERE = Place("123456789012", "eu-west-1")
ORIGIN = Origin(partition="aws", caller="arn:aws:iam::123456789012:user/operator", endpoint=None)


class Killed(BaseException):
    """Stands for kill -9: nothing in secguard may catch it."""


class FakeClock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self._passed = 0.0
        self.on_sleep: list[Callable[[float], None]] = []

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 12, tzinfo=UTC) + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    def sleep(self, seconds: float) -> None:
        self._passed += seconds
        for hear in self.on_sleep:
            hear(self._passed)


@dataclass
class World:
    """What AWS holds, by place and name, and everything that was sent to it."""

    values: dict[tuple[Place, str], Any] = field(default_factory=dict)
    sent: list[tuple[str, str]] = field(default_factory=list)
    """(operation, name) of every call that arrived."""
    looks: int = 0
    within: list[float] = field(default_factory=list)
    """How old each look might have been."""
    answer: Callable[[str, Mapping[str, Any]], Exception | None] = field(default=lambda operation, parameters: None)
    """What a test makes AWS say instead; called before the effect."""
    kill_before: int | None = None
    """Die before the call with this index has arrived."""
    kill_after: int | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self, place: Place, *, service: str = "", within: float = 0.0) -> WorldReader:
        with self.lock:
            self.looks += 1
            self.within.append(within)
        return WorldReader(self, place)

    def send(self, place: Place, call: Call) -> Mapping[str, Any]:
        with self.lock:
            index = len(self.sent)
            if self.kill_before == index:
                raise Killed
            error = self.answer(call.operation, call.parameters)
            if error is not None:
                raise error
            self.sent.append((call.operation, str(call.parameters.get("name", ""))))
            effect = EFFECTS[call.operation]
            answer = effect(self.values, place, **call.parameters)
            if self.kill_after == index:
                raise Killed
            return answer or {}


class WorldReader:
    """One look at a World."""

    def __init__(self, world: World, place: Place) -> None:
        self._world = world
        self.place = place
        self.partition = "aws"

    def get(self, name: str) -> Any:
        return self._world.values.get((self.place, name))

    def ask(self, service: str, operation: str, /, **parameters: Any) -> Mapping[str, Any]:
        raise AssertionError("the fakes read with get()")

    def items(self, service: str, operation: str, key: str, /, **parameters: Any) -> Any:
        raise AssertionError("the fakes read with get()")

    def texts(self, service: str, operation: str, key: str, /, **parameters: Any) -> Any:
        raise AssertionError("the fakes read with get()")

    def choices(self, service: str, shape: str) -> tuple[str, ...]:
        return ()


def _put(values, place, *, name, value):
    values[place, name] = value


def _begin(values, place, *, name, value):
    values[place, name] = {"moving_to": value}


def _put_all(values, place, *, names, value):
    tries = values[place, "tries"] = values.get((place, "tries"), 0) + 1
    busy = [name for name in names if name == "stuck" or (name == "busy" and tries == 1)]
    for name in names:
        if name not in busy:
            values[place, name] = value
    return {"unprocessed": [name for name in names if name.startswith("refuse")], "busy": busy}


def _put_document(values, place, *, name, document, token):
    current = values[place, name]
    if current["token"] != token:
        raise Stale("the token is old")
    values[place, name] = {"token": token + 1, "parts": document}


def _create(values, place, *, name, tags):
    values[place, name] = {"id": f"id-of-{name}", "open": True, "tags": tags}


def _empty(values, place, *, name):
    values[place, name]["open"] = False


EFFECTS: dict[str, Callable[..., Any]] = {
    "Put": _put,
    "Begin": _begin,
    "PutAll": _put_all,
    "PutDocument": _put_document,
    "Create": _create,
    "Empty": _empty,
}


class Plain(Setting):
    """A value that is simply there."""

    name = "fake.plain"
    reads = ("fake:Get",)
    writes = ("fake:Put",)

    def read(self, aws, address):
        value = aws.get(address["name"])
        if isinstance(value, AwsError):
            raise value
        if value == "MISSING":
            raise NotThere(f"{address['name']} does not exist")
        return Read(value)

    def calls(self, address, found, wanted, context):
        return [Call("fake", "Put", {"name": address["name"], "value": wanted})]

    def target(self, address):
        return f"plain {address['name']}"

    def subjects(self, aws, address):
        return (f"arn:aws:fake::{aws.place.account}:plain/{address['name']}",)


class Evidence(Plain):
    """Adds, never alters."""

    name = "fake.evidence"
    kind = Kind.EVIDENCE


class Book(Plain):
    """A note, best effort."""

    name = "fake.book"
    kind = Kind.BOOKKEEPING

    def way_back(self, address, before, after):
        return WayBack(Undo.NEAREST, before, "the note stays")


class Secret(Plain):
    """A value that is never written down."""

    name = "fake.secret"
    sensitive = True


class Slow(Plain):
    """AWS accepts at once, and shows the value after some looks, through an intermediate one."""

    name = "fake.slow"
    settles_in = 60.0

    def calls(self, address, found, wanted, context):
        if isinstance(found, dict):
            return []
        return [Call("fake", "Begin", {"name": address["name"], "value": wanted})]

    def passes_through(self, value, before, after):
        return isinstance(value, dict) and "moving_to" in value


class Part(Setting):
    """One part of a document that is written whole, with a lock token."""

    name = "fake.part"
    reads = ("fake:GetDocument",)
    writes = ("fake:PutDocument",)

    def read(self, aws, address):
        document = aws.get(address["document"])
        return Read(document["parts"].get(address["part"]), context=document)

    def calls(self, address, found, wanted, context):
        parts = {name: part for name, part in context["parts"].items() if name != address["part"]}
        if wanted is not None:
            parts[address["part"]] = wanted
        name, token = address["document"], context["token"]
        return [Call("fake", "PutDocument", {"name": name, "document": parts, "token": token})]

    def target(self, address):
        return f"part {address['part']}"

    def document(self, address):
        return f"document {address['document']}"


class Group(Setting):
    """Created open, then emptied: two calls, and an intermediate between them."""

    name = "fake.group"
    reads = ("fake:Get",)
    writes = ("fake:Create", "fake:Empty")
    kind = Kind.SCAFFOLD

    def read(self, aws, address):
        group = aws.get(address["name"])
        if group is None:
            return Read(None)
        return Read("open" if group["open"] else "empty", yields={"Id": group["id"]})

    def calls(self, address, found, wanted, context):
        if found is None:
            tags = {"secguard:run": late("run_id"), "secguard:change": late("this.change")}
            return [Call("fake", "Create", {"name": address["name"], "tags": tags})]
        return [Call("fake", "Empty", {"name": address["name"]})]

    def preview(self, address, found, wanted, context):
        first = self.calls(address, found, wanted, context)
        return first + (self.calls(address, "open", wanted, context) if found is None else [])

    def passes_through(self, value, before, after):
        return value == "open"

    def target(self, address):
        return f"group {address['name']}"


class Many(Plain):
    """Values that one call sets together, and that are set singly when that is refused."""

    name = "fake.many"
    merges = 3

    def calls(self, address, found, wanted, context):
        return [Call("fake", "PutAll", {"names": [address["name"]], "value": wanted})]

    def batch(self, address, wanted):
        return wanted

    def merged(self, items):
        return [Call("fake", "PutAll", {"names": [item.address["name"] for item in items], "value": items[0].wanted})]

    def refusals(self, items, answers):
        no = answers[0]["unprocessed"]
        return {i: "AWS did not process it" for i, item in enumerate(items) if item.address["name"] in no}

    def postponed(self, items, answers):
        busy = answers[0]["busy"]
        return {i: "AWS was busy with it" for i, item in enumerate(items) if item.address["name"] in busy}


class Waits(Plain):
    """A write that AWS refuses for some seconds."""

    name = "fake.waits"

    def passes(self, error):
        return isinstance(error, Denied) and error.code == "Settling"


class Fallback(Plain):
    """A write that knows another way."""

    name = "fake.fallback"

    def instead(self, item, error):
        return [Call("fake", "PutAll", {"names": [item.address["name"]], "value": item.wanted})]


class Switch(Plain):
    """A switch that holds nothing besides."""

    name = "fake.switch"
    keeps_for = 2.0


class Restless(Plain):
    """A value that something else puts back each time."""

    name = "fake.restless"

    def calls(self, address, found, wanted, context):
        return [Call("fake", "Put", {"name": address["name"], "value": "left" if found == "right" else "right"})]

    def passes_through(self, value, before, after):
        return value in ("left", "right")


class Nearest(Plain):
    """A value that can't be unset, only set to a default."""

    name = "fake.nearest"

    def way_back(self, address, before, after):
        return WayBack(Undo.NEAREST, "default", "it can't be unset")


REGISTRY = Registry(
    [
        Plain(),
        Evidence(),
        Book(),
        Secret(),
        Slow(),
        Part(),
        Group(),
        Many(),
        Waits(),
        Fallback(),
        Nearest(),
        Restless(),
        Switch(),
    ]
)


def want(name: str, value: Any, setting: str = "fake.plain", place: Place = HERE, **more: Any) -> Want:
    address = more.pop("address", {"name": name})
    return Want(key=name, setting=setting, place=place, address=address, value=value, **more)


class Bench:
    """Everything a test needs to plan, apply, die, and come back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world = World()
        self.clock = FakeClock()
        self.journal = Journal(folder)
        self.steps: list[tuple[int, str]] = []
        self._ids = (f"{n:012x}" for n in range(1, 1000))

    def draft(self, **more: Any) -> Draft:
        command = more.pop("command", "remediate")
        base = {"request": {}, "origin": ORIGIN, "aws": self.world, "registry": REGISTRY}
        return Draft(command=command, **(base | more))

    def plan(self, *wants: Want, **more: Any) -> Plan:
        return self.draft(**more).plan(wants)

    def shop(self, **more: Any) -> Workshop:
        def step(change):
            self.steps.append((change.n, change.status.value))

        base = {"aws": self.world, "registry": REGISTRY, "journal": self.journal, "clock": self.clock}
        return Workshop(**(base | {"locks": ThreadLocks(), "progress": step} | more))

    def apply(self, plan: Plan, **more: Any) -> Plan:
        return apply(plan, self.shop(**more), run_id=next(self._ids))

    def resume(self, run_id: str, **more: Any) -> Plan:
        return resume(run_id, self.shop(**more))

    def plan_undo(self, run_id: str, **more: Any) -> Plan:
        only = more.pop("only", ())
        return plan_undo(self.journal.plan(run_id), self.draft(command="undo", **more), only=only)

    def undo(self, run_id: str) -> Plan:
        return self.apply(self.plan_undo(run_id))

    def put(self, name: str, value: Any, place: Place = HERE) -> None:
        self.world.values[place, name] = value

    def get(self, name: str, place: Place = HERE) -> Any:
        return self.world.values.get((place, name))

    def revive(self) -> None:
        """Go on after a kill, as a new process would."""
        self.world.kill_before = self.world.kill_after = None
        self.journal.close()
        self.journal = Journal(self.folder)
