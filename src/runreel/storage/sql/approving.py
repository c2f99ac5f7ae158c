"""Answering approvals: once, whoever is quicker; and what the asking agent says when its time is over."""

from __future__ import annotations

from runreel.errors import ApprovalClosedError, InvalidAnswerError, NotFoundError
from runreel.model.approval import (
    APPROVAL_REQUESTED,
    EXPIRED,
    Answer,
    Approval,
    ApprovalStatus,
    read_approval,
    tell_answer,
)
from runreel.model.event import FullEvent
from runreel.model.instant import format_instant
from runreel.model.record import Rank, Record, RecordKind
from runreel.model.scope import Scope
from runreel.model.transition import BY_PERSON, BY_RECORDER
from runreel.storage.sql import event_row, event_writing
from runreel.storage.sql.applying import close_runs
from runreel.storage.sql.editing import changes_of, lock_run
from runreel.storage.sql.run_row import RunRow, read_run
from runreel.storage.sql.transaction import Transaction
from runreel.storage.sql.work import Work


def answer_approval(
    transaction: Transaction, scope: Scope, run_id: str, event_id: str, answer: Answer, *, now: int
) -> Approval:
    """Give the answer of a person; see `ApprovalStore.answer_approval`."""
    row = lock_run(transaction, scope, run_id)
    approval = _read(transaction, row, event_id)
    if approval.status is not ApprovalStatus.OPEN:
        raise ApprovalClosedError(_why_closed(approval), approval=approval)
    if answer.option not in approval.options:
        raise InvalidAnswerError(
            f"{answer.option[:80]!r} is none of the options; choose {' or '.join(map(repr, approval.options))}"
        )
    outputs = {
        "option": answer.option,
        "feedback": answer.feedback,
        "answered_by": answer.who,
        "answered_at": format_instant(now),
    }
    fields: dict[str, object] = {
        "status": "completed",
        "event_subtype": answer.option[:255],
        "ended_at": max(now, approval.requested_at),
        "outputs": {name: value for name, value in outputs.items() if value is not None},
    }
    why = tell_answer(answer.option, answer.feedback)
    return _end(transaction, row, event_id, Rank.PERSON, fields, who=answer.who or BY_PERSON, why=why, now=now)


def expire_approval(
    transaction: Transaction, scope: Scope, run_id: str, event_id: str, option: str | None, *, now: int
) -> Approval:
    """Say that the agent waits no longer; see `ApprovalStore.expire_approval`."""
    row = lock_run(transaction, scope, run_id)
    approval = _read(transaction, row, event_id)
    if approval.status is not ApprovalStatus.OPEN:
        return approval
    fields: dict[str, object] = {
        "status": "cancelled",
        "event_subtype": EXPIRED,
        "ended_at": max(now, approval.requested_at),
        "outputs": {"option": option},
    }
    return _end(transaction, row, event_id, Rank.END, fields, who=BY_RECORDER, why="nobody answered in time", now=now)


def _read(transaction: Transaction, row: RunRow, event_id: str) -> Approval:
    key = (row.run_pk, event_id)
    stored, payloads = event_writing.stored_events(transaction, [key], {row.run_pk: row.project})
    found = stored.get(key)
    if found is None or found[event_row.PLACE["event_type"]] != APPROVAL_REQUESTED:
        raise NotFoundError(f"the run {row.run_id!r} has no approval {event_id!r}")
    payload = event_row.read_payload(payloads.get(key))
    return read_approval(read_run(row), FullEvent(event=event_row.read_event(found), payload=payload))


def _end(
    transaction: Transaction,
    row: RunRow,
    event_id: str,
    rank: Rank,
    fields: dict[str, object],
    *,
    who: str,
    why: str,
    now: int,
) -> Approval:
    (change,) = changes_of(transaction, [row])
    change.who, change.why, change.at = who, why, now
    work = Work(row.project, row.run_id, row.run_pk)
    work.add(0, Record(RecordKind.EVENT, row.run_id, event_id, rank, now, fields))
    event_writing.write(transaction, [(work, change)])
    close_runs(transaction, [change])
    transaction.finish()
    return _read(transaction, row, event_id)


def _why_closed(approval: Approval) -> str:
    if approval.status is ApprovalStatus.ANSWERED:
        who = approval.answered_by or "somebody"
        at = "" if approval.answered_at is None else f" at {format_instant(approval.answered_at)}"
        return f"{who} has answered {approval.option!r}{at}; an approval is answered once"
    if approval.status is ApprovalStatus.EXPIRED:
        return "the agent waits no longer; its time for an answer is over"
    return "its run has ended; nobody waits for an answer"
