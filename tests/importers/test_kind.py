"""Which kind a file or a database is."""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import zstandard

from runreel.errors import SourceError
from runreel.importers.address import is_url, open_source
from runreel.importers.kind import Form, Kind, form_of, kind_of
from tests.support.legacy_database import Age, complete_tables, reference_tables, write

BUNDLE = b'{"type":"header","format":"runreel-bundle","version":1}\n'


@pytest.mark.parametrize(
    ("first", "form"),
    [
        (b"SQLite format 3\0rest", Form.SQLITE),
        (BUNDLE, Form.BUNDLE),
        # Without the time, which would be another in each worker that collects this.
        (gzip.compress(BUNDLE, mtime=0), Form.GZIP),
        (zstandard.compress(BUNDLE), Form.ZSTD),
        (b"", Form.UNKNOWN),
        (b"SQLite", Form.UNKNOWN),
        (b"\x89PNG", Form.UNKNOWN),
    ],
)
def test_a_file_is_told_by_its_first_bytes(first: bytes, form: Form) -> None:
    assert form_of(first) is form


@pytest.mark.parametrize(("tables", "age"), [(reference_tables, Age.OLD), (complete_tables, Age.NEW)])
def test_a_legacy_database_of_any_age_is_known(tmp_path: Path, tables: object, age: Age) -> None:
    assert callable(tables)
    with open_source(str(write(tmp_path / "old.db", tables(), age))) as source:
        assert kind_of(source) is Kind.LEGACY


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("CREATE TABLE workflow_runs (id)", Kind.LEGACY),
        ("CREATE TABLE execution_events (id, run_id)", Kind.LEGACY),
        ("CREATE TABLE runs (run_id, agent_name)", Kind.GATI),
        ("CREATE TABLE Events (EVENT_ID, Run_Id, event_type)", Kind.GATI),
    ],
)
def test_one_table_that_only_one_system_has_is_enough(tmp_path: Path, statement: str, kind: Kind) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
    with open_source(str(path)) as source:
        assert kind_of(source) is kind


def test_tables_that_nobody_knows_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        for number in range(30):
            connection.execute(f"CREATE TABLE t{number:02} (a)")
        connection.execute("CREATE TABLE runs (id)")
    with open_source(str(path)) as source, pytest.raises(SourceError, match=r"'runs', 't00', .* 't18' and 11 more"):
        kind_of(source)


@pytest.mark.parametrize(
    ("address", "answer"),
    [("old.db", False), ("C:\\old.db", False), ("postgresql://host/db", True), ("sqlite:///a", True)],
)
def test_urls_are_told_from_files(address: str, answer: bool) -> None:
    assert is_url(address) is answer
