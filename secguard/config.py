"""The configuration: every key with its default, read strictly from one YAML file."""

from __future__ import annotations

import ipaddress
import os
import re
import stat
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from secguard import yaml_text
from secguard.errors import ConfigError, UsageError

Account = Annotated[str, msgspec.Meta(pattern=r"^\d{12}$", description="twelve digits, in quotes")]
Region = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,4}(-[a-z]+)+-\d+$", description="a Region's code: eu-west-1")]
Arn = Annotated[str, msgspec.Meta(pattern=r"^arn:", description="an ARN or a pattern: arn:aws:ec2:*:*:instance/i-0*")]
RoleName = Annotated[
    str, msgspec.Meta(pattern=r"^[\w+=,.@/-]{1,576}$", description="the role's name, with its path, not its ARN")
]
Positive = Annotated[int, msgspec.Meta(ge=1, description="a whole number, 1 or more")]
Pattern = Annotated[
    str | tuple[str, ...], msgspec.Meta(description='a text, or a list of texts, where * stands for anything: "live-*"')
]
PointsFor = Annotated[int, msgspec.Meta(ge=0, le=18, description="points, a whole number from 0 to 18")]
PointsAgainst = Annotated[int, msgspec.Meta(ge=0, le=100, description="points, a whole number from 0 to 100")]
Kind = TypeVar("Kind")

HERE = Path("secguard.yaml")
"""Where a configuration is found by chance: in the folder where the command is typed."""

# GuardDuty's DetectorFeature: what can be switched, without the foundational sources that are always on.
Feature = Literal[
    "S3_DATA_EVENTS",
    "EKS_AUDIT_LOGS",
    "EBS_MALWARE_PROTECTION",
    "RDS_LOGIN_EVENTS",
    "LAMBDA_NETWORK_LOGS",
    "RUNTIME_MONITORING",
    "EKS_RUNTIME_MONITORING",
    "AI_PROTECTION",
    "AI_ANALYST",
]


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A mapping whose keys are all known."""


class Accounts(_Section, frozen=True):
    """How other accounts are reached."""

    role: RoleName = "SecguardResponder"
    external_id: str | None = None


class GuardDutyWanted(_Section, frozen=True):
    """What GuardDuty should be, wherever it is enabled."""

    features: tuple[Feature, ...] = (
        "S3_DATA_EVENTS",
        "EKS_AUDIT_LOGS",
        "EBS_MALWARE_PROTECTION",
        "RDS_LOGIN_EVENTS",
        "LAMBDA_NETWORK_LOGS",
    )
    publishing_frequency: Literal["FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS"] = "FIFTEEN_MINUTES"


class SecurityHubWanted(_Section, frozen=True):
    """What Security Hub should be, wherever it is enabled."""

    standards: tuple[str, ...] = ("fsbp", "cis")
    integrations: tuple[str, ...] = ()
    home_region: Region | None = None
    linked_regions: Literal["ALL_REGIONS", "ENABLED_ONLY", "NONE"] = "ALL_REGIONS"


class Enable(_Section, frozen=True):
    """What `enable` turns on and `status` expects."""

    services: tuple[Literal["guardduty", "securityhub"], ...] = ("guardduty", "securityhub")
    guardduty: GuardDutyWanted = GuardDutyWanted()
    security_hub: SecurityHubWanted = SecurityHubWanted()


class FindingsWanted(_Section, frozen=True):
    """How findings are listed when nothing else is said."""

    limit: Positive = 50
    samples: bool = True


def _protecting_tag() -> dict[str, str]:
    return {"secguard:protect": "true"}


class Weights(_Section, frozen=True, cache_hash=True):
    """What each thing known of a finding counts, in points, where a level of severity is 20. 0 leaves it out.

    The order of the defaults: who is attacked now, then what attackers use already, then what lies open. An attack on
    something that matters, seen today, comes close to the 18 points that can be added in all.
    """

    # For it: to be looked at sooner.
    attack_sequence: PointsFor = 8
    known_exploited: PointsFor = 6
    compromised: PointsFor = 5
    critical: PointsFor = 5
    threat_intelligence: PointsFor = 4
    exposed: PointsFor = 4
    recent: PointsFor = 4
    exploit_available: PointsFor = 3
    confirmed: PointsFor = 3
    exploit_likely: PointsFor = 2
    from_internet: PointsFor = 2
    repeated: PointsFor = 2
    score: PointsFor = 1
    public_address: PointsFor = 1
    fix_available: PointsFor = 1
    # Against it: later, also below what is less severe.
    over: PointsAgainst = 80
    dismissed: PointsAgainst = 60
    in_progress: PointsAgainst = 12
    less_critical: PointsAgainst = 6
    blocked: PointsAgainst = 3
    noted: PointsAgainst = 2


class Ranking(_Section, frozen=True):
    """What to look at first."""

    weights: Weights = Weights()
    critical_tags: dict[str, Pattern] = {}
    critical_accounts: tuple[Account, ...] = ()
    less_critical_tags: dict[str, Pattern] = {}
    less_critical_accounts: tuple[Account, ...] = ()


class Guardrails(_Section, frozen=True):
    """What is never acted on."""

    protected_tags: dict[str, str] = msgspec.field(default_factory=_protecting_tag)
    protected_arns: tuple[Arn, ...] = ()
    protected_accounts: tuple[Account, ...] = ()
    never_block: tuple[str, ...] = ()
    max_changes: Positive = 50


class Playbooks(_Section, frozen=True):
    """Where the user's own playbooks stand."""

    folders: tuple[str, ...] = ()


class Suppressing(_Section, frozen=True):
    """What is not to be looked at."""

    rules: str = "suppressions.yaml"


class Config(_Section, frozen=True):
    """Everything that can be configured."""

    accounts: Accounts = Accounts()
    enable: Enable = Enable()
    findings: FindingsWanted = FindingsWanted()
    ranking: Ranking = msgspec.field(default_factory=Ranking)
    guardrails: Guardrails = msgspec.field(default_factory=Guardrails)
    playbooks: Playbooks = Playbooks()
    suppress: Suppressing = Suppressing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Which file holds the configuration, and which one was passed over."""

    file: Path | None
    """None: there is none, and every key has its default."""
    ignored: str | None = None
    """Why a file that stands where one is looked for is not read."""


def locate(named: Path | None) -> Location:
    """The file to read: `named`, $SECGUARD_CONFIG, ./secguard.yaml, then the user's own.

    Raises UsageError when the named one is absent, or when ./secguard.yaml can be written by others.
    """
    named = named or _path_in_environment()
    if named is not None:
        if not named.is_file():
            raise UsageError(f"{named}: no such configuration file", advice="make one: secguard config init")
        return Location(file=named)
    here = HERE
    ignored = None
    if here.is_file():
        if (stranger := not_the_users_own(here)) is None:
            return Location(file=here)
        ignored = f"./{here} is not read: {stranger}"
    own = user_file()
    return Location(file=own if own.is_file() else None, ignored=ignored)


def user_file() -> Path:
    """Where the user's own configuration stands, whether or not it exists."""
    # Imported here: with a named file the folders of the platform are not asked for.
    import platformdirs  # noqa: PLC0415

    return Path(platformdirs.user_config_dir("secguard")) / "config.yaml"


def load(named: Path | None) -> Config:
    """The configuration that holds, defaults where no file says otherwise. Raises ConfigError."""
    file = locate(named).file
    return read(file) if file is not None else Config()


def read(file: Path) -> Config:
    """The configuration in one file. Raises ConfigError naming the file, the path in it, and what is allowed there."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(file), "", f"can't be read: {error}") from error
    content = yaml_text.parse(text, file=str(file))
    config = checked({} if content is None else content, Config, file=str(file))
    _check_addresses(config.guardrails.never_block, str(file))
    return config


def _path_in_environment() -> Path | None:
    named = os.environ.get("SECGUARD_CONFIG")
    return Path(named).expanduser() if named else None


def not_the_users_own(file: Path) -> str | None:
    """Why a file found by chance can't be trusted. Raises UsageError when it is the user's, and others can write it."""
    owners = {file.stat().st_uid, file.lstat().st_uid}
    if owners != {os.geteuid()}:
        return "it belongs to someone else; name it with --config if it is meant"
    if file.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        # Passing over it would drop the guardrails that it may hold.
        raise UsageError(f"./{file} can be written by others, so it is not trusted", advice=f"chmod go-w {file}")
    return None


def checked(content: Any, kind: type[Kind], *, file: str, within: str = "") -> Kind:
    """What a file holds at the path `within`, as a `kind`. Raises ConfigError: the file, the path, what is allowed."""
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        problem, path = _message_and_path(str(error))
        raise _explained(file, path, problem, kind, within) from error


def _message_and_path(message: str) -> tuple[str, str]:
    """What msgspec found wrong, and the place without the leading `$.`."""
    problem, _, where = message.partition(" - at ")
    path = re.search(r"\$[^`]*", where)
    return problem.replace("`", ""), path.group().removeprefix("$").removeprefix(".") if path else ""


def _explained(file: str, path: str, problem: str, kind: type[Any], within: str) -> ConfigError:
    expected = _type_at(path, kind)
    path = ".".join(filter(None, (within, path)))
    unknown = re.fullmatch(r"Object contains unknown field (.*)", problem)
    if unknown is None:
        return ConfigError(file, path, _in_yaml_words(problem), allowed=_allowed(expected))
    key = unknown.group(1)
    known = [field.encode_name for field in expected.fields] if isinstance(expected, msgspec.inspect.StructType) else []
    near = get_close_matches(key, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return ConfigError(file, f"{path}.{key}".lstrip("."), f"there is no such key{hint}", allowed=", ".join(known))


def _in_yaml_words(problem: str) -> str:
    words = {"object": "a mapping", "array": "a list", "str": "text", "int": "a whole number", "bool": "true or false"}
    if problem.startswith("Expected str matching"):
        return "this is not one"
    if problem == "Expected array of length >= 1":
        return "the list is empty"
    if (missing := re.fullmatch(r"Object missing required field (.*)", problem)) is not None:
        return f"{missing.group(1)} is missing"
    if problem.startswith("Invalid enum value"):
        return f"there is no {problem.removeprefix('Invalid enum value ')}"
    if (typed := re.fullmatch(r"Expected (.+), got (\w+)", problem)) is None:
        return (problem[:1].lower() + problem[1:]).replace("expected int ", "expected a whole number ")
    expected = " or ".join(words.get(word.strip(), word.strip()) for word in typed.group(1).split("|"))
    return f"expected {expected}, got {words.get(typed.group(2), typed.group(2))}"


def _type_at(path: str, kind: type[Any]) -> msgspec.inspect.Type:
    """The type that a `kind` wants at `enable.guardduty.features[2]`."""
    found: msgspec.inspect.Type = msgspec.inspect.type_info(kind)
    for step in re.findall(r"[^.\[\]]+|\[[^\]]*\]", path):
        found = _step(_bare(found), step)
    return found


def _step(within: msgspec.inspect.Type, step: str) -> msgspec.inspect.Type:
    match within:
        case msgspec.inspect.StructType():
            return next(field.type for field in within.fields if field.encode_name == step)
        case msgspec.inspect.VarTupleType():
            return within.item_type
        case msgspec.inspect.DictType():
            return within.value_type
        case _:
            return within


def _bare(kind: msgspec.inspect.Type) -> msgspec.inspect.Type:
    return _bare(kind.type) if isinstance(kind, msgspec.inspect.Metadata) else kind


def _allowed(kind: msgspec.inspect.Type) -> str:
    """What may stand there, in words."""
    words = "text, in quotes where YAML would read something else"
    match kind:
        case msgspec.inspect.Metadata():
            words = (kind.extra_json_schema or {}).get("description") or _allowed(kind.type)
        case msgspec.inspect.LiteralType():
            words = ", ".join(str(value) for value in kind.values)
        case msgspec.inspect.StructType():
            words = "a mapping with " + ", ".join(field.encode_name for field in kind.fields)
        case msgspec.inspect.VarTupleType():
            words = f"a list of: {_allowed(kind.item_type)}"
        case msgspec.inspect.UnionType():
            words = " or ".join(_allowed(one) for one in kind.types)
        case msgspec.inspect.DictType():
            words = f"a mapping of names to {_allowed(kind.value_type)}"
        case msgspec.inspect.BoolType():
            words = "true or false"
        case msgspec.inspect.NoneType():
            words = "null"
    return words


def _check_addresses(texts: tuple[str, ...], file: str) -> None:
    for position, text in enumerate(texts):
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError as error:
            path = f"guardrails.never_block[{position}]"
            raise ConfigError(file, path, str(error), allowed="an address or a CIDR: 203.0.113.0/24") from error
