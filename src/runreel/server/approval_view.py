"""Approvals and requests as JSON."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from runreel.model.approval import Approval
from runreel.model.instant import format_instant
from runreel.model.request import Request


class ApprovalView(TypedDict):
    """What an agent asks a person, and what came of it: `open`, `answered`, `expired`, or `ended` with its run."""

    run_id: str
    agent_name: str
    run_name: str | None
    event_id: str
    node_id: str | None
    question: str
    options: list[str]
    context: Any
    requested_at: str
    expires_at: str | None
    status: str
    option: str | None
    feedback: str | None
    answered_at: str | None
    answered_by: str | None


class ApprovalPageView(TypedDict):
    """Approvals of the newest runs first; `open_count` is that of all that wait for an answer."""

    approvals: list[ApprovalView]
    open_count: int
    next_cursor: str | None


class RunApprovalsView(TypedDict):
    """The approvals of one run by time."""

    run_id: str
    approvals: list[ApprovalView]


class RequestView(TypedDict):
    """What a person asked of a run's agent; `is_seen` once the agent says that it knows."""

    number: int
    action: str
    why: str | None
    requested_at: str
    requested_by: str | None
    is_seen: bool


class RunRequestsView(TypedDict):
    """What people asked of a run's agent, oldest first."""

    run_id: str
    requests: list[RequestView]


def view_approval(approval: Approval) -> ApprovalView:
    """Return an approval."""
    return {
        "run_id": approval.run_id,
        "agent_name": approval.agent_name,
        "run_name": approval.run_name,
        "event_id": approval.event_id,
        "node_id": approval.node_id,
        "question": approval.question,
        "options": list(approval.options),
        "context": approval.context,
        "requested_at": format_instant(approval.requested_at),
        "expires_at": None if approval.expires_at is None else format_instant(approval.expires_at),
        "status": approval.status.value,
        "option": approval.option,
        "feedback": approval.feedback,
        "answered_at": None if approval.answered_at is None else format_instant(approval.answered_at),
        "answered_by": approval.answered_by,
    }


def view_request(request: Request) -> RequestView:
    """Return a request."""
    return {
        "number": request.number,
        "action": request.action.value,
        "why": request.why,
        "requested_at": format_instant(request.requested_at),
        "requested_by": request.requested_by,
        "is_seen": request.is_seen,
    }
