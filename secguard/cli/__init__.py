"""What the operator types: one module per command; parse, call, render."""

from __future__ import annotations

from collections.abc import Sequence

COMMANDS = {
    "enable": "Turn on GuardDuty and Security Hub wherever they should be.",
    "status": "Show what is on, and what is missing, per account and Region.",
    "findings": "List findings, what to look at first on top.",
    "show": "Show one finding in full: what happened, to what, by whom, and what answers it.",
    "watch": "Show new findings, and those that got worse, as they come.",
    "sync": "Fill the cache with every finding, or bring it up to date.",
    "triage": "Say what became of findings, one or thousands.",
    "suppress": "Suppression rules as code: why, on whose word, and until when.",
    "insights": "Show what findings have in common, with bars.",
    "remediate": "Plan and run the playbook that answers a finding.",
    "playbooks": "The catalogue of answers to findings.",
    "apply": "Apply a plan that --plan-out has saved.",
    "history": "List the runs, newest first, or show what RUN did.",
    "undo": "Put back what a run changed.",
    "resume": "Finish a run that was interrupted, or that left something pending.",
    "config": "Make, show and check the configuration.",
    "sandbox": "A local AWS to try things on.",
    "demo": "A guided tour on a local AWS, in under a minute.",
}
"""Every command with the line that `--help` shows; its module is imported when it is run."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    from secguard.cli.frame import main  # noqa: PLC0415 - click, only when a command line is run

    return main(arguments)
