"""Reading spans: a bounded number of rows that stand for all events of a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, false, func, not_, select

from runreel.model.ending import RUNNING, RunEnd, end_event
from runreel.model.event import Event, EventFilter
from runreel.model.span import SpanColumns, SpanGroup, SpanPage, SpanQuery
from runreel.storage.sql.event_depth import read_depths
from runreel.storage.sql.event_filter import conditions_of, is_failed
from runreel.storage.sql.event_order import (
    Conditions,
    EventOrder,
    OrderKind,
    find_position,
    order_of,
    read_places,
)
from runreel.storage.sql.event_reading import Inside
from runreel.storage.sql.event_row import duration_us_between
from runreel.storage.sql.node_event import end_within
from runreel.storage.sql.schema import events
from runreel.storage.sql.span_sum import GroupKey, SpanSum, fold

_COLUMNS = (
    events.c.event_id,
    events.c.parent_event_id,
    events.c.event_type,
    events.c.event_subtype,
    events.c.name,
    events.c.node_id,
    events.c.agent_name,
    events.c.status,
    events.c.started_at,
    events.c.ended_at,
    events.c.duration_us,
    events.c.first_token_at,
    events.c.model,
    events.c.tokens_in,
    events.c.tokens_out,
    func.coalesce(events.c.cost_nanos, events.c.price_nanos),
)
_GROUPS_PER_BUCKET = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """The events that rows are wanted for."""

    where: list[ColumnElement[bool]]
    n_matching: int
    n_events: int
    from_order: int | None
    is_contiguous: bool


def read_spans(inside: Inside, query: SpanQuery) -> SpanPage:
    """Return rows for the events of a window."""
    order = order_of(inside.run)
    window = _window_of(inside, order, query)
    bucket_us = None
    if window.n_events <= query.max_rows:
        singles = _read_singles(inside, order, window, window.where, query.max_rows)
        rows: list[Event | SpanGroup] = list(singles)
        n_errors = sum(event.status == "failed" for event in singles)
    else:
        rows, n_errors, bucket_us = _read_grouped(inside, order, window, query.max_rows)
    return SpanPage(
        rows=tuple(rows),
        change_seq=inside.run.change_seq,
        n_events=inside.run.event_count,
        n_matching=window.n_matching,
        n_window=window.n_events,
        n_window_errors=n_errors,
        from_order=window.from_order,
        bucket_us=bucket_us,
    )


def read_span_columns(inside: Inside, from_order: int, n_events: int) -> SpanColumns:
    """Return events by columns, from a place of the execution order on."""
    order = order_of(inside.run)
    where: list[ColumnElement[bool]] = []
    if from_order:
        begin = find_position(inside.connection, order, from_order)
        where.append(false() if begin is None else order.since(begin))
    rows = inside.connection.execute(order.select(*_COLUMNS, where=where).limit(n_events)).all()
    columns: Sequence[Any] = list(zip(*rows, strict=True)) or [()] * len(_COLUMNS)
    statuses, started_at, ended_at, stated_us = columns[7:11]
    durations_us: Sequence[int | None] = list(map(duration_us_between, stated_us, started_at, ended_at))
    ended_by_run: Sequence[int] = ()
    if inside.end is not None and RUNNING in statuses:
        ended = _end_columns(inside.end, statuses, started_at, ended_at, durations_us)
        statuses, ended_at, durations_us, ended_by_run = ended
    return SpanColumns(
        change_seq=inside.run.change_seq,
        n_events=inside.run.event_count,
        from_order=from_order,
        event_ids=columns[0],
        parent_event_ids=columns[1],
        event_types=columns[2],
        event_subtypes=columns[3],
        names=columns[4],
        node_ids=columns[5],
        agent_names=columns[6],
        statuses=statuses,
        started_at=started_at,
        ended_at=ended_at,
        durations_us=durations_us,
        first_token_at=columns[11],
        models=columns[12],
        tokens_in=columns[13],
        tokens_out=columns[14],
        costs_nanos=columns[15],
        ended_by_run=ended_by_run,
    )


def _end_columns(
    end: RunEnd,
    statuses: Sequence[str],
    started_at: Sequence[int],
    ended_at: Sequence[int | None],
    durations_us: Sequence[int | None],
) -> tuple[Sequence[str], Sequence[int | None], Sequence[int | None], Sequence[int]]:
    """Let events that go on end with their run; return where those are, too."""
    places = [place for place, status in enumerate(statuses) if status == RUNNING]
    shown, ends, lengths = list(statuses), list(ended_at), list(durations_us)
    for place in places:
        begin = started_at[place]
        shown[place], ends[place], lengths[place] = end.status, end.end_of(begin), end.duration_us_of(begin)
    return shown, ends, lengths, places


def _window_of(inside: Inside, order: EventOrder, query: SpanQuery) -> _Window:
    chosen = EventFilter(text=query.text, is_failed=query.is_failed)
    matching = conditions_of(inside.dialect, chosen, inside.end)
    n_matching = _count(inside, matching) if matching else inside.run.event_count
    if query.from_order is None and (query.since is not None or query.until is not None):
        return _window_of_time(inside, order, query, matching, n_matching)
    first = query.from_order or 0
    n_wanted = query.max_rows if query.n_events is None else query.n_events
    n_events = max(0, min(n_wanted, n_matching - first))
    where = list(matching)
    if first and n_events:
        begin = find_position(inside.connection, order, first, matching)
        where += [order.since(begin)] if begin is not None else []
    if n_events > query.max_rows and first + n_events < n_matching:
        end = find_position(inside.connection, order, first + n_events, matching)
        where += [order.before(end)] if end is not None else []
    return _Window(where=where, n_matching=n_matching, n_events=n_events, from_order=first, is_contiguous=not matching)


def _window_of_time(
    inside: Inside, order: EventOrder, query: SpanQuery, matching: list[ColumnElement[bool]], n_matching: int
) -> _Window:
    where = list(matching)
    before: list[ColumnElement[bool]] = [*matching]
    if query.since is not None:
        where.append(events.c.started_at >= query.since)
        before.append(events.c.started_at < query.since)
    if query.until is not None:
        where.append(events.c.started_at < query.until)
    is_by_time = order.kind is OrderKind.TIME
    from_order = None
    if is_by_time:
        from_order = 0 if query.since is None else _count(inside, before)
    return _Window(
        where=where,
        n_matching=n_matching,
        n_events=_count(inside, where),
        from_order=from_order,
        is_contiguous=is_by_time and not matching,
    )


def _count(inside: Inside, where: Conditions) -> int:
    statement = select(func.count()).where(events.c.run_pk == inside.run.run_pk, *where)
    return inside.connection.execute(statement).scalar_one()


def _read_singles(
    inside: Inside, order: EventOrder, window: _Window, where: Conditions, limit: int, *, is_part: bool = False
) -> list[Event]:
    """Return the first events that meet the conditions, in their order, each with its place and depth."""
    statement = order.select(*_COLUMNS, where=where).limit(min(limit, window.n_events))
    rows: list[Sequence[Any]] = list(inside.connection.execute(statement).all())
    if window.is_contiguous and not is_part:
        first = window.from_order or 0
        places: Sequence[int] = range(first, first + len(rows))
    else:
        positions = [order.position_of(row) for row in rows]
        places = read_places(inside.connection, inside.dialect, order, positions)
    depths = read_depths(inside.connection, inside.run.run_pk, ((row[0], row[1]) for row in rows))
    return [
        end_event(_read_span(row, place, depths[row[0]]), inside.end) for row, place in zip(rows, places, strict=True)
    ]


def _read_span(row: Sequence[Any], place: int, depth: int) -> Event:
    started_at, ended_at = row[8], row[9]
    return Event(
        event_id=row[0],
        parent_event_id=row[1],
        event_type=row[2],
        event_subtype=row[3],
        name=row[4],
        node_id=row[5],
        agent_name=row[6],
        status=row[7],
        started_at=started_at,
        ended_at=ended_at,
        duration_us=duration_us_between(row[10], started_at, ended_at),
        first_token_at=row[11],
        model=row[12],
        tokens_in=row[13],
        tokens_out=row[14],
        cost_nanos=row[15],
        execution_order=place,
        depth=depth,
    )


def _read_grouped(
    inside: Inside, order: EventOrder, window: _Window, max_rows: int
) -> tuple[list[Event | SpanGroup], int, int]:
    """Return groups, and the failed events beside them where half of the rows are enough for those."""
    where = window.where
    extent = _read_extent(inside, order, where)
    n_failed = _count_in(inside, order, [*where, is_failed()])
    failed: list[Event] = []
    if 0 < n_failed <= max_rows // 2:
        failed = _read_singles(inside, order, window, [*where, is_failed()], n_failed, is_part=True)
        where = [*where, not_(is_failed())]
    sums, bucket_us = _read_sums(inside, order, where, extent, max_rows - len(failed))
    groups = _name_first_events(inside, order, where, sums)
    rows: list[Event | SpanGroup] = sorted([*failed, *groups], key=_start_of)
    return rows, n_failed, bucket_us


def _count_in(inside: Inside, order: EventOrder, where: Conditions) -> int:
    statement = select(func.count()).select_from(order.source).where(*order.conditions(), *where)
    return inside.connection.execute(statement).scalar_one()


def _start_of(row: Event | SpanGroup) -> tuple[int, str]:
    if isinstance(row, Event):
        return row.started_at, row.event_id
    return row.first_started_at, row.first_event_id


def _read_extent(inside: Inside, order: EventOrder, where: Conditions) -> tuple[int, int]:
    # Asked one by one: a single statement with both would not go to the ends of an index.
    first, last = (
        inside.connection.execute(
            select(extreme(events.c.started_at)).select_from(order.source).where(*order.conditions(), *where)
        ).scalar_one()
        for extreme in (func.min, func.max)
    )
    assert first is not None
    assert last is not None
    return first, last


def _read_sums(
    inside: Inside, order: EventOrder, where: Conditions, extent: tuple[int, int], max_groups: int
) -> tuple[dict[GroupKey, SpanSum], int]:
    """Return sums by bucket and type, at most `max_groups` of them, and the width of the buckets."""
    started_at = events.c.started_at
    begin, last = extent
    n_buckets = max(1, max_groups // _GROUPS_PER_BUCKET)
    width = max(1, -(-(last - begin + 1) // n_buckets))
    error = case((is_failed(), 1), else_=0)
    # Apart, since PostgreSQL takes two expressions with parameters for different ones.
    each = (
        select(
            ((started_at - begin) // width).label("bucket"),
            events.c.event_type,
            started_at,
            end_within(inside.end),
            error.label("error"),
        )
        .select_from(order.source)
        .where(*order.conditions(), *where)
        .subquery("each")
    )
    key = (each.c.bucket, each.c.event_type)
    statement = (
        select(
            *key,
            func.count(),
            func.sum(each.c.error),
            func.min(each.c.started_at),
            func.max(each.c.started_at),
            func.max(each.c.end_at),
        )
        .group_by(*key)
        .order_by(*key)
    )
    found = inside.connection.execute(statement)
    sums, shift = fold(((row[0], SpanSum(row[2], int(row[3]), *row[4:], row[1])) for row in found), max_groups)
    return sums, width << shift


def _name_first_events(
    inside: Inside, order: EventOrder, where: Conditions, sums: dict[GroupKey, SpanSum]
) -> list[SpanGroup]:
    """Return the groups of these sums, each with the id of its first event."""
    first_at = events.c.started_at.in_(
        select(inside.dialect.numbers(sorted({each.first_at for each in sums.values()})).c.number)
    )
    statement = (
        select(events.c.started_at, events.c.event_type, func.min(events.c.event_id))
        .select_from(order.source)
        .where(*order.conditions(), *where, first_at)
        .group_by(events.c.started_at, events.c.event_type)
    )
    ids = {(row[0], row[1]): row[2] for row in inside.connection.execute(statement)}
    return [
        SpanGroup(
            event_type=event_type,
            n_events=each.n_events,
            n_errors=each.n_errors,
            first_started_at=each.first_at,
            last_started_at=each.last_at,
            last_ended_at=each.last_end,
            first_event_id=ids[each.first_at, each.first_type],
        )
        for (_, event_type), each in sums.items()
    ]
