"""Reading nodes: what they were declared to be, what their events make of them, and the graph of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import case, func, select

from runreel.model.dag import Dag, Execution, Pair, count_successions, make_dag
from runreel.model.edge import Edge
from runreel.model.node import Graph, Node
from runreel.storage.merge import State
from runreel.storage.sql.event_reading import Inside, read_edge
from runreel.storage.sql.node_event import END, EXECUTION, members_of, require_node
from runreel.storage.sql.run_row import decode_state
from runreel.storage.sql.schema import edges, events, nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFigures:
    """What the events of a node say of it; `outcome` is the status of its latest execution."""

    n_events: int
    n_errors: int
    n_running: int
    first_at: int
    last_at: int
    outcome: str | None


def read_graph(inside: Inside, *, limit: int | None) -> Graph:
    """Return the first nodes in their order, the first declared edges, and how many there are."""
    found = _read_nodes(inside)
    n_edges = select(func.count()).where(edges.c.run_pk == inside.run.run_pk)
    return Graph(
        nodes=tuple(found[:limit]),
        edges=tuple(_read_edges(inside, limit=limit)),
        n_nodes=len(found),
        n_edges=inside.connection.execute(n_edges).scalar_one(),
    )


def read_dag(inside: Inside, *, limit: int) -> Dag:
    """Return the first nodes by level with the first edges between them, declared and taken."""
    dag = make_dag(
        _read_nodes(inside),
        _read_edges(inside),
        _read_followed(inside),
        _read_called(inside),
    )
    shown = {placed.node.node_id for placed in dag.nodes[:limit]}
    between = [edge for edge in dag.edges if edge.source in shown and edge.target in shown]
    return replace(dag, nodes=dag.nodes[:limit], edges=tuple(between[:limit]))


def read_node(inside: Inside, node_id: str) -> Node:
    """Return one node."""
    require_node(inside.connection, inside.run, node_id)
    figures = _read_figures(inside, node_id).get(node_id)
    return read_node_with(inside, node_id, figures)


def read_node_with(inside: Inside, node_id: str, figures: NodeFigures | None) -> Node:
    """Return one node, given what its events say of it."""
    statement = select(nodes).where(nodes.c.run_pk == inside.run.run_pk, nodes.c.node_id == node_id)
    return _make_node(inside.connection.execute(statement).one(), figures)


def _read_nodes(inside: Inside) -> list[Node]:
    """Return the nodes as declared, then by when they began."""
    figures = _read_figures(inside, None)
    statement = select(nodes).where(nodes.c.run_pk == inside.run.run_pk)
    found = [_make_node(row, figures.get(row.node_id)) for row in inside.connection.execute(statement)]
    return sorted(found, key=_node_order)


def _node_order(node: Node) -> tuple[bool, int, bool, int, str]:
    return (
        node.order_index is None,
        node.order_index or 0,
        node.started_at is None,
        node.started_at or 0,
        node.node_id,
    )


def _read_figures(inside: Inside, node_id: str | None) -> dict[str, NodeFigures]:
    members = members_of(inside.run.run_pk, node_id, events.c.status, events.c.started_at, END)
    statement = select(
        members.c.member_of,
        func.count(),
        func.count(case((members.c.status == "failed", 1))),
        func.count(case((members.c.status == "running", 1))),
        func.min(members.c.started_at),
        func.max(members.c.end_at),
    ).group_by(members.c.member_of)
    outcomes = _read_outcomes(inside, node_id)
    return {
        row[0]: NodeFigures(
            n_events=row[1],
            n_errors=row[2],
            n_running=row[3],
            first_at=row[4],
            last_at=row[5],
            outcome=outcomes.get(row[0]),
        )
        for row in inside.connection.execute(statement)
    }


def _read_outcomes(inside: Inside, node_id: str | None) -> dict[str, str]:
    """Return the status of the latest execution of each node that has one."""
    names_node = events.c.node_id.is_not(None) if node_id is None else events.c.node_id == node_id
    statement = (
        select(events.c.node_id, events.c.status)
        .where(events.c.run_pk == inside.run.run_pk, names_node, events.c.event_type == EXECUTION)
        .order_by(events.c.started_at, events.c.event_id)
    )
    return {row[0]: row[1] for row in inside.connection.execute(statement)}


def _read_edges(inside: Inside, *, limit: int | None = None) -> list[Edge]:
    statement = (
        select(edges)
        .where(edges.c.run_pk == inside.run.run_pk)
        .order_by(edges.c.source, edges.c.target, edges.c.edge_type, edges.c.condition)
        .limit(limit)
    )
    return [read_edge(row) for row in inside.connection.execute(statement)]


def _read_followed(inside: Inside) -> Mapping[Pair, int]:
    """Count which node came after which: by what events say of the one before them, and by executions of nodes.

    Both may tell of the same steps, so the larger count stands.
    """
    followed = _read_previous(inside)
    for pair, count in count_successions(_read_executions(inside)).items():
        followed[pair] = max(count, followed.get(pair, 0))
    return followed


def _read_previous(inside: Inside) -> dict[Pair, int]:
    run_pk = inside.run.run_pk
    members = members_of(run_pk, None, events.c.previous_event_id)
    here, before = members.alias("here"), members.alias("before")
    statement = (
        select(before.c.member_of, here.c.member_of, func.count())
        .join_from(here, before, before.c.event_id == here.c.previous_event_id)
        .where(before.c.member_of != here.c.member_of)
        .group_by(before.c.member_of, here.c.member_of)
    )
    names_one = select(events.c.event_id).where(events.c.run_pk == run_pk, events.c.previous_event_id.is_not(None))
    if inside.connection.execute(names_one.limit(1)).first() is None:
        return {}
    return {(row[0], row[1]): row[2] for row in inside.connection.execute(statement)}


def _read_executions(inside: Inside) -> list[Execution]:
    statement = (
        select(events.c.node_id, events.c.started_at, END, events.c.status)
        .where(
            events.c.run_pk == inside.run.run_pk,
            events.c.node_id.is_not(None),
            events.c.event_type == EXECUTION,
        )
        .order_by(events.c.started_at, events.c.event_id)
    )
    return [
        Execution(node_id=row[0], started_at=row[1], ended_at=None if row[3] == "running" else row[2])
        for row in inside.connection.execute(statement)
    ]


def _read_called(inside: Inside) -> dict[Pair, int]:
    """Count the events of one node whose parents are in another."""
    run_pk = inside.run.run_pk
    members = members_of(run_pk, None)
    statement = (
        select(members.c.member_of, events.c.node_id, func.count())
        .join_from(members, events, events.c.parent_event_id == members.c.event_id)
        .where(events.c.run_pk == run_pk, events.c.node_id.is_not(None), events.c.node_id != members.c.member_of)
        .group_by(members.c.member_of, events.c.node_id)
    )
    return {(row[0], row[1]): row[2] for row in inside.connection.execute(statement)}


def _fields_of(stored: bytes | None) -> Mapping[str, Any]:
    state = decode_state(stored) if stored is not None else State({}, (-1, 0))
    return state.fields


def _make_node(row: Any, figures: NodeFigures | None) -> Node:
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
        status = figures.outcome or ("running" if figures.n_running else finished)
        node = replace(node, status=status)
    ended_at = None if node.status in ("pending", "running") else figures.last_at
    return replace(node, started_at=node.started_at or figures.first_at, ended_at=node.ended_at or ended_at)
