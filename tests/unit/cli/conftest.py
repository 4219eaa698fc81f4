"""Commands over a small AWS that is a dictionary, with one setting."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import pytest

from secguard.cli import app as app_module
from secguard.cli import consent, frame, seam
from secguard.cli.frame import command, load, plan_options, root
from secguard.engine.draft import Want
from secguard.engine.origin import Origin
from secguard.engine.seam import Call
from secguard.engine.setting import Read, Registry, Setting, WayBack
from secguard.errors import Denied
from secguard.model import Place

ACCOUNT = "123456789012"
HERE = Place(ACCOUNT, "us-east-1")
OPERATOR = Origin(partition="aws", caller=f"arn:aws:iam::{ACCOUNT}:user/operator", endpoint=None)


class Lamp(Setting):
    """Whether a lamp is on."""

    name = "fake.lamp"
    reads = ("iam:GetLamp",)
    writes = ("iam:SetLamp",)

    def read(self, aws, address):
        return Read(aws.get(address["name"]))

    def calls(self, address, found, wanted, context):
        return [Call("iam", "SetLamp", {"Name": address["name"], "On": wanted})]

    def target(self, address):
        return f"lamp {address['name']}"

    def way_back(self, address, before, after):
        return WayBack(self.grade, before, self.note)

    grade = "exact"
    note = None


@dataclass
class House:
    """The lamps by place and name, and every call that was sent."""

    lamps: dict[tuple[Place, str], Any] = field(default_factory=dict)
    sent: list[Call] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    origin: Origin = OPERATOR
    interrupt: bool = False

    def look(self, place, **_):
        return Window(self, place)

    def send(self, place, call):
        if self.interrupt:
            raise KeyboardInterrupt
        if call.parameters["Name"] in self.broken:
            raise Denied("may not", code="AccessDenied")
        self.sent.append(call)
        self.lamps[place, call.parameters["Name"]] = call.parameters["On"]
        return {}

    def for_run(self, run_id):
        return self

    def identities(self, accounts):
        return ()


@dataclass
class Window:
    """One look at a place."""

    house: House
    place: Place
    partition: str = "aws"

    def get(self, name):
        return self.house.lamps.get((self.place, name))


@pytest.fixture
def house(monkeypatch):
    """The small AWS, behind every command; `light NAME…` is a command that turns lamps on."""
    house = House()
    house.wants = {}

    @command("light", example="secguard light", outputs=consent.PLAN_OUTPUTS)
    @frame.click.argument("names", nargs=-1)
    @plan_options
    def light(app, names, options):
        """Turn lamps on."""
        draft = seam.drafting(app, command="light", request={"command": "light"}, allow=options.allow)
        wants = [Want(key=n, setting="fake.lamp", place=HERE, address={"name": n}, value=True) for n in names]
        consent.consent_and_apply(app, draft.plan(wants), options, **house.wants)

    monkeypatch.setitem(root.commands, "light", light)
    monkeypatch.setattr(frame, "load", lambda name: light if name == "light" else load(name))
    monkeypatch.setattr(app_module.App, "connection", lambda app: house)
    monkeypatch.setattr(app_module.App, "registry", Registry([Lamp()]))
    # These first: imported only now, they would keep the seam's for good.
    for module in ("secguard.cli.apply", "secguard.cli.resume"):
        monkeypatch.setattr(f"{module}.origin", lambda app: house.origin)
    monkeypatch.setattr(seam, "origin", lambda app: house.origin)
    return house


@pytest.fixture
def elsewhere(house):
    """Say that what follows happens at another endpoint."""

    def move(**changes):
        house.origin = dataclasses.replace(house.origin, **changes)

    return move


@pytest.fixture
def terminal(monkeypatch):
    """Somebody is there, and types these lines."""

    def sit_down(*lines):
        typed = iter(lines)
        monkeypatch.setattr(consent, "_on_terminal", lambda: True)
        monkeypatch.setattr(consent.sys, "stdin", Keyboard(typed))

    return sit_down


@dataclass
class Keyboard:
    """What is typed, line by line, and then nothing."""

    typed: Any

    def readline(self):
        return next(self.typed, "")
