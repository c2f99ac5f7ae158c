"""Reading sessions, with what their runs come to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Connection, Row, Select, and_, bindparam, case, func, select, tuple_

from runreel.errors import NotFoundError
from runreel.model.page import Page
from runreel.model.scope import Scope
from runreel.model.session import Session, SessionFilter
from runreel.storage.sql.cursor import format_cursor, parse_cursor
from runreel.storage.sql.rollup import TOTALS
from runreel.storage.sql.run_row import decode_state, read_usage
from runreel.storage.sql.schema import runs, sessions

_ACTIVE_AT = func.max(case((runs.c.active_at < runs.c.created_at, runs.c.created_at), else_=runs.c.active_at))
_FIRST_AT = func.min(runs.c.created_at)
_RANKS = {
    "last_active": func.coalesce(_ACTIVE_AT, 0),
    "runs": func.count(runs.c.run_pk),
    "cost": func.coalesce(func.sum(runs.c.cost_nanos), 0),
}


def list_sessions(
    connection: Connection, scope: Scope, query: SessionFilter, *, limit: int, cursor: str | None
) -> Page[Session]:
    """Return sessions, after a cursor; see `RunStore.list_sessions`."""
    of = f"sessions by {query.sort}"
    if query.sort == "created_at" and query.text is None:
        ranks = _newest(connection, scope, None if cursor is None else parse_cursor(of, cursor, int, str), limit + 1)
    elif query.sort == "name":
        after = None if cursor is None else tuple(cast("list[str]", parse_cursor(of, cursor, str, str)))
        named = sorted((name.casefold(), each) for each, name, _ in _ranked(connection, scope, query))
        ranks = [rank for rank in named if after is None or rank > after][: limit + 1]
    else:
        last = None if cursor is None else tuple(cast("tuple[int, str]", parse_cursor(of, cursor, int, str)))
        most = sorted(((rank, each) for each, _, rank in _ranked(connection, scope, query)), reverse=True)
        ranks = [rank for rank in most if last is None or rank < last][: limit + 1]
    shown = [session_id for _, session_id in ranks[:limit]]
    found = {session.session_id: session for session in _fetch(connection, scope, shown)}
    following = format_cursor(of, ranks[limit - 1]) if len(ranks) > limit else None
    return Page(tuple(found[session_id] for session_id in shown), following)


def get_session(connection: Connection, scope: Scope, session_id: str) -> Session:
    """Return a session by its id."""
    found = _fetch(connection, scope, [session_id])
    if not found:
        raise NotFoundError(f"there is no session {session_id!r}")
    return found[0]


def _newest(
    connection: Connection, scope: Scope, after: list[object] | None, limit: int
) -> Sequence[tuple[int | str, str]]:
    # As many sessions as there are conversations: the newest are found without reading them all.
    position = (sessions.c.created_at, sessions.c.session_id)
    statement = select(*position).where(sessions.c.project == scope.project)
    if after is not None:
        statement = statement.where(tuple_(*position) < after)
    statement = statement.order_by(*(column.desc() for column in position)).limit(limit)
    return [(created_at, session_id) for created_at, session_id in connection.execute(statement)]


def _ranked(connection: Connection, scope: Scope, query: SessionFilter) -> Sequence[tuple[str, str, int]]:
    """Return the id, the name and the rank of each session that matches.

    Names are compared here: databases fold letters in ways of their own.
    """
    columns = (sessions.c.session_id, func.coalesce(sessions.c.person_name, sessions.c.name))
    if query.sort in ("name", "created_at"):
        statement = select(*columns, sessions.c.created_at).where(sessions.c.project == scope.project)
    else:
        statement = _of_runs(*columns, _RANKS[query.sort]).where(sessions.c.project == scope.project)
        statement = statement.group_by(*columns)
    rows = connection.execute(statement)
    return [(session_id, name, int(rank)) for session_id, name, rank in rows if query.matches(session_id, name)]


def _fetch(connection: Connection, scope: Scope, session_ids: Sequence[str]) -> list[Session]:
    are_asked = (
        sessions.c.project == scope.project,
        sessions.c.session_id.in_(bindparam("session_ids", list(session_ids), expanding=True)),
    )
    failed = func.sum(case((runs.c.status == "failed", 1), else_=0))
    sums = [func.coalesce(func.sum(runs.c[name]), 0) for name in TOTALS]
    figures = _of_runs(sessions.c.session_id, func.count(runs.c.run_pk), _FIRST_AT, _ACTIVE_AT, failed, *sums)
    sums_of = {row[0]: row[1:] for row in connection.execute(figures.where(*are_asked).group_by(sessions.c.session_id))}
    rows = connection.execute(select(sessions).where(*are_asked))
    return [_read_session(row, sums_of[row.session_id]) for row in rows]


def _of_runs(*columns: Any) -> Select[*tuple[Any, ...]]:
    in_session = and_(runs.c.project == sessions.c.project, runs.c.session_id == sessions.c.session_id)
    return select(*columns).select_from(sessions.outerjoin(runs, in_session))


def _read_session(row: Row[Any], figures: Sequence[Any]) -> Session:
    metadata: object = decode_state(row.state).fields.get("metadata", {}) if row.state is not None else {}
    n_runs, first_at, active_at, n_failed, *sums = figures
    # PostgreSQL sums into decimals.
    totals = [int(total) for total in sums]
    return Session(
        session_id=row.session_id,
        name=row.person_name or row.name,
        status=row.status,
        created_at=row.created_at,
        first_run_at=first_at,
        last_active_at=active_at,
        n_runs=n_runs,
        n_failed=int(n_failed),
        n_events=totals[0],
        n_errors=totals[1],
        usage=read_usage(totals),
        metadata=cast("dict[str, object]", metadata),
    )
