"""The graph of a run, planned and taken, and its plan, as JSON."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from runreel.model.dag import Dag, DagEdge, DagNode
from runreel.model.instant import format_instant
from runreel.model.run_plan import RunPlan
from runreel.server.view import EdgeView, NodeView, ProgressView, view_edge, view_node, view_progress


class NodeStateView(TypedDict):
    """What a node was from an instant on."""

    at: str
    status: str


class DagNodeView(NodeView):
    """A node with its level, its place in the topological order, how often it ran, and whether it could begin now.

    `states` are there where they were asked for, by time.
    """

    level: int
    place: int
    attempt_count: int
    is_ready: bool
    states: NotRequired[list[NodeStateView]]


class PlanStepView(DagNodeView):
    """A step of a plan, with the steps before it."""

    depends_on: list[str]


class PlanView(TypedDict):
    """The steps of a run's plan in their order; `version` is null where nodes were declared without one."""

    run_id: str
    version: int | None
    progress: ProgressView | None
    steps: list[PlanStepView]


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


class DeclaredGraphNodeView(TypedDict):
    """What a node was declared to be, and its level."""

    node_id: str
    name: str
    node_type: str | None
    agent_name: str | None
    goal: str | None
    details: Any
    requires_approval: bool
    max_attempts: int | None
    parent_node_id: str | None
    level: int


class DeclaredGraphEdgeView(EdgeView):
    """An edge that was declared."""

    is_back: bool


class GraphExportView(TypedDict):
    """The graph of a run for other programs: what was declared, or with the path taken also what became of it."""

    run_id: str
    nodes: list[DeclaredGraphNodeView] | list[DagNodeView]
    edges: list[DeclaredGraphEdgeView] | list[DagEdgeView]


def view_exported_dag(run_id: str, dag: Dag, *, with_path: bool) -> GraphExportView:
    """Return the graph of a run for other programs."""
    if with_path:
        nodes = [_view_node(placed, with_states=True) for placed in dag.nodes]
        return {"run_id": run_id, "nodes": nodes, "edges": [_view_edge(edge) for edge in dag.edges]}
    return {
        "run_id": run_id,
        "nodes": [_view_declared_node(placed) for placed in dag.nodes],
        "edges": [{**view_edge(edge), "is_back": edge.is_back} for edge in dag.edges if edge.is_declared],
    }


def _view_declared_node(placed: DagNode) -> DeclaredGraphNodeView:
    node = placed.node
    return {
        "node_id": node.node_id,
        "name": node.name,
        "node_type": node.node_type,
        "agent_name": node.agent_name,
        "goal": node.goal,
        "details": node.details,
        "requires_approval": node.requires_approval,
        "max_attempts": node.max_attempts,
        "parent_node_id": node.parent_node_id,
        "level": placed.level,
    }


def view_dag(run_id: str, dag: Dag, *, with_states: bool = False) -> DagView:
    """Return the graph of a run."""
    return {
        "run_id": run_id,
        "node_count": dag.n_nodes,
        "edge_count": dag.n_edges,
        "nodes": [_view_node(placed, with_states=with_states) for placed in dag.nodes],
        "edges": [_view_edge(edge) for edge in dag.edges],
    }


def view_plan(run_id: str, plan: RunPlan) -> PlanView:
    """Return the plan of a run."""
    return {
        "run_id": run_id,
        "version": plan.version,
        "progress": view_progress(plan.progress),
        "steps": [{**_view_node(step, with_states=False), "depends_on": list(step.depends_on)} for step in plan.steps],
    }


def _view_node(placed: DagNode, *, with_states: bool) -> DagNodeView:
    view: DagNodeView = {
        **view_node(placed.node),
        "level": placed.level,
        "place": placed.place,
        "attempt_count": placed.n_attempts,
        "is_ready": placed.is_ready,
    }
    if with_states:
        view["states"] = [{"at": format_instant(each.at), "status": each.to_status} for each in placed.transitions]
    return view


def _view_edge(edge: DagEdge) -> DagEdgeView:
    return {
        **view_edge(edge),
        "is_declared": edge.is_declared,
        "is_taken": edge.n_taken > 0,
        "taken_count": edge.n_taken,
        "is_back": edge.is_back,
    }
