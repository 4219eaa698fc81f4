"""Load the models that drive botocore's clients: megabytes of JSON, of which a call needs a few kilobytes."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from botocore.loaders import JSONFileLoader, Loader
from botocore.session import Session

_OPENED = ((".json", Path.open), (".json.gz", gzip.open))
_parts = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_entries = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Lazy(dict[str, Any]):
    """A JSON object in its order, each value as text until somebody asks for it."""

    def __getitem__(self, key: str) -> Any:
        found = super().__getitem__(key)
        if isinstance(found, msgspec.Raw):
            found = self[key] = _decoded(found)
        return found

    # What follows would else hand out the texts, `__iter__` by way of `dict(lazy)`.
    def __iter__(self) -> Iterator[str]:
        return super().__iter__()

    def get(self, key: str, default: Any = None) -> Any:
        """As a dict's, and so are the others."""
        return self[key] if key in self else default  # noqa: SIM401 - it would call itself

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Decodes what is there."""
        return self[key] if key in self else super().setdefault(key, default)

    def items(self) -> Any:
        """Decodes all."""
        self._decode_all()
        return super().items()

    def values(self) -> Any:
        """Decodes all."""
        self._decode_all()
        return super().values()

    def pop(self, key: str, *default: Any) -> Any:
        """Decodes what it takes out."""
        if key in self:
            self[key]
        return super().pop(key, *default)

    def copy(self) -> dict[str, Any]:
        """A plain dict of all; what is in it is lazy still."""
        return dict(self.items())

    def __eq__(self, other: object) -> bool:
        self._decode_all()
        return super().__eq__(other)

    __hash__ = None

    def _decode_all(self) -> None:
        for key in self:
            self[key]


def _decoded(text: msgspec.Raw) -> Any:
    match bytes(memoryview(text)[:1]):
        case b"{":
            return Lazy(_parts(text))
        case b"[":
            return [_decoded(entry) for entry in _entries(text)]
        case _:
            return msgspec.json.decode(text)


class _Files(JSONFileLoader):
    """botocore's files, as Lazy."""

    def load_file(self, file_path: str) -> Any:
        """What is in a file, named without its ending; None where there is none."""
        for ending, opened in _OPENED:
            try:
                with opened(Path(file_path + ending), mode="rb") as file:
                    return _decoded(msgspec.Raw(file.read()))
            except FileNotFoundError:
                continue
        return None


class _Loader(Loader):
    """botocore's loader, without a look into the folder of every service that there is."""

    def list_available_services(self, type_name: str) -> list[str]:
        """Every service with a folder. One that lacks the file itself is a DataNotFoundError when that is loaded."""
        folders = [entry for path in self.search_paths if os.path.isdir(path) for entry in os.scandir(path)]  # noqa: PTH112 - faster
        return sorted({entry.name for entry in folders if entry.is_dir()})


def load_models_fast(session: Session) -> None:
    """Have `session` load its models so. They stand where botocore looks for them, `AWS_DATA_PATH` included."""
    data_path: str = session.get_config_variable("data_path") or ""
    folders = [os.path.expanduser(os.path.expandvars(path)) for path in data_path.split(os.pathsep) if path]  # noqa: PTH111
    session.register_component("data_loader", _Loader(extra_search_paths=folders, file_loader=_Files()))
