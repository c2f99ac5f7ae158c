"""GATI databases, as GATI's own server writes them, imported."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from bench.gati_run import iter_run_events
from runreel.storage.sql import migrate as migrate_own
from tests.importers.exports import exports_of
from tests.importers.target import Target, get
from tests.support.gati_server import NAMELESS, migrate, running_gati

ROOT = Path(__file__).parents[2]
SCENARIOS = ("decorated", "nested", "two_names")
RUNS = ("reader", "reader", "writer", "reader", "writer", "reader")
N_EVENTS = 15


@pytest.fixture(scope="module")
def gati(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give what the server wrote of its own SDK's events, and of batches of runs that began in one second."""
    folder = tmp_path_factory.mktemp("gati")
    path = folder / "gati.db"
    rng, started_at = Random(5), datetime(2025, 3, 1, 9)  # noqa: DTZ001 - naive, as that SDK sends it
    with running_gati(path) as url, httpx.Client(base_url=url, timeout=30, trust_env=False, verify=False) as http:
        for agent in RUNS:
            events = list(iter_run_events(rng, agent, n_events=N_EVENTS, started_at=started_at, has_graph=True))
            assert http.post("/api/events", json={"events": events}).status_code == 200
        assert http.patch("/api/runs/reader/run 2", json={"new_run_name": "the best"}).status_code == 200
        env = {**os.environ, "GATI_BACKEND_URL": url, "HOME": str(folder), "NO_PROXY": "*"}
        for scenario in SCENARIOS:
            # Some of what they send that server refuses; what it took is what there is.
            command = [sys.executable, str(ROOT / "tests" / "clients" / "scenarios" / f"{scenario}.py")]
            subprocess.run(command, env=env, check=True, timeout=60, capture_output=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE runs SET created_at = (SELECT min(created_at) FROM runs)")
        connection.commit()
    return path


@pytest.fixture(scope="module")
def nameless(gati: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the same rows as they were before that system's runs had names."""
    path = tmp_path_factory.mktemp("nameless") / "gati.db"
    migrate(path, NAMELESS)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ATTACH DATABASE ? AS later", (str(gati),))
        for table in ("agents", "runs", "events"):
            names = ", ".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({table})"))
            connection.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM later.{table}")
        connection.commit()
    return path


def query(path: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def agents_of(path: Path) -> Sequence[str]:
    return [row[0] for row in query(path, "SELECT DISTINCT agent_name FROM runs")]


def test_every_run_and_event_is_taken_under_its_own_id_and_name(target: Target, gati: Path) -> None:
    report = target.import_(gati)

    assert (report["reconciled"], report["runs"]["refused"]) == (True, 0)
    names = query(gati, "SELECT run_id, agent_name, run_name FROM runs ORDER BY 1, 2")
    assert ("reader", "the best") in {row[1:] for row in names}
    assert target.rows("runs", "run_id, agent_name, run_name") == names
    stored = target.rows("runs r JOIN events e ON e.run_pk = r.run_pk", "r.run_id, e.event_id")
    assert stored == query(gati, "SELECT run_id, event_id FROM events ORDER BY 1, 2")
    assert len(stored) >= len(RUNS) * N_EVENTS


def test_an_events_data_is_what_that_server_shows(sqlite_target: Target, gati: Path) -> None:
    sqlite_target.import_(gati)
    run_id, event_id, text = query(
        gati,
        "SELECT run_id, event_id, json_extract(data, '$.prompt') FROM events WHERE event_type = 'llm_call' LIMIT 1",
    )[0]
    with sqlite_target.client() as client:
        event = get(client, f"/api/by-id/{run_id}/events/{event_id}")
    assert text in str(event["inputs"])


def test_a_second_import_changes_nothing(target: Target, gati: Path) -> None:
    target.import_(gati)
    before = target.numbers()
    report = target.import_(gati)
    n_runs = len(before)
    assert report["runs"] == {"new": 0, "same": n_runs, "changed": 0, "refused": 0, "renamed": 0}
    assert target.numbers() == before


def test_runs_without_names_are_numbered_by_their_creation_and_ids_settle_ties(
    sqlite_target: Target, nameless: Path
) -> None:
    report = sqlite_target.import_(nameless)

    assert report["reconciled"] is True
    wanted: list[tuple[str, str, str]] = []
    for agent in agents_of(nameless):
        run_ids = query(nameless, f"SELECT run_id FROM runs WHERE agent_name = '{agent}' ORDER BY created_at, run_id")
        wanted += [(run_id, agent, f"run {number}") for number, (run_id,) in enumerate(run_ids, 1)]
    assert sqlite_target.rows("runs", "run_id, agent_name, run_name") == sorted(wanted)


@pytest.mark.parametrize("age", ["gati", "nameless"])
def test_numbering_goes_on_after_what_was_imported(
    request: pytest.FixtureRequest, sqlite_target: Target, age: str
) -> None:
    sqlite_target.import_(request.getfixturevalue(age))
    with sqlite_target.client() as client:
        record = {
            "record": "run",
            "run_id": "new",
            "agent_name": "reader",
            "status": "executing",
            "recorded_at": "2026-01-01T00:00:00Z",
        }
        answer = client.post("/api/records", json={"version": 1, "records": [record]})
        assert answer.json()["errors"] == []
        assert get(client, "/api/by-id/new")["run_name"] == "run 5"


def test_postgres_and_sqlite_hold_the_same_afterwards(
    sqlite_target: Target, empty_postgres_url: str, gati: Path, tmp_path: Path
) -> None:
    migrate_own(empty_postgres_url)
    options = ("--data", str(tmp_path / "other"), "--database", empty_postgres_url)
    other = Target(options, empty_postgres_url, sqlite_target.settings)
    sqlite_target.import_(gati)
    other.import_(gati)
    assert exports_of(sqlite_target.database_url) == exports_of(other.database_url)


def test_events_of_missing_runs_and_broken_data_are_told(sqlite_target: Target, gati: Path, tmp_path: Path) -> None:
    path = tmp_path / "gati.db"
    shutil.copy(gati, path)
    ids = [row[0] for row in query(path, "SELECT event_id FROM events ORDER BY rowid LIMIT 4")]
    with closing(sqlite3.connect(path)) as connection:
        for statement in (
            f"UPDATE events SET run_id = 'gone' WHERE event_id = '{ids[0]}'",
            f"UPDATE events SET data = '{{' WHERE event_id = '{ids[1]}'",
            f"UPDATE events SET timestamp = 'yesterday', data = x'ff' WHERE event_id = '{ids[2]}'",
            f"UPDATE events SET parent_event_id = event_id, event_type = 7 WHERE event_id = '{ids[3]}'",
        ):
            connection.execute(statement)
        connection.commit()
    report = sqlite_target.import_(path)
    assert report["reconciled"] is True
    events = next(table for table in report["tables"] if table["table"] == "events")
    assert events["found"] - events["stored"] == sum(reason["count"] for reason in events["left_out"]) == 1
    stored = {row[1] for row in sqlite_target.rows("events", "run_pk, event_id")}
    assert set(ids[1:]) <= stored
    assert ids[0] not in stored
