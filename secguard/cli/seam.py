"""AWS and the planner as a command needs them: what may be asked and sent, who asks, what is never acted on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import cached_property, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from secguard.aws.connection import Connection
from secguard.aws.connection import connect as connect_to_aws

if TYPE_CHECKING:
    from secguard.aws.sending import CallRecord
    from secguard.cli.app import App
    from secguard.cli.options import Common
    from secguard.config import Config
    from secguard.engine.draft import Draft
    from secguard.engine.guardrails import Guardrail
    from secguard.engine.origin import Origin
    from secguard.engine.setting import Registry

READERS = (
    "secguard.findings.sources",
    "secguard.settings.tags",
    "secguard.findings.triage",
    "secguard.findings.insights.hub",
    "secguard.playbooks.lookups",
    "secguard.coverage.observe",
)
"""The modules that ask AWS for more than settings do; each says what in its READS."""


class _Declared:
    """What some module or setting declares. Settings are asked last, so that a list of findings imports none."""

    def __init__(self, readers: Iterable[str], of_settings: Callable[[], frozenset[str]]) -> None:
        self._readers = tuple(readers)
        self._of_settings = of_settings

    def __contains__(self, operation: object) -> bool:
        return any(operation in import_module(reader).READS for reader in self._readers) or operation in self._settings

    @cached_property
    def _settings(self) -> frozenset[str]:
        return self._of_settings()


def connect(common: Common, config: Config, registry: Registry) -> Connection:
    """AWS for these options. Nothing outside what settings and sources declare can be asked of it, or sent."""
    connection = partial(
        connect_to_aws,
        profile=common.profile,
        role=config.accounts.role,
        external_id=config.accounts.external_id,
        reads=_Declared(READERS, registry.reads),
        writes=_Declared((), registry.writes),
        timeout=common.timeout,
        log=_log,
    )
    found = connection()
    if found.region is None and common.regions:
        # Without a Region of the profile's own, a named one tells at least the partition.
        found = connection(region=common.regions[0])
    return found


def origin(app: App) -> Origin:
    """Who plans and applies, and against which AWS. Raises NoCredentials."""
    from secguard.engine.origin import Origin  # noqa: PLC0415 - only what plans or records needs it

    connection = app.connection()
    caller = connection.caller
    return Origin(partition=caller.partition, caller=caller.arn, endpoint=connection.endpoint)


def drafting(
    app: App,
    *,
    command: str,
    request: dict[str, Any],
    allow: Iterable[str],
    accounts: Iterable[str] = (),
) -> Draft:
    """What a planner starts from: the guardrails of the configuration stand, but for what `allow` lifts.

    `accounts`: those that will be acted in.
    """
    from secguard.engine.draft import Draft  # noqa: PLC0415 - the same
    from secguard.engine.guardrails import Allowances, Irreversible, OwnIdentity, ProtectedResources  # noqa: PLC0415
    from secguard.settings.tags import read_tags  # noqa: PLC0415

    rules = app.config.guardrails
    protected = ProtectedResources(
        arns=rules.protected_arns, accounts=rules.protected_accounts, tags=rules.protected_tags, read_tags=read_tags
    )
    own = OwnIdentity(hops=app.connection().identities(accounts))
    guardrails: tuple[Guardrail, ...] = (protected, own, Irreversible())
    return Draft(
        command=command,
        request=request,
        origin=origin(app),
        aws=app.connection(),
        registry=app.registry,
        guardrails=guardrails,
        allowances=Allowances.parse(allow),
        max_changes=rules.max_changes,
    )


def _log(record: CallRecord) -> None:
    logging.getLogger("secguard.aws").debug(
        "%s:%s %s %s, %.2f s, attempt %d, request id %s%s",
        record.service,
        record.operation,
        record.account,
        record.region,
        record.seconds,
        record.attempts,
        record.request_id or "none",
        f": {record.error}" if record.error else "",
    )
