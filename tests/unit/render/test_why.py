"""A priority as a sum: its points and reasons, on however many lines they need."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from secguard.findings.reasons import Step
from secguard.render.why import step_texts, sum_lines, sum_text

STEPS = (Step(60, "high severity"), Step(-12, "being worked on"), Step(5, "an attacker seems to be inside"))


def test_a_sum_tells_its_total_and_what_each_part_is_for():
    assert sum_text(STEPS) == "53 = 60 high severity - 12 being worked on + 5 an attacker seems to be inside"


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (200, ["53 = 60 high severity - 12 being worked on + 5 an attacker seems to be inside"]),
        (60, ["53 = 60 high severity - 12 being worked on", "  + 5 an attacker seems to be inside"]),
        (40, ["53 = 60 high severity", "  - 12 being worked on", "  + 5 an attacker seems to be inside"]),
    ],
)
def test_lines_break_between_two_steps(width, lines):
    assert list(sum_lines(STEPS, width=width)) == lines


@given(
    st.lists(st.builds(Step, st.integers(-99, 99), st.text(min_size=1, max_size=60)), min_size=1, max_size=9),
    st.integers(1, 200),
)
def test_no_line_is_wider_than_it_may_be_and_none_is_obeyed_by_a_terminal(steps, width):
    for line in sum_lines(steps, width=width):
        assert cell_len(line) <= max(20, width)
        assert line.isprintable()
    assert all(text.isprintable() for text in (sum_text(steps), *step_texts(steps)))


def test_each_step_is_one_text_where_there_are_columns():
    assert step_texts(STEPS) == ["60 high severity", "-12 being worked on", "5 an attacker seems to be inside"]
