"""Rows fit a width, and what matters most is kept."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from secguard.render.fit import GAP, Column, cut, padded, widths

COLUMNS = (
    Column(name="id", heading="ID"),
    Column(name="what", heading="WHAT", least=10),
    Column(name="more", heading="MORE", least=6),
)
ROWS = [{"id": "3f9a2c1b", "what": "w" * 30, "more": "m" * 20}]


def test_everything_is_shown_where_there_is_room():
    assert widths(COLUMNS, ROWS, width=200) == {"id": 8, "what": 30, "more": 20}


def test_the_first_column_that_was_cut_gets_the_room_that_is_left():
    assert widths(COLUMNS, ROWS, width=40) == {"id": 8, "what": 22, "more": 6}


def test_the_last_column_is_dropped_first():
    assert widths(COLUMNS, ROWS, width=24) == {"id": 8, "what": 14}


def test_what_may_not_be_cut_is_whole_however_narrow_it_gets():
    assert widths(COLUMNS, ROWS, width=1)["id"] == 8


@given(st.integers(22, 200))
def test_a_row_is_never_wider_than_the_terminal(width):
    chosen = widths(COLUMNS, ROWS, width=width)
    assert sum(chosen.values()) + GAP * (len(chosen) - 1) <= width


@given(st.text(), st.integers(0, 40))
def test_a_cut_text_fits_whatever_it_is_made_of(text, width):
    assert cell_len(cut(text, width)) <= width


def test_a_cut_says_that_something_is_missing():
    assert cut("abcdefghij", 6) == "abcde…"
    assert cut("東京都庁", 4) == "東…"


@given(st.text(), st.integers(0, 40))
def test_padding_reaches_the_width_in_cells(text, width):
    assert cell_len(padded(text, width)) == max(width, cell_len(text))
