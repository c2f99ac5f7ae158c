"""Reading agents: one, or lists of them in any order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, func, literal, select

from runreel.errors import NotFoundError
from runreel.model.agent import Agent, AgentFilter, AgentSort
from runreel.model.page import Page
from runreel.model.scope import Scope
from runreel.storage.sql.cursor import format_cursor, parse_cursor
from runreel.storage.sql.rollup import TOTALS, decode_buckets
from runreel.storage.sql.run_row import read_usage
from runreel.storage.sql.schema import agents, runs
from runreel.storage.sql.tally import read_quantiles

_COLUMNS = (
    *("agent_name", "description", "created_at", "run_count", "ended_run_count", "failed_run_count", "duration_us"),
    *("durations", *TOTALS),
)
_newest_created_at = (
    select(func.max(runs.c.created_at))
    .where(runs.c.project == agents.c.project, runs.c.agent_name == agents.c.agent_name)
    .correlate(agents)
    .scalar_subquery()
)
_SORTS: Mapping[AgentSort, tuple[ColumnElement[Any], Callable[[Any], int]]] = {
    "name": (literal(0), int),
    "last_run": (_newest_created_at, int),
    "runs": (agents.c.run_count, int),
    "cost": (agents.c.cost_nanos, int),
    "errors": (agents.c.error_count, int),
    "p95": (agents.c.durations, lambda durations: _p95_us(durations)),
}


def list_agents(
    connection: Connection, scope: Scope, query: AgentFilter, *, limit: int, cursor: str | None
) -> Page[Agent]:
    """Return agents, after a cursor; see `RunStore.list_agents`.

    All names are read and put in order here: databases fold letters in ways of their own, and know no quantiles.
    """
    column, value_of = _SORTS[query.sort]
    statement = select(agents.c.agent_name, column).where(*is_shown(scope))
    ranks = sorted((-value_of(value), name) for name, value in connection.execute(statement) if query.matches(name))
    if cursor is not None:
        value, name = parse_cursor(_list_name(query), cursor, int, str)
        last = (-cast("int", value), cast("str", name))
        ranks = [rank for rank in ranks if rank > last]
    names = [name for _, name in ranks[:limit]]
    found = {agent.agent_name: agent for agent in _fetch(connection, _agents(scope).where(is_one_of(agents, names)))}
    following = None
    if len(ranks) > limit:
        negated, name = ranks[limit - 1]
        following = format_cursor(_list_name(query), (-negated, name))
    return Page(tuple(found[name] for name in names), following)


def get_agent(connection: Connection, scope: Scope, agent_name: str) -> Agent:
    """Return an agent by its name."""
    found = _fetch(connection, _agents(scope).where(agents.c.agent_name == agent_name))
    if not found:
        raise NotFoundError(f"there is no agent {agent_name!r}")
    return found[0]


def is_one_of(table: Table, agent_names: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that a row is of one of these agents."""
    # One parameter for all: each name as one of its own costs more than the query.
    return table.c.agent_name.in_(bindparam("agent_names", list(agent_names), expanding=True))


def _list_name(query: AgentFilter) -> str:
    return f"agents by {query.sort}"


def is_shown(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for the agents that a scope sees."""
    # An agent without runs is only a counter: it was deleted, or taken for the agent of a run that is another's.
    return agents.c.project == scope.project, agents.c.run_count > 0


def _agents(scope: Scope) -> Select[Any]:
    newest = (
        select(runs.c.run_pk)
        .where(runs.c.project == agents.c.project, runs.c.agent_name == agents.c.agent_name)
        .order_by(runs.c.created_at.desc(), runs.c.run_pk.desc())
        .limit(1)
        .correlate(agents)
        .scalar_subquery()
    )
    return (
        select(*(agents.c[name] for name in _COLUMNS), runs.c.created_at, runs.c.status)
        .join_from(agents, runs, runs.c.run_pk == newest, isouter=True)
        .where(*is_shown(scope))
    )


def _fetch(connection: Connection, statement: Select[Any]) -> list[Agent]:
    return [_read_agent(*row) for row in connection.execute(statement).all()]


def _p95_us(durations: bytes | None) -> int:
    quantiles = None if durations is None else read_quantiles(decode_buckets(durations))
    return -1 if quantiles is None else quantiles.p95_us


def _read_agent(
    agent_name: str,
    description: str | None,
    created_at: int,
    n_runs: int,
    n_ended_runs: int,
    n_failed_runs: int,
    duration_us: int,
    durations: bytes | None,
    *rest: Any,
) -> Agent:
    *totals, last_run_at, last_status = rest
    return Agent(
        agent_name=agent_name,
        description=description,
        created_at=created_at,
        usage=read_usage(totals),
        n_runs=n_runs,
        n_ended_runs=n_ended_runs,
        n_failed_runs=n_failed_runs,
        n_events=totals[0],
        n_errors=totals[1],
        duration_us=duration_us,
        quantiles=None if durations is None else read_quantiles(decode_buckets(durations)),
        last_run_at=last_run_at,
        last_status=last_status,
    )
