"""Sessions load the same models as botocore's own do."""

import gzip
import json

import pytest
from botocore.loaders import create_loader

from secguard.aws.session import open_session


@pytest.mark.parametrize("service", ["sts", "securityhub", "guardduty"])
def test_a_model_is_the_one_that_botocore_loads(service):
    ours = open_session(None).get_component("data_loader")
    assert ours.load_service_model(service, "service-2") == create_loader().load_service_model(service, "service-2")
    assert ours.list_available_services("service-2") == create_loader().list_available_services("service-2")


@pytest.mark.parametrize(("ending", "opened"), [(".json", open), (".json.gz", gzip.open)])
def test_models_of_the_users_own_folder_are_found(tmp_path, monkeypatch, ending, opened):
    folder = tmp_path / "lamps" / "2026-11-23"
    folder.mkdir(parents=True)
    with opened(folder / f"service-2{ending}", "wb") as file:
        file.write(json.dumps({"metadata": {"serviceId": "Lamps"}}).encode())
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))

    loader = open_session(None).get_component("data_loader")

    assert loader.load_service_model("lamps", "service-2")["metadata"]["serviceId"] == "Lamps"
