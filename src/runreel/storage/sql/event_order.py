"""Execution order: the recorder's own sequence, else start time, ties broken by event id.

A run whose events all have a sequence, or none of them, is read along an index. Only where some have one and some have
not must the whole run be placed first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    bindparam,
    case,
    func,
    literal_column,
    select,
    tuple_,
)

from runreel.storage.sql.cursor import format_cursor, parse_cursor
from runreel.storage.sql.dialect import Dialect
from runreel.storage.sql.prepared import fetch
from runreel.storage.sql.run_row import RunRow
from runreel.storage.sql.schema import events

Position = tuple[Any, ...]
Conditions = Sequence[ColumnElement[bool]]


class OrderKind(IntEnum):
    """What the events of a run are ordered by."""

    TIME = 0
    SEQUENCE = 1
    MIXED = 2


@dataclass(frozen=True, slots=True)
class EventOrder:
    """The columns that the events of one run are ordered by; the last is the event's id, so no two are equal."""

    kind: OrderKind
    run_pk: int | BindParameter[int]
    source: FromClause
    keys: tuple[ColumnElement[Any], ...]

    @property
    def lead(self) -> ColumnElement[int]:
        """The first of the columns."""
        return self.keys[0]

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what makes an event one of the run, in words that let the index of the order be used."""
        in_run = [events.c.run_pk == self.run_pk]
        return [*in_run, events.c.sequence.is_not(None)] if self.kind is OrderKind.SEQUENCE else in_run

    def select(self, *columns: Any, where: Conditions = ()) -> Select[Any]:
        """Return a query of columns, followed by those of the order, in the order."""
        labelled = (key.label(f"key_{place}") for place, key in enumerate(self.keys))
        statement: Select[Any] = select(*columns, *labelled).select_from(self.source)  # pyright: ignore[reportAssignmentType]
        return statement.where(*self.conditions(), *where).order_by(*self.keys)

    def position_of(self, row: Sequence[Any]) -> Position:
        """Return the position of a row of `select`."""
        return tuple(row[-len(self.keys) :])

    def after(self, position: Position) -> ColumnElement[bool]:
        """Return what holds for events after a position."""
        return tuple_(*self.keys) > position

    def since(self, position: Position) -> ColumnElement[bool]:
        """Return what holds for events at a position or after it."""
        return tuple_(*self.keys) >= position

    def before(self, position: Position) -> ColumnElement[bool]:
        """Return what holds for events before a position."""
        return tuple_(*self.keys) < position


_BY_TIME = (events.c.started_at, events.c.event_id)
_KEYS: Mapping[OrderKind, tuple[ColumnElement[Any], ...]] = {
    OrderKind.TIME: _BY_TIME,
    OrderKind.SEQUENCE: (events.c.sequence, *_BY_TIME),
}
_FIRST_PAGES: Mapping[OrderKind, Select[Any]] = {
    kind: EventOrder(kind, bindparam("run_pk"), events, keys).select(events).limit(bindparam("limit"))
    for kind, keys in _KEYS.items()
}


def order_of(run: RunRow) -> EventOrder:
    """Return the order of a run's events."""
    if not run.sequenced_count:
        return EventOrder(OrderKind.TIME, run.run_pk, events, _KEYS[OrderKind.TIME])
    if run.sequenced_count == run.event_count:
        return EventOrder(OrderKind.SEQUENCE, run.run_pk, events, _KEYS[OrderKind.SEQUENCE])
    # Events without a sequence stand by their time among the others, whose time never runs backwards.
    running = func.max(events.c.started_at).over(
        partition_by=events.c.sequence.is_(None),
        order_by=(events.c.sequence, events.c.started_at, events.c.event_id),
    )
    order_at = case((events.c.sequence.is_(None), events.c.started_at), else_=running)
    in_run = events.c.run_pk == run.run_pk
    placed = select(events.c.event_id, order_at.label("order_at")).where(in_run).subquery("placed")
    source = events.join(placed, placed.c.event_id == events.c.event_id)
    keys = (placed.c.order_at, func.coalesce(events.c.sequence, literal_column("-1")), events.c.event_id)
    return EventOrder(OrderKind.MIXED, run.run_pk, source, keys)


def read_rows(
    connection: Connection, order: EventOrder, where: Conditions, limit: int
) -> tuple[list[Sequence[Any]], Position | None]:
    """Return rows of events in their order, and the position of the last of them if more follow."""
    if where or order.kind is OrderKind.MIXED:
        statement = order.select(events, where=where).limit(limit + 1)
        found: list[Sequence[Any]] = list(connection.execute(statement).all())
    else:
        found = fetch(connection, _FIRST_PAGES[order.kind], run_pk=order.run_pk, limit=limit + 1)
    rows = found[:limit]
    return rows, order.position_of(rows[-1]) if len(found) > limit else None


def format_position(of: str, order: EventOrder, position: Position, *more: int) -> str:
    """Return the cursor of a page that ended at a position."""
    *leads, event_id = position
    first, second = (*leads, 0)[:2]
    return format_cursor(of, (int(order.kind), first, second, event_id, *more))


def parse_position(
    connection: Connection, of: str, order: EventOrder, cursor: str, *more: type
) -> tuple[Position, list[object]]:
    """Return the position where a page ended, and what else its cursor holds.

    A run that gets its first event with a sequence, or without one, between two pages has another order from then on:
    the position is that of the same event in the new order.
    """
    kind, first, second, event_id, *others = parse_cursor(of, cursor, int, int, int, str, *more)
    position: Position = (first, event_id) if order.kind is OrderKind.TIME else (first, second, event_id)
    if kind == order.kind:
        return position, others
    moved = read_positions(connection, order, events.c.event_id == event_id)
    return moved[0] if moved else position, others


def read_positions(connection: Connection, order: EventOrder, where: ColumnElement[bool]) -> list[Position]:
    """Return the positions of events that meet a condition, in no order: they are looked up, not come across."""
    statement = select(*order.keys).select_from(order.source).where(events.c.run_pk == order.run_pk, where)
    return [tuple(row) for row in connection.execute(statement)]


def find_position(connection: Connection, order: EventOrder, place: int, where: Conditions = ()) -> Position | None:
    """Return the position of the event at a place, counted from 0 among those that meet the conditions."""
    conditions, skipped = list(where), place
    if not conditions and order.kind is not OrderKind.MIXED:
        # Skipped along the index alone, up to those that begin alike.
        lead = order.lead
        leads = select(lead).where(*order.conditions()).order_by(lead).limit(1).offset(place)
        found = connection.execute(leads).scalar_one_or_none()
        if found is None:
            return None
        before = select(func.count()).where(*order.conditions(), lead < found)
        skipped = place - connection.execute(before).scalar_one()
        conditions.append(lead >= found)
    row = connection.execute(order.select(where=conditions).limit(1).offset(skipped)).one_or_none()
    return None if row is None else tuple(row)


def read_places(
    connection: Connection, dialect: Dialect, order: EventOrder, positions: Sequence[Position]
) -> list[int]:
    """Return the places of events in the whole run, counted from 0, given their positions."""
    if not positions:
        return []
    if order.kind is OrderKind.MIXED:
        return _read_mixed_places(connection, dialect, order, positions)
    leads = sorted({position[0] for position in positions})
    number = dialect.numbers(leads)
    following = func.lead(number.c.number).over(order_by=number.c.number)
    spans = select(number.c.number, following.label("following")).subquery("spans")
    inside, alike = (
        select(func.count()).where(*order.conditions(), *bounds).correlate(spans).scalar_subquery()
        for bounds in (
            (order.lead >= spans.c.number, order.lead < spans.c.following),
            (order.lead == spans.c.number,),
        )
    )
    rows = connection.execute(select(spans.c.number, inside, alike).order_by(spans.c.number)).all()
    before = connection.execute(select(func.count()).where(*order.conditions(), order.lead < leads[0])).scalar_one()
    starts: dict[int, int] = {}
    for lead, n_inside, _ in rows:
        starts[lead] = before
        before += n_inside
    ranks = _read_ranks(connection, dialect, order, [row[0] for row in rows if row[2] > 1])
    return [starts[position[0]] + ranks.get(position[-1], 0) for position in positions]


def _read_ranks(connection: Connection, dialect: Dialect, order: EventOrder, leads: Sequence[int]) -> dict[str, int]:
    """Return the place of each event among those that begin alike."""
    ranks: dict[str, int] = {}
    if not leads:
        return ranks
    alike = order.lead.in_(select(dialect.numbers(leads).c.number))
    rank, last = 0, None
    for row in connection.execute(order.select(where=[alike])):
        rank = rank + 1 if row[0] == last else 0
        last = row[0]
        ranks[row[-1]] = rank
    return ranks


def _read_mixed_places(
    connection: Connection, dialect: Dialect, order: EventOrder, positions: Sequence[Position]
) -> list[int]:
    numbered = func.row_number().over(order_by=order.keys)
    placed = (
        select(events.c.event_id, numbered.label("number"))
        .select_from(order.source)
        .where(*order.conditions())
        .subquery("numbered")
    )
    wanted = [position[-1] for position in positions]
    statement = select(placed).where(placed.c.event_id.in_(select(dialect.texts(wanted).c.text)))
    places: dict[str, int] = {row[0]: row[1] - 1 for row in connection.execute(statement)}
    return [places[event_id] for event_id in wanted]
