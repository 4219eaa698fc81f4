"""`secguard playbooks`: the catalogue can be listed, shown, and one's own checked, with no AWS anywhere."""

import pytest

OWN = """
name: protect
title: Protect it
about: Turns termination protection on.
answers: [{types: ["Backdoor:EC2/*"], fit: 99}]
target: {what: EC2 instance, each: about.instances}
steps:
  protect:
    setting: ec2.termination-protection
    address: {instance: "${target}"}
    to: true
"""
NAMES = ["block-ip", "close-public-bucket", "contain-iam-user", "isolate-instance"]


@pytest.fixture
def own(tmp_path):
    (tmp_path / "mine").mkdir()
    file = tmp_path / "mine" / "protect.yaml"
    file.write_text(OWN)
    return file


def test_the_list_names_every_playbook(secguard):
    said = secguard("playbooks", "list")

    assert said.code == 0
    assert all(name in said.stdout for name in NAMES)


def test_the_list_as_json_is_one_array(secguard):
    listed = secguard("playbooks", "list", "-o", "json").json

    assert [each["name"] for each in listed] == NAMES
    assert all(each["steps"] and each["answers"] for each in listed)


@pytest.mark.parametrize("name", NAMES)
def test_a_playbook_is_shown_with_what_it_sets_and_what_to_know(secguard, name):
    said = secguard("playbooks", "show", name)
    record = secguard("playbooks", "show", name, "-o", "json").json

    assert said.code == 0
    assert all(step["setting"] in said.stdout for step in record["steps"])
    assert record["notes"]


def test_an_unknown_name_is_answered_with_those_there_are(secguard):
    said = secguard("playbooks", "show", "nonsense")

    assert said.code == 2
    assert all(name in said.stderr for name in NAMES)


def test_a_playbook_of_ones_own_is_checked(secguard, own):
    assert secguard("playbooks", "check", own).code == 0


def test_what_is_wrong_with_it_is_named_with_its_place(secguard, own):
    own.write_text(OWN.replace("ec2.termination-protection", "ec2.nonsense"))

    said = secguard("playbooks", "check", own)

    assert said.code == 2
    assert f"{own}: steps.protect.setting" in said.stderr


def test_playbooks_in_a_configured_folder_stand_beside_the_others(secguard, own, tmp_path):
    config = tmp_path / "secguard.yaml"
    config.write_text(f"playbooks: {{folders: [{own.parent}]}}")

    listed = secguard("playbooks", "list", "-o", "json", "--config", config).json

    assert [each["name"] for each in listed] == [*NAMES, "protect"]
