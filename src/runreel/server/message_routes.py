"""Messages and files of a whole run."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from runreel.server.dependency import Cursor, Events, Limit, RunId, ScopeOf
from runreel.server.problem import PROBLEM
from runreel.server.view import FilePageView, MessagePageView, json_response, view_file, view_message

router = APIRouter(tags=["messages and files"], responses=PROBLEM)

OfEvent = Annotated[str | None, Query(description="Only what belongs to the event with this id.")]


@router.get("/api/by-id/{run_id}/messages", response_model=MessagePageView)
def list_messages(
    run_id: RunId, scope: ScopeOf, events: Events, event: OfEvent = None, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Return the messages of a run, by time."""
    page = events.list_messages(scope, run_id, event_id=event, limit=limit, cursor=cursor)
    shown = [view_message(message) for message in page.items]
    return json_response({"run_id": run_id, "messages": shown, "next_cursor": page.next_cursor})


@router.get("/api/by-id/{run_id}/files", response_model=FilePageView)
def list_files(
    run_id: RunId, scope: ScopeOf, events: Events, event: OfEvent = None, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Return the files of a run, by time."""
    page = events.list_files(scope, run_id, event_id=event, limit=limit, cursor=cursor)
    shown = [view_file(file) for file in page.items]
    return json_response({"run_id": run_id, "files": shown, "next_cursor": page.next_cursor})
