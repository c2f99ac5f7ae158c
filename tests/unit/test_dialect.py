"""What a database must be to be used."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from runreel.errors import ConfigError, StorageUnavailableError
from runreel.storage.sql.dialect import SqliteDialect

URL = make_url("sqlite:///runreel.db")


def test_an_sqlite_that_is_too_old_is_refused_with_what_to_do() -> None:
    with pytest.raises(ConfigError, match=r"SQLite is 3\.37\.2, and Runreel needs 3\.38 or newer; use a Python"):
        SqliteDialect(URL, version=(3, 37, 2))


@pytest.mark.parametrize("version", [(3, 38, 0), (4, 0, 0), sqlite3.sqlite_version_info])
def test_newer_ones_are_taken(version: tuple[int, ...]) -> None:
    SqliteDialect(URL, version=version)


def test_a_folder_that_can_not_be_made_is_told_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    dialect = SqliteDialect(make_url(f"sqlite:///{tmp_path}/taken/runreel.db"))
    with pytest.raises(
        StorageUnavailableError, match=r"^the folder of the database can't be made \(File exists\); --data"
    ):
        dialect.write_engine()


def test_a_database_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    path = tmp_path / "runreel.db"
    path.touch()
    with (
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection,
        pytest.raises(sqlite3.OperationalError) as raised,
    ):
        connection.execute("CREATE TABLE t (a)")
    told = SqliteDialect(URL).translate(raised.value)
    assert isinstance(told, StorageUnavailableError)
    assert "may not be written; look at its permissions" in str(told)
