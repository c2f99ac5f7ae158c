"""Taking records over HTTP: both dialects, their limits, and what each record gets as its answer."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotDoneError

import httpx
import pytest
import zstandard

from runreel.errors import StorageError, StorageFullError, StorageUnavailableError
from runreel.storage.port import Store
from tests.support.api import Api, Json, event, gati_event, problem_of, run_end, run_path, run_start
from tests.support.app import ServedApp, serving
from tests.support.patience import PATIENCE_S
from tests.support.store import Gate, StoreWith, failing

BATCH_PATHS = {"/api/records": "records", "/api/events": "events"}
both_dialects = pytest.mark.parametrize("path", BATCH_PATHS)


def native_body(*records: Json) -> bytes:
    return json.dumps({"version": 1, "records": records}).encode()


def body_at(path: str, *, n_bytes: int) -> bytes:
    """Make a batch of one small event, padded to a size."""
    batch = {"version": 1, BATCH_PATHS[path]: [{**gati_event("e", "r"), "record": "event"}]}
    return json.dumps(batch).encode().ljust(n_bytes)


def test_a_native_batch_is_answered_record_by_record(api: Api) -> None:
    answer = api.record(
        run_start(),
        event("good"),
        event("", name="no usable id"),
        {"record": "event", "run_id": "has spaces", "event_id": "e"},
        {"record": "dream", "run_id": "run-1"},
        "no object",
        event("odd", duration_ms="fast", colour="red"),
    )

    assert answer["accepted"] == 3
    assert answer["refused"] == 4
    assert [(error["index"], error["record"], error["id"]) for error in answer["errors"]] == [
        (2, "event", ""),
        (3, "event", "e"),
        (4, "dream", "run-1"),
        (5, "", ""),
    ]
    assert all(error["reason"] for error in answer["errors"])
    assert [(warning["index"], warning["id"]) for warning in answer["warnings"]] == [(6, "odd")]
    assert answer["runs"] == [{"run_id": "run-1", "agent_name": "planner", "run_name": "run 1"}]
    assert {e["event_id"]: e["data"] for e in api.timeline("planner", "run 1")}["odd"]["duration_ms"] == "fast"


def test_a_gati_batch_is_answered_with_what_failed(api: Api) -> None:
    answer = api.send_events(gati_event("good", "r"), gati_event("bad", "no run id!"), gati_event("also good", "r"))

    assert (answer["status"], answer["count"], answer["failed"]) == ("success", 2, 1)
    assert [(error["index"], error["event_id"]) for error in answer["errors"]] == [(1, "bad")]


def test_a_gati_batch_lists_at_most_a_hundred_failures(api: Api) -> None:
    answer = api.send_events(*(gati_event(f"e{n}", "bad id!") for n in range(150)))

    assert (answer["failed"], len(answer["errors"])) == (150, 100)


def test_an_empty_batch_is_fine(api: Api) -> None:
    assert api.record() == {"accepted": 0, "refused": 0, "errors": [], "warnings": [], "runs": []}
    assert api.send_events()["count"] == 0


def test_a_batch_sent_again_changes_nothing(api: Api) -> None:
    batch = [run_start(), event("a", usage={"tokens_in": 5, "cost": 0.25}), event("b"), run_end()]
    api.record_all(*batch)
    before = api.get("/api/by-id/run-1")

    for _ in range(3):
        api.record_all(*batch)

    assert api.get("/api/by-id/run-1") == before
    assert (before["event_count"], before["tokens_in"], before["total_cost"]) == (2, 5, 0.25)


@both_dialects
@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("zstd", zstandard.compress),
        ("identity", bytes),
        ("", bytes),
    ],
)
def test_a_body_may_be_compressed(api: Api, path: str, encoding: str, compress: Callable[[bytes], bytes]) -> None:
    body = compress(body_at(path, n_bytes=1000))

    response = api.http.post(path, content=body, headers={"content-encoding": encoding})

    assert response.status_code == 200
    assert api.get("/api/runs/r")["event_count"] == 1


@both_dialects
@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "gzip;q=1", "é"])
def test_an_encoding_that_is_not_spoken_is_refused(api: Api, path: str, encoding: str) -> None:
    response = api.http.post(path, content=b"x", headers={"content-encoding": encoding.encode()})

    assert "gzip" in problem_of(response, 415)["detail"]


@pytest.mark.parametrize(("encoding", "compress"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[:-1],
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:6],
        lambda whole: whole + whole,
        lambda whole: whole + b"more",
        lambda whole: b"no " + whole,
        lambda whole: b"",
    ],
    ids=["last-byte-missing", "half", "header", "twice", "more-behind", "other-beginning", "nothing"],
)
def test_a_part_of_a_compressed_batch_never_passes_for_the_batch(
    api: Api, encoding: str, compress: Callable[[bytes], bytes], damage: Callable[[bytes], bytes]
) -> None:
    body = native_body(*(event(f"e{n}", inputs=f"{n * 7919 % 4096:x}" * 50) for n in range(200)))

    response = api.http.post("/api/records", content=damage(compress(body)), headers={"content-encoding": encoding})

    problem_of(response, 400)
    assert api.get("/api/runs")["runs"] == []


@both_dialects
def test_a_body_over_the_limit_is_refused(store: Store, path: str) -> None:
    with serving(store, max_body_bytes=2000) as app:
        for content in (body_at(path, n_bytes=2001), iter([body_at(path, n_bytes=2001)])):
            assert "2000" in problem_of(app.api.http.post(path, content=content), 413)["detail"]
        for content in (body_at(path, n_bytes=2000), iter([body_at(path, n_bytes=2000)])):
            assert app.api.http.post(path, content=content).status_code == 200


@both_dialects
@pytest.mark.parametrize(("encoding", "compress"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
def test_a_body_that_inflates_beyond_the_limit_is_refused(
    store: Store, path: str, encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    headers = {"content-encoding": encoding}
    with serving(store, max_inflated_bytes=50_000) as app:
        bomb = app.api.http.post(path, content=compress(b" " * 100_000_000), headers=headers)
        over = app.api.http.post(path, content=compress(body_at(path, n_bytes=50_001)), headers=headers)
        within = app.api.http.post(path, content=compress(body_at(path, n_bytes=50_000)), headers=headers)

    assert "50000" in problem_of(bomb, 413)["detail"]
    problem_of(over, 413)
    assert within.status_code == 200


def test_a_batch_of_too_many_records_is_refused(store: Store) -> None:
    with serving(store, max_records=10) as app:
        too_many = app.api.http.post("/api/records", content=native_body(*(event(f"e{n}") for n in range(11))))
        assert "10" in problem_of(too_many, 413)["detail"]
        app.api.record_all(*(event(f"e{n}") for n in range(10)))
        # The other dialect's client throws away what is refused, so it may send any number.
        assert app.api.send_events(*(gati_event(f"g{n}", "r") for n in range(50)))["count"] == 50


def test_a_record_over_the_limit_costs_no_other(store: Store) -> None:
    with serving(store, max_record_bytes=5000) as app:
        native = app.api.record(event("a"), event("large", inputs="x" * 5000), event("b"))
        gati = app.api.send_events(gati_event("c", "r"), gati_event("d", "r", input="x" * 5000), gati_event("e", "r"))

    assert (native["accepted"], [error["index"] for error in native["errors"]]) == (2, [1])
    assert "5000" in native["errors"][0]["reason"]
    assert (gati["count"], [error["index"] for error in gati["errors"]]) == (2, [1])


@pytest.mark.parametrize(
    "body",
    [
        b'{"version": 2, "records": []}',
        b'{"records": [], "version": 2}',
        b'{"version": 2, "records": [{"inputs": NaN}]}',
        b'{"records": [{"inputs": NaN}], "version": 2}',
        b'{"version": "1", "records": []}',
    ],
)
def test_a_batch_of_another_version_is_refused(api: Api, body: bytes) -> None:
    assert "version" in problem_of(api.http.post("/api/records", content=body), 400)["detail"]


@both_dialects
@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b'"x"', b"{}", b"hello", b"\xff\xfe", b'{"events": 7, "records": {}}', b"[" * 100_000],
)
def test_what_is_no_batch_is_refused_as_a_whole(api: Api, path: str, body: bytes) -> None:
    assert BATCH_PATHS[path] in problem_of(api.http.post(path, content=body), 400)["detail"]


@both_dialects
def test_what_json_has_no_word_for_costs_nothing(api: Api, path: str) -> None:
    head = b'"record": "event", "run_id": "r", "event_type": "tool_call", "timestamp": "2026-01-02T03:04:05"'
    body = b'{"%b": [{%b, "event_id": "e", "inputs": [NaN, -Infinity, %d, "\\ud800", "\xff"]}, {%b, "event_id": "f"}]}'
    filled = body % (BATCH_PATHS[path].encode(), head, 2**70, head)

    assert api.http.post(path, content=filled).status_code == 200

    tree = api.get("/api/events/e/tree")["tree"]
    data = tree["data"]["input"] or tree["data"]["inputs"]
    assert data == ["NaN", "-Infinity", 2**70, "\ufffd", "\ufffd"]
    assert api.get("/api/runs/r")["event_count"] == 2


def test_times_without_an_order_of_years_break_no_page(api: Api) -> None:
    odd = ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00Z", -1e300, 1e300, "soon"]
    api.record_all(run_start(), *(event(f"e{n}", started_at=at, ended_at=at) for n, at in enumerate(odd)))
    api.record_all(*(event(f"f{n}", started_at=None, ended_at=at, duration_ms=1e11) for n, at in enumerate(odd)))
    api.send_events(*({**gati_event(f"g{n}", "run-1", latency_ms=1e11), "timestamp": at} for n, at in enumerate(odd)))

    assert len(api.timeline("planner", "run 1")) == 3 * len(odd)
    assert api.get("/api/runs/run-1")["event_count"] == 3 * len(odd)
    assert api.http.get("/").status_code == 200


def test_records_of_a_deleted_run_are_refused(api: Api) -> None:
    api.record_all(run_start(), event())
    api.http.delete("/api/by-id/run-1")

    native = api.record(event("late"), run_start("other"))
    gati = api.send_events(gati_event("late too", "run-1"), gati_event("fine", "other"))

    assert (native["accepted"], [error["index"] for error in native["errors"]]) == (1, [0])
    assert "deleted" in native["errors"][0]["reason"]
    assert (gati["count"], [error["event_id"] for error in gati["errors"]]) == (1, ["late too"])
    problem_of(api.http.get("/api/by-id/run-1"), 404)


def test_a_graph_is_one_record_of_many_nodes_and_edges(api: Api) -> None:
    graph = {
        "record": "graph",
        "run_id": "r",
        "recorder_id": "p",
        "number": 1,
        "nodes": [{"node_id": node_id} for node_id in "abc"],
        "edges": [{"source": "a", "target": "b"}, {"source": "b", "target": "c"}],
    }
    said = {"record": "recorder", "run_id": "r", "recorder_id": "p", "record_count": 1, "closed": True}
    taken = api.record_all(graph, said)
    assert (taken["accepted"], taken["refused"]) == (2, 0)
    dag = api.get("/api/by-id/r/dag")
    assert [(node["node_id"], node["level"]) for node in dag["nodes"]] == [("a", 0), ("b", 1), ("c", 2)]
    assert api.get("/api/by-id/r")["completeness"]["is_complete"]

    assert api.http.delete("/api/by-id/r").is_success
    taken = api.record(graph)
    assert (taken["accepted"], taken["refused"]) == (0, 1)


@pytest.fixture
def poisoned(store: Store) -> Iterator[ServedApp]:
    """Serve a store that can't take records whose key begins with `poison`."""

    def apply(real, batches, *, now):
        if any(record.key.startswith("poison") for _, records in batches for record in records):
            raise RuntimeError("a secret of the database")
        return real(batches, now=now)

    with serving(StoreWith(store, apply=apply)) as app:
        yield app


def test_a_record_that_can_not_be_stored_costs_no_other_of_its_batch(poisoned: ServedApp) -> None:
    answer = poisoned.api.record(run_start(), *(event(f"e{n}") for n in range(37)), event("poison"), event("last"))

    assert (answer["accepted"], answer["refused"]) == (39, 1)
    assert [(error["index"], error["id"]) for error in answer["errors"]] == [(38, "poison")]
    assert "secret" not in json.dumps(answer)
    assert poisoned.api.get("/api/by-id/run-1")["event_count"] == 38


def test_a_gati_event_that_can_not_be_stored_is_answered_as_failed(poisoned: ServedApp) -> None:
    answer = poisoned.api.send_events(gati_event("a", "r"), gati_event("poison", "r"), gati_event("b", "r"))

    assert (answer["status"], answer["count"]) == ("success", 2)
    assert [(error["index"], error["event_id"]) for error in answer["errors"]] == [(1, "poison")]


def test_a_record_that_can_not_be_stored_costs_nobody_else_anything(store: Store) -> None:
    gate = Gate()

    def apply(real, batches, *, now):
        gate.is_reached.set()
        assert gate.is_open.wait(PATIENCE_S)
        if any(record.key == "poison" for _, records in batches for record in records):
            raise RuntimeError
        return real(batches, now=now)

    with serving(StoreWith(store, apply=apply)) as app, ThreadPoolExecutor(12) as clients:
        first = clients.submit(app.api.record, event("first", "first"))
        assert gate.is_reached.wait(PATIENCE_S)
        # These wait together, and so are committed together.
        good = [clients.submit(app.api.record, event("e", f"r{n}")) for n in range(10)]
        bad = clients.submit(app.api.record, event("poison", "bad"))
        gate.is_open.set()

        assert [each.result(PATIENCE_S)["refused"] for each in [first, *good]] == [0] * 11
        assert bad.result(PATIENCE_S)["refused"] == 1
        assert len(app.api.get("/api/runs")["runs"]) == 11


@pytest.mark.parametrize(
    ("error", "status"),
    [(StorageUnavailableError("away"), 503), (StorageFullError("full"), 507), (StorageError("damaged"), 500)],
)
def test_no_record_is_refused_for_good_while_the_store_fails(store: Store, error: StorageError, status: int) -> None:
    """A client throws away what is refused; what it gets no answer for it sends again."""
    with serving(StoreWith(store, apply=failing(error), check=failing(error))) as app:
        for path in BATCH_PATHS:
            problem = problem_of(app.api.http.post(path, content=body_at(path, n_bytes=500)), status)
            assert problem["detail"] == str(error)


def test_a_store_that_fails_without_a_word_refuses_no_record_for_good(store: Store) -> None:
    with serving(StoreWith(store, apply=failing(OSError()), check=failing(StorageUnavailableError("away")))) as app:
        problem_of(app.api.http.post("/api/records", content=native_body(event())), 503)


def test_a_store_that_goes_away_while_the_bad_record_is_looked_for_refuses_no_other(store: Store) -> None:
    failures = iter([RuntimeError(), RuntimeError(), StorageUnavailableError("away")])

    def apply(real, batches, *, now):
        for failure in failures:
            raise failure
        return real(batches, now=now)

    with serving(StoreWith(store, apply=apply)) as app:
        body = native_body(event("a"), event("b"))
        problem_of(app.api.http.post("/api/records", content=body), 503)
        assert app.api.http.post("/api/records", content=body).json()["accepted"] == 2


def test_records_are_taken_again_after_an_unexpected_failure(store: Store) -> None:
    failures = iter([TypeError("unexpected")])

    def check(real):
        for failure in failures:
            raise failure
        return real()

    def apply(real, batches, *, now):
        if any(record.key == "poison" for _, records in batches for record in records):
            raise RuntimeError
        return real(batches, now=now)

    with serving(StoreWith(store, apply=apply, check=check)) as app:
        problem_of(app.api.http.post("/api/records", content=native_body(event("poison"))), 500)

        assert app.api.record(event("poison"))["refused"] == 1
        app.api.record_all(event("good"))


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.is_open.set()


@pytest.fixture
def full(store: Store, gate: Gate) -> Iterator[tuple[ServedApp, ThreadPoolExecutor, list[Future[Json]]]]:
    """Serve with a full queue: one batch is held in the store, and another one waits."""
    with serving(StoreWith(store, apply=gate), queue_bytes=1) as app, ThreadPoolExecutor(4) as clients:
        held = [clients.submit(app.api.record, event("held", "held"))]
        try:
            assert gate.is_reached.wait(PATIENCE_S)
            yield app, clients, held
        finally:
            gate.is_open.set()


def test_a_full_queue_asks_to_send_again(full, gate: Gate) -> None:
    app, _, held = full

    response = app.api.http.post("/api/records", content=native_body(event("e", "refused")))

    problem_of(response, 429)
    assert int(response.headers["retry-after"]) >= 1
    gate.is_open.set()
    assert held[0].result(PATIENCE_S)["accepted"] == 1
    app.api.record_all(event("e", "taken"))
    assert {run["run_id"] for run in app.api.get("/api/runs")["runs"]} == {"held", "taken"}


def test_a_gati_batch_waits_for_room(full, gate: Gate) -> None:
    """Its client would give up after three quick tries."""
    app, clients, held = full

    waiting = clients.submit(app.api.send_events, gati_event("e", "waited"))
    with pytest.raises(NotDoneError):
        waiting.result(0.3)
    gate.is_open.set()

    assert waiting.result(PATIENCE_S)["count"] == 1
    assert held[0].result(PATIENCE_S)["accepted"] == 1


@pytest.mark.slow
def test_a_gati_batch_waits_not_for_ever(full) -> None:
    app, _, _ = full

    response = app.api.http.post("/api/events", json={"events": [gati_event("e", "waited")]})

    problem_of(response, 429)
    assert int(response.headers["retry-after"]) >= 1
    assert 4 < response.elapsed.total_seconds() < 9


def test_what_was_taken_is_kept_when_its_sender_goes_away(store: Store, gate: Gate) -> None:
    with serving(StoreWith(store, apply=gate)) as app:
        body = native_body(event("e", "kept"))
        head = f"POST /api/records HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        with socket.create_connection(app.address) as connection:
            connection.sendall(head + body)
            assert gate.is_reached.wait(PATIENCE_S)
        gate.is_open.set()

        app.api.record_all(event("after", "other"))
        assert app.api.get("/api/runs/kept")["event_count"] == 1


def test_a_sender_that_goes_away_halfway_leaves_nothing_and_no_word_in_the_log(
    app: ServedApp, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection(app.address) as connection:
        connection.sendall(b"POST /api/records HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500\r\n\r\n{")

    app.api.record_all(event())
    assert len(app.api.get("/api/runs")["runs"]) == 1
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


def test_concurrent_first_batches_of_one_run_make_one_run(app: ServedApp) -> None:
    with ThreadPoolExecutor(8) as clients:
        batches = [[gati_event(f"e{n}-{m}", "shared") for m in range(10)] for n in range(20)]
        list(clients.map(lambda batch: app.api.send_events(*batch), batches))

    run = app.api.get("/api/runs/shared")
    assert run["event_count"] == 200
    assert len(app.api.get("/api/runs")["runs"]) == 1


def test_totals_are_of_the_same_moment_as_their_events(api: Api) -> None:
    api.record_all(run_start(), event("a", event_type="llm_call", usage={"tokens_in": 3, "tokens_out": 4, "cost": 0.5}))
    api.record_all(event("b", error={"type": "ValueError", "message": "no"}))

    run = api.get(run_path("planner", "run 1"))
    agent = api.get("/api/agents/planner")
    assert (run["event_count"], run["error_count"], run["tokens_in"], run["total_cost"]) == (2, 1, 3, 0.5)
    assert (agent["total_events"], agent["total_errors"], agent["tokens_out"], agent["total_cost"]) == (2, 1, 4, 0.5)


def test_the_answer_to_head_or_get_of_a_batch_path_is_that_it_takes_posts(api: Api) -> None:
    for path in BATCH_PATHS:
        response = api.http.get(path)
        problem_of(response, 405)
        assert response.headers["allow"] == "POST"
        assert isinstance(api.http.head(path), httpx.Response)
