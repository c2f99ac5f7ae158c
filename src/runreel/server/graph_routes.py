"""The graph of a run for other programs: as Mermaid, as DOT, and as JSON."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import PlainTextResponse, Response

from runreel.model.graph_text import format_dot, format_mermaid
from runreel.server.dag_view import GraphExportView, view_exported_dag
from runreel.server.dependency import Events, RunId, ScopeOf
from runreel.server.problem import PROBLEM
from runreel.server.view import json_response

router = APIRouter(tags=["nodes"], responses=PROBLEM)

_MAX_NODES = 5_000
_TEXT = {"200": {"description": "The graph", "content": {"text/plain": {"schema": {"type": "string"}}}}}


class GraphFormat(StrEnum):
    """What a graph is written as."""

    MERMAID = "mermaid"
    DOT = "dot"
    JSON = "json"


@router.get("/api/by-id/{run_id}/graph", response_model=GraphExportView, openapi_extra={"responses": _TEXT})
def get_graph_text(
    run_id: RunId,
    scope: ScopeOf,
    events: Events,
    graph_format: Annotated[GraphFormat, Query(alias="format")] = GraphFormat.JSON,
    path: Annotated[bool, Query(description="Whether to show what was taken, how often, and states.")] = False,
) -> Response:
    """Return the graph of a run as it was declared, or with the path that the run took."""
    dag = events.get_dag(scope, run_id, limit=_MAX_NODES)
    if graph_format is GraphFormat.JSON:
        return json_response(view_exported_dag(run_id, dag, with_path=path))
    write = format_mermaid if graph_format is GraphFormat.MERMAID else format_dot
    return PlainTextResponse(write(dag, with_path=path))
