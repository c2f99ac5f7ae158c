"""Proxies between a client and a server: one that writes down what is sent, and one that can be cut."""

from __future__ import annotations

import contextlib
import http.client
import json
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.support.patience import PATIENCE_S


@dataclass(slots=True)
class Wire:
    """What reached the wire: the events of every batch, with the status that each batch was answered with."""

    url: str = ""
    batches: list[list[dict[str, Any]]] = field(default_factory=list[list[dict[str, Any]]])
    statuses: list[int] = field(default_factory=list[int])

    def events(self) -> list[dict[str, Any]]:
        return [event for batch in self.batches for event in batch]

    def run_ids(self) -> set[str]:
        return {event["run_id"] for event in self.events()}


@contextmanager
def recording(server_url: str) -> Iterator[Wire]:
    """Pass POSTs on to a server, and write down what they carry."""
    wire = Wire()
    target = urlsplit(server_url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            upstream = http.client.HTTPConnection(target.hostname or "", target.port, timeout=PATIENCE_S)
            with contextlib.closing(upstream):
                upstream.request("POST", self.path, body, {"Content-Type": self.headers["Content-Type"]})
                answer = upstream.getresponse()
                content = answer.read()
            wire.batches.append(json.loads(body)["events"])
            wire.statuses.append(answer.status)
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as proxy:
        wire.url = f"http://127.0.0.1:{proxy.server_port}"
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield wire
        finally:
            proxy.shutdown()
            thread.join()


class Cable:
    """Carries TCP connections to a server until it is cut; then new ones are refused, until it is mended."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._lock = threading.Lock()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept, self._listener)

    def cut(self) -> None:
        """Break all connections and take no more."""
        # Closing alone would not wake the thread that waits in `accept`.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            pairs = list(self._pairs)
        for ends in pairs:
            for end in ends:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Take connections again, on the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._start(self._accept, self._listener)

    def close(self) -> None:
        self.cut()
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def _start(self, work: Any, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self._target, timeout=PATIENCE_S)
            except OSError:
                near.close()
                continue
            with self._lock:
                # Cut while the far end was connected: whoever cuts has closed the listener before looking at the pairs.
                is_cut = listener.fileno() < 0
                if not is_cut:
                    self._pairs.add((near, far))
            if is_cut:
                near.close()
                far.close()
                return
            self._start(self._carry, near, far)

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        try:
            while True:
                for source in select.select([near, far], [], [])[0]:
                    content = source.recv(65536)
                    if not content:
                        return
                    other[source].sendall(content)
        except OSError:
            return
        finally:
            with self._lock:
                self._pairs.discard((near, far))
            near.close()
            far.close()


@contextmanager
def cable_to(host: str, port: int) -> Iterator[Cable]:
    cable = Cable(host, port)
    try:
        yield cable
    finally:
        cable.close()
