"""Complete moto: the sandbox's own GuardDuty and Security Hub, and one clear answer for what nobody emulates."""

from __future__ import annotations

from functools import cache, wraps
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from flask import Response, request
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.errors import COMMON_ERROR_CODES
from moto.core.exceptions import ServiceException
from moto.core.request import normalize_request
from moto.core.responses import ActionResult, BaseResponse
from moto.moto_server import werkzeug_app
from werkzeug.exceptions import NotFound

from secguard.sandbox import guardduty, securityhub
from secguard.sandbox.operations import Service, response_class
from secguard.sandbox.wire import Answer, asked, keep_body, refusal, scope_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse

    from botocore.awsrequest import AWSPreparedRequest
    from moto.core.base_backend import BaseBackend

NOT_EMULATED = "EmulatorNotImplemented"


class NotEmulated(ServiceException):
    """Neither the sandbox nor moto has this operation."""

    code = NOT_EMULATED


@cache
def install() -> None:
    """Put the sandbox's parts in moto's place. Call it before the first request; more calls change nothing."""
    for package in (guardduty, securityhub):
        _replace_backend(package.SERVICE, package.BACKEND)
    _answer_missing_methods()
    _answer_unknown_paths_of_the_server()
    _answer_unknown_paths_in_process()


def _replace_backend(service: Service, backend: type[BaseBackend]) -> None:
    response = response_class(service)
    # Every path: moto finds the operation by botocore's model, not by its own list of paths.
    paths = {"{0}/$": response.dispatch, "{0}/.*$": response.dispatch}
    bases = [rf"https?://{service.name}\.(.+)\.amazonaws\.com"]
    _set(backend, "_url_module", SimpleNamespace(url_bases=bases, url_paths=paths))
    # The same dictionary as before, so that resets and imports elsewhere in moto keep working.
    service.backends.clear()
    service.backends.backend = backend


def _answer_missing_methods() -> None:
    # moto warns of an error code that a service's model does not name, unless it stands here.
    COMMON_ERROR_CODES.append(NOT_EMULATED)
    call_action = BaseResponse.call_action

    @wraps(call_action)
    def answered(self: BaseResponse) -> Any:
        try:
            status, headers, body = call_action(self)
        except NotImplementedError:
            return _missing_method(self)
        if status == 404 and not body and not self._get_action():
            return _missing_method(self)
        return status, headers, body

    _set(BaseResponse, "call_action", answered)


def _missing_method(response: BaseResponse) -> tuple[int, Any, Any]:
    """The answer in the protocol that the request came in."""
    service = response.boto3_service_name
    operation = response._get_action() or f"{response.method} {response.path}"  # noqa: SLF001  moto has no other name
    error = NotEmulated(f"the sandbox does not emulate {service} {operation}")
    _, headers, body = response.serialized(ActionResult(error))
    return 501, {**headers, "status": "501"}, body


def _answer_unknown_paths_of_the_server() -> None:
    make = werkzeug_app.DomainDispatcherApplication.__init__

    @wraps(make)
    def made(self: werkzeug_app.DomainDispatcherApplication, create_app: Callable[..., Any]) -> None:
        make(self, lambda service: _with_last_resort(create_app, service))

    _set(werkzeug_app.DomainDispatcherApplication, "__init__", made)


def _answer_unknown_paths_in_process() -> None:
    process_request = BotocoreStubber.process_request

    @wraps(process_request)
    def answered(self: BotocoreStubber, request: AWSPreparedRequest) -> Any:
        answer = process_request(self, request)
        if answer is None or answer[0] != 404 or answer[2] != "Not yet implemented":
            return answer
        environ = normalize_request(request).environ
        return _for_moto(_not_emulated(environ, keep_body(environ)))

    _set(BotocoreStubber, "process_request", answered)


def _with_last_resort(create_app: Callable[..., Any], service: str | None) -> Any:
    """Moto's application for a service, with an answer for paths it does not know; or one that knows none."""
    if service is None:
        return _nobody
    app = create_app(service)
    app.register_error_handler(NotFound, _no_such_path)
    return app


def _nobody(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """The application for a service of which moto knows nothing."""
    answer = _not_emulated(environ, keep_body(environ))
    return Response(answer.body, answer.status, list(answer.headers))(environ, start_response)


def _no_such_path(error: NotFound) -> NotFound | Response:
    """A path that moto does not route; what its services raise themselves stays as it is."""
    if error is not request.routing_exception:
        return error
    answer = _not_emulated(request.environ, keep_body(request.environ))
    return Response(answer.body, answer.status, list(answer.headers))


def _not_emulated(environ: dict[str, Any], body: bytes) -> Answer:
    scope = scope_of(environ)
    if scope is None:
        return refusal("", 501, NOT_EMULATED, "the sandbox does not emulate this unsigned request")
    call = asked(environ, scope, body)
    operation = call.operation or f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
    # What asks in JSON is answered in JSON, whichever protocol the service's model names first.
    protocol_of = "" if "json" in environ.get("CONTENT_TYPE", "") else call.service
    return refusal(protocol_of, 501, NOT_EMULATED, f"the sandbox does not emulate {call.service} {operation}")


def _for_moto(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    return answer.status, dict(answer.headers), answer.body


def _set(owner: type, name: str, value: object) -> None:
    """Replace a part of moto, whose types don't foresee it."""
    setattr(owner, name, value)
