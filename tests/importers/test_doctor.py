"""`runreel doctor FILE`: what is told of databases of other programs."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from bench.gati_run import iter_run_events
from bench.legacy_schema import write_postgres
from tests.cli.command_line import CommandLine, Result
from tests.support.broken_database import BROKEN, Break
from tests.support.gati_server import running_gati
from tests.support.legacy_database import (
    Age,
    Builder,
    Tables,
    complete_tables,
    hashed_tables,
    reference_tables,
    write,
)

MODES = "runs whose mode is spelled in several ways: 'planning-control' (88), 'planning_control' (89)"


def doctor(address: object, *options: str, is_terminal: bool = False) -> Result:
    return CommandLine("")("doctor", str(address), *options, is_terminal=is_terminal)


def found_in(address: object) -> dict[str, Any]:
    result = doctor(address, "--json")
    assert result.err == ""
    found = json.loads(result.out)
    assert result.code == (0 if found["sound"] else 1)
    return found


def told(found: dict[str, Any]) -> dict[tuple[str, str], int]:
    """Return how many rows each finding is about, by table and detail."""
    return {(finding["table"], finding["detail"]): finding["rows"] for finding in found["findings"]}


def damage_of(tables: Tables, path: Path, age: Age = Age.NEW) -> dict[tuple[str, str], int]:
    """Return what is damaged, without what is only worth knowing."""
    found = found_in(write(path, tables, age))
    return told({"findings": [finding for finding in found["findings"] if finding["damage"]]})


def execute(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
    return path


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return tmp_path / "old.db"


@pytest.fixture(params=["sqlite", "postgres"])
def reference(request: pytest.FixtureRequest, old: Path) -> str:
    if request.param == "sqlite":
        return str(write(old, reference_tables()))
    url = request.getfixturevalue("empty_postgres_url")
    write_postgres(url, reference_tables(), Age.OLD)
    return url


def test_the_damage_of_the_analysed_database_is_named_with_its_counts(reference: str) -> None:
    found = found_in(reference)

    assert (found["kind"], found["sound"]) == ("legacy workflow database", False)
    assert {table: count for table, count in found["tables"].items() if count} == {
        "sessions": 123,
        "workflow_runs": 265,
        "dag_nodes": 153,
        "dag_edges": 68,
        "execution_events": 635,
        "messages": 3,
        "files": 31,
    }
    assert (found["nodes_by_name"], found["nodes_by_uuid"], found["nodes_by_hash"]) == (11, 142, 0)
    assert found["events_without_node"] == 48
    assert (found["mixed_events"], found["shared_node_count"]) == (531, 3)
    assert [(node["node_id"], node["runs"], node["events"]) for node in found["shared_nodes"]] == [
        ("step_1", 35, 454),
        ("terminator", 42, 42),
        ("planning", 35, 35),
    ]
    assert told(found) == {
        ("execution_events", "events whose node is another run's"): 513,
        ("files", "files whose node is another run's"): 30,
        ("messages", "messages whose node is another run's"): 2,
        ("workflow_runs", "runs without nodes of their own, though events of them name some"): 41,
        ("workflow_runs", "runs without nodes, and without events that name any"): 152,
        ("workflow_runs", MODES): 177,
    }  # fmt: skip


def test_the_text_says_the_same(old: Path) -> None:
    result = doctor(write(old, reference_tables()))

    assert result.code == 1
    assert "123 sessions, 265 workflow runs, 153 dag nodes, 68 dag edges, 635 execution events" in result.out
    assert "11 nodes called by names, 142 nodes called by UUIDs, 48 events without a node" in result.out
    assert "Nodes that several runs share: 3. Asked for by the node alone, 531 events would be mixed." in result.out
    assert [line.split()[:3] for line in result.out.splitlines() if line.startswith("step_1")] == [
        ["step_1", "35", "454"]
    ]
    assert "  execution_events: 513 events whose node is another run's" in result.out
    assert "`runreel import --dry-run FILE`" in result.out


def test_a_password_is_never_repeated(empty_postgres_url: str) -> None:
    write_postgres(empty_postgres_url, reference_tables(), Age.OLD)
    address = empty_postgres_url.replace("postgres@", "postgres:hunter2@", 1)
    result = doctor(address)
    assert result.code == 1
    assert "hunter2" not in result.out + result.err


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_a_sound_database_with_every_table_is_sound(request: pytest.FixtureRequest, old: Path, database: str) -> None:
    address = str(write(old, complete_tables(), Age.NEW))
    if database == "postgres":
        address = request.getfixturevalue("empty_postgres_url")
        write_postgres(address, complete_tables(), Age.NEW)
    result = doctor(address)
    assert (result.code, result.err) == (0, "")
    assert result.out.endswith("All is as it must be.\n")


def test_hashed_ids_are_counted_and_nodes_that_only_events_know_are_told(old: Path) -> None:
    found = found_in(write(old, hashed_tables(), Age.NEW))

    assert (found["nodes_by_hash"], found["events_without_node"], found["shared_node_count"]) == (16, 4, 0)
    assert told(found)["execution_events", "events whose node is missing"] == 4


def test_rows_that_point_into_other_runs_are_told(old: Path) -> None:
    build = Builder()
    session_id, other_session = build.session(), build.session()
    one, other = build.run(session_id), build.run(other_session)
    node, stage = build.node(one), build.node(other)
    step = build.row("workflow_steps", run_id=one, session_id=session_id, step_number=1, goal="", status="running")
    event = build.event(one, node, step_id=step)
    build.event(other, stage, parent_event_id=event)
    build.event(other, stage, step_id=step)
    build.event(other, stage, session_id=session_id)
    build.file(other, event_id=event)
    build.message(other, event_id=event, step_id=step)
    build.node(other, parent_node_id=node)
    build.edge(node, stage)
    build.row("branches", parent_run_id=other, parent_step_id=step, child_run_id=one, branch_name="b", status="active")

    assert damage_of(build.tables, old) == {
        ("execution_events", "events whose parent is another run's"): 1,
        ("execution_events", "events whose step is another run's"): 1,
        ("execution_events", "events whose session is not that of their run"): 1,
        ("files", "files whose event is another run's"): 1,
        ("messages", "messages whose event is another run's"): 1,
        ("messages", "messages whose step is another run's"): 1,
        ("dag_nodes", "nodes whose parent is another run's"): 1,
        ("dag_edges", "edges that lead from one run to another"): 1,
        ("branches", "branches whose step is another run's"): 1,
    }


def test_orphans_are_told(old: Path) -> None:
    build = Builder()
    session_id = build.session()
    run = build.run(session_id, project_id="gone", parent_run_id="gone", branch_parent_id="gone")
    build.run("gone")
    node = build.node(run)
    build.event("gone")
    build.event(run, "gone", step_id="gone", parent_event_id="gone")
    build.file("gone")
    build.file(run, node_id=node, event_id="gone")
    build.message("gone")
    build.edge(node, "gone")
    build.row(
        "cost_records", run_id="gone", model="m", prompt_tokens=1, completion_tokens=1, total_tokens=2, cost_usd=0
    )
    build.row("branches", parent_run_id="gone", parent_step_id="gone", child_run_id="lost", branch_name="b")
    build.row("state_history", entity_type="run", entity_id="gone", to_state="failed")
    build.row("state_history", entity_type="step", entity_id="gone", to_state="failed")

    assert damage_of(build.tables, old) == {
        ("workflow_runs", "runs whose session is missing"): 1,
        ("workflow_runs", "runs whose project is missing"): 1,
        ("workflow_runs", "runs whose parent is missing"): 1,
        ("workflow_runs", "runs whose origin is missing"): 1,
        ("execution_events", "events whose run is missing"): 1,
        ("execution_events", "events whose node is missing"): 1,
        ("execution_events", "events whose step is missing"): 1,
        ("execution_events", "events whose parent is missing"): 1,
        ("files", "files whose run is missing"): 1,
        ("files", "files whose event is missing"): 1,
        ("messages", "messages whose run is missing"): 1,
        ("dag_edges", "edges whose node is missing"): 1,
        ("cost_records", "costs whose run is missing"): 1,
        ("branches", "branches whose origin is missing"): 1,
        ("branches", "branches whose run is missing"): 1,
        ("branches", "branches whose step is missing"): 1,
        ("state_history", "changes of state whose run is missing"): 1,
        ("state_history", "changes of state whose step is missing"): 1,
    }


def test_cycles_are_told(old: Path) -> None:
    build = Builder()
    session_id = build.session()
    one, other = (
        build.run(session_id, id="one", parent_run_id="other"),
        build.run(session_id, id="other", branch_parent_id="one"),
    )
    for run in (one, other):
        build.node(run)
    build.run(session_id, id="child", parent_run_id="one")
    build.node("child", "a", parent_node_id="b")
    build.node("child", "b", parent_node_id="a")
    build.event(one, id="x", parent_event_id="z")
    build.event(one, id="y", parent_event_id="x")
    build.event(one, id="z", parent_event_id="y")
    build.event(one, id="itself", parent_event_id="itself")
    build.event(one, id="below", parent_event_id="x")
    build.event(other, id="first", parent_event_id="second")
    build.event(other, id="second")

    assert damage_of(build.tables, old) == {
        ("workflow_runs", "runs are their own ancestors"): 2,
        ("dag_nodes", "nodes are their own ancestors"): 2,
        ("execution_events", "events are their own ancestors"): 4,
    }


def test_ids_that_can_not_be_kept_are_told(old: Path) -> None:
    build = Builder()
    session_id = build.session()
    for run_id in ("has space", "x" * 65, "fine"):
        build.node(build.run(session_id, id=run_id), f"node of {run_id}"[:30])
    build.event("fine", id="")
    build.event("fine", id="tab\there")
    build.event("fine", id=None)
    path = write(old, build.tables, Age.NEW)
    execute(
        path,
        "CREATE TABLE copied AS SELECT * FROM execution_events",
        "DROP TABLE execution_events",
        "ALTER TABLE copied RENAME TO execution_events",
        "INSERT INTO execution_events (id, run_id) VALUES ('twice', 'fine'), ('twice', 'fine')",
    )
    found = told(found_in(path))
    assert {key: n_rows for key, n_rows in found.items() if "id" in key[1].split()} == {
        ("workflow_runs", "runs with an id that can't be kept"): 2,
        ("execution_events", "events without an id"): 1,
        ("execution_events", "events with an id that can't be kept"): 2,
        ("execution_events", "events share their id with another of them"): 2,
    }


def test_values_of_a_wrong_type_are_told(old: Path) -> None:
    path = write(old, complete_tables(), Age.NEW)
    execute(
        path,
        "UPDATE execution_events SET execution_order = 'first', inputs = '{\"a\": NaN}', timestamp = 'yesterday', "
        "agent_name = x'00' WHERE rowid = 1",
        "UPDATE execution_events SET outputs = x'ff', duration_ms = 1.5 WHERE rowid = 2",
        "UPDATE cost_records SET cost_usd = 'much'",
    )
    found = found_in(path)
    assert found["sound"] is False
    assert told({"findings": [finding for finding in found["findings"] if finding["check"] == "values"]}) == {
        ("execution_events", "events with a number in 'execution_order' that is none"): 1,
        ("execution_events", "events with a number in 'duration_ms' that is none"): 1,
        ("execution_events", "events with JSON in 'inputs' that is none"): 1,
        ("execution_events", "events with JSON in 'outputs' that is none"): 1,
        ("execution_events", "events with a time in 'timestamp' that is none"): 1,
        ("execution_events", "events with a text in 'agent_name' that is none"): 1,
        ("cost_records", "costs with a number in 'cost_usd' that is none"): 2,
    }
    assert any("yesterday" in example for finding in found["findings"] for example in finding["examples"])


def test_missing_and_unknown_tables_and_columns_are_told(old: Path) -> None:
    path = write(old, complete_tables(), Age.NEW)
    execute(
        path,
        "DROP TABLE files",
        "ALTER TABLE execution_events DROP COLUMN depth",
        "ALTER TABLE execution_events ADD COLUMN mood TEXT",
        "CREATE TABLE later (a)",
    )
    found = found_in(path)
    assert found["sound"] is True
    assert found["tables"]["later"] == 0
    assert {key for key in told(found) if key[0] in {"files", "execution_events", "later"}} == {
        ("files", "the table is missing"),
        ("execution_events", "without the columns depth"),
        ("execution_events", "with columns that are not known here: mood"),
        ("later", "a table that is not known here"),
    }


@pytest.mark.parametrize("statement", ["DROP TABLE workflow_runs", "ALTER TABLE workflow_runs DROP COLUMN id"])
def test_without_what_tells_the_runs_apart_it_is_damaged(old: Path, statement: str) -> None:
    build = Builder()
    build.event(build.run(build.session()))
    path = write(old, build.tables)
    if "COLUMN" in statement:
        # A key can't be dropped, so the table is made anew without it.
        statement = "CREATE TABLE copied AS SELECT agent, status FROM workflow_runs"
        execute(path, statement, "DROP TABLE workflow_runs", "ALTER TABLE copied RENAME TO workflow_runs")
    else:
        execute(path, statement)
    assert found_in(path)["sound"] is False


def test_lists_are_bounded_and_counts_are_not(old: Path) -> None:
    build = Builder()
    session_id = build.session()
    runs = [build.run(session_id), build.run(session_id)]
    for number in range(150):
        for run_id in runs:
            build.event(run_id, f"node_{number}")
    found = found_in(write(old, build.tables))

    assert (len(found["shared_nodes"]), found["shared_node_count"], found["mixed_events"]) == (100, 150, 300)
    assert all(len(finding["examples"]) <= 3 for finding in found["findings"])
    assert "… and 50 more" in doctor(old).out


def test_what_a_hostile_file_says_can_not_harm_a_terminal(old: Path) -> None:
    build = Builder()
    session_id = build.session()
    for _ in range(2):
        build.event(build.run(session_id), "\x1b[2Jstep\u202e")
    result = doctor(write(old, build.tables), is_terminal=True)
    assert "\x1b[2J" not in result.out
    assert "\u202e" not in result.out


@pytest.mark.parametrize(("make_broken", "sentence"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_fails_with_one_line(tmp_path: Path, make_broken: Break, sentence: str) -> None:
    result = doctor(make_broken(tmp_path), "--json")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("runreel: ")
    assert sentence in result.err
    assert result.err.count("\n") == 1


def test_options_about_the_own_database_are_refused(old: Path) -> None:
    write(old, complete_tables(), Age.NEW)
    for options in (("--quick",), ("--repair",), ("--data", "."), ("--database", "sqlite:///a")):
        result = doctor(old, *options)
        assert result.code == 2
        assert "leave them out" in result.err


@pytest.fixture(scope="module")
def gati(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a database that GATI's own server wrote, with runs of the same second."""
    path = tmp_path_factory.mktemp("gati") / "gati.db"
    rng, started_at = Random(3), datetime(2025, 1, 1, 10)  # noqa: DTZ001 - naive, as that SDK sends it
    with running_gati(path) as url, httpx.Client(base_url=url, trust_env=False, verify=False) as http:
        for agent in ("reader", "reader", "reader", "writer"):
            events = list(iter_run_events(rng, agent, n_events=12, started_at=started_at, has_graph=True))
            assert http.post("/api/events", json={"events": events}).status_code == 200
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE runs SET created_at = (SELECT min(created_at) FROM runs)")
        connection.commit()
    return path


def copied(path: Path, folder: Path) -> Path:
    copy = folder / path.name
    copy.write_bytes(path.read_bytes())
    return copy


def test_a_gati_database_as_its_server_writes_it_is_sound(gati: Path) -> None:
    found = found_in(gati)
    assert (found["kind"], found["sound"]) == ("GATI database", True)
    assert {table: found["tables"][table] for table in ("agents", "runs", "events")} == {
        "agents": 2,
        "runs": 4,
        "events": 48,
    }
    assert found["runs_with_name"] == 4
    assert told(found) == {("runs", "runs that their agent began in one second"): 3}


def test_the_damage_of_a_gati_database_is_told(gati: Path, tmp_path: Path) -> None:
    path = execute(
        copied(gati, tmp_path),
        "DELETE FROM agents WHERE name = 'writer'",
        "INSERT INTO events (event_id, run_id, agent_name, event_type, timestamp, data) "
        "SELECT 'other', run_id, 'elsewhere', 'tool_call', '2025-01-01', '{' FROM runs WHERE run_name = 'run 1' "
        "AND agent_name = 'reader'",
        "INSERT INTO events (event_id, run_id, agent_name, event_type, timestamp, data) "
        "VALUES ('lost', 'gone', 'reader', 'step', '2025-01-01', '{}')",
        "UPDATE events SET parent_event_id = 'gone' WHERE event_id = 'lost'",
        "UPDATE events SET previous_event_id = 'lost' WHERE event_id = 'other'",
        "INSERT INTO runs (run_id, agent_name, run_name) VALUES ('idle', 'reader', 'temp_1')",
    )
    found = told(found_in(path))
    del found["runs", "runs that their agent began in one second"]
    assert found == {
        ("runs", "runs whose agent is missing"): 1,
        ("events", "events whose run is missing"): 1,
        ("events", "events whose parent is missing"): 1,
        ("events", "events whose previous event is another run's"): 1,
        ("events", "events whose agent is not that of their run"): 1,
        ("events", "events with JSON in 'data' that is none"): 1,
        ("runs", "runs without a name of their own"): 1,
        ("runs", "runs without events"): 1,
    }
