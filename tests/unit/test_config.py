"""The configuration is read strictly, and what is wrong is named where it stands."""

from contextlib import suppress
from pathlib import Path

import botocore.session
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secguard.config import Config, locate, read
from secguard.errors import ConfigError, UsageError

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"


@pytest.fixture
def written(tmp_path):
    def write(text):
        file = tmp_path / "c.yaml"
        file.write_text(text)
        return file

    return write


def test_the_example_is_exactly_the_defaults():
    assert read(EXAMPLE) == Config()


def test_the_example_names_every_key():
    """Also those whose default is empty."""
    text = EXAMPLE.read_text()

    def keys(section):
        for name in section.__struct_fields__:
            yield name
            if isinstance(value := getattr(section, name), msgspec.Struct):
                yield from keys(value)

    assert [key for key in keys(Config()) if f"{key}:" not in text] == []


def test_every_key_of_the_example_has_a_comment():
    """On its line, or on the line of the mapping or list it stands for."""
    lines = [line for line in EXAMPLE.read_text().splitlines() if ":" in line and not line.startswith("#")]

    bare = [line.strip() for line in lines if "#" not in line]

    # Headings whose keys each have theirs, and the values of a commented mapping.
    assert bare == ["accounts:", "guardduty:", "security_hub:", "findings:", 'secguard:protect: "true"', "playbooks:"]


def test_an_empty_file_is_the_defaults(written):
    assert read(written("")) == Config()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("enabel: {}", r"enabel: there is no such key; did you mean enable\? \(allowed: accounts, enable, "),
        ("enable: {guardduty: {features: [S3_DATA_EVENTS, X]}}", r"enable\.guardduty\.features\[1\]: .*'X'.*S3_DATA"),
        ("enable: {services: guardduty}", r"enable\.services: expected a list, got text \(allowed: a list of: guard"),
        ("guardrails: {protected_accounts: [123456789012]}", r"protected_accounts\[0\]: .*a whole number.*in quotes"),
        ("guardrails: {never_block: [203.0.113.0/24, 10.0.0.0/99]}", r"guardrails\.never_block\[1\]: .*CIDR"),
        ("guardrails: {protected_tags: {keep: true}}", r"guardrails\.protected_tags.*got true or false.*in quotes"),
        ("guardrails: {protected_arns: [i-0abc]}", r"guardrails\.protected_arns\[0\]: .*an ARN"),
        ("findings: {limit: 0}", r"findings\.limit: .*1 or more"),
        ("accounts: {role: 'arn:aws:iam::111122223333:role/x'}", r"accounts\.role: .*not its ARN"),
        ("enable: {security_hub: {home_region: no}}", r"enable\.security_hub\.home_region: .*eu-west-1 or null"),
        ("enable:\n  services: []\nenable: {}", r"line 3, column 1: the key 'enable' stands twice"),
        ("enable: [", r"line [12], column \d+"),
        ("1: 2", r"keys are text"),
        ("- a", r"expected a mapping, got a list"),
        ("a: !!python/name:os.system", r"line 1, column 4: .*tag"),
        ("--- {}\n--- {}", r"another document"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place_and_what_is_allowed(written, text, message):
    with pytest.raises(ConfigError, match=message) as caught:
        read(written(text))

    assert str(caught.value).startswith(str(written(text)))
    assert caught.value.exit_code == 2


@given(text=st.text(alphabet="ab:{}[]-\n \"'&*!?|>%@`#,1", max_size=60))
def test_no_text_is_a_bug(tmp_path_factory, text):
    """Whatever stands in the file, it is a configuration or a ConfigError."""
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(text)
    with suppress(ConfigError):
        assert isinstance(read(file), Config)


def test_the_named_file_comes_first(written, monkeypatch, tmp_path):
    named = written("{}")
    monkeypatch.setenv("SECGUARD_CONFIG", str(tmp_path / "absent.yaml"))

    assert locate(named).file == named


def test_a_named_file_that_is_absent_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("SECGUARD_CONFIG", str(tmp_path / "absent.yaml"))

    with pytest.raises(UsageError, match=r"absent\.yaml: no such configuration file"):
        locate(None)


def test_the_file_of_the_folder_comes_before_the_users_own(monkeypatch, tmp_path):
    own = tmp_path / "config-home" / "secguard" / "config.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("{}")
    monkeypatch.chdir(tmp_path)

    assert locate(None).file == own

    (tmp_path / "secguard.yaml").write_text("{}")
    (tmp_path / "secguard.yaml").chmod(0o600)

    assert locate(None).file == Path("secguard.yaml")


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_that_others_can_write_is_refused_rather_than_passed_over(monkeypatch, tmp_path, mode):
    """Passing over it would drop the guardrails that it may hold."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secguard.yaml").write_text("{}")
    (tmp_path / "secguard.yaml").chmod(mode)

    with pytest.raises(UsageError, match="can be written by others") as caught:
        locate(None)

    assert caught.value.advice == "chmod go-w secguard.yaml"


def test_a_strangers_file_is_passed_over_and_named(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secguard.yaml").write_text("{}")
    monkeypatch.setattr("os.geteuid", lambda: 4242)

    location = locate(None)

    assert location.file is None
    assert location.ignored.startswith("./secguard.yaml is not read: it belongs to someone else")


def test_the_features_are_those_of_guardduty():
    """When AWS adds one, this says so."""
    known = botocore.session.get_session().get_service_model("guardduty").shape_for("DetectorFeature").enum
    features = msgspec.inspect.type_info(Config).fields[1].type.fields[1].type.fields[0].type.item_type

    assert set(features.values) >= set(known)
