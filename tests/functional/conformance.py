"""Check what a server answers against botocore's models: every key known, every type right, nothing required missing.

`Conformance().watch(...)` takes a boto3 or botocore session (before it makes clients) or a client. Each successful
answer is then checked as it came over the wire, before botocore reads it: JSON, REST-XML, query-XML and EC2.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import datetime
from xml.etree import ElementTree as ET

# Where moto answers otherwise than the model says, in services that the sandbox leaves to it: (service, path) and why.
KNOWN_ODDITIES = {
    # What AWS itself does: an account without an administrator gets an empty object.
    ("guardduty", "GetAdministratorAccount.Administrator"): "absent for an account that nobody administers",
    ("guardduty", "GetMasterAccount.Master"): "absent for an account that nobody administers",
}

# Parts of an answer that are the protocol's, not the operation's.
PROTOCOL_TAGS = {"requestId", "RequestId", "ResponseMetadata"}


@dataclass(frozen=True)
class Problem:
    """One place where an answer departs from its model."""

    service: str
    path: str
    what: str


@dataclass
class Conformance:
    """What was checked, and what was wrong."""

    problems: list[Problem] = field(default_factory=list)
    checked: set[tuple[str, str]] = field(default_factory=set)

    def watch(self, watched):
        """Check every answer that a session's future clients, or a client, get. Returns what it was given."""
        if hasattr(watched, "meta"):
            watched.meta.events.register("before-parse", self._check)
        elif hasattr(watched, "events"):
            watched.events.register("before-parse", self._check)
        else:
            watched.register("before-parse", self._check)
        return watched

    def _check(self, operation_model, response_dict, **_):
        if response_dict["status_code"] >= 300:
            return
        service = operation_model.service_model
        self.checked.add((service.service_name, operation_model.name))
        shape = operation_model.output_shape
        if shape is None or operation_model.has_streaming_output or operation_model.has_event_stream_output:
            return
        protocol = service.resolved_protocol
        read = {"json": _json, "rest-json": _json, "query": _query, "ec2": _ec2, "rest-xml": _rest_xml}[protocol]
        found = read(operation_model, response_dict["body"])
        for path, what in found:
            if (service.service_name, path) not in KNOWN_ODDITIES:
                self.problems.append(Problem(service.service_name, path, what))


def _json(operation, body):
    shape, start = _body_shape(operation)
    if shape is None:
        return
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        yield start, "not JSON"
        return
    yield from _in_json(shape, value, start)


def _in_json(shape, value, path):
    check = {"structure": _json_structure, "list": _json_list, "map": _json_map}.get(shape.type_name, _json_scalar)
    if value is None:
        yield path, "is null"
    else:
        yield from check(shape, value, path)


def _json_structure(shape, value, path):
    if not isinstance(value, dict):
        yield path, f"{type(value).__name__} instead of an object"
        return
    if getattr(shape, "is_document_type", False):
        return
    members = {member.serialization.get("name", name): member for name, member in _body_members(shape)}
    for key, inside in value.items():
        if key in members:
            yield from _in_json(members[key], inside, f"{path}.{key}")
        elif key != "__type":
            yield f"{path}.{key}", "is not in the model"
    for name in shape.required_members:
        member = shape.members[name]
        if "location" not in member.serialization and member.serialization.get("name", name) not in value:
            yield f"{path}.{name}", "is required and missing"


def _json_list(shape, value, path):
    if not isinstance(value, list):
        yield path, f"{type(value).__name__} instead of a list"
        return
    yield from _sized(shape, len(value), path)
    for item in value:
        yield from _in_json(shape.member, item, f"{path}[]")


def _json_map(shape, value, path):
    if not isinstance(value, dict):
        yield path, f"{type(value).__name__} instead of a map"
        return
    for item in value.values():
        yield from _in_json(shape.value, item, f"{path}{{}}")


def _json_scalar(shape, value, path):
    kind = shape.type_name
    python = {
        "string": str, "character": str, "blob": str, "boolean": bool,
        "integer": int, "long": int, "float": (int, float), "double": (int, float),
    }.get(kind)  # fmt: skip
    if kind == "timestamp":
        text = shape.serialization.get("timestampFormat") == "iso8601"
        if (
            isinstance(value, bool)
            or not isinstance(value, str if text else (int, float))
            or (text and not _iso(value))
        ):
            yield path, f"{value!r} is not a time in the form the model asks for"
    elif python and (not isinstance(value, python) or (isinstance(value, bool) and kind != "boolean")):
        yield path, f"{type(value).__name__} instead of {kind}"
    elif isinstance(value, str):
        yield from _in_text(shape, value, path)


def _query(operation, body):
    root = ET.fromstring(body)
    wrapper = operation.output_shape.serialization.get("resultWrapper")
    inside = _children(root).get(wrapper, [None])[0] if wrapper else root
    if inside is None:
        yield operation.name, f"lacks {wrapper}"
    else:
        yield from _xml_structure(operation.output_shape, inside, operation.name)


def _ec2(operation, body):
    yield from _xml_structure(operation.output_shape, ET.fromstring(body), operation.name)


def _rest_xml(operation, body):
    shape, start = _body_shape(operation)
    if shape is None or not list(_body_members(shape)) or (not body and not shape.required_members):
        return
    if shape.type_name == "structure":
        yield from _xml_structure(shape, ET.fromstring(body), start)


def _in_xml(shape, nodes, path):
    """`nodes`: all that stand under one name, of which only a flattened list or map has several."""
    kind = shape.type_name
    if kind == "list":
        flat = shape.serialization.get("flattened")
        items = nodes if flat else [item for node in nodes for item in node]
        expected = None if flat else shape.member.serialization.get("name", "member")
        for item in items:
            if expected is not None and _tag(item) != expected:
                yield f"{path}.{_tag(item)}", f"stands for an item that is called {expected}"
            yield from _in_xml(shape.member, [item], f"{path}[]")
        return
    if len(nodes) > 1 and kind != "map":
        yield path, f"stands {len(nodes)} times"
    for node in nodes:
        if kind == "structure":
            yield from _xml_structure(shape, node, path)
        elif kind != "map":
            yield from _xml_text(shape, node.text or "", path)


def _xml_structure(shape, node, path):
    members = {}
    for name, member in _body_members(shape):
        if not member.serialization.get("xmlAttribute"):
            members[_xml_name(name, member)] = member
    children = _children(node)
    for tag, nodes in children.items():
        if tag in members:
            yield from _in_xml(members[tag], nodes, f"{path}.{tag}")
        elif tag not in PROTOCOL_TAGS:
            yield f"{path}.{tag}", "is not in the model"
    for name in shape.required_members:
        member = shape.members[name]
        skip = "location" in member.serialization or member.serialization.get("xmlAttribute")
        if not skip and _xml_name(name, member) not in children:
            yield f"{path}.{name}", "is required and missing"


def _xml_text(shape, text, path):
    match shape.type_name:
        case "boolean" if text not in ("true", "false"):
            yield path, f"{text!r} is not a boolean"
        case "integer" | "long" | "float" | "double" if not _number(text):
            yield path, f"{text!r} is not a number"
        case "timestamp" if not _iso(text) and not _number(text):
            yield path, f"{text!r} is not a time"
        case "blob" if not _base64(text):
            yield path, "is not base64"
        case "string" if text:
            yield from _in_text(shape, text, path)


def _xml_name(name, member):
    """What a member is called: a flattened list goes by its items' name."""
    serialized = member.serialization.get("name", name)
    if member.type_name == "list" and member.serialization.get("flattened"):
        return member.member.serialization.get("name", serialized)
    return serialized


def _body_shape(operation):
    """The shape of the body, which is one member's when the model says so."""
    shape = operation.output_shape
    payload = shape.serialization.get("payload")
    if payload is None:
        return shape, operation.name
    member = shape.members[payload]
    return (member if member.type_name == "structure" else None), f"{operation.name}.{payload}"


def _body_members(shape):
    return [(name, member) for name, member in shape.members.items() if "location" not in member.serialization]


def _in_text(shape, value, path):
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        yield path, f"{value!r} is not one of {', '.join(enum)}"


def _sized(shape, size, path):
    if size > shape.metadata.get("max", size):
        yield path, f"{size} items instead of at most {shape.metadata['max']}"


def _children(node):
    children = {}
    for child in node:
        children.setdefault(_tag(child), []).append(child)
    return children


def _tag(node):
    return node.tag.rpartition("}")[2]


def _iso(text):
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def _base64(text):
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    return True
