"""Groups fit the terminal: a long name is cut, and what nobody has takes no room."""

from datetime import UTC, datetime

import pytest
from rich.cells import cell_len

from secguard.findings.groups import Group
from secguard.model import Severity
from secguard.render.groups import groups_lines

NOW = datetime(2026, 11, 23, tzinfo=UTC)
NONE = dict.fromkeys(Severity, 0)


def group(key, **counts):
    severities = {**NONE, **{Severity[name.upper()]: count for name, count in counts.items()}}
    worst = max(level for level, count in severities.items() if count)
    return Group(key=key, count=sum(counts.values()), severities=severities, worst=worst, last_seen=NOW)


def lines(*groups, width):
    return [line.plain for line in groups_lines(groups, by="type", width=width, now=NOW)]


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("key", ["Software and Configuration Checks/" + "x" * 200, "\u5bbd" * 90, "\x1b[31mred\nblue"])
def test_a_group_is_one_line_that_fits(key, width):
    every = dict.fromkeys(("critical", "high", "medium", "low", "informational"), 12345)
    shown = lines(group(key, **every), group("short", low=1), width=width)
    assert len(shown) == 3
    assert max(map(cell_len, shown)) <= width
    assert "\x1b" not in "".join(shown)
    assert "12345" in shown[1]


def test_severities_that_nobody_has_have_no_column():
    headings, first, second = lines(group("a", critical=2), group("b", low=3), width=80)
    assert headings.split() == ["TYPE", "COUNT", "CRITICAL", "LOW", "SEEN"]
    assert first.split() == ["a", "2", "2", "-", "now"]
    assert second.split() == ["b", "3", "-", "3", "now"]
