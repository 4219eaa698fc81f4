"""A loopback server that answers as a test says."""

import json
import re
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

CALLER = "arn:aws:iam::123456789012:user/operator"
WHO = f"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>{CALLER}</Arn><UserId>AIDA</UserId><Account>123456789012</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""


@dataclass(frozen=True)
class Reply:
    """What the server sends; `hangs`: nothing at all, `resets`: it breaks the connection off."""

    body: bytes | str | dict = b"{}"
    status: int = 200
    headers: dict = field(default_factory=dict)
    hangs: bool = False
    resets: bool = False

    @property
    def bytes(self):
        if isinstance(self.body, dict):
            return json.dumps(self.body).encode()
        return self.body.encode() if isinstance(self.body, str) else self.body


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    method: str
    path: str
    headers: dict
    body: str
    peer: tuple

    @property
    def scope(self):
        """Region and service, as signed for."""
        _, _, region, service, _ = re.search(r"Credential=([^,]+),", self.headers["Authorization"])[1].split("/")
        return region, service


class LoopbackAws:
    """Answers `POST /detector` or `AssumeRole` with the replies given for it, the last one again and again."""

    def __init__(self):
        self.url = ""
        self.received = []
        self._replies = {}
        self._over = threading.Event()
        self.answers("GetCallerIdentity", Reply(WHO))

    def answers(self, what, *replies):
        self._replies[what] = list(replies)

    def requests(self, what):
        return [request for request in self.received if _is(what, request)]

    def reply_to(self, request):
        self.received.append(request)
        replies = next((replies for what, replies in self._replies.items() if _is(what, request)), None)
        if replies is None:
            return Reply({"message": f"no reply for {request.method} {request.path}"}, status=501)
        return replies.pop(0) if len(replies) > 1 else replies[0]

    def stop_hanging(self):
        self._over.set()

    def hang(self):
        self._over.wait(30)


def _is(what, request):
    if " " in what:
        method, path = what.split(" ")
        return request.method == method and request.path.split("?")[0] == path
    return f"Action={what}&" in request.body + "&" or request.headers.get("X-Amz-Target", "").endswith(f".{what}")


def handler(aws):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16
        disable_nagle_algorithm = True

        def answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode()
            reply = aws.reply_to(Received(self.command, self.path, dict(self.headers), body, self.client_address))
            if reply.hangs:
                aws.hang()
            if reply.hangs or reply.resets:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.bytes)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.bytes)
            if "Content-Length" in reply.headers:
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer  # noqa: N815 - http.server's names

        def log_message(self, *_):
            pass

    return Handler
