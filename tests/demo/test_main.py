"""`python -m runreel.demo` as a process."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runreel.sdk.journal.folder import find_journals
from tests.sdk.shipping.record_server import RecordServer, problem
from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_S


@pytest.fixture
def server() -> Iterator[RecordServer]:
    server = RecordServer()
    server.start()
    yield server
    server.stop()


@contextmanager
def demo(server: RecordServer, journal: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "runreel.demo", "--url", server.url, "--journal", str(journal), *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_it_ends_after_its_runs_when_everything_is_delivered(server: RecordServer, tmp_path: Path) -> None:
    with demo(server, tmp_path, "--runs", "4", "--pace", "0") as process:
        _, err = process.communicate(timeout=PATIENCE_S)

    assert (process.returncode, err) == (0, "")
    ends = [run["status"] for run in server.of_kind("run") if run.get("phase") == "end"]
    assert sorted(ends) == ["completed", "completed", "completed", "completed", "failed"]
    assert {file["path"] for file in server.of_kind("file") if "path" in file} == {"ranges.csv", "page.md"}
    assert len(server.blobs) == 2
    assert find_journals(str(tmp_path)) == []


def test_it_ends_with_its_input_and_cancels_what_goes_on(server: RecordServer, tmp_path: Path) -> None:
    with demo(server, tmp_path, "--pace", "1000", "--until-input-ends") as process:
        server.wait_for(lambda: any(run["agent_name"] == "star_cataloguer" for run in begun(server)))
        process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 0
    ended = {run["run_id"] for run in server.of_kind("run") if run.get("phase") == "end"}
    assert ended == {run["run_id"] for run in begun(server)}


def begun(server: RecordServer) -> list[dict[str, str]]:
    return [run for run in server.of_kind("run") if "agent_name" in run]


def test_a_signal_and_an_absent_server_lose_nothing(server: RecordServer, tmp_path: Path) -> None:
    server.intervene = lambda _: problem(503, "not now")
    with demo(server, tmp_path) as process:
        server.wait_for(lambda: bool(server.requests))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)
    (left,) = find_journals(str(tmp_path))

    server.intervene = lambda _: None
    with demo(server, tmp_path, "--pace", "1000", "--until-input-ends") as again:
        eventually(lambda: not Path(left.folder).exists())
        again.communicate(timeout=PATIENCE_S)

    assert process.returncode == again.returncode == 0
    assert left.n_records > 0
    ended = {run["run_id"] for run in server.of_kind("run") if run.get("phase") == "end"}
    assert ended == {run["run_id"] for run in begun(server)}
    assert find_journals(str(tmp_path)) == []
