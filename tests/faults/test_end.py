"""The server ends when it is told to: what it took is written and answered; told twice, it ends at once."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from runreel.storage.sql.doctor import examine
from tests.support.api import client_of, run_start
from tests.support.eventually import eventually
from tests.support.load import assert_exact, sending
from tests.support.patience import PATIENCE_S
from tests.support.server import RunningServer, running_server

N_ENDS = 3


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Keep the server from writing until the block ends."""
    with closing(sqlite3.connect(data / "runreel.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def post(server: RunningServer, run_id: str) -> httpx.Response:
    body = {"version": 1, "records": [run_start(run_id)]}
    return httpx.post(f"{server.url}/api/records", json=body, timeout=PATIENCE_S, trust_env=False, verify=False)


def n_waiting(server: RunningServer) -> int:
    """Return how many bodies wait to be written."""
    figures = httpx.get(f"{server.url}/metrics", timeout=PATIENCE_S, trust_env=False, verify=False).text
    (line,) = [line for line in figures.splitlines() if line.startswith("runreel_queue_bodies ")]
    return int(float(line.split()[1]))


def is_ending(server: RunningServer) -> bool:
    try:
        response = httpx.get(f"{server.url}/ready", timeout=1, trust_env=False, verify=False)
    except httpx.TimeoutException:
        # Asked before the server knew: it tried to write, and that is what it can't.
        return False
    return response.status_code == 503 and "is ending" in response.text


def test_under_load_all_that_was_taken_is_answered(tmp_path: Path) -> None:
    for number in range(N_ENDS):
        data = tmp_path / f"{number}"
        with running_server(data) as server, sending(server.url, seed=number) as senders:
            senders.go_on()
            senders.wait_for_batches(10)
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(PATIENCE_S) == 0
            senders.pause()
        assert senders.unexpected == []
        with running_server(data) as server, client_of(server.url) as api:
            assert_exact(api, senders.ledger)
        assert examine(f"sqlite:///{data / 'runreel.db'}").is_sound


def test_what_waits_is_written_and_what_comes_is_refused(tmp_path: Path) -> None:
    with running_server(tmp_path) as server, ThreadPoolExecutor(4) as pool:
        assert post(server, "first").status_code == 200
        with locked(tmp_path):
            waiting = [pool.submit(post, server, f"waiting-{n}") for n in range(3)]
            eventually(lambda: n_waiting(server) == 3)
            server.process.send_signal(signal.SIGTERM)
            assert eventually(lambda: is_ending(server))
            late = post(server, "late")
            assert (late.status_code, late.headers["retry-after"]) == (503, "2")
            assert server.process.poll() is None
        assert [future.result(PATIENCE_S).status_code for future in waiting] == [200] * 3
        assert server.process.wait(PATIENCE_S) == 0
    with running_server(tmp_path) as server, client_of(server.url) as api:
        runs = {run["run_id"] for run in api.get("/api/runs")["runs"]}
    assert runs == {"first", "waiting-0", "waiting-1", "waiting-2"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_at_once(tmp_path: Path, number: signal.Signals) -> None:
    with running_server(tmp_path) as server, ThreadPoolExecutor(1) as pool:
        assert post(server, "first").status_code == 200
        with locked(tmp_path):
            waiting = pool.submit(post, server, "waiting")
            eventually(lambda: n_waiting(server) == 1)
            server.process.send_signal(number)
            assert eventually(lambda: is_ending(server))
            server.process.send_signal(number)
            assert server.process.wait(PATIENCE_S) == 128 + number
            with pytest.raises(httpx.TransportError):
                waiting.result(PATIENCE_S)
    diagnosis = examine(f"sqlite:///{tmp_path / 'runreel.db'}")
    assert (diagnosis.is_sound, diagnosis.n_runs) == (True, 1)
