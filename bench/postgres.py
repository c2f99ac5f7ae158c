"""A PostgreSQL database of our own, and the limit of inserting into one: COPY of the same rows."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from bench.limit import N_REPEATS, Group, Table, measure_insert_cpu_s, sort_by_reference, split_into_groups

# A benchmark's own setting, not one of the server's.
SERVER_URL = os.environ.get("BENCH_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
_REFERENCES = """
select c.conrelid::regclass::text, c.confrelid::regclass::text from pg_constraint c where c.contype = 'f'
"""
_COLUMNS = """
select table_name, column_name, data_type from information_schema.columns
where table_schema = 'public' and is_generated = 'NEVER' order by table_name, ordinal_position
"""


def is_reachable() -> bool:
    try:
        psycopg.connect(SERVER_URL, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def temporary_database(*, template: str | None = None) -> Iterator[str]:
    """Create a database, yield its URL, and drop it."""
    name = f"runreel_bench_{os.getpid()}{'_copy' if template else ''}"
    template_name = urlsplit(template).path.strip("/") if template else "template0"
    _administer("drop database if exists {} with (force)", name)
    _administer("create database {} template {}", name, template_name)
    try:
        yield urlunsplit(urlsplit(SERVER_URL)._replace(path=f"/{name}"))
    finally:
        _administer("drop database if exists {} with (force)", name)


def read_version() -> str:
    with psycopg.connect(SERVER_URL) as connection:
        number = connection.execute("show server_version").fetchone()[0]  # type: ignore[index]
    return f"PostgreSQL {number.split()[0]}"


def read_database_bytes(database: str) -> int:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("checkpoint")
        return connection.execute("select pg_database_size(current_database())").fetchone()[0]  # type: ignore[index]


def measure_copy_cpu_s(database: str, *, n_groups: int) -> float:
    """COPY all rows of `database` into an emptied copy of it; the database's own processor time is not counted."""
    with temporary_database(template=database) as copy, psycopg.connect(copy) as connection:
        tables = _read_tables(connection)
        groups = split_into_groups(tables, n_groups=n_groups)
        return statistics.median(_fill_once_cpu_s(connection, tables, groups) for _ in range(N_REPEATS))


def _fill_once_cpu_s(connection: psycopg.Connection, tables: Sequence[Table], groups: Sequence[Group]) -> float:
    names = sql.SQL(", ").join(sql.Identifier(table.name) for table in tables)
    connection.execute(sql.SQL("truncate {}").format(names))
    connection.commit()
    return measure_insert_cpu_s(groups, lambda group: _copy_group(connection, group))


def _copy_group(connection: psycopg.Connection, group: Group) -> None:
    for table, rows in group.parts:
        statement = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(table.name), _list_columns(table.columns))
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    connection.commit()


def _read_tables(connection: psycopg.Connection) -> list[Table]:
    columns: dict[str, dict[str, str]] = {}
    for table, column, data_type in connection.execute(_COLUMNS).fetchall():
        columns.setdefault(table, {})[column] = data_type
    references: dict[str, set[str]] = {name: set() for name in columns}
    for table, referred in connection.execute(_REFERENCES).fetchall():
        references[table].add(referred)
    return [_read_table(connection, name, columns[name]) for name in sort_by_reference(references)]


def _read_table(connection: psycopg.Connection, name: str, types: dict[str, str]) -> Table:
    # JSON is read as the text that COPY writes, so that encoding it is not counted.
    selected = sql.SQL(", ").join(
        sql.SQL("{}::text").format(sql.Identifier(column)) if data_type.startswith("json") else sql.Identifier(column)
        for column, data_type in types.items()
    )
    rows = connection.execute(sql.SQL("select {} from {}").format(selected, sql.Identifier(name))).fetchall()
    return Table(name=name, columns=tuple(types), rows=rows)


def _list_columns(columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _administer(statement: str, *names: str) -> None:
    with psycopg.connect(SERVER_URL, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]
