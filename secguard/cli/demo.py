"""`secguard demo`: the guided tour on a sandbox of its own, cleaned up whatever happens."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click

import secguard
from secguard.cli.frame import App, command
from secguard.errors import Exit, SecguardError

WIDTH_OF_NO_TERMINAL = "120"
SHOWN_FINDINGS = 10


class TourEnded(SecguardError):
    """A step of the tour went wrong, so it does not go on."""

    advice = "look at the output above; the sandbox and its state are gone"


@command("demo", example="secguard demo", aws=False, outputs=())
def demo(app: App) -> None:
    """A guided tour on a local AWS, in under a minute."""
    with tempfile.TemporaryDirectory(prefix="secguard-demo-") as folder, _ended_by_signals():
        tour = _Tour(app, Path(folder))
        with tour.sandbox():
            tour.cover()
            finding = tour.see()
            tour.respond(finding)
            tour.take_back()
        tour.tell("The local AWS is gone again, with everything in it. Your own AWS was never asked anything.")
        tour.tell(
            "Next: `secguard sandbox start` to try things yourself; or, with your own credentials, commands that only"
            " look: `secguard status --all-regions` and `secguard findings --severity high`."
        )


@dataclass(slots=True)
class _Tour:
    """The steps, each told, typed and run."""

    app: App
    folder: Path
    environment: Mapping[str, str] | None = None

    @contextmanager
    def sandbox(self) -> Iterator[None]:
        """Start a sandbox of the tour's own, and stop it at the end, however that comes."""
        from secguard.sandbox.environment import applied, environment  # noqa: PLC0415 - moto's extra may be absent
        from secguard.sandbox.lifecycle import start, stop  # noqa: PLC0415 - the same

        self.tell("This starts a local AWS: a small organization in 17 Regions, and somebody has broken in.")
        try:
            found = start(state_dir=self.folder)
            self.environment = self._own(applied(environment(found), to=os.environ))
            yield
        finally:
            stop(state_dir=self.folder)

    def cover(self) -> None:
        """Turn detection on everywhere."""
        self.tell("1. Cover. What would it take to watch every Region? A dry run only looks, and can't write.")
        self.run("enable --all-regions --dry-run")
        self.tell("Done, in all Regions at once; each change is read back before it counts.")
        self.run("enable --all-regions")

    def see(self) -> str:
        """List findings and show the first that a playbook answers; its short id."""
        self.tell("2. See. What to look at first, of everything that AWS's services and partners have found:")
        self.run(f"findings --severity high --limit {SHOWN_FINDINGS}")
        for finding in self.asked("findings --severity high --limit 50 -o json"):
            if finding["playbooks"] and not finding["sample"]:
                self.tell("What happened there, to what, and what answers it:")
                self.run(f"show {finding['short_id']}")
                return str(finding["short_id"])
        raise TourEnded("the tour ends here: no finding is answered by a playbook")

    def respond(self, finding: str) -> None:
        """Contain it: the plan first, then for real."""
        self.tell("3. Respond. The very calls it would make, and how each can be undone:")
        self.run(f"remediate {finding} --dry-run")
        self.tell("Contained: applied in order, read back, and written down before each call.")
        self.run(f"remediate {finding} --yes")

    def take_back(self) -> None:
        """Show what was done, and undo it."""
        self.tell("4. Take it back. Everything that was done is on record:")
        self.run("history")
        run = self.asked("history -o json")[0]["run_id"]
        self.tell("A false alarm? One command puts back what was there before.")
        self.run(f"undo {run} --yes")

    def tell(self, text: str) -> None:
        """Say what comes, between the outputs of commands."""
        self.app.answer("\n" + click.style(textwrap.fill(text, 96), bold=True) if sys.stdout.isatty() else f"\n{text}")
        self.app.finish()

    def run(self, line: str) -> None:
        """Type a command, and let it answer."""
        self.app.answer(f"\n$ secguard {line}")
        self.app.finish()
        done = subprocess.run(self._words(line), env=self.environment, cwd=self.folder, check=False)  # noqa: S603 - ourselves
        if done.returncode != Exit.OK:
            self._end(f"`secguard {line}` ended with exit code {done.returncode}")

    def asked(self, line: str) -> Any:
        """What a command answers as JSON, unseen."""
        done = subprocess.run(  # noqa: S603 - ourselves
            self._words(f"{line} -q"),
            env=self.environment,
            cwd=self.folder,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode != Exit.OK:
            self._end(f"`secguard {line}` ended with exit code {done.returncode}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def _words(self, line: str) -> list[str]:
        return [sys.executable, "-m", "secguard", *shlex.split(line)]

    def _own(self, variables: dict[str, str]) -> dict[str, str]:
        """The environment of the tour's commands: this very package, no configuration, a width to draw in."""
        (self.folder / "defaults.yaml").touch()
        package = str(Path(secguard.__file__).parents[1])
        own = {"SECGUARD_CONFIG": str(self.folder / "defaults.yaml"), "PYTHONPATH": package}
        if not sys.stdout.isatty():
            own["COLUMNS"] = variables.get("COLUMNS", WIDTH_OF_NO_TERMINAL)
        return variables | own

    def _end(self, why: str) -> NoReturn:
        raise TourEnded(f"the tour ends here: {why}")


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let being told to end clean up too."""

    def leave(number: int, _: object) -> NoReturn:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
