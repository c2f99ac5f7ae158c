"""A node: a stage of a run's workflow graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from runreel.model.edge import Edge
from runreel.model.usage import Usage
from runreel.model.value import value


@value
class Node:
    """A node of one run. Its status is the last of its history (see `node_history.py`).

    Times are the declared ones, else those of its events, else those of its history. Its events are those that name it,
    and the descendants of them that name no node. `plan_version` is the version of the plan that last declared it.
    """

    node_id: str
    name: str
    node_type: str | None
    status: str
    agent_name: str | None = None
    goal: str | None = None
    order_index: int | None = None
    parent_node_id: str | None = None
    started_at: int | None = None
    ended_at: int | None = None
    n_events: int = 0
    n_errors: int = 0
    error: object = None
    metadata: Mapping[str, object] = field(default_factory=dict[str, object])
    details: object = None
    requires_approval: bool = False
    max_attempts: int | None = None
    plan_version: int | None = None
    ended_by_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The first nodes of a run in their order, and the first edges declared between them; and how many there are."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    n_nodes: int
    n_edges: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSummary:
    """What happened in one node of one run, counted over the node's events.

    `active_us` is how long at least one of its events went on, `wall_us` the time from the first start to the last
    end. An attempt is an execution of the node, where the recorder tells of them; else a node with events was tried
    once. `success_rate` is the part of the attempts that ended which completed; None before one has.
    """

    node: Node
    events_by_type: Mapping[str, int]
    events_by_subtype: Mapping[str, Mapping[str, int]]
    agents: Mapping[str, int]
    events_by_agent: Mapping[str, Mapping[str, int]]
    files_by_type: Mapping[str, int]
    n_messages: int
    n_attempts: int
    n_approvals: int
    n_code_runs: int
    success_rate: float | None
    n_completed: int
    n_failed: int
    n_running: int
    first_event_at: int | None
    last_event_at: int | None
    active_us: int
    wall_us: int
    usage: Usage
