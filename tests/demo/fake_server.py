"""A server in the test's process that takes batches of records."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ACCEPTED: Mapping[str, object] = {"refused": 0, "errors": [], "warnings": []}


class FakeServer:
    """Keeps what was posted; `has_batch` is set from the first batch on."""

    def __init__(self) -> None:
        self.url = ""
        self.batches: list[dict[str, Any]] = []
        self.has_batch = threading.Event()

    def records(self) -> list[dict[str, Any]]:
        return [record for batch in self.batches for record in batch["records"]]


@contextmanager
def serving(status: int = 200, answer: Mapping[str, object] | bytes = ACCEPTED) -> Iterator[FakeServer]:
    server = FakeServer()
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            server.batches.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            server.has_batch.set()
            self.send_response(status)
            self.send_header("Retry-After", "7")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server.url = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
