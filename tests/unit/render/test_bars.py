"""Bars: as long as they should be, in any width and any letters, and harmless."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from secguard.model import Severity
from secguard.render.bars import KEY, Row, bars, tail
from secguard.render.fit import Column

COLUMNS = (Column(name=KEY, heading="WHAT", least=12), Column(name="count", heading="COUNT", right=True))
EXTRA = (Column(name="more", heading="MORE"),)


def console(width=80, encoding="utf-8", **more):
    return Console(file=io.TextIOWrapper(io.BytesIO(), encoding=encoding), width=width, **more)


def row(key, amount, parts=None, *, further=0.0):
    cells = {KEY: key, "count": str(amount), "more": "x" * 9}
    return Row(cells=cells, amount=amount, parts=parts or {}, further=further)


def drawn(*rows, width=80, encoding="utf-8", extra=EXTRA):
    lines = list(bars(rows, COLUMNS, extra=extra, console=console(width, encoding)))
    return [line.plain for line in lines]


def bar_of(line):
    return line.split(" ")[-1]


def test_the_longest_bar_has_all_the_room_and_the_others_their_part_of_it():
    _, most, half, none = drawn(row("a", 10), row("b", 5), row("c", 0))

    assert len(bar_of(most)) == 40
    assert len(bar_of(half)) == 20
    assert none.split() == ["c", "0", "x" * 9]


def test_what_is_there_is_seen_however_little_it_is():
    _, _, little = drawn(row("a", 100000), row("b", 1))

    assert len(bar_of(little)) == 1


def test_a_bar_is_made_of_its_severities_the_worst_first():
    parts = {Severity.LOW: 2, Severity.CRITICAL: 1, Severity.MEDIUM: 1}
    _, line = drawn(row("a", 4, parts))

    assert bar_of(line) == "█" * 10 + "▒" * 10 + "░" * 20


def test_one_critical_among_hundreds_is_seen():
    _, line = drawn(row("a", 1001, {Severity.LOW: 1000, Severity.CRITICAL: 1}))

    assert bar_of(line) == "█" + "░" * 39


def test_a_terminal_without_blocks_gets_letters():
    _, parted, whole, further = drawn(
        row("a", 2, {Severity.HIGH: 1, Severity.LOW: 1}), row("b", 2), row("c", 1, further=1), encoding="ascii"
    )

    assert bar_of(parted) == "H" * 20 + "L" * 20
    assert bar_of(whole) == "#" * 40
    assert bar_of(further) == "#" * 20 + "." * 20


def test_without_colours_there_are_none_and_the_shades_still_tell():
    where = console(color_system=None)
    text = list(bars([row("a", 2, {Severity.HIGH: 1, Severity.LOW: 1})], COLUMNS, console=where))[1]
    with where.capture() as shown:
        where.print(text)

    assert "\x1b" not in shown.get()
    assert "▓" in shown.get()


def test_what_does_not_fit_is_left_out_before_the_bar_gets_short():
    narrow, wide = drawn(row("a" * 30, 1), width=50), drawn(row("a" * 30, 1), width=100)

    assert "MORE" not in narrow[0]
    assert "MORE" in wide[0]
    assert len(bar_of(narrow[1])) >= 8


def test_without_a_row_there_is_nothing():
    assert drawn() == []


def test_numbers_end_under_one_another():
    _, one, many = drawn(row("a", 5), row("b", 12345))

    assert one.index("5") == many.index("12345") + 4


def test_a_key_can_not_move_the_cursor():
    _, line = drawn(row("\x1b[2Jgone\n", 1))

    assert "\x1b" not in line
    assert "\\x1b[2Jgone" in line


@pytest.mark.parametrize(("text", "shown"), [("arn:aws:s3:::a/b/c", "…b/c"), ("abcdefgh", "abc…"), ("a/b", "a/b")])
def test_of_a_path_the_end_stays_and_of_words_the_beginning(text, shown):
    assert tail(text, 4) == shown


@given(
    st.lists(
        st.tuples(st.text(max_size=40) | st.text("/龍a", max_size=40), st.integers(0, 10**6), st.integers(0, 10**6)),
        max_size=5,
    ),
    st.integers(60, 200),
    st.sampled_from(["utf-8", "ascii"]),
)
def test_no_line_is_wider_than_the_terminal(rows, width, encoding):
    made = [
        row(key, low + high, {Severity.LOW: low, Severity.HIGH: high} if low + high else {}) for key, low, high in rows
    ]

    assert all(cell_len(line) <= width for line in drawn(*made, width=width, encoding=encoding))
