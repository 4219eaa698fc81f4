"""Load the models that drive botocore's clients: megabytes of JSON, in a fraction of the time and the memory."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import msgspec
from botocore.loaders import JSONFileLoader, create_loader
from botocore.session import Session

_OPENED = ((".json", Path.open), (".json.gz", gzip.open))


class _Files(JSONFileLoader):
    """botocore's files, decoded to plain dicts, which keep their order, instead of OrderedDicts."""

    def load_file(self, file_path: str) -> Any:
        """What is in a file, named without its ending; None where there is none."""
        for ending, opened in _OPENED:
            try:
                with opened(Path(file_path + ending), mode="rb") as file:
                    return msgspec.json.decode(file.read())
            except FileNotFoundError:
                continue
        return None


def load_models_fast(session: Session) -> None:
    """Have `session` load its models so. They stand where botocore looks for them, `AWS_DATA_PATH` included."""
    loader = create_loader(session.get_config_variable("data_path"))
    loader.file_loader = _Files()
    session.register_component("data_loader", loader)
