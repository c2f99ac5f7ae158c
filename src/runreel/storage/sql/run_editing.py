"""What people change of a run: its name, status, tags and metadata."""

from __future__ import annotations

from runreel.errors import InvalidTransitionError, NameTakenError
from runreel.model.name import check_run_name
from runreel.model.run import Run
from runreel.model.run_edit import RunEdit, check_tags, patched
from runreel.model.scope import Scope
from runreel.model.transition import BY_PERSON, allowed_statuses
from runreel.storage.sql import schema
from runreel.storage.sql.applying import close_runs
from runreel.storage.sql.editing import changes_of, lock_run
from runreel.storage.sql.naming import name_runs, put_alias
from runreel.storage.sql.run_row import NAMED_BY_PERSON, RunChange, metadata_of, read_run
from runreel.storage.sql.transaction import Transaction


def edit_run(transaction: Transaction, scope: Scope, run_id: str, edit: RunEdit, *, now: int) -> Run:
    """Make all changes of an edit, or none; see `RunStore.edit_run`."""
    row = lock_run(transaction, scope, run_id)
    (change,) = changes_of(transaction, [row])
    change.who, change.why = BY_PERSON, edit.why
    if edit.new_name is not None:
        _rename(transaction, change, check_run_name(edit.new_name))
    if stated := _stated_fields(edit, change):
        change.merge_edit(stated, now=now)
        change.derive()
        if edit.status is not None:
            change.beat(now)
        # Who ends a run that has no name yet lets it get one.
        name_runs(transaction, [change])
    close_runs(transaction, [change])
    transaction.finish()
    return read_run(row)


def _rename(transaction: Transaction, change: RunChange, wanted: str) -> None:
    row = change.row
    if row.run_name == wanted and row.name_source == NAMED_BY_PERSON:
        return
    transaction.lock_agents({(row.project, row.agent_name)})
    name_key = (row.project, row.agent_name, wanted)
    holders = transaction.dialect.select(
        transaction.cursor, schema.runs, ("run_pk", "run_id"), ("project", "agent_name", "run_name"), [name_key]
    )
    if holders and holders[0][0] != row.run_pk:
        raise NameTakenError(
            f"another run of the agent {row.agent_name!r} is called {wanted!r}; choose another name",
            holder_run_id=holders[0][1],
        )
    transaction.execute("DELETE FROM run_aliases WHERE project = ? AND agent_name = ? AND run_name = ?", *name_key)
    if row.run_name is not None and row.run_name != wanted:
        put_alias(transaction, row.project, row.agent_name, row.run_name, row.run_pk)
    row.run_name, row.name_source = wanted, NAMED_BY_PERSON


def _stated_fields(edit: RunEdit, change: RunChange) -> dict[str, object]:
    """Return what a person states of a run, as fields of a record."""
    fields: dict[str, object] = {}
    if edit.status is not None:
        _check_transition(change.row.status, edit.status)
        fields["status"] = edit.status
    if edit.tags is not None:
        fields["tags"] = check_tags(edit.tags)
    if edit.metadata:
        known = metadata_of(change.state)
        # A key that is taken out stays known as such, or a record could bring it back.
        fields["metadata"] = {
            key: None if value is None else patched(known.get(key), value) for key, value in edit.metadata.items()
        }
    return fields


def _check_transition(present: str, wanted: str) -> None:
    allowed = allowed_statuses(present)
    if wanted in allowed or (wanted == present and wanted != "lost"):
        return
    raise InvalidTransitionError(
        f"a run that is {present!r} can't become {wanted!r}; it can become {' or '.join(map(repr, allowed))}",
        run_status=present,
        allowed_statuses=allowed,
    )
