"""Databases of their own for tests that need PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests.support.patience import PATIENCE_S


@contextmanager
def new_database(server_url: str, *, template: str | None = None) -> Iterator[str]:
    """Create an empty database, or a copy of `template`, give its URL, and drop it with whoever is still connected."""
    name = f"runreel_test_{uuid.uuid4().hex[:16]}"
    create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        create += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    _execute(server_url, create)
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        _execute(server_url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _execute(server_url: str, statement: sql.Composable) -> None:
    with psycopg.connect(server_url, autocommit=True, connect_timeout=int(PATIENCE_S)) as connection:
        connection.execute(statement)
