"""The events of nodes: which they are, when they end, and which of them are executions and approvals."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, case, literal, literal_column, select

from runreel.errors import NotFoundError
from runreel.model.ending import RUNNING, RunEnd
from runreel.storage.sql.run_row import RunRow
from runreel.storage.sql.schema import events, nodes

EXECUTION = "node_execution"
APPROVAL = "approval_requested"

END = case((events.c.ended_at > events.c.started_at, events.c.ended_at), else_=events.c.started_at).label("end_at")
"""The end of an event; its start where it has no later end."""

IS_EXECUTION = and_(events.c.event_type == EXECUTION, events.c.node_id.is_not(None))
# In the statement's own text, since a database finds the index of a condition by that.
IS_APPROVAL = events.c.event_type == literal_column(f"'{APPROVAL}'")


def end_with(run_end_at: ColumnElement[int]) -> ColumnElement[int]:
    """Return the end of an event in a run that ended then, which is the end of what went on."""
    goes_on = events.c.status == RUNNING
    until_then = case((events.c.started_at < run_end_at, run_end_at), else_=events.c.started_at)
    return case((goes_on, until_then), else_=END).label("end_at")


def end_within(run_end: RunEnd | None) -> ColumnElement[int]:
    """Return the end of an event as it is shown."""
    return END if run_end is None else end_with(literal(run_end.at, events.c.started_at.type))


def require_node(connection: Connection, run: RunRow, node_id: str) -> None:
    """Raise `NotFoundError` unless the run has the node."""
    statement = select(nodes.c.node_id).where(nodes.c.run_pk == run.run_pk, nodes.c.node_id == node_id)
    if connection.execute(statement).one_or_none() is None:
        raise NotFoundError(f"the run {run.run_id!r} has no node {node_id!r}")
