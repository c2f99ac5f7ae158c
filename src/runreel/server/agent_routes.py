"""Agents and their runs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from runreel.model.instant import now
from runreel.model.run import RunFilter
from runreel.server.dependency import AgentName, Cursor, Limit, Runs, ScopeOf, link_next
from runreel.server.maintenance import note_deletion
from runreel.server.view import (
    AgentMetricsView,
    AgentView,
    DeletedView,
    RunView,
    json_response,
    view_agent,
    view_agent_metrics,
    view_deleted,
    view_run,
)

router = APIRouter(prefix="/api/agents", tags=["agents"])


@router.get("", response_model=list[AgentView])
def list_agents(request: Request, scope: ScopeOf, runs: Runs, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List agents by name; the `Link` header leads to the next page."""
    page = runs.list_agents(scope, limit=limit, cursor=cursor)
    headers = {"link": link_next(request, {"cursor": page.next_cursor})} if page.next_cursor else {}
    return json_response([view_agent(agent) for agent in page.items], headers=headers)


@router.get("/{agent_name}", response_model=AgentView)
def get_agent(agent_name: AgentName, scope: ScopeOf, runs: Runs) -> Response:
    """Return one agent with its totals."""
    return json_response(view_agent(runs.get_agent(scope, agent_name)))


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
def get_agent_metrics(agent_name: AgentName, scope: ScopeOf, runs: Runs) -> Response:
    """Return sums and means over the runs of an agent."""
    return json_response(view_agent_metrics(runs.get_agent(scope, agent_name)))
