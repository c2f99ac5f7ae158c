"""Reading runs and sessions."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, select, tuple_

from runreel.errors import NotFoundError, RenamedError
from runreel.model.page import Page
from runreel.model.run import Run, RunDetail, RunFilter
from runreel.model.scope import Scope
from runreel.model.session import Session
from runreel.storage.sql.cursor import format_cursor, parse_cursor
from runreel.storage.sql.run_row import RunRow, decode_state, read_run
from runreel.storage.sql.schema import events, run_aliases, run_states, run_tags, runs, sessions


def find_row(connection: Connection, scope: Scope, run_id: str) -> RunRow | None:
    """Return the row of a run that the scope sees."""
    query = select(runs).where(runs.c.project == scope.project, runs.c.run_id == run_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else RunRow(*row)


def get_row(connection: Connection, scope: Scope, run_id: str) -> RunRow:
    """Return the row of a run that the scope sees, or raise `NotFoundError`."""
    row = find_row(connection, scope, run_id)
    if row is None:
        raise NotFoundError(f"there is no run with the id {run_id!r}")
    return row


def get_run_by_name(connection: Connection, scope: Scope, agent_name: str, run_name: str) -> Run:
    """Return a run by its present name; see `RunStore.get_run_by_name`."""
    of_agent = (runs.c.project == scope.project, runs.c.agent_name == agent_name)
    row = connection.execute(select(runs).where(*of_agent, runs.c.run_name == run_name)).one_or_none()
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
    stored = connection.execute(
        select(run_states.c.state).where(run_states.c.run_pk == row.run_pk)
    ).scalar_one_or_none()
    if stored is None:
        return RunDetail()
    fields = decode_state(stored).fields
    return RunDetail(
        inputs=fields.get("inputs"),
        outputs=fields.get("outputs"),
        error=fields.get("error"),
        metadata=cast("dict[str, object]", fields.get("metadata", {})),
    )


def list_runs(connection: Connection, scope: Scope, query: RunFilter, *, limit: int, cursor: str | None) -> Page[Run]:
    """Return runs, newest first, after a cursor."""
    statement = _newest(scope, query)
    if cursor is not None:
        statement = statement.where(tuple_(runs.c.created_at, runs.c.run_pk) < parse_cursor("runs", cursor, int, int))
    rows = [RunRow(*row) for row in connection.execute(statement.limit(limit + 1))]
    shown = rows[:limit]
    following = format_cursor("runs", (shown[-1].created_at, shown[-1].run_pk)) if len(rows) > limit else None
    return Page(tuple(read_run(row) for row in shown), following)


def list_runs_at(connection: Connection, scope: Scope, query: RunFilter, *, limit: int, offset: int) -> list[Run]:
    """Return runs, newest first, from a position in the list."""
    return [read_run(RunRow(*row)) for row in connection.execute(_newest(scope, query).limit(limit).offset(offset))]


def _newest(scope: Scope, query: RunFilter) -> Select[Any]:
    return (
        select(runs)
        .where(runs.c.project == scope.project, *_conditions(query))
        .order_by(runs.c.created_at.desc(), runs.c.run_pk.desc())
    )


def _conditions(query: RunFilter) -> list[ColumnElement[bool]]:
    wanted = {
        runs.c.agent_name: query.agent_name,
        runs.c.session_id: query.session_id,
        runs.c.status: query.status,
        runs.c.environment: query.environment,
        runs.c.mode: query.mode,
        runs.c.parent_run_id: query.parent_run_id,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in wanted.items() if value is not None]
    if query.tag is not None:
        conditions.append(runs.c.run_pk.in_(select(run_tags.c.run_pk).where(run_tags.c.tag == query.tag)))
    if query.since is not None:
        conditions.append(runs.c.created_at >= query.since)
    if query.until is not None:
        conditions.append(runs.c.created_at < query.until)
    return conditions


def list_runs_of_event(connection: Connection, scope: Scope, event_id: str, *, limit: int) -> list[Run]:
    """Return the runs that have an event of this id.

    Events are keyed below their run, so every run of the project is asked by its key: cheap for each, and no index
    on event ids alone has to be kept.
    """
    has_event = select(events.c.event_id).where(events.c.run_pk == runs.c.run_pk, events.c.event_id == event_id)
    statement = select(runs).where(runs.c.project == scope.project, has_event.exists()).limit(limit)
    return [read_run(RunRow(*row)) for row in connection.execute(statement)]


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
