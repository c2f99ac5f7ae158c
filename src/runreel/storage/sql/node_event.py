"""Which events are a node's: those recorded in it, and their descendants that name no node of their own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, BindParameter, ColumnElement, Connection, case, select

from runreel.errors import NotFoundError
from runreel.storage.sql.run_row import RunRow
from runreel.storage.sql.schema import events, nodes

EXECUTION = "node_execution"
END = case((events.c.ended_at > events.c.started_at, events.c.ended_at), else_=events.c.started_at).label("end_at")
"""The end of an event; its start where it has no later end."""


def members_of(
    run_pk: int | BindParameter[int], node_id: str | BindParameter[str] | None, *columns: ColumnElement[Any]
) -> CTE:
    """Return the events of a node, or of all nodes of a run, with their ids and the given columns.

    The column `member_of` says of which node. Each event comes once: only those that name no node are reached from
    their parents, and no event has two.
    """
    names_node = events.c.node_id.is_not(None) if node_id is None else events.c.node_id == node_id
    own = select(events.c.event_id, events.c.node_id.label("member_of"), *columns)
    members = own.where(events.c.run_pk == run_pk, names_node).cte("members", recursive=True)
    below: ColumnElement[bool] = events.c.parent_event_id == members.c.event_id
    inherited = (
        select(events.c.event_id, members.c.member_of, *columns)
        .join_from(members, events, below)
        .where(events.c.run_pk == run_pk, events.c.node_id.is_(None))
    )
    return members.union_all(inherited)


def require_node(connection: Connection, run: RunRow, node_id: str) -> None:
    """Raise `NotFoundError` unless the run has the node."""
    statement = select(nodes.c.node_id).where(nodes.c.run_pk == run.run_pk, nodes.c.node_id == node_id)
    if connection.execute(statement).one_or_none() is None:
        raise NotFoundError(f"the run {run.run_id!r} has no node {node_id!r}")
