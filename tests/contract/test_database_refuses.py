"""What the database itself refuses, whatever the code above it does: rows of another run, and names that are taken."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from runreel.model.scope import Scope
from runreel.storage.sql import SqlStore, schema
from runreel.storage.sql.dialect import make_dialect
from runreel.storage.sql.key import run_pk_of
from runreel.testing.record import NOW, make_run
from runreel.testing.workflow import make_workflow


@pytest.fixture(params=["sqlite", "postgres"])
def opened(request: pytest.FixtureRequest) -> Iterator[tuple[SqlStore, Engine]]:
    url_fixture = {"sqlite": "sqlite_url", "postgres": "migrated_postgres_url"}[request.param]
    engine = make_dialect(request.getfixturevalue(url_fixture)).write_engine()
    yield request.getfixturevalue(f"{request.param}_store"), engine
    engine.dispose()


@pytest.fixture
def project(request: pytest.FixtureRequest) -> str:
    return request.node.nodeid


@pytest.fixture
def pks(opened: tuple[SqlStore, Engine], project: str) -> dict[str, int]:
    """Give the keys of two runs: `a` is a whole workflow, `b` is empty."""
    store, _ = opened
    store.runs.apply([(Scope(project=project), [*make_workflow("a"), make_run("b")])], now=NOW)
    return {run_id: run_pk_of(project, run_id) for run_id in ("a", "b")}


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (schema.events, ("node_id",)),
        (schema.messages, ("node_id",)),
        (schema.files, ("node_id",)),
        (schema.edges, ("source", "target")),
    ],
    ids=lambda value: value.name if isinstance(value, Table) else "",
)
def test_rows_of_one_run_can_not_name_nodes_of_another(
    opened: tuple[SqlStore, Engine], pks: dict[str, int], table: Table, columns: tuple[str, ...]
) -> None:
    """The run `b` has no `step_1`; that of `a` does not count."""
    _, engine = opened
    for column in columns:
        row = _row_of(engine, table, pks["a"], column)
        others = {name: None for name in columns if name != column and table.c[name].nullable}
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(insert(table).values({**row, **others, "run_pk": pks["b"]}))


@pytest.mark.parametrize(
    "table",
    [schema.nodes, schema.edges, schema.events, schema.payload_blocks, schema.messages, schema.files, schema.run_tags],
    ids=lambda table: table.name,
)
def test_there_are_no_rows_without_a_run(opened: tuple[SqlStore, Engine], pks: dict[str, int], table: Table) -> None:
    _, engine = opened
    row = {"run_pk": 0, "tag": "t"} if table is schema.run_tags else {**_row_of(engine, table, pks["a"]), "run_pk": 0}
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(insert(table).values(row))


def test_keys_below_a_run_begin_with_the_run() -> None:
    below = [table for table in schema.metadata.tables.values() if "run_pk" in table.columns]
    assert {table.name for table in below} >= {"nodes", "edges", "events", "payload_blocks", "messages", "files"}
    for table in below:
        if table is not schema.run_aliases:
            assert next(iter(table.primary_key.columns)).name == "run_pk", table.name


def test_two_runs_of_an_agent_can_not_have_one_name(opened: tuple[SqlStore, Engine], pks: dict[str, int]) -> None:
    _, engine = opened
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(update(schema.runs).where(schema.runs.c.run_pk == pks["b"]).values(run_name="run 1"))


def test_a_run_id_is_unique_in_its_project(opened: tuple[SqlStore, Engine], pks: dict[str, int]) -> None:
    _, engine = opened
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(update(schema.runs).where(schema.runs.c.run_pk == pks["b"]).values(run_id="a"))


@pytest.mark.parametrize("column", ["agent_name", "session_id", "project"])
def test_a_run_belongs_to_an_agent_and_a_session_of_its_project(
    opened: tuple[SqlStore, Engine], pks: dict[str, int], column: str
) -> None:
    _, engine = opened
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(update(schema.runs).where(schema.runs.c.run_pk == pks["b"]).values({column: "nobody's"}))


def test_late_records_are_counted_at_the_tombstone(opened: tuple[SqlStore, Engine], project: str) -> None:
    store, engine = opened
    scope = Scope(project=project)
    store.runs.apply([(scope, make_workflow("a"))], now=NOW)
    store.runs.delete_run(scope, "a", now=NOW)
    for _ in range(2):
        store.runs.apply([(scope, make_workflow("a"))], now=NOW)
    with engine.connect() as connection:
        tombstone = connection.execute(select(schema.tombstones).where(schema.tombstones.c.project == project)).one()
    assert (tombstone.run_id, tombstone.deleted_at, tombstone.late_count) == ("a", NOW, 2 * len(make_workflow("a")))


def test_a_deletion_leaves_no_row_below_the_run(opened: tuple[SqlStore, Engine], project: str) -> None:
    store, engine = opened
    scope = Scope(project=project)
    store.runs.apply([(scope, [*make_workflow("a"), make_run("a", at=NOW, tags=["t"])])], now=NOW)
    store.runs.rename_run(scope, "a", "mine")
    store.runs.delete_run(scope, "a", now=NOW)
    with engine.connect() as connection:
        for table in schema.metadata.tables.values():
            if "run_pk" in table.columns:
                left = select(table).where(table.c.run_pk == run_pk_of(project, "a"))
                assert connection.execute(left).all() == [], table.name
        rollups = connection.execute(select(schema.rollups).where(schema.rollups.c.project == project)).all()
    assert rollups == []


def _row_of(engine: Engine, table: Table, run_pk: int, column: str | None = None) -> dict[str, object]:
    statement = select(table).where(table.c.run_pk == run_pk)
    if column is not None:
        statement = statement.where(table.c[column].is_not(None))
    with engine.connect() as connection:
        row = connection.execute(statement.limit(1)).one()
    return dict(row._mapping)
