"""Sessions: workspaces that group runs."""

from __future__ import annotations

import unicodedata
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from runreel.model.instant import now
from runreel.model.run import RunFilter
from runreel.model.session import SessionFilter, SessionSort
from runreel.server.dependency import Cursor, Limit, Runs, ScopeOf, SessionId
from runreel.server.maintenance import note_deletion
from runreel.server.problem import PROBLEM
from runreel.server.view import (
    DeletedView,
    RunPageView,
    SessionPageView,
    SessionView,
    json_response,
    view_deleted,
    view_run,
    view_session,
)

router = APIRouter(prefix="/api/sessions", tags=["sessions"], responses=PROBLEM)


class NewSession(BaseModel):
    """A session to create; without an id it gets one."""

    model_config = ConfigDict(extra="forbid")

    session_id: str | None = Field(default=None, description="1-255 characters.")
    name: str = Field(description="1-255 characters.")


class SessionPatch(BaseModel):
    """What a person changes of a session."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="1-255 characters.")


@router.get("", response_model=SessionPageView)
def list_sessions(
    scope: ScopeOf,
    runs: Runs,
    q: Annotated[
        str | None, Query(description="Only sessions with this text in their name or id, in any case.")
    ] = None,
    sort: Annotated[
        SessionSort, Query(description="What to order by: names ascend, all else descends.")
    ] = "created_at",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List sessions, newest first unless sorted otherwise."""
    query = SessionFilter(text=None if q is None else unicodedata.normalize("NFC", q), sort=sort)
    page = runs.list_sessions(scope, query, limit=limit, cursor=cursor)
    shown = [view_session(session) for session in page.items]
    return json_response({"sessions": shown, "next_cursor": page.next_cursor})


@router.post("", response_model=SessionView, status_code=201)
def create_session(new: NewSession, scope: ScopeOf, runs: Runs) -> Response:
    """Create a session."""
    session_id = str(uuid4()) if new.session_id is None else new.session_id
    session = runs.create_session(scope, session_id, new.name, now=now())
    return json_response(view_session(session), 201)


@router.get("/{session_id}", response_model=SessionView)
def get_session(session_id: SessionId, scope: ScopeOf, runs: Runs) -> Response:
    """Return one session."""
    return json_response(view_session(runs.get_session(scope, session_id)))


@router.patch("/{session_id}", response_model=SessionView)
def patch_session(session_id: SessionId, patch: SessionPatch, scope: ScopeOf, runs: Runs) -> Response:
    """Rename a session."""
    return json_response(view_session(runs.rename_session(scope, session_id, patch.name)))


@router.delete("/{session_id}", response_model=DeletedView)
def delete_session(request: Request, session_id: SessionId, scope: ScopeOf, runs: Runs) -> Response:
    """Delete a session with all its runs; the default session itself stays."""
    report = runs.delete_session(scope, session_id, now=now())
    note_deletion(request)
    return json_response(view_deleted(report))


@router.get("/{session_id}/runs", response_model=RunPageView)
def list_session_runs(
    session_id: SessionId, scope: ScopeOf, runs: Runs, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List the runs of a session, newest first."""
    runs.get_session(scope, session_id)
    page = runs.list_runs(scope, RunFilter(session_id=session_id), limit=limit, cursor=cursor)
    return json_response({"runs": [view_run(run) for run in page.items], "next_cursor": page.next_cursor})
