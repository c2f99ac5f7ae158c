"""Runs that match a filter, to be counted, or taken in parts of a bounded size."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select, tuple_

from runreel.model.run import RunCount, RunFilter
from runreel.model.scope import Scope
from runreel.storage.sql.cursor import format_cursor, parse_cursor
from runreel.storage.sql.dialect import Dialect
from runreel.storage.sql.run_list import conditions_of
from runreel.storage.sql.schema import runs


def count_runs(connection: Connection, dialect: Dialect, scope: Scope, query: RunFilter) -> RunCount:
    """Return how many runs match, and how many events are in them."""
    statement = select(func.count(), func.coalesce(func.sum(runs.c.event_count), 0))
    n_runs, n_events = connection.execute(statement.where(*conditions_of(scope, dialect, query))).one()
    return RunCount(n_runs=n_runs, n_events=int(n_events))


def next_matching(
    connection: Connection,
    dialect: Dialect,
    scope: Scope,
    query: RunFilter,
    *,
    seen_until: int,
    cursor: str | None,
    max_runs: int,
    max_events: int,
) -> tuple[list[int], str | None]:
    """Return the keys of the next matching runs with at most so many events together, and where to go on.

    Runs that were first seen after `seen_until` don't count. There is at least one, however many events it has.
    """
    statement = (
        select(runs.c.created_at, runs.c.run_pk, runs.c.event_count)
        .where(runs.c.first_seen_at <= seen_until, *conditions_of(scope, dialect, query))
        .order_by(runs.c.created_at.desc(), runs.c.run_pk.desc())
        .limit(max_runs + 1)
    )
    if cursor is not None:
        statement = statement.where(tuple_(runs.c.created_at, runs.c.run_pk) < parse_cursor("runs", cursor, int, int))
    found = connection.execute(statement).all()
    n_events, chosen = 0, list(found[:max_runs])
    for place, row in enumerate(chosen):
        n_events += row.event_count
        if place and n_events > max_events:
            chosen = chosen[:place]
            break
    last = chosen[-1] if len(chosen) < len(found) else None
    return [row.run_pk for row in chosen], None if last is None else format_cursor("runs", last[:2])


def still_matching(
    connection: Connection, dialect: Dialect, scope: Scope, query: RunFilter, run_pks: Sequence[int]
) -> list[int]:
    """Return which of these runs match."""
    conditions = conditions_of(scope, dialect, query)
    return list(connection.execute(select(runs.c.run_pk).where(runs.c.run_pk.in_(run_pks), *conditions)).scalars())
