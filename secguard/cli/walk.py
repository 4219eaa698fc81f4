"""Triage one finding at a time, with single keys: each says what becomes of the finding in hand, at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from secguard.cli.cached import keep_up
from secguard.cli.consent import workshop
from secguard.cli.keyboard import Keyboard
from secguard.cli.seam import drafting
from secguard.engine.apply import apply, new_run_id
from secguard.engine.undo import plan_undo
from secguard.engine.workshop import unwatched
from secguard.errors import SecguardError
from secguard.findings.ranking import explained
from secguard.findings.triage import Decision, Proposal
from secguard.model import Finding, Workflow, fingerprint
from secguard.render.plan import outcome_line
from secguard.render.triage import card, menu
from secguard.render.why import sum_text
from secguard.whole_file import write_whole

if TYPE_CHECKING:
    from rich.console import RenderableType

    from secguard.cli.frame import App
    from secguard.engine.change import Plan

FILE_NAME = "triage-walk.json"

Propose = Callable[[Finding, Decision], Proposal]


def on_terminal() -> bool:
    """Whether somebody looks, and can press keys."""
    return sys.stdin.isatty() and sys.stderr.isatty()


class Bookmark:
    """What has been looked at in a walk that did not come to its end."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE_NAME
        self.seen = self._read()

    def add(self, finding: Finding) -> None:
        """It has been looked at."""
        self.seen.add(_key(finding))
        self._write()

    def remove(self, finding: Finding) -> None:
        """It is to be looked at again."""
        self.seen.discard(_key(finding))
        self._write()

    def clear(self) -> None:
        """The walk has come to its end; the next one begins anew."""
        self.seen.clear()
        self._file.unlink(missing_ok=True)

    def unseen(self, findings: Sequence[Finding]) -> list[Finding]:
        """Those that have not been looked at."""
        return [finding for finding in findings if _key(finding) not in self.seen]

    def _read(self) -> set[str]:
        try:
            return set(map(str, json.loads(self._file.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError):
            return set()

    def _write(self) -> None:
        # Losing the place in a walk costs a few keys, so it never stops one.
        with suppress(OSError):
            write_whole(self._file, json.dumps(sorted(self.seen)))


@dataclass(slots=True)
class Walk:
    """A walk through findings, from the first that was not looked at."""

    app: App
    findings: Sequence[Finding]
    bookmark: Bookmark
    propose: Propose
    keyboard: Keyboard
    at: int = 0
    done: list[tuple[int, str]] = field(default_factory=list)
    """The position and the run of everything that was set, last one last."""

    def go(self) -> None:
        """Until the last finding, or until the operator quits."""
        with self.keyboard.by_keys():
            self._draw(menu())
            self._show()
            while self.at < len(self.findings):
                key = self.keyboard.key()
                if key in ("", "q"):
                    self.app.say(f"left at {self.at + 1} of {len(self.findings)}; the next walk goes on from there")
                    return
                try:
                    self._act(key)
                except SecguardError as error:
                    self.app.talk.fail(error)
        self.bookmark.clear()
        self.app.say("that was the last one")

    def _act(self, key: str) -> None:
        finding = self.findings[self.at]
        match key:
            case "n":
                self._next()
            case "s" | "r":
                status = Workflow.SUPPRESSED if key == "s" else Workflow.RESOLVED
                if self._put(Decision(author="", status=status)):
                    self._next()
            case "N":
                self._note()
            case "R":
                self.app.say(f"secguard remediate {finding.short_id}")
            case "w":
                steps = explained(finding, now=datetime.now(UTC), ranking=self.app.config.ranking)
                self.app.say(f"priority {sum_text(steps)}")
            case "o":
                self.app.say(finding.console_url or "it has no link")
            case "u":
                self._take_back()
            case _:
                self._draw(menu())

    def _note(self) -> None:
        text = self.keyboard.line("note: ")
        if text:
            self._put(Decision(author="", note=text))

    def _put(self, decision: Decision) -> bool:
        """Apply a decision to the finding in hand; whether it is as decided now."""
        proposal = self.propose(self.findings[self.at], decision)
        for remark in (*proposal.remarks, *map(str, proposal.plan.unreached)):
            self.app.say(remark)
        for refusal in proposal.plan.refused:
            self.app.warn(f"refused: {refusal.what}: {refusal.why}")
        if not proposal.plan.changes:
            return not proposal.plan.refused and not proposal.plan.unreached
        done = self._applied(proposal.plan)
        if done.run_id is not None and any(change.acted for change in done.changes):
            self.done.append((self.at, done.run_id))
        return not any(change.error for change in done.changes)

    def _take_back(self) -> None:
        if not self.done:
            self.app.say("nothing was set yet")
            return
        position, run_id = self.done.pop()
        run = self.app.journal().plan(run_id)
        draft = drafting(self.app, command=f"undo {run_id}", request={}, allow=())
        plan = plan_undo(run, replace(draft, max_changes=None))
        if plan.changes:
            self._applied(plan)
        else:
            self.app.say("nothing of it can be taken back")
        self.at = position
        self.bookmark.remove(self.findings[position])
        self._show()

    def _applied(self, plan: Plan) -> Plan:
        run_id = new_run_id()
        done = apply(plan, workshop(self.app, run_id, patience=None, progress=unwatched), run_id=run_id)
        keep_up(self.app, done)
        self.app.say(outcome_line(done))
        for change in done.changes:
            if change.error:
                self.app.warn(f"{change.target}: {change.error}")
        return done

    def _next(self) -> None:
        self.bookmark.add(self.findings[self.at])
        self.at += 1
        self._show()

    def _show(self) -> None:
        if self.at < len(self.findings):
            finding, total = self.findings[self.at], len(self.findings)
            self._draw(card(finding, position=self.at + 1, total=total, now=datetime.now(UTC)))

    def _draw(self, view: RenderableType) -> None:
        self.app.talk.draw(self.app.console, view)


def _key(finding: Finding) -> str:
    return fingerprint(finding.product_arn, finding.id)
