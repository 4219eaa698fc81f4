"""The engine over the sandbox, without a command: plan, apply, die, come back."""

from secguard.aws.connection import connect
from secguard.engine.apply import apply, new_run_id, resume
from secguard.engine.clock import SystemClock
from secguard.engine.draft import Draft, Want
from secguard.engine.journal import Journal
from secguard.engine.locks import ThreadLocks
from secguard.engine.origin import Origin
from secguard.engine.undo import plan_undo
from secguard.engine.workshop import Workshop
from secguard.model import Place
from secguard.sandbox.cast import HOME_REGION, PRODUCTION, RESPONDER_ROLE
from secguard.settings import registry

HERE = Place(PRODUCTION, HOME_REGION)


class Killed(BaseException):
    """Stands for kill -9: nothing in secguard may catch it."""


class DyingAws:
    """A connection that dies before, or right after, its call with a number."""

    def __init__(self, connection, moment, number):
        self._connection = connection
        self._moment = moment
        self._left = number

    def __getattr__(self, name):
        return getattr(self._connection, name)

    def send(self, place, call):
        mine, self._left = self._left == 0, self._left - 1
        if mine and self._moment == "before":
            raise Killed
        answer = self._connection.send(place, call)
        if mine:
            raise Killed
        return answer


class Bench:
    """Everything that brings wants about, and takes them back."""

    def __init__(self, folder):
        self.aws = connect(reads=registry().reads(), writes=registry().writes(), role=RESPONDER_ROLE)
        self.journal = Journal(folder)

    def _draft(self, command):
        caller = self.aws.caller
        origin = Origin(partition=caller.partition, caller=caller.arn, endpoint=self.aws.endpoint)
        return Draft(command=command, request={}, origin=origin, aws=self.aws, registry=registry())

    def _shop(self, aws):
        clock = SystemClock()
        return Workshop(aws=aws, registry=registry(), journal=self.journal, clock=clock, locks=ThreadLocks())

    def plan(self, setting, value, *, rule="probes", place=HERE):
        return self.plan_all(Want(key=rule, setting=setting.name, place=place, address={"rule": rule}, value=value))

    def plan_all(self, *wants):
        return self._draft("suppress").plan(wants)

    def apply(self, plan, *, dies=None):
        """`dies`: ("before" | "after", the number of a call)."""
        aws = self.aws if dies is None else DyingAws(self.aws, *dies)
        return apply(plan, self._shop(aws), run_id=new_run_id())

    def set(self, setting, value, **where):
        return self.apply(self.plan(setting, value, **where))

    def last_run(self):
        return self.journal.history()[0].run_id

    def resume(self):
        return resume(self.last_run(), self._shop(self.aws))

    def plan_undo(self, run_id=None):
        return plan_undo(self.journal.plan(run_id or self.last_run()), self._draft("undo"))

    def undo(self, run_id=None):
        return self.apply(self.plan_undo(run_id))
