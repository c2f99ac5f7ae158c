"""Reading runs and sessions."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Connection, Row, Select, and_, bindparam, case, func, select, tuple_

from runreel.errors import NotFoundError, RenamedError
from runreel.model.page import Page
from runreel.model.run import Run, RunDetail
from runreel.model.scope import Scope
from runreel.model.session import Session
from runreel.storage.sql.cursor import format_cursor, parse_cursor
from runreel.storage.sql.prepared import fetch_one
from runreel.storage.sql.recorder_row import read_completeness
from runreel.storage.sql.run_history import list_aliases
from runreel.storage.sql.run_row import RunRow, decode_state, metadata_of, read_run
from runreel.storage.sql.schema import run_aliases, run_states, runs, sessions

_RUN_BY_ID = select(runs).where(runs.c.project == bindparam("project"), runs.c.run_id == bindparam("run_id"))
_RUN_BY_NAME = select(runs).where(
    runs.c.project == bindparam("project"),
    runs.c.agent_name == bindparam("agent_name"),
    runs.c.run_name == bindparam("run_name"),
)
_STATE_OF_RUN = select(run_states.c.state).where(run_states.c.run_pk == bindparam("run_pk"))


def find_row(connection: Connection, scope: Scope, run_id: str) -> RunRow | None:
    """Return the row of a run that the scope sees."""
    row = fetch_one(connection, _RUN_BY_ID, project=scope.project, run_id=run_id)
    return None if row is None else RunRow(*row)


def get_row(connection: Connection, scope: Scope, run_id: str) -> RunRow:
    """Return the row of a run that the scope sees, or raise `NotFoundError`."""
    row = find_row(connection, scope, run_id)
    if row is None:
        raise NotFoundError(f"there is no run with the id {run_id!r}")
    return row


def get_run_by_name(connection: Connection, scope: Scope, agent_name: str, run_name: str) -> Run:
    """Return a run by its present name; see `RunStore.get_run_by_name`."""
    row = fetch_one(connection, _RUN_BY_NAME, project=scope.project, agent_name=agent_name, run_name=run_name)
    if row is not None:
        return read_run(RunRow(*row))
    alias = (
        run_aliases.c.project == scope.project,
        run_aliases.c.agent_name == agent_name,
        run_aliases.c.run_name == run_name,
    )
    former = connection.execute(
        select(runs).join(run_aliases, run_aliases.c.run_pk == runs.c.run_pk).where(*alias)
    ).one_or_none()
    if former is None:
        raise NotFoundError(f"the agent {agent_name!r} has no run {run_name!r}")
    run = read_run(RunRow(*former))
    known_as = f"{run.run_name!r} of the agent {run.agent_name!r}"
    raise RenamedError(
        f"the run {run_name!r} of the agent {agent_name!r} is now called {known_as}",
        agent_name=run.agent_name,
        run_name=run.run_name,
        run_id=run.run_id,
    )


def get_detail(connection: Connection, row: RunRow) -> RunDetail:
    """Return what only the page of one run shows."""
    stored = fetch_one(connection, _STATE_OF_RUN, run_pk=row.run_pk)
    aliases = list_aliases(connection, row)
    completeness = read_completeness(connection, row.run_pk)
    if stored is None:
        return RunDetail(aliases=aliases, completeness=completeness)
    state = decode_state(stored[0])
    return RunDetail(
        inputs=state.fields.get("inputs"),
        outputs=state.fields.get("outputs"),
        error=state.fields.get("error"),
        metadata=metadata_of(state),
        aliases=aliases,
        completeness=completeness,
    )


def list_sessions(connection: Connection, scope: Scope, *, limit: int, cursor: str | None) -> Page[Session]:
    """Return sessions, newest first, after a cursor."""
    statement = _sessions(scope).order_by(sessions.c.created_at.desc(), sessions.c.session_id.desc()).limit(limit + 1)
    if cursor is not None:
        after = parse_cursor("sessions", cursor, int, str)
        statement = statement.where(tuple_(sessions.c.created_at, sessions.c.session_id) < after)
    found = [_read_session(row) for row in connection.execute(statement)]
    shown = found[:limit]
    following = format_cursor("sessions", (shown[-1].created_at, shown[-1].session_id)) if len(found) > limit else None
    return Page(tuple(shown), following)


def get_session(connection: Connection, scope: Scope, session_id: str) -> Session:
    """Return a session by its id."""
    row = connection.execute(_sessions(scope).where(sessions.c.session_id == session_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no session {session_id!r}")
    return _read_session(row)


def _sessions(scope: Scope) -> Select[Any]:
    in_session = and_(runs.c.project == sessions.c.project, runs.c.session_id == sessions.c.session_id)
    latest = case((runs.c.active_at < runs.c.created_at, runs.c.created_at), else_=runs.c.active_at)
    n_runs, active_at = (
        select(counted).where(in_session).correlate(sessions).scalar_subquery()
        for counted in (func.count(), func.max(latest))
    )
    return select(sessions, n_runs.label("n_runs"), active_at.label("last_active_at")).where(
        sessions.c.project == scope.project
    )


def _read_session(row: Row[Any]) -> Session:
    metadata: object = decode_state(row.state).fields.get("metadata", {}) if row.state is not None else {}
    return Session(
        session_id=row.session_id,
        name=row.person_name or row.name,
        status=row.status,
        created_at=row.created_at,
        last_active_at=row.last_active_at,
        n_runs=row.n_runs,
        metadata=cast("dict[str, object]", metadata),
    )
