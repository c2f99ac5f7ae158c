"""Reading figures of periods: from the rollups alone, never from runs or events.

The database sums. Durations are counted in buckets, which only Python adds, so no more of them are read than the
answer shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, case, func, not_, or_, select

from runreel.errors import NotFoundError
from runreel.model.metrics import (
    ALWAYS,
    NO_EVENTS,
    AgentFigures,
    AgentOrder,
    AgentRank,
    CallFigures,
    CallOrder,
    EventCounts,
    Period,
    RunFigures,
    Summary,
)
from runreel.model.scope import Scope
from runreel.model.vocabulary import ENDED_RUN_STATUSES
from runreel.storage.sql.agent_reading import is_one_of, is_shown
from runreel.storage.sql.rollup import RUN_TYPE, TOTALS
from runreel.storage.sql.rollup_reading import fetch, is_run, of_agent, source_of, within
from runreel.storage.sql.run_row import read_usage
from runreel.storage.sql.schema import agents, rollups
from runreel.storage.sql.tally import SUMS, RunTally, Tally, read_quantiles

_MODELS, _TOOLS = "llm_call", "tool_call"
# How to order by; names settle ties.
_AGENT_ORDERS: Mapping[AgentOrder, Callable[[RunFigures], int]] = {
    "cost": lambda runs: -runs.usage.cost_nanos,
    "runs": lambda runs: -runs.n_runs,
    "tokens": lambda runs: -(runs.usage.tokens_in + runs.usage.tokens_out),
    "failed": lambda runs: -runs.n_failed,
    "name": lambda _: 0,
}
_CALL_ORDERS: Mapping[CallOrder, Callable[[CallFigures], int]] = {
    "calls": lambda calls: -calls.n_calls,
    "errors": lambda calls: -calls.n_errors,
    "p95": lambda calls: 1 if calls.quantiles is None else -calls.quantiles.p95_us,
    "cost": lambda calls: -calls.usage.cost_nanos,
    "tokens": lambda calls: -(calls.usage.tokens_in + calls.usage.tokens_out),
    "name": lambda _: 0,
}


def get_summary(connection: Connection, scope: Scope, period: Period, *, agent_name: str | None, top: int) -> Summary:
    """Return a period on one page; see `MetricStore.get_summary`."""
    table, wanted = source_of(scope, period, agent_name)
    tallies = _tally(connection, table, wanted, [_MODELS, _TOOLS] if top else [])
    models, tools = (
        [tally.read_calls(label) for label, tally in tallies.calls[event_type].items()]
        for event_type in (_MODELS, _TOOLS)
    )
    ranks = sorted(_list_ranks(connection, scope, period, agent_name), key=lambda rank: rank.agent_name)
    return Summary(
        runs=tallies.runs.read_runs(),
        n_runs_by_status=dict(sorted(tallies.n_by_status.items())),
        events=tallies.events,
        n_agents=len(ranks),
        agents_by_cost=tuple(sorted(ranks, key=lambda rank: -rank.cost_nanos)[:top]),
        agents_by_runs=tuple(sorted(ranks, key=lambda rank: -rank.n_runs)[:top]),
        models_by_cost=tuple(_first_calls(models, "cost", top)),
        models_by_tokens=tuple(_first_calls(models, "tokens", top)),
        tools_by_calls=tuple(_first_calls(tools, "calls", top)),
        tools_by_errors=tuple(_first_calls(tools, "errors", top)),
        tools_by_p95=tuple(_first_calls(tools, "p95", top)),
    )


def list_agent_figures(
    connection: Connection, scope: Scope, period: Period, *, order: AgentOrder, limit: int, offset: int
) -> list[AgentFigures]:
    """Return agents with their figures; see `MetricStore.list_agent_figures`."""
    sums = _sum_by_agent(connection, scope, period, None)
    return _complete(connection, scope, period, _first_agents(sums, order, limit, offset))


def get_agent_figures(connection: Connection, scope: Scope, agent_name: str, period: Period) -> AgentFigures:
    """Return the figures of one agent; see `MetricStore.get_agent_figures`."""
    known = select(agents.c.agent_name).where(*is_shown(scope), agents.c.agent_name == agent_name)
    if not fetch(connection, known):
        raise NotFoundError(f"there is no agent {agent_name!r}")
    sums = {agent_name: RunTally().read_runs(), **_sum_by_agent(connection, scope, period, agent_name)}
    return _complete(connection, scope, period, sums)[0]


def list_call_figures(
    connection: Connection,
    scope: Scope,
    period: Period,
    event_type: str,
    *,
    agent_name: str | None,
    order: CallOrder,
    limit: int,
    offset: int,
) -> list[CallFigures]:
    """Return models or tools with their figures; see `MetricStore.list_call_figures`."""
    table, wanted = source_of(scope, period, agent_name)
    tallies = defaultdict[str, Tally](Tally)
    columns = [table.c.label, *(table.c[name] for name in SUMS), table.c.durations]
    for label, *row in fetch(connection, select(*columns).where(*wanted, table.c.event_type == event_type)):
        tallies[label].add(row[:-1])
        tallies[label].add_durations(row[-1])
    calls = [tally.read_calls(label) for label, tally in tallies.items()]
    return _first_calls(calls, order, limit, offset)


class _Tallies:
    """What the rows of a period come to: runs, events, and the calls of each type by label."""

    def __init__(self) -> None:
        self.runs = RunTally()
        self.n_by_status: dict[str, int] = {}
        self.events = NO_EVENTS
        self.calls: defaultdict[str, defaultdict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))


def _tally(
    connection: Connection, table: Table, wanted: Sequence[ColumnElement[bool]], call_types: Sequence[str]
) -> _Tallies:
    found = _Tallies()
    labels = (table.c.event_type, table.c.label)
    by_label = select(*labels, *(func.sum(table.c[name]) for name in SUMS)).where(*wanted).group_by(*labels)
    n_events = n_errors = 0
    for event_type, label, *row in fetch(connection, by_label):
        if event_type == RUN_TYPE and label:
            found.runs.add_status(label, row)
            found.n_by_status[label] = int(row[1])
            continue
        n_events, n_errors = n_events + int(row[1]), n_errors + int(row[2])
        if event_type in call_types:
            found.calls[event_type][label].add(row)
    found.events = EventCounts(n_events=n_events, n_errors=n_errors)
    timed = or_(is_run(table), table.c.event_type.in_(call_types))
    for event_type, label, durations in fetch(connection, select(*labels, table.c.durations).where(*wanted, timed)):
        tally = found.calls[event_type][label] if event_type in call_types else found.runs
        tally.add_durations(durations)
    return found


def _sum_by_agent(
    connection: Connection, scope: Scope, period: Period, agent_name: str | None
) -> dict[str, RunFigures]:
    """Return the sums of the agents that have runs in a period, without quantiles."""
    kept = ("run_count", "ended_run_count", "failed_run_count", "duration_us", *TOTALS)
    ended = case((rollups.c.label.in_(sorted(ENDED_RUN_STATUSES)), rollups.c.event_count), else_=0)
    summed = (rollups.c.event_count, ended, rollups.c.error_count, *(rollups.c[name] for name in SUMS))
    statement = _by_agent(scope, period, agent_name, [agents.c[name] for name in kept], summed)
    return {name: _read_sums(*map(int, sums)) for name, *sums in fetch(connection, statement)}


def _list_ranks(connection: Connection, scope: Scope, period: Period, agent_name: str | None) -> list[AgentRank]:
    kept, summed = (agents.c.run_count, agents.c.cost_nanos), (rollups.c.event_count, rollups.c.cost_nanos)
    rows = fetch(connection, _by_agent(scope, period, agent_name, kept, summed))
    return [AgentRank(agent_name=row[0], n_runs=int(row[1]), cost_nanos=int(row[2])) for row in rows]


def _by_agent(
    scope: Scope,
    period: Period,
    agent_name: str | None,
    kept: Sequence[ColumnElement[int]],
    summed: Sequence[ColumnElement[int]],
) -> Select[Any]:
    """Return the query for sums of agents with runs in a period: those that agents keep where it is always."""
    wanted = is_shown(scope) if agent_name is None else (*is_shown(scope), agents.c.agent_name == agent_name)
    if period == ALWAYS:
        return select(agents.c.agent_name, *kept).where(*wanted)
    # An outer join, so that SQLite goes from each agent to the hours of the period, and not through all hours.
    return (
        select(agents.c.agent_name, *map(func.sum, summed))
        .join_from(agents, rollups, of_agent(period), isouter=True)
        .where(*wanted)
        .group_by(agents.c.agent_name)
        .having(func.sum(rollups.c.event_count) > 0)
    )


def _read_sums(n_runs: int, n_ended: int, n_failed: int, duration_us: int, *totals: int) -> RunFigures:
    usage = read_usage(totals)
    return RunFigures(n_runs=n_runs, n_ended=n_ended, n_failed=n_failed, usage=usage, duration_us=duration_us)


def _complete(
    connection: Connection, scope: Scope, period: Period, sums: Mapping[str, RunFigures]
) -> list[AgentFigures]:
    """Add the quantiles and the events of agents to their sums."""
    buckets: dict[str, Tally] = {name: Tally() for name in sums}
    events: dict[str, EventCounts] = {}
    if period == ALWAYS:
        names = ("agent_name", "durations", "event_count", "error_count")
        durations_and_events = select(*(agents.c[name] for name in names)).where(
            agents.c.project == scope.project, is_one_of(agents, sums)
        )
        for name, durations, *counts in fetch(connection, durations_and_events):
            events[name] = _read_counts(*counts)
            if durations is not None:
                buckets[name].add_durations(durations)
    else:
        wanted = (rollups.c.project == scope.project, is_one_of(rollups, sums), *within(rollups, period))
        durations_of = select(rollups.c.agent_name, rollups.c.durations).where(*wanted, is_run(rollups))
        for name, durations in fetch(connection, durations_of):
            buckets[name].add_durations(durations)
        counts = (func.sum(rollups.c.event_count), func.sum(rollups.c.error_count))
        events_of = select(rollups.c.agent_name, *counts).where(*wanted, not_(is_run(rollups)))
        for name, *row in fetch(connection, events_of.group_by(rollups.c.agent_name)):
            events[name] = _read_counts(*row)
    return [
        AgentFigures(
            agent_name=name,
            runs=replace(runs, quantiles=read_quantiles(buckets[name].buckets)),
            events=events.get(name, NO_EVENTS),
        )
        for name, runs in sums.items()
    ]


def _read_counts(n_events: int, n_errors: int) -> EventCounts:
    return EventCounts(n_events=int(n_events), n_errors=int(n_errors))


def _first_agents(
    sums: Mapping[str, RunFigures], order: AgentOrder, limit: int, offset: int = 0
) -> dict[str, RunFigures]:
    rank = _AGENT_ORDERS[order]
    ordered = sorted(sums.items(), key=lambda item: (rank(item[1]), item[0]))
    return dict(ordered[offset : offset + limit])


def _first_calls(calls: Sequence[CallFigures], order: CallOrder, limit: int, offset: int = 0) -> list[CallFigures]:
    rank = _CALL_ORDERS[order]
    return sorted(calls, key=lambda each: (rank(each), each.label))[offset : offset + limit]
