"""What tests of people and agents share: a server, and a client in use that records there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runreel.sdk.client import Client, replace_client
from runreel.sdk.settings import Settings
from runreel.testing import Recorded, recorded
from tests.sdk.control.people_server import PeopleServer
from tests.support.patience import PATIENCE_S

MakeClient = Callable[..., Client]


class Later:
    """Something that goes on in a thread; `result` waits for it, and raises what it raised."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._result: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def result(self) -> Any:
        self._thread.join(PATIENCE_S)
        assert self.is_over
        if self._error is not None:
            raise self._error
        return self._result

    def _run(self) -> None:
        try:
            self._result = self._work()
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._error = error


@pytest.fixture
def server() -> Iterator[PeopleServer]:
    server = PeopleServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def use_client(tmp_path: Path, server: PeopleServer) -> Iterator[MakeClient]:
    """Put clients of the server, or of another `url`, into use, one after the other."""
    clients: list[Client] = []
    former = replace_client(None)

    def make(**settings: Any) -> Client:
        client = Client(Settings(**{"journal": str(tmp_path / "journal"), "url": server.url, "agent": "a"} | settings))
        clients.append(client)
        replace_client(client)
        return client

    yield make
    replace_client(former)
    for client in clients:
        client.shutdown(timeout_s=0)


@pytest.fixture
def client(use_client: MakeClient) -> Client:
    return use_client()


@pytest.fixture
def recording() -> Iterator[Recorded]:
    with recorded("a") as kept:
        yield kept


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests with asyncio."""
    return "asyncio"
