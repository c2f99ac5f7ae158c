"""The plan of a run, and the states of its nodes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from runreel.model.instant import now
from runreel.server.dag_view import PlanView, view_plan
from runreel.server.dependency import Events, NodeId, RunId, Runs, ScopeOf
from runreel.server.plan_view import NodeHistoryView, NodePatch, PlanBody, view_node_history
from runreel.server.problem import PROBLEM
from runreel.server.view import NodeView, json_response, view_node

router = APIRouter(tags=["nodes"], responses=PROBLEM)

HistoryLimit = Annotated[int, Query(ge=1, le=5_000, description="How many changes to return at most, the latest ones.")]


@router.get("/api/by-id/{run_id}/plan", response_model=PlanView)
def get_plan(run_id: RunId, scope: ScopeOf, events: Events) -> Response:
    """Return the steps of a run's plan in their order, and how far the run is."""
    return json_response(view_plan(run_id, events.get_plan(scope, run_id)))


@router.put("/api/by-id/{run_id}/plan", response_model=PlanView)
def put_plan(run_id: RunId, plan: PlanBody, scope: ScopeOf, runs: Runs, events: Events) -> Response:
    """Declare the next version of a run's plan; steps that are in it no more and never ran are withdrawn."""
    runs.put_plan(scope, run_id, plan.as_draft(), now=now())
    return json_response(view_plan(run_id, events.get_plan(scope, run_id)))


@router.patch("/api/by-id/{run_id}/nodes/{node_id}", response_model=NodeView)
def patch_node(
    run_id: RunId, node_id: NodeId, patch: NodePatch, scope: ScopeOf, runs: Runs, events: Events
) -> Response:
    """Say what a node is from now on; 409 where its present status does not lead there."""
    why = patch.why or None
    runs.set_node_status(scope, run_id, node_id, patch.status, who=patch.who, why=why, now=now())
    return json_response(view_node(events.get_node(scope, run_id, node_id)))


@router.get("/api/by-id/{run_id}/nodes/{node_id}/history", response_model=NodeHistoryView)
def get_node_history(
    run_id: RunId, node_id: NodeId, scope: ScopeOf, events: Events, limit: HistoryLimit = 500
) -> Response:
    """Return how the status of a node changed, oldest first: from, to, when, by whom and why."""
    history = events.get_node_history(scope, run_id, node_id)
    return json_response(view_node_history(run_id, node_id, history, limit=limit))
