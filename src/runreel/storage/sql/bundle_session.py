"""The sessions that runs of a bundle belong to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from runreel.model.bundle import ImportOptions, RunParts, SessionPart
from runreel.model.scope import Scope
from runreel.storage.merge import State, joined, same
from runreel.storage.sql import schema
from runreel.storage.sql.applying import put_sessions, update_session
from runreel.storage.sql.run_row import decode_state, encode_state
from runreel.storage.sql.transaction import Transaction

# Above the ranks of records: whoever imports has the last word.
_STAMP_OF_PERSON = (3, 0)


def in_session(parts: RunParts, session_id: str) -> RunParts:
    """Return a run as one that a person put into another session."""
    chosen = State({"session_id": session_id}, _STAMP_OF_PERSON)
    if parts.run.state is not None:
        chosen = joined(decode_state(parts.run.state), chosen)
    return replace(parts, run=replace(parts.run, session_id=session_id, state=encode_state(chosen)), session=None)


def put_sessions_of(
    transaction: Transaction, scope: Scope, runs: Iterable[RunParts], options: ImportOptions, now: int
) -> set[str]:
    """Create the sessions that don't exist yet as they were elsewhere, and merge those that do; return their ids."""
    if options.session_id is not None:
        put_sessions(transaction, [(scope.project, options.session_id)], now)
        return set()
    return put_brought(transaction, scope, (parts.session for parts in runs if parts.session is not None), now)


def put_brought(transaction: Transaction, scope: Scope, sessions: Iterable[SessionPart], now: int) -> set[str]:
    """Create or merge these sessions; return the ids of those that are in the store then."""
    brought = {session.session_id: session for session in sessions}
    rows = [(scope.project, *_columns(brought[session_id])) for session_id in sorted(brought)]
    transaction.dialect.insert(transaction.cursor, schema.sessions, rows, or_ignore=True)
    key, keys = ("project", "session_id"), [row[:2] for row in rows]
    columns = (*key, "person_name", "state")
    stored = transaction.dialect.select(transaction.cursor, schema.sessions, columns, key, keys, for_update=True)
    for project, session_id, person_name, state in stored:
        _merge(transaction, (project, session_id), brought[session_id], person_name, state, now)
    return {row[1] for row in stored}


def _columns(session: SessionPart) -> tuple[object, ...]:
    state = None if session.state is None else encode_state(decode_state(session.state))
    return (session.session_id, session.name, session.status, session.created_at, session.person_name, state)


def _merge(
    transaction: Transaction,
    key: tuple[str, str],
    session: SessionPart,
    person_name: str | None,
    stored: bytes | None,
    now: int,
) -> None:
    if person_name is None and session.person_name is not None:
        transaction.execute(
            "UPDATE sessions SET person_name = ? WHERE project = ? AND session_id = ?", session.person_name, *key
        )
    if session.state is None:
        return
    brought = decode_state(session.state)
    before = None if stored is None else decode_state(stored)
    state = brought if before is None else joined(before, brought)
    if before is None or not same(state, before):
        update_session(transaction, key, state, now)
