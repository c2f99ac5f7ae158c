"""How the server is spoken to: through proxies or not, encrypted, compressed, within deadlines."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runreel.sdk import transport as transport_module
from runreel.sdk.answer import BLOCKED, LATER, REFUSED, TAKEN
from runreel.sdk.transport import Transport, is_loopback
from tests.sdk.shipping.record_server import RecordServer, Reply, problem, silent_listener

RECORD = b'{"record":"event","run_id":"r","event_id":"e"}'


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def transport(server: RecordServer) -> Iterator[Transport]:
    transport = Transport(server.url, None)
    yield transport
    transport.close()


def test_loopback_goes_past_the_proxy(server: RecordServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    transport = Transport(server.url, None)
    assert transport.post_records([RECORD]).kind == TAKEN
    assert "content-encoding" not in server.requests[0].headers
    transport.close()


def test_other_hosts_go_through_the_proxy_and_are_sent_compressed(
    server: RecordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url.replace("http://", "http://user:pass%20word@"))
    transport = Transport("http://runs.example:4700/base", "key")
    assert transport.post_records([RECORD] * 100).kind == TAKEN
    asked = server.requests[0]
    assert asked.path == "http://runs.example:4700/base/api/records"
    assert asked.headers["host"] == "runs.example:4700"
    assert asked.headers["content-encoding"] == "gzip"
    assert asked.headers["proxy-authorization"] == "Basic dXNlcjpwYXNzIHdvcmQ="
    assert len(asked.records) == 100
    transport.close()


def test_no_proxy_is_obeyed(server: RecordServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "runs.invalid")
    answer = Transport("http://runs.invalid", None).post_records([RECORD])
    assert (answer.kind, answer.status) == (LATER, None)
    assert server.requests == []


def test_proxy_that_is_not_spoken_to_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1")
    answer = Transport("http://runs.example", None).post_records([RECORD])
    assert answer.kind == BLOCKED
    assert "no_proxy" in answer.detail


def test_server_without_gzip_gets_it_plain(server: RecordServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    server.intervene = lambda asked: problem(415, "no") if "content-encoding" in asked.headers else None
    transport = Transport("http://runs.example", None)
    assert transport.post_records([RECORD] * 100).kind == LATER
    assert transport.post_records([RECORD] * 100).kind == TAKEN
    transport.close()


def test_encrypted_server_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = RecordServer()
    server.start()
    assert server._listener is not None
    server._listener.socket = context.wrap_socket(server._listener.socket, server_side=True)
    url = server.url.replace("http://127.0.0.1", "https://localhost")
    try:
        assert "certificate" in Transport(url, None).post_records([RECORD]).detail
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        transport = Transport(url, None)
        assert [transport.post_records([RECORD] * 1000).kind for _ in range(3)] == [TAKEN] * 3
        data = b"x" * 5_000_000
        content_hash = "sha256:" + __import__("hashlib").sha256(data).hexdigest()
        answer = transport.put_blob(content_hash, iter([data]), len(data), on_wait=lambda: None)
        assert answer.kind == TAKEN
        transport.close()
    finally:
        server.stop()


def test_answer_that_comes_drop_by_drop_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "ANSWER_TIMEOUT_S", 0.5)
    is_over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not is_over.wait(0.05):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        answer = Transport(f"http://127.0.0.1:{listener.getsockname()[1]}", None).post_records([RECORD])
        is_over.set()
        thread.join()
    assert (answer.kind, answer.status) == (LATER, None)
    assert time.monotonic() - began < 5


def test_request_is_cut_short_from_another_thread() -> None:
    with silent_listener() as url:
        transport = Transport(url, None)
        timer = threading.Timer(0.2, transport.interrupt)
        timer.start()
        began = time.monotonic()
        assert transport.post_records([RECORD]).kind == LATER
        assert time.monotonic() - began < 5
        timer.join()
        transport.close()


def test_connection_that_was_ended_while_idle_is_no_failure(server: RecordServer, transport: Transport) -> None:
    transport.post_records([RECORD])
    server.stop()
    server.start()
    assert transport.post_records([RECORD]).kind == TAKEN


KINDS = {200: TAKEN, 301: BLOCKED, 400: REFUSED, 401: BLOCKED, 413: REFUSED, 421: BLOCKED, 429: LATER, 503: LATER}


@pytest.mark.parametrize(("status", "kind"), KINDS.items())
def test_status_tells_what_to_do(server: RecordServer, transport: Transport, status: int, kind: str) -> None:
    server.intervene = lambda asked: None if status == 200 else Reply(status, b"no")
    answer = transport.post_records([RECORD])
    assert (answer.kind, answer.status) == (kind, status)


@pytest.mark.parametrize(
    ("stated", "least_s", "most_s"),
    [("7", 7, 7), ("99999999999999999999", 3600, 3600), ("soon", 0, 0), ("-3", 0, 0),
     ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0), ("Wed, 21 Oct 2215 07:28:00 GMT", 3600, 3600)],
)  # fmt: skip
def test_retry_after_is_read(
    server: RecordServer, transport: Transport, stated: str, least_s: float, most_s: float
) -> None:
    server.intervene = lambda asked: problem(503, "away", **{"Retry-After": stated})
    assert least_s <= transport.post_records([RECORD]).retry_after_s <= most_s


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("localhost", True), ("x.localhost.", True), ("::1", True),
     ("127.evil.example", False), ("10.0.0.1", False), ("runs.example", False), ("127.0.0.1.example", False)],
)  # fmt: skip
def test_loopback_is_known(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
