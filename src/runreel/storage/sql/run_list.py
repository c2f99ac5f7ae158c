"""Lists of runs: filtered, sorted, in pages; and the runs around one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
)

from runreel.model.name import is_run_id
from runreel.model.page import Page
from runreel.model.run import NEWEST_FIRST, Run, RunFamily, RunFilter, RunOrder, RunSort
from runreel.model.scope import Scope
from runreel.storage.sql.cursor import format_cursor, parse_cursor
from runreel.storage.sql.dialect import Dialect
from runreel.storage.sql.prepared import fetch_one
from runreel.storage.sql.run_row import RunRow, read_run
from runreel.storage.sql.schema import events, run_tags, runs

_NEVER = 2**63 - 1

_IN_PROJECT = runs.c.project == bindparam("project")
_OF_AGENT = and_(_IN_PROJECT, runs.c.agent_name == bindparam("agent_name"))
_CREATION = tuple_(runs.c.created_at, runs.c.run_pk)
_PLACE = tuple_(bindparam("created_at", type_=BigInteger), bindparam("run_pk", type_=BigInteger))
_PARENT = select(runs).where(_IN_PROJECT, runs.c.run_id == bindparam("run_id"))
_PREVIOUS = (
    select(runs)
    .where(_OF_AGENT, _CREATION < _PLACE)
    .order_by(runs.c.created_at.desc(), runs.c.run_pk.desc())
    .limit(literal_column("1"))
)
_NEXT = (
    select(runs)
    .where(_OF_AGENT, _CREATION > _PLACE)
    .order_by(runs.c.created_at, runs.c.run_pk)
    .limit(literal_column("1"))
)
_N_CHILDREN = select(func.count()).where(_IN_PROJECT, runs.c.parent_run_id == bindparam("run_id"))


def list_runs(
    connection: Connection,
    dialect: Dialect,
    scope: Scope,
    query: RunFilter,
    order: RunOrder,
    *,
    limit: int,
    cursor: str | None,
) -> Page[Run]:
    """Return runs in an order, after a cursor."""
    keys = _keys(order)
    of = "runs" if order == NEWEST_FIRST else f"runs by {order.sort} {'desc' if order.is_descending else 'asc'}"
    conditions = conditions_of(scope, dialect, query)
    if cursor is not None:
        types = [str if order.sort is RunSort.NAME and place == 0 else int for place in range(len(keys))]
        after = parse_cursor(of, cursor, *types)
        conditions.append(tuple_(*keys) < after if order.is_descending else tuple_(*keys) > after)
    found = connection.execute(_sorted(keys, order, conditions, limit=limit + 1)).all()
    shown = found[:limit]
    following = format_cursor(of, shown[-1][-len(keys) :]) if len(found) > limit else None
    return Page(tuple(read_run(RunRow(*row[: -len(keys)])) for row in shown), following)


def list_runs_at(
    connection: Connection, dialect: Dialect, scope: Scope, query: RunFilter, *, limit: int, offset: int
) -> list[Run]:
    """Return runs, newest first, from a position in the list."""
    keys = _keys(NEWEST_FIRST)
    statement = _sorted(keys, NEWEST_FIRST, conditions_of(scope, dialect, query), limit=limit, offset=offset)
    return [read_run(RunRow(*row[: -len(keys)])) for row in connection.execute(statement)]


def list_runs_of_event(connection: Connection, scope: Scope, event_id: str, *, limit: int) -> list[Run]:
    """Return the runs that have an event of this id.

    Events are keyed below their run, so every run of the project is asked by its key: cheap for each, and no index
    on event ids alone has to be kept.
    """
    has_event = select(events.c.event_id).where(events.c.run_pk == runs.c.run_pk, events.c.event_id == event_id)
    statement = select(runs).where(runs.c.project == scope.project, has_event.exists()).limit(limit)
    return [read_run(RunRow(*row)) for row in connection.execute(statement)]


def get_family(connection: Connection, scope: Scope, row: RunRow) -> RunFamily:
    """Return the runs around one."""

    def find(statement: Select[Any], **values: object) -> Run | None:
        found = fetch_one(connection, statement, **values)
        return None if found is None else read_run(RunRow(*found))

    place = {
        "project": scope.project,
        "agent_name": row.agent_name,
        "created_at": row.created_at,
        "run_pk": row.run_pk,
    }
    parent_id = row.parent_run_id
    n_children = fetch_one(connection, _N_CHILDREN, project=scope.project, run_id=row.run_id)
    return RunFamily(
        parent=None if parent_id is None else find(_PARENT, project=scope.project, run_id=parent_id),
        previous=find(_PREVIOUS, **place),
        next=find(_NEXT, **place),
        n_children=0 if n_children is None else n_children[0],
    )


def _keys(order: RunOrder) -> tuple[ColumnElement[Any], ...]:
    """Return what the runs are sorted by; the run's key is the last, so no two are equal."""
    by_creation = (runs.c.created_at, runs.c.run_pk)
    # A run that has none stands last, in either direction.
    missing: ColumnElement[int] = literal_column("-1" if order.is_descending else str(_NEVER))
    match order.sort:
        case RunSort.CREATED_AT:
            return by_creation
        case RunSort.DURATION:
            return func.coalesce(runs.c.duration_us, missing), *by_creation
        case RunSort.COST:
            return runs.c.cost_nanos, *by_creation
        case RunSort.TOKENS:
            return runs.c.tokens_in + runs.c.tokens_out, *by_creation
        case RunSort.ERRORS:
            return runs.c.error_count, *by_creation
        case RunSort.NAME:
            return func.coalesce(
                runs.c.run_name, literal_column("''" if order.is_descending else "'\U0010ffff'")
            ), *by_creation


def _sorted(
    keys: tuple[ColumnElement[Any], ...],
    order: RunOrder,
    conditions: list[ColumnElement[bool]],
    *,
    limit: int,
    offset: int = 0,
) -> Select[Any]:
    """Return the query for some of the runs in an order, with what they are sorted by at the end of each row."""

    def ordered(columns: Iterable[ColumnElement[Any]]) -> Iterator[ColumnElement[Any]]:
        return (column.desc() if order.is_descending else column.asc() for column in columns)

    # First only the keys, so that no more rows are looked up than are shown.
    labelled = [key.label(f"key_{place}") for place, key in enumerate(keys)]
    shown = select(runs.c.run_pk.label("shown_pk"), *labelled).where(*conditions).order_by(*ordered(keys))
    shown = shown.limit(limit).offset(offset).subquery()
    kept = [shown.c[f"key_{place}"] for place in range(len(keys))]
    return select(runs, *kept).join_from(shown, runs, runs.c.run_pk == shown.c.shown_pk).order_by(*ordered(kept))


def conditions_of(scope: Scope, dialect: Dialect, query: RunFilter) -> list[ColumnElement[bool]]:
    """Return what makes a run one of the project that the filter lets through."""
    wanted = {
        runs.c.agent_name: query.agent_name,
        runs.c.session_id: query.session_id,
        runs.c.environment: query.environment,
        runs.c.mode: query.mode,
        runs.c.parent_run_id: query.parent_run_id,
    }
    conditions: list[ColumnElement[bool]] = [runs.c.project == scope.project]
    conditions += [column == value for column, value in wanted.items() if value is not None]
    if query.statuses:
        conditions.append(runs.c.status.in_(query.statuses))
    if query.tag is not None:
        conditions.append(runs.c.run_pk.in_(select(run_tags.c.run_pk).where(run_tags.c.tag == query.tag)))
    if query.run_ids is not None:
        conditions.append(runs.c.run_id.in_([run_id for run_id in query.run_ids if is_run_id(run_id)]))
    if query.since is not None:
        conditions.append(runs.c.created_at >= query.since)
    if query.until is not None:
        conditions.append(runs.c.created_at < query.until)
    if query.text is not None:
        conditions.append(dialect.has_text(runs.c.run_name, query.text))
    if query.has_errors is not None:
        conditions.append(runs.c.error_count > 0 if query.has_errors else runs.c.error_count == 0)
    if query.has_unpriced is not None:
        conditions.append(runs.c.unpriced_count > 0 if query.has_unpriced else runs.c.unpriced_count == 0)
    return conditions
