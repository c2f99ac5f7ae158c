"""One event with its descendants."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from runreel.errors import NotFoundError
from runreel.model.scope import Scope
from runreel.server.dependency import EventId, EventLimit, Events, Runs, ScopeOf
from runreel.server.problem import problem_response
from runreel.server.view import MAX_NESTING, EventTreeView, json_response, view_tree
from runreel.storage.port import EventStore

router = APIRouter(tags=["events"])

_MAX_LISTED_RUNS = 10


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
