"""What tests of delivering share: a server, runs, and clients that end with their test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runreel.sdk import client as client_module
from runreel.sdk.client import Client
from runreel.sdk.settings import Settings
from tests.sdk.shipping.record_server import RecordServer

MakeClient = Callable[..., Client]


class FakeRun:
    """A run that numbers its records."""

    def __init__(self, run_id: str = "run-1") -> None:
        self.run_id = run_id
        self._numbers = itertools.count(1)
        self._n_records = 0

    def record_count(self) -> int:
        return self._n_records

    def record(self, event_id: str | None = None, **more: Any) -> bytes:
        import json

        number = self._n_records = next(self._numbers)
        record = {"record": "event", "run_id": self.run_id, "event_id": event_id or f"e{number}", "number": number}
        return json.dumps(record | more).encode()


@pytest.fixture
def server() -> Iterator[RecordServer]:
    server = RecordServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def run() -> FakeRun:
    return FakeRun()


@pytest.fixture
def make_client(tmp_path: Path, server: RecordServer) -> Iterator[MakeClient]:
    """Give clients of the server, or of another `url`, which are ended after the test without waiting for anybody."""
    clients: list[Client] = []

    def make(**settings: Any) -> Client:
        client = Client(Settings(**{"journal": str(tmp_path / "journal"), "url": server.url} | settings))
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.shutdown(timeout_s=0)


@pytest.fixture
def client(make_client: MakeClient) -> Client:
    return make_client()


@pytest.fixture
def no_client() -> Iterator[None]:
    """Begin and end without a client in use."""
    former = client_module.replace_client(None)
    yield
    current = client_module.replace_client(former)
    if current is not None:
        current.shutdown(timeout_s=0)
