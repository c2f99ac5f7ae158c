"""What people change of sessions; and the naming of runs that waited long enough."""

from __future__ import annotations

from collections.abc import Sequence

from runreel.errors import NameTakenError, NotFoundError
from runreel.model.name import check_name
from runreel.model.scope import Scope
from runreel.storage.merge import State
from runreel.storage.sql import schema
from runreel.storage.sql.applying import close_runs, put_projects, put_sessions
from runreel.storage.sql.key import run_pk_of
from runreel.storage.sql.naming import name_runs
from runreel.storage.sql.run_row import RunChange, RunRow, decode_state, empty_state
from runreel.storage.sql.transaction import Transaction

_SETTLE_AT_ONCE = 500


def lock_run(transaction: Transaction, scope: Scope, run_id: str) -> RunRow:
    """Return the row of a run that the scope sees, locked, or raise `NotFoundError`."""
    row = transaction.lock_runs([run_pk_of(scope.project, run_id)]).get(run_pk_of(scope.project, run_id))
    if row is None or (row.project, row.run_id) != (scope.project, run_id):
        raise NotFoundError(f"there is no run with the id {run_id!r}")
    return row


def settle_runs(transaction: Transaction, *, seen_before: int) -> int:
    """Name the runs that have waited for their agent long enough."""
    waiting = transaction.fetch(
        f"SELECT run_pk FROM runs WHERE run_name IS NULL AND first_seen_at < ? ORDER BY run_pk LIMIT {_SETTLE_AT_ONCE}",
        seen_before,
    )
    rows = transaction.lock_runs([row[0] for row in waiting])
    unnamed = [row for row in rows.values() if row.run_name is None]
    changes = changes_of(transaction, unnamed)
    name_runs(transaction, changes, settle=True)
    close_runs(transaction, changes)
    transaction.finish()
    return len(changes)


def changes_of(transaction: Transaction, rows: Sequence[RunRow]) -> list[RunChange]:
    """Begin to change runs; return their changes."""
    return [RunChange(row, state) for row, state in zip(rows, states_of(transaction, rows), strict=True)]


def states_of(transaction: Transaction, rows: Sequence[RunRow]) -> list[State]:
    """Return the merged states of runs."""
    stored = transaction.dialect.select(
        transaction.cursor, schema.run_states, ("run_pk", "state"), ("run_pk",), [(row.run_pk,) for row in rows]
    )
    states = {row[0]: decode_state(row[1]) for row in stored}
    return [states.get(row.run_pk, empty_state()) for row in rows]


def create_session(transaction: Transaction, scope: Scope, session_id: str, name: str, *, now: int) -> None:
    """Create a session that a person named; see `RunStore.create_session`."""
    key = (scope.project, check_name(session_id, what="session id"))
    chosen = check_name(name, what="session name")
    put_projects(transaction, {scope.project}, now)
    if transaction.dialect.select(
        transaction.cursor, schema.sessions, ("session_id",), ("project", "session_id"), [key]
    ):
        raise NameTakenError(f"there is a session {session_id!r} already; choose another id", holder_run_id="")
    put_sessions(transaction, [key], now)
    _set_name(transaction, key, chosen)


def rename_session(transaction: Transaction, scope: Scope, session_id: str, name: str) -> None:
    """Give a session the name that a person chose; see `RunStore.rename_session`."""
    chosen = check_name(name, what="session name")
    if not _set_name(transaction, (scope.project, session_id), chosen):
        raise NotFoundError(f"there is no session {session_id!r}")


def _set_name(transaction: Transaction, key: tuple[str, str], name: str) -> int:
    return transaction.execute("UPDATE sessions SET person_name = ? WHERE project = ? AND session_id = ?", name, *key)


def check(transaction: Transaction) -> None:
    """Write and leave nothing: raises where the database can't be written now."""
    transaction.execute("UPDATE projects SET created_at = created_at WHERE project = ?", "")
