"""The shape of a compiled graph: what its nodes and edges are, read once."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langgraph.constants import END, START

from runreel.sdk.graph import type_of
from runreel.sdk.guard import OWN_ERRORS, swallow

if TYPE_CHECKING:
    from langgraph.pregel import Pregel  # type: ignore[reportMissingTypeStubs]

    AnyGraph = Pregel[Any, Any, Any, Any]

UNNAMED = "LangGraph"  # what LangGraph calls a graph that nobody has named


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeShape:
    """What there is to say of a node before it runs."""

    name: str
    node_type: str
    goal: str | None = None
    max_attempts: int | None = None
    requires_approval: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeShape:
    """That one node follows another, and when."""

    source: str
    target: str
    edge_type: str
    condition: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Nodes and edges of one graph, without those of the graphs inside."""

    name: str
    nodes: tuple[NodeShape, ...]
    edges: tuple[EdgeShape, ...]


def shape_of(graph: AnyGraph, subgraphs: Mapping[str, object]) -> Shape:
    """Read the shape of a graph, of which these nodes are graphs themselves."""
    edges = _edges_of(graph)
    names = [name for name in graph.nodes if name != START]
    nodes = [
        NodeShape(name=START, node_type="control"),
        *(_node_shape(graph, name, is_graph=name in subgraphs) for name in names),
    ]
    if any(edge.target == END for edge in edges):
        nodes.append(NodeShape(name=END, node_type="terminator"))
    return Shape(name=name_of(graph), nodes=tuple(nodes), edges=edges)


def name_of(graph: AnyGraph) -> str:
    """Return what a graph is called; one of the functional API, and nobody named it, as its entrypoint is."""
    name = graph.get_name()
    return next(iter(graph.nodes)) if name == UNNAMED and len(graph.nodes) == 1 else name


def _node_shape(graph: AnyGraph, name: str, *, is_graph: bool) -> NodeShape:
    node = graph.nodes[name]
    stops = graph.interrupt_before_nodes
    policies: Any = node.retry_policy or graph.retry_policy
    if is_graph:
        node_type = "sub_agent"
    elif type(node.bound).__name__ == "ToolNode":
        node_type = "tool"
    else:
        node_type = type_of(name)
    return NodeShape(
        name=name,
        node_type=node_type,
        goal=_goal_of(node.bound),
        max_attempts=max((policy.max_attempts for policy in policies), default=None) if policies else None,
        requires_approval=stops == "*" or name in stops,
    )


def _goal_of(bound: Any) -> str | None:
    """Return the first line of what a node's function says of itself."""
    function = getattr(bound, "func", None) or getattr(bound, "afunc", None)
    text = inspect.getdoc(function) if inspect.isroutine(function) else None
    return text.strip().splitlines()[0] if text and text.strip() else None


def _edges_of(graph: AnyGraph) -> tuple[EdgeShape, ...]:
    """Return the edges that LangGraph draws, with the conditions that its builder knows."""
    try:
        drawn = graph.get_graph().edges
    except OWN_ERRORS as error:
        # Drawing runs parts of the host's graph, with no input.
        swallow("read the edges of a graph", error)
        return ()
    n_targets: dict[str, int] = {}
    for edge in drawn:
        n_targets[edge.source] = n_targets.get(edge.source, 0) + (not edge.conditional)
    edges: dict[EdgeShape, None] = {}
    for edge in drawn:
        if not edge.conditional:
            kind = "parallel" if n_targets[edge.source] > 1 else "sequential"
            edges[EdgeShape(source=edge.source, target=edge.target, edge_type=kind)] = None
            continue
        label = None if edge.data is None else str(edge.data)
        for condition in [*_conditions(graph, edge.source, edge.target)] or [label]:
            shape = EdgeShape(source=edge.source, target=edge.target, edge_type="conditional", condition=condition)
            edges[shape] = None
    return tuple(edges)


def _conditions(graph: AnyGraph, source: str, target: str) -> Iterator[str]:
    """Give what the functions that choose among edges are called, and what they return for this one."""
    branches: dict[str, Any] = getattr(getattr(graph, "builder", None), "branches", {}).get(source, {})
    for name, branch in branches.items():
        ends: dict[object, str] = branch.ends or {}
        for key, end in ends.items():
            if end == target:
                yield name if key == target else f"{name}: {key}"
