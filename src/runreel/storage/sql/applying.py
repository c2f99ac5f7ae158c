"""Applying records: from the records of many batches to the rows of their runs, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain

from runreel.errors import StorageError
from runreel.model.record import ApplyReport, Record, RecordIssue, RecordKind
from runreel.model.scope import Scope
from runreel.storage.merge import State, merged_all, same
from runreel.storage.sql import event_writing, recorder_writing, schema, things
from runreel.storage.sql.key import run_pk_of
from runreel.storage.sql.naming import name_runs
from runreel.storage.sql.run_row import (
    AGENT_SUMS,
    RunChange,
    RunRow,
    decode_state,
    empty_state,
    encode_state,
    new_row,
    read_run,
)
from runreel.storage.sql.transaction import Transaction
from runreel.storage.sql.work import Work

RunKey = tuple[str, str]

_SESSION = RecordKind.SESSION


def apply(
    transaction: Transaction, batches: Sequence[tuple[Scope, Sequence[Record]]], *, now: int
) -> list[ApplyReport]:
    """Merge the records of all batches; see `RunStore.apply`."""
    works, session_records = _sorted_out(batches)
    put_projects(transaction, {scope.project for scope, _ in batches}, now)
    _put_session_records(transaction, session_records, now)
    changes, deleted = _open_runs(transaction, works, now)
    refused = _refuse_deleted(transaction, deleted, batches)
    pairs = [(works[key], change) for key, change in changes.items()]
    things.write(transaction, pairs)
    event_writing.write(transaction, pairs)
    recorder_writing.write(transaction, pairs)
    name_runs(transaction, changes.values())
    close_runs(transaction, changes.values())
    remove_guessed_sessions(transaction, changes.values())
    transaction.finish()
    return [
        ApplyReport(
            refused=refused[batch],
            runs={
                run_id: read_run(changes[project, run_id].row) for project, run_id in _touched(works, changes, batch)
            },
        )
        for batch in range(len(batches))
    ]


def close_runs(transaction: Transaction, changes: Iterable[RunChange]) -> None:
    """Write the rows of the runs that changed, and add what they contribute to the totals of others."""
    changes = list(changes)
    for change in changes:
        change.settle_waiting()
    changed = [change for change in changes if change.is_changed()]
    for change in changed:
        change.row.change_seq += 1
        if not change.is_new:
            transaction.add_run(-1, change.before)
        transaction.add_run(1, change.row)
        transaction.note_change(change.row)
    transaction.execute_many(
        "INSERT INTO run_transitions (run_pk, change_seq, at, from_status, to_status, who, why) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [change.transition() for change in changed if change.has_new_status()],
    )
    _update_rows(transaction, changed)
    transaction.execute_many(
        "INSERT INTO run_states (run_pk, state) VALUES (?, ?) "
        "ON CONFLICT (run_pk) DO UPDATE SET state = excluded.state",
        [(change.row.run_pk, encode_state(change.state)) for change in changed if change.state_changed],
    )
    retagged = [change.row for change in changed if change.row.tags != change.before.tags]
    transaction.execute_many("DELETE FROM run_tags WHERE run_pk = ?", [(row.run_pk,) for row in retagged])
    tags = [(row.run_pk, tag) for row in retagged for tag in read_run(row).tags]
    transaction.dialect.insert(transaction.cursor, schema.run_tags, tags)


def _update_rows(transaction: Transaction, changes: Iterable[RunChange]) -> None:
    """Write the columns that differ: setting one that is in an index costs as much when its value is the same."""
    by_columns: dict[tuple[str, ...], list[tuple[object, ...]]] = {}
    for change in changes:
        differing = change.differing()
        by_columns.setdefault(tuple(differing), []).append((*differing.values(), change.row.run_pk))
    for names, rows in by_columns.items():
        assignments = ",".join(f"{name} = ?" for name in names)
        transaction.execute_many(f"UPDATE runs SET {assignments} WHERE run_pk = ?", rows)


def _touched(works: dict[RunKey, Work], changes: dict[RunKey, RunChange], batch: int) -> list[RunKey]:
    return [key for key in changes if batch in works[key].batches]


def _sorted_out(
    batches: Sequence[tuple[Scope, Sequence[Record]]],
) -> tuple[dict[RunKey, Work], dict[RunKey, list[Record]]]:
    works: dict[RunKey, Work] = {}
    session_records: dict[RunKey, list[Record]] = {}
    for batch, (scope, records) in enumerate(batches):
        project = scope.project
        for record in records:
            if record.kind is _SESSION:
                session_records.setdefault((project, record.key), []).append(record)
                continue
            key = (project, record.run_id)
            work = works.get(key)
            if work is None:
                work = works[key] = Work(project, record.run_id, run_pk_of(project, record.run_id))
            work.add(batch, record)
    return works, session_records


def put_projects(transaction: Transaction, projects: set[str], now: int) -> None:
    transaction.dialect.insert(
        transaction.cursor, schema.projects, [(project, now, 0) for project in sorted(projects)], or_ignore=True
    )


def put_sessions(transaction: Transaction, keys: Iterable[tuple[str, str]], now: int) -> None:
    """Create the sessions that do not exist yet."""
    rows = [(project, session_id, session_id, "active", now, None, None) for project, session_id in sorted(set(keys))]
    transaction.dialect.insert(transaction.cursor, schema.sessions, rows, or_ignore=True)


def remove_guessed_sessions(transaction: Transaction, changes: Iterable[RunChange]) -> None:
    """Remove the sessions that runs have left, where nobody declared them and nothing else is in them.

    They were guessed from what came first; had it come in another order, they would not be there.
    """
    left = {(change.before.project, change.before.session_id) for change in changes if change.has_left_session()}
    transaction.execute_many(
        "DELETE FROM sessions WHERE project = ? AND session_id = ? AND state IS NULL AND person_name IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.project = ? AND runs.session_id = ?)",
        [(*key, *key) for key in sorted(left)],
    )


def put_agents(transaction: Transaction, keys: Iterable[tuple[str, str]], now: int) -> None:
    """Create the agents that do not exist yet; those without runs begin anew."""
    wanted = sorted(set(keys))
    found = transaction.dialect.select(
        transaction.cursor,
        schema.agents,
        ("project", "agent_name", "run_count"),
        ("project", "agent_name"),
        wanted,
    )
    known = {(row[0], row[1]): row[2] for row in found}
    zeros = [0] * len(AGENT_SUMS)
    rows = [(*key, None, now, 0, *zeros, None) for key in wanted if key not in known]
    transaction.dialect.insert(transaction.cursor, schema.agents, rows, or_ignore=True)
    transaction.execute_many(
        "UPDATE agents SET created_at = ? WHERE project = ? AND agent_name = ? AND run_count = 0",
        [(now, *key) for key, run_count in sorted(known.items()) if not run_count],
    )


def _put_session_records(transaction: Transaction, records: dict[RunKey, list[Record]], now: int) -> None:
    if not records:
        return
    put_sessions(transaction, records, now)
    rows = transaction.dialect.select(
        transaction.cursor,
        schema.sessions,
        ("project", "session_id", "state"),
        ("project", "session_id"),
        sorted(records),
        for_update=True,
    )
    for project, session_id, stored in rows:
        before = decode_state(stored) if stored is not None else None
        state = merged_all(before, records[project, session_id])
        if before is not None and same(state, before):
            continue
        update_session(transaction, (project, session_id), state, now)


def update_session(transaction: Transaction, key: tuple[str, str], state: State, now: int) -> None:
    """Write the merged state of a session, and what follows from it."""
    transaction.execute(
        "UPDATE sessions SET name = ?, status = ?, created_at = ?, state = ? WHERE project = ? AND session_id = ?",
        state.fields.get("name") or key[1],
        state.fields.get("status") or "active",
        state.fields.get("created_at") or state.top[1] or now,
        encode_state(state),
        *key,
    )


def _open_runs(
    transaction: Transaction, works: dict[RunKey, Work], now: int
) -> tuple[dict[RunKey, RunChange], list[Work]]:
    """Lock the runs and merge their own records; return their changes, and the works of deleted runs."""
    by_pk = {work.run_pk: work for work in works.values()}
    rows = transaction.lock_runs(list(by_pk))
    changes = _load_changes(transaction, rows, by_pk, now)
    put_owners(transaction, [change for change in changes.values() if change.is_moved()], now)
    missing = [work for run_pk, work in sorted(by_pk.items()) if run_pk not in rows]
    if not missing:
        return changes, []
    found = transaction.dialect.select(
        transaction.cursor,
        schema.tombstones,
        ("project", "run_id"),
        ("project", "run_id"),
        [(work.project, work.run_id) for work in missing],
    )
    buried = {(row[0], row[1]) for row in found}
    opening = [work for work in missing if (work.project, work.run_id) not in buried]
    changes.update(_create_runs(transaction, opening, now))
    return changes, [work for work in missing if (work.project, work.run_id) in buried]


def _create_runs(transaction: Transaction, works: Sequence[Work], now: int) -> dict[RunKey, RunChange]:
    drafts: dict[int, RunChange] = {}
    for work in works:
        row = new_row(work.run_pk, work.project, work.run_id, now=now)
        drafts[work.run_pk] = _merged_change(work, row, empty_state(), now)
    put_owners(transaction, drafts.values(), now)
    transaction.dialect.insert(
        transaction.cursor, schema.runs, [change.row.values() for change in drafts.values()], or_ignore=True
    )
    rows = transaction.lock_runs(list(drafts))
    # Another process may have created one of them since we looked: its row is the one to continue.
    by_pk = {work.run_pk: work for work in works}
    theirs = {run_pk: row for run_pk, row in rows.items() if row.change_seq}
    changes = {(change.row.project, change.row.run_id): change for change in drafts.values()}
    changes.update(_load_changes(transaction, theirs, by_pk, now))
    put_owners(transaction, [changes[row.project, row.run_id] for row in theirs.values()], now)
    return changes


def _load_changes(
    transaction: Transaction, rows: Mapping[int, RunRow], works: Mapping[int, Work], now: int
) -> dict[RunKey, RunChange]:
    """Return the changes of stored runs with their new run records merged."""
    stored = transaction.dialect.select(
        transaction.cursor, schema.run_states, ("run_pk", "state"), ("run_pk",), [(run_pk,) for run_pk in rows]
    )
    states = {row[0]: decode_state(row[1]) for row in stored}
    changes: dict[RunKey, RunChange] = {}
    for run_pk, row in rows.items():
        work = works[run_pk]
        if (row.project, row.run_id) != (work.project, work.run_id):
            raise StorageError(f"the run id {work.run_id!r} has the same hash as another's; record it under a new id")
        changes[work.project, work.run_id] = _merged_change(work, row, states.get(run_pk, empty_state()), now)
    return changes


def _merged_change(work: Work, row: RunRow, state: State, now: int) -> RunChange:
    change = RunChange(row, state)
    if row.is_lost:
        row.is_lost, change.at, change.why = 0, now, "records came again"
    for record in work.run_records:
        change.merge_record(record)
    change.see(work.run_records)
    change.see(chain.from_iterable(work.events.values()))
    for others in work.others.values():
        change.see(source for source in chain.from_iterable(others.values()) if isinstance(source, Record))
    change.derive()
    if row.heartbeat_us is not None:
        change.beat(now)
    return change


def put_owners(transaction: Transaction, changes: Collection[RunChange], now: int) -> None:
    """Create the agents and sessions that these runs belong to, where they don't exist yet."""
    put_agents(transaction, {(change.row.project, change.row.agent_name) for change in changes}, now)
    put_sessions(transaction, {(change.row.project, change.row.session_id) for change in changes}, now)


def _refuse_deleted(
    transaction: Transaction, deleted: Sequence[Work], batches: Sequence[tuple[Scope, Sequence[Record]]]
) -> list[list[RecordIssue]]:
    refused: list[list[RecordIssue]] = [[] for _ in batches]
    for work in deleted:
        n_late = 0
        for batch in work.batches:
            scope, records = batches[batch]
            late = [record for record in records if (scope.project, record.run_id) == (work.project, work.run_id)]
            n_late += len(late)
            reason = f"its run {work.run_id!r} was deleted"
            refused[batch].extend(
                RecordIssue(index=record.index, kind=record.kind, key=record.key or record.run_id, reason=reason)
                for record in late
            )
        transaction.execute(
            "UPDATE tombstones SET late_count = late_count + ? WHERE project = ? AND run_id = ?",
            n_late,
            work.project,
            work.run_id,
        )
    return refused
