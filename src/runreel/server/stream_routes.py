"""Live views as server-sent events: of one run, exactly, and of all runs of the project."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from runreel.errors import InvalidQueryError
from runreel.server.dependency import RunId, ScopeOf, parts_of
from runreel.server.guard import IS_HEAD
from runreel.server.problem import PROBLEM
from runreel.server.stream_view import (
    HEARTBEAT,
    OPENING,
    ProjectChangesView,
    RunChangePageView,
    RunChangesView,
    view_run_changes,
)
from runreel.server.topic import Follower
from runreel.server.view import json_response

router = APIRouter(tags=["live"], responses=PROBLEM)

_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
_MOST = 2**63 - 1
_USUAL_CHANGES = 500
_MOST_CHANGES = 5_000


class EventStream(Response):
    """Server-sent events until the client goes, what it follows is gone, or the server ends."""

    media_type = "text/event-stream"

    def __init__(self, follower: Follower, *, heartbeat_s: float) -> None:
        # As the framework's own streams do it: there is no body whose length could be told.
        self.status_code = 200
        self.background = None
        self.init_headers(_HEADERS)
        self._follower = follower
        self._heartbeat_s = heartbeat_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope.get(IS_HEAD):
                await send({"type": "http.response.body", "body": b""})
                return
            await _until_first(self._send_all(send), _until_left(receive))
        finally:
            self._follower.close()

    async def _send_all(self, send: Send) -> None:
        waiting = OPENING
        is_open = True
        while is_open:
            try:
                async with asyncio.timeout(self._heartbeat_s):
                    frame = await self._follower.next_frame()
            except TimeoutError:
                content = HEARTBEAT
            else:
                content = b"" if frame is None else frame.content
                is_open = frame is not None and not frame.is_last
            await send({"type": "http.response.body", "body": waiting + content, "more_body": is_open})
            waiting = b""


LastEventId = Annotated[
    str | None, Header(description="Where a stream that was cut off goes on; counts more than `after`.")
]


@router.get("/api/by-id/{run_id}/stream", response_model=RunChangesView, response_class=EventStream, status_code=200)
async def stream_run(
    request: Request,
    run_id: RunId,
    scope: ScopeOf,
    after: Annotated[str | None, Query(description="The `change_seq` to begin after; 0 tells everything.")] = None,
    last_event_id: LastEventId = None,
) -> Response:
    """Follow a run: all it has, then each change, as `event: changes`; `event: gone` when it is deleted."""
    parts = parts_of(request)
    follower = await parts.live.follow_run(scope, run_id, after=_number(after, last_event_id) or 0)
    return EventStream(follower, heartbeat_s=parts.settings.stream_heartbeat_s)


@router.get("/api/by-id/{run_id}/changes", response_model=RunChangePageView)
def list_changes(
    request: Request,
    run_id: RunId,
    scope: ScopeOf,
    after: Annotated[
        str | None, Query(description="The `change_seq` to begin after; 0 tells everything. Without it: now.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST_CHANGES, description="How many changes at most.")] = _USUAL_CHANGES,
) -> Response:
    """Return what changed in a run, as its stream tells it; for those who learn elsewhere that something did."""
    store = parts_of(request).store
    number = _number(after, None)
    if number is None:
        number = store.runs.get_run(scope, run_id).change_seq
    changes = store.changes.list_changes(scope, run_id, after=number, limit=limit)
    return json_response({**view_run_changes(changes), "after": changes.begin})


@router.get("/api/stream", response_model=ProjectChangesView, response_class=EventStream, status_code=200)
async def stream_runs(
    request: Request,
    scope: ScopeOf,
    after: Annotated[
        str | None, Query(description="The `change_no` to begin after; 0 tells everything. Without it: now.")
    ] = None,
    last_event_id: LastEventId = None,
) -> Response:
    """Follow the runs of the project: those that change or are deleted, as `event: runs`; may repeat, never skips."""
    parts = parts_of(request)
    follower = await parts.live.follow_project(scope, after=_number(after, last_event_id))
    return EventStream(follower, heartbeat_s=parts.settings.stream_heartbeat_s)


def _number(after: str | None, last_event_id: str | None) -> int | None:
    """Return the number to begin after; readers repeat their address, so where they were counts more."""
    for name, text in (("Last-Event-ID", last_event_id), ("after", after)):
        if text:
            if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= _MOST):
                raise InvalidQueryError(f"{name} is {text!r}; give the id of the last event that came, or 0")
            return int(text)
    return None


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _until_first(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Run until one of them is done; raises what it raised."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in done:
        task.result()
