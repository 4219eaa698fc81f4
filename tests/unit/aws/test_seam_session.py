"""Sessions load the same models as botocore's own do."""

import copy
import gzip
import json
from collections import OrderedDict

import msgspec
import pytest
from botocore.exceptions import UnknownServiceError
from botocore.loaders import create_loader
from botocore.utils import deep_merge

from secguard.aws.models import Lazy
from secguard.aws.session import open_session


@pytest.mark.parametrize("service", ["sts", "securityhub", "guardduty"])
def test_a_model_is_the_one_that_botocore_loads(service):
    ours = open_session(None).get_component("data_loader")
    assert ours.load_service_model(service, "service-2") == create_loader().load_service_model(service, "service-2")
    assert {*ours.list_available_services("service-2")} >= {*create_loader().list_available_services("service-2")}


def test_an_unknown_service_is_as_unknown_as_to_botocore():
    with pytest.raises(UnknownServiceError, match="lamps"):
        open_session(None).create_client("lamps", region_name="eu-west-1")


class TestLazy:
    """Whichever way it is looked at, it is the dict that its text holds."""

    TEXT = b'{"a": {"b": [{"c": 1}, []]}, "d": "\\u00e9", "e": null, "f": 1.5}'

    @pytest.fixture
    def lazy(self):
        return Lazy(msgspec.json.decode(self.TEXT, type=dict[str, msgspec.Raw]))

    @pytest.mark.parametrize(
        "way",
        [
            dict, copy.copy, copy.deepcopy, OrderedDict, lambda lazy: {**lazy}, lambda lazy: lazy | {},
            lambda lazy: lazy.copy(), lambda lazy: dict(lazy.items()),
            lambda lazy: dict(zip(lazy, lazy.values(), strict=True)),
            lambda lazy: {key: lazy[key] for key in lazy}, lambda lazy: {key: lazy.get(key) for key in lazy},
            lambda lazy: {key: lazy.pop(key) for key in list(lazy)}, lambda lazy: json.loads(json.dumps(lazy)),
            lambda lazy: {key: lazy.setdefault(key, 7) for key in lazy},
        ],
    )  # fmt: skip
    def test_copies(self, lazy, way):
        found = way(lazy)
        assert json.dumps(found) == json.dumps(json.loads(self.TEXT))

    def test_what_is_changed_stays_changed(self, lazy):
        lazy["a"]["b"][0]["c"] = 2
        deep_merge(lazy, {"a": {"x": 3}})

        assert lazy["a"] == {"b": [{"c": 2}, []], "x": 3}

    def test_what_is_not_there(self, lazy):
        assert lazy.get("z", 5) == 5
        assert lazy.pop("z", 5) == 5
        with pytest.raises(KeyError):
            lazy["z"]


@pytest.mark.parametrize(("ending", "opened"), [(".json", open), (".json.gz", gzip.open)])
def test_models_of_the_users_own_folder_are_found(tmp_path, monkeypatch, ending, opened):
    folder = tmp_path / "lamps" / "2026-11-23"
    folder.mkdir(parents=True)
    with opened(folder / f"service-2{ending}", "wb") as file:
        file.write(json.dumps({"metadata": {"serviceId": "Lamps"}}).encode())
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))

    loader = open_session(None).get_component("data_loader")

    assert loader.load_service_model("lamps", "service-2")["metadata"]["serviceId"] == "Lamps"
