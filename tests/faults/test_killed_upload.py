"""The server is killed while files and large payloads arrive: what was acknowledged is there, whole."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.support.api import Api, client_of, event, run_start
from tests.support.patience import PATIENCE_S
from tests.support.server import free_port, running_server

N_KILLS = 5
N_THREADS = 3


class Uploads:
    """Threads that send files and large payloads, and remember what was acknowledged."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._is_ended = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(seed,)) for seed in range(N_THREADS)]
        self.has_sent = threading.Event()
        self.files: dict[str, str] = {}
        self.payloads: dict[str, str] = {}
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._is_ended.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def _send(self, seed: int) -> None:
        chance, n = random.Random(seed), 0
        with httpx.Client(base_url=self._url, timeout=PATIENCE_S, trust_env=False, verify=False) as http:
            api = Api(http)
            while not self._is_ended.is_set():
                n += 1
                try:
                    self._send_one(api, f"{seed}-{n}", chance)
                except httpx.TransportError:
                    # The server is dead; the next one comes at the same address.
                    self._is_ended.wait(0.01)

    def _send_one(self, api: Api, own_id: str, chance: random.Random) -> None:
        # Some have the same bytes as others that were sent before, or are being sent.
        content = random.Random(chance.randrange(20)).randbytes(300_000)
        if len(self.files) <= len(self.payloads):
            response = api.http.post("/api/by-id/run-1/files", params={"name": "a", "file_id": own_id}, content=content)
            if response.status_code == 201:
                self.files[own_id] = hashlib.sha256(content).hexdigest()
        else:
            api.record_all(event(own_id, inputs=content.hex()))
            self.payloads[own_id] = content.hex()
        self.has_sent.set()


@pytest.mark.faults
def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path) -> None:
    port = free_port()
    address = ["--port", str(port)]
    with running_server(tmp_path, arguments=address) as server, client_of(server.url) as api:
        api.record_all(run_start())
    uploads = Uploads(f"http://127.0.0.1:{port}")
    moments = random.Random(7)
    try:
        for _ in range(N_KILLS):
            with running_server(tmp_path, arguments=address) as server:
                uploads.has_sent.clear()
                assert uploads.has_sent.wait(PATIENCE_S)
                # The moment is what the test is about; nothing tells when it has come.
                time.sleep(moments.uniform(0, 0.2))
                server.kill()
    finally:
        uploads.end()

    assert uploads.files
    assert uploads.payloads
    with running_server(tmp_path, arguments=address) as server, client_of(server.url) as api:
        for file_id, digest in uploads.files.items():
            response = api.http.get(f"/api/by-id/run-1/files/{file_id}/content")
            assert hashlib.sha256(response.content).hexdigest() == digest
        for event_id, inputs in uploads.payloads.items():
            tree = api.get(f"/api/events/{event_id}/tree", run_id="run-1")["tree"]
            assert tree["data"]["input"] == inputs
