"""A playbook is checked before any network call; what is wrong is named with its file and its place."""

import pytest
import yaml

from secguard.errors import ConfigError
from secguard.playbooks.catalogue import BUILT_IN, Catalogue
from secguard.playbooks.reader import read, read_text
from secguard.settings import registry

GOOD = """
name: mine
title: Protect it
about: Turns termination protection on.
answers: [{types: ["Backdoor:EC2/*"], fit: 99}]
target: {what: EC2 instance, each: about.instances}
facts:
  instance: {lookup: ec2.instance, of: {id: "${target}"}}
steps:
  protect:
    setting: ec2.termination-protection
    address: {instance: "${instance.id}"}
    to: true
  group:
    setting: ec2.quarantine-group
    for_each: instance.vpcs
    address: {vpc: "${each}"}
    to: empty
"""


def changed(*path, to):
    """The good playbook with one thing in it replaced."""
    content = yaml.safe_load(GOOD)
    place = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return yaml.safe_dump(content, sort_keys=False)


def complaint(text):
    with pytest.raises(ConfigError) as caught:
        read_text(text, file="mine.yaml", registry=registry())
    return str(caught.value)


def test_a_good_playbook_is_read():
    assert list(read_text(GOOD, file="mine.yaml", registry=registry()).steps) == ["protect", "group"]


@pytest.mark.parametrize(
    ("path", "to", "said"),
    [
        (
            ("steps", "protect", "setting"),
            "ec2.nonsense",
            ["steps.protect.setting", "there is no setting ec2.nonsense"],
        ),
        (
            ("steps", "protect", "setting"),
            "guardduty.detector",
            ["there is no setting guardduty.detector for playbooks"],
        ),
        (("steps", "protect", "address"), {}, ["steps.protect.address", "missing: instance"]),
        (("steps", "protect", "address", "colour"), "red", ["unknown: colour"]),
        (
            ("steps", "protect", "address", "instance"),
            "${instans.id}",
            ["steps.protect.address", "there is no instans"],
        ),
        (("steps", "protect", "to"), "${each}", ["steps.protect.to", "there is no each"]),
        (("steps", "protect", "when"), "instance.", ["steps.protect.when", "not a JMESPath expression"]),
        (("steps", "protect", "needs"), ["group"], ["steps.protect.needs", "there is no step group before it"]),
        (("steps", "group", "undo_after"), ["group"], ["there is no other step group"]),
        (("steps", "protect", "colour"), "red", ["steps", "colour"]),
        (("facts", "instance", "lookup"), "ec2.none", ["facts.instance.lookup", "there is no look-up ec2.none"]),
        (("facts", "instance", "of"), {}, ["facts.instance.of", "takes id"]),
        (("target", "each"), "instance.id", ["target.each", "there is no instance"]),
        (("answers", 0, "fit"), 0, ["answers[0].fit"]),
        (("answers", 0, "when"), "target", ["answers[0].when", "there is no target"]),
        (("steps",), {}, ["steps"]),
        (("name",), "My Own!", ["name"]),
        (("refuses",), [{"when": "nobody", "rule": "x", "why": "y"}], ["refuses[0].when", "there is no nobody"]),
    ],
)
def test_what_is_wrong_is_named_with_its_file_and_place(path, to, said):
    text = complaint(changed(*path, to=to))

    assert text.startswith("mine.yaml: ")
    for part in said:
        assert part in text


def test_a_step_that_uses_what_another_makes_must_need_it():
    group = {"address": {"interface": "eni-1"}, "setting": "ec2.interface-groups"}
    text = changed("steps", "wear", to={**group, "to": ["${made('group', 'GroupId', instance.vpcs[0])}"]})

    assert "steps.wear.needs: it uses what group makes" in complaint(text)


def test_a_step_that_stands_twice_is_not_lost_without_a_word():
    text = GOOD + GOOD[GOOD.index("  protect:") : GOOD.index("  group:")]

    assert "'protect' stands twice" in complaint(text)


@pytest.mark.parametrize("text", ["", "[]", "name: [", "just text", "&a [*a]"])
def test_what_is_no_playbook_at_all_is_said_too(text):
    assert complaint(text).startswith("mine.yaml")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml"):
        read(tmp_path / "none.yaml", registry())


@pytest.mark.parametrize("file", sorted(BUILT_IN.iterdir()), ids=lambda file: file.name)
def test_every_built_in_playbook_is_named_after_its_file(file):
    assert read(file, registry()).name == file.stem


def test_the_users_own_playbooks_stand_beside_the_built_in_ones(tmp_path):
    (tmp_path / "mine.yaml").write_text(GOOD)

    assert {"mine", "block-ip"} <= set(Catalogue.load([tmp_path], registry()).names())


def test_a_name_that_is_taken_is_refused(tmp_path):
    (tmp_path / "mine.yaml").write_text(changed("name", to="block-ip"))

    with pytest.raises(ConfigError, match="block-ip already"):
        Catalogue.load([tmp_path], registry())


def test_a_folder_that_is_not_there_is_no_empty_folder(tmp_path):
    with pytest.raises(ConfigError, match="no such folder"):
        Catalogue.load([tmp_path / "none"], registry())
