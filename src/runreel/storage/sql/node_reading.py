"""Reading nodes and declared edges: what they were declared to be, and what their events make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ClauseElement, ColumnElement, bindparam, case, func, select

from runreel.model.edge import Edge
from runreel.model.ending import RUNNING
from runreel.model.node import Graph, Node
from runreel.model.node_history import AT_WORK, PENDING, NodeHistory, Stretch, make_history
from runreel.model.record import Rank
from runreel.model.statement import FIELD as STATEMENTS
from runreel.model.statement import read_statements
from runreel.model.transition import BY_PERSON, BY_RECORDER
from runreel.model.value import value
from runreel.storage.merge import statements_of
from runreel.storage.sql.event_reading import Inside, fields_of_edge, make_edge
from runreel.storage.sql.node_event import END, IS_APPROVAL, IS_EXECUTION, end_with, require_node
from runreel.storage.sql.prepared import fetch
from runreel.storage.sql.run_row import decode_fields, decode_state
from runreel.storage.sql.schema import edges, events, nodes

NODE, START, STOP, STATUS, EVENT = range(5)
"""The places of what is read of an execution."""
_NAME, _SUBTYPE, _RANK = range(5, 8)
_BY_PERSON_FROM = int(Rank.PERSON)  # members of an enum are slow to reach

_NODE_COLUMNS = select(nodes.c.node_id, nodes.c.order_index, nodes.c.state)
_EDGE_KEY = (edges.c.source, edges.c.target, edges.c.edge_type, edges.c.condition)
_EDGES = (
    select(*_EDGE_KEY, edges.c.state)
    .where(edges.c.run_pk == bindparam("run_pk"))
    .order_by(*_EDGE_KEY)
    .limit(bindparam("limit", type_=BigInteger))
)
_MANY = 2**62
_NODES = _NODE_COLUMNS.where(nodes.c.run_pk == bindparam("run_pk"))
_IS_OF_RUN = events.c.run_pk == bindparam("run_pk")
_IS_OF_NODE = events.c.member_of == bindparam("node_id")


def _telling(is_wanted: ColumnElement[bool], *, of_all: bool) -> ClauseElement:
    """Return the query for the executions of a node, or of all, or for its approvals.

    It gives them unordered: to have them in an order, a database would look at all events of the run.
    """
    of_node = () if of_all else (_IS_OF_NODE,)
    told = (events.c.name, events.c.event_subtype, events.c.rank)
    columns = (events.c.member_of, events.c.started_at, END, events.c.status, events.c.event_id, *told)
    return select(*columns).where(_IS_OF_RUN, is_wanted, *of_node)


def _figures(*, of_all: bool, has_ended: bool) -> ClauseElement:
    """Return the query for what the events of a node, or of all, say of it in a run that has ended or not."""
    end = end_with(bindparam("run_end_at", type_=BigInteger)) if has_ended else END
    return (
        select(
            events.c.member_of,
            func.count(),
            func.count(case((events.c.status == "failed", 1))),
            func.count(case((events.c.status == RUNNING, 1))),
            func.min(events.c.started_at),
            func.max(end),
        )
        .where(_IS_OF_RUN, events.c.member_of.is_not(None) if of_all else _IS_OF_NODE)
        .group_by(events.c.member_of)
    )


_EXECUTIONS = {of_all: _telling(IS_EXECUTION, of_all=of_all) for of_all in (False, True)}
_APPROVALS = {of_all: _telling(IS_APPROVAL, of_all=of_all) for of_all in (False, True)}
_FIGURES = {
    (of_all, has_ended): _figures(of_all=of_all, has_ended=has_ended)
    for of_all in (False, True)
    for has_ended in (False, True)
}

Row = Sequence[Any]


@value
class NodeFigures:
    """What the events of a node say of it."""

    n_events: int
    n_errors: int
    n_running: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What the events of a run's nodes say, or those of one node: figures, executions and approvals by start."""

    figures: Mapping[str, NodeFigures] = field(default_factory=dict[str, NodeFigures])
    executions: Sequence[Row] = ()
    approvals: Sequence[Row] = ()


class KnownNode(NamedTuple):
    """A node with the states that it went through; `is_declared` tells whether a record speaks of it."""

    node: Node
    history: NodeHistory
    is_declared: bool


def read_graph(inside: Inside, *, limit: int | None) -> Graph:
    """Return the first nodes in their order, the first declared edges, and how many there are."""
    found = [known.node for known in read_nodes(inside, read_activity(inside, None))]
    n_edges = select(func.count()).where(edges.c.run_pk == inside.run.run_pk)
    return Graph(
        nodes=tuple(found[:limit]),
        edges=tuple(read_edges(inside, limit=limit)),
        n_nodes=len(found),
        n_edges=inside.connection.execute(n_edges).scalar_one(),
    )


def read_node(inside: Inside, node_id: str) -> KnownNode:
    """Return one node."""
    require_node(inside.connection, inside.run, node_id)
    return read_node_with(inside, node_id, read_activity(inside, node_id))


def read_node_with(inside: Inside, node_id: str, activity: Activity) -> KnownNode:
    """Return one node, given what its events say of it."""
    statement = _NODE_COLUMNS.where(nodes.c.run_pk == inside.run.run_pk, nodes.c.node_id == node_id)
    return _Making(inside, activity).make(*inside.connection.execute(statement).one())


def read_nodes(inside: Inside, activity: Activity) -> list[KnownNode]:
    """Return all nodes as declared, then by when they began."""
    making = _Making(inside, activity)
    found = [making.make(*row) for row in fetch(inside.connection, _NODES, run_pk=inside.run.run_pk)]
    return sorted(found, key=lambda known: _node_order(known.node))


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
    return read_telling(inside, node_id, figures) if figures else Activity()


def read_telling(inside: Inside, node_id: str | None, figures: Mapping[str, NodeFigures]) -> Activity:
    """Return executions and approvals of all nodes, or of one, beside figures that are known."""

    def read(statement: ClauseElement) -> list[Row]:
        rows = fetch(inside.connection, statement, run_pk=inside.run.run_pk, node_id=node_id)
        return sorted((row for row in rows if row[NODE] is not None), key=itemgetter(START, EVENT))

    return Activity(
        figures=figures, executions=read(_EXECUTIONS[node_id is None]), approvals=read(_APPROVALS[node_id is None])
    )


def _read_figures(inside: Inside, node_id: str | None) -> dict[str, NodeFigures]:
    statement = _FIGURES[node_id is None, inside.end is not None]
    ends_at = inside.end.at if inside.end else None
    rows = fetch(inside.connection, statement, run_pk=inside.run.run_pk, node_id=node_id, run_end_at=ends_at)
    return {
        row[0]: NodeFigures(n_events=row[1], n_errors=row[2], n_running=row[3], first_at=row[4], last_at=row[5])
        for row in rows
    }


def read_edges(inside: Inside, *, limit: int | None = None) -> list[Edge]:
    """Return the declared edges."""
    rows = fetch(inside.connection, _EDGES, run_pk=inside.run.run_pk, limit=_MANY if limit is None else limit)
    # Edges of one plan say the same but for their ends.
    said = {stored: fields_of_edge(stored) for stored in {row[-1] for row in rows}}
    return [
        make_edge(source, target, edge_type, condition, said[stored])
        for source, target, edge_type, condition, stored in rows
    ]


class _Making:
    """Makes nodes of rows, and of what happened in them."""

    def __init__(self, inside: Inside, activity: Activity) -> None:
        self._since = inside.run.created_at
        self._end = inside.end
        self._figures = activity.figures
        self._executions: dict[str, list[Stretch]] = {}
        self._approvals: dict[str, list[Stretch]] = {}
        for found, rows in ((self._executions, activity.executions), (self._approvals, activity.approvals)):
            for row in rows:
                found.setdefault(row[NODE], []).append(_read_stretch(row))

    def make(self, node_id: str, order_index: int | None, stored: bytes | None) -> KnownNode:
        """Return the node of a row."""
        fields: Mapping[str, Any] = {} if stored is None else decode_fields(stored)
        figures = self._figures.get(node_id)
        history = self._history(node_id, _statements_in(fields, stored), figures)
        node = Node(
            node_id=node_id,
            name=fields.get("name") or node_id,
            node_type=fields.get("node_type"),
            status=history.status,
            agent_name=fields.get("agent_name"),
            goal=fields.get("goal"),
            order_index=order_index,
            parent_node_id=fields.get("parent_node_id"),
            started_at=fields.get("started_at") or (figures.first_at if figures else history.began_at),
            ended_at=_end_of(history, fields.get("ended_at"), figures),
            n_events=figures.n_events if figures else 0,
            n_errors=figures.n_errors if figures else 0,
            error=fields.get("error"),
            metadata=fields.get("metadata", {}),
            details=fields.get("details"),
            requires_approval=fields.get("requires_approval", False),
            max_attempts=fields.get("max_attempts"),
            plan_version=fields.get("plan_version"),
            ended_by_run=history.ended_by_run,
        )
        return KnownNode(node, history, stored is not None)

    def _history(self, node_id: str, stated: Mapping[str, object], figures: NodeFigures | None) -> NodeHistory:
        statements = read_statements(stated) if stated else []
        executions = self._executions.get(node_id, [])
        if figures is not None and not executions and all(each.status == PENDING for each in statements):
            # Nobody tells how it went but its events, all of which are then one execution.
            ended_at = None if figures.n_running else figures.last_at
            executions = [Stretch(figures.first_at, ended_at, "failed" if figures.n_errors else "completed")]
        approvals = self._approvals.get(node_id, ())
        return make_history(statements, executions, approvals, since=self._since, end=self._end)


def _statements_in(fields: Mapping[str, Any], stored: bytes | None) -> Mapping[str, object]:
    if stored is None or "status" not in fields:
        return {}
    # A state of a former version has the time of its status among its stamps only.
    return fields[STATEMENTS] if STATEMENTS in fields else statements_of(decode_state(stored))


def _read_stretch(row: Row) -> Stretch:
    started_at, ended_at, status = row[START], row[STOP], row[STATUS]
    who = BY_PERSON if row[_RANK] >= _BY_PERSON_FROM else BY_RECORDER
    return Stretch(started_at, None if status == RUNNING else ended_at, status, who, row[_NAME], row[_SUBTYPE])


def _end_of(history: NodeHistory, stated: int | None, figures: NodeFigures | None) -> int | None:
    if history.ended_by_run:
        return history.ended_at
    if history.status in AT_WORK or history.status == PENDING:
        return None
    if stated is not None:
        return stated
    return figures.last_at if figures is not None else history.ended_at
