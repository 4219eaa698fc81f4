"""Every command stands in the same frame: its options, its help, its errors, its exit codes."""

import json
import os
import subprocess
import sys

import click
import pytest

from secguard.cli import COMMANDS, frame
from secguard.cli.frame import PlanOptions, command, load, main, plan_options, root
from secguard.errors import AmbiguousId, ConfigError, Denied, Drifted, NoCredentials, SecguardError

ONE, ANOTHER = "111122223333", "444455556666"


def lines_of(name):
    """The words of every command line that begins with one command: `playbooks list`, `playbooks show`."""
    found = load(name)
    return [[name, each] for each in found.commands] if isinstance(found, click.Group) else [[name]]


@pytest.fixture
def probe(monkeypatch):
    """A command that keeps what it was called with, or raises what it is told to."""
    seen = {}

    @command("probe", example="secguard probe", outputs=("table", "json", "csv"))
    @click.argument("words", nargs=-1)
    @plan_options
    def probe(app, words, options):
        """Look."""
        seen.update(app=app, words=words, options=options)
        if "raise" in seen:
            raise seen["raise"]
        if "do" in seen:
            seen["do"](app)

    monkeypatch.setitem(root.commands, "probe", probe)
    monkeypatch.setattr(frame, "load", lambda name: probe if name == "probe" else load(name))
    return seen


@pytest.mark.parametrize("words", [["--help"], ["--version"], []])
def test_what_needs_no_aws_and_no_screen_imports_neither(words):
    """Starting is a quarter of the AWS CLI's time because of this."""
    code = "import sys; from secguard.cli import run; run(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"

    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)

    loaded = set(done.stderr.split())
    assert loaded & {"boto3", "botocore", "rich", "msgspec", "yaml", "moto", "logging", "asyncio"} == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_ends_with_an_example_of_that_very_command(secguard, name):
    for words in lines_of(name):
        said = secguard(*words, "--help")

        *_, heading, example = said.stdout.rstrip().splitlines()
        assert (said.code, heading.strip()) == (0, "Example:")
        assert f"secguard {' '.join(words)}" in example


@pytest.mark.parametrize(("name", "line"), COMMANDS.items())
def test_the_line_in_the_help_is_the_commands_own_first_sentence(name, line):
    assert load(name).help.split("\n\n")[0].replace("\n", " ") == line


def test_options_may_stand_on_either_side(secguard, probe):
    secguard("--region", "eu-west-1,eu-west-2", "-q", "probe", "a", "-o", "json", "--profile", "p")

    assert probe["app"].regions == ("eu-west-1", "eu-west-2")
    assert (probe["app"].quiet, probe["app"].output, probe["app"].common.profile) == (True, "json", "p")


def test_what_stands_nearer_to_the_command_wins(secguard, probe):
    secguard(
        "--region", "eu-west-1", "--account", "111122223333", "probe", "--all-regions", "--account", "444455556666"
    )

    assert (probe["app"].regions, probe["app"].all_regions) == ((), True)
    assert probe["app"].accounts == (ANOTHER,)


def test_the_options_of_a_plan_arrive_together(secguard, probe):
    secguard("probe", "--dry-run", "-y", "--allow", "sample", "--allow", "protected=i-*", "--plan-out", "x.json")

    allow = ("sample", "protected=i-*")
    options = probe["options"]
    assert (options.dry_run, options.yes, options.allow, options.plan_out.name) == (True, True, allow, "x.json")
    assert PlanOptions() == PlanOptions(dry_run=False, yes=False, plan_out=None, allow=())


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["probe", "--region", "a", "--all-regions"], "--region and --all-regions contradict"),
        (["probe", "--account", "111122223333", "--all-accounts"], "--account and --all-accounts contradict"),
        (["probe", "--account", "12"], "'12' is not an account: twelve digits"),
        (["probe", "--timeout", "soon"], "'soon' is not a length of time"),
        (["probe", "--timeout", "99999999999h"], "'99999999999h' is too long: 3650d at the most"),
        (["-o", "ids", "probe"], "--output ids: not for this command"),
        (["probe", "-o", "ids"], "'ids' is not one of"),
        (["probe", "--nonsense"], "No such option '--nonsense'"),
        (["prob"], "No such command 'prob'"),
    ],
)
def test_a_misuse_is_said_with_the_next_step_and_exits_2(secguard, probe, words, problem):
    said = secguard(*words)

    assert (said.code, said.stdout, probe) == (2, "", {})
    assert said.stderr.startswith("error: ")
    assert problem in said.stderr
    assert "\nnext: " in said.stderr


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7200), ("7d", 604800)])
def test_a_length_of_time_is_in_seconds(secguard, probe, text, seconds):
    secguard("probe", "--timeout", text)

    assert probe["app"].common.timeout == seconds


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NoCredentials("no credentials"), 1),
        (ConfigError("f.yaml", "enable", "expected a mapping"), 2),
        (AmbiguousId("run", "4f", ["4f1", "4f2"]), 2),
        (Drifted("sg-1 changed"), 4),
        (Denied("may not", advice="allow iam:GetUser"), 1),
    ],
)
def test_an_error_is_one_line_and_the_next_step(secguard, probe, error, code):
    probe["raise"] = error

    said = secguard("probe")

    next_step = [f"next: {error.advice}"] if error.advice else []
    assert (said.code, said.stdout) == (code, "")
    assert said.stderr.splitlines() == [f"error: {error}", *next_step]


def test_debug_adds_the_request_id(secguard, probe):
    probe["raise"] = Denied("may not", request_id="4711")

    assert "4711" not in secguard("probe").stderr
    assert "request id: 4711" in secguard("probe", "--debug").stderr


def test_what_is_said_can_be_json_lines(secguard, probe):
    probe["raise"] = SecguardError("it failed\nbadly", advice="do better")

    record = json.loads(secguard("--log-json", "probe").stderr)

    assert (record["level"], record["message"], record["advice"]) == ("error", "it failed\nbadly", "do better")


def test_text_from_elsewhere_can_not_steer_the_terminal(secguard, probe):
    probe["raise"] = SecguardError("bad tag \x1b[2J\x07")

    assert secguard("probe").stderr == "error: bad tag \\x1b[2J\\x07\n"


def test_ctrl_c_exits_130_without_a_traceback(secguard, probe):
    probe["raise"] = KeyboardInterrupt()

    said = secguard("probe")

    assert (said.code, said.stderr.strip()) == (130, "")


def test_a_bug_keeps_its_traceback(secguard, probe):
    probe["raise"] = ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        secguard("probe")


def test_the_exit_code_that_a_command_sets_is_the_one_it_leaves_with(secguard, probe):
    probe["do"] = lambda app: setattr(app, "code", 3)

    assert secguard("probe").code == 3


def test_quiet_still_says_what_must_be_known(secguard, probe):
    probe["do"] = lambda app: (app.say("chatter"), app.warn("incomplete"))

    assert secguard("-q", "probe").stderr == "incomplete\n"


@pytest.fixture
def nobody():
    """A pipe that nobody reads."""
    read, write = os.pipe()
    os.close(read)
    yield write
    os.close(write)


def test_a_closed_pipe_ends_quietly(nobody):
    """As in `| head`: no traceback, no error."""
    words = [sys.executable, "-m", "secguard", "config", "show", "-q"]

    done = subprocess.run(words, stdout=nobody, stderr=subprocess.PIPE, check=False)

    assert (done.returncode, done.stderr) == (0, b"")


def test_a_closed_stderr_stops_nothing(nobody):
    """What is being changed must still be brought to its end."""
    words = [sys.executable, "-m", "secguard", "config", "show"]

    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=nobody, check=False)

    assert done.returncode == 0
    assert b"max_changes: 50" in done.stdout


def test_a_terminal_that_knows_few_letters_shows_an_escape():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    code = "import sys; from secguard.cli.frame import _take_any_text; _take_any_text(); print('é')"

    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)

    assert done.stdout == b"\\xe9\n"


def test_python_dash_m_is_the_same_program():
    done = subprocess.run([sys.executable, "-m", "secguard", "--version"], capture_output=True, text=True, check=True)

    assert done.stdout == f"secguard {frame.__version__}\n"
    assert main(["--version"]) == 0
