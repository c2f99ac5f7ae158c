"""Whether the server lives, and whether it can do its work."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response
from typing_extensions import TypedDict

from runreel import __version__
from runreel.server.dependency import Runs, parts_of
from runreel.server.problem import PROBLEM
from runreel.server.view import json_response

router = APIRouter(tags=["operation"], responses=PROBLEM)


class HealthView(TypedDict):
    """The server answers."""

    status: str
    version: str


@router.get("/health", response_model=HealthView)
async def get_health() -> Response:
    """Answer while the process lives; asks nothing of the database."""
    return json_response({"status": "ok", "version": __version__})


@router.get("/ready", response_model=HealthView)
def get_ready(request: Request, runs: Runs) -> Response:
    """Answer 200 when records can be written now, else 503 or 507 with the reason."""
    parts = parts_of(request)
    parts.ingest.require_room()
    parts.disk.require_room()
    runs.check()
    return json_response({"status": "ready", "version": __version__})
