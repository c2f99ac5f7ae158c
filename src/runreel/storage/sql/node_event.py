"""The events of nodes: which they are, when they end, and which of them are executions."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, case, select

from runreel.errors import NotFoundError
from runreel.storage.sql.run_row import RunRow
from runreel.storage.sql.schema import events, nodes

EXECUTION = "node_execution"
NEVER_BEGAN = frozenset({"skipped", "pending"})
"""How an execution is that was none."""

END = case((events.c.ended_at > events.c.started_at, events.c.ended_at), else_=events.c.started_at).label("end_at")
"""The end of an event; its start where it has no later end."""


def members_of(run: RunRow, node_id: str | None) -> tuple[ColumnElement[bool], ...]:
    """Return what holds for the events of a node, or of any node of a run."""
    of_node = events.c.member_of.is_not(None) if node_id is None else events.c.member_of == node_id
    return events.c.run_pk == run.run_pk, of_node


def require_node(connection: Connection, run: RunRow, node_id: str) -> None:
    """Raise `NotFoundError` unless the run has the node."""
    statement = select(nodes.c.node_id).where(nodes.c.run_pk == run.run_pk, nodes.c.node_id == node_id)
    if connection.execute(statement).one_or_none() is None:
        raise NotFoundError(f"the run {run.run_id!r} has no node {node_id!r}")
