"""Text from outside is harmless wherever it is shown."""

import json
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secguard.render import sanitize

ANY_TEXT = st.text(st.characters(exclude_categories=[]))


@given(ANY_TEXT)
def test_a_line_holds_nothing_that_a_terminal_obeys(text):
    assert sanitize.line(text).isprintable()


def test_what_a_terminal_would_obey_is_spelled_out_and_not_lost():
    assert sanitize.line("a\x1b[31mred\x1b]0;title\x07") == r"a\x1b[31mred\x1b]0;title\x07"


def test_text_that_would_run_backwards_is_spelled_out():
    assert sanitize.line("safe\u202eexe.txt") == r"safe\u202eexe.txt"


def test_letters_of_any_language_stay():
    assert sanitize.line("Zürich 東京 ❤") == "Zürich 東京 ❤"


def test_a_block_keeps_its_lines_and_nothing_else():
    assert sanitize.block("one\ntwo\x1b[2J\rthree") == "one\ntwo\\x1b[2J\nthree"


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\x0c@", "\uff1d"])
def test_a_cell_is_never_a_formula(beginning):
    assert sanitize.cell(f"{beginning}cmd|' /C calc'!A0").startswith("'")


def test_a_cell_that_is_no_formula_is_left_as_it_is():
    assert sanitize.cell("i-0abc = 1") == "i-0abc = 1"


@given(ANY_TEXT)
def test_markdown_holds_neither_cells_nor_tags(text):
    written = sanitize.markdown(text)
    assert "<" not in written
    assert "\n" not in written
    assert "|" not in written.replace(r"\\", "").replace(r"\|", "")


def test_markdown_shows_a_link_as_text():
    assert sanitize.markdown("[click](https://x)") == r"\[click\]\(https://x\)"


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1))
def test_bash_reads_a_word_back_exactly(text):
    word = sanitize.shell(text)
    assert word.isprintable()
    echoed = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True)
    assert echoed.stdout.decode() == text


@given(st.recursive(ANY_TEXT | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner)))
def test_json_means_the_same_and_holds_nothing_that_a_terminal_obeys(value):
    written = sanitize.json_text(json.dumps(value, ensure_ascii=False, indent=1))
    assert json.loads(written) == json.loads(json.dumps(value))
    assert written.replace("\n", "").isprintable()
