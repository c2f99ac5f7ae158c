"""Reading nodes and declared edges: what they were declared to be, and what their events make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import case, func, select

from runreel.model.edge import Edge
from runreel.model.node import Graph, Node
from runreel.storage.merge import State
from runreel.storage.sql.event_reading import Inside, read_edge
from runreel.storage.sql.node_event import END, EXECUTION, members_of, require_node
from runreel.storage.sql.run_row import decode_state
from runreel.storage.sql.schema import edges, events, nodes

NODE, START, STOP, STATUS, EVENT = range(5)
"""The places of what is read of an execution."""

Row = Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFigures:
    """What the events of a node say of it."""

    n_events: int
    n_errors: int
    n_running: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What the events of a run's nodes say, or those of one node: figures, and executions of nodes by start."""

    figures: Mapping[str, NodeFigures]
    executions: Sequence[Row]

    def outcomes(self) -> dict[str, str]:
        """Return the status of the latest execution of each node that has one."""
        return {row[NODE]: row[STATUS] for row in self.executions}


def read_graph(inside: Inside, *, limit: int | None) -> Graph:
    """Return the first nodes in their order, the first declared edges, and how many there are."""
    found = read_nodes(inside, read_activity(inside, None))
    n_edges = select(func.count()).where(edges.c.run_pk == inside.run.run_pk)
    return Graph(
        nodes=tuple(found[:limit]),
        edges=tuple(read_edges(inside, limit=limit)),
        n_nodes=len(found),
        n_edges=inside.connection.execute(n_edges).scalar_one(),
    )


def read_node(inside: Inside, node_id: str) -> Node:
    """Return one node."""
    require_node(inside.connection, inside.run, node_id)
    activity = read_activity(inside, node_id)
    return read_node_with(inside, node_id, activity.figures.get(node_id), activity.outcomes().get(node_id))


def read_node_with(inside: Inside, node_id: str, figures: NodeFigures | None, outcome: str | None) -> Node:
    """Return one node, given what its events say of it and the status of its latest execution."""
    statement = select(nodes).where(nodes.c.run_pk == inside.run.run_pk, nodes.c.node_id == node_id)
    return _make_node(inside.connection.execute(statement).one(), figures, outcome)


def read_outcome(inside: Inside, node_id: str) -> str | None:
    """Return the status of the latest execution of a node."""
    executions = _read_executions(inside, node_id)
    return executions[-1][STATUS] if executions else None


def read_nodes(inside: Inside, activity: Activity) -> list[Node]:
    """Return all nodes as declared, then by when they began."""
    outcomes = activity.outcomes()
    statement = select(nodes).where(nodes.c.run_pk == inside.run.run_pk)
    found = [
        _make_node(row, activity.figures.get(row.node_id), outcomes.get(row.node_id))
        for row in inside.connection.execute(statement)
    ]
    return sorted(found, key=_node_order)


def _node_order(node: Node) -> tuple[bool, int, bool, int, str]:
    return (
        node.order_index is None,
        node.order_index or 0,
        node.started_at is None,
        node.started_at or 0,
        node.node_id,
    )


def read_activity(inside: Inside, node_id: str | None) -> Activity:
    """Return what events say of all nodes, or of one."""
    figures = _read_figures(inside, node_id)
    return Activity(figures=figures, executions=_read_executions(inside, node_id) if figures else ())


def _read_figures(inside: Inside, node_id: str | None) -> dict[str, NodeFigures]:
    statement = (
        select(
            events.c.member_of,
            func.count(),
            func.count(case((events.c.status == "failed", 1))),
            func.count(case((events.c.status == "running", 1))),
            func.min(events.c.started_at),
            func.max(END),
        )
        .where(*members_of(inside.run, node_id))
        .group_by(events.c.member_of)
    )
    return {
        row[0]: NodeFigures(n_events=row[1], n_errors=row[2], n_running=row[3], first_at=row[4], last_at=row[5])
        for row in inside.connection.execute(statement)
    }


def _read_executions(inside: Inside, node_id: str | None) -> Sequence[Row]:
    """Return node, start, end, status and event of the executions of a node, or of all nodes, by their start."""
    is_execution = (events.c.event_type == EXECUTION, events.c.node_id.is_not(None))
    statement = (
        select(events.c.node_id, events.c.started_at, END, events.c.status, events.c.event_id)
        .where(*members_of(inside.run, node_id), *is_execution)
        .order_by(events.c.started_at, events.c.event_id)
    )
    return inside.connection.execute(statement).all()


def read_edges(inside: Inside, *, limit: int | None = None) -> list[Edge]:
    """Return the declared edges."""
    statement = (
        select(edges)
        .where(edges.c.run_pk == inside.run.run_pk)
        .order_by(edges.c.source, edges.c.target, edges.c.edge_type, edges.c.condition)
        .limit(limit)
    )
    return [read_edge(row) for row in inside.connection.execute(statement)]


def _fields_of(stored: bytes | None) -> Mapping[str, Any]:
    state = decode_state(stored) if stored is not None else State({}, (-1, 0))
    return state.fields


def _make_node(row: Any, figures: NodeFigures | None, outcome: str | None) -> Node:
    fields = _fields_of(row.state)
    node = Node(
        node_id=row.node_id,
        name=fields.get("name") or row.node_id,
        node_type=fields.get("node_type"),
        status=fields.get("status") or "pending",
        agent_name=fields.get("agent_name"),
        goal=fields.get("goal"),
        order_index=row.order_index,
        parent_node_id=fields.get("parent_node_id"),
        started_at=fields.get("started_at"),
        ended_at=fields.get("ended_at"),
        error=fields.get("error"),
        metadata=fields.get("metadata", {}),
    )
    if figures is None:
        return node
    node = replace(node, n_events=figures.n_events, n_errors=figures.n_errors)
    if "status" not in fields:
        finished = "failed" if figures.n_errors else "completed"
        status = outcome or ("running" if figures.n_running else finished)
        node = replace(node, status=status)
    ended_at = None if node.status in ("pending", "running") else figures.last_at
    return replace(node, started_at=node.started_at or figures.first_at, ended_at=node.ended_at or ended_at)
