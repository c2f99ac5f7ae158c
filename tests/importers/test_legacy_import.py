"""The legacy workflow database, imported: each run has what is its own, and every row is accounted for."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bench.legacy_schema import Age, write_postgres
from tests.importers.target import Target, get
from tests.support.legacy_database import Builder, complete_tables, hashed_tables, reference_tables, write


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("legacy") / "reference.db", reference_tables())


def step_events(path: Path, node: str) -> dict[str, set[str]]:
    """Return the events of each run that name a node."""
    events: dict[str, set[str]] = {}
    with closing(sqlite3.connect(path)) as connection:
        for run_id, event_id in connection.execute(
            "SELECT run_id, id FROM execution_events WHERE node_id = ?", (node,)
        ):
            events.setdefault(run_id, set()).add(event_id)
    return events


def test_each_run_has_its_own_events_of_a_node_that_all_share(target: Target, reference: Path) -> None:
    report = target.import_(reference)
    assert report["runs"] == {"new": 265, "same": 0, "changed": 0, "refused": 0, "renamed": 0}
    assert report["reconciled"] is True
    wanted = step_events(reference, "step_1")
    assert (len(wanted), sum(map(len, wanted.values()))) == (35, 454)
    with target.client() as client:
        for run_id, event_ids in wanted.items():
            found = get(client, f"/api/runs/{run_id}/nodes/step_1/events", limit=100)
            assert {event["event_id"] for event in events_of(found)} == event_ids
            assert 12 <= len(event_ids) <= 16
        for node, n_runs in (("planning", 35), ("terminator", 42)):
            of_node = step_events(reference, node)
            assert len(of_node) == n_runs
            for run_id, event_ids in of_node.items():
                found = get(client, f"/api/runs/{run_id}/nodes/{node}/events")
                assert {event["event_id"] for event in events_of(found)} == event_ids


def test_every_row_is_accounted_for_table_by_table(target: Target, reference: Path) -> None:
    report = target.import_(reference)
    found = {table["table"]: table["found"] for table in report["tables"] if table["found"]}
    assert found == {
        "sessions": 123,
        "workflow_runs": 265,
        "dag_nodes": 153,
        "dag_edges": 68,
        "execution_events": 635,
        "messages": 3,
        "files": 31,
    }
    assert all(table["found"] == table["stored"] for table in report["tables"])
    kinds = {kind["kind"]: (kind["sent"], kind["made"], kind["kept"]) for kind in report["kinds"]}
    # 34 runs get a planning and a step_1 that they don't own, 41 a terminator.
    assert kinds["nodes"] == (153 + 109, 109, 153 + 109)
    assert kinds["events"] == (635, 0, 635)
    assert kinds["sessions"] == (123, 0, 123)
    assert len(target.rows("events", "run_pk, event_id")) == 635
    assert len(target.rows("sessions", "session_id, name")) == 123


def test_a_second_import_changes_nothing(target: Target, reference: Path) -> None:
    target.import_(reference)
    before = target.numbers(), target.rows("sessions", "session_id, name")
    report = target.import_(reference)
    assert report["runs"] == {"new": 0, "same": 265, "changed": 0, "refused": 0, "renamed": 0}
    assert report["reconciled"] is True
    assert (target.numbers(), target.rows("sessions", "session_id, name")) == before


def test_deleting_any_run_leaves_all_others_whole(sqlite_target: Target, reference: Path) -> None:
    sqlite_target.import_(reference)
    wanted = step_events(reference, "step_1")
    with sqlite_target.client() as client:
        for gone in list(wanted)[:3]:
            assert client.delete(f"/api/by-id/{gone}").status_code == 200
            del wanted[gone]
            for run_id, event_ids in wanted.items():
                found = get(client, f"/api/runs/{run_id}/nodes/step_1/events", limit=100)
                assert {event["event_id"] for event in events_of(found)} == event_ids


def test_runs_are_named_by_their_agents_creation_order(sqlite_target: Target, reference: Path) -> None:
    sqlite_target.import_(reference)
    with closing(sqlite3.connect(reference)) as connection:
        rows = connection.execute(
            "SELECT id, agent, coalesce(started_at, (SELECT min(timestamp) FROM execution_events e WHERE e.run_id = "
            "r.id), (SELECT created_at FROM sessions s WHERE s.id = r.session_id)) FROM workflow_runs r"
        ).fetchall()
    numbers: dict[str, int] = {}
    wanted: dict[str, str] = {}
    for run_id, agent, _ in sorted(rows, key=lambda row: (row[1], row[2], row[0])):
        numbers[agent] = numbers.get(agent, 0) + 1
        wanted[run_id] = f"run {numbers[agent]}"
    assert dict(sqlite_target.rows("runs", "run_id, run_name")) == wanted
    assert {row[1] for row in sqlite_target.rows("agents", "agent_name, last_number")} == set(numbers.values())


def test_a_dry_run_keeps_nothing(target: Target, reference: Path) -> None:
    report = target.import_(reference, "--dry-run")
    assert (report["runs"]["new"], report["reconciled"], report["dry_run"]) == (265, True, True)
    assert target.rows("runs", "run_id, agent_name") == []
    assert target.rows("sessions", "session_id, name") == []
    assert target.rows("imports", "import_id, kind") == []


def test_one_session_can_take_all_runs(sqlite_target: Target, reference: Path) -> None:
    report = sqlite_target.import_(reference, "--into", "old")
    assert report["reconciled"] is True
    assert {row[0] for row in sqlite_target.rows("runs", "session_id, run_id")} == {"old"}


def test_hashed_nodes_become_short_ones(target: Target, tmp_path: Path) -> None:
    source = write(tmp_path / "hashed.db", hashed_tables(), Age.NEW)
    report = target.import_(source)
    assert report["reconciled"] is True
    with target.client() as client:
        for run in get(client, "/api/runs")["runs"]:
            dag = get(client, f"/api/by-id/{run['run_id']}/dag")
            nodes = {node["node_id"] for node in dag["nodes"]}
            assert nodes == {"planning", "step_1", "step_2", "step_3", "terminator"}
            pairs = [(edge["source"], edge["target"]) for edge in dag["edges"] if edge["is_declared"]]
            assert pairs == [("planning", "step_1"), ("step_1", "step_2"), ("step_2", "terminator")]
            events = events_of(get(client, f"/api/runs/{run['run_id']}/nodes/step_1/events"))
            assert len(events) == 2


def test_what_other_tables_tell_stands_where_it_belongs(target: Target, tmp_path: Path) -> None:
    source = write(tmp_path / "complete.db", complete_tables(), Age.NEW)
    report = target.import_(source)
    assert report["reconciled"] is True
    assert sum(table["found"] - table["stored"] for table in report["tables"]) == 0
    with target.client() as client:
        runs = {run["status"] + str(run["parent_run_id"] is not None): run for run in get(client, "/api/runs")["runs"]}
        parent, child = runs["completedFalse"], runs["failedTrue"]
        assert child["parent_run_id"] == parent["run_id"]
        details = get(client, f"/api/by-id/{child['run_id']}")
        assert details["mode"] == "planning_control"
        assert details["metadata"]["hypothesis"] == "A lower temperature helps"
        assert details["metadata"]["branch"]["meta"] == {"weight": 2}
        step = get(client, f"/api/by-id/{parent['run_id']}/dag")["nodes"][0]
        assert (step["node_id"], step["goal"], step["status"]) == ("step_1", "Goal 1", "completed")
        assert step["metadata"]["summary"] == "Summary 1"
        events = get(client, f"/api/by-id/{parent['run_id']}/events", limit=100)["events"]
        kinds = sorted((event["event_type"], event["event_subtype"] or "") for event in events)
        assert [kind for kind in kinds if kind[0] not in {"agent_call", "code_exec"}] == [
            ("approval_requested", "approve"),
            ("approval_requested", "pending"),
            ("info", "checkpoint"),
            ("info", "metric"),
            ("info", "metric"),
            ("llm_call", ""),
            ("llm_call", ""),
            ("state_transition", "info"),
        ]
        assert parent["tokens_in"] == 2_000
        assert parent["total_cost"] == pytest.approx(0.012501)
        history = get(client, f"/api/by-id/{parent['run_id']}/history")
        assert history["transitions"][0]["why"] == "The plan is approved"
        session = get(client, f"/api/sessions/{parent['session_id']}")
        assert session["metadata"]["projects"][0]["name"] == "Forecast"
        assert session["metadata"]["topic"] == "weather"


def events_of(found: Any) -> list[dict[str, Any]]:
    return found["events"] if isinstance(found, dict) else found


def test_a_database_in_postgresql_comes_as_the_file_does(
    empty_postgres_url: str, tmp_path: Path, reference: Path
) -> None:
    write_postgres(empty_postgres_url, complete_tables(), Age.NEW)
    file = write(tmp_path / "complete.db", complete_tables(), Age.NEW)
    targets = [Target.at(tmp_path / name) for name in ("of-file", "of-server")]
    reports = [target.import_(source) for target, source in zip(targets, (file, empty_postgres_url), strict=True)]
    assert reports[1]["source"] == empty_postgres_url.rsplit("/", 1)[-1].partition("?")[0]
    for name in ("kind", "runs", "tables", "kinds", "reconciled"):
        assert reports[1][name] == reports[0][name], name
    columns = "run_id, agent_name, run_name, status, created_at, event_count, cost_nanos"
    assert targets[1].rows("runs", columns) == targets[0].rows("runs", columns)
    columns = "run_pk, event_id, sequence, started_at, ended_at, node_id, name, tokens_in"
    assert targets[1].rows("events", columns) == targets[0].rows("events", columns)


def test_a_run_that_was_deleted_is_refused_with_all_its_rows_until_it_is_to_be_revived(
    target: Target, reference: Path
) -> None:
    target.import_(reference)
    gone, event_ids = next(iter(step_events(reference, "step_1").items()))
    with target.client() as client:
        assert client.delete(f"/api/by-id/{gone}").status_code == 200
    report = target.import_(reference, code=1)
    assert report["runs"]["refused"] == 1
    assert [run["run_id"] for run in report["refused_runs"]] == [gone]
    tables = {table["table"]: table for table in report["tables"]}
    [left_out] = tables["execution_events"]["left_out"]
    assert left_out["reason"].startswith("the run was refused: it was deleted here")
    assert left_out["count"] >= len(event_ids)
    assert left_out["examples"] == [gone]
    # What is left adds up all the same.
    assert all(table["reconciled"] for table in report["tables"])
    assert report["reconciled"] is True
    assert target.import_(reference, "--revive")["runs"] == {
        "new": 1,
        "same": 264,
        "changed": 0,
        "refused": 0,
        "renamed": 0,
    }


def test_rows_are_accounted_for_however_many_runs_are_refused(tmp_path: Path) -> None:
    target, path = Target.at(tmp_path / "data"), tmp_path / "many.db"
    build, n_runs = Builder(), 1_020
    session_id = build.session()
    for _ in range(n_runs):
        build.run(session_id)
    write(path, build.tables)
    target.import_(path)
    with target.client() as client:
        while not client.post("/api/runs/delete", json={"all": True}).json()["is_complete"]:
            pass
    report = target.import_(path, code=1)
    assert (report["runs"]["refused"], report["reconciled"]) == (n_runs, True)


def test_reports_are_kept_and_tell_no_folder(target: Target, reference: Path) -> None:
    first = target.import_(reference)
    second = target.import_(reference)
    with target.client() as client:
        listed = get(client, "/api/imports")["imports"]
        assert [(each["import_id"], each["new"], each["same"]) for each in listed] == [
            (second["import_id"], 0, 265),
            (first["import_id"], 265, 0),
        ]
        kept = get(client, f"/api/imports/{first['import_id']}")
    assert {name: first[name] for name in kept} == kept
    assert kept["source"] == "reference.db"


def test_the_report_is_a_table_for_people(sqlite_target: Target, reference: Path) -> None:
    result = sqlite_target.run("import", str(reference))
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == "Legacy workflow database reference.db: 265 runs new, 0 same, 0 changed, 0 refused."
    assert lines[1].split() == ["TABLE", "FOUND", "STORED", "MERGED", "LEFT", "OUT"]
    assert "execution_events     635     635       0         0" in lines
    assert "nodes         262   109              262" in lines
    assert lines[-1] == "1,278 rows found, all accounted for, and the database has all that was sent."


def test_files_are_only_for_databases(sqlite_target: Target, tmp_path: Path) -> None:
    bundle = tmp_path / "runs.jsonl"
    bundle.write_text("{}")
    result = sqlite_target.run("import", str(bundle), "--files", str(tmp_path))
    assert (result.code, result.err.startswith("runreel: --files is for databases")) == (2, True)


def test_files_come_along_with_their_bytes(target: Target, tmp_path: Path) -> None:
    build = Builder()
    run_id = build.run(build.session())
    (tmp_path / "work" / run_id).mkdir(parents=True)
    (tmp_path / "work" / run_id / "a.txt").write_bytes(b"hello")
    file_id = build.file(run_id, file_path=f"/gone/{run_id}/a.txt", size_bytes=5)
    source = write(tmp_path / "files.db", build.tables)
    assert target.import_(source, "--files", str(tmp_path / "work"))["reconciled"] is True
    with target.client() as client:
        assert client.get(f"/api/by-id/{run_id}/files/{file_id}/content").content == b"hello"
