"""Legacy workflow databases that were damaged at random, and what their rows say of where they belong."""

from __future__ import annotations

import copy
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from bench.legacy_schema import Age, columns_of
from tests.support.legacy_database import Builder, Tables, complete_tables, hashed_id

Change = tuple[Any, ...]


class Bytes(bytes):
    """A text of bytes that may be no UTF-8."""


ODD = (
    None, "", " ", "garbage", "step_1", "planning", 0, -1, 7, 2**63 - 1, -(2**63), 1.5, float("inf"), -0.0, b"",
    b"\xff\x00", b"step_1", Bytes(b"a\xff"), Bytes(b"a\xfe"), Bytes(b"\xed\xa0\x80"), "a\0b", "\x1b[2J", ".",
    "é" * 300, "e\u0301", '{"a": NaN}', '{"a": "\\ud800"}', "[", "null", "true", '{"id": "step_1"}', '{"id": 3}', "[1]",
    "yesterday", "9999-12-31 23:59:59", "0001-01-01", "2025-09-01T08:00:00+05:00", 1756713600, 1e300, "\U0001f600",
    "run", "x" * 64,
)  # fmt: skip
_FIRST_COLUMNS = {table: list(columns_of(table, Age.NEW)) for table in complete_tables()}
_PLACES = [(table, column) for table, columns in _FIRST_COLUMNS.items() for column in columns]
# What holds everything together is damaged more often than the rest.
_VITAL = [place for place in _PLACES if place[1] == "id" or place[1].endswith("_id")]
_row = st.integers(0, 9)
_place = st.sampled_from(_VITAL) | st.sampled_from(_PLACES)
_table = st.sampled_from(list(_FIRST_COLUMNS))


def changes() -> st.SearchStrategy[list[Change]]:
    """Give lists of changes, each of one row, column or table."""
    return st.lists(
        st.one_of(
            st.tuples(st.just("set"), _place, _row, st.sampled_from(ODD)),
            st.tuples(st.just("swap"), _place, _row, _row),
            st.tuples(st.just("copy"), _place, _row, _row),
            st.tuples(st.just("clear"), _place),
            st.tuples(st.just("delete"), _table, _row),
            st.tuples(st.just("repeat"), _table, _row),
            st.tuples(st.just("drop column"), _place),
            st.tuples(st.just("drop table"), _table),
            st.tuples(st.just("add column"), _table, st.sampled_from(ODD)),
        ),
        max_size=12,
    )


def sound_tables() -> Tables:
    """Return a small database in which every table is used, and several runs share names of nodes."""
    build = Builder()
    build.tables = complete_tables()
    build.tables["dag_edges"] = list(build.tables["dag_edges"])
    build._numbers = iter(range(10_000, 20_000))  # type: ignore[assignment]
    runs = [row["id"] for row in build.tables["workflow_runs"]]
    for name in ("planning", "step_1"):
        build.node(runs[0], name)
    build.edge("planning", "step_1")
    for run_id in runs:
        first = build.event(
            run_id, "planning", event_subtype="start", outputs=None, completed_at=None, duration_ms=None
        )
        build.event(run_id, "planning", event_subtype="complete", inputs=None, parent_event_id=first)
        build.event(run_id, "step_1", parent_event_id=first)
        build.event(run_id, None)
        build.event(run_id, hashed_id(run_id, "step_3"))
        build.file(run_id, node_id="step_1", event_id=first)
        build.message(run_id, node_id="planning", event_id=first)
    return build.tables


def damaged(tables: Tables, list_of_changes: list[Change]) -> tuple[Tables, dict[str, list[str]]]:
    """Return the tables with these changes, and the columns of each that are left."""
    changed, columns = copy.deepcopy(dict(tables)), {table: list(names) for table, names in _FIRST_COLUMNS.items()}
    for change in list_of_changes:
        _apply(changed, columns, change)
    return changed, columns


def _apply(tables: Tables, columns: dict[str, list[str]], change: Change) -> None:
    table, column = change[1] if isinstance(change[1], tuple) else (change[1], "")
    rows = tables.get(table, [])
    match change:
        case ("drop table", _):
            tables.pop(table, None)
        case ("drop column", _) if column in columns[table]:
            columns[table].remove(column)
        case ("add column", _, value):
            columns[table] = [*dict.fromkeys([*columns[table], "unknown"])]
            for row in rows:
                row["unknown"] = value
        case ("clear", _):
            for row in rows:
                row[column] = None
        case _ if not rows:
            return
        case ("set", _, place, value):
            rows[place % len(rows)][column] = value
        case ("swap", _, one, other):
            first, second = rows[one % len(rows)], rows[other % len(rows)]
            first[column], second[column] = second.get(column), first.get(column)
        case ("copy", _, one, other):
            rows[one % len(rows)][column] = rows[other % len(rows)].get(column)
        case ("delete", _, place):
            del rows[place % len(rows)]
        case ("repeat", _, place):
            rows.append(dict(rows[place % len(rows)]))
        case _:
            pass


def write_damaged(path: Path, tables: Tables, columns: Mapping[str, list[str]], *, is_typed: bool) -> None:
    """Write the rows into a new file; `is_typed` declares types, which convert values. There are no keys."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        for table, rows in tables.items():
            names = columns[table] or ["nothing"]
            types = columns_of(table, Age.NEW)
            declared = [
                f"{name} {types.get(name, '').replace('PRIMARY KEY', '') if is_typed else ''}" for name in names
            ]
            connection.execute(f"CREATE TABLE {table} ({', '.join(declared)})")
            for row in rows:
                values = [row.get(name) for name in names]
                marks = ",".join("CAST(? AS TEXT)" if isinstance(value, Bytes) else "?" for value in values)
                connection.execute(f"INSERT INTO {table} VALUES ({marks})", values)
        connection.execute("COMMIT")


@dataclass(frozen=True, slots=True)
class Origin:
    """What the file says of its rows: the runs there are, and of which run each row is, by its id, as texts."""

    counts: dict[str, int] = field(default_factory=dict)
    runs: set[str] = field(default_factory=set)
    rows: dict[str, set[tuple[str | None, str | None]]] = field(default_factory=dict)
    nodes: dict[tuple[str | None, str | None], list[str | None]] = field(default_factory=dict)
    inputs: dict[tuple[str | None, str | None], list[str | None]] = field(default_factory=dict)


def origin_of(path: Path) -> Origin:
    """Read what the file says, without any of the code that is tested."""
    origin = Origin()
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
        for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            rows = [
                dict(zip(names, map(text_of, row), strict=True)) for row in connection.execute(f"SELECT * FROM {table}")
            ]
            origin.counts[table] = len(rows)
            origin.rows[table] = {(row.get("run_id"), row.get("id")) for row in rows}
            if table == "workflow_runs":
                origin.runs.update(row["id"] for row in rows if row.get("id") is not None)
            if table == "execution_events":
                for row in rows:
                    key = row.get("run_id"), row.get("id")
                    origin.nodes.setdefault(key, []).append(row.get("node_id"))
                    origin.inputs.setdefault(key, []).append(row.get("inputs"))
    return origin


def text_of(value: Any) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    return None if value is None or value == "" else str(value)
