"""What the API answers: the model as JSON, with instants as ISO 8601, durations in milliseconds and cost in dollars."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, NotRequired

import msgspec
from starlette.responses import Response
from typing_extensions import TypedDict

from runreel.model.agent import Agent
from runreel.model.dag import DagEdge
from runreel.model.edge import Edge
from runreel.model.event import Event, EventFamily, FullEvent, Relative
from runreel.model.file import FileReference
from runreel.model.instant import format_instant
from runreel.model.message import Message
from runreel.model.metrics import Activity
from runreel.model.node import Graph, Node, NodeSummary
from runreel.model.progress import Progress
from runreel.model.recorder import Completeness
from runreel.model.run import DeleteReport, Run, RunDetail, RunFamily
from runreel.model.session import Session
from runreel.server.approval_view import RequestView, view_request
from runreel.server.metrics_view import QuantilesView, success_rate, view_quantiles
from runreel.wire.gati import format_data

_NANOS_PER_DOLLAR = 1e9
MAX_NESTING = 200

encode_json: Callable[[object], bytes] = msgspec.json.Encoder().encode


def json_response(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return JSON that is already in the shape of its view."""
    return Response(encode_json(content), status, dict(headers or {}), "application/json")


class RunView(TypedDict):
    """A run as lists show it."""

    run_id: str
    run_name: str | None
    agent_name: str
    session_id: str
    environment: str | None
    mode: str | None
    status: str
    task: str | None
    model: str | None
    parent_run_id: str | None
    parent_event_id: str | None
    created_at: str
    started_at: str
    ended_at: str | None
    total_duration_ms: float
    total_cost: float
    unpriced_count: int
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    tokens_cache_write: int
    tokens_reasoning: int
    event_count: int
    error_count: int
    open_approval_count: int
    error_line: str | None
    tags: list[str]


class RunNameView(TypedDict):
    """What another run is called by."""

    run_id: str
    agent_name: str
    run_name: str | None


class FormerNameView(TypedDict):
    """A name that leads to a run, and the agent that the run had under it."""

    agent_name: str
    run_name: str


class CompletenessView(TypedDict):
    """How much has come of what the recorders of a run numbered; those that they dropped are among the expected."""

    received: int
    expected: int
    dropped: int
    recorders: int
    is_complete: bool


class FollowedRunView(RunView):
    """A run with how complete it is, which is null where no recorder numbers its records."""

    completeness: CompletenessView | None


class ProgressView(TypedDict):
    """Which step of its plan a run is at, or was at last: its place among `count` steps from 1, and in words."""

    place: int
    count: int
    node_id: str
    name: str
    attempt: int
    max_attempts: int | None
    text: str


class RunDetailView(FollowedRunView):
    """A run with what only its own page shows; `previous_run` and `next_run` are those of its agent by creation.

    `request` is the latest that a person asked of the agent. `change_seq` is that of a change that this is not older
    than: whoever follows the run from there on misses nothing.
    """

    change_seq: int
    parent_run: RunNameView | None
    previous_run: RunNameView | None
    next_run: RunNameView | None
    child_count: int

    metadata: dict[str, Any]
    inputs: Any
    outputs: Any
    error: Any
    aliases: list[FormerNameView]
    request: RequestView | None
    progress: ProgressView | None


class RunPageView(TypedDict):
    """Runs, newest first; `next_cursor` is null on the last page."""

    runs: list[RunView]
    next_cursor: str | None


class SparklineView(TypedDict):
    """How many runs were created on each of the last days, and how many of them failed; `since` begins the first."""

    since: str
    runs: list[int]
    failed: list[int]


class AgentView(QuantilesView):
    """An agent with the totals of its runs."""

    name: str
    agent_name: str
    description: str | None
    total_runs: int
    total_events: int
    total_errors: int
    ended_runs: int
    failed_runs: int
    success_rate: float | None
    total_cost: float
    avg_cost: float
    unpriced_count: int
    tokens_in: int
    tokens_out: int
    avg_duration_ms: float
    created_at: str
    last_run_at: str | None
    last_status: str | None
    sparkline: SparklineView


class EventView(TypedDict):
    """The narrow part of an event; `ended_by_run` is true where it went on when its run ended."""

    event_id: str
    event_type: str
    event_subtype: str | None
    name: str | None
    node_id: str | None
    agent_name: str | None
    parent_event_id: str | None
    previous_event_id: str | None
    sequence: int | None
    execution_order: int | None
    depth: int | None
    status: str
    started_at: str
    ended_at: str | None
    first_token_at: str | None
    duration_ms: float | None
    model: str | None
    provider: str | None
    tokens_in: int | None
    tokens_out: int | None
    tokens_cached: int | None
    tokens_cache_write: int | None
    tokens_reasoning: int | None
    cost: float | None
    cost_source: str | None
    is_unpriced: bool
    ended_by_run: bool


class FullEventView(EventView):
    """An event with its payload."""

    inputs: Any
    outputs: Any
    error: Any
    attributes: dict[str, Any]


class EventPageView(TypedDict):
    """A page of the events of a run, in execution order."""

    run_id: str
    events: list[EventView]
    next_cursor: str | None


class RelativeView(TypedDict):
    """An event as the events beside it call it."""

    event_id: str
    event_type: str
    name: str | None
    status: str
    duration_ms: float | None
    ended_by_run: bool


class EventDetailView(FullEventView):
    """An event with its payload and its place in the tree: the parent that the run has, and the first children."""

    run_id: str
    parent: RelativeView | None
    children: list[RelativeView]
    child_count: int


class TimelineEventView(EventView):
    """An event of a timeline: `data` as the GATI dialect has it."""

    timestamp: str
    data: dict[str, Any]


class TraceNodeView(TimelineEventView):
    """An event of a tree, with its children in execution order."""

    latency_ms: float | None
    children: list[Any]


class TimelineView(TypedDict):
    """A page of a run's events in execution order."""

    run_id: str
    run_name: str | None
    agent_name: str
    status: str
    total_duration_ms: float
    created_at: str
    events: list[TimelineEventView]
    next_cursor: str | None


class TraceView(TypedDict):
    """A page of a run's events as trees; an event whose parent is on an earlier page stands at the top."""

    run_id: str
    run_name: str | None
    agent_name: str
    status: str
    total_cost: float
    total_duration_ms: float
    total_tokens_in: int
    total_tokens_out: int
    execution_tree: list[TraceNodeView]
    graph_structure: NotRequired[Any]
    execution_flow: NotRequired[Any]
    next_cursor: str | None


class EventTreeView(TypedDict):
    """An event with its descendants; `is_complete` is false where there are more than were shown."""

    run_id: str
    event_id: str
    tree: TraceNodeView
    event_count: int
    is_complete: bool


class NodeView(TypedDict):
    """A node of a run's graph; `ended_by_run` is true where it went on when its run ended."""

    node_id: str
    name: str
    node_type: str | None
    status: str
    agent_name: str | None
    goal: str | None
    order_index: int | None
    parent_node_id: str | None
    started_at: str | None
    ended_at: str | None
    event_count: int
    error_count: int
    error: Any
    metadata: dict[str, Any]
    details: Any
    requires_approval: bool
    max_attempts: int | None
    plan_version: int | None
    ended_by_run: bool


class EdgeView(TypedDict):
    """An edge between two nodes of a run."""

    source: str
    target: str
    edge_type: str
    condition: str
    metadata: dict[str, Any]


class GraphView(TypedDict):
    """The nodes of a run in their order, and the declared edges; the counts are those of the whole run."""

    run_id: str
    node_count: int
    edge_count: int
    nodes: list[NodeView]
    edges: list[EdgeView]


class NodeEventsView(TypedDict):
    """A page of the events of one node in one run, in execution order."""

    run_id: str
    node_id: str
    events: list[FullEventView]
    next_cursor: str | None


class NodeSummaryView(NodeView):
    """What happened in one node of one run."""

    run_id: str
    events_by_type: dict[str, int]
    events_by_subtype: dict[str, dict[str, int]]
    agents: dict[str, int]
    events_by_agent: dict[str, dict[str, int]]
    files_by_type: dict[str, int]
    message_count: int
    attempt_count: int
    approval_count: int
    code_exec_count: int
    success_rate: float | None
    success_count: int
    running_count: int
    first_event_at: str | None
    last_event_at: str | None
    active_ms: float
    wall_ms: float
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    tokens_cache_write: int
    tokens_reasoning: int
    cost: float
    unpriced_count: int


class MessageView(TypedDict):
    """What one agent said to another, or to a person."""

    message_id: str
    sent_at: str
    sender: str | None
    recipient: str | None
    content: Any
    node_id: str | None
    event_id: str | None
    tokens: int | None
    metadata: dict[str, Any]


class MessagePageView(TypedDict):
    """A page of the messages of a run, by time."""

    run_id: str
    messages: list[MessageView]
    next_cursor: str | None


class NodeMessagesView(TypedDict):
    """A page of the messages of one node in one run, by time."""

    run_id: str
    node_id: str
    messages: list[MessageView]
    next_cursor: str | None


class FileView(TypedDict):
    """Where a run put a file, and what is known of its bytes."""

    file_id: str
    path: str
    created_at: str
    file_type: str | None
    media_type: str | None
    size_bytes: int | None
    content_hash: str | None
    node_id: str | None
    event_id: str | None
    agent_name: str | None
    workflow_phase: str | None
    is_final_output: bool
    metadata: dict[str, Any]


class FilePageView(TypedDict):
    """A page of the files of a run, by time."""

    run_id: str
    files: list[FileView]
    next_cursor: str | None


class NodeFilesView(TypedDict):
    """A page of the files of one node in one run, by time."""

    run_id: str
    node_id: str
    files: list[FileView]
    next_cursor: str | None


class SessionView(TypedDict):
    """A workspace that groups runs."""

    session_id: str
    name: str
    status: str
    created_at: str
    first_run_at: str | None
    last_active_at: str | None
    run_count: int
    failed_runs: int
    event_count: int
    error_count: int
    total_cost: float
    unpriced_count: int
    tokens_in: int
    tokens_out: int
    metadata: dict[str, Any]


class SessionPageView(TypedDict):
    """Sessions; `next_cursor` is null on the last page."""

    sessions: list[SessionView]
    next_cursor: str | None


class DeletedView(TypedDict):
    """What a deletion removed."""

    status: str
    deleted_runs: int
    deleted_events: int


def view_run(run: Run) -> RunView:
    """Return a run as lists show it; the duration of a run that goes on is that of what is known of it."""
    started_at = run.started_at or run.created_at
    duration_us = run.duration_us if run.duration_us is not None else max(0, run.active_at - started_at)
    return {
        "run_id": run.run_id,
        "run_name": run.run_name,
        "agent_name": run.agent_name,
        "session_id": run.session_id,
        "environment": run.environment,
        "mode": run.mode,
        "status": run.status,
        "task": run.task,
        "model": run.model,
        "parent_run_id": run.parent_run_id,
        "parent_event_id": run.parent_event_id,
        "created_at": format_instant(run.created_at),
        "started_at": format_instant(started_at),
        "ended_at": _instant(run.ended_at),
        "total_duration_ms": duration_us / 1000,
        "total_cost": run.usage.cost_nanos / _NANOS_PER_DOLLAR,
        "unpriced_count": run.usage.n_unpriced,
        "tokens_in": run.usage.tokens_in,
        "tokens_out": run.usage.tokens_out,
        "tokens_cached": run.usage.tokens_cached,
        "tokens_cache_write": run.usage.tokens_cache_write,
        "tokens_reasoning": run.usage.tokens_reasoning,
        "event_count": run.n_events,
        "error_count": run.n_errors,
        "open_approval_count": run.n_open_approvals,
        "error_line": run.error_line,
        "tags": list(run.tags),
    }


def view_followed_run(run: Run, completeness: Completeness | None) -> FollowedRunView:
    """Return a run with how complete it is."""
    return {**view_run(run), "completeness": None if completeness is None else _view_completeness(completeness)}


def _view_completeness(completeness: Completeness) -> CompletenessView:
    return {
        "received": completeness.n_received,
        "expected": completeness.n_expected,
        "dropped": completeness.n_dropped,
        "recorders": completeness.n_recorders,
        "is_complete": completeness.is_complete,
    }


def view_run_detail(run: Run, detail: RunDetail, family: RunFamily) -> RunDetailView:
    """Return a run with what only its own page shows."""
    return {
        **view_followed_run(run, detail.completeness),
        "change_seq": run.change_seq,
        "parent_run": _view_run_name(family.parent),
        "previous_run": _view_run_name(family.previous),
        "next_run": _view_run_name(family.next),
        "child_count": family.n_children,
        "metadata": dict(detail.metadata),
        "inputs": detail.inputs,
        "outputs": detail.outputs,
        "error": detail.error,
        "aliases": [{"agent_name": name.agent_name, "run_name": name.run_name} for name in detail.aliases],
        "request": view_request(detail.requests[-1]) if detail.requests else None,
        "progress": view_progress(detail.progress),
    }


def view_progress(progress: Progress | None) -> ProgressView | None:
    """Return how far a run is with its plan."""
    if progress is None:
        return None
    return {
        "place": progress.place,
        "count": progress.n_steps,
        "node_id": progress.node_id,
        "name": progress.name,
        "attempt": progress.attempt,
        "max_attempts": progress.max_attempts,
        "text": progress.text,
    }


def _view_run_name(run: Run | None) -> RunNameView | None:
    return None if run is None else {"run_id": run.run_id, "agent_name": run.agent_name, "run_name": run.run_name}


def view_agent(agent: Agent, since: str, activity: Activity) -> AgentView:
    """Return an agent with its totals, and its runs day by day."""
    return {
        "name": agent.agent_name,
        "agent_name": agent.agent_name,
        "description": agent.description,
        "total_runs": agent.n_runs,
        "total_events": agent.n_events,
        "total_errors": agent.n_errors,
        "ended_runs": agent.n_ended_runs,
        "failed_runs": agent.n_failed_runs,
        "success_rate": success_rate(agent.n_ended_runs, agent.n_failed_runs),
        "total_cost": agent.usage.cost_nanos / _NANOS_PER_DOLLAR,
        "avg_cost": _mean(agent.usage.cost_nanos, agent.n_runs) / _NANOS_PER_DOLLAR,
        "unpriced_count": agent.usage.n_unpriced,
        "tokens_in": agent.usage.tokens_in,
        "tokens_out": agent.usage.tokens_out,
        "avg_duration_ms": _mean(agent.duration_us, agent.n_ended_runs) / 1000,
        **view_quantiles(agent.quantiles),
        "created_at": format_instant(agent.created_at),
        "last_run_at": _instant(agent.last_run_at),
        "last_status": agent.last_status,
        "sparkline": {"since": since, "runs": activity.n_runs, "failed": activity.n_failed},
    }


def view_event(event: Event) -> EventView:
    """Return the narrow part of an event."""
    return {
        "event_id": event.event_id,
        "event_type": event.event_type,
        "event_subtype": event.event_subtype,
        "name": event.name,
        "node_id": event.node_id,
        "agent_name": event.agent_name,
        "parent_event_id": event.parent_event_id,
        "previous_event_id": event.previous_event_id,
        "sequence": event.sequence,
        "execution_order": event.execution_order,
        "depth": event.depth,
        "status": event.status,
        "started_at": format_instant(event.started_at),
        "ended_at": _instant(event.ended_at),
        "first_token_at": _instant(event.first_token_at),
        "duration_ms": None if event.duration_us is None else event.duration_us / 1000,
        "model": event.model,
        "provider": event.provider,
        "tokens_in": event.tokens_in,
        "tokens_out": event.tokens_out,
        "tokens_cached": event.tokens_cached,
        "tokens_cache_write": event.tokens_cache_write,
        "tokens_reasoning": event.tokens_reasoning,
        "cost": None if event.known_cost_nanos is None else event.known_cost_nanos / _NANOS_PER_DOLLAR,
        "cost_source": event.cost_source,
        "is_unpriced": event.is_unpriced,
        "ended_by_run": event.ended_by_run,
    }


def view_full_event(full: FullEvent) -> FullEventView:
    """Return an event with its payload."""
    return {
        **view_event(full.event),
        "inputs": full.payload.inputs,
        "outputs": full.payload.outputs,
        "error": full.payload.error,
        "attributes": dict(full.payload.attributes),
    }


def view_event_detail(run_id: str, full: FullEvent, family: EventFamily) -> EventDetailView:
    """Return an event with its payload and its place in the tree."""
    return {
        **view_full_event(full),
        "run_id": run_id,
        "parent": None if family.parent is None else _view_relative(family.parent),
        "children": [_view_relative(child) for child in family.children],
        "child_count": family.n_children,
    }


def _view_relative(event: Relative) -> RelativeView:
    return {
        "event_id": event.event_id,
        "event_type": event.event_type,
        "name": event.name,
        "status": event.status,
        "duration_ms": None if event.duration_us is None else event.duration_us / 1000,
        "ended_by_run": event.ended_by_run,
    }


def view_timeline_event(full: FullEvent) -> TimelineEventView:
    """Return an event of a timeline."""
    timestamp = format_instant(full.event.recorded_at or full.event.started_at)
    return {**view_event(full.event), "timestamp": timestamp, "data": format_data(full)}


def view_tree(events: Sequence[FullEvent], *, root_id: str | None = None) -> list[TraceNodeView]:
    """Return events as trees; those whose parent is not among them, or in a cycle of parents, stand at the top.

    The event `root_id` stands at the top in any case. A branch that is deeper than JSON readers can take goes on as
    a tree of its own.
    """
    views: dict[str, TraceNodeView] = {}
    parents: dict[str, str] = {}
    for full in events:
        view = view_timeline_event(full)
        event_id, parent_id = view["event_id"], view["parent_event_id"]
        views[event_id] = {**view, "latency_ms": view["duration_ms"], "children": []}
        if parent_id is not None and event_id != root_id:
            parents[event_id] = parent_id
    levels: dict[str, int] = {}
    roots: list[TraceNodeView] = []
    for event_id, view in views.items():
        parent = views.get(parents.get(event_id, ""))
        level = _level(event_id, parents, views, levels)
        if parent is None or level % MAX_NESTING == 0:
            roots.append(view)
        else:
            parent["children"].append(view)
    return roots


def _level(event_id: str, parents: Mapping[str, str], known: Container[str], levels: dict[str, int]) -> int:
    """Return how deep an event stands below its root, and remember it; one of a cycle counts as a root."""
    path: list[str] = []
    on_path: set[str] = set()
    current = event_id
    while current in known and current not in levels and current not in on_path:
        path.append(current)
        on_path.add(current)
        current = parents.get(current, "")
    level = levels[current] + 1 if current in levels else 0
    for each in reversed(path):
        levels[each] = level
        level += 1
    return levels[event_id]


def view_node(node: Node) -> NodeView:
    """Return a node."""
    return {
        "node_id": node.node_id,
        "name": node.name,
        "node_type": node.node_type,
        "status": node.status,
        "agent_name": node.agent_name,
        "goal": node.goal,
        "order_index": node.order_index,
        "parent_node_id": node.parent_node_id,
        "started_at": _instant(node.started_at),
        "ended_at": _instant(node.ended_at),
        "event_count": node.n_events,
        "error_count": node.n_errors,
        "error": node.error,
        "metadata": dict(node.metadata),
        "details": node.details,
        "requires_approval": node.requires_approval,
        "max_attempts": node.max_attempts,
        "plan_version": node.plan_version,
        "ended_by_run": node.ended_by_run,
    }


def view_graph(run_id: str, graph: Graph) -> GraphView:
    """Return the nodes and edges of a run."""
    return {
        "run_id": run_id,
        "node_count": graph.n_nodes,
        "edge_count": graph.n_edges,
        "nodes": [view_node(node) for node in graph.nodes],
        "edges": [view_edge(edge) for edge in graph.edges],
    }


def view_edge(edge: Edge | DagEdge) -> EdgeView:
    """Return an edge."""
    return {
        "source": edge.source,
        "target": edge.target,
        "edge_type": edge.edge_type,
        "condition": edge.condition,
        "metadata": dict(edge.metadata),
    }


def view_node_summary(run_id: str, summary: NodeSummary) -> NodeSummaryView:
    """Return what happened in one node."""
    return {
        **view_node(summary.node),
        "run_id": run_id,
        "events_by_type": dict(summary.events_by_type),
        "events_by_subtype": {each: dict(counts) for each, counts in summary.events_by_subtype.items()},
        "agents": dict(summary.agents),
        "events_by_agent": {each: dict(counts) for each, counts in summary.events_by_agent.items()},
        "files_by_type": dict(summary.files_by_type),
        "message_count": summary.n_messages,
        "attempt_count": summary.n_attempts,
        "approval_count": summary.n_approvals,
        "code_exec_count": summary.n_code_runs,
        "success_rate": summary.success_rate,
        "success_count": summary.n_completed,
        "running_count": summary.n_running,
        "first_event_at": _instant(summary.first_event_at),
        "last_event_at": _instant(summary.last_event_at),
        "active_ms": summary.active_us / 1000,
        "wall_ms": summary.wall_us / 1000,
        "tokens_in": summary.usage.tokens_in,
        "tokens_out": summary.usage.tokens_out,
        "tokens_cached": summary.usage.tokens_cached,
        "tokens_cache_write": summary.usage.tokens_cache_write,
        "tokens_reasoning": summary.usage.tokens_reasoning,
        "cost": summary.usage.cost_nanos / _NANOS_PER_DOLLAR,
        "unpriced_count": summary.usage.n_unpriced,
    }


def view_message(message: Message) -> MessageView:
    """Return a message."""
    return {
        "message_id": message.message_id,
        "sent_at": format_instant(message.sent_at),
        "sender": message.sender,
        "recipient": message.recipient,
        "content": message.content,
        "node_id": message.node_id,
        "event_id": message.event_id,
        "tokens": message.tokens,
        "metadata": dict(message.metadata),
    }


def view_file(file: FileReference) -> FileView:
    """Return a file reference."""
    return {
        "file_id": file.file_id,
        "path": file.path,
        "created_at": format_instant(file.created_at),
        "file_type": file.file_type,
        "media_type": file.media_type,
        "size_bytes": file.size_bytes,
        "content_hash": file.content_hash,
        "node_id": file.node_id,
        "event_id": file.event_id,
        "agent_name": file.agent_name,
        "workflow_phase": file.workflow_phase,
        "is_final_output": file.is_final_output,
        "metadata": dict(file.metadata),
    }


def view_session(session: Session) -> SessionView:
    """Return a session."""
    return {
        "session_id": session.session_id,
        "name": session.name,
        "status": session.status,
        "created_at": format_instant(session.created_at),
        "first_run_at": _instant(session.first_run_at),
        "last_active_at": _instant(session.last_active_at),
        "run_count": session.n_runs,
        "failed_runs": session.n_failed,
        "event_count": session.n_events,
        "error_count": session.n_errors,
        "total_cost": session.usage.cost_nanos / _NANOS_PER_DOLLAR,
        "unpriced_count": session.usage.n_unpriced,
        "tokens_in": session.usage.tokens_in,
        "tokens_out": session.usage.tokens_out,
        "metadata": dict(session.metadata),
    }


def view_deleted(report: DeleteReport) -> DeletedView:
    """Return what a deletion removed."""
    return {"status": "deleted", "deleted_runs": report.n_runs, "deleted_events": report.n_events}


def _instant(instant: int | None) -> str | None:
    return None if instant is None else format_instant(instant)


def _mean(total: int, count: int) -> float:
    return total / count if count else 0.0
