"""What a playbook is: the fields of its YAML file."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from secguard.engine.change import Kind

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]*$")]
FactName = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*$")]
Expression = Annotated[str, msgspec.Meta(min_length=1)]
"""JMESPath over the scope: about, finding, params, target, each, and the facts by name."""
Template = Any
"""Any JSON in which `${expression}` stands for what it finds."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping whose keys are all known."""


class Answers(_Part, frozen=True, kw_only=True):
    """Some findings that the playbook answers, and how well."""

    types: tuple[str, ...] = ()
    """Globs over GuardDuty's finding types."""
    controls: tuple[str, ...] = ()
    """Security Hub controls: `S3.8`."""
    when: Expression | None = None
    """Over `about` and `finding` alone: playbooks are matched before AWS is asked."""
    fit: Annotated[int, msgspec.Meta(ge=1, le=100)]
    """How good an answer it is: 100 is the best there could be."""


class Target(_Part, frozen=True, kw_only=True):
    """What the playbook is run for, once for each."""

    what: str
    """What one is, in the operator's words: `IAM user`."""
    each: Expression
    name: Template = "${target}"
    """How one is called."""


class Param(_Part, frozen=True, kw_only=True):
    """Something the operator may say with --param."""

    about: str
    default: str | None = None


class Fact(_Part, frozen=True, kw_only=True):
    """Something to find out about AWS before the steps are planned."""

    lookup: str
    of: dict[str, Template] = msgspec.field(default_factory=dict)
    quiet: bool = False
    """Whether what may not be acted on is left out without a word."""
    optional: bool = False
    """Whether the playbook goes on without it where AWS would not say; that is named all the same."""


class Refuses(_Part, frozen=True, kw_only=True):
    """When the playbook, or a step, is not for this."""

    when: Expression
    rule: str
    why: Template


class Step(_Part, frozen=True, kw_only=True):
    """A setting and the value it should hold."""

    setting: str
    address: dict[str, Template]
    to: Template
    for_each: Expression | None = None
    """The step is taken once for each, which is then `each`."""
    when: Expression | None = None
    refuses: tuple[Refuses, ...] = ()
    needs: tuple[Name, ...] = ()
    """Steps without which this one is skipped."""
    follows: tuple[Name, ...] = ()
    """Steps that this one waits for, however they end."""
    touched_by: tuple[Name, ...] = ()
    undo_after: tuple[Name, ...] = ()
    """Steps that are taken back before this one."""
    kind: Kind | None = None
    region: Template | None = None
    """Where, when it is not the finding's Region."""


class Playbook(_Part, frozen=True, kw_only=True):
    """A named answer to findings."""

    name: Name
    title: str
    about: str
    answers: tuple[Answers, ...]
    target: Target
    params: dict[FactName, Param] = msgspec.field(default_factory=dict)
    facts: dict[FactName, Fact] = msgspec.field(default_factory=dict)
    refuses: tuple[Refuses, ...] = ()
    steps: Annotated[dict[Name, Step], msgspec.Meta(min_length=1)]
    notes: tuple[str, ...] = ()
    """What the operator should know before and after."""
    file: str = ""
    """Where it was read from."""
