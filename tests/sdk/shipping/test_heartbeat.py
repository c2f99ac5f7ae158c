"""Runs that go on are heard of."""

from __future__ import annotations

import time

from runreel.sdk.client import Client
from tests.sdk.shipping.conftest import FakeRun, MakeClient
from tests.sdk.shipping.record_server import RecordServer
from tests.support.patience import PATIENCE_S


def heartbeats(server: RecordServer) -> list[dict[str, object]]:
    return [record for record in server.of_kind("run") if "heartbeat_interval_ms" in record]


def test_open_run_is_heard_of_though_nothing_happens(
    make_client: MakeClient, server: RecordServer, run: FakeRun
) -> None:
    client = make_client(heartbeat_interval_ms=50)
    client.open_run(run)
    client.add(run, run.record())
    server.wait_for(lambda: len(heartbeats(server)) >= 3)
    (first, *_) = heartbeats(server)
    assert first.keys() == {"record", "run_id", "heartbeat_interval_ms", "recorded_at"}
    assert (first["run_id"], first["heartbeat_interval_ms"]) == ("run-1", 50)
    assert abs(float(str(first["recorded_at"])) - time.time()) < 60
    assert client.count().delivered == 1


def test_run_that_ended_is_not(make_client: MakeClient, server: RecordServer, run: FakeRun) -> None:
    client = make_client(heartbeat_interval_ms=50)
    other = FakeRun("run-2")
    for each in (run, other):
        client.open_run(each)
        client.add(each, each.record())
    client.flush(PATIENCE_S)
    client.close_run(run)
    client.flush(PATIENCE_S)
    n_before = len(heartbeats(server))
    server.wait_for(lambda: len(heartbeats(server)) >= n_before + 4)
    assert {record["run_id"] for record in heartbeats(server)[n_before + 1 :]} == {"run-2"}


def test_run_that_the_server_has_not_heard_of_is_not_opened_by_a_heartbeat(
    make_client: MakeClient, server: RecordServer, run: FakeRun
) -> None:
    client = make_client(heartbeat_interval_ms=20)
    known = FakeRun("known")
    client.open_run(run)
    client.open_run(known)
    client.add(known, known.record())
    server.wait_for(lambda: len(heartbeats(server)) >= 3)
    assert {record["run_id"] for record in server.records} == {"known"}


def test_heartbeats_go_on_while_a_file_is_not_taken(
    make_client: MakeClient, server: RecordServer, run: FakeRun
) -> None:
    from tests.sdk.shipping.record_server import problem

    server.intervene = lambda asked: problem(503, "no room") if asked.method == "PUT" else None
    client: Client = make_client(heartbeat_interval_ms=50)
    client.open_run(run)
    client.add(run, run.record())
    client.spool_file(run, b"data")
    server.wait_for(lambda: len(heartbeats(server)) >= 3)
