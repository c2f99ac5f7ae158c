"""Runs: all of them, and one by its name or by its id."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from runreel.model.event import FullEvent
from runreel.model.instant import now
from runreel.model.run import Run, RunFilter, RunOrder, RunSort
from runreel.model.scope import Scope
from runreel.server.dependency import (
    AgentName,
    Cursor,
    EventLimit,
    Events,
    Limit,
    RunId,
    RunName,
    Runs,
    ScopeOf,
    link_next,
)
from runreel.server.maintenance import note_deletion
from runreel.server.problem import PROBLEM
from runreel.server.run_query import RunFilterOf
from runreel.server.view import (
    DeletedView,
    RunDetailView,
    RunPageView,
    TimelineView,
    TraceView,
    json_response,
    view_deleted,
    view_run,
    view_run_detail,
    view_timeline_event,
    view_tree,
)
from runreel.storage.port import EventStore, RunStore
from runreel.wire.field import mapping_of

router = APIRouter(tags=["runs"], responses=PROBLEM)

_MAX_LIFECYCLE_EVENTS = 20


@router.get("/api/runs", response_model=RunPageView)
def list_runs(
    scope: ScopeOf,
    runs: Runs,
    query: RunFilterOf,
    sort: Annotated[RunSort, Query()] = RunSort.CREATED_AT,
    order: Annotated[Literal["asc", "desc"], Query()] = "desc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List runs, newest first unless they are sorted otherwise."""
    by = RunOrder(sort=sort, is_descending=order == "desc")
    page = runs.list_runs(scope, query, order=by, limit=limit, cursor=cursor)
    return json_response({"runs": [view_run(run) for run in page.items], "next_cursor": page.next_cursor})


@router.get("/api/runs/{run_id}", response_model=RunDetailView)
@router.get("/api/by-id/{run_id}", response_model=RunDetailView)
def get_run_by_id(run_id: RunId, scope: ScopeOf, runs: Runs) -> Response:
    """Return a run by its id."""
    return respond_detail(scope, runs, runs.get_run(scope, run_id))


@router.get("/api/by-id/{run_id}/children", response_model=RunPageView)
def list_children(run_id: RunId, scope: ScopeOf, runs: Runs, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List the runs that a run began, newest first."""
    run = runs.get_run(scope, run_id)
    page = runs.list_runs(scope, RunFilter(parent_run_id=run.run_id), limit=limit, cursor=cursor)
    return json_response({"runs": [view_run(child) for child in page.items], "next_cursor": page.next_cursor})


@router.delete("/api/by-id/{run_id}", response_model=DeletedView)
def delete_run_by_id(request: Request, run_id: RunId, scope: ScopeOf, runs: Runs) -> Response:
    """Delete a run and everything below it; late records of it are refused."""
    return _delete(request, scope, runs, run_id)


@router.get("/api/runs/{agent_name}/{run_name}", response_model=RunDetailView)
def get_run(agent_name: AgentName, run_name: RunName, scope: ScopeOf, runs: Runs) -> Response:
    """Return a run by its present name; a former one redirects to it."""
    return respond_detail(scope, runs, runs.get_run_by_name(scope, agent_name, run_name))


@router.delete("/api/runs/{agent_name}/{run_name}", response_model=DeletedView)
def delete_run(request: Request, agent_name: AgentName, run_name: RunName, scope: ScopeOf, runs: Runs) -> Response:
    """Delete a run and everything below it; late records of it are refused."""
    return _delete(request, scope, runs, runs.get_run_by_name(scope, agent_name, run_name).run_id)


@router.get("/api/runs/{agent_name}/{run_name}/timeline", response_model=TimelineView)
def get_timeline(
    request: Request,
    agent_name: AgentName,
    run_name: RunName,
    scope: ScopeOf,
    runs: Runs,
    events: Events,
    limit: EventLimit = 500,
    cursor: Cursor = None,
) -> Response:
    """Return the events of a run in execution order, with payloads, in pages."""
    run = runs.get_run_by_name(scope, agent_name, run_name)
    return _respond_timeline(request, scope, events, run, limit, cursor)


@router.get("/api/by-id/{run_id}/timeline", response_model=TimelineView)
def get_timeline_by_id(
    request: Request,
    run_id: RunId,
    scope: ScopeOf,
    runs: Runs,
    events: Events,
    limit: EventLimit = 500,
    cursor: Cursor = None,
) -> Response:
    """Return the events of a run, which may have no name yet, in execution order, with payloads, in pages."""
    return _respond_timeline(request, scope, events, runs.get_run(scope, run_id), limit, cursor)


@router.get("/api/runs/{agent_name}/{run_name}/trace", response_model=TraceView)
def get_trace(
    request: Request,
    agent_name: AgentName,
    run_name: RunName,
    scope: ScopeOf,
    runs: Runs,
    events: Events,
    limit: EventLimit = 500,
    cursor: Cursor = None,
) -> Response:
    """Return the events of a run as trees, with payloads, in pages."""
    run = runs.get_run_by_name(scope, agent_name, run_name)
    return _respond_trace(request, scope, events, run, limit, cursor)


@router.get("/api/by-id/{run_id}/trace", response_model=TraceView)
def get_trace_by_id(
    request: Request,
    run_id: RunId,
    scope: ScopeOf,
    runs: Runs,
    events: Events,
    limit: EventLimit = 500,
    cursor: Cursor = None,
) -> Response:
    """Return the events of a run, which may have no name yet, as trees, with payloads, in pages."""
    return _respond_trace(request, scope, events, runs.get_run(scope, run_id), limit, cursor)


def _respond_timeline(
    request: Request, scope: Scope, events: EventStore, run: Run, limit: int, cursor: str | None
) -> Response:
    page = events.list_full_events(scope, run.run_id, limit=limit, cursor=cursor)
    view = view_run(run)
    content = {
        **{key: view[key] for key in ("run_id", "run_name", "agent_name", "status", "total_duration_ms", "created_at")},
        "events": [view_timeline_event(full) for full in page.items],
        "next_cursor": page.next_cursor,
    }
    return json_response(content, headers=_link(request, page.next_cursor))


def _respond_trace(
    request: Request, scope: Scope, events: EventStore, run: Run, limit: int, cursor: str | None
) -> Response:
    page = events.list_full_events(scope, run.run_id, limit=limit, cursor=cursor)
    if cursor is None and page.next_cursor is None:
        lifecycle = [full for full in page.items if full.event.event_type in ("agent_start", "agent_end")]
    else:
        lifecycle = events.list_lifecycle_events(scope, run.run_id, limit=_MAX_LIFECYCLE_EVENTS)
    view = view_run(run)
    content = {
        **{key: view[key] for key in ("run_id", "run_name", "agent_name", "status", "total_cost", "total_duration_ms")},
        "total_tokens_in": view["tokens_in"],
        "total_tokens_out": view["tokens_out"],
        "execution_tree": view_tree(page.items),
        **_graph_members(lifecycle),
        "next_cursor": page.next_cursor,
    }
    return json_response(content, headers=_link(request, page.next_cursor))


def _graph_members(lifecycle: list[FullEvent]) -> dict[str, object]:
    """Return the graph and the flow that a framework reported with the start and end of the run."""
    members: dict[str, object] = {}
    for full in lifecycle:
        attributes = full.payload.attributes
        for source in (attributes, mapping_of(attributes.get("metadata"))):
            for key in ("graph_structure", "execution_flow"):
                if source.get(key) is not None:
                    members.setdefault(key, source[key])
    return members


def respond_detail(scope: Scope, runs: RunStore, run: Run) -> Response:
    """Answer with all of a run."""
    detail, family = runs.get_run_detail(scope, run.run_id), runs.get_run_family(scope, run.run_id)
    return json_response(view_run_detail(run, detail, family))


def _delete(request: Request, scope: Scope, runs: RunStore, run_id: str) -> Response:
    report = runs.delete_run(scope, run_id, now=now())
    note_deletion(request)
    return json_response(view_deleted(report))


def _link(request: Request, next_cursor: str | None) -> dict[str, str]:
    return {"link": link_next(request, {"cursor": next_cursor})} if next_cursor else {}
