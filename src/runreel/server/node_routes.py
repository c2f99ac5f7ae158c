"""Nodes of one run: their events, summary, files and messages.

The ancestor's paths name no run; here they need `run_id`, because node ids like `step_1` exist in many runs.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from runreel.errors import InvalidQueryError
from runreel.model.scope import Scope
from runreel.server.course_view import CourseView, view_course
from runreel.server.dag_view import DagView, view_dag
from runreel.server.dependency import Cursor, EventLimit, Events, Limit, NodeId, RunId, ScopeOf
from runreel.server.problem import PROBLEM
from runreel.server.view import (
    GraphView,
    NodeEventsView,
    NodeFilesView,
    NodeMessagesView,
    NodeSummaryView,
    json_response,
    view_file,
    view_full_event,
    view_graph,
    view_message,
    view_node_summary,
)
from runreel.storage.port import EventStore

router = APIRouter(tags=["nodes"], responses=PROBLEM)

_BY_RUN = "/api/runs/{run_id}/nodes"
_BY_NODE = "/api/nodes/{node_id}"

StatesQuery = Annotated[bool, Query(description="Whether to tell of each node what it was when.")]
GraphLimit = Annotated[int, Query(ge=1, le=5_000, description="How many nodes to return at most, and how many edges.")]
CourseLimit = Annotated[int, Query(ge=1, le=5_000, description="How many executions to return at most.")]
EventType = Annotated[str | None, Query(description="Only events of this type.")]
RunIdQuery = Annotated[str | None, Query(description="The run that the node belongs to; required.")]


@router.get(_BY_RUN, response_model=GraphView)
def get_graph(run_id: RunId, scope: ScopeOf, events: Events, limit: GraphLimit = 5_000) -> Response:
    """Return the nodes of a run in their order, and its declared edges."""
    return json_response(view_graph(run_id, events.get_graph(scope, run_id, limit=limit)))


@router.get("/api/by-id/{run_id}/dag", response_model=DagView)
def get_dag(
    run_id: RunId, scope: ScopeOf, events: Events, states: StatesQuery = False, limit: GraphLimit = 5_000
) -> Response:
    """Return the nodes of a run by level, and the edges between them: declared, taken, or both."""
    return json_response(view_dag(run_id, events.get_dag(scope, run_id, limit=limit), with_states=states))


@router.get("/api/by-id/{run_id}/executions", response_model=CourseView)
def get_course(run_id: RunId, scope: ScopeOf, events: Events, limit: CourseLimit = 1_500) -> Response:
    """Return the executions of a run's nodes by when they began, and which came after which."""
    return json_response(view_course(run_id, events.get_course(scope, run_id, limit=limit)))


@router.get(_BY_RUN + "/{node_id}/events", response_model=NodeEventsView)
def list_node_events(
    run_id: RunId,
    node_id: NodeId,
    scope: ScopeOf,
    events: Events,
    event_type: EventType = None,
    limit: EventLimit = 500,
    cursor: Cursor = None,
) -> Response:
    """Return the events of this node in this run, in execution order."""
    return _respond_events(scope, events, run_id, node_id, event_type, limit, cursor)


@router.get(_BY_RUN + "/{node_id}/execution-summary", response_model=NodeSummaryView)
def get_node_summary(run_id: RunId, node_id: NodeId, scope: ScopeOf, events: Events) -> Response:
    """Return what happened in this node of this run."""
    return json_response(view_node_summary(run_id, events.get_node_summary(scope, run_id, node_id)))


@router.get(_BY_RUN + "/{node_id}/files", response_model=NodeFilesView)
def list_node_files(
    run_id: RunId, node_id: NodeId, scope: ScopeOf, events: Events, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Return the files of this node in this run, by time."""
    return _respond_files(scope, events, run_id, node_id, limit, cursor)


@router.get(_BY_RUN + "/{node_id}/messages", response_model=NodeMessagesView)
def list_node_messages(
    run_id: RunId, node_id: NodeId, scope: ScopeOf, events: Events, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Return the messages of this node in this run, by time."""
    return _respond_messages(scope, events, run_id, node_id, limit, cursor)


@router.get(_BY_NODE + "/events", response_model=NodeEventsView)
def list_node_events_of_run(
    node_id: NodeId,
    scope: ScopeOf,
    events: Events,
    run_id: RunIdQuery = None,
    event_type: EventType = None,
    limit: EventLimit = 500,
    cursor: Cursor = None,
) -> Response:
    """Return the events of a node in the run that `run_id` names, in execution order."""
    return _respond_events(scope, events, _required(run_id, node_id), node_id, event_type, limit, cursor)


@router.get(_BY_NODE + "/execution-summary", response_model=NodeSummaryView)
def get_node_summary_of_run(node_id: NodeId, scope: ScopeOf, events: Events, run_id: RunIdQuery = None) -> Response:
    """Return what happened in a node of the run that `run_id` names."""
    run = _required(run_id, node_id)
    return json_response(view_node_summary(run, events.get_node_summary(scope, run, node_id)))


@router.get(_BY_NODE + "/files", response_model=NodeFilesView)
def list_node_files_of_run(
    node_id: NodeId,
    scope: ScopeOf,
    events: Events,
    run_id: RunIdQuery = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Return the files of a node in the run that `run_id` names, by time."""
    return _respond_files(scope, events, _required(run_id, node_id), node_id, limit, cursor)


@router.get(_BY_NODE + "/messages", response_model=NodeMessagesView)
def list_node_messages_of_run(
    node_id: NodeId,
    scope: ScopeOf,
    events: Events,
    run_id: RunIdQuery = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Return the messages of a node in the run that `run_id` names, by time."""
    return _respond_messages(scope, events, _required(run_id, node_id), node_id, limit, cursor)


def _required(run_id: str | None, node_id: str) -> str:
    if run_id is None:
        raise InvalidQueryError(
            f"many runs may have a node {node_id!r}, so say of which run: add ?run_id=…, "
            "or ask /api/runs/{run_id}/nodes/{node_id}/…"
        )
    return run_id


def _respond_events(
    scope: Scope,
    events: EventStore,
    run_id: str,
    node_id: str,
    event_type: str | None,
    limit: int,
    cursor: str | None,
) -> Response:
    page = events.list_node_events(scope, run_id, node_id, event_type=event_type, limit=limit, cursor=cursor)
    shown = [view_full_event(full) for full in page.items]
    return json_response({"run_id": run_id, "node_id": node_id, "events": shown, "next_cursor": page.next_cursor})


def _respond_files(
    scope: Scope, events: EventStore, run_id: str, node_id: str, limit: int, cursor: str | None
) -> Response:
    page = events.list_files(scope, run_id, node_id=node_id, limit=limit, cursor=cursor)
    shown = [view_file(file) for file in page.items]
    return json_response({"run_id": run_id, "node_id": node_id, "files": shown, "next_cursor": page.next_cursor})


def _respond_messages(
    scope: Scope, events: EventStore, run_id: str, node_id: str, limit: int, cursor: str | None
) -> Response:
    page = events.list_messages(scope, run_id, node_id=node_id, limit=limit, cursor=cursor)
    shown = [view_message(message) for message in page.items]
    return json_response({"run_id": run_id, "node_id": node_id, "messages": shown, "next_cursor": page.next_cursor})
