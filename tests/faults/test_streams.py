"""Streams of real servers: one that is ended, one that is killed, and two on one database."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from runreel.storage.sql import migrate
from tests.support.api import client_of, event, run_end, run_start
from tests.support.eventually import eventually
from tests.support.load import AGENT, sending
from tests.support.patience import PATIENCE_S
from tests.support.server import free_port, running_server
from tests.support.stream import Mirror, stream_path, streaming

RUN = stream_path("run-1")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_open_streams_end_with_the_server(tmp_path: Path, number: signal.Signals) -> None:
    with running_server(tmp_path) as server, ExitStack() as stack:
        api = stack.enter_context(client_of(server.url))
        api.record_all(run_start())
        streams = [stack.enter_context(streaming(api, path)) for path in (RUN, "/api/stream") * 20]
        for stream in streams:
            stream.next()
        began = time.monotonic()
        server.process.send_signal(number)
        assert [list(stream) for stream in streams] == [[] for _ in streams]
        assert server.process.wait(PATIENCE_S) == 0
        # Not the five seconds that other requests are given.
        assert time.monotonic() - began < 4
    assert len(server.lines) == 1, server.output


def test_what_one_server_takes_another_tells(empty_postgres_url: str) -> None:
    migrate(empty_postgres_url)
    with ExitStack() as stack:
        urls = [
            stack.enter_context(running_server(database_url=empty_postgres_url, migrated=True)).url for _ in range(2)
        ]
        writing, following = (stack.enter_context(client_of(url)) for url in urls)
        writing.record_all(run_start())
        run, project = (stack.enter_context(streaming(following, path)) for path in (RUN, "/api/stream"))
        run.next()
        project.next()
        waits_s: list[float] = []
        for n in range(10):
            writing.record_all(event(f"e{n}"))
            began = time.monotonic()
            assert [each["event_id"] for each in run.next().data["events"]] == [f"e{n}"]
            assert project.next().data["runs"][0]["event_count"] == n + 1
            waits_s.append(time.monotonic() - began)
        # It is told; whoever only looks from time to time has just looked, so that nearly all would take 1.5 seconds.
        assert sorted(waits_s)[5] < 1
        writing.http.delete("/api/by-id/run-1")
        assert [message.event for message in run] == ["gone"]
        assert project.next().data["deleted"] == ["run-1"]


def test_two_servers_on_one_file_tell_of_each_other(tmp_path: Path) -> None:
    with ExitStack() as stack:
        urls = [stack.enter_context(running_server(tmp_path)).url for _ in range(2)]
        writing, following = (stack.enter_context(client_of(url)) for url in urls)
        writing.record_all(run_start())
        run = stack.enter_context(streaming(following, RUN))
        run.next()
        writing.record_all(event("e"))
        assert [each["event_id"] for each in run.next().data["events"]] == ["e"]


def test_followers_miss_nothing_when_the_writing_server_is_killed(empty_postgres_url: str) -> None:
    """It is killed under load, again and again; the other one tells what was committed, whoever committed it."""
    migrate(empty_postgres_url)
    port = free_port()
    with (
        running_server(database_url=empty_postgres_url, migrated=True) as other,
        client_of(other.url) as api,
        sending(f"http://127.0.0.1:{port}") as senders,
    ):
        told: dict[str, int] = {}
        begin = threading.Event()
        follower = threading.Thread(target=_follow_all, args=(other.url, told, begin), daemon=True)
        follower.start()
        assert begin.wait(PATIENCE_S)
        for _ in range(4):
            with running_server(
                database_url=empty_postgres_url, migrated=True, arguments=["--port", str(port)]
            ) as server:
                senders.go_on()
                senders.wait_for_batches(5)
                server.kill()
            senders.pause()
        with running_server(database_url=empty_postgres_url, migrated=True, arguments=["--port", str(port)]):
            senders.send_rest()
            kept = {run["run_id"]: run["event_count"] for run in api.runs_of(AGENT)}
            assert len(kept) == len(senders.ledger.acknowledged)
            eventually(lambda: told == kept)
            for run_id in list(kept)[-3:]:
                assert len(Mirror().read(api, run_id).things["events"]) == kept[run_id]


def _follow_all(url: str, told: dict[str, int], begin: threading.Event) -> None:
    with client_of(url) as api, streaming(api, "/api/stream") as stream:
        for message in stream:
            told.update({run["run_id"]: run["event_count"] for run in message.data["runs"]})
            begin.set()


def test_a_follower_goes_on_when_its_server_comes_back(tmp_path: Path) -> None:
    arguments = ["--port", str(free_port())]
    mirror = Mirror()
    with running_server(tmp_path, arguments=arguments) as server, client_of(server.url) as api:
        api.record_all(run_start(), *(event(f"{n}") for n in range(20)))
        with streaming(api, RUN) as stream:
            mirror.take(stream.next())
            server.kill()
            with pytest.raises(httpx.TransportError):
                list(stream)
    with running_server(tmp_path, arguments=arguments) as server, client_of(server.url) as api:
        api.record_all(event("late"), run_end())
        mirror.read(api, "run-1")
        fresh = Mirror().read(api, "run-1")
    assert (mirror.run, mirror.things, mirror.last_id) == (fresh.run, fresh.things, fresh.last_id)
    assert len(mirror.things["events"]) == 21
