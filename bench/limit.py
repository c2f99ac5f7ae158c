"""The physical limit of ingest: the processor time of decoding the same bodies and of inserting the same rows.

The rows are those that the server stored. They go into an empty database with the same tables, indexes, foreign keys
and settings, run by run, with one commit for as many as a request holds. Nothing is compressed, merged, looked up or
answered.
"""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import msgspec

Row = tuple[Any, ...]
N_REPEATS = 3  # one pass over a warm cache differs from the next by a third on shared cores
SQLITE_SETTINGS = (  # the server's own, which can't be read from the file
    "journal_mode = wal",
    "synchronous = full",
    "foreign_keys = on",
    "cache_size = -16000",
    "wal_autocheckpoint = 10000",
)
RUN_KEY = "run_pk"  # the column that every table below a run begins with


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A stored table with its rows."""

    name: str
    columns: tuple[str, ...]
    rows: list[Row]

    @property
    def run_index(self) -> int | None:
        return self.columns.index(RUN_KEY) if RUN_KEY in self.columns else None


@dataclass(frozen=True, slots=True)
class Group:
    """What one commit brings: rows by table, in an order that the foreign keys allow."""

    parts: list[tuple[Table, list[Row]]]


def measure_decode_cpu_s(bodies: Iterable[memoryview]) -> float:
    return statistics.median(_measure_decode_once_cpu_s(bodies) for _ in range(N_REPEATS))


def split_into_groups(tables: Sequence[Table], *, n_groups: int) -> list[Group]:
    """Deal whole runs into `n_groups` commits, so that no row comes before the one it refers to.

    Tables that are not below a run come first, all at once.
    """
    group_of_run = _deal_runs(tables, n_groups)
    parts: list[dict[str, list[Row]]] = [defaultdict(list) for _ in range(n_groups)]
    for table in tables:
        for row in table.rows:
            run = None if table.run_index is None else row[table.run_index]
            parts[group_of_run.get(run, 0)][table.name].append(row)
    return [Group([(table, part[table.name]) for table in tables if table.name in part]) for part in parts]


def measure_insert_cpu_s(groups: Iterable[Group], insert: Callable[[Group], None]) -> float:
    """Insert every group once; the caller repeats it, each time into an empty database."""
    start = time.process_time()
    for group in groups:
        insert(group)
    return time.process_time() - start


def sort_by_reference(references: dict[str, set[str]]) -> list[str]:
    """Return table names with the referred-to first; a table may refer to itself."""
    return list(TopologicalSorter({name: found - {name} for name, found in references.items()}).static_order())


def measure_sqlite_insert_cpu_s(stored: Path, scratch: Path, *, n_groups: int) -> float:
    """Insert all rows of `stored` into a new database at `scratch`, which is removed afterwards."""
    with closing(sqlite3.connect(stored)) as source:
        tables = _read_sqlite_tables(source)
        groups = split_into_groups(tables, n_groups=n_groups)
        return statistics.median(_fill_once_cpu_s(source, scratch, groups) for _ in range(N_REPEATS))


def remove_sqlite(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _measure_decode_once_cpu_s(bodies: Iterable[memoryview]) -> float:
    start = time.process_time()
    for body in bodies:
        msgspec.json.decode(body)
    return time.process_time() - start


def _fill_once_cpu_s(source: sqlite3.Connection, scratch: Path, groups: Sequence[Group]) -> float:
    with closing(_open_copy_of_schema(source, scratch)) as target:
        cpu_s = measure_insert_cpu_s(groups, lambda group: _insert_group(target, group))
    remove_sqlite(scratch)
    return cpu_s


def _insert_group(target: sqlite3.Connection, group: Group) -> None:
    target.execute("begin immediate")
    for table, rows in group.parts:
        target.executemany(_insert_statement(table), rows)
    target.execute("commit")


def _deal_runs(tables: Sequence[Table], n_groups: int) -> dict[Any, int]:
    runs = dict.fromkeys(row[table.run_index] for table in tables if table.run_index is not None for row in table.rows)
    return {run: index * n_groups // len(runs) for index, run in enumerate(runs)}


def _read_sqlite_tables(source: sqlite3.Connection) -> list[Table]:
    names = [name for (name,) in source.execute("select name from sqlite_schema where type = 'table'")]
    names = [name for name in names if not name.startswith("sqlite_")]
    references = {name: {row[2] for row in source.execute(f'pragma foreign_key_list("{name}")')} for name in names}
    return [_read_sqlite_table(source, name) for name in sort_by_reference(references)]


def _read_sqlite_table(source: sqlite3.Connection, name: str) -> Table:
    described = source.execute(f'pragma table_xinfo("{name}")').fetchall()
    columns = tuple(row[1] for row in described if row[6] == 0)  # the others are computed by the database
    listed = ", ".join(f'"{column}"' for column in columns)
    return Table(name=name, columns=columns, rows=source.execute(f'select {listed} from "{name}"').fetchall())


def _open_copy_of_schema(source: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    remove_sqlite(path)
    target = sqlite3.connect(path, isolation_level=None)
    for pragma in ("page_size", "auto_vacuum"):
        target.execute(f"pragma {pragma} = {source.execute(f'pragma {pragma}').fetchone()[0]}")
    for setting in SQLITE_SETTINGS:
        target.execute(f"pragma {setting}")
    for statement in _iter_schema(source):
        target.execute(statement)
    return target


def _iter_schema(source: sqlite3.Connection) -> Iterator[str]:
    query = "select sql from sqlite_schema where sql is not null and name not like 'sqlite_%' order by type = 'index'"
    for (statement,) in source.execute(query):
        yield statement


def _insert_statement(table: Table) -> str:
    listed = ", ".join(f'"{column}"' for column in table.columns)
    return f'insert into "{table.name}" ({listed}) values ({", ".join("?" * len(table.columns))})'
