"""An import of a foreign database is killed, or its server is: doing it again ends as one clean import does."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bench.legacy_database import write_large_database
from runreel.server.settings import Settings
from tests.importers.exports import exports_of
from tests.importers.target import Target
from tests.support.api import client_of, event
from tests.support.eventually import eventually
from tests.support.server import RUNREEL, running_server

N_RUNS, N_EVENTS = 100, 150
# Once so many runs are there it is killed; the first time before there is any.
KILL_AT = (0, 1, 30, 60)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("old") / "old.db"
    write_large_database(path, n_runs=N_RUNS, n_events_per_run=N_EVENTS)
    return path


@pytest.fixture(scope="module")
def clean(old: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Give what one import brings that nothing comes between."""
    target = target_at(tmp_path_factory.mktemp("clean"))
    assert target.import_(old)["runs"]["new"] == N_RUNS
    return exports_of(target.database_url)


@pytest.mark.faults
def test_an_import_that_is_killed_is_done_again_to_the_same_end(
    old: Path, clean: dict[str, bytes], tmp_path: Path
) -> None:
    target, moments = target_at(tmp_path), random.Random(11)
    n_before: list[int] = []
    for at_least in KILL_AT:
        with importing(old, "--data", str(tmp_path)) as process:
            eventually(lambda n=at_least: process.poll() is not None or count_runs(tmp_path) >= n, timeout_s=60)
            # The moment is what the test is about; nothing tells when it has come.
            time.sleep(moments.uniform(0, 0.2))
            process.kill()
            process.wait()
            eventually(lambda pid=process.pid: not has_processes(pid))
        n_before.append(count_runs(tmp_path))
        assert_whole(tmp_path, clean)
    assert any(0 < n_runs < N_RUNS for n_runs in n_before)

    report = target.import_(old)

    assert report["reconciled"] is True
    assert report["runs"]["new"] + report["runs"]["same"] == N_RUNS
    assert exports_of(target.database_url) == clean


@pytest.mark.faults
def test_a_server_that_is_killed_during_an_import_costs_no_run(
    old: Path, clean: dict[str, bytes], tmp_path: Path
) -> None:
    with running_server(tmp_path) as server, importing(old, "--url", server.url) as process:
        eventually(lambda: process.poll() is not None or count_runs(tmp_path) >= 1, timeout_s=60)
        server.kill()
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1
        assert err.startswith("runreel: ")
        assert err.count("\n") == 1
    assert_whole(tmp_path, clean)

    with running_server(tmp_path) as server, importing(old, "--url", server.url) as process:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert exports_of(target_at(tmp_path).database_url) == clean


def test_an_import_goes_on_while_the_server_takes_records(old: Path, clean: dict[str, bytes], tmp_path: Path) -> None:
    with running_server(tmp_path) as server, client_of(server.url) as api:
        n_sent = 0
        with importing(old, "--url", server.url) as process:
            while process.poll() is None:
                api.record_all(event(f"event {n_sent}", "live"))
                n_sent += 1
            assert process.returncode == 0
        assert n_sent > 0
        assert api.get("/api/by-id/live")["event_count"] == n_sent
    exports = exports_of(target_at(tmp_path).database_url)
    del exports["live"]
    assert exports == clean


def target_at(data: Path) -> Target:
    return Target(("--data", str(data)), f"sqlite:///{data / 'runreel.db'}", Settings(data=data))


@contextmanager
def importing(old: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command in a group of processes of its own; it ends with the block."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("RUNREEL_")}
    command = [RUNREEL, "import", *options, str(old)]
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def has_processes(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def count_runs(data: Path) -> int:
    try:
        with closing(sqlite3.connect(f"{(data / 'runreel.db').as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT count(*) FROM runs").fetchone()[0]
    except sqlite3.OperationalError:
        # It is not there yet, or has no tables.
        return 0


def assert_whole(data: Path, clean: dict[str, bytes]) -> None:
    """Every run that is there is there whole."""
    if count_runs(data):
        found = exports_of(f"sqlite:///{data / 'runreel.db'}")
        assert {run_id: clean[run_id] == export for run_id, export in found.items()} == dict.fromkeys(found, True)
