"""Transitions: how the status of a run changed, and which changes a person may make of runs and of nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

BY_RECORDER: Final = "recorder"
BY_PERSON: Final = "person"
BY_SERVER: Final = "server"
BY_RUN: Final = "run"

_TRANSITIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "draft": ("planning", "cancelled"),
    "planning": ("executing", "waiting_approval", "failed", "cancelled"),
    "executing": ("paused", "waiting_approval", "completed", "failed", "cancelled"),
    "paused": ("executing", "cancelled"),
    "waiting_approval": ("planning", "executing", "cancelled"),
    "completed": ("executing",),
    "failed": ("executing",),
    "cancelled": ("executing",),
    "lost": ("executing", "completed", "failed", "cancelled"),
}
# A recorder may use words of its own; a run of such a status goes on somehow.
_FROM_OTHERS: Final = ("executing", "paused", "waiting_approval", "completed", "failed", "cancelled")


_NODE_TRANSITIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "pending": ("running", "skipped", "cancelled"),
    "running": ("paused", "waiting_approval", "completed", "failed", "cancelled"),
    "paused": ("running", "cancelled"),
    "waiting_approval": ("running", "skipped", "cancelled"),
    "failed": ("running",),
    "completed": (),
    "skipped": (),
    "cancelled": (),
}
_FROM_OTHER_NODES: Final = ("running", "paused", "waiting_approval", "completed", "failed", "skipped", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One change of a run's status; `from_status` is None for the first one.

    `at` is when the recorder or the person said so, or when the server took note; `change_seq` orders transitions as
    they were stored.
    """

    change_seq: int
    at: int
    from_status: str | None
    to_status: str
    who: str
    why: str | None


def allowed_statuses(run_status: str) -> tuple[str, ...]:
    """Return the statuses that a person may give to a run of this status."""
    return _TRANSITIONS.get(run_status, _FROM_OTHERS)


def allowed_node_statuses(node_status: str) -> tuple[str, ...]:
    """Return the statuses that a person may give to a node of this status."""
    return _NODE_TRANSITIONS.get(node_status, _FROM_OTHER_NODES)
