"""Agents and their runs."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from runreel.model.agent import Agent, AgentFilter, AgentSort
from runreel.model.calendar import Part
from runreel.model.instant import format_instant, now
from runreel.model.run import RunFilter
from runreel.model.scope import Scope
from runreel.server.dependency import AgentName, Cursor, Limit, Metrics, Runs, ScopeOf, link_next
from runreel.server.maintenance import note_deletion
from runreel.server.metrics_view import AgentMetricsView, view_agent_metrics
from runreel.server.period import LastDaysOf, PeriodOf
from runreel.server.problem import PROBLEM
from runreel.server.view import (
    AgentView,
    DeletedView,
    RunView,
    json_response,
    view_agent,
    view_deleted,
    view_run,
)
from runreel.storage.port import MetricStore

router = APIRouter(prefix="/api/agents", tags=["agents"], responses=PROBLEM)


@router.get("", response_model=list[AgentView])
def list_agents(
    request: Request,
    scope: ScopeOf,
    runs: Runs,
    metrics: Metrics,
    days: LastDaysOf,
    q: Annotated[str | None, Query(description="Only agents with this text in their name, in any case.")] = None,
    sort: Annotated[AgentSort, Query(description="What to order by: names ascend, all else descends.")] = "name",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List agents; the `Link` header leads to the next page."""
    query = AgentFilter(text=None if q is None else unicodedata.normalize("NFC", q), sort=sort)
    page = runs.list_agents(scope, query, limit=limit, cursor=cursor)
    headers = {"link": link_next(request, {"cursor": page.next_cursor})} if page.next_cursor else {}
    return json_response(_view_agents(scope, metrics, days, page.items), headers=headers)


@router.get("/{agent_name}", response_model=AgentView)
def get_agent(agent_name: AgentName, scope: ScopeOf, runs: Runs, metrics: Metrics, days: LastDaysOf) -> Response:
    """Return one agent with its totals."""
    (view,) = _view_agents(scope, metrics, days, [runs.get_agent(scope, agent_name)])
    return json_response(view)


@router.delete("/{agent_name}", response_model=DeletedView)
def delete_agent(request: Request, agent_name: AgentName, scope: ScopeOf, runs: Runs) -> Response:
    """Delete an agent with all its runs; their numbers are never used again."""
    report = runs.delete_agent(scope, agent_name, now=now())
    note_deletion(request)
    return json_response(view_deleted(report))


@router.get("/{agent_name}/runs", response_model=list[RunView])
def list_agent_runs(
    request: Request,
    agent_name: AgentName,
    scope: ScopeOf,
    runs: Runs,
    limit: Limit = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000, description="How many to skip; a cursor is quicker.")] = 0,
    cursor: Cursor = None,
) -> Response:
    """List the runs of an agent, newest first; the `Link` header leads to the next page."""
    runs.get_agent(scope, agent_name)
    query = RunFilter(agent_name=agent_name)
    if offset:
        found = runs.list_runs_at(scope, query, limit=limit, offset=offset)
        headers = {"link": link_next(request, {"offset": offset + limit})} if len(found) == limit else {}
        return json_response([view_run(run) for run in found], headers=headers)
    page = runs.list_runs(scope, query, limit=limit, cursor=cursor)
    headers = {"link": link_next(request, {"cursor": page.next_cursor})} if page.next_cursor else {}
    return json_response([view_run(run) for run in page.items], headers=headers)


@router.get("/{agent_name}/metrics", response_model=AgentMetricsView)
def get_agent_metrics(agent_name: AgentName, scope: ScopeOf, metrics: Metrics, period: PeriodOf) -> Response:
    """Return sums and means over the runs of an agent that were created in a period; without one, over all."""
    return json_response(view_agent_metrics(metrics.get_agent_figures(scope, agent_name, period), period))


def _view_agents(scope: Scope, metrics: MetricStore, days: Sequence[Part], agents: Sequence[Agent]) -> list[AgentView]:
    bounds = [*(day.since for day in days), days[-1].until]
    activity = metrics.get_activity(scope, bounds, [agent.agent_name for agent in agents])
    since = format_instant(days[0].starts_at)
    return [view_agent(agent, since, activity[agent.agent_name]) for agent in agents]
