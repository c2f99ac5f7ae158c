"""The schema that migrations make is the declared one, on both databases."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from runreel.errors import SchemaVersionError, StorageError
from runreel.model.scope import Scope
from runreel.storage.sql import migrate, migration, open_store
from runreel.storage.sql.dialect import make_dialect
from runreel.storage.sql.schema import metadata
from runreel.testing.record import NOW, make_run
from runreel.testing.workflow import make_workflow
from tests.support.patience import PATIENCE_S

NOT_ON = {"sqlite": "runs_newest", "postgresql": "runs_listed"}


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'runreel.db'}"
    return request.getfixturevalue("empty_postgres_url")


@pytest.fixture
def engine(empty_url: str) -> Iterator[Engine]:
    engine = make_dialect(empty_url).write_engine()
    yield engine
    engine.dispose()


def test_a_migrated_database_is_as_declared(empty_url: str, engine: Engine) -> None:
    migrate(empty_url)
    opts = {"compare_type": True, "compare_server_default": True}
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=opts)
        differences = compare_metadata(context, metadata)
    # It does not know that an index may be for one kind of database only; the test below does.
    [(change, index)] = differences
    assert (change, index.name) == ("add_index", NOT_ON[engine.dialect.name])


def test_checks_keys_and_partial_indexes_are_as_declared(empty_url: str, engine: Engine) -> None:
    """What the comparison above does not look at."""
    migrate(empty_url)
    with engine.connect() as connection:
        migrated = {name: _details_of(connection, name) for name in metadata.tables}
        metadata.drop_all(connection)
        metadata.create_all(connection)
        declared = {name: _details_of(connection, name) for name in metadata.tables}
        connection.rollback()
    assert migrated == declared


def test_the_head_that_the_code_needs_is_that_of_the_scripts() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migration.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [migration.HEAD]


def test_migrating_says_from_where_to_where(empty_url: str) -> None:
    first, second = migrate(empty_url), migrate(empty_url)
    assert (first.from_revision, first.to_revision) == (None, migration.HEAD)
    assert (second.from_revision, second.to_revision) == (migration.HEAD, migration.HEAD)


def test_migrating_twice_changes_nothing(empty_url: str, engine: Engine) -> None:
    migrate(empty_url)
    store = open_store(empty_url)
    store.runs.apply([(Scope(), [*make_workflow("a"), make_run("b")])], now=NOW)
    before = store.runs.get_run(Scope(), "a")
    store.close()
    migrate(empty_url)
    store = open_store(empty_url)
    assert store.runs.get_run(Scope(), "a") == before
    assert len(store.events.list_events(Scope(), "a", limit=10).items) == 6
    store.close()


_MIGRATE_AT_ONCE = """
import sys
import alembic.command
from runreel.storage.sql import migrate

print("ready", flush=True)
sys.stdin.readline()
print(migrate(sys.argv[1]).from_revision)
"""


def test_several_processes_that_migrate_at_once_all_succeed(empty_url: str) -> None:
    command = [sys.executable, "-c", _MIGRATE_AT_ONCE, empty_url]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True) for _ in "123"]
    assert [process.stdout.readline() for process in processes if process.stdout] == ["ready\n"] * 3
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    said = sorted(process.communicate(timeout=PATIENCE_S)[0].strip() for process in processes)
    assert said == sorted([migration.HEAD, migration.HEAD, "None"])


def test_sqlite_is_migrated_as_it_is_opened(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a folder' / 'runreel.db'}"
    store = open_store(url)
    store.runs.check()
    store.close()
    assert migrate(url).from_revision == migration.HEAD


def test_postgres_that_was_not_migrated_is_refused(empty_postgres_url: str) -> None:
    with pytest.raises(SchemaVersionError, match=r"no tables of Runreel yet; run: runreel migrate --database URL"):
        open_store(empty_postgres_url)


def test_postgres_of_an_older_schema_is_refused(empty_postgres_url: str) -> None:
    _pretend_revision(empty_postgres_url, "0000")
    with pytest.raises(SchemaVersionError, match=r"has schema 0000, .* run: runreel migrate --database URL"):
        open_store(empty_postgres_url)


def test_a_newer_schema_is_neither_migrated_nor_opened(empty_url: str) -> None:
    migrate(empty_url)
    _pretend_revision(empty_url, "9999")
    with pytest.raises(SchemaVersionError, match="schema 9999, which is newer than this Runreel; update it"):
        migrate(empty_url)
    with pytest.raises(SchemaVersionError, match="schema 9999"):
        open_store(empty_url)
    assert _revision_of(empty_url) == "9999"


def test_a_migration_that_fails_leaves_the_database_as_it_was(empty_url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE rollups (mine INTEGER)"))
    with pytest.raises(StorageError):
        migrate(empty_url)
    with engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) - {"alembic_version"} == {"rollups"}


def _pretend_revision(url: str, revision: str) -> None:
    engine = make_dialect(url).write_engine()
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("DELETE FROM alembic_version"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})
    engine.dispose()


def _revision_of(url: str) -> str | None:
    engine = make_dialect(url).write_engine()
    with engine.connect() as connection:
        revision = migration.current_revision(connection)
    engine.dispose()
    return revision


def _details_of(connection: Connection, table: str) -> dict[str, object]:
    """Return what is known of a table's columns, constraints and indexes, in an order of its own."""
    inspector = inspect(connection)
    return {
        "columns": {
            c["name"]: (str(c["type"]), c["nullable"], c["default"], getattr(c["type"], "collation", None))
            for c in inspector.get_columns(table)
        },
        "primary key": inspector.get_pk_constraint(table)["constrained_columns"],
        "foreign keys": sorted(
            (key["constrained_columns"], key["referred_table"], key["referred_columns"], sorted(key["options"].items()))
            for key in inspector.get_foreign_keys(table)
        ),
        "unique": sorted(key["column_names"] for key in inspector.get_unique_constraints(table)),
        "checks": sorted(str(check["sqltext"]) for check in inspector.get_check_constraints(table)),
        "indexes": sorted(
            (str(index["name"]), index["column_names"], sorted((k, str(v)) for k, v in _options_of(index).items()))
            for index in inspector.get_indexes(table)
        ),
    }


def _options_of(index: Any) -> dict[str, Any]:
    return index.get("dialect_options", {})
