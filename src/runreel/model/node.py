"""A node: a stage of a run's workflow graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from runreel.model.edge import Edge
from runreel.model.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node of one run. Status and times are the declared ones, else those of the events that name it.

    Counted are the events that name it; a `NodeSummary` counts their descendants, too.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The nodes of a run in their order, and the edges declared between them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSummary:
    """What happened in one node of one run, counted over the node's events."""

    node: Node
    events_by_type: Mapping[str, int]
    agents: Mapping[str, int]
    files_by_type: Mapping[str, int]
    n_messages: int
    first_event_at: int | None
    last_event_at: int | None
    usage: Usage
