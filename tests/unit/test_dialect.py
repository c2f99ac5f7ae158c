"""What a database must be to be used."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.engine import make_url

from runreel.errors import ConfigError
from runreel.storage.sql.dialect import SqliteDialect

URL = make_url("sqlite:///runreel.db")


def test_an_sqlite_that_is_too_old_is_refused_with_what_to_do() -> None:
    with pytest.raises(ConfigError, match=r"SQLite is 3\.37\.2, and Runreel needs 3\.38 or newer; use a Python"):
        SqliteDialect(URL, version=(3, 37, 2))


@pytest.mark.parametrize("version", [(3, 38, 0), (4, 0, 0), sqlite3.sqlite_version_info])
def test_newer_ones_are_taken(version: tuple[int, ...]) -> None:
    SqliteDialect(URL, version=version)
