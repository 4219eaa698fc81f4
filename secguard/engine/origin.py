"""Where plans and runs belong: the sandbox and AWS, or two accounts, can't be mistaken for each other."""

from __future__ import annotations

from dataclasses import dataclass

from secguard.engine.change import Plan
from secguard.errors import PlanMismatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who plans and applies, and against which AWS."""

    partition: str
    caller: str
    """The caller's ARN; sessions of one role count as one caller's account."""
    endpoint: str | None
    """None: AWS itself."""

    @property
    def account(self) -> str:
        """The caller's account."""
        return self.caller.split(":")[4]

    def __str__(self) -> str:
        where = f"at {self.endpoint}" if self.endpoint else f"in partition {self.partition}"
        return f"account {self.account} {where}"


def origin_of(plan: Plan) -> Origin:
    """Where a plan was made."""
    return Origin(partition=plan.partition, caller=plan.caller, endpoint=plan.endpoint)


def require_same_origin(what: str, plan: Plan, here: Origin) -> None:
    """Raises PlanMismatch when `plan` was made against another AWS, or for another account, than `here`."""
    made = origin_of(plan)
    if (made.partition, made.account, made.endpoint) != (here.partition, here.account, here.endpoint):
        raise PlanMismatch(
            f"{what} belongs to {made}, and this is {here}", advice="use the profile and endpoint it was made with"
        )
