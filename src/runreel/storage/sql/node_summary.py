"""Reading what happened in one node: its events once, counted in every way that is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, func, select

from runreel.model.node import NodeSummary
from runreel.model.usage import Usage
from runreel.storage.sql.event_reading import Inside, read_file
from runreel.storage.sql.node_event import END, EXECUTION, members_of, require_node
from runreel.storage.sql.node_reading import NodeFigures, read_node_with
from runreel.storage.sql.prepared import fetch
from runreel.storage.sql.schema import events, files, messages

_TYPE, _SUBTYPE, _STATUS, _AGENT, _NODE, _STARTED, _END, _COUNTED, _USAGE = range(9)
_COLUMNS = (
    events.c.event_type,
    events.c.event_subtype,
    events.c.status,
    events.c.agent_name,
    events.c.node_id,
    events.c.started_at,
    END,
    events.c.is_counted,
    events.c.tokens_in,
    events.c.tokens_out,
    events.c.tokens_cached,
    events.c.tokens_cache_write,
    events.c.tokens_reasoning,
    func.coalesce(events.c.cost_nanos, events.c.price_nanos).label("cost"),
)

_OF_NODE = members_of(bindparam("run_pk", type_=BigInteger), bindparam("node_id", type_=Text), *_COLUMNS)
_MEMBERS = select(*(_OF_NODE.c[column.name] for column in _COLUMNS), _OF_NODE.c.event_id)

_Row = Sequence[Any]


def read_summary(inside: Inside, node_id: str) -> NodeSummary:
    """Return what happened in one node."""
    require_node(inside.connection, inside.run, node_id)
    rows = fetch(inside.connection, _MEMBERS, run_pk=inside.run.run_pk, node_id=node_id)
    kinds = Counter(map(itemgetter(_TYPE, _SUBTYPE, _STATUS, _AGENT), rows))
    executions = [row for row in rows if row[_TYPE] == EXECUTION and row[_NODE] is not None]
    statuses = _count((status, n) for (_, _, status, _), n in kinds.items())
    spans = sorted(map(itemgetter(_STARTED, _END), rows))
    first, last = (spans[0][0], max(map(itemgetter(1), spans))) if spans else (None, None)
    return NodeSummary(
        node=read_node_with(inside, node_id, _figures_of(rows, executions, statuses, first, last)),
        events_by_type=_count((event_type, n) for (event_type, _, _, _), n in kinds.items()),
        events_by_subtype=_count_nested((event_type, subtype, n) for (event_type, subtype, _, _), n in kinds.items()),
        agents=_count((agent, n) for (_, _, _, agent), n in kinds.items()),
        events_by_agent=_count_nested((agent, event_type, n) for (event_type, _, _, agent), n in kinds.items()),
        files_by_type=_count_files(inside, node_id),
        n_messages=_count_messages(inside, node_id),
        n_attempts=len(executions) or int(bool(rows)),
        n_completed=statuses.get("completed", 0),
        n_failed=statuses.get("failed", 0),
        n_running=statuses.get("running", 0),
        first_event_at=first,
        last_event_at=last,
        active_us=_measure_union(spans),
        wall_us=0 if first is None or last is None else last - first,
        usage=_sum_usage([row for row in rows if row[_COUNTED]]),
    )


def _figures_of(
    rows: Sequence[_Row],
    executions: Sequence[_Row],
    statuses: Mapping[str, int],
    first: int | None,
    last: int | None,
) -> NodeFigures | None:
    if first is None or last is None:
        return None
    latest = max(executions, key=itemgetter(_STARTED, -1), default=None)
    return NodeFigures(
        n_events=len(rows),
        n_errors=statuses.get("failed", 0),
        n_running=statuses.get("running", 0),
        first_at=first,
        last_at=last,
        outcome=None if latest is None else latest[_STATUS],
    )


def _count(counts: Iterable[tuple[str | None, int]]) -> dict[str, int]:
    """Add up counts by value; None counts as nothing."""
    sums: dict[str, int] = {}
    for value, count in counts:
        if value is not None:
            sums[value] = sums.get(value, 0) + count
    return dict(sorted(sums.items()))


def _count_nested(counts: Iterable[tuple[str | None, str | None, int]]) -> dict[str, dict[str, int]]:
    """Add up counts by two values; what lacks one counts as nothing."""
    sums: dict[str, list[tuple[str | None, int]]] = {}
    for outer, inner, count in counts:
        if outer is not None and inner is not None:
            sums.setdefault(outer, []).append((inner, count))
    return {outer: _count(inner) for outer, inner in sorted(sums.items())}


def _measure_union(spans: Sequence[tuple[int, int]]) -> int:
    """Return how long at least one of the spans, given by start, goes on."""
    total, reached = 0, None
    for start, end in spans:
        if reached is None or start > reached:
            total += end - start
            reached = end
        elif end > reached:
            total += end - reached
            reached = end
    return total


def _sum_usage(rows: Sequence[_Row]) -> Usage:
    amounts = [sum(row[place] or 0 for row in rows) for place in range(_USAGE, len(_COLUMNS))]
    return Usage(
        tokens_in=amounts[0],
        tokens_out=amounts[1],
        tokens_cached=amounts[2],
        tokens_cache_write=amounts[3],
        tokens_reasoning=amounts[4],
        cost_nanos=amounts[5],
        n_unpriced=sum(row[len(_COLUMNS) - 1] is None for row in rows),
    )


def _count_messages(inside: Inside, node_id: str) -> int:
    of_node = (messages.c.run_pk == inside.run.run_pk, messages.c.node_id == node_id)
    return inside.connection.execute(select(func.count()).where(*of_node)).scalar_one()


def _count_files(inside: Inside, node_id: str) -> dict[str, int]:
    statement = select(files).where(files.c.run_pk == inside.run.run_pk, files.c.node_id == node_id)
    types = Counter(read_file(row).file_type or "unknown" for row in inside.connection.execute(statement))
    return dict(sorted(types.items()))
