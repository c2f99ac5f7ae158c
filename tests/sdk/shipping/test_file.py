"""Files are kept beside the journal, uploaded once, and named by a record with their hash."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from runreel.sdk.client import Client, FlushResult
from tests.sdk.shipping.conftest import FakeRun, MakeClient
from tests.sdk.shipping.record_server import Asked, RecordServer, Reply, problem
from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_S


def content_hash(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@pytest.mark.parametrize("data", [b"", b"hello", os.urandom(3_000_000)], ids=["empty", "small", "large"])
def test_bytes_are_uploaded_before_the_record_that_names_them(
    client: Client, server: RecordServer, run: FakeRun, data: bytes
) -> None:
    file = client.spool_file(run, data)
    assert (file.size_bytes, file.problem) == (len(data), None)
    assert client.flush(PATIENCE_S) == FlushResult(delivered=1)
    (record,) = server.of_kind("file")
    assert server.blobs[record["content_hash"]] == data
    assert (record["run_id"], record["file_id"], record["size_bytes"]) == ("run-1", file.file_id, len(data))
    assert [asked.method for asked in server.requests] == ["GET", "PUT", "POST"]


def test_text_and_files_are_taken_as_they_are_now(
    client: Client, server: RecordServer, run: FakeRun, tmp_path: Path
) -> None:
    path = tmp_path / "report.txt"
    path.write_bytes(b"as it was")
    client.spool_file(run, path)
    client.spool_file(run, "größer \ud800")
    path.write_bytes(b"changed afterwards")
    client.flush(PATIENCE_S)
    assert set(server.blobs.values()) == {b"as it was", "größer ?".encode()}


def test_bytes_that_are_there_are_not_sent_again(client: Client, server: RecordServer, run: FakeRun) -> None:
    server.blobs[content_hash(b"known")] = b"known"
    client.spool_file(run, b"known")
    assert client.flush(PATIENCE_S) == FlushResult(delivered=1)
    assert [asked.method for asked in server.requests] == ["GET", "POST"]


def test_what_is_too_large_is_a_reference_that_says_so(
    make_client: MakeClient, server: RecordServer, run: FakeRun
) -> None:
    client = make_client(max_file_bytes=10)
    file = client.spool_file(run, b"x" * 11)
    assert file.size_bytes == 11
    assert file.problem is not None
    assert "11 bytes are over the limit of 10" in file.problem
    assert client.flush(PATIENCE_S) == FlushResult()


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_cannot_be_read_is_a_reference_that_says_so(
    client: Client, run: FakeRun, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "thing"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    assert client.spool_file(run, path).problem is not None


def test_files_count_within_the_bound_of_the_journal(
    make_client: MakeClient, run: FakeRun, server: RecordServer
) -> None:
    server.stop()
    client = make_client(journal_max_bytes=2 * 1024 * 1024)
    problems = [client.spool_file(run, b"x" * 600_000).problem for _ in range(5)]
    assert problems[0] is None
    assert problems[-1] is not None
    assert client.count().waiting == sum(problem is None for problem in problems)


def test_file_that_the_server_refuses_is_named_as_not_kept(client: Client, server: RecordServer, run: FakeRun) -> None:
    server.intervene = lambda asked: problem(413, "it is too large") if asked.method == "PUT" else None
    client.spool_file(run, b"data")
    client.add(run, run.record())
    assert client.flush(PATIENCE_S) == FlushResult(delivered=2)
    (record,) = server.of_kind("file")
    assert "too large" in record["metadata"]["not_kept"]
    assert "content_hash" not in record


def test_answer_to_a_large_body_that_is_not_read_to_its_end_counts(
    client: Client, server: RecordServer, run: FakeRun
) -> None:
    """A proxy with a lower limit answers at once and hangs up."""

    def refuse(handler: object) -> None: ...

    usual = server._answer

    def answer(handler: object) -> None:
        if handler.command == "PUT":  # type: ignore[attr-defined]
            handler.send_response(413)  # type: ignore[attr-defined]
            handler.send_header("Content-Length", "0")  # type: ignore[attr-defined]
            handler.send_header("Connection", "close")  # type: ignore[attr-defined]
            handler.end_headers()  # type: ignore[attr-defined]
        else:
            usual(handler)  # type: ignore[arg-type]

    server._answer = answer  # type: ignore[assignment, method-assign]
    client.spool_file(run, os.urandom(20_000_000))
    assert client.flush(PATIENCE_S) == FlushResult(delivered=1)
    assert "not_kept" in json.dumps(server.of_kind("file"))


def test_damaged_upload_is_sent_again(client: Client, server: RecordServer, run: FakeRun) -> None:
    def damage_once(asked: Asked) -> Reply | None:
        is_first = asked.method == "PUT" and asked.number == 1
        return problem(400, "the bytes have another content hash") if is_first else None

    server.intervene = damage_once
    client.spool_file(run, b"data")
    assert client.flush(PATIENCE_S) == FlushResult(delivered=1)
    assert server.of_kind("file")[0]["content_hash"] == content_hash(b"data")


def test_file_that_is_not_taken_keeps_no_record_waiting(client: Client, server: RecordServer, run: FakeRun) -> None:
    server.intervene = lambda asked: problem(503, "no room") if asked.method == "PUT" else None
    client.spool_file(run, b"data")
    for _ in range(3):
        client.add(run, run.record())
    assert eventually(lambda: client.count().delivered == 3)
    assert client.flush(0) == FlushResult(delivered=3, waiting=1)
    server.intervene = lambda asked: None
    assert client.flush(PATIENCE_S) == FlushResult(delivered=4)


def test_records_go_on_while_a_large_file_is_sent(client: Client, server: RecordServer, run: FakeRun) -> None:
    """The upload ends only after the record came: were it to wait for the file, both would wait for ever."""
    usual = server._answer

    def answer(handler: object) -> None:
        if handler.command == "PUT":  # type: ignore[attr-defined]
            handler.rfile.read(1_000_000)  # type: ignore[attr-defined]
            client.add(run, run.record("meanwhile"))
            server.wait_for(lambda: "meanwhile" in server.ids())
            handler.headers.replace_header("Content-Length", "29000000")  # type: ignore[attr-defined]
            server.intervene = lambda asked: None if asked.method != "PUT" else problem(413, "seen enough")
        usual(handler)  # type: ignore[arg-type]

    server._answer = answer  # type: ignore[assignment, method-assign]
    client.spool_file(run, os.urandom(30_000_000))
    client.flush(PATIENCE_S)
    assert server.ids() == ["meanwhile"]


def test_files_wait_over_the_end_of_the_process(make_client: MakeClient, server: RecordServer, run: FakeRun) -> None:
    server.stop()
    client = make_client()
    client.add(run, run.record())
    client.spool_file(run, b"kept", file_id="f:1/ü")
    assert client.shutdown(0.1).waiting == 2
    server.start()
    make_client().start()
    server.wait_for(lambda: bool(server.of_kind("file")))
    (record,) = server.of_kind("file")
    assert (record["run_id"], record["file_id"], record["content_hash"]) == ("run-1", "f:1/ü", content_hash(b"kept"))
