"""What people ask of agents: kept with the run, numbered, for the agent to come and see."""

from __future__ import annotations

from runreel.errors import RequestRefusedError
from runreel.model.request import MAX_REQUESTS, Action, Request, makes_sense, write_request
from runreel.model.scope import Scope
from runreel.model.vocabulary import is_ended
from runreel.storage.sql.applying import close_runs
from runreel.storage.sql.editing import changes_of, lock_run
from runreel.storage.sql.run_row import REQUESTS, requests_of
from runreel.storage.sql.transaction import Transaction


def add_request(
    transaction: Transaction,
    scope: Scope,
    run_id: str,
    action: Action,
    *,
    why: str | None,
    who: str | None,
    now: int,
) -> Request:
    """Ask something of the agent of a run; see `ApprovalStore.add_request`."""
    row = lock_run(transaction, scope, run_id)
    (change,) = changes_of(transaction, [row])
    known = requests_of(change.state)
    if is_ended(row.status):
        raise RequestRefusedError(
            f"the run is {row.status!r}; only of one that goes on something can be asked", run_status=row.status
        )
    if known and known[-1].action is action and not known[-1].is_seen:
        return known[-1]
    if not makes_sense(action, known, row.status):
        raise RequestRefusedError("nobody has paused the run; there is nothing to resume", run_status=row.status)
    request = Request(
        number=known[-1].number + 1 if known else 1,
        action=action,
        why=why,
        requested_at=now,
        requested_by=who,
        is_seen=False,
    )
    kept = [*known, request][-MAX_REQUESTS:]
    change.merge_edit({REQUESTS: [write_request(each) for each in kept]}, now=now)
    change.derive()
    close_runs(transaction, [change])
    transaction.finish()
    return request
