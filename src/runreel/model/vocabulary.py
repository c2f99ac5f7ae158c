"""Words with a meaning: statuses and types. Other values are accepted and shown as they are."""

from __future__ import annotations

from typing import Final, Literal, get_args

RunStatus = Literal[
    "draft", "planning", "executing", "paused", "waiting_approval", "completed", "failed", "cancelled", "lost"
]
RUN_STATUSES: Final[tuple[RunStatus, ...]] = get_args(RunStatus)
ENDED_RUN_STATUSES: Final = frozenset({"completed", "failed", "cancelled", "lost"})

NODE_TYPES: Final = (
    "planning",
    "control",
    "agent",
    "approval",
    "parallel_group",
    "terminator",
    "sub_agent",
    "branch_point",
    "tool",
    "step",
)
NodeStatus = Literal["pending", "running", "paused", "waiting_approval", "completed", "failed", "skipped", "cancelled"]
NODE_STATUSES: Final[tuple[NodeStatus, ...]] = get_args(NodeStatus)
EDGE_TYPES: Final = ("sequential", "parallel", "conditional", "optional")
EVENT_TYPES: Final = (
    "agent_call",
    "llm_call",
    "tool_call",
    "code_exec",
    "file_gen",
    "message",
    "handoff",
    "retrieval",
    "embedding",
    "guardrail",
    "step",
    "node_execution",
    "approval_requested",
    "state_transition",
    "error",
    "info",
    "agent_start",
    "agent_end",
)
EVENT_STATUSES: Final = ("running", "completed", "failed", "cancelled")

DEFAULT_PROJECT: Final = "default"
DEFAULT_SESSION: Final = "default"
UNKNOWN_AGENT: Final = "unknown"


def is_ended(run_status: str) -> bool:
    """Tell whether a run of this status has ended."""
    return run_status in ENDED_RUN_STATUSES
