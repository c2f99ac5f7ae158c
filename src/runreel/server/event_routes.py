"""Events of a run, and one with its descendants."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from runreel.errors import NotFoundError
from runreel.model.event import EventFilter
from runreel.model.scope import Scope
from runreel.server.dependency import (
    MAX_LIMIT,
    Cursor,
    EventId,
    EventLimit,
    Events,
    NameQuery,
    RunId,
    Runs,
    ScopeOf,
    TextQuery,
)
from runreel.server.problem import PROBLEM, problem_response
from runreel.server.view import (
    MAX_NESTING,
    EventDetailView,
    EventPageView,
    EventTreeView,
    json_response,
    view_event,
    view_event_detail,
    view_tree,
)
from runreel.storage.port import EventStore

router = APIRouter(tags=["events"], responses=PROBLEM)

_MAX_LISTED_RUNS = 10


@router.get("/api/by-id/{run_id}/events", response_model=EventPageView)
def list_events(
    run_id: RunId,
    scope: ScopeOf,
    events: Events,
    event_type: Annotated[list[str] | None, Query(alias="type", description="May be given several times.")] = None,
    status: Annotated[list[str] | None, Query(description="May be given several times.")] = None,
    node: NameQuery = None,
    agent: NameQuery = None,
    search: TextQuery = None,
    errors: Annotated[bool, Query(description="Only failed events.")] = False,
    limit: EventLimit = 500,
    cursor: Cursor = None,
) -> Response:
    """List the events of a run in execution order, without payloads."""
    query = EventFilter(
        event_types=tuple(event_type or ()),
        statuses=tuple(status or ()),
        node_id=node,
        agent_name=agent,
        text=search,
        is_failed=errors,
    )
    page = events.list_events(scope, run_id, query, limit=limit, cursor=cursor)
    shown = [view_event(event) for event in page.items]
    return json_response({"run_id": run_id, "events": shown, "next_cursor": page.next_cursor})


@router.get("/api/by-id/{run_id}/events/{event_id}", response_model=EventDetailView)
def get_event(run_id: RunId, event_id: EventId, scope: ScopeOf, events: Events) -> Response:
    """Return an event of a run with its payload, its parent and its first children."""
    full = events.get_event(scope, run_id, event_id)
    family = events.get_event_family(scope, run_id, event_id, limit=MAX_LIMIT)
    return json_response(view_event_detail(run_id, full, family))


@router.get("/api/events/{event_id}/tree", response_model=EventTreeView)
def get_event_tree(
    event_id: EventId,
    scope: ScopeOf,
    runs: Runs,
    events: Events,
    run_id: Annotated[str | None, Query(description="Its run; needed where several runs have such an event.")] = None,
    limit: EventLimit = 500,
) -> Response:
    """Return an event with its descendants."""
    if run_id is not None:
        return _respond_tree(scope, events, run_id, event_id, limit)
    found = runs.list_runs_of_event(scope, event_id, limit=_MAX_LISTED_RUNS)
    if not found:
        raise NotFoundError(f"there is no event {event_id!r}")
    if len(found) > 1:
        detail = f"{len(found)} runs or more have an event {event_id!r}; say of which run: add ?run_id=…"
        return problem_response(400, detail, run_ids=[run.run_id for run in found])
    return _respond_tree(scope, events, found[0].run_id, event_id, limit)


def _respond_tree(scope: Scope, events: EventStore, run_id: str, event_id: str, limit: int) -> Response:
    found = events.list_event_tree(scope, run_id, event_id, limit=limit + 1)
    shown = [full for full in found[:limit] if (full.event.depth or 0) < MAX_NESTING]
    view = {
        "run_id": run_id,
        "event_id": event_id,
        "tree": view_tree(shown, root_id=event_id)[0],
        "event_count": len(shown),
        "is_complete": len(shown) == len(found),
    }
    return json_response(view)
