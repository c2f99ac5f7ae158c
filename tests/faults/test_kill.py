"""The server is killed at random moments under load: nothing acknowledged is lost, nothing is counted twice.

`RUNREEL_TEST_KILLS` says how often, 20 times unless it says otherwise.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import time
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from runreel.storage.sql import migrate
from tests.support.api import Api, client_of, event, run_start
from tests.support.load import AGENT, Senders, assert_exact, assert_kept, sending
from tests.support.patience import PATIENCE_S
from tests.support.server import free_port, running_server

N_KILLS = int(os.environ.get("RUNREEL_TEST_KILLS", "20"))
N_KILLS_AT_THE_START = 3

both_databases = pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])


def place_of(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Path | None, str | None]:
    """Return the data folder or the URL of a database of its own, which has its tables."""
    if database == "sqlite":
        return tmp_path, None
    url = request.getfixturevalue("empty_postgres_url")
    migrate(url)
    return None, url


@both_databases
def test_nothing_acknowledged_is_lost_by_a_kill(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    data, url = place_of(database, tmp_path, request)
    port = free_port()
    address = ["--port", str(port)]
    moments = random.Random(7)

    with sending(f"http://127.0.0.1:{port}") as senders:
        for _ in range(N_KILLS):
            with running_server(data, url, migrated=True, arguments=address) as server, client_of(server.url) as api:
                assert_kept_so_far(api, senders)
                senders.go_on()
                senders.wait_for_batches(1)
                # The moment is what the test is about; nothing tells when it has come.
                time.sleep(moments.uniform(0, 0.25))
                server.kill()
            senders.pause()
        for _ in range(N_KILLS_AT_THE_START):
            with running_server(data, url, migrated=True, arguments=address, wait=False) as server:
                time.sleep(moments.uniform(0.2, 1))
                server.kill()

        with running_server(data, url, migrated=True, arguments=address) as server, client_of(server.url) as api:
            assert_kept(api, senders.ledger)
            senders.send_rest()
            assert_exact(api, senders.ledger)
            before = api.get(f"/api/agents/{AGENT}")
            senders.send_again(50)
            assert api.get(f"/api/agents/{AGENT}") == before
            assert_exact(api, senders.ledger)

    assert senders.unexpected == []
    assert senders.ledger.n_batches > N_KILLS
    if data is not None:
        assert_sound(data / "runreel.db")


def assert_kept_so_far(api: Api, senders: Senders) -> None:
    if senders.ledger.acknowledged:
        assert_kept(api, senders.ledger, run_ids=set(senders.ledger.touched))
        senders.ledger.touched.clear()


def assert_sound(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


@both_databases
def test_a_kill_at_the_first_start_leaves_a_usable_database(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    data, url = place_of(database, tmp_path, request)
    for delay_s in (0.3, 0.5, 0.7, 0.9):
        with running_server(data, url, migrated=True, wait=False) as server:
            time.sleep(delay_s)
            server.kill()

    with running_server(data, url, migrated=True) as server, client_of(server.url) as api:
        api.record_all(run_start(), event())


def test_a_termination_drains_what_was_accepted(tmp_path: Path) -> None:
    """Batches that wait behind a large one when the signal comes get their answers, and are there afterwards."""
    batches = [[event(f"e{n}", "large", inputs="x" * 500) for n in range(5000)]]
    batches += [[event("e", f"small-{n}")] for n in range(8)]
    with running_server(tmp_path) as server, client_of(server.url) as api, ExitStack() as stack:
        connections: list[HTTPConnection] = []
        for batch in batches:
            connection = HTTPConnection(urlsplit(server.url).netloc, timeout=PATIENCE_S)
            connections.append(stack.enter_context(closing(connection)))
            connection.request("POST", "/api/records", json.dumps({"version": 1, "records": batch}))
        # The server reads in the order of arrival: when it has answered these, it has read those.
        for _ in range(3):
            assert api.get("/health")["status"] == "ok"
        server.process.send_signal(signal.SIGTERM)

        answers = [json.loads(connection.getresponse().read()) for connection in connections]
        assert [answer["accepted"] for answer in answers] == [5000] + [1] * 8
        assert server.process.wait(PATIENCE_S) == 0

    with running_server(tmp_path) as server, client_of(server.url) as api:
        assert api.get("/api/by-id/large")["event_count"] == 5000
        assert [api.get(f"/api/by-id/small-{n}")["event_count"] for n in range(8)] == [1] * 8


def test_a_termination_under_load_loses_nothing_acknowledged(tmp_path: Path) -> None:
    port = free_port()
    address = ["--port", str(port)]
    with sending(f"http://127.0.0.1:{port}", n_threads=8) as senders:
        for _ in range(3):
            with running_server(tmp_path, arguments=address) as server:
                senders.go_on()
                senders.wait_for_batches(10)
                assert server.stop() == 0
                assert len(server.lines) == 1, server.output
            senders.pause()
        with running_server(tmp_path, arguments=address) as server, client_of(server.url) as api:
            senders.send_rest()
            assert_exact(api, senders.ledger)
    assert senders.unexpected == []
