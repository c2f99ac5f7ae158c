"""Following a run, and the runs of the project, as clients do."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from runreel.errors import StorageUnavailableError
from runreel.storage.port import Store
from tests.support.api import Api, client_of, event, problem_of, run_end, run_start
from tests.support.app import ServedApp, serving
from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_S
from tests.support.store import StoreWith
from tests.support.stream import Mirror, Stream, stream_path, streaming

RUN = stream_path("run-1")
PROJECT = "/api/stream"


def test_a_stream_begins_with_all_there_is(api: Api) -> None:
    api.record_all(
        run_start(),
        event("e", node_id="n"),
        {"record": "edge", "run_id": "run-1", "source": "n", "target": "m"},
        {"record": "message", "run_id": "run-1", "message_id": "m", "content": {"x": 1}},
        {"record": "file", "run_id": "run-1", "file_id": "f", "path": "p"},
    )
    with streaming(api, RUN) as stream:
        message = stream.next()
    data = message.data
    assert (message.event, message.id, data["caught_up"], stream.retry_ms) == (
        "changes",
        data["change_seq"],
        True,
        2000,
    )
    assert data["run"] == {**data["run"], "run_id": "run-1", "run_name": "run 1", "event_count": 1}
    assert [each["event_id"] for each in data["events"]] == ["e"]
    assert [each["node_id"] for each in data["nodes"]] == ["m", "n"]
    assert data["nodes"][0] == {**data["nodes"][0], "status": None, "name": "m"}
    assert [(each["source"], each["target"]) for each in data["edges"]] == [("n", "m")]
    assert [each["content"] for each in data["messages"]] == [{"x": 1}]
    assert [each["path"] for each in data["files"]] == ["p"]


def test_events_are_those_of_the_other_views(api: Api) -> None:
    api.record_all(run_start(), event("e", node_id="n", usage={"tokens_in": 3, "cost": 0.5}))
    (shown,) = api.timeline("planner", "run 1")
    with streaming(api, RUN) as stream:
        (told,) = stream.next().data["events"]
    assert told == {**{name: shown[name] for name in told}, "execution_order": None, "depth": None}


def test_changes_follow_as_they_come(api: Api) -> None:
    api.record_all(run_start(), event("a"))
    with streaming(api, RUN) as stream:
        first = stream.next()
        api.record_all(event("b"))
        second = stream.next()
        assert ([each["event_id"] for each in second.data["events"]], second.data["run"]["event_count"]) == (["b"], 2)
        assert second.id > first.id
        api.http.patch("/api/by-id/run-1", json={"new_run_name": "mine"})
        third = stream.next()
        assert (third.data["run"]["run_name"], third.data["events"]) == ("mine", [])
        api.record_all(run_end())
        assert stream.next().data["run"]["status"] == "completed"


def test_a_stream_goes_on_where_it_was_cut_off(api: Api) -> None:
    api.record_all(run_start(), event("a"))
    with streaming(api, RUN) as stream:
        last = stream.next().id
    api.record_all(event("b"))
    for resumed in ({"last_event_id": last}, {"after": last}, {"after": 0, "last_event_id": last}):
        with streaming(api, RUN, **resumed) as stream:
            assert [each["event_id"] for each in stream.next().data["events"]] == ["b"]


def test_a_stream_that_has_seen_all_says_so_at_once(api: Api) -> None:
    api.record_all(run_start(), event("a"))
    last = Mirror().read(api, "run-1").last_id
    with streaming(api, RUN, after=last) as stream:
        message = stream.next()
    assert (message.id, message.data["events"], message.data["caught_up"]) == (last, [], True)
    assert message.data["run"]["run_id"] == "run-1"


def test_a_long_run_comes_in_bounded_messages(api: Api) -> None:
    api.record_all(run_start(), *(event(f"{n}") for n in range(1_203)))
    with streaming(api, RUN) as stream:
        messages = [stream.next() for _ in range(3)]
    assert [len(message.data["events"]) for message in messages] == [500, 500, 203]
    assert [message.data["caught_up"] for message in messages] == [False, False, True]
    assert len({each["event_id"] for message in messages for each in message.data["events"]}) == 1_203


def test_a_reader_that_is_behind_gets_to_the_others(api: Api) -> None:
    """It reads pages of its own until it is where the others are."""
    api.record_all(run_start(), *(event(f"{n}") for n in range(700)))
    with streaming(api, RUN, after=700) as ahead, streaming(api, RUN, after=10) as behind:
        ahead.next()
        api.record_all(event("new"))
        assert [each["event_id"] for each in ahead.next().data["events"]] == ["new"]
        seen: list[str] = []
        while "new" not in seen:
            seen += [each["event_id"] for each in behind.next().data["events"]]
    assert len(seen) == len(set(seen)) >= 690


@pytest.mark.parametrize("value", ["x", "-1", "1.5", "1" * 20, str(2**63), "٣", "1 2"])
def test_a_number_that_is_none_is_refused(read_only: Api, value: str) -> None:
    for path in (RUN, PROJECT):
        problem = problem_of(read_only.http.get(path, params={"after": value}), 400)
        assert "after" in problem["detail"]
    problem = problem_of(read_only.http.get(RUN, headers={"last-event-id": value.encode()}), 400)
    assert "Last-Event-ID" in problem["detail"]


def test_a_run_that_is_not_there_is_404(read_only: Api) -> None:
    problem_of(read_only.http.get(stream_path("none")), 404)


def test_the_stream_of_a_deleted_run_ends(api: Api) -> None:
    api.record_all(run_start(), event())
    with streaming(api, RUN) as stream:
        stream.next()
        api.http.delete("/api/by-id/run-1")
        (gone,) = list(stream)
    assert (gone.event, gone.id, gone.data) == ("gone", 0, {})
    problem_of(api.http.get(RUN), 404)


def test_a_number_that_the_run_has_not_reached_is_of_one_that_is_gone(api: Api) -> None:
    api.record_all(run_start(), event())
    with streaming(api, RUN, after=1_000) as stream:
        assert [message.event for message in stream] == ["gone"]


def test_who_was_away_while_a_run_was_deleted_and_revived_begins_again(api: Api) -> None:
    """What the bundle lacks would else stay with him for ever."""
    api.record_all(run_start(), event("kept"))
    bundle = api.http.get("/api/by-id/run-1/export").content
    api.record_all(event("lost"))
    away = Mirror().read(api, "run-1")
    stayed = Mirror()
    with streaming(api, RUN) as stream:
        stayed.take(stream.next())
        api.http.delete("/api/by-id/run-1")
        assert api.http.post("/api/import", params={"revive": "true"}, content=bundle).json()["new"] == 1
        for message in stream:
            stayed.take(message)
    assert api.get("/api/by-id/run-1/changes", after=away.last_id)["after"] == 0
    fresh = Mirror().read(api, "run-1")
    assert set(fresh.things["events"]) == {("kept",)}
    with streaming(api, RUN, last_event_id=away.last_id) as old, streaming(api, RUN, after=fresh.last_id) as new:
        assert [message.event for message in old] == ["gone"]
        # Who knows the run as it is now goes on.
        new.next()
        api.record_all(event("more"))
        assert [each["event_id"] for each in new.next().data["events"]] == ["more"]
    assert stayed.is_gone


def test_a_run_of_which_all_has_changed_is_still_the_same(api: Api) -> None:
    api.record_all(event("only"))
    with streaming(api, RUN) as stream:
        first = stream.next()
        for second in range(10, 13):
            api.record_all(event("only", recorded_at=f"2026-01-02T03:05:{second}Z", outputs=second))
            assert stream.next().event == "changes"
    with streaming(api, RUN, last_event_id=first.id) as stream:
        assert [each["event_id"] for each in stream.next().data["events"]] == ["only"]


def test_streams_are_not_kept_by_anyone_on_the_way(read_only: Api) -> None:
    for path in (RUN, PROJECT):
        with streaming(read_only, path) as stream:
            headers = stream.response.headers
        assert headers["content-type"].startswith("text/event-stream")
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")


def test_head_of_a_stream_ends(read_only: Api) -> None:
    for path in (RUN, PROJECT):
        response = read_only.http.head(path)
        assert (response.status_code, response.content) == (200, b"")


def test_a_stream_without_news_shows_that_it_lives(store: Store) -> None:
    with serving(store, stream_heartbeat_s=0.1) as app:
        app.api.record_all(run_start())
        for path in (RUN, PROJECT):
            with streaming(app.api, path) as stream:
                messages = stream.iter_all()
                assert next(message for message in messages if not message.comment).event
                assert [bool(next(messages).comment) for _ in range(2)] == [True, True]
                app.api.record_all(event(path))
                assert next(message for message in messages if not message.comment).event


def test_the_project_is_followed_from_now_on(api: Api) -> None:
    api.record_all(run_start("old"))
    with streaming(api, PROJECT) as stream:
        first = stream.next()
        assert (first.event, first.data) == ("runs", {"runs": [], "deleted": [], "change_no": first.id})
        api.record_all(run_start("a"), run_start("b"))
        message = stream.next()
        assert (sorted(run["run_id"] for run in message.data["runs"]), message.id) == (["a", "b"], first.id + 1)
        api.http.delete("/api/by-id/a")
        message = stream.next()
        assert (message.data["runs"], message.data["deleted"]) == ([], ["a"])
    with streaming(api, PROJECT, after=0) as stream:
        message = stream.next()
    assert (sorted(run["run_id"] for run in message.data["runs"]), message.data["deleted"]) == (["b", "old"], ["a"])


def test_what_happened_while_nobody_listened_is_told(api: Api) -> None:
    with streaming(api, PROJECT) as stream:
        last = stream.next().id
    api.record_all(run_start("a"))
    api.record_all(run_start("b"))
    api.http.delete("/api/by-id/a")
    with streaming(api, PROJECT, last_event_id=last) as stream:
        message = stream.next()
    assert ([run["run_id"] for run in message.data["runs"]], message.data["deleted"]) == (["b"], ["a"])


def test_a_number_that_the_project_has_not_reached_tells_everything(api: Api) -> None:
    """The database was restored from a backup since: nobody knows what the reader has seen."""
    api.record_all(run_start("a"))
    with streaming(api, PROJECT, last_event_id=1_000) as stream:
        message = stream.next()
    assert ([run["run_id"] for run in message.data["runs"]], message.id) == (["a"], 1)


def test_more_streams_than_there_may_be_are_refused(store: Store) -> None:
    with serving(store, max_streams=2) as app, ExitStack() as streams:
        app.api.record_all(run_start())
        for path in (RUN, PROJECT):
            streams.enter_context(streaming(app.api, path))
        for path in (RUN, PROJECT):
            response = app.api.http.get(path)
            assert "streams" in problem_of(response, 503)["detail"]
            assert response.headers["retry-after"] == "2"
        streams.close()
        # A reader that goes, and a question that failed, leave room for others.
        for _ in range(3):
            problem_of(_until_admitted(app.api, stream_path("none")), 404)
        with streaming(app.api, RUN), streaming(app.api, PROJECT):
            pass


def _until_admitted(api: Api, path: str) -> Any:
    return eventually(lambda: response if (response := api.http.get(path)).status_code != 503 else None)


def test_readers_of_one_run_share_its_readings(store: Store) -> None:
    n_readings: Counter[str] = Counter()

    def count(real: Any, *arguments: Any, **named: Any) -> Any:
        n_readings[arguments[1]] += 1
        return real(*arguments, **named)

    with serving(StoreWith(store, list_changes=count)) as app, _following(app.api, [RUN] * 8) as streams:
        for stream in streams:
            stream.next()
        before = n_readings["run-1"]
        app.api.record_all(event("new"))
        for stream in streams:
            assert [each["event_id"] for each in stream.next().data["events"]] == ["new"]
        assert n_readings["run-1"] - before <= 2


def test_changes_of_another_run_ask_nothing_of_the_database(store: Store) -> None:
    n_readings: Counter[str] = Counter()

    def count(real: Any, *arguments: Any, **named: Any) -> Any:
        n_readings[arguments[1]] += 1
        return real(*arguments, **named)

    with serving(StoreWith(store, list_changes=count)) as app, _following(app.api, [RUN]) as (stream,):
        stream.next()
        before = n_readings["run-1"]
        for n in range(20):
            app.api.record_all(event(f"{n}", "other"))
        app.api.record_all(event("new"))
        assert [each["event_id"] for each in stream.next().data["events"]] == ["new"]
        # One for its own change, and one where the look-out for other processes came by.
        assert n_readings["run-1"] - before <= 2


@contextmanager
def _following(api: Api, paths: list[str]) -> Iterator[list[Stream]]:
    api.record_all(run_start())
    with ExitStack() as stack:
        yield [stack.enter_context(streaming(api, path)) for path in paths]


def test_a_reader_that_does_not_read_holds_nobody_up(app: ServedApp) -> None:
    app.api.record_all(run_start(), *(event(f"{n}", name="x" * 200) for n in range(5_000)))
    with socket.create_connection(app.address) as idle:
        idle.sendall(f"GET {RUN} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        assert idle.recv(100).startswith(b"HTTP/1.1 200")
        mirror = Mirror().read(app.api, "run-1")
        assert len(mirror.things["events"]) == 5_000
        app.api.record_all(event("last"))
        assert ("last",) in mirror.read(app.api, "run-1").things["events"]


def test_a_stream_outlives_a_database_that_is_away(store: Store) -> None:
    is_away = threading.Event()

    def read(real: Any, *arguments: Any, **named: Any) -> Any:
        if is_away.is_set():
            is_away.clear()
            raise StorageUnavailableError("away")
        return real(*arguments, **named)

    with serving(StoreWith(store, list_changes=read)) as app, _following(app.api, [RUN]) as (stream,):
        stream.next()
        is_away.set()
        app.api.record_all(event("new"))
        assert [each["event_id"] for each in stream.next().data["events"]] == ["new"]


def test_streams_end_when_the_server_does(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    ended: list[list[str]] = []

    def follow(path: str, is_open: threading.Event) -> None:
        with client_of(app.url) as api, streaming(api, path) as stream:
            stream.next()
            is_open.set()
            ended.append([message.event for message in stream])

    with caplog.at_level(logging.WARNING), serving(store) as app:
        app.api.record_all(run_start())
        readers = [(path, threading.Event()) for path in (RUN, RUN, PROJECT)]
        threads = [threading.Thread(target=follow, args=reader) for reader in readers]
        for thread in threads:
            thread.start()
        assert all(is_open.wait(PATIENCE_S) for _, is_open in readers)
        began = time.monotonic()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert ended == [[], [], []]
    # It would wait five seconds for them.
    assert time.monotonic() - began < 4
    assert caplog.records == []
