"""Where a command's findings come from: what is on in AWS, one API, or a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from secguard.cli.frame import App
from secguard.errors import UsageError
from secguard.findings.query import Query

if TYPE_CHECKING:
    from secguard.findings.levels import Event
    from secguard.model import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Whence:
    """Where the findings are to come from."""

    source: Source | None = None
    """None: what is on in each Region."""
    file: str | None = None

    @classmethod
    def parse(cls, *, source: str | None, file: str | None) -> Whence:
        """Raises UsageError."""
        from secguard.findings import sources  # noqa: PLC0415 - only when findings are asked for

        if source is not None and file is not None:
            raise UsageError("--source and --from contradict one another", advice="give one of them")
        return cls(source=sources.parse(source or sources.AUTO), file=file)

    def events(self, app: App, query: Query, *, limit: int | None = None) -> Iterator[Event]:
        """What arrives. A file needs no AWS."""
        from secguard.findings import files, sources  # noqa: PLC0415 - after the options were checked

        if self.file is not None:
            return files.stream(self.file, query)
        return sources.stream(query, aws=app.connection(), source=self.source, limit=limit, tell=app.say)

    @property
    def name(self) -> str:
        """What is asked, in words."""
        from secguard.findings import sources  # noqa: PLC0415 - after the options were checked

        return self.file or sources.name_of(self.source)
