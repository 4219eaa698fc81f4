"""API calls as an operator reads them: on one line, or as command lines for `aws`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from secguard.engine.change import Change, Plan
from secguard.engine.seam import Call
from secguard.engine.values import map_late
from secguard.model import Value
from secguard.render import sanitize

# The services whose command in the AWS CLI is not botocore's name.
_COMMANDS = {"s3": "s3api", "config": "configservice", "codedeploy": "deploy"}
# awscli/customizations/argrename.py: booleans whose "no" has a name of its own.
_NEGATIONS = {("ec2", "Egress"): "ingress", ("ec2", "DisableApiTermination"): "enable-api-termination"}


def one_line(call: Call) -> str:
    """`ec2:CreateNetworkAclEntry RuleNumber=50 Egress=false …`, late values in words."""
    parameters = late_in_words(call.parameters)
    parts = [f"{name}={_brief(value)}" for name, value in parameters.items()]
    return sanitize.line(" ".join([f"{call.service}:{call.operation}", *parts]))


def shown_calls(change: Change) -> tuple[Call, ...]:
    """The calls of a change as they may be shown: where its values are sensitive, without what they carry."""
    return tuple(Call(call.service, call.operation) for call in change.calls) if change.sensitive else change.calls


def late_in_words(value: Value) -> Value:
    """`value` with each late mark as text: `<GroupId of change 3>`, `<now>`, `<run_id>`."""
    return map_late(value, _words)


def command_lines(plan: Plan) -> Iterator[str]:
    """Every call of a plan as an `aws` command line, each change under a comment that says what it does."""
    if plan.endpoint is not None:
        yield f"# for {sanitize.line(plan.endpoint)}, not AWS\n"
    for change in plan.changes:
        yield f"# {change.n}. {sanitize.line(_heading(change))}\n"
        for call in shown_calls(change):
            yield command_line(call, region=change.region, endpoint=_first(plan.endpoint)) + "\n"


def command_line(call: Call, *, region: str, endpoint: str | None = None) -> str:
    """One call as an `aws` command line, quoted for a POSIX shell."""
    words = ["aws", _COMMANDS.get(call.service, call.service), kebab(call.operation)]
    for name, value in late_in_words(call.parameters).items():
        words += _option(call.service, name, value)
    words += ["--region", region]
    if endpoint is not None:
        words += ["--endpoint-url", endpoint]
    return " ".join(sanitize.shell(word) for word in words)


def kebab(name: str) -> str:
    """`ModifyDBInstance` as the AWS CLI spells it: `modify-db-instance`."""
    plural = re.search(r"[A-Z]{2,}s$", name)
    if plural:
        name = f"{name[: plural.start()]}-{plural.group().lower()}"
    parted = re.sub(r"(.)([A-Z][a-z]+)", r"\1-\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", parted).lower().replace("--", "-")


def _first(endpoint: str | None) -> str | None:
    """Of several endpoints, the one for services that have none of their own."""
    return endpoint.partition(", ")[0] if endpoint else None


def _option(service: str, name: str, value: Value) -> list[str]:
    option = f"--{kebab(name)}"
    if value is True:
        return [option]
    if value is False:
        return [f"--{_NEGATIONS.get((service, name), f'no-{kebab(name)}')}"]
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return [f"{option}={text}"] if text.startswith("-") else [option, text]


def _heading(change: Change) -> str:
    return f"{change.account} {change.region} {change.target}: {change.summary}"


def _words(name: str) -> str:
    number, dot, what = name.partition(".")
    return f"<{what} of change {number}>" if dot and number.isdigit() else f"<{name}>"


def _brief(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
