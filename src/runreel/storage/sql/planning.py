"""What people and programs declare of a run through the API: its plan, and the states of its nodes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from runreel.errors import InvalidTransitionError
from runreel.model.node_history import NodeHistory
from runreel.model.plan_draft import PlanDraft, checked_plan, records_of
from runreel.model.record import Rank, Record, RecordKind
from runreel.model.scope import Scope
from runreel.model.transition import allowed_node_statuses
from runreel.storage.merge import State
from runreel.storage.sql import schema, things
from runreel.storage.sql.applying import close_runs
from runreel.storage.sql.editing import changes_of, lock_run
from runreel.storage.sql.event_reading import Inside
from runreel.storage.sql.node_reading import read_node
from runreel.storage.sql.run_row import RunRow, decode_state
from runreel.storage.sql.transaction import Transaction
from runreel.storage.sql.work import Work


def put_plan(transaction: Transaction, scope: Scope, run_id: str, draft: PlanDraft, *, now: int) -> None:
    """Declare the next version of a run's plan; see `RunStore.put_plan`."""
    plan = checked_plan(draft)
    row = lock_run(transaction, scope, run_id)
    states = [*_states(transaction, row)]
    version = 1 + max((cast("int", state.fields.get("plan_version", 0)) for state in states), default=0)
    # The clock of a recorder may be ahead of ours, and what is declared now is to count.
    at = max([now, *(state.top[1] + 1 for state in states)])
    _write(transaction, row, records_of(plan, run_id, version=version, at=at))


def set_node_status(
    transaction: Transaction,
    scope: Scope,
    run_id: str,
    node_id: str,
    status: str,
    *,
    who: str | None,
    why: str | None,
    now: int,
) -> None:
    """State what a node is, as a person; see `RunStore.set_node_status`."""
    row = lock_run(transaction, scope, run_id)
    inside = Inside(transaction.connection, transaction.dialect, scope, run_id, transaction.blobs)
    history = read_node(inside, node_id).history
    if history.status == status:
        return
    _check_transition(history, status)
    # A person speaks after what he saw, whose time may be ahead of our clock.
    at = max([now, *(each.at + 1 for each in history.transitions)])
    said = {name: text for name, text in (("status", status), ("who", who), ("why", why)) if text is not None}
    _write(transaction, row, [Record(RecordKind.NODE, run_id, node_id, Rank.PERSON, at, dict(said))])


def _check_transition(history: NodeHistory, wanted: str) -> None:
    allowed = allowed_node_statuses(history.status)
    if wanted in allowed:
        return
    to = f"it can become {' or '.join(map(repr, allowed))}" if allowed else "that is its end"
    by_run = ", because its run ended" if history.ended_by_run else ""
    raise InvalidTransitionError(
        f"a node that is {history.status!r}{by_run} can't become {wanted!r}; {to}",
        node_status=history.status,
        allowed_statuses=allowed,
    )


def _states(transaction: Transaction, row: RunRow) -> Iterable[State]:
    """Return the states of all declared nodes and edges of a run."""
    for table in (schema.nodes, schema.edges):
        found = transaction.dialect.select(transaction.cursor, table, ("state",), ("run_pk",), [(row.run_pk,)])
        yield from (decode_state(stored) for (stored,) in found if stored is not None)


def _write(transaction: Transaction, row: RunRow, records: Iterable[Record]) -> None:
    (change,) = changes_of(transaction, [row])
    work = Work(row.project, row.run_id, row.run_pk)
    for record in records:
        work.add(0, record)
    things.write(transaction, [(work, change)])
    close_runs(transaction, [change])
    transaction.finish()
