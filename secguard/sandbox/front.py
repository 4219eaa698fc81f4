"""The sandbox's front door: every request passes here, is checked, may go wrong on purpose, and is recorded."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict
from http import HTTPStatus
from threading import RLock
from typing import TYPE_CHECKING, Any, Protocol

from secguard.errors import UsageError
from secguard.sandbox.identity import caller_of
from secguard.sandbox.recorder import Call
from secguard.sandbox.regions import account
from secguard.sandbox.wire import Answer, Asked, asked, keep_body, refusal, scope_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication

    from secguard.sandbox.faults import Faults, Wrong
    from secguard.sandbox.identity import Caller
    from secguard.sandbox.recorder import Calls
    from secguard.sandbox.wire import Environ

OWN_PATHS = "/secguard/"
NO_ANSWER = 0


class House(Protocol):
    """What the front door needs of the server behind it."""

    calls: Calls
    faults: Faults

    def health(self) -> dict[str, Any]:
        """Who answers here."""

    def reset(self, seed: str | None = None) -> None:
        """Start anew with a seed, the last one if none is named."""

    def shut_down(self) -> None:
        """Stop answering, soon."""


class Front:
    """A WSGI application in front of moto's."""

    def __init__(self, house: House, moto: WSGIApplication) -> None:
        self.house = house
        self.moto = moto
        # One call at a time: moto's services check, then act.
        self.one_at_a_time = RLock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        body = keep_body(environ)
        path = environ.get("PATH_INFO", "")
        if path.startswith(OWN_PATHS):
            return _send(self._own(environ, path.removeprefix(OWN_PATHS), body), start_response)
        if path == "/moto-api/reset":
            self.house.reset()
            return _send(_json({"status": "ok"}), start_response)
        scope = scope_of(environ)
        if scope is None:
            return self._pass_on(environ, start_response)
        return self._signed(environ, start_response, asked(environ, scope, body))

    def _signed(self, environ: Environ, start_response: StartResponse, call: Asked) -> Iterable[bytes]:
        with self.one_at_a_time:
            caller = caller_of(call.scope.access_key)
        refused = _refused(call, caller)
        account_id = caller.account if caller else ""
        wrong = self.house.faults.strike(call, account_id)
        if wrong is not None:
            return self._go_wrong(environ, start_response, call, account_id, wrong)
        if refused:
            self._record(call, account_id, refused.status)
            return _send(refused, start_response)

        def recorded(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            self._record(call, account_id, int(status.partition(" ")[0]))
            return start_response(status, headers, *rest)

        return self._pass_on(environ, recorded)

    def _pass_on(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        with self.one_at_a_time:
            return self.moto(dict(environ), start_response)

    def _go_wrong(
        self, environ: Environ, start_response: StartResponse, call: Asked, account_id: str, wrong: Wrong
    ) -> Iterable[bytes]:
        match wrong:
            case (status, code, message):
                answer = refusal(call.service, status, code, message)
            case "garbage":
                answer = Answer(HTTPStatus.OK, (("Content-Type", "text/html"),), b"<html><p>It works!")
            case "empty":
                answer = _nothing(call)
            case _:
                self._record(call, account_id, NO_ANSWER)
                if wrong == "hang":
                    self.house.faults.released.wait()
                _drop(environ)
                return []
        self._record(call, account_id, answer.status)
        return _send(answer, start_response)

    def _record(self, call: Asked, account_id: str, status: int) -> None:
        self.house.calls.add(
            Call(
                service=call.service,
                operation=call.operation,
                account=account_id,
                region=call.scope.region,
                parameters=dict(call.parameters),
                write=call.write,
                status=status,
            )
        )

    def _own(self, environ: Environ, path: str, body: bytes) -> Answer:
        """Answer one of the sandbox's own paths. A web page that reaches for them is refused."""
        if "HTTP_ORIGIN" in environ:
            return _json({"error": "not for web pages"}, HTTPStatus.FORBIDDEN)
        try:
            return self._own_answer(environ["REQUEST_METHOD"], path, json.loads(body or b"{}"))
        except (UsageError, TypeError, ValueError) as error:
            return _json({"error": str(error)}, HTTPStatus.BAD_REQUEST)

    def _own_answer(self, method: str, path: str, given: dict[str, Any]) -> Answer:
        match method, path:
            case "GET", "health":
                return _json(self.house.health())
            case "GET", "calls":
                return _json([asdict(call) for call in self.house.calls])
            case "DELETE", "calls":
                self.house.calls.clear()
            case "GET", "faults":
                return _json([asdict(fault) for fault in self.house.faults])
            case "POST", "faults":
                answer = given.pop("answer", None)
                self.house.faults.add(answer=tuple(answer) if isinstance(answer, list) else answer, **given)
            case "DELETE", "faults":
                self.house.faults.clear()
            case "POST", "reset":
                self.house.reset(given.get("seed"))
            case "POST", "stop":
                self.house.shut_down()
            case _:
                return _json({"error": f"no such path: {method} {OWN_PATHS}{path}"}, HTTPStatus.NOT_FOUND)
        return _json({"done": True})


def _refused(call: Asked, caller: Caller | None) -> Answer | None:
    """What AWS says to unknown or inactive keys, and to every key in a Region that the account does not use."""
    if caller and caller.active and account(caller.account).usable(call.scope.region):
        return None
    return _unknown_key(call.service)


def _unknown_key(service: str) -> Answer:
    token = "The security token included in the request is invalid."
    match service:
        case "ec2":
            message = "AWS was not able to validate the provided access credentials"
            return refusal(service, HTTPStatus.UNAUTHORIZED, "AuthFailure", message)
        case "s3" | "s3control":
            message = "The AWS Access Key Id you provided does not exist in our records."
            return refusal(service, HTTPStatus.FORBIDDEN, "InvalidAccessKeyId", message)
        case "iam" | "sts" | "autoscaling" | "cloudformation" | "cloudwatch" | "elb" | "elbv2" | "rds" | "sns":
            return refusal(service, HTTPStatus.FORBIDDEN, "InvalidClientTokenId", token)
        case _:
            return refusal(service, HTTPStatus.BAD_REQUEST, "UnrecognizedClientException", token)


def _nothing(call: Asked) -> Answer:
    """An answer that parses and holds nothing."""
    error = refusal(call.service, HTTPStatus.OK, "", "")
    body = b"{}" if error.body.startswith(b"{") else _EMPTY_XML.format(call.operation).encode()
    kind = tuple(header for header in error.headers if header[0] == "Content-Type")
    return Answer(HTTPStatus.OK, kind, body)


_EMPTY_XML = "<{0}Response><{0}Result/></{0}Response>"


def _drop(environ: Environ) -> None:
    """Close the connection without a word."""
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError


def _json(value: Any, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    body = json.dumps(value, default=str).encode()
    return Answer(status, (("Content-Type", "application/json"),), body)


def _send(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    status = f"{int(answer.status)} {HTTPStatus(answer.status).phrase}"
    start_response(status, [*answer.headers, ("Content-Length", str(len(answer.body)))])
    return [answer.body]
