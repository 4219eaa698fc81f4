"""A finding's priority as the sum that it is: the points of every step, with what they are for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, chop_cells

from secguard.findings.reasons import Step
from secguard.render import sanitize

_LEAST = 20
"""No line is made narrower than this."""


def sum_text(steps: Sequence[Step]) -> str:
    """`53 = 60 high severity - 12 being worked on + 5 an attacker seems to be inside`, however long."""
    return " ".join(_parts(steps))


def sum_lines(steps: Sequence[Step], *, width: int) -> Iterator[str]:
    """The same in lines of at most `width` cells, broken between two steps where that is possible."""
    room = max(_LEAST, width)
    line = ""
    for part in _parts(steps):
        longer = f"{line} {part}" if line else part
        if line and cell_len(longer) > room:
            yield from chop_cells(line, room)
            longer = f"  {part}"
        line = longer
    yield from chop_cells(line, room)


def step_texts(steps: Sequence[Step]) -> list[str]:
    """Each step as one text: `60 high severity`, `-12 being worked on`."""
    return [sanitize.line(f"{step.points} {step.reason}") for step in steps]


def _parts(steps: Sequence[Step]) -> Iterator[str]:
    total = sum(step.points for step in steps)
    for place, step in enumerate(steps):
        sign = f"{total} =" if place == 0 else "-" if step.points < 0 else "+"
        yield sanitize.line(f"{sign} {abs(step.points)} {step.reason}")
