"""Reading nodes: what they were declared to be, what their events make of them, and the graph of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select

from runreel.model.dag import Dag, Execution, Pair, count_successions, make_dag
from runreel.model.edge import Edge
from runreel.model.node import Graph, Node
from runreel.storage.merge import State
from runreel.storage.sql.event_reading import Inside, read_edge
from runreel.storage.sql.node_event import END, EXECUTION, members_of, require_node
from runreel.storage.sql.run_row import decode_state
from runreel.storage.sql.schema import edges, events, nodes

_HERE, _OTHER = events.alias("here"), events.alias("other")
_NODE, _STATUS = 0, 3

_Row = Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFigures:
    """What the events of a node say of it."""

    n_events: int
    n_errors: int
    n_running: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Activity:
    """What the events of a run's nodes say, or those of one node: figures, and executions of nodes by start."""

    figures: Mapping[str, NodeFigures]
    executions: Sequence[_Row]

    def outcomes(self) -> dict[str, str]:
        """Return the status of the latest execution of each node that has one."""
        return {row[_NODE]: row[_STATUS] for row in self.executions}


def read_graph(inside: Inside, *, limit: int | None) -> Graph:
    """Return the first nodes in their order, the first declared edges, and how many there are."""
    found = _read_nodes(inside, _read_activity(inside, None))
    n_edges = select(func.count()).where(edges.c.run_pk == inside.run.run_pk)
    return Graph(
        nodes=tuple(found[:limit]),
        edges=tuple(_read_edges(inside, limit=limit)),
        n_nodes=len(found),
        n_edges=inside.connection.execute(n_edges).scalar_one(),
    )


def read_dag(inside: Inside, *, limit: int) -> Dag:
    """Return the first nodes by level with the first edges between them, declared and taken."""
    activity = _read_activity(inside, None)
    has_events = bool(activity.figures)
    dag = make_dag(
        _read_nodes(inside, activity),
        _read_edges(inside),
        _read_followed(inside, activity.executions) if has_events else {},
        _read_called(inside) if has_events else {},
    )
    n_executions = Counter(execution[_NODE] for execution in activity.executions)
    placed_nodes = tuple(
        replace(placed, n_attempts=n_executions[placed.node.node_id] or int(placed.node.n_events > 0))
        for placed in dag.nodes[:limit]
    )
    shown = {placed.node.node_id for placed in placed_nodes}
    between = [edge for edge in dag.edges if edge.source in shown and edge.target in shown]
    return replace(dag, nodes=placed_nodes, edges=tuple(between[:limit]))


def read_node(inside: Inside, node_id: str) -> Node:
    """Return one node."""
    require_node(inside.connection, inside.run, node_id)
    activity = _read_activity(inside, node_id)
    return read_node_with(inside, node_id, activity.figures.get(node_id), activity.outcomes().get(node_id))


def read_node_with(inside: Inside, node_id: str, figures: NodeFigures | None, outcome: str | None) -> Node:
    """Return one node, given what its events say of it and the status of its latest execution."""
    statement = select(nodes).where(nodes.c.run_pk == inside.run.run_pk, nodes.c.node_id == node_id)
    return _make_node(inside.connection.execute(statement).one(), figures, outcome)


def read_outcome(inside: Inside, node_id: str) -> str | None:
    """Return the status of the latest execution of a node."""
    executions = _read_executions(inside, node_id)
    return executions[-1][_STATUS] if executions else None


def _read_nodes(inside: Inside, activity: _Activity) -> list[Node]:
    """Return the nodes as declared, then by when they began."""
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


def _read_activity(inside: Inside, node_id: str | None) -> _Activity:
    figures = _read_figures(inside, node_id)
    return _Activity(figures=figures, executions=_read_executions(inside, node_id) if figures else ())


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


def _read_executions(inside: Inside, node_id: str | None) -> Sequence[_Row]:
    """Return node, start, end and status of the executions of a node, or of all nodes, by their start."""
    is_execution = (events.c.event_type == EXECUTION, events.c.node_id.is_not(None))
    statement = (
        select(events.c.node_id, events.c.started_at, END, events.c.status)
        .where(*members_of(inside.run, node_id), *is_execution)
        .order_by(events.c.started_at, events.c.event_id)
    )
    return inside.connection.execute(statement).all()


def _read_edges(inside: Inside, *, limit: int | None = None) -> list[Edge]:
    statement = (
        select(edges)
        .where(edges.c.run_pk == inside.run.run_pk)
        .order_by(edges.c.source, edges.c.target, edges.c.edge_type, edges.c.condition)
        .limit(limit)
    )
    return [read_edge(row) for row in inside.connection.execute(statement)]


def _read_followed(inside: Inside, executions: Sequence[_Row]) -> Mapping[Pair, int]:
    """Count which node came after which: by what events say of the one before them, and by executions of nodes.

    Both may tell of the same steps, so the larger count stands.
    """
    followed = _read_previous(inside)
    ended = [
        Execution(node_id=row[_NODE], started_at=row[1], ended_at=None if row[_STATUS] == "running" else row[2])
        for row in executions
    ]
    for pair, count in count_successions(ended).items():
        followed[pair] = max(count, followed.get(pair, 0))
    return followed


def _read_previous(inside: Inside) -> dict[Pair, int]:
    """Count the events of one node before which they name one of another."""
    previous_id = _HERE.c.previous_event_id
    return _count_pairs(inside, previous_id, _HERE.c.member_of, where=previous_id.is_not(None))


def _read_called(inside: Inside) -> dict[Pair, int]:
    """Count the events of one node whose parents are in another."""
    node_id = _HERE.c.node_id
    return _count_pairs(inside, _HERE.c.parent_event_id, node_id, where=node_id.is_not(None))


def _count_pairs(
    inside: Inside, other_id: ColumnElement[str], node_id: ColumnElement[str], *, where: ColumnElement[bool]
) -> dict[Pair, int]:
    """Count events by the node of another event that they name and by their own, where these differ.

    `where` follows from the rest; it spares looking up what can't be counted.
    """
    is_other = and_(_OTHER.c.run_pk == _HERE.c.run_pk, _OTHER.c.event_id == other_id)
    statement = (
        select(_OTHER.c.member_of, node_id, func.count())
        .join_from(_HERE, _OTHER, is_other)
        .where(_HERE.c.run_pk == inside.run.run_pk, where, _OTHER.c.member_of != node_id)
        .group_by(_OTHER.c.member_of, node_id)
    )
    return {(row[0], row[1]): row[2] for row in inside.connection.execute(statement)}


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
