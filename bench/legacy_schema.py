"""The tables of a legacy workflow database, in two ages, and how rows get into one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
Tables = dict[str, list[dict[str, Any]]]


class Age(StrEnum):
    """Which version of that system made the tables."""

    OLD = "old"
    NEW = "new"


# What stands behind "new:" came with a later version.
_SCHEMA = {
    "sessions": """
        id VARCHAR(36) PRIMARY KEY, user_id VARCHAR(36), name VARCHAR(255), created_at DATETIME, last_active_at
        DATETIME, status VARCHAR(50), meta JSON, resource_limits JSON""",
    "projects": """
        id VARCHAR(36) PRIMARY KEY, session_id VARCHAR(36), name VARCHAR(255), description TEXT, created_at
        DATETIME, meta JSON""",
    "workflow_runs": """
        id VARCHAR(36) PRIMARY KEY, session_id VARCHAR(36), project_id VARCHAR(36), mode VARCHAR(50), agent
        VARCHAR(100), model VARCHAR(100), status VARCHAR(50), started_at DATETIME, completed_at DATETIME,
        last_heartbeat_at DATETIME, checkpoint_frequency_minutes INTEGER, task_description TEXT, meta JSON,
        branch_parent_id VARCHAR(36), is_branch BOOLEAN, branch_depth INTEGER,
        new: parent_run_id VARCHAR(36), stage_number INTEGER, stage_name VARCHAR(100)""",
    "workflow_steps": """
        id VARCHAR(36) PRIMARY KEY, run_id VARCHAR(36), session_id VARCHAR(36), step_number INTEGER, goal TEXT,
        summary TEXT, status VARCHAR(50), started_at DATETIME, completed_at DATETIME, progress_percentage INTEGER,
        inputs JSON, outputs JSON, error_message TEXT, meta JSON""",
    "dag_nodes": """
        id VARCHAR(36) PRIMARY KEY, run_id VARCHAR(36), session_id VARCHAR(36), node_type VARCHAR(50), agent
        VARCHAR(100), status VARCHAR(50), order_index INTEGER, meta JSON,
        new: parent_node_id VARCHAR(36), depth INTEGER""",
    "dag_edges": """
        id INTEGER PRIMARY KEY, from_node_id VARCHAR(36), to_node_id VARCHAR(36), dependency_type VARCHAR(50),
        condition TEXT""",
    "execution_events": """
        id VARCHAR(36) PRIMARY KEY, run_id VARCHAR(36), node_id VARCHAR(36), step_id VARCHAR(36), session_id
        VARCHAR(36), parent_event_id VARCHAR(36), event_type VARCHAR(50), event_subtype VARCHAR(50), agent_name
        VARCHAR(100), agent_role VARCHAR(50), timestamp DATETIME, started_at DATETIME, completed_at DATETIME,
        duration_ms INTEGER, inputs JSON, outputs JSON, error_message TEXT, meta JSON, execution_order INTEGER,
        depth INTEGER, status VARCHAR(50)""",
    "messages": """
        id INTEGER PRIMARY KEY, run_id VARCHAR(36), step_id VARCHAR(36), event_id VARCHAR(36), node_id VARCHAR(36),
        sender VARCHAR(100), recipient VARCHAR(100), content TEXT, timestamp DATETIME, tokens INTEGER, meta JSON""",
    "files": """
        id VARCHAR(36) PRIMARY KEY, run_id VARCHAR(36), step_id VARCHAR(36), event_id VARCHAR(36), node_id
        VARCHAR(36), file_path VARCHAR(500), file_type VARCHAR(50), size_bytes INTEGER, created_at DATETIME,
        workflow_phase VARCHAR(50), is_final_output BOOLEAN, content_hash VARCHAR(64), generating_agent
        VARCHAR(100), generating_code_hash VARCHAR(64), priority VARCHAR(20), meta JSON""",
    "cost_records": """
        id INTEGER PRIMARY KEY, run_id VARCHAR(36), step_id VARCHAR(36), session_id VARCHAR(36), model VARCHAR(100),
        prompt_tokens INTEGER, completion_tokens INTEGER, total_tokens INTEGER, cost_usd NUMERIC(10, 6), timestamp
        DATETIME,
        new: agent_name VARCHAR(100), parent_run_id VARCHAR(36)""",
    "approval_requests": """
        id VARCHAR(36) PRIMARY KEY, run_id VARCHAR(36), step_id VARCHAR(36), status VARCHAR(50), requested_at
        DATETIME, resolved_at DATETIME, context_snapshot JSON, user_feedback TEXT, resolution VARCHAR(50),
        new: session_id VARCHAR(36), approval_type VARCHAR(50), context JSON, result JSON, created_at DATETIME,
        expires_at DATETIME""",
    "branches": """
        id VARCHAR(36) PRIMARY KEY, parent_run_id VARCHAR(36), parent_step_id VARCHAR(36), child_run_id VARCHAR(36),
        branch_name VARCHAR(255), created_at DATETIME, hypothesis TEXT, status VARCHAR(50), meta JSON""",
    "checkpoints": """
        id VARCHAR(36) PRIMARY KEY, run_id VARCHAR(36), step_id VARCHAR(36), checkpoint_type VARCHAR(50), created_at
        DATETIME, context_snapshot JSON, pickle_file_path VARCHAR(500), meta JSON""",
    "state_history": """
        id INTEGER PRIMARY KEY, entity_type VARCHAR(50), entity_id VARCHAR(36), session_id VARCHAR(36), from_state
        VARCHAR(50), to_state VARCHAR(50), transition_reason TEXT, transitioned_by VARCHAR(100), created_at
        DATETIME, meta JSON""",
    "workflow_metrics": """
        id INTEGER PRIMARY KEY, run_id VARCHAR(36), step_id VARCHAR(36), timestamp DATETIME, metric_name
        VARCHAR(100), metric_value FLOAT, meta JSON""",
}
TABLES = tuple(_SCHEMA)
_INDEXES = (
    ("workflow_runs", "session_id"),
    ("dag_nodes", "run_id"),
    ("execution_events", "run_id"),
    ("execution_events", "node_id"),
    ("messages", "run_id"),
    ("files", "run_id"),
)


def columns_of(table: str, age: Age) -> dict[str, str]:
    """Return the columns of a table with their declared types."""
    old, _, new = _SCHEMA[table].partition("new:")
    text = old.rstrip().rstrip(",") + ("," + new if new and age is Age.NEW else "")
    # The comma within NUMERIC(10, 6) separates nothing.
    parts = " ".join(text.split()).replace("(10, 6)", "(10;6)").split(",")
    pairs = (part.strip().replace(";", ", ").partition(" ") for part in parts)
    return {name: declared for name, _, declared in pairs}


def write_sqlite(path: Path, tables: Mapping[str, Iterable[Row]], age: Age) -> None:
    """Write a new file with all tables of the age and these rows."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-64000"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        for statement in _statements(age):
            connection.execute(statement)
        for table, rows in tables.items():
            columns = columns_of(table, age)
            marks = ",".join("?" * len(columns))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", _iter_values(columns, rows))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=DELETE")


def write_postgres(url: str, tables: Mapping[str, Iterable[Row]], age: Age) -> None:
    """Write all tables of the age and these rows into an empty database."""
    import psycopg

    with psycopg.connect(url) as connection:
        for statement in _statements(age):
            connection.execute(statement.replace("DATETIME", "TIMESTAMP").encode())
        for table, rows in tables.items():
            columns = columns_of(table, age)
            flags = [name for name, declared in columns.items() if declared == "BOOLEAN"]
            with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
                for row in rows:
                    changed = {name: bool(row[name]) for name in flags if row.get(name) is not None}
                    copy.write_row(next(_iter_values(columns, [{**row, **changed}])))


def _statements(age: Age) -> Iterator[str]:
    for table in TABLES:
        columns = ", ".join(f"{name} {declared}" for name, declared in columns_of(table, age).items())
        yield f"CREATE TABLE {table} ({columns})"
    for table, column in _INDEXES:
        yield f"CREATE INDEX ix_{table}_{column} ON {table} ({column})"


def _iter_values(columns: Mapping[str, str], rows: Iterable[Row]) -> Iterator[Sequence[Any]]:
    for row in rows:
        assert row.keys() <= columns.keys(), row.keys() - columns.keys()
        yield [row.get(name) for name in columns]
