"""Connections are shared, and the other side still has to prove who it is."""

import datetime as dt
import http.server
import ipaddress
import socket
import ssl
import threading

import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from loopback_aws import WHO, Reply

from secguard.errors import Unreachable, UsageError
from secguard.model import Place


def certificate(folder, name, *, host):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


class Answering(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = WHO.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def tls(tmp_path, monkeypatch):
    """A server with a certificate of its own; what it is for, the test says."""
    servers = []

    def start(*, host="127.0.0.1"):
        file = certificate(tmp_path, "server", host=host)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        server.handle_error = lambda *_: None
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://127.0.0.1:{server.server_port}")
        return file

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("name", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_a_server_with_a_trusted_certificate_is_talked_to(tls, connect, monkeypatch, name):
    monkeypatch.setenv(name, str(tls()))

    assert connect(region="eu-west-1").caller.account == "123456789012"


def test_a_server_that_nobody_vouches_for_is_not(tls, connect):
    tls()

    with pytest.raises(Unreachable, match=r"CERTIFICATE_VERIFY_FAILED"):
        connect(region="eu-west-1").caller  # noqa: B018 - asking is the act


def test_a_certificate_for_another_host_is_not_enough(tls, connect, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tls(host="10.1.2.3")))

    with pytest.raises(Unreachable, match=r"CERTIFICATE_VERIFY_FAILED|doesn't match"):
        connect(region="eu-west-1").caller  # noqa: B018 - asking is the act


def test_certificates_that_cannot_be_read_are_named(tls, connect, monkeypatch):
    tls()
    monkeypatch.setenv("AWS_CA_BUNDLE", "/nowhere/ca.pem")

    with pytest.raises(UsageError, match=r"/nowhere/ca\.pem"):
        connect(region="eu-west-1").caller  # noqa: B018 - asking is the act


def test_certificates_are_loaded_once_for_all_clients(tls, connect, monkeypatch):
    loaded = []
    original = ssl.SSLContext.load_verify_locations

    def load(context, *arguments, **settings):
        loaded.append(arguments)
        return original(context, *arguments, **settings)

    monkeypatch.setenv("AWS_CA_BUNDLE", str(tls()))
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", load)
    connection = connect(region="eu-west-1", reads={"sts:GetCallerIdentity"})

    for region in ("eu-west-1", "eu-west-2", "us-east-1"):
        connection.look(Place("123456789012", region)).ask("sts", "GetCallerIdentity")

    assert len(loaded) == 1


def test_runs_and_modes_share_a_connection(aws, connect):
    """A connection costs two round trips, more than most calls."""
    aws.answers("GET /detector", Reply({"detectorIds": []}))
    place = Place("123456789012", "eu-west-1")
    connection = connect(reads={"guardduty:ListDetectors"})

    for asking in (connection, connection.for_run("a"), connection.for_run("b")):
        asking.look(place).ask("guardduty", "ListDetectors")

    assert len({request.peer for request in aws.requests("GET /detector")}) == 1


def test_what_is_sent_does_not_wait_for_an_acknowledgement(aws, connect, monkeypatch):
    options = []
    original = urllib3.util.connection._set_socket_options
    monkeypatch.setattr(
        urllib3.util.connection,
        "_set_socket_options",
        lambda sock, given: options.append(original(sock, given) or sock),
    )

    assert connect().caller.account == "123456789012"

    assert [sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0 for sock in options] == [True]


def test_a_proxy_is_used(aws, connect, monkeypatch):
    """The loopback server stands for the proxy: it is asked for a host that it is not."""
    monkeypatch.setenv("HTTP_PROXY", aws.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://aws.invalid")

    assert connect().caller.account == "123456789012"
    assert aws.received[0].path == "http://aws.invalid/"
