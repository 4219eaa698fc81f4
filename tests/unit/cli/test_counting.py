"""A long listing says how far it is; a short one says nothing."""

import io
import sys
from itertools import count

import pytest

from secguard.cli.counting import counted
from secguard.cli.talk import Talk
from secguard.findings.forms.asff import read_asff


@pytest.fixture
def findings():
    return [read_asff({"Id": str(number)}, position="here") for number in range(250)]


class Terminal(io.StringIO):
    """A stderr that somebody looks at."""

    def isatty(self):
        return True


def terminal_on(monkeypatch):
    """Put a terminal where stderr was; within the test, since pytest puts its own there before."""
    monkeypatch.setattr("sys.stderr", Terminal())
    return sys.stderr


def test_what_takes_long_is_counted_and_the_count_is_taken_away(findings, monkeypatch):
    terminal = terminal_on(monkeypatch)
    seconds = count(0, 2)
    assert list(counted(findings, talk=Talk(), monotonic=lambda: next(seconds))) == findings
    assert terminal.getvalue() == "\x1b[K100 findings so far\r\x1b[K200 findings so far\r\x1b[K\r"


def test_what_is_quick_is_not_counted(findings, monkeypatch):
    terminal = terminal_on(monkeypatch)
    list(counted(findings, talk=Talk(), monotonic=lambda: 0.0))
    assert "so far" not in terminal.getvalue()


@pytest.mark.parametrize("talk", [Talk(quiet=True), Talk(as_json=True)])
def test_where_nobody_looks_nothing_is_said(findings, monkeypatch, talk):
    terminal = terminal_on(monkeypatch)
    list(counted(findings, talk=talk, monotonic=count(0, 2).__next__))
    assert terminal.getvalue() == ""
