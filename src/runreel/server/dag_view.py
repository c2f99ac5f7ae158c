"""The graph of a run, planned and taken, as JSON."""

from __future__ import annotations

from typing_extensions import TypedDict

from runreel.model.dag import Dag, DagEdge, DagNode
from runreel.server.view import EdgeView, NodeView, view_node


class DagNodeView(NodeView):
    """A node with its level, its place in the topological order, and how often it ran."""

    level: int
    place: int
    attempt_count: int


class DagEdgeView(EdgeView):
    """An edge that was declared, or taken, or both."""

    is_declared: bool
    is_taken: bool
    taken_count: int
    is_back: bool


class DagView(TypedDict):
    """The nodes of a run by level, and the edges between them; the counts are those of the whole run."""

    run_id: str
    node_count: int
    edge_count: int
    nodes: list[DagNodeView]
    edges: list[DagEdgeView]


def view_dag(run_id: str, dag: Dag) -> DagView:
    """Return the graph of a run."""
    return {
        "run_id": run_id,
        "node_count": dag.n_nodes,
        "edge_count": dag.n_edges,
        "nodes": [_view_node(placed) for placed in dag.nodes],
        "edges": [_view_edge(edge) for edge in dag.edges],
    }


def _view_node(placed: DagNode) -> DagNodeView:
    return {**view_node(placed.node), "level": placed.level, "place": placed.place, "attempt_count": placed.n_attempts}


def _view_edge(edge: DagEdge) -> DagEdgeView:
    return {
        "source": edge.source,
        "target": edge.target,
        "edge_type": edge.edge_type,
        "condition": edge.condition,
        "metadata": dict(edge.metadata),
        "is_declared": edge.is_declared,
        "is_taken": edge.n_taken > 0,
        "taken_count": edge.n_taken,
        "is_back": edge.is_back,
    }
