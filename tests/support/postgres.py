"""Databases of their own for tests that need PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from runreel.storage.sql.schema import metadata
from tests.support.patience import PATIENCE_S


@contextmanager
def new_database(server_url: str, *, template: str | None = None, is_durable: bool = False) -> Iterator[str]:
    """Create an empty database, or a copy of `template`, give its URL, and drop it with whoever is still connected.

    Unless it `is_durable`, a commit does not wait for the disk: a crash of PostgreSQL would cost what came last.
    """
    name = f"runreel_test_{uuid.uuid4().hex[:16]}"
    create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        create += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    not_to_wait = sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(name))
    _execute(server_url, create, *(() if is_durable else (not_to_wait,)))
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        _execute(server_url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def delete_rows(url: str) -> None:
    """Empty the tables of Runreel: a hundred times as quick as to make a database, or to truncate them."""
    tables = reversed(metadata.sorted_tables)
    _execute(url, *(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)) for table in tables))


def _execute(server_url: str, *statements: sql.Composable) -> None:
    with psycopg.connect(server_url, autocommit=True, connect_timeout=int(PATIENCE_S)) as connection:
        for statement in statements:
            connection.execute(statement)
