"""Reading approvals: of one run, and of the runs of a project whose agents asked for one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, func, select, tuple_

from runreel.errors import NotFoundError
from runreel.model.approval import APPROVAL_REQUESTED, Approval, ApprovalStatus, read_approval, tell_answer
from runreel.model.node_history import WAITING, NodeHistory, NodeTransition
from runreel.model.page import Page
from runreel.model.scope import Scope
from runreel.model.transition import BY_PERSON
from runreel.storage.port import BlobStore
from runreel.storage.sql.cursor import format_cursor, parse_cursor
from runreel.storage.sql.dialect import Dialect
from runreel.storage.sql.event_reading import Inside
from runreel.storage.sql.node_reading import read_node
from runreel.storage.sql.run_row import read_run
from runreel.storage.sql.schema import runs

MAX_OF_RUN = 500
_BEYOND_ANSWER = ("completed", "failed", "cancelled")


def list_of_run(inside: Inside) -> list[Approval]:
    """Return the approvals of a run by time."""
    run = read_run(inside.run)
    if not inside.run.approval_count:
        return []
    return [read_approval(run, full) for full in inside.list_events_of_type(APPROVAL_REQUESTED, limit=MAX_OF_RUN)]


def get_approval(inside: Inside, event_id: str) -> Approval:
    """Return one approval of a run."""
    full = inside.get_event(event_id)
    if full.event.event_type != APPROVAL_REQUESTED:
        raise NotFoundError(f"the run {inside.run.run_id!r} has no approval {event_id!r}")
    return read_approval(read_run(inside.run), full)


def read_history(inside: Inside, node_id: str) -> NodeHistory:
    """Return how the status of a node changed, with who answered its approvals, and what they said."""
    history = read_node(inside, node_id).history
    if not any(_is_answer(each) for each in history.transitions):
        return history
    answers = {approval.answered_at: approval for approval in list_of_run(inside)}
    return replace(history, transitions=tuple(_with_answer(each, answers) for each in history.transitions))


def _is_answer(transition: NodeTransition) -> bool:
    return transition.from_status == WAITING and transition.who == BY_PERSON


def _with_answer(transition: NodeTransition, answers: Mapping[int | None, Approval]) -> NodeTransition:
    approval = answers.get(transition.at) if _is_answer(transition) else None
    if approval is None or approval.option is None:
        return transition
    why = tell_answer(approval.option, approval.feedback)
    return transition._replace(who=approval.answered_by or transition.who, why=why)


def count_open(connection: Connection, scope: Scope) -> int:
    """Return how many approvals wait for an answer."""
    statement = select(func.coalesce(func.sum(runs.c.open_approval_count), 0)).where(*_waiting(scope))
    return int(connection.execute(statement).scalar_one())


def list_approvals(
    connection: Connection,
    dialect: Dialect,
    scope: Scope,
    blobs: BlobStore | None,
    statuses: Collection[ApprovalStatus],
    *,
    limit: int,
    cursor: str | None,
) -> Page[Approval]:
    """Return approvals of the newest runs, each run's newest first; `limit` counts runs."""
    only_open = set(statuses) == {ApprovalStatus.OPEN}
    conditions = _waiting(scope) if only_open else [runs.c.project == scope.project, runs.c.approval_count > 0]
    place = (runs.c.created_at, runs.c.run_pk)
    if cursor is not None:
        conditions.append(tuple_(*place) < parse_cursor("approvals", cursor, int, int))
    statement = (
        select(runs.c.run_id, *place)
        .where(*conditions)
        .order_by(runs.c.created_at.desc(), runs.c.run_pk.desc())
        .limit(limit + 1)
    )
    found = connection.execute(statement).all()
    shown = found[:limit]
    approvals = [
        approval
        for row in shown
        for approval in reversed(list_of_run(Inside(connection, dialect, scope, row.run_id, blobs)))
        if approval.status in statuses
    ]
    following = format_cursor("approvals", shown[-1][1:]) if len(found) > limit else None
    return Page(tuple(approvals), following)


def _waiting(scope: Scope) -> list[ColumnElement[bool]]:
    return [
        runs.c.project == scope.project,
        runs.c.open_approval_count > 0,
        runs.c.status.not_in(_BEYOND_ANSWER),
    ]
