"""What a request asks of AWS, read from the wire; and how AWS says no, in each of its protocols."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from uuid import uuid4
from xml.sax.saxutils import escape

from botocore.exceptions import UnknownServiceError
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wsgi import get_input_stream

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    Environ = MutableMapping[str, Any]

# Signing names that differ from botocore's name of the service.
SIGNED_AS = {
    "access-analyzer": "accessanalyzer",
    "aws-marketplace": "marketplace-metering",
    "email": "ses",
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}

READS: tuple[str, ...] = (
    "BatchGet",
    "Check",
    "Describe",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Query",
    "Scan",
    "Search",
    "Select",
)
READS += ("AssumeRole", "DecodeAuthorizationMessage", "Simulate", "Test", "Validate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Who signed a request, for which service and Region."""

    access_key: str
    region: str
    service: str
    """The signing name: `elasticloadbalancing`, not `elbv2`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One API call, as botocore's model names it. `operation` is empty when the model has no such path."""

    scope: Scope
    service: str
    operation: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def write(self) -> bool:
        """Whether it changes anything. An EC2 dry run does not."""
        return not self.operation.startswith(READS) and self.parameters.get("DryRun") is not True


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, ready to be sent."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def keep_body(environ: Environ) -> bytes:
    """Read the body and put it back, so that those behind can read it again."""
    body: bytes = get_input_stream(dict(environ)).read()
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def scope_of(environ: Environ) -> Scope | None:
    """Who signed, from the Authorization header or a presigned URL; None for an unsigned request."""
    header = environ.get("HTTP_AUTHORIZATION", "")
    if "Credential=" in header:
        credential = header.partition("Credential=")[2].partition(",")[0]
    else:
        credential = parse_qs(environ.get("QUERY_STRING", "")).get("X-Amz-Credential", [""])[0]
    parts = credential.strip().split("/")
    if len(parts) != 5:
        return None
    return Scope(access_key=parts[0], region=parts[2], service=parts[3].lower())


def asked(environ: Environ, scope: Scope, body: bytes) -> Asked:
    """The API call in a request. Leaves `environ` as it was."""
    service = service_of(environ, scope, body)
    copy = {**environ, "wsgi.input": io.BytesIO(body)}
    try:
        operation, parameters = _parse(service, copy)
    except (UnknownServiceError, NotFound, NotImplementedError, RequestParserError, ValueError, KeyError):
        return Asked(scope=scope, service=service)
    return Asked(scope=scope, service=service, operation=operation, parameters=parameters)


def service_of(environ: Environ, scope: Scope, body: bytes) -> str:
    """Botocore's name of the service that a request is for; some services share a signing name."""
    match scope.service:
        case "elasticloadbalancing":
            # The API version tells Classic Load Balancers from the newer ones.
            return "elb" if b"Version=2012-06-01" in body else "elbv2"
        case "s3" if environ.get("PATH_INFO", "").startswith("/v20180820/"):
            return "s3control"
        case name:
            return SIGNED_AS.get(name, name)


def _parse(service: str, environ: Environ) -> tuple[str, dict[str, Any]]:
    request = Request(environ)
    model = get_service_model(service)
    operation, path_parameters = get_service_router(service).match(request)
    parser = PROTOCOL_PARSERS[determine_request_protocol(model, request.content_type)](operation)
    parsed = parser.parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": path_parameters,
        }
    )
    if operation.has_streaming_input and operation.input_shape:
        parsed.pop(operation.input_shape.serialization["payload"], None)
    return str(operation.name), parsed


def refusal(service: str, status: int, code: str, message: str) -> Answer:
    """An error, as the service's own protocol writes it."""
    request_id = str(uuid4())
    try:
        protocol = str(get_service_model(service).protocol)
    except UnknownServiceError:
        protocol = "json"
    if protocol in {"json", "rest-json"}:
        body = json.dumps({"__type": code, "message": message, "Message": message})
        kind = "application/json" if protocol == "rest-json" else "application/x-amz-json-1.1"
    else:
        body = _XML[protocol].format(code=escape(code), message=escape(message), request_id=request_id)
        kind = "text/xml"
    headers = (("Content-Type", kind), ("x-amzn-RequestId", request_id), ("x-amzn-ErrorType", code))
    return Answer(status, headers, body.encode())


class Refusal(HTTPException):
    """An error for moto to send as it is, with the HTTP status that AWS gives it."""

    def __init__(self, service: str, status: int, code: str, message: str) -> None:
        self.answer = refusal(service, status, code, message)
        self.code = status
        super().__init__(self.answer.body.decode())

    def get_headers(self, *_: object) -> list[tuple[str, str]]:
        """The headers of the answer."""
        return list(self.answer.headers)

    def get_body(self, *_: object) -> str:
        """The body of the answer."""
        return self.answer.body.decode()


_XML = {
    "ec2": "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
    "<RequestID>{request_id}</RequestID></Response>",
    "query": "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    "<RequestId>{request_id}</RequestId></ErrorResponse>",
    "rest-xml": "<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{request_id}</RequestId></Error>",
}
