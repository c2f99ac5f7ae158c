"""What a stream sends: messages of server-sent events, with the changes as JSON."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from runreel.model.change import DeclaredNode, ProjectChanges, RunChanges
from runreel.model.instant import format_instant
from runreel.server.view import (
    EdgeView,
    EventView,
    FileView,
    FollowedRunView,
    MessageView,
    RunView,
    encode_json,
    view_edge,
    view_event,
    view_file,
    view_followed_run,
    view_message,
    view_run,
)

_RETRY_MS = 2_000
OPENING = f"retry: {_RETRY_MS}\n\n".encode()
HEARTBEAT = b": still here\n\n"
# The number takes back what the reader has seen: should the run come again, it begins with nothing.
GONE = b"event: gone\nid: 0\ndata: {}\n\n"


class DeclaredNodeView(TypedDict):
    """What records declare of a node; the rest of its state follows from its events."""

    node_id: str
    name: str
    node_type: str | None
    status: str | None
    agent_name: str | None
    goal: str | None
    order_index: int | None
    parent_node_id: str | None
    started_at: str | None
    ended_at: str | None
    error: Any
    metadata: dict[str, Any]
    details: Any
    requires_approval: bool
    max_attempts: int | None
    plan_version: int | None


class RunChangesView(TypedDict):
    """The data of `event: changes`: the run as it is, and things of it that are new or have changed."""

    run: FollowedRunView | None
    nodes: list[DeclaredNodeView]
    edges: list[EdgeView]
    events: list[EventView]
    messages: list[MessageView]
    files: list[FileView]
    change_seq: int
    caught_up: bool


class RunChangePageView(RunChangesView):
    """A page of changes of a run; `after` is the number that it begins after."""

    after: int


class ProjectChangesView(TypedDict):
    """The data of `event: runs`: runs that are new or have changed, and the ids of those that were deleted."""

    runs: list[RunView]
    deleted: list[str]
    change_no: int


def encode_run_changes(changes: RunChanges) -> bytes:
    """Return the message that tells of changes of a run."""
    return _encode("changes", changes.change_seq, view_run_changes(changes))


def view_run_changes(changes: RunChanges) -> RunChangesView:
    """Return changes of a run."""
    return {
        "run": view_followed_run(changes.run, changes.completeness),
        "nodes": [_view_declared_node(node) for node in changes.nodes],
        "edges": [view_edge(edge) for edge in changes.edges],
        "events": [view_event(event) for event in changes.events],
        "messages": [view_message(message) for message in changes.messages],
        "files": [view_file(file) for file in changes.files],
        "change_seq": changes.change_seq,
        "caught_up": changes.is_caught_up,
    }


def encode_project_changes(changes: ProjectChanges) -> bytes:
    """Return the message that tells of changes of a project's runs."""
    view: ProjectChangesView = {
        "runs": [view_run(run) for run in changes.runs],
        "deleted": list(changes.deleted),
        "change_no": changes.change_no,
    }
    return _encode("runs", changes.change_no, view)


def _encode(event: str, number: int, view: object) -> bytes:
    # JSON has no line breaks but escaped ones, so it is one line of data.
    return b"event: %s\nid: %d\ndata: %s\n\n" % (event.encode(), number, encode_json(view))


def _view_declared_node(node: DeclaredNode) -> DeclaredNodeView:
    return {
        "node_id": node.node_id,
        "name": node.name,
        "node_type": node.node_type,
        "status": node.status,
        "agent_name": node.agent_name,
        "goal": node.goal,
        "order_index": node.order_index,
        "parent_node_id": node.parent_node_id,
        "started_at": None if node.started_at is None else format_instant(node.started_at),
        "ended_at": None if node.ended_at is None else format_instant(node.ended_at),
        "error": node.error,
        "metadata": dict(node.metadata),
        "details": node.details,
        "requires_approval": node.requires_approval,
        "max_attempts": node.max_attempts,
        "plan_version": node.plan_version,
    }
