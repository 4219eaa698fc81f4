"""Records leave as formats that other programs read."""

import csv
import io
import json
from datetime import UTC, datetime

from secguard.render import formats


def test_an_array_is_written_before_its_last_item_has_come():
    def arriving():
        yield {"n": 1}
        yield {"n": 2}
        raise ConnectionError

    parts = []
    try:
        for part in formats.json_array(arriving()):
            parts.append(part)  # noqa: PERF402 - what came before the error counts
    except ConnectionError:
        pass
    assert '"n": 1' in "".join(parts)


def test_an_array_of_none_one_and_three_items_reads_back():
    for count in (0, 1, 3):
        records = [{"n": n, "text": "a\nb"} for n in range(count)]
        assert json.loads("".join(formats.json_array(records))) == records


def test_every_part_ends_its_line():
    records = [{"n": 1}, {"n": 2}]
    parts = [*formats.json_array(records), *formats.json_lines(records), *formats.csv_lines(records, columns=["n"])]
    assert all(part.endswith("\n") for part in parts)


def test_each_json_line_is_one_line():
    lines = list(formats.json_lines([{"text": "a\nb\u2028c"}]))
    assert len(lines) == 1
    assert lines[0].count("\n") == 1
    assert json.loads(lines[0]) == {"text": "a\nb\u2028c"}


def test_times_are_written_as_every_record_writes_them():
    moment = datetime(2026, 11, 23, 18, 4, 5, tzinfo=UTC)
    assert json.loads(formats.json_object({"at": moment})) == {"at": "2026-11-23T18:04:05Z"}


def test_csv_reads_back_with_lists_joined_and_formulas_disarmed():
    record = {"n": -5, "on": True, "none": None, "list": ["a", "b"], "text": '=1+1, "quoted"'}
    written = "".join(formats.csv_lines([record], columns=list(record)))
    (row,) = csv.DictReader(io.StringIO(written))
    assert row == {"n": "-5", "on": "true", "none": "", "list": "a; b", "text": '\'=1+1, "quoted"'}


def test_a_list_whose_text_begins_a_formula_is_disarmed():
    written = "".join(formats.csv_lines([{"list": ["=1+1", "b"]}], columns=["list"]))
    assert "'=1+1; b" in written


def test_a_markdown_cell_can_not_end_its_row():
    rows = list(formats.markdown_table([["a|b\nc", None]], headings=["one", "two"]))
    assert rows == ["| one | two |\n", "| --- | --- |\n", "| a\\|b c |  |\n"]
