"""Whatever was done to a GATI database, importing it never fails as a whole, never mixes, and always reconciles."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runreel.importers.address import open_source
from runreel.importers.damage import examine
from tests.property.damaged_database import ODD, Bytes, text_of
from tests.property.effort import FACTOR, examples
from tests.property.laboratory import Laboratory
from tests.property.test_import import import_into, stored_in

pytestmark = pytest.mark.timeout(120 * FACTOR)

_quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
_COLUMNS = {
    "agents": ("name", "description", "created_at", "updated_at"),
    "runs": (
        "run_id", "agent_name", "run_name", "environment", "total_duration_ms", "total_cost", "tokens_in", "tokens_out",
        "status", "metadata", "created_at", "updated_at",
    ),
    "events": (
        "event_id", "run_id", "agent_name", "event_type", "timestamp", "parent_event_id", "previous_event_id", "data",
        "created_at", "updated_at",
    ),
}  # fmt: skip
_PLACES = [(table, column) for table, columns in _COLUMNS.items() for column in columns]
_DATA = (
    '{"status": "completed", "duration_ms": 12}', '{"model": "m", "tokens_in": 3, "tokens_out": "x"}',
    '{"cost": -1, "latency_ms": "fast"}', '{"node_id": "n", "to_node_id": 3}', '{"tool_name": ["a"]}',
)  # fmt: skip
_TYPES = ("agent_start", "agent_end", "llm_call", "tool_call", "node_execution", "step", "error", "state_change")
_AT = "2026-01-0%d 10:00:00.%06d"
_row = st.integers(0, 20)
_value = st.sampled_from(ODD) | st.sampled_from(_DATA) | st.sampled_from(_TYPES)
_changes = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.sampled_from(_PLACES), _row, _value),
        st.tuples(st.just("copy"), st.sampled_from(_PLACES), _row, _row),
        st.tuples(st.just("repeat"), st.sampled_from(list(_COLUMNS)), _row),
        st.tuples(st.just("delete"), st.sampled_from(list(_COLUMNS)), _row),
        st.tuples(st.just("drop"), st.sampled_from([*_PLACES, *_COLUMNS])),
    ),
    max_size=15,
)


@given(changes=_changes)
@settings(max_examples=examples(25), suppress_health_check=_quiet, report_multiple_bugs=False, derandomize=FACTOR == 1)
def test_a_damaged_gati_database_is_imported_without_mixing_or_losing_rows(
    sqlite_laboratory: Laboratory, changes: list[tuple[Any, ...]]
) -> None:
    laboratory, scope = sqlite_laboratory, sqlite_laboratory.new_scope()
    tables, columns = _damaged(changes)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "gati.db"
        _write(path, tables, columns)
        if not _is_gati(columns):
            return
        with open_source(str(path)) as source:
            examine(source)
        first = import_into(laboratory, scope, path)
        stored, rows = stored_in(laboratory, scope), laboratory.rows_of_runs(scope)
        owners = {(text_of(row[0]), text_of(row[1])) for row in _read(path, "events", "run_id, event_id")}
        second = import_into(laboratory, scope, path)

    report = first.report
    assert (report.problem, first.answer.refused) == (None, [])
    assert {table.table: table.n_found for table in report.tables} == {table: len(tables[table]) for table in columns}
    assert [table for table in report.tables if not table.is_reconciled] == []
    assert dict(report.missing()) == {}
    for run_id, run in stored.runs.items():
        raw_id = run["metadata"].get("original_run_id", run_id)
        assert {(raw_id, full.event.event_id) for full in run["events"]} <= owners
    assert second.report.n_same == first.report.n_new
    assert second.report.is_reconciled
    assert laboratory.rows_of_runs(scope) == rows
    assert stored_in(laboratory, scope) == stored


def _sound() -> dict[str, list[dict[str, Any]]]:
    at = _AT % (1, 0)
    agents = [{"name": f"agent {n}", "description": "d", "created_at": at, "updated_at": at} for n in range(2)]
    runs: list[dict[str, Any]] = [
        {"run_id": f"r{n}", "agent_name": f"agent {n % 2}", "status": "active", "created_at": at, "updated_at": at}
        for n in range(4)
    ]
    events = [
        {
            "event_id": f"e{n}",
            "run_id": f"r{n % 4}",
            "agent_name": f"agent {n % 2}",
            "event_type": _TYPES[n % len(_TYPES)],
            "timestamp": _AT % (2, n),
            "parent_event_id": f"e{n - 4}" if n > 8 else None,
            "data": json.dumps({"node_id": f"n{n % 3}", "duration_ms": n, "model": "gpt-4o", "tokens_in": n}),
        }
        for n in range(20)
    ]
    return {"agents": agents, "runs": runs, "events": events}


def _damaged(changes: list[tuple[Any, ...]]) -> tuple[dict[str, list[dict[str, Any]]], dict[str, list[str]]]:
    tables, columns = _sound(), {table: list(names) for table, names in _COLUMNS.items()}
    for change in changes:
        table, column = change[1] if isinstance(change[1], tuple) else (change[1], "")
        rows = tables[table]
        match change:
            case ("drop", str()):
                columns.pop(table, None)
            case ("drop", _):
                if column in columns.get(table, ()) and len(columns[table]) > 1:
                    columns[table].remove(column)
            case _ if not rows:
                pass
            case ("set", _, place, value):
                rows[place % len(rows)][column] = value
            case ("copy", _, one, other):
                rows[one % len(rows)][column] = rows[other % len(rows)].get(column)
            case ("repeat", _, place):
                rows.append(dict(rows[place % len(rows)]))
            case _:
                del rows[change[2] % len(rows)]
    return tables, columns


def _write(path: Path, tables: dict[str, list[dict[str, Any]]], columns: dict[str, list[str]]) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for table, names in columns.items():
            connection.execute(f"CREATE TABLE {table} ({', '.join(names)})")
            for row in tables[table]:
                values = [row.get(name) for name in names]
                marks = ",".join("CAST(? AS TEXT)" if isinstance(value, Bytes) else "?" for value in values)
                connection.execute(f"INSERT INTO {table} VALUES ({marks})", values)
        connection.commit()


def _is_gati(columns: dict[str, list[str]]) -> bool:
    is_run = {"run_id", "agent_name"} <= set(columns.get("runs", ()))
    return is_run or {"run_id", "event_type"} <= set(columns.get("events", ()))


def _read(path: Path, table: str, names: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
        try:
            return connection.execute(f"SELECT {names} FROM {table}").fetchall()
        except sqlite3.OperationalError:
            return []
