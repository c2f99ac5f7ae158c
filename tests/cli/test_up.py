"""`runreel up`, as far as the command line has a part in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runreel.cli.up import demo_beside
from runreel.sdk.journal.folder import find_journals
from tests.sdk.shipping.record_server import RecordServer, problem


@pytest.fixture
def server() -> Iterator[RecordServer]:
    server = RecordServer()
    server.start()
    yield server
    server.stop()


def test_the_demo_ends_with_the_server_and_leaves_no_run_open(server: RecordServer, tmp_path: Path) -> None:
    with demo_beside(tmp_path) as start_demo:
        start_demo(server.url)
        server.wait_for(lambda: bool(server.records))

    ended = {run["run_id"] for run in server.of_kind("run") if run.get("phase") == "end"}
    assert ended == {run["run_id"] for run in server.of_kind("run")}


def test_what_the_demo_could_not_send_waits_beside_the_data(server: RecordServer, tmp_path: Path) -> None:
    server.intervene = lambda _: problem(503, "not now")
    with demo_beside(tmp_path) as start_demo:
        start_demo(server.url)
        server.wait_for(lambda: bool(server.requests))

    (left,) = find_journals(str(tmp_path / "demo-journal"))
    assert left.n_records > 0


def test_without_a_ready_server_there_is_no_demo(tmp_path: Path) -> None:
    with demo_beside(tmp_path):
        pass

    assert list(tmp_path.iterdir()) == []
