"""Rules and what they hide, on screens of any width."""

from asff_made import ACCOUNT, asff, read
from rich.cells import cell_len
from rules_made import rule

from secguard.findings.suppression.preview import Preview
from secguard.findings.suppression.rows import Row, State
from secguard.findings.suppression.standing import Means
from secguard.model import Place, Severity
from secguard.render.suppress import previews_view, rules_table

LONG = rule("the-vulnerability-scanner-of-the-platform-team", reason="every night " * 20, owner="ann@example.com")


def row(state=State.IN_FORCE, **over):
    made = {
        "name": LONG.name,
        "state": state,
        "by": (Means.AUTOMATION_RULE,),
        "regions": 12,
        "in_force": 12,
        "rule": LONG,
    }
    return Row(**{**made, **over})


def preview(*, severity=Severity.HIGH, **over):
    made = {
        "rule": LONG,
        "open": {level: 1200 if level is severity else 0 for level in Severity},
        "past": dict.fromkeys(Severity, 12000),
        "grave": 1200,
        "samples": 1,
        "examples": (read(asff(Title="S3 \x1b[31mbuckets" * 20)),),
        "overlaps": {"another": 7},
        "share": None,
        "warnings": ("hides 1200 open findings of high severity",),
    }
    return Preview(**{**made, **over})


def test_rules_fit_the_terminal_and_lose_what_matters_least():
    head, line = [each.plain for each in rules_table([row()], width=80)]

    assert cell_len(line) <= 80
    assert head.split() == ["RULE", "STATE", "REGIONS", "UNTIL", "REASON"]
    assert "in force" in line


def test_a_wide_terminal_shows_all_of_it():
    head, line = [each.plain for each in rules_table([row(State.NOT_APPLIED, in_force=3)], width=400)]

    assert head.split() == ["RULE", "STATE", "REGIONS", "UNTIL", "REASON", "OWNER", "BY"]
    assert LONG.reason.strip() in line
    assert "3 of 12" in line


def test_what_is_amiss_stands_out():
    _, amiss, fine = rules_table([row(State.EXPIRED), row()], width=80)

    assert "bad" in [span.style for span in amiss.spans]
    assert "good" in [span.style for span in fine.spans]


def test_somebody_elses_rule_tells_who_made_it():
    foreign = row(
        State.FOREIGN, name="theirs", rule=None, made_by="arn:aws:iam::1:role/them", places=(Place(ACCOUNT, "x"),)
    )

    assert "arn:aws:iam::1:role/them" in [each.plain for each in rules_table([foreign], width=200)][1]


def test_what_rules_hide_fits_the_terminal_and_is_safe_for_it():
    lines = [each.plain for each in previews_view([preview()], width=80)]

    assert max(map(cell_len, lines)) <= 80
    assert "\x1b" not in "".join(lines)
    assert lines[0].split() == ["RULE", "OPEN", "CRIT", "HIGH", "MED", "LOW", "INFO", "90", "DAYS"]
    assert lines[1].split()[1:] == ["1200", "-", "1200", "-", "-", "-", "60000"]
    assert "  7 hidden by another too" in lines
    assert "  one of the open ones is a sample" in lines


def test_samples_are_counted_in_words():
    assert "  4 of the open ones are samples" in [each.plain for each in previews_view([preview(samples=4)], width=80)]


def test_a_rule_of_which_there_is_nothing_to_say_is_a_line_in_the_table():
    quiet = preview(samples=0, examples=(), overlaps={}, warnings=())

    assert len(list(previews_view([quiet], width=80))) == 2
