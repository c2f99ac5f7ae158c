"""Reading a whole run at a glance: how many events and errors began when."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from sqlalchemy import func, select

from runreel.model.span import Overview, OverviewBucket
from runreel.storage.sql.event_filter import is_failed
from runreel.storage.sql.event_order import OrderKind, order_of, read_places, read_positions
from runreel.storage.sql.event_reading import Inside
from runreel.storage.sql.schema import events


def read_overview(inside: Inside, *, n_buckets: int) -> Overview:
    """Return the whole run in buckets; where its order is that of time or of sequences, only indexes are read."""
    run, started_at = inside.run, events.c.started_at
    # Asked one by one: a single statement with both would not go to the ends of the index.
    since, last = (
        inside.connection.execute(select(extreme(started_at)).where(events.c.run_pk == run.run_pk)).scalar_one()
        for extreme in (func.min, func.max)
    )
    if since is None or last is None:
        return Overview(n_events=0, n_errors=0, since=None, until=None, buckets=())
    width = max(1, -(-(last - since + 1) // n_buckets))
    rows = _read_buckets(inside, since, last, width)
    orders = _read_first_orders(inside, [(row[1], row[3]) for row in rows])
    return Overview(
        n_events=run.event_count,
        n_errors=run.error_count,
        since=since,
        until=last,
        buckets=tuple(
            OverviewBucket(
                since=row[0], until=row[0] + width, n_events=row[1], n_errors=row[2], first_order=first_order
            )
            for row, first_order in zip(rows, orders, strict=True)
        ),
    )


def _read_buckets(inside: Inside, since: int, last: int, width: int) -> Sequence[Any]:
    """Return the begin of each bucket, how many events and errors it has, and the id of its first event."""
    number = inside.dialect.numbers(range(since, last + 1, width))
    begin = number.c.number
    within = (
        events.c.run_pk == inside.run.run_pk,
        events.c.started_at >= begin,
        events.c.started_at < begin + width,
    )
    n_events, n_errors = (
        select(func.count()).select_from(events).where(*within, *more).correlate(number).scalar_subquery()
        for more in ((), (is_failed(),))
    )
    first = select(events.c.event_id).where(*within).order_by(events.c.started_at, events.c.event_id).limit(1)
    statement = select(begin, n_events, n_errors, first.correlate(number).scalar_subquery()).order_by(begin)
    return inside.connection.execute(statement).all()


def _read_first_orders(inside: Inside, buckets: Sequence[tuple[int, str | None]]) -> list[int | None]:
    """Return the place of the first event of each bucket, given how many each has and the first one's id."""
    order = order_of(inside.run)
    if order.kind is OrderKind.TIME:
        sizes = [size for size, _ in buckets]
        return [start if size else None for size, start in zip(sizes, accumulate([0, *sizes]), strict=False)]
    ids = [event_id for _, event_id in buckets if event_id is not None]
    first = events.c.event_id.in_(select(inside.dialect.texts(ids).c.text))
    positions = read_positions(inside.connection, order, first)
    places = read_places(inside.connection, inside.dialect, order, positions)
    place_of = {position[-1]: place for position, place in zip(positions, places, strict=True)}
    return [None if event_id is None else place_of[event_id] for _, event_id in buckets]
