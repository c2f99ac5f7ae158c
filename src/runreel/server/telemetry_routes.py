"""The server's figures for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from runreel.errors import StorageError
from runreel.server.dependency import parts_of
from runreel.server.problem import PROBLEM
from runreel.server.telemetry_text import Readings, write_text

router = APIRouter(tags=["operation"], responses=PROBLEM)


@router.get("/metrics", response_class=PlainTextResponse)
def get_figures(request: Request) -> Response:
    """Return figures of the server in Prometheus' text format; none names an agent or a run."""
    parts = parts_of(request)
    try:
        size = parts.store.operation.measure()
    except StorageError:
        size = None
    readings = Readings(
        size=size,
        queue_bytes=parts.ingest.used_bytes,
        queue_bodies=parts.ingest.n_waiting,
        queue_capacity_bytes=parts.settings.queue_bytes,
        n_streams=parts.live.n_streams,
        free_bytes=parts.disk.free_bytes(),
    )
    content, media_type = write_text(parts.telemetry, readings)
    return Response(content, media_type=media_type)
