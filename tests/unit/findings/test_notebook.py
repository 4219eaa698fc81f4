"""How far a watch has come outlives the process, and only the same watch goes on from there."""

import sqlite3
import stat
from datetime import UTC, datetime, timedelta

import pytest
from asff_made import asff, read

from secguard.findings.feeds.levels import identity
from secguard.findings.query import Query
from secguard.findings.watching.changes import Memory
from secguard.findings.watching.lookout import Trail
from secguard.findings.watching.notebook import FILE_NAME, Notebook, name_of
from secguard.model import Place, Severity, Source

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HERE = Place("123456789012", "us-east-1")


def learned(*numbers, memory=None):
    memory = memory or Memory(begin=NOON)
    for number in numbers:
        finding = read(asff(number, CreatedAt=NOON.isoformat()))
        memory.judge(finding, since=NOON)
        memory.shown(finding)
    return memory


def trail(minutes=0):
    return Trail(read_at={HERE: NOON + timedelta(minutes=minutes)}, late_at=NOON)


def test_what_was_kept_is_read_again(tmp_path):
    Notebook(tmp_path, "a").write(learned(1, 2), trail(5), now=NOON)
    page = Notebook(tmp_path, "a").read()
    assert page.trail == trail(5)
    assert page.saved_at == NOON
    assert page.memory.begin == NOON
    assert len(page.memory) == 2
    assert page.memory.judge(read(asff(1)), since=NOON) is None
    assert str(page.memory.judge(read(asff(1, Severity={"Label": "CRITICAL"})), since=NOON)) == "worse: HIGH → CRITICAL"


def test_each_time_only_what_was_learned_since_is_written(tmp_path):
    notebook, memory = Notebook(tmp_path, "a"), learned(1)
    notebook.write(memory, trail(), now=NOON)
    assert memory.unsaved() == {}
    notebook.write(learned(2, memory=memory), trail(1), now=NOON)
    page = Notebook(tmp_path, "a").read()
    assert len(page.memory) == 2
    assert page.trail == trail(1)


def test_a_new_watch_takes_the_place_of_the_last_one(tmp_path):
    Notebook(tmp_path, "a").write(learned(1, 2), trail(), now=NOON)
    Notebook(tmp_path, "a").write(learned(3), trail(), now=NOON)
    assert len(Notebook(tmp_path, "a").read().memory) == 1


def test_a_watch_that_goes_on_keeps_what_it_knew(tmp_path):
    Notebook(tmp_path, "a").write(learned(1, 2), trail(), now=NOON)
    notebook = Notebook(tmp_path, "a")
    notebook.write(learned(3, memory=notebook.read().memory), trail(), now=NOON)
    assert len(Notebook(tmp_path, "a").read().memory) == 3


def test_watches_do_not_mix_and_those_that_nobody_takes_up_are_forgotten(tmp_path):
    Notebook(tmp_path, "a").write(learned(1, 2), trail(), now=NOON)
    Notebook(tmp_path, "b").write(learned(3), trail(), now=NOON + timedelta(days=89))
    assert len(Notebook(tmp_path, "a").read().memory) == 2
    Notebook(tmp_path, "b").write(learned(3), trail(), now=NOON + timedelta(days=91))
    assert Notebook(tmp_path, "a").read() is None
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        assert database.execute("SELECT DISTINCT name FROM known").fetchall() == [("b",)]
    database.close()


def test_a_finding_keeps_the_number_by_which_it_is_known():
    """With another one, the next --since last would show again what was shown before."""
    assert identity(read(asff(1))) == 0x26329B1127ED5AD


def test_where_nobody_has_watched_there_is_nothing(tmp_path):
    assert Notebook(tmp_path, "a").read() is None


def test_nobody_else_may_read_it(tmp_path):
    Notebook(tmp_path, "a").write(learned(1), trail(), now=NOON)
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_what_could_not_be_kept_is_kept_the_next_time(tmp_path):
    memory, notebook = learned(1), Notebook(tmp_path, "a")
    (tmp_path / FILE_NAME).write_text("this is no database, and it is long enough to be seen as none" * 20)
    with pytest.raises(sqlite3.DatabaseError):
        notebook.write(memory, trail(), now=NOON)
    (tmp_path / FILE_NAME).unlink()
    notebook.write(memory, trail(), now=NOON)
    assert len(Notebook(tmp_path, "a").read().memory) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"query": Query(levels=(Severity.HIGH,))},
        {"query": Query(regions=("eu-west-1",))},
        {"source": Source.GUARDDUTY},
        {"account": "222222222222"},
        {"endpoint": "http://127.0.0.1:5000"},
    ],
)
def test_only_the_same_filters_in_the_same_account_are_the_same_watch(other):
    same = {"query": Query(), "source": None, "account": HERE.account, "endpoint": None}

    def name(query, **where):
        return name_of(query, **where)

    assert name(**same) == name(**{**same, "query": Query(since=NOON, limit=5)})
    assert name(**same) != name(**{**same, **other})
