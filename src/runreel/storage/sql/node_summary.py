"""Reading what happened in one node: its events once, counted in every way that is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import BigInteger, bindparam, case, func, select

from runreel.model.course import stated_executions
from runreel.model.ending import RUNNING, RunEnd
from runreel.model.node import NodeSummary
from runreel.model.node_history import AT_WORK, NEVER_BEGAN
from runreel.model.usage import Usage
from runreel.storage.sql.event_reading import Inside, read_file
from runreel.storage.sql.node_event import APPROVAL, EXECUTION, end_with, require_node
from runreel.storage.sql.node_reading import Activity, KnownNode, NodeFigures, read_node_with, read_telling
from runreel.storage.sql.prepared import fetch
from runreel.storage.sql.schema import events, files, messages

_TYPE, _SUBTYPE, _STATUS, _AGENT, _NAMES_NODE, _COUNT = range(6)
_CODE_RUN = "code_exec"
_OF_NODE = (events.c.run_pk == bindparam("run_pk"), events.c.member_of == bindparam("node_id"))
_KIND = (
    events.c.event_type,
    events.c.event_subtype,
    events.c.status,
    events.c.agent_name,
    case((events.c.node_id.is_(None), 0), else_=1),
)
_COST = func.coalesce(events.c.cost_nanos, events.c.price_nanos)
_AMOUNTS = (
    events.c.tokens_in,
    events.c.tokens_out,
    events.c.tokens_cached,
    events.c.tokens_cache_write,
    events.c.tokens_reasoning,
    _COST,
    case((_COST.is_(None), 1)),
)
_KINDS = (
    select(*_KIND, func.count(), *(func.sum(case((events.c.is_counted == 1, each))) for each in _AMOUNTS))
    .where(*_OF_NODE)
    .group_by(*_KIND)
)
# These are in the index by which they are found, so that no row is looked up for them.
_SPANS = (
    select(events.c.started_at, end_with(bindparam("run_end_at", type_=BigInteger)))
    .where(*_OF_NODE)
    .order_by(events.c.started_at)
)
_NEVER = -(2**63)

_Row = Sequence[Any]


def read_summary(inside: Inside, node_id: str) -> NodeSummary:
    """Return what happened in one node."""
    require_node(inside.connection, inside.run, node_id)
    kinds = fetch(inside.connection, _KINDS, run_pk=inside.run.run_pk, node_id=node_id)
    run_end_at = _NEVER if inside.end is None else inside.end.at
    spans = fetch(inside.connection, _SPANS, run_pk=inside.run.run_pk, node_id=node_id, run_end_at=run_end_at)
    stored = _count((row[_STATUS], row[_COUNT]) for row in kinds)
    statuses = _count((_shown(row[_STATUS], inside.end), row[_COUNT]) for row in kinds)
    types = _count((row[_TYPE], row[_COUNT]) for row in kinds)
    first, last = (spans[0][0], max(map(itemgetter(1), spans))) if spans else (None, None)
    known = _read_node(inside, node_id, types, _figures_of(stored, len(spans), first, last))
    # What names no agent, the run's own did.
    own_agent = inside.run.agent_name
    attempts = _attempts_of(kinds, known, inside.end, has_events=bool(spans))
    return NodeSummary(
        node=known.node,
        events_by_type=types,
        events_by_subtype=_count_nested((row[_TYPE], row[_SUBTYPE], row[_COUNT]) for row in kinds),
        agents=_count((row[_AGENT] or own_agent, row[_COUNT]) for row in kinds),
        events_by_agent=_count_nested((row[_AGENT] or own_agent, row[_TYPE], row[_COUNT]) for row in kinds),
        files_by_type=_count_files(inside, node_id),
        n_messages=_count_messages(inside, node_id),
        n_attempts=sum(attempts.values()),
        n_approvals=types.get(APPROVAL, 0),
        n_code_runs=types.get(_CODE_RUN, 0),
        success_rate=_success_rate(attempts),
        n_completed=statuses.get("completed", 0),
        n_failed=statuses.get("failed", 0),
        n_running=statuses.get(RUNNING, 0),
        first_event_at=first,
        last_event_at=last,
        active_us=_measure_union(spans),
        wall_us=0 if first is None or last is None else last - first,
        usage=_sum_usage(kinds),
    )


def _shown(status: str, end: RunEnd | None) -> str:
    return end.status if end is not None and status == RUNNING else status


def _read_node(inside: Inside, node_id: str, types: Mapping[str, int], figures: NodeFigures | None) -> KnownNode:
    of_node = {} if figures is None else {node_id: figures}
    activity = Activity(figures=of_node)
    if EXECUTION in types or APPROVAL in types:
        activity = read_telling(inside, node_id, of_node)
    return read_node_with(inside, node_id, activity)


def _attempts_of(kinds: Sequence[_Row], known: KnownNode, end: RunEnd | None, *, has_events: bool) -> dict[str, int]:
    """Count attempts by how they are: those that events tell of, else states; with other events it is one at least."""
    executions = [row for row in kinds if row[_TYPE] == EXECUTION and row[_NAMES_NODE]]
    if not executions:
        stated = Counter(each.status for each in stated_executions(known.node.node_id, known.history))
        return stated if stated or not has_events else {known.node.status: 1}
    began = (row for row in executions if row[_STATUS] not in NEVER_BEGAN)
    return _count((_shown(row[_STATUS], end), row[_COUNT]) for row in began)


def _success_rate(attempts: Mapping[str, int]) -> float | None:
    n_ended = sum(count for status, count in attempts.items() if status not in AT_WORK)
    return attempts.get("completed", 0) / n_ended if n_ended else None


def _figures_of(stored: Mapping[str, int], n_events: int, first: int | None, last: int | None) -> NodeFigures | None:
    if first is None or last is None:
        return None
    return NodeFigures(
        n_events=n_events,
        n_errors=stored.get("failed", 0),
        n_running=stored.get(RUNNING, 0),
        first_at=first,
        last_at=last,
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


def _measure_union(spans: Iterable[_Row]) -> int:
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


def _sum_usage(kinds: Sequence[_Row]) -> Usage:
    # PostgreSQL sums integers to its numeric type.
    amounts = [sum(int(row[place] or 0) for row in kinds) for place in range(_COUNT + 1, _COUNT + 1 + len(_AMOUNTS))]
    return Usage(
        tokens_in=amounts[0],
        tokens_out=amounts[1],
        tokens_cached=amounts[2],
        tokens_cache_write=amounts[3],
        tokens_reasoning=amounts[4],
        cost_nanos=amounts[5],
        n_unpriced=amounts[6],
    )


def _count_messages(inside: Inside, node_id: str) -> int:
    of_node = (messages.c.run_pk == inside.run.run_pk, messages.c.node_id == node_id)
    return inside.connection.execute(select(func.count()).where(*of_node)).scalar_one()


def _count_files(inside: Inside, node_id: str) -> dict[str, int]:
    statement = select(files).where(files.c.run_pk == inside.run.run_pk, files.c.node_id == node_id)
    types = Counter(read_file(row).file_type or "unknown" for row in inside.connection.execute(statement))
    return dict(sorted(types.items()))
