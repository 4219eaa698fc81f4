import subprocess
from pathlib import Path

import pytest

from secguard.sandbox.environment import LEAKS, applied, environment, export_lines
from secguard.sandbox.lifecycle import Sandbox


@pytest.fixture
def sandbox(tmp_path):
    return Sandbox(
        endpoint="http://127.0.0.1:5000", port=5000, pid=1, seed="empty", token="t", directory=tmp_path / "it's here"
    )


def test_clients_are_pointed_at_the_sandbox(sandbox):
    variables = environment(sandbox, present={})

    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:5000"
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "us-east-1"
    assert variables["AWS_EC2_METADATA_DISABLED"] == "true"
    assert Path(variables["SECGUARD_STATE_DIR"]).parent == sandbox.directory


@pytest.mark.parametrize("name", LEAKS)
def test_what_would_lead_elsewhere_is_unset(sandbox, name):
    assert environment(sandbox, present={name: "x"})[name] is None


def test_endpoints_of_single_services_are_unset_whichever_they_are(sandbox):
    variables = environment(sandbox, present={"AWS_ENDPOINT_URL_GUARDDUTY": "https://elsewhere"})

    assert variables["AWS_ENDPOINT_URL_GUARDDUTY"] is None


def test_s3_control_keeps_a_host_that_resolves(sandbox):
    assert environment(sandbox, present={})["AWS_ENDPOINT_URL_S3_CONTROL"] == "http://sandbox@127.0.0.1:5000"


def test_loopback_joins_the_hosts_that_need_no_proxy(sandbox):
    variables = environment(sandbox, present={"NO_PROXY": "internal.example,localhost"})

    assert variables["NO_PROXY"] == variables["no_proxy"] == "internal.example,localhost,127.0.0.1"


def test_variables_are_applied_and_the_rest_is_kept(sandbox):
    surroundings = {"HOME": "/home/anna", "AWS_PROFILE": "work", "AWS_REGION": "eu-west-1"}

    result = applied(environment(sandbox, present=surroundings), to=surroundings)

    assert result["HOME"] == "/home/anna"
    assert "AWS_PROFILE" not in result
    assert result["AWS_REGION"] == "us-east-1"


def test_a_shell_reads_the_lines_as_they_are_meant(sandbox):
    lines = export_lines(environment(sandbox, present={"AWS_PROFILE": "work"}))
    script = f'export AWS_PROFILE=work\n{lines}printf "%s|%s" "$AWS_CONFIG_FILE" "${{AWS_PROFILE-unset}}"'

    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == f"{sandbox.directory}/aws-config|unset"
