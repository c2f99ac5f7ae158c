"""What is handed to a client arrives, whatever becomes of the server meanwhile, and is counted truthfully."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

import runreel
from runreel.sdk import client as client_module
from runreel.sdk.client import Client, FlushResult
from runreel.sdk.journal.journal import Journal
from runreel.sdk.journal.reading import Position
from tests.sdk.shipping.conftest import FakeRun, MakeClient
from tests.sdk.shipping.record_server import Asked, RecordServer, Reply, problem, silent_listener, slowly
from tests.support.patience import PATIENCE_S


def test_records_arrive_in_their_order(client: Client, server: RecordServer, run: FakeRun) -> None:
    for _ in range(5000):
        client.add(run, run.record())
    assert client.flush(PATIENCE_S) == FlushResult(delivered=5000)
    assert server.ids() == [f"e{number}" for number in range(1, 5001)]


def test_first_records_leave_without_a_flush(client: Client, server: RecordServer, run: FakeRun) -> None:
    client.add(run, run.record())
    server.wait_for(lambda: server.ids() == ["e1"])


def test_record_leaves_soon_after_a_pause(client: Client, server: RecordServer, run: FakeRun) -> None:
    client.add(run, run.record())
    client.flush(PATIENCE_S)
    began = time.monotonic()
    client.add(run, run.record())
    server.wait_for(lambda: len(server.records) == 2)
    assert time.monotonic() - began < 1


def test_one_connection_is_kept(client: Client, server: RecordServer, run: FakeRun) -> None:
    for _ in range(10):
        client.add(run, run.record())
        client.flush(PATIENCE_S)
    assert server.n_connections == 1


def test_records_from_many_threads_arrive(client: Client, server: RecordServer) -> None:
    runs = [FakeRun(f"run-{number}") for number in range(8)]

    def record(run: FakeRun) -> None:
        for _ in range(500):
            client.add(run, run.record())

    threads = [threading.Thread(target=record, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.flush(PATIENCE_S) == FlushResult(delivered=4000)
    for run in runs:
        own = [record["number"] for record in server.records if record["run_id"] == run.run_id]
        assert own == list(range(1, 501))


def test_server_that_is_down_gets_everything_when_it_is_back(
    client: Client, server: RecordServer, run: FakeRun
) -> None:
    server.stop()
    for _ in range(3000):
        client.add(run, run.record())
    assert client.flush(0.3) == FlushResult(waiting=3000)
    server.start()
    assert client.flush(PATIENCE_S) == FlushResult(delivered=3000)
    assert len(server.ids()) == 3000


def test_server_that_goes_in_the_middle_loses_nothing(client: Client, server: RecordServer, run: FakeRun) -> None:
    def fail_some(asked: Asked) -> Reply | None:
        # Every kind of half an answer, sometimes after the records were taken.
        replies = [
            Reply(None, b""),
            Reply(None, b"HTTP/1.1 200 OK\r\nContent-Le"),
            Reply(None, b'HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{"accepted": 1', is_kept=True),
            Reply(200, b"<html>Welcome to the hotel</html>"),
            Reply(200, b'{"accepted": 1, "refused": 0, "errors": [], "runs": []}', is_kept=True),
            Reply(200, b'{"accepted": 0, "refused": 1, "errors": [{"index": 99999}], "runs": []}'),
            Reply(200, b"[]"),
            Reply(500, b"oops"),
            Reply(502, b"bad gateway"),
        ]
        return replies[asked.number // 2 % len(replies)] if asked.number % 2 and asked.number < 30 else None

    server.intervene = fail_some
    for _ in range(20):
        for _ in range(50):
            client.add(run, run.record())
        client.flush(PATIENCE_S)
    assert client.flush(PATIENCE_S) == FlushResult(delivered=1000)
    assert set(server.ids()) == {f"e{number}" for number in range(1, 1001)}


def test_500_every_third_time_loses_nothing(client: Client, server: RecordServer, run: FakeRun) -> None:
    server.intervene = lambda asked: None if asked.number % 3 else problem(500, "oops")
    for _ in range(20_050):
        client.add(run, run.record())
    assert client.flush(PATIENCE_S) == FlushResult(delivered=20_050)
    assert len(set(server.ids())) == 20_050


def test_slow_server_gets_everything(client: Client, server: RecordServer, run: FakeRun) -> None:
    server.intervene = slowly(0.1)
    for _ in range(20_050):
        client.add(run, run.record())
    assert client.flush(PATIENCE_S) == FlushResult(delivered=20_050)


def test_flush_ends_at_its_deadline(make_client: MakeClient, run: FakeRun) -> None:
    with silent_listener() as url:
        client = make_client(url=url)
        client.add(run, run.record())
        began = time.monotonic()
        assert client.flush(0.3) == FlushResult(waiting=1)
        assert 0.2 < time.monotonic() - began < 2


def test_flush_without_records_returns_at_once(client: Client) -> None:
    assert client.flush(PATIENCE_S) == FlushResult()


def test_whoever_counts_while_records_are_settled_misses_none(
    client: Client, run: FakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flush that counted too few would return before the last of them is delivered."""
    counted: list[int] = []

    def count() -> None:
        now = client.count()
        counted.append(now.delivered + now.waiting)

    def acknowledge_slowly(journal: Journal, position: Position) -> None:
        acknowledge(journal, position)
        counter = threading.Thread(target=count)
        counter.start()
        # Whoever must wait for us is given time to show that they do not.
        counter.join(0.2)
        counters.append(counter)

    acknowledge = Journal.acknowledge
    counters: list[threading.Thread] = []
    monkeypatch.setattr(Journal, "acknowledge", acknowledge_slowly)
    client.add(run, run.record())
    client.flush(PATIENCE_S)
    for counter in counters:
        counter.join(PATIENCE_S)
    assert counted == [1]


def test_flush_ends_while_others_go_on_recording(client: Client, server: RecordServer, run: FakeRun) -> None:
    is_over = threading.Event()
    other = FakeRun("other")

    def go_on() -> None:
        while not is_over.is_set():
            client.add(other, other.record())

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        client.add(run, run.record("mine"))
        client.flush(PATIENCE_S)
        assert "mine" in server.ids()
    finally:
        is_over.set()
        thread.join()


def test_retry_after_is_obeyed(client: Client, server: RecordServer, run: FakeRun) -> None:
    times: list[float] = []

    def later(asked: Asked) -> Reply | None:
        times.append(time.monotonic())
        return problem(429, "too much", **{"Retry-After": "1"}) if len(times) == 1 else None

    server.intervene = later
    client.add(run, run.record())
    assert client.flush(PATIENCE_S) == FlushResult(delivered=1)
    assert times[1] - times[0] >= 1


@pytest.mark.parametrize("status", [401, 403, 404, 301])
def test_wrong_key_or_address_keeps_everything_and_is_said_once(
    client: Client, server: RecordServer, run: FakeRun, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    server.intervene = lambda asked: Reply(status, b"no", {"Location": "http://127.0.0.1:1/elsewhere"})
    for _ in range(3):
        client.add(run, run.record())
        assert client.flush(PATIENCE_S).waiting > 0
    said = [record.message for record in caplog.records if server.url in record.message]
    assert len(said) == 1
    assert str(status) in said[0]
    server.intervene = lambda asked: None
    assert client.flush(PATIENCE_S) == FlushResult(delivered=3)


def test_refused_record_costs_no_other(client: Client, server: RecordServer, run: FakeRun, tmp_path: Path) -> None:
    server.is_bad = lambda record: "its run was deleted" if record["number"] % 10 == 0 else None
    for _ in range(100):
        client.add(run, run.record())
    assert client.flush(PATIENCE_S) == FlushResult(delivered=90, refused=10)
    (file,) = tmp_path.rglob("dead-letter.jsonl")
    letters = [json.loads(line) for line in file.read_text().splitlines()]
    assert [letter["record"]["number"] for letter in letters] == list(range(10, 101, 10))
    assert {letter["reason"] for letter in letters} == {"its run was deleted"}


@pytest.mark.parametrize("status", [400, 413])
def test_batch_that_is_refused_as_a_whole_is_halved_until_the_bad_record_stands_alone(
    client: Client, server: RecordServer, run: FakeRun, status: int, tmp_path: Path
) -> None:
    def refuse(asked: Asked) -> Reply | None:
        return problem(status, "no such thing") if b'"bad"' in asked.body else None

    server.intervene = refuse
    for number in range(200):
        client.add(run, run.record("bad" if number in {0, 117} else None))
    assert client.flush(PATIENCE_S) == FlushResult(delivered=198, refused=2)
    assert len(server.ids()) == 198
    (file,) = tmp_path.rglob("dead-letter.jsonl")
    assert [json.loads(line)["record"]["event_id"] for line in file.read_text().splitlines()] == ["bad", "bad"]


def test_record_that_is_no_json_costs_no_other(client: Client, server: RecordServer, run: FakeRun) -> None:
    server.intervene = lambda asked: problem(400, "no JSON") if b"{broken" in asked.body else None
    client.add(run, run.record())
    client.add(run, b"{broken")
    client.add(run, run.record())
    assert client.flush(PATIENCE_S) == FlushResult(delivered=2, refused=1)


def test_what_finds_no_room_is_counted_and_said_of_its_run(
    make_client: MakeClient, server: RecordServer, run: FakeRun
) -> None:
    server.stop()
    client = make_client(journal_max_bytes=1024 * 1024)
    client.open_run(run)
    for _ in range(2000):
        client.add(run, run.record(text="x" * 1000))
    result = client.flush(0)
    assert result.dropped > 0
    assert result.waiting + result.dropped == 2000
    server.start()
    assert client.flush(PATIENCE_S) == FlushResult(delivered=result.waiting, dropped=result.dropped)
    server.wait_for(lambda: bool(server.of_kind("recorder")))
    said = server.of_kind("recorder")[-1]
    assert (said["record_count"], said["dropped_count"], said["closed"]) == (2000, result.dropped, False)
    assert said["recorder_id"] == client.recorder_id


@pytest.mark.usefixtures("no_client")
def test_how_a_run_ended_is_told_though_there_was_no_room_for_all_of_it(
    make_client: MakeClient, server: RecordServer
) -> None:
    server.stop()
    client = make_client(journal_max_bytes=1024 * 1024)
    client_module.replace_client(client)
    with runreel.run("full", agent="one"):
        for _ in range(2000):
            runreel.event("e", attributes={"text": "x" * 1000})
    n_dropped = client.shutdown(0).dropped
    server.start()
    make_client().start()
    server.wait_for(lambda: bool(server.of_kind("recorder")))
    assert [record.get("status") for record in server.of_kind("run")] == ["executing", "completed"]
    (said,) = server.of_kind("recorder")
    assert (said["record_count"], said["dropped_count"], said["closed"]) == (2002, n_dropped, True)


def test_end_of_a_run_tells_how_many_records_it_has(client: Client, server: RecordServer, run: FakeRun) -> None:
    recorder_id = client.recorder_id
    client.open_run(run)
    client.add(run, run.record())
    client.add(run, run.record())
    client.close_run(run)
    client.flush(PATIENCE_S)
    (said,) = server.of_kind("recorder")
    assert said["run_id"] == "run-1"
    assert (said["recorder_id"], said["record_count"], said["dropped_count"], said["closed"]) == (
        recorder_id,
        2,
        0,
        True,
    )


def test_shutdown_tells_of_runs_that_are_open(client: Client, server: RecordServer, run: FakeRun) -> None:
    client.open_run(run)
    client.add(run, run.record())
    client.shutdown(PATIENCE_S)
    assert [said["record_count"] for said in server.of_kind("recorder")] == [1]


def test_names_of_runs_come_from_the_answer(client: Client, run: FakeRun) -> None:
    assert client.name_of("run-1") is None
    client.add(run, run.record())
    client.flush(PATIENCE_S)
    assert client.name_of("run-1") == "run of run-1"


def test_shutdown_leaves_nothing_behind(client: Client, run: FakeRun, tmp_path: Path) -> None:
    client.add(run, run.record())
    assert client.shutdown(PATIENCE_S) == FlushResult(delivered=1)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_record_after_shutdown_arrives_under_another_recorder(
    client: Client, server: RecordServer, run: FakeRun
) -> None:
    client.add(run, run.record())
    recorder_id = client.recorder_id
    client.shutdown(PATIENCE_S)
    assert client.recorder_id != recorder_id
    client.add(run, run.record())
    assert client.flush(PATIENCE_S) == FlushResult(delivered=2)
    assert server.ids() == ["e1", "e2"]


def test_shutdown_without_a_server_leaves_records_for_the_next_client(
    make_client: MakeClient, server: RecordServer, run: FakeRun
) -> None:
    server.stop()
    client = make_client()
    for _ in range(10):
        client.add(run, run.record())
    assert client.shutdown(0.2) == FlushResult(waiting=10)
    server.start()
    make_client().start()
    server.wait_for(lambda: len(server.ids()) == 10)


def test_records_while_another_thread_shuts_down_are_not_lost(
    client: Client, server: RecordServer, run: FakeRun
) -> None:
    is_over, has_more = threading.Event(), threading.Semaphore(0)
    n_added = 0

    def record() -> None:
        nonlocal n_added
        while not is_over.is_set():
            client.add(run, run.record())
            n_added += 1
            if n_added % 500 == 0:
                has_more.release()
                # Not as fast as it can all the time: what is to be delivered shall have an end.
                is_over.wait(0.01)

    thread = threading.Thread(target=record)
    thread.start()
    for _ in range(20):
        assert has_more.acquire(timeout=PATIENCE_S)
        client.shutdown(PATIENCE_S)
    is_over.set()
    thread.join()
    # What came between the last look and the end of a journal is delivered by whoever records next.
    client.add(run, run.record())
    server.wait_for(lambda: len(set(server.ids())) == n_added + 1)


def test_record_whose_journal_is_closed_under_its_hands_goes_to_the_next(
    client: Client, server: RecordServer, run: FakeRun
) -> None:
    client.add(run, run.record())
    journal = client._journal
    assert journal is not None

    class Interrupted:
        def append(self, record: bytes, is_last_word: bool) -> bool:
            client.shutdown(PATIENCE_S)
            return journal.append(record, is_last_word)

        def __getattr__(self, name: str) -> object:
            return getattr(journal, name)

    # As if another thread shut down between our look at the journal and the append.
    client._journal = Interrupted()  # type: ignore[assignment]
    client.add(run, run.record())
    assert client.flush(PATIENCE_S) == FlushResult(delivered=2)


def test_journal_that_cannot_be_made_is_no_loss_while_the_process_lives(
    make_client: MakeClient, server: RecordServer, run: FakeRun, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("not a folder")
    client = make_client(journal=str(tmp_path / "file" / "journal"))
    client.add(run, run.record())
    assert client.flush(PATIENCE_S) == FlushResult(delivered=1)
    assert "RUNREEL_JOURNAL" in caplog.text


def test_trouble_of_our_own_never_reaches_the_caller(client: Client) -> None:
    client.add(None, None)  # type: ignore[arg-type]
    client.open_run(None)  # type: ignore[arg-type]
    client.close_run(None)  # type: ignore[arg-type]
    client.spool_file(None, None)  # type: ignore[arg-type]
    assert client.flush(PATIENCE_S).waiting == 0


def test_key_is_sent_and_never_written(
    make_client: MakeClient, server: RecordServer, run: FakeRun, tmp_path: Path
) -> None:
    server.intervene = lambda asked: problem(503, "not now")
    client = make_client(api_key="very-secret")
    client.add(run, run.record())
    server.wait_for(lambda: bool(server.requests))
    assert server.requests[0].headers["authorization"] == "Bearer very-secret"
    assert "very-secret" not in repr(client.settings)
    for path in tmp_path.rglob("*"):
        assert b"very-secret" not in (path.read_bytes() if path.is_file() else b"")
        assert "very-secret" not in path.name


def test_journal_is_made_before_a_run_begins(client: Client, run: FakeRun, tmp_path: Path) -> None:
    """Making it takes milliseconds, which would count as the run's."""
    client.open_run(run)
    assert len(list(tmp_path.rglob("*.segment"))) == 1
