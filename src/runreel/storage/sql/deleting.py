"""Deleting runs, alone or with their agent or session: everything below goes, tombstones stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from runreel.errors import NotFoundError
from runreel.model.run import DeleteReport, RunFilter
from runreel.model.scope import Scope
from runreel.model.vocabulary import DEFAULT_SESSION
from runreel.storage.sql.contribution import add_events
from runreel.storage.sql.editing import lock_run
from runreel.storage.sql.event_writing import iter_chunks
from runreel.storage.sql.run_matching import next_matching, still_matching
from runreel.storage.sql.run_row import RunRow
from runreel.storage.sql.transaction import Transaction

# How much one transaction of a deletion in parts removes; writers wait for it.
_RUNS_AT_ONCE = 100
_EVENTS_AT_ONCE = 20_000

# Children first: rows that refer to nodes must be gone before the nodes are.
_TABLES_BELOW_RUNS = (
    "events",
    "messages",
    "files",
    "edges",
    "nodes",
    "payload_blocks",
    "recorders",
    "run_tags",
    "run_transitions",
    "run_aliases",
)


def delete_run(transaction: Transaction, scope: Scope, run_id: str, *, now: int) -> DeleteReport:
    """Remove a run; see `RunStore.delete_run`."""
    return delete_rows(transaction, [lock_run(transaction, scope, run_id)], now)


def delete_runs(
    transaction: Transaction, scope: Scope, query: RunFilter, *, now: int, cursor: str | None
) -> DeleteReport:
    """Remove some of the runs that match; see `RunStore.delete_runs`."""
    chosen, next_cursor = next_matching(
        transaction.connection,
        transaction.dialect,
        scope,
        query,
        seen_until=now,
        cursor=cursor,
        max_runs=_RUNS_AT_ONCE,
        max_events=_EVENTS_AT_ONCE,
    )
    locked = transaction.lock_runs(chosen)
    # One of them may have changed before it was locked, so that it does not match any more.
    matching = still_matching(transaction.connection, transaction.dialect, scope, query, list(locked))
    report = delete_rows(transaction, [locked[run_pk] for run_pk in sorted(matching)], now)
    return replace(report, next_cursor=next_cursor)


def delete_agent(transaction: Transaction, scope: Scope, agent_name: str, *, now: int) -> DeleteReport:
    """Remove an agent with its runs; see `RunStore.delete_agent`."""
    key = (scope.project, agent_name)
    rows = _lock_runs_of(transaction, "agent_name", *key)
    if not rows:
        raise NotFoundError(f"there is no agent {agent_name!r}")
    return delete_rows(transaction, rows, now)


def delete_session(transaction: Transaction, scope: Scope, session_id: str, *, now: int) -> DeleteReport:
    """Remove a session with its runs; see `RunStore.delete_session`. The default session stays, empty."""
    key = (scope.project, session_id)
    if not transaction.fetch("SELECT 1 FROM sessions WHERE project = ? AND session_id = ?", *key):
        raise NotFoundError(f"there is no session {session_id!r}")
    report = delete_rows(transaction, _lock_runs_of(transaction, "session_id", *key), now)
    if session_id != DEFAULT_SESSION:
        transaction.execute("DELETE FROM sessions WHERE project = ? AND session_id = ?", *key)
    return report


def _lock_runs_of(transaction: Transaction, column: str, project: str, owner: str) -> list[RunRow]:
    found = transaction.fetch(f"SELECT run_pk FROM runs WHERE project = ? AND {column} = ?", project, owner)
    rows = transaction.lock_runs([row[0] for row in found]).values()
    return [row for row in rows if getattr(row, column) == owner]


def delete_rows(transaction: Transaction, rows: Sequence[RunRow], now: int) -> DeleteReport:
    """Remove locked runs and everything below them, leave tombstones, and finish the transaction."""
    transaction.lock_agents({(row.project, row.agent_name) for row in rows})
    for row in rows:
        for events in iter_chunks(transaction, row.run_pk):
            add_events(transaction.rollup, -1, events, row.project, row.agent_name)
        transaction.add_run(-1, row)
        transaction.note_deletion(row)
    keys = [(row.run_pk,) for row in rows]
    for table in _TABLES_BELOW_RUNS:
        transaction.execute_many(f"DELETE FROM {table} WHERE run_pk = ?", keys)
    transaction.execute_many("DELETE FROM runs WHERE run_pk = ?", keys)
    transaction.execute_many(
        "INSERT INTO tombstones (project, run_id, deleted_at, change_seq) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(row.project, row.run_id, now, row.change_seq) for row in rows],
    )
    transaction.finish()
    return DeleteReport(n_runs=len(rows), n_events=sum(row.event_count for row in rows))
