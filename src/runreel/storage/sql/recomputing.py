"""Pricing stored events again, after prices have changed: a bounded part in each transaction.

What has to change is looked for in a reading transaction, which disturbs nobody; what was found is changed under the
locks of its runs, by what the rows and the prices are then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from runreel.model.price import PriceList, RecomputeQuery, RecomputeReport
from runreel.model.scope import Scope
from runreel.storage.sql import event_row, event_writing, pricing, schema
from runreel.storage.sql.applying import close_runs
from runreel.storage.sql.cursor import format_cursor, parse_cursor
from runreel.storage.sql.editing import changes_of
from runreel.storage.sql.price_book import PriceBook
from runreel.storage.sql.schema import events, runs
from runreel.storage.sql.transaction import Transaction

_EVENTS_AT_ONCE = 10_000
_RUNS_AT_ONCE = 500
_KEY = ("run_pk", "event_id")

EventKey = tuple[int, str]
EventRow = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """The events whose price is another by now, and what changing them comes to."""

    keys: list[EventKey]
    report: RecomputeReport


def find(
    connection: Connection, price_book: PriceBook, scope: Scope, query: RecomputeQuery, *, cursor: str | None
) -> Finding:
    """Look through the next runs, or the next part of a long one."""
    run_pk, event_id = _parse_place(cursor)
    prices = pricing.find_list(connection, price_book, scope.project)
    run_pks, is_part = _next_runs(connection, scope, query, run_pk, event_id)
    rows = _rows(connection, query, run_pks, event_id)
    changed = [row for row in rows if event_row.price_of(prices, row) != row[event_row.PRICE]]
    place: EventKey | None = None
    if is_part and len(rows) == _EVENTS_AT_ONCE:
        place = (run_pks[0], rows[-1][1])
    elif run_pks:
        place = (run_pks[-1], "")
    n_left = _count_runs(connection, scope, query, place[0]) if place else 0
    is_last = place is None or (not n_left and not place[1])
    report = RecomputeReport(
        n_examined=len(rows),
        n_changed=0,
        n_runs=0,
        cost_nanos=0,
        n_unpriced=0,
        n_runs_left=n_left,
        next_cursor=None if is_last or place is None else format_cursor("recomputing", place),
    )
    return Finding([(row[0], row[1]) for row in changed], _with_changes(report, prices, changed))


def recompute(transaction: Transaction, scope: Scope, finding: Finding) -> RecomputeReport:
    """Price the events that were found, by the prices of now; see `PriceStore.recompute`."""
    prices = pricing.read_list(transaction, scope.project)
    rows = transaction.lock_runs(sorted({run_pk for run_pk, _ in finding.keys}))
    keys = [key for key in finding.keys if key[0] in rows]
    stored = transaction.dialect.select(transaction.cursor, schema.events, event_row.COLUMNS, _KEY, keys)
    changed = [row for row in stored if event_row.price_of(prices, row) != row[event_row.PRICE]]
    changes = {change.row.run_pk: change for change in changes_of(transaction, list(rows.values()))}
    updated: list[list[Any]] = []
    for old in changed:
        run = changes[old[0]].row
        run.change_seq += 1
        row = list(old)
        row[event_row.PRICE], row[event_row.CHANGE_SEQ] = event_row.price_of(prices, old), run.change_seq
        updated.append(row)
    event_writing.contribute(transaction, -1, changed, changes)
    event_writing.contribute(transaction, 1, updated, changes)
    transaction.execute_many(
        "UPDATE events SET price_nanos = ?, change_seq = ? WHERE run_pk = ? AND event_id = ?",
        [(row[event_row.PRICE], row[event_row.CHANGE_SEQ], row[0], row[1]) for row in updated],
    )
    close_runs(transaction, changes.values())
    transaction.finish()
    return _with_changes(finding.report, prices, changed)


def _with_changes(report: RecomputeReport, prices: PriceList, rows: Iterable[EventRow]) -> RecomputeReport:
    """Return the report with what pricing these rows changes in them and in the totals."""
    changed = list(rows)
    cost_nanos = n_unpriced = 0
    for row in changed:
        if row[event_row.IS_COUNTED]:
            before, after = row[event_row.PRICE], event_row.price_of(prices, row)
            cost_nanos += (after or 0) - (before or 0)
            n_unpriced += int(after is None) - int(before is None)
    n_runs = len({row[0] for row in changed})
    return replace(report, n_changed=len(changed), n_runs=n_runs, cost_nanos=cost_nanos, n_unpriced=n_unpriced)


def _parse_place(cursor: str | None) -> EventKey:
    """Return after which run, and after which of its events, to go on."""
    if cursor is None:
        return -(2**63), ""
    run_pk, event_id = parse_cursor("recomputing", cursor, int, str)
    assert isinstance(run_pk, int)
    return run_pk, str(event_id)


def _next_runs(
    connection: Connection, scope: Scope, query: RecomputeQuery, run_pk: int, event_id: str
) -> tuple[list[int], bool]:
    """Return the runs to look through, and whether it is one that may take several parts."""
    if event_id:
        # A run that was deleted meanwhile has no events left, and the next part begins behind it.
        return [run_pk], True
    # By the key alone: an index that begins with the project would have all its runs sorted for every step.
    in_project = runs.c.project.concat("") == scope.project
    statement = select(runs.c.run_pk, runs.c.event_count).where(in_project, *_run_conditions(query, run_pk))
    statement = statement.order_by(runs.c.run_pk).limit(_RUNS_AT_ONCE)
    chosen: list[int] = []
    n_events = 0
    for row in connection.execute(statement):
        n_events += row[1]
        if n_events > _EVENTS_AT_ONCE:
            return (chosen, False) if chosen else ([row[0]], True)
        chosen.append(row[0])
    return chosen, False


def _run_conditions(query: RecomputeQuery, run_pk: int) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [runs.c.run_pk > run_pk]
    if query.since is not None:
        # A run is active until the last time that one of its records speaks of.
        conditions.append(runs.c.active_at >= query.since)
    return conditions


def _count_runs(connection: Connection, scope: Scope, query: RecomputeQuery, run_pk: int) -> int:
    conditions = (runs.c.project == scope.project, *_run_conditions(query, run_pk))
    return connection.execute(select(func.count()).select_from(runs).where(*conditions)).scalar_one()


def _rows(connection: Connection, query: RecomputeQuery, run_pks: Sequence[int], event_id: str) -> list[EventRow]:
    """Return the events without a recorder's cost, in the order of their keys."""
    if not run_pks:
        return []
    conditions: list[ColumnElement[bool]] = [events.c.cost_nanos.is_(None), events.c.model.is_not(None)]
    if query.model is not None:
        conditions.append(events.c.model == query.model)
    if query.since is not None:
        conditions.append(events.c.started_at >= query.since)
    in_runs = events.c.run_pk == run_pks[0] if len(run_pks) == 1 else events.c.run_pk.in_(run_pks)
    if event_id:
        conditions.append(events.c.event_id > event_id)
    statement = select(events).where(in_runs, *conditions).order_by(events.c.run_pk, events.c.event_id)
    return list(connection.execute(statement.limit(_EVENTS_AT_ONCE)).all())
