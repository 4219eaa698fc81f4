"""Tell an answer from what only looks like one. A broken success is never an empty list."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from secguard.aws.errors import Asked, broken
from secguard.model import decoded

if TYPE_CHECKING:
    from botocore.client import BaseClient

JSON_PROTOCOLS = frozenset({"json", "rest-json"})
RAW = {"securityhub": ("GetFindings",)}
"""Operations whose answer is, key for key, the JSON on the wire: no name is changed, no number made a date."""
_LISTS = msgspec.json.Decoder(dict[str, list[msgspec.Raw] | str | None])
NO_CONTENT = 204
_utf8 = codecs.getincrementaldecoder("utf-8")
_A_PIECE = 32 * 1024
"""Bytes that are decoded at once, where a whole body would take three times its room."""


class NotAnAnswer(ValueError):
    """A body that comes with success and that the service can't have meant."""


class Answer(dict[str, Any]):
    """What a call returned; a key that is not there raises BrokenAnswer."""

    def __init__(self, parsed: Mapping[str, Any], asked: Asked) -> None:
        super().__init__(parsed)
        self.request_id: str = self.pop("ResponseMetadata", {}).get("RequestId", "")
        self.asked = asked

    def decoded(self) -> Answer:
        """The answer, with the entries that were left as JSON text decoded."""
        for key, value in self.items():
            if isinstance(value, list) and value and isinstance(value[0], msgspec.Raw):
                self[key] = [decoded(entry) for entry in value]
        return self

    def __missing__(self, key: str) -> Any:
        raise broken(self.asked, f"the answer has no {key}")


def watch(client: BaseClient) -> None:
    """Have `client` raise NotAnAnswer where botocore would find nothing in a body and call it an answer."""
    model = client.meta.service_model
    speaks_json = model.resolved_protocol in JSON_PROTOCOLS
    raw = RAW.get(model.service_name, ())

    def before_parse(*, operation_model: Any, response_dict: Any, **_: Any) -> None:
        if response_dict["status_code"] < 300 and not operation_model.has_streaming_output:
            _check_markup(response_dict["body"], operation_model.output_shape)
            if speaks_json and operation_model.name not in raw and response_dict["status_code"] != NO_CONTENT:
                _check_json(response_dict["body"], operation_model.output_shape)

    hyphenated = model.service_id.hyphenize()
    client.meta.events.register(f"before-parse.{hyphenated}", before_parse)
    for operation in raw:
        client.meta.events.register_last(f"before-parse.{hyphenated}.{operation}", _take_raw)


def _check_markup(body: bytes, output_shape: Any) -> None:
    if body[:64].lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
        raise NotAnAnswer("its body is a web page")
    wrapper = output_shape.serialization.get("resultWrapper") if output_shape is not None else None
    if wrapper is not None and wrapper.encode() not in body:
        raise NotAnAnswer(f"its body has no {wrapper}")


def _check_json(body: bytes, output_shape: Any) -> None:
    if not body.strip():
        if _body_members(output_shape):
            raise NotAnAnswer("its body is empty")
    elif not isinstance(_document(body), dict) and not _is_payload(output_shape):
        raise NotAnAnswer("its body is no JSON object")


def _document(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotAnAnswer(f"its body is broken: {error}") from error


def _is_payload(shape: Any) -> bool:
    return shape is not None and bool(shape.serialization.get("payload"))


def _body_members(shape: Any) -> bool:
    """Whether an answer of this shape has anything in its body; the rest stands in headers."""
    if shape is None or _is_payload(shape):
        return False
    return any("location" not in member.serialization for member in shape.members.values())


def _take_raw(*, response_dict: Any, customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Take a large answer as it is, its entries as text: botocore's walk through them takes ten times as long."""
    if response_dict["status_code"] < 300:
        customized_response_dict.update(_texts(response_dict["body"]))
        response_dict["body"] = b"{}"


def _texts(body: bytes) -> dict[str, Any]:
    try:
        _check_text(body)
        return _LISTS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Broken, or with more in it than a list and a token.
        whole = _document(body)
    if not isinstance(whole, dict):
        raise NotAnAnswer("its body is no JSON object")
    return whole


def _check_text(body: bytes) -> None:
    """Raises UnicodeDecodeError. Text that is skipped is not looked at later, or is found broken far from here."""
    if not body.isascii():
        decode = _utf8().decode
        for start in range(0, len(body), _A_PIECE):
            decode(body[start : start + _A_PIECE])
        decode(b"", final=True)


def lacks_all(parsed: Mapping[str, Any], output_shape: Any) -> bool:
    """Whether nothing was in an answer whose model requires something."""
    return output_shape is not None and bool(output_shape.required_members) and not set(parsed) - {"ResponseMetadata"}
