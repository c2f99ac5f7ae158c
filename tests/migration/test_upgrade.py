"""A database of every earlier schema is brought to the present one with all that is in it, and its sums are right.

`schema_0001.json` has the rows that Runreel wrote when 0001 was its schema: two projects, with runs that were renamed,
moved and deleted. `schema_0002.json` has what became of them, and in each project a run whose events are below those
that name nodes, wait for their parents, or are in a circle. `schema_0003.json` has in each also runs that failed, with
errors of several shapes, and one whose recorder numbers its records. `schema_0004.json` has reports of imports too,
`schema_0005.json` runs whose agents asked people.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, inspect, text

from runreel.model.error_line import error_line
from runreel.model.run import RunFilter
from runreel.model.scope import Scope
from runreel.storage.sql import migrate, migration, open_store
from runreel.storage.sql.dialect import make_dialect
from runreel.storage.sql.doctor import examine
from runreel.testing.record import AT, HOUR, NOW, make_event, make_llm_call, make_run, make_run_end

FOLDER = Path(__file__).parent
EARLIER = sorted(path.stem.removeprefix("schema_") for path in FOLDER.glob("schema_*.json"))
SCOPES = (Scope(), Scope(project="other"))


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'runreel.db'}"
    return request.getfixturevalue("empty_postgres_url")


@pytest.fixture
def engine(empty_url: str) -> Iterator[Engine]:
    engine = make_dialect(empty_url).write_engine()
    yield engine
    engine.dispose()


@pytest.fixture(params=EARLIER)
def tables(request: pytest.FixtureRequest, engine: Engine) -> dict[str, Any]:
    """Make a database of an earlier schema; give the rows in it by table."""
    content = json.loads((FOLDER / f"schema_{request.param}.json").read_text(encoding="utf-8"))
    config = Config()
    config.set_main_option("script_location", str(Path(migration.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, request.param)
        for table, kept in content.items():
            assert {column["name"] for column in inspect(connection).get_columns(table)} == set(kept["columns"])
            marks = ", ".join(f":{name}" for name in kept["columns"])
            statement = text(f"INSERT INTO {table} ({', '.join(kept['columns'])}) VALUES ({marks})")
            rows = [dict(zip(kept["columns"], map(value_of, row), strict=True)) for row in kept["rows"]]
            connection.execute(statement, rows)
            content[table] = rows
    return content


def value_of(stored: Any) -> Any:
    return base64.b64decode(stored["bytes"]) if isinstance(stored, dict) else stored


def test_every_earlier_schema_is_tested() -> None:
    versions = Path(migration.__file__).parent / "migrations" / "versions"
    revisions = {path.name.partition("_")[0] for path in versions.glob("0*.py")}
    assert set(EARLIER) == revisions - {migration.HEAD}


def test_sums_of_an_upgraded_database_equal_a_recount(empty_url: str, tables: dict[str, Any]) -> None:
    migrate(empty_url)
    diagnosis = examine(empty_url)
    assert diagnosis.findings == ()
    assert (diagnosis.n_runs, diagnosis.n_events) == (len(tables["runs"]), len(tables["events"]))


def test_events_know_of_which_node_they_are(empty_url: str, engine: Engine, tables: dict[str, Any]) -> None:
    migrate(empty_url)
    of_events = {(row["run_pk"], row["event_id"]): row for row in tables["events"]}

    def node_of(row: dict[str, Any] | None, below: frozenset[str] = frozenset()) -> str | None:
        if row is None or row["event_id"] in below:
            return None
        parent = of_events.get((row["run_pk"], row["parent_event_id"]))
        return row["node_id"] or node_of(parent, below | {row["event_id"]})

    expected = {key: node_of(row) for key, row in of_events.items()}
    assert len(set(expected.values())) > 2
    with engine.connect() as connection:
        found = connection.execute(text("SELECT run_pk, event_id, member_of FROM events")).all()
    assert {(row[0], row[1]): row[2] for row in found} == expected


def test_runs_know_their_error_in_one_line(empty_url: str, tables: dict[str, Any]) -> None:
    migrate(empty_url)
    store = open_store(empty_url)
    for scope in SCOPES:
        runs = store.runs.list_runs(scope, RunFilter(), limit=100).items
        errors = {run.run_id: store.runs.get_run_detail(scope, run.run_id).error for run in runs}
        assert {run.run_id: run.error_line for run in runs} == {key: error_line(error) for key, error in errors.items()}
        if "recorders" in tables:
            assert len({run.error_line for run in runs}) == 5
    store.close()


def test_runs_wait_for_approvals_that_are_open(empty_url: str, tables: dict[str, Any]) -> None:
    migrate(empty_url)
    asked = [row for row in tables["events"] if row["event_type"] == "approval_requested"]
    store = open_store(empty_url)
    for scope in SCOPES:
        runs = {run.run_id: run for run in store.runs.list_runs(scope, RunFilter(), limit=100).items}
        assert sum(run.n_open_approvals for run in runs.values()) == len(asked) / 8 * 3
        if asked:
            assert (runs["asks"].status, runs["asks"].n_open_approvals) == ("waiting_approval", 2)
            assert (runs["asked in vain"].status, runs["asked in vain"].n_open_approvals) == ("failed", 1)
            assert store.approvals.count_open_approvals(scope) == 2
    store.close()


def test_no_row_is_lost_or_changed(empty_url: str, engine: Engine, tables: dict[str, Any]) -> None:
    migrate(empty_url)
    with engine.connect() as connection:
        for table, rows in tables.items():
            names = [name for name in rows[0] if (table, name) not in CHANGED]
            found = connection.execute(text(f"SELECT {', '.join(names)} FROM {table}")).all()
            assert sorted(map(repr, map(tuple, found))) == sorted(
                repr(tuple(row[name] for name in names)) for row in rows
            ), table


# Rollups of runs did not have what the runs consumed, and runs did not wait for approvals.
CHANGED = {("runs", "status")} | {
    ("rollups", name)
    for name in (
        *("tokens_in", "tokens_out", "tokens_cached", "tokens_cache_write", "tokens_reasoning"),
        *("cost_nanos", "unpriced_count"),
    )
}


def test_an_upgraded_database_goes_on(empty_url: str, tables: dict[str, Any]) -> None:
    """Late records of runs that are there, corrections, new runs and deletions keep the sums right."""
    migrate(empty_url)
    store = open_store(empty_url)
    for scope in SCOPES:
        late = [
            make_llm_call("parent", "b", at=AT + 2 * HOUR, tokens_in=70, cost_nanos=None),
            make_event("new", "r7", at=AT + HOUR, duration_us=5),
            make_run_end("r7", at=AT + 40 * HOUR),
            make_run("new"),
            make_event("e", "new"),
        ]
        assert store.runs.apply([(scope, late)], now=NOW)[0].refused == []
        assert len(store.runs.apply([(scope, [make_run("gone")])], now=NOW)[0].refused) == 1
        store.runs.delete_run(scope, "r1", now=NOW)
        assert store.runs.get_run_by_name(scope, "planner", "mine").run_id == "a"
        assert len(store.runs.list_runs(scope, RunFilter(), limit=100).items) == len(tables["runs"]) // 2
    store.close()
    assert examine(empty_url).findings == ()
