"""What the README says is what the program does."""

import json
import re
import shlex
from importlib import import_module
from pathlib import Path

import click
import pytest

from secguard.aws.connection import OWN_READS
from secguard.cli import COMMANDS
from secguard.cli.frame import load, root
from secguard.cli.seam import READERS
from secguard.errors import Exit
from secguard.playbooks.catalogue import Catalogue
from secguard.settings import automation_rules, guardduty, guardduty_filters, registry, securityhub

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
CODE = re.compile(r"```(?:sh|console)\n(.*?)```|`([^`\n]+)`", re.DOTALL)
# A command line: at the start of a line, or after a prompt, a shell's joint or a path.
TYPED = re.compile(r"(?:^|\$ |&& |\$\(|bin/)secguard((?: [^\s|;&)#]+)+)", re.MULTILINE)
WORDS = {"RUN": "4f1c09", "ID": "3f9a2c1b", "PLAN": "plan.json", "N": "1", "COMMAND": "true", "RULE": "sample"}
# The actions that IAM names otherwise than the API does: Service Authorization Reference, Amazon S3.
ACTIONS = {
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "securityhub:GetFindingsV2": "securityhub:GetFindings",
}
FIRST_USE = {"iam:CreateServiceLinkedRole"}


def parsed(words):
    """Parse a command line as the program would, and do nothing. Raises a ClickException."""
    context = root.make_context("secguard", ["probe"])
    found = load(words[0])
    rest = words[1:]
    if isinstance(found, click.Group):
        inner = found.make_context(words[0], rest, parent=context)
        _, found, rest = found.resolve_command(inner, [*inner._protected_args, *inner.args])
    if "--help" in rest:
        return found
    found.make_context(words[0], [WORDS.get(word, word) for word in rest], parent=context)
    return found


def command_lines(text):
    return sorted({match.strip() for match in TYPED.findall(text)})


def code(text):
    """What stands in code blocks and between backticks, each on lines of its own."""
    return "\n".join(block or inline for block, inline in CODE.findall(text))


def policies():
    """The IAM policies of the README, by the Sid of their one statement."""
    blocks = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", README, re.DOTALL)]
    statements = [statement for block in blocks for statement in block["Statement"]]
    return {statement["Sid"]: set(statement["Action"]) for statement in statements}


def actions(operations):
    return {ACTIONS.get(operation, operation) for operation in operations}


def playbooks():
    return sorted(Catalogue.load((), registry()), key=lambda playbook: playbook.name)


@pytest.mark.parametrize("line", command_lines(code(README)))
def test_every_command_line_of_the_readme_can_be_typed(line):
    parsed(shlex.split(line))


def test_a_command_line_that_can_not_be_typed_would_be_noticed():
    with pytest.raises(click.ClickException):
        parsed(["findings", "--no-such-option"])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_can_be_typed(name):
    found = load(name)
    for each in found.commands.values() if isinstance(found, click.Group) else [found]:
        for line in command_lines(each.epilog.replace("\n  ", "\n")):
            parsed(shlex.split(line))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name):
    assert re.search(rf"`secguard {name}\b", README)


def test_the_readme_lists_every_exit_code():
    listed = re.findall(r"^\| (\d+) \|", README, re.MULTILINE)

    assert [int(code) for code in listed] == sorted(Exit)


def test_the_first_commands_are_the_demo_and_the_tests():
    first, second = re.findall(r"```sh\n(.*?)\n```", README, re.DOTALL)[:2]

    assert first == "python3 -m venv .venv && .venv/bin/pip install '.[sandbox]' && .venv/bin/secguard demo"
    assert second == "python3 -m venv .venv && .venv/bin/pip install '.[dev]' && .venv/bin/python -m pytest"


def test_the_policy_to_look_is_exactly_what_is_ever_read():
    """What is not read needs no permission; what is read and not permitted fails."""
    asked = {operation for module in READERS for operation in import_module(module).READS}

    assert policies()["SecguardLooks"] == actions(registry().reads() | asked | OWN_READS)


def test_the_policy_to_enable_is_exactly_what_coverage_writes():
    settings = [*guardduty.SETTINGS, *securityhub.SETTINGS]
    written = {operation for setting in settings for operation in setting.writes}

    assert policies()["SecguardEnables"] == actions(written) | FIRST_USE


def test_the_policy_to_suppress_is_exactly_what_makes_and_lifts_rules():
    settings = [*automation_rules.SETTINGS, *guardduty_filters.SETTINGS]
    written = {operation for setting in settings for operation in setting.writes}

    assert policies()["SecguardSuppresses"] == actions(written)


def test_the_policy_to_keep_insights_is_exactly_what_they_write():
    settings = [registry()[name] for name in registry().names() if name.startswith("insights.")]
    written = {operation for setting in settings for operation in setting.writes}

    assert policies()["SecguardKeepsInsights"] == actions(written)


def test_the_policy_to_triage_is_exactly_what_triage_writes():
    settings = [registry()[name] for name in registry().names() if name.startswith("findings.")]
    written = {operation for setting in settings for operation in setting.writes}

    assert policies()["SecguardTriages"] == actions(written)


@pytest.mark.parametrize("playbook", playbooks(), ids=lambda playbook: playbook.name)
def test_the_policy_of_a_playbook_is_exactly_what_its_steps_write(playbook):
    settings = [registry()[step.setting] for step in playbook.steps.values()] + [registry()["findings.workflow"]]
    written = {operation for setting in settings for operation in setting.writes}

    assert policies()["Secguard" + playbook.name.title().replace("-", "")] == actions(written)


def test_the_packaged_configuration_is_the_one_at_the_top():
    """`config init` writes it."""
    assert (ROOT / "secguard" / "config.example.yaml").read_text() == (ROOT / "config.example.yaml").read_text()
