"""Answer a service's REST-JSON operations from plain functions: read the request by its model, check it, answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs

from moto.core.responses import BaseResponse
from moto.core.utils import camelcase_to_underscores, get_service_model

from secguard.sandbox.limits import Shape, Violation, first_violation

if TYPE_CHECKING:
    from botocore.model import OperationModel
    from moto.core.base_backend import BackendDict

Ask = dict[str, Any]
"""A request's parameters by their names on the wire, typed as the model types them."""

Answer = dict[str, Any]
"""An answer's members by their names on the wire."""

Operation = Callable[[Any, Ask], Answer]
"""What one operation does to the backend of the caller's account and Region."""

access_key: ContextVar[str] = ContextVar("access_key", default="")
"""The key that the request being answered was signed with."""

ONE_AT_A_TIME = RLock()
"""Operations check, then act: two at once could both find that nothing exists yet."""


class ApiError(Exception):
    """The service says no. The HTTP status is the model's, unless `status` says otherwise."""

    def __init__(self, code: str, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One emulated service: its operations, where its state lives and how it words a bad parameter."""

    name: str
    backends: BackendDict[Any]
    operations: Mapping[str, Operation]
    refuse: Callable[[Violation], ApiError]
    check_themselves: frozenset[str] = frozenset()
    """Operations that report bad items one by one instead of refusing the whole request."""


def response_class(service: Service) -> type[BaseResponse]:
    """Make the class that moto sends the service's requests to: one method per operation."""
    methods = {camelcase_to_underscores(name): _method(name) for name in service.operations}
    return type("EmulatedResponse", (_EmulatedResponse,), {"service": service, **methods})


class _EmulatedResponse(BaseResponse):
    """One request to an emulated service."""

    service: ClassVar[Service]

    def __init__(self) -> None:
        super().__init__(service_name=self.service.name)

    def answer(self, operation: str) -> tuple[str, dict[str, Any]]:
        """The body and headers for one operation, be it an answer or an error."""
        model = get_service_model(self.service.name).operation_model(operation)
        try:
            with ONE_AT_A_TIME:
                # Written before another request may change what is answered.
                body = json.dumps(self._perform(operation, model))
        except ApiError as error:
            return _error(model, error)
        return body, {"status": 200, "Content-Type": "application/json"}

    def _perform(self, operation: str, model: OperationModel) -> Answer:
        ask = _read(model, path=self.uri_match, query=self.parsed_url.query, body=self.raw_body)
        violation = first_violation(model.input_shape, ask)
        if violation and operation not in self.service.check_themselves:
            raise self.service.refuse(violation)
        access_key.set(self.get_access_key())
        backend = self.service.backends[self.current_account][self.region]
        return self.service.operations[operation](backend, ask)


def _method(operation: str) -> Callable[[_EmulatedResponse], tuple[str, dict[str, Any]]]:
    def method(self: _EmulatedResponse) -> tuple[str, dict[str, Any]]:
        return self.answer(operation)

    return method


def wire_name(name: str, shape: Shape) -> str:
    """What a member is called in JSON, in the path or in the query string."""
    return str(shape.serialization.get("name", name))


def _read(model: OperationModel, *, path: Mapping[str, str], query: str, body: bytes) -> Ask:
    """Collect the parameters from where the model puts them. A body that is no JSON object counts as empty."""
    try:
        ask = json.loads(body or b"{}")
    except ValueError:
        ask = {}
    ask = ask if isinstance(ask, dict) else {}
    queried = parse_qs(query, keep_blank_values=True)
    for name, shape in (model.input_shape.members if model.input_shape else {}).items():
        key = wire_name(name, shape)
        match shape.serialization.get("location"):
            case "uri" if key in path:
                ask[key] = path[key]
            case "querystring" if key in queried:
                ask[key] = _typed(shape, queried[key])
    return {key: value for key, value in ask.items() if value is not None}


def _typed(shape: Shape, texts: list[str]) -> Any:
    match shape.type_name:
        case "list":
            return texts
        case "integer" | "long":
            # A text that is no number is left for the check of limits to refuse.
            return int(texts[0]) if texts[0].lstrip("-").isdigit() else texts[0]
        case "boolean":
            return texts[0].lower() == "true"
        case _:
            return texts[0]


def _error(model: OperationModel, error: ApiError) -> tuple[str, dict[str, Any]]:
    shapes: list[Shape] = model.service_model.error_shapes
    shape = next((shape for shape in shapes if shape.name == error.code), None)
    status = error.status or (shape.metadata.get("error", {}).get("httpStatusCode", 400) if shape else 400)
    values = {"message": error.message, "code": error.code, "type": error.code}
    members = shape.members if shape else {}
    body = {wire_name(name, member): values[name.lower()] for name, member in members.items() if name.lower() in values}
    headers = {"status": status, "Content-Type": "application/json", "x-amzn-ErrorType": error.code}
    return json.dumps(body or {"message": error.message}), headers
