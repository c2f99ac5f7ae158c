"""Importing what is broken: a clear sentence or a line of the report, never half a run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bench.legacy_schema import Age
from tests.importers.target import Target
from tests.support.broken_database import BROKEN, Break, corrupt_page
from tests.support.foreign_program import locking
from tests.support.legacy_database import Builder, complete_tables, write


def execute(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
    return path


@pytest.mark.parametrize(("make_broken", "told"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_fails_with_one_line_and_keeps_nothing(
    sqlite_target: Target, tmp_path: Path, make_broken: Break, told: str
) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    result = sqlite_target.run("import", str(make_broken(folder)))

    assert result.code == 1
    assert result.err.startswith("runreel: ")
    assert result.err.count("\n") == 1
    assert "Traceback" not in result.err
    if told.startswith(("is cut off", "is damaged", "a program", "is a database", "its tables", "has no tables")):
        assert told in result.err
    if Path(sqlite_target.database_url.removeprefix("sqlite:///")).exists():
        assert sqlite_target.rows("runs", "run_id, status") == []


@pytest.mark.parametrize("name", ["missing", "directory", "empty", "no database", "encrypted"])
def test_what_is_neither_a_database_nor_a_bundle_is_told(sqlite_target: Target, tmp_path: Path, name: str) -> None:
    make_broken, _ = BROKEN[name]
    folder = tmp_path / "broken"
    folder.mkdir()
    path = make_broken(folder)
    result = sqlite_target.run("import", str(path))
    assert (result.code, result.out) == (1, "")
    assert repr(str(path)) in result.err


def test_pages_that_are_damaged_in_the_middle_leave_no_half_run(sqlite_target: Target, tmp_path: Path) -> None:
    """What was read before the damage may be there, whole; the next import of a sound copy brings the rest."""
    build = Builder()
    session_id = build.session()
    n_of_run: dict[str, int] = {}
    for _ in range(40):
        run_id = build.run(session_id)
        n_of_run[run_id] = 30
        for number in range(30):
            build.event(run_id, f"step_{number % 3}", outputs='"' + "x" * 900 + '"')
    path = write(tmp_path / "old.db", build.tables)
    sound = path.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        # Some leaf in the second half; rows are found by their keys, so the first runs can be read.
        file.seek(len(sound) * 3 // 4 // page_bytes * page_bytes)
        file.write(b"\xff" * page_bytes)

    result = sqlite_target.run("import", str(path))

    assert result.code == 1
    assert f"'{path}' is damaged" in result.err
    for run_id, n_events in sqlite_target.rows("runs", "run_id, event_count"):
        assert n_events == n_of_run[run_id]
    path.write_bytes(sound)
    report = sqlite_target.import_(path)
    assert (report["reconciled"], report["runs"]["refused"]) == (True, 0)
    assert dict(sqlite_target.rows("runs", "run_id, event_count")) == n_of_run


def test_a_dry_run_of_a_damaged_file_says_the_same(sqlite_target: Target, tmp_path: Path) -> None:
    result = sqlite_target.run("import", "--dry-run", str(corrupt_page(tmp_path)))
    assert result.code == 1
    assert "is damaged" in result.err


@pytest.mark.parametrize(
    "statements",
    [
        ["DROP TABLE dag_nodes", "DROP TABLE dag_edges", "DROP TABLE sessions"],
        ["DROP TABLE execution_events"],
        ["ALTER TABLE execution_events DROP COLUMN meta", "ALTER TABLE workflow_runs DROP COLUMN started_at"],
        ["ALTER TABLE messages DROP COLUMN content", "ALTER TABLE files DROP COLUMN file_path"],
    ],
)
def test_missing_tables_and_columns_cost_nothing_else(
    sqlite_target: Target, tmp_path: Path, statements: list[str]
) -> None:
    path = write(tmp_path / "old.db", complete_tables(), Age.NEW)
    for table in ("execution_events", "messages", "files", "dag_nodes", "workflow_runs"):
        for (index,) in sqlite3.connect(path).execute(
            "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?", (table,)
        ):
            statements = [f"DROP INDEX {index}", *statements]
    report = sqlite_target.import_(execute(path, *statements))
    assert (report["runs"]["new"], report["reconciled"]) == (3, True)


def test_rows_that_have_no_place_are_left_out_with_their_reasons(target: Target, tmp_path: Path) -> None:
    build = Builder()
    run_id = build.run(build.session())
    node_id = build.node(run_id)
    build.event(run_id, node_id)
    build.event("gone")
    build.event(run_id, id="")
    build.message("gone")
    build.file("gone")
    build.edge(node_id, "gone")
    build.node("gone", "lost")
    build.row("branches", parent_run_id=run_id, parent_step_id="gone", child_run_id="gone", branch_name="b")
    build.row("state_history", entity_type="run", entity_id="gone", to_state="failed")
    build.row(
        "cost_records", run_id="gone", model="m", prompt_tokens=1, completion_tokens=1, total_tokens=2, cost_usd=0
    )

    report = target.import_(write(tmp_path / "old.db", build.tables, Age.NEW))

    assert (report["reconciled"], report["runs"]["new"]) == (True, 1)
    left_out = {table["table"]: table["found"] - table["stored"] for table in report["tables"]}
    assert {table: n_rows for table, n_rows in left_out.items() if n_rows} == {
        "execution_events": 2,
        "messages": 1,
        "files": 1,
        "dag_edges": 1,
        "dag_nodes": 1,
        "branches": 1,
        "state_history": 1,
        "cost_records": 1,
    }
    for table in report["tables"]:
        assert sum(reason["count"] for reason in table["left_out"]) == left_out[table["table"]]
        assert all(reason["reason"] for reason in table["left_out"])


def test_cycles_of_parents_branches_and_runs_are_broken(target: Target, tmp_path: Path) -> None:
    build = Builder()
    session_id = build.session()
    for run_id, parent in (("one", "two"), ("two", "three"), ("three", "one"), ("itself", "itself")):
        build.run(session_id, id=run_id, parent_run_id=parent, branch_parent_id=parent)
        build.row("branches", parent_run_id=parent, child_run_id=run_id, branch_name="b", status="active")
        for number in range(3):
            build.event(run_id, id=f"{run_id} {number}", parent_event_id=f"{run_id} {(number + 1) % 3}")
        build.node(run_id, f"a of {run_id}", parent_node_id=f"b of {run_id}")
        build.node(run_id, f"b of {run_id}", parent_node_id=f"a of {run_id}")

    report = target.import_(write(tmp_path / "old.db", build.tables, Age.NEW))

    assert (report["reconciled"], report["runs"]["new"]) == (True, 4)
    with target.client() as client:
        for run_id in ("one", "two", "three", "itself"):
            trace = client.get(f"/api/by-id/{run_id}/events").json()["events"]
            assert len(trace) == 3
            assert any(event["parent_event_id"] is None for event in trace)
            # Walking up from any run comes to an end.
            seen: list[str] = []
            at: str | None = run_id
            while at is not None:
                assert at not in seen
                seen.append(at)
                at = client.get(f"/api/by-id/{at}").json()["parent_run_id"]


def test_a_locked_file_is_told(sqlite_target: Target, tmp_path: Path) -> None:
    path = write(tmp_path / "old.db", complete_tables(), Age.NEW)
    with locking(path):
        result = sqlite_target.run("import", str(path))
    assert result.code == 1
    assert result.err == f"runreel: '{path}' is locked by another program; end that program, or try again later\n"
