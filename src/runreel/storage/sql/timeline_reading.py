"""Reading figures over time: of runs and events, of one model or tool, and of agents as sparklines."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, case, func, not_, select

from runreel.model.instant import MICROSECONDS_PER_HOUR
from runreel.model.metrics import NO_EVENTS, Activity, CallFigures, EventCounts, Period, TimelinePoint
from runreel.model.scope import Scope
from runreel.storage.sql.agent_reading import is_one_of
from runreel.storage.sql.rollup_reading import fetch, hour_of, is_run, of_agent, source_of
from runreel.storage.sql.schema import agents, rollups
from runreel.storage.sql.tally import SUMS, RunTally, Tally


def get_run_timeline(
    connection: Connection, scope: Scope, bounds: Sequence[int], *, agent_name: str | None
) -> list[TimelinePoint]:
    """Return runs and events of each part of a timeline; see `MetricStore.get_run_timeline`."""
    table, wanted = source_of(scope, Period(since=bounds[0], until=bounds[-1]), agent_name)
    runs = defaultdict[int, RunTally](RunTally)
    columns = [table.c.hour, table.c.label, *(table.c[name] for name in SUMS), table.c.durations]
    for hour, label, *row in fetch(connection, select(*columns).where(*wanted, is_run(table))):
        tally = runs[_place(bounds, hour)]
        tally.add_status(label, row[:-1])
        tally.add_durations(row[-1])
    events = dict[int, EventCounts]()
    counts = (func.sum(table.c.event_count), func.sum(table.c.error_count))
    by_hour = select(table.c.hour, *counts).where(*wanted, not_(is_run(table))).group_by(table.c.hour)
    for hour, n_events, n_errors in fetch(connection, by_hour):
        place = _place(bounds, hour)
        before = events.get(place, NO_EVENTS)
        events[place] = EventCounts(n_events=before.n_events + int(n_events), n_errors=before.n_errors + int(n_errors))
    nothing = RunTally().read_runs()
    return [
        TimelinePoint(runs=runs[place].read_runs() if place in runs else nothing, events=events.get(place, NO_EVENTS))
        for place in range(len(bounds) - 1)
    ]


def get_call_timeline(
    connection: Connection,
    scope: Scope,
    bounds: Sequence[int],
    event_type: str,
    label: str,
    *,
    agent_name: str | None,
) -> list[CallFigures]:
    """Return the calls of each part of a timeline; see `MetricStore.get_call_timeline`."""
    table, wanted = source_of(scope, Period(since=bounds[0], until=bounds[-1]), agent_name)
    tallies = [Tally() for _ in bounds[1:]]
    columns = [table.c.hour, *(table.c[name] for name in SUMS), table.c.durations]
    of_label = (table.c.event_type == event_type, table.c.label == label)
    for hour, *row in fetch(connection, select(*columns).where(*wanted, *of_label)):
        tally = tallies[_place(bounds, hour)]
        tally.add(row[:-1])
        tally.add_durations(row[-1])
    return [tally.read_calls(label) for tally in tallies]


def get_activity(
    connection: Connection, scope: Scope, bounds: Sequence[int], agent_names: Sequence[str]
) -> dict[str, Activity]:
    """Return the runs of each part of some sparklines; see `MetricStore.get_activity`."""
    # The latest parts first: they are likely to have the most.
    places = case(*((rollups.c.hour >= hour_of(since), place) for place, since in reversed([*enumerate(bounds[:-1])])))
    period = Period(since=bounds[0], until=bounds[-1])
    # In a query of its own, because PostgreSQL takes no two expressions with parameters for the same.
    placed = (
        select(agents.c.agent_name, places.label("place"), rollups.c.event_count, rollups.c.error_count)
        .join_from(agents, rollups, of_agent(period), isouter=True)
        .where(agents.c.project == scope.project, is_one_of(agents, agent_names))
        .subquery()
    )
    group = (placed.c.agent_name, placed.c.place)
    counts = (func.sum(placed.c.event_count), func.sum(placed.c.error_count))
    n_parts = len(bounds) - 1
    activity = {name: Activity(n_runs=[0] * n_parts, n_failed=[0] * n_parts) for name in agent_names}
    for agent_name, place, n_runs, n_failed in fetch(connection, select(*group, *counts).group_by(*group)):
        if place is not None:
            activity[agent_name].n_runs[place] = int(n_runs)
            activity[agent_name].n_failed[place] = int(n_failed)
    return activity


def _place(bounds: Sequence[int], hour: int) -> int:
    return bisect_right(bounds, hour * MICROSECONDS_PER_HOUR) - 1
