"""Rules go into the file and out of it, and the rest of it stays to the letter."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rules_made import NOW, rule

from secguard.errors import ConfigError, InputError, UnknownId, UsageError
from secguard.findings.suppression import file as rules_file
from secguard.findings.suppression.reader import read_text

FIRST = """\
# What we know of.
#
# Ask ann before you add to it.

# The lab is rebuilt every night.
lab:   # nobody works there
  reason: the lab
  owner: ann
  expires: "2027-01-31"
  match: {tag: env=lab}
  # what else? nothing

scans:
  reason: scans
  owner: bob
  expires: 2027-01-31
  match:
    ip:
      - 192.0.2.7
# The end.
"""


def added(text, new):
    return rules_file.with_rule(text, new, file="rules.yaml", now=NOW)


def removed(text, name):
    return rules_file.without_rule(text, name, file="rules.yaml", now=NOW)


def names(text):
    return [each.name for each in read_text(text, file="rules.yaml", now=NOW)]


def test_a_rule_is_added_at_the_end_and_nothing_else_changes():
    text = added(FIRST, rule("probes"))

    assert text.startswith(FIRST)
    assert names(text) == ["lab", "scans", "probes"]


def test_the_first_rule_comes_under_a_word_on_what_the_file_is():
    text = added("", rule("probes", reason='a "quoted": reason # with all of it', account=["012345678901"]))

    assert text.startswith("# Findings that are known")
    (found,) = read_text(text, file="rules.yaml", now=NOW)
    assert found.reason == 'a "quoted": reason # with all of it'
    assert found.match.account == ("012345678901",)


def test_a_rule_goes_with_the_comment_right_above_it_and_no_other():
    text = removed(FIRST, "lab")

    assert "rebuilt" not in text
    assert "what else" not in text
    assert text.startswith("# What we know of.\n#\n# Ask ann before you add to it.\n\nscans:\n")
    assert text.endswith("# The end.\n")


def test_the_last_rule_goes_and_what_stands_below_it_stays():
    assert removed(FIRST, "scans") == FIRST[: FIRST.index("scans:")] + "# The end.\n"


def test_what_a_file_begins_with_is_not_a_comment_on_its_first_rule():
    text = "# ours\nlab:" + FIRST.partition("lab:")[2]

    assert removed(text, "lab").startswith("# ours\n")


def test_a_name_that_is_taken_is_refused():
    with pytest.raises(UsageError, match="there is a rule lab already"):
        added(FIRST, rule("lab"))


def test_a_rule_that_is_not_there_can_not_go():
    with pytest.raises(UnknownId, match="there is no rule 'lap'") as refused:
        removed(FIRST, "lap")
    assert refused.value.advice == "the rules are: lab, scans"


@pytest.mark.parametrize(
    "text", ["{}\n", "lab: {reason: r, owner: o, expires: 2027-01-31, match: {ip: 10.0.0.1}}\n...\n"]
)
def test_a_file_laid_out_otherwise_is_left_to_a_person(text):
    with pytest.raises(UsageError, match="only a person can change it"):
        added(text, rule("probes"))


def test_rules_within_braces_are_not_taken_out_by_lines():
    one = "{reason: r, owner: o, expires: 2027-01-31, match: {ip: 10.0.0.1}}"
    text = f"{{lab: {one}, b: {one}}}"
    with pytest.raises(UsageError, match="only a person can change it"):
        removed(text, "lab")


def test_a_bad_file_is_not_made_worse():
    with pytest.raises(ConfigError, match=r"lab.match.tag\[0\]"):
        added(FIRST.replace("env=lab", "env"), rule("probes"))


def test_a_file_is_written_whole_with_the_mode_that_it_has(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text("old")
    file.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(file)
    rules_file.write(link, "new")

    assert link.is_symlink()
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("new", 0o640)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link.yaml", "rules.yaml"]


def test_a_file_that_dies_on_the_way_leaves_the_old_one(tmp_path, monkeypatch):
    file = tmp_path / "rules.yaml"
    file.write_text("old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left"):
        rules_file.write(file, "new")

    assert file.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["rules.yaml"]


def test_a_folder_that_is_not_there_is_made(tmp_path):
    rules_file.write(tmp_path / "a" / "rules.yaml", "new")

    assert (tmp_path / "a" / "rules.yaml").read_text() == "new"


def test_no_file_is_no_text():
    assert rules_file.text_of(Path("/no/such/file")) == ""


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(str.strip)
RULES = st.builds(
    rule,
    st.from_regex(r"[a-z][a-z0-9-]{0,20}[a-z0-9]", fullmatch=True),
    reason=TEXTS,
    owner=TEXTS,
    by=st.sampled_from(["auto", "secguard"]),
    title=st.lists(TEXTS, min_size=1, max_size=3),
    account=st.lists(st.from_regex(r"[0-9]{12}", fullmatch=True), min_size=1, max_size=2),
)


@settings(max_examples=40)
@given(st.lists(RULES, min_size=1, max_size=4, unique_by=lambda each: each.name), st.randoms(use_true_random=False))
def test_rules_that_went_in_are_read_as_they_were_and_go_out_one_by_one(rules, chance):
    text = ""
    for each in rules:
        text = added(text, each)
    assert list(read_text(text, file="rules.yaml", now=NOW)) == rules

    left = list(rules)
    while left:
        left.remove(gone := chance.choice(left))
        text = removed(text, gone.name)
        assert list(read_text(text, file="rules.yaml", now=NOW)) == left
