"""The configuration can be made, looked at and checked."""

import stat
from pathlib import Path

import msgspec
import pytest

from secguard.config import Config, read


def test_init_writes_every_key_with_its_default_for_the_user_alone(secguard, tmp_path):
    file = tmp_path / "new" / "c.yaml"

    assert secguard("config", "init", file).code == 0
    assert read(file) == Config()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_init_without_a_file_makes_the_one_that_is_read(secguard, tmp_path):
    assert secguard("config", "init").code == 0
    assert f"# from {tmp_path}/config-home/secguard/config.yaml" in secguard("config", "show").stderr


def test_init_never_overwrites(secguard, tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("findings: {limit: 7}")

    said = secguard("config", "init", file)

    assert said.code == 2
    assert "exists already" in said.stderr
    assert file.read_text() == "findings: {limit: 7}"


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_show_answers_with_what_holds_defaults_included(secguard, tmp_path, form):
    file = tmp_path / "c.yaml"
    file.write_text("findings: {limit: 7}")

    shown = tmp_path / "shown.yaml"
    shown.write_text(secguard("config", "show", "--config", file, "-o", form).stdout)

    assert read(shown) == msgspec.structs.replace(Config(), findings=read(file).findings)


def test_check_says_where_and_why(secguard, tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("findings: {limit: 0}")

    said = secguard("config", "check", file)

    assert said.code == 2
    assert said.stderr.startswith(f"error: {file}: findings.limit: ")
    assert secguard("config", "check", Path(__file__).parents[3] / "config.example.yaml").code == 0


def test_a_strangers_file_in_the_folder_is_named_by_every_command_that_would_read_it(secguard, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secguard.yaml").write_text("findings: {limit: 7}")
    monkeypatch.setattr("os.geteuid", lambda: 4242)

    said = secguard("config", "show", "-o", "json", "-q")

    assert said.json["findings"]["limit"] == 50
    assert "./secguard.yaml is not read: it belongs to someone else" in said.stderr
