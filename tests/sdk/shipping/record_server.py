"""A server in the test's own process that takes records and files as the real one does, and fails when told to."""

from __future__ import annotations

import gzip
import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.patience import PATIENCE_S


@dataclass(slots=True)
class Reply:
    """What is answered instead of the usual; `None` as status ends the connection after `body`, whatever that is."""

    status: int | None = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    is_kept: bool = False  # whether the records of this request are taken, though the answer is another


@dataclass(slots=True)
class Asked:
    """One request as it came; `number` counts those of its kind from 1."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    number: int

    @property
    def records(self) -> list[dict[str, Any]]:
        body = gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body
        return json.loads(body)["records"]


def problem(status: int, detail: str, **headers: str) -> Reply:
    """Return an answer as Runreel gives it to what it does not take."""
    body = json.dumps({"type": "about:blank", "title": "no", "status": status, "detail": detail}).encode()
    return Reply(status, body, {"Content-Type": "application/problem+json", **headers})


class RecordServer:
    """Keeps what it took. `intervene` may answer otherwise; `is_bad` refuses single records."""

    def __init__(self) -> None:
        self.requests: list[Asked] = []
        self.records: list[dict[str, Any]] = []
        self.blobs: dict[str, bytes] = {}
        self.intervene: Callable[[Asked], Reply | None] = lambda asked: None
        self.is_bad: Callable[[dict[str, Any]], str | None] = lambda record: None
        self.n_connections = 0
        self._changed = threading.Condition()
        self._connections: set[socket.socket] = set()
        self._listener: ThreadingHTTPServer | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = PATIENCE_S

            def setup(self) -> None:
                super().setup()
                server._connections.add(self.connection)
                server.n_connections += 1

            def finish(self) -> None:
                server._connections.discard(self.connection)
                super().finish()

            def do_any(self) -> None:
                server._answer(self)

            do_GET = do_POST = do_PUT = do_any  # noqa: N815 - the library's names

            def log_message(self, *_: object) -> None:
                pass

        class Listener(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_: object) -> None:
                pass  # connections that are cut are what some tests are about

        self._listener = Listener(("127.0.0.1", self._port), Handler)
        self._port = self._listener.server_address[1]
        threading.Thread(target=self._listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """End as a killed server does: nobody listens, and connections are cut."""
        if self._listener is not None:
            self._listener.shutdown()
            self._listener.server_close()
            self._listener = None
        for connection in list(self._connections):
            with_reset(connection)

    def wait_for(self, is_so: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
        """Wait until something holds that requests may change."""
        with self._changed:
            assert self._changed.wait_for(is_so, timeout_s), (
                f"{len(self.records)} records, {len(self.requests)} requests"
            )

    def ids(self, key: str = "event_id") -> list[str]:
        """Return the ids of the records that have one, as they came."""
        return [record[key] for record in self.records if key in record]

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [record for record in self.records if record["record"] == kind]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {key.lower(): value for key, value in handler.headers.items()}
        with self._changed:
            number = 1 + sum(asked.method == handler.command for asked in self.requests)
            asked = Asked(handler.command, handler.path, headers, body, number)
            self.requests.append(asked)
            self._changed.notify_all()
        reply = self.intervene(asked)
        usual = None if reply is not None and not reply.is_kept else self._usual(asked)
        self._send(handler, reply or usual or Reply(404))
        with self._changed:
            self._changed.notify_all()

    def _usual(self, asked: Asked) -> Reply:
        if asked.method == "POST" and asked.path.endswith("/api/records"):
            return self._take(asked)
        content_hash = asked.path.rpartition("/")[2]
        if asked.method == "PUT":
            if f"sha256:{hashlib.sha256(asked.body).hexdigest()}" != content_hash:
                return problem(400, "the bytes have another content hash")
            self.blobs[content_hash] = asked.body
        if content_hash not in self.blobs:
            return problem(404, "no such bytes")
        return Reply(200, json.dumps({"content_hash": content_hash, "size_bytes": 0, "kept_until": ""}).encode())

    def _take(self, asked: Asked) -> Reply:
        records = asked.records
        reasons = {index: reason for index, record in enumerate(records) if (reason := self.is_bad(record))}
        errors = [{"index": index, "record": "", "id": "", "reason": reason} for index, reason in reasons.items()]
        taken = [record for index, record in enumerate(records) if index not in reasons]
        with self._changed:
            self.records += taken
        names = {record["run_id"]: f"run of {record['run_id']}" for record in taken if "run_id" in record}
        runs = [{"run_id": key, "agent_name": "a", "run_name": name} for key, name in names.items()]
        view = {"accepted": len(taken), "refused": len(errors), "errors": errors, "warnings": [], "runs": runs}
        return Reply(200, json.dumps(view).encode())

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if reply.status is None:
            handler.connection.sendall(reply.body)
            with_reset(handler.connection)
            handler.close_connection = True
            return
        handler.send_response(reply.status)
        for key, value in reply.headers.items():
            handler.send_header(key, value)
        if "Content-Length" not in reply.headers:
            handler.send_header("Content-Length", str(len(reply.body)))
        handler.end_headers()
        handler.wfile.write(reply.body)


def with_reset(connection: socket.socket) -> None:
    """Cut a connection."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def silent_listener() -> Iterator[str]:
    """Give the address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def unused_url() -> str:
    """Return an address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def slowly(seconds: float) -> Callable[[Asked], None]:
    """Return an intervention that takes its time, and then lets the usual happen."""

    def intervene(asked: Asked) -> None:
        time.sleep(seconds)

    return intervene
