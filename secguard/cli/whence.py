"""Where a command's findings come from: what is on in AWS, one API, or a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from secguard.cli.frame import App
from secguard.errors import SecguardError, UsageError
from secguard.findings.query import Query

if TYPE_CHECKING:
    from secguard.findings.feeds.levels import Event
    from secguard.model import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Whence:
    """Where the findings are to come from."""

    source: Source | None = None
    """None: what is on in each Region."""
    file: str | None = None
    cached: bool = False
    """From what `secguard sync` has read."""

    @classmethod
    def parse(cls, *, source: str | None, file: str | None, cached: bool = False) -> Whence:
        """Raises UsageError."""
        from secguard.findings import sources  # noqa: PLC0415 - only when findings are asked for

        if source is not None and file is not None:
            raise UsageError("--source and --from contradict one another", advice="give one of them")
        if cached and not (source is None and file is None):
            raise UsageError("--cached asks the cache and nothing else", advice="leave --source and --from out")
        return cls(source=sources.parse(source or sources.AUTO), file=file, cached=cached)

    def events(self, app: App, query: Query, *, limit: int | None = None) -> Iterator[Event]:
        """What arrives. A file needs no AWS, and neither does the cache."""
        from secguard.findings import files, sources  # noqa: PLC0415 - after the options were checked

        if self.file is not None:
            return files.stream(self.file, query)
        if self.cached:
            from secguard.cli import cached  # noqa: PLC0415 - only when the cache is asked

            return cached.events(app, query, limit=limit)
        return sources.stream(query, aws=app.connection(), source=self.source, limit=limit, tell=app.say)

    @property
    def name(self) -> str:
        """What is asked, in words."""
        from secguard.findings import sources  # noqa: PLC0415 - after the options were checked

        return "the cache" if self.cached else self.file or sources.name_of(self.source)

    def nowhere(self) -> SecguardError:
        """The error of a command that found nobody to ask."""
        if self.cached:
            return SecguardError("the cache has nothing of what was asked for", advice="fill it: secguard sync")
        advice = "see what is on: secguard status; turn it on: secguard enable"
        return SecguardError(f"{self.name} could be asked nowhere", advice=advice)
