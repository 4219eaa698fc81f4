import os
import signal
import socket
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import boto3
import pytest

from secguard.errors import UsageError
from secguard.sandbox import lifecycle
from secguard.sandbox.cast import OPERATOR_KEY, OPERATOR_SECRET
from secguard.sandbox.lifecycle import Sandbox, SandboxFailed, applied, environment, running, start, stop


@pytest.fixture
def folder(tmp_path):
    yield tmp_path / "sandbox"
    stop(state_dir=tmp_path / "sandbox")


def client_of(sandbox, service):
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=sandbox.endpoint,
        aws_access_key_id=OPERATOR_KEY,
        aws_secret_access_key=OPERATOR_SECRET,
    )


def begin(folder, **options):
    return start(seed="empty", state_dir=folder, **options)


def test_a_sandbox_answers_when_start_returns(folder):
    found = begin(folder)

    sts = client_of(found, "sts")
    assert sts.get_caller_identity()["Arn"].endswith(":user/operator")
    assert running(state_dir=folder) == found
    assert not found.was_running


def test_its_files_are_the_owners_alone(folder):
    begin(folder)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_second_start_finds_the_first(folder):
    first = begin(folder)

    assert begin(folder) == replace(first, was_running=True)


def test_starts_that_race_make_one_sandbox(folder):
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: begin(folder), range(4)))

    assert len({sandbox.pid for sandbox in found}) == 1
    assert sorted(sandbox.was_running for sandbox in found) == [False, True, True, True]


def test_it_stops_once(folder):
    begin(folder)

    assert stop(state_dir=folder)
    assert not stop(state_dir=folder)
    assert running(state_dir=folder) is None


def test_it_comes_back_on_the_same_port(folder):
    first = begin(folder)
    stop(state_dir=folder)

    second = begin(folder)

    assert second.port == first.port
    assert second.pid != first.pid


def test_what_a_killed_sandbox_left_behind_is_no_sandbox(folder):
    first = begin(folder)
    os.kill(first.pid, signal.SIGKILL)

    assert lifecycle._released(folder)
    assert running(state_dir=folder) is None
    assert not stop(state_dir=folder)
    assert begin(folder).pid != first.pid


def test_a_termination_signal_ends_it(folder):
    os.kill(begin(folder).pid, signal.SIGTERM)

    assert lifecycle._released(folder)


def test_a_port_that_is_taken_is_said_so(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with pytest.raises(UsageError, match="is taken"):
            begin(folder, port=taken.getsockname()[1])

    assert running(state_dir=folder) is None


def test_another_port_is_found_when_the_last_one_is_taken(folder):
    folder.mkdir()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        (folder / "port").write_text(str(taken.getsockname()[1]))

        assert begin(folder).port != taken.getsockname()[1]


def test_a_sandbox_that_dies_at_birth_shows_its_log(folder, monkeypatch):
    broken = {"PYTHONPATH": str(folder), "PYTHONHOME": str(folder)}
    monkeypatch.setattr(lifecycle, "_bare_environment", lambda _: broken)

    with pytest.raises(SandboxFailed, match="encodings"):
        begin(folder)
    assert running(state_dir=folder) is None


def test_a_seed_that_does_not_exist_starts_nothing(folder):
    with pytest.raises(UsageError, match="breach, empty"):
        start(seed="nonsense", state_dir=folder)

    assert not folder.exists()


def test_without_moto_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    with pytest.raises(UsageError) as refused:
        begin(folder)

    assert refused.value.advice == "pip install 'secguard[sandbox]'"


def test_a_foreign_profile_does_not_reach_it(folder, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")

    found = begin(folder)

    monkeypatch.delenv("AWS_PROFILE")
    ec2 = client_of(found, "ec2")
    assert len(ec2.describe_regions()["Regions"]) == 17


def test_in_the_foreground_it_tells_and_stays_until_told_to_go(folder):
    told = []

    def announce(sandbox: Sandbox):
        told.append((sandbox, running(state_dir=folder)))
        os.kill(os.getpid(), signal.SIGTERM)

    found = begin(folder, foreground=True, announce=announce)

    assert told == [(found, found)]
    assert running(state_dir=folder) is None
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_process_in_its_environment_meets_it(folder):
    found = begin(folder)
    code = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    surroundings = {"PATH": os.environ["PATH"], "AWS_PROFILE": "other", "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9"}

    variables = applied(environment(found, present=surroundings), to=surroundings)
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "arn:aws:iam::123456789012:user/operator"


def test_the_command_line_starts_without_moto_and_boto3():
    code = "import sys, secguard.sandbox.lifecycle; print({'moto', 'boto3', 'botocore', 'flask'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
