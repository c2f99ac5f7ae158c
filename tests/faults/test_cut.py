"""PostgreSQL goes away and comes back: the server refuses meanwhile, and goes on by itself."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest

from runreel.storage.sql import migrate
from tests.support.api import Api, client_of, event, gati_event, problem_of, run_start
from tests.support.eventually import eventually
from tests.support.load import assert_exact, sending
from tests.support.proxy import Cable, cable_to
from tests.support.server import RunningServer, running_server

pytestmark = pytest.mark.postgres

N_CUTS = 5


@pytest.fixture
def cable(empty_postgres_url: str) -> Iterator[Cable]:
    migrate(empty_postgres_url)
    target = urlsplit(empty_postgres_url)
    with cable_to(target.hostname or "127.0.0.1", target.port or 5432) as cable:
        yield cable


@pytest.fixture
def server(cable: Cable, empty_postgres_url: str) -> Iterator[RunningServer]:
    """Run a server that reaches its database through the cable."""
    target = urlsplit(empty_postgres_url)
    user = f"{target.username}:{target.password}" if target.password else target.username
    through = urlunsplit(target._replace(netloc=f"{user}@127.0.0.1:{cable.port}"))
    with running_server(None, through, migrated=True) as server:
        yield server


@pytest.fixture
def api(server: RunningServer) -> Iterator[Api]:
    with client_of(server.url) as api:
        yield api


def test_a_database_that_is_away_is_refused_and_recovered_from(api: Api, cable: Cable, server: RunningServer) -> None:
    api.record_all(run_start(), event())

    cable.cut()
    for path, body in (
        ("/api/records", {"version": 1, "records": [event("lost")]}),
        ("/api/events", {"events": [gati_event("lost too", "run-1")]}),
    ):
        response = api.http.post(path, json=body)
        problem_of(response, 503)
        assert int(response.headers["retry-after"]) >= 1
    for path in ("/api/runs", "/api/by-id/run-1", "/api/agents", "/ready"):
        response = api.http.get(path)
        problem_of(response, 503)
        assert int(response.headers["retry-after"]) >= 1
    problem_of(api.http.patch("/api/by-id/run-1", json={"new_run_name": "x"}), 503)
    problem_of(api.http.delete("/api/by-id/run-1"), 503)
    assert api.get("/health")["status"] == "ok"
    assert api.http.get("/").status_code == 200

    cable.mend()
    assert api.get("/ready")["status"] == "ready"
    api.record_all(event("later"))
    assert [e["event_id"] for e in api.timeline("planner", "run 1")] == ["event-1", "later"]
    assert "Traceback" not in server.output
    assert "psycopg" not in server.output


def test_cuts_under_load_lose_nothing_acknowledged(api: Api, cable: Cable, server: RunningServer) -> None:
    with sending(server.url) as senders:
        senders.go_on()
        for _ in range(N_CUTS):
            senders.wait_for_batches(5)
            cable.cut()
            # Until the server notices, which it does at the next request.
            eventually(lambda: api.http.get("/ready").status_code == 503)
            cable.mend()
        senders.wait_for_batches(5)
        senders.pause()
        senders.send_rest()
        assert_exact(api, senders.ledger)
        senders.send_again(30)
        assert_exact(api, senders.ledger)
    assert senders.unexpected == []


def test_a_run_is_named_after_the_database_came_back(api: Api, cable: Cable) -> None:
    cable.cut()
    problem_of(api.http.get("/ready"), 503)
    cable.mend()

    api.record_all(event("e", "unsettled", agent_name="planner"))

    assert eventually(lambda: api.get("/api/by-id/unsettled")["run_name"]) == "run 1"
