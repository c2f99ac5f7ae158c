"""Taking records: the GATI batch and the native batch."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response
from typing_extensions import TypedDict

from runreel.model.record import Batch, RecordIssue
from runreel.server.dependency import Parts, ScopeOf, parts_of
from runreel.server.ingest import IngestResult
from runreel.server.problem import PROBLEM
from runreel.server.view import json_response
from runreel.wire import gati, native
from runreel.wire.inflate import inflate

router = APIRouter(tags=["records"], responses=PROBLEM)

PATHS = re.compile("/api/(events|records)")

# The GATI client throws a batch away after three quick tries, so its dialect waits for room first.
_GATI_PATIENCE_S = 5.0
_MAX_LISTED_ISSUES = 100

_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


class EventIssueView(TypedDict):
    """An event that was refused."""

    index: int
    event_id: str
    reason: str


class EventsTakenView(TypedDict):
    """What became of a GATI batch; at most 100 refused events are listed."""

    status: str
    message: str
    count: int
    failed: int
    errors: list[EventIssueView]


class RecordIssueView(TypedDict):
    """A record that was refused, or kept with a repair."""

    index: int
    record: str
    id: str
    reason: str


class NamedRunView(TypedDict):
    """A run that the batch spoke of; `run_name` is null until its agent is settled."""

    run_id: str
    agent_name: str
    run_name: str | None


class RecordsTakenView(TypedDict):
    """What became of a native batch: every record that `errors` does not list is on disk."""

    accepted: int
    refused: int
    errors: list[RecordIssueView]
    warnings: list[RecordIssueView]
    runs: list[NamedRunView]


@router.post("/api/events", response_model=EventsTakenView, openapi_extra=_BODY)
async def post_events(request: Request, scope: ScopeOf) -> Response:
    """Take a batch of the GATI dialect: `{"events": […]}`."""
    settings = parts_of(request).settings
    decode = partial(gati.decode_batch, max_record_bytes=settings.max_record_bytes)
    result = await _put(request, scope, "gati", decode, patience_s=_GATI_PATIENCE_S)
    n_failed = len(result.refused)
    n_stored = result.n_received - n_failed
    view: EventsTakenView = {
        "status": "success",
        "message": f"{n_stored} of {result.n_received} events stored",
        "count": n_stored,
        "failed": n_failed,
        "errors": [
            {"index": issue.index, "event_id": issue.key, "reason": issue.reason}
            for issue in result.refused[:_MAX_LISTED_ISSUES]
        ],
    }
    return json_response(view)


@router.post("/api/records", response_model=RecordsTakenView, openapi_extra=_BODY)
async def post_records(request: Request, scope: ScopeOf) -> Response:
    """Take a native batch: `{"version": 1, "records": […]}`, plain, or compressed with gzip or zstd."""
    settings = parts_of(request).settings
    decode = partial(native.decode_batch, max_record_bytes=settings.max_record_bytes, max_records=settings.max_records)
    result = await _put(request, scope, "native", decode, patience_s=0)
    view: RecordsTakenView = {
        "accepted": result.n_received - len(result.refused),
        "refused": len(result.refused),
        "errors": [_view_issue(issue) for issue in result.refused],
        "warnings": [_view_issue(issue) for issue in result.warnings],
        "runs": [{"run_id": run.run_id, "agent_name": run.agent_name, "run_name": run.run_name} for run in result.runs],
    }
    return json_response(view)


async def _put(
    request: Request, scope: ScopeOf, dialect: str, decode: Callable[[bytes], Batch], *, patience_s: float
) -> IngestResult:
    parts = parts_of(request)
    body = await request.body()
    parts.telemetry.note_received(dialect, n_bytes=len(body))
    encoding = request.headers.get("content-encoding", "")
    inflated = partial(_decode_inflated, body, encoding, parts, decode)
    try:
        parts.disk.require_room()
        result = await parts.ingest.put(scope, inflated, size_bytes=len(body), patience_s=patience_s)
    except Exception as error:
        parts.telemetry.note_not_taken(dialect, error)
        raise
    parts.telemetry.note_taken(
        dialect, n_records=result.n_received, n_refused=len(result.refused), n_warnings=len(result.warnings)
    )
    return result


def _decode_inflated(body: bytes, encoding: str, parts: Parts, decode: Callable[[bytes], Batch]) -> Batch:
    inflated = inflate(body, encoding, max_bytes=parts.settings.max_inflated_bytes)
    batch = decode(inflated)
    batch.size_bytes = len(inflated)
    return batch


def _view_issue(issue: RecordIssue) -> RecordIssueView:
    return {"index": issue.index, "record": str(issue.kind), "id": issue.key, "reason": issue.reason}
