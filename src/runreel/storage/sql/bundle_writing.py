"""Putting runs of a bundle in: states are merged as states, and what is new here is written as it came."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runreel.errors import StorageError
from runreel.model.bundle import (
    EVENT_FIELDS,
    EventPart,
    ImportOptions,
    ImportOutcome,
    RecorderPart,
    RunImport,
    RunPart,
    RunParts,
)
from runreel.model.record import RecordKind, edge_key
from runreel.model.scope import Scope
from runreel.storage.merge import joined, same
from runreel.storage.sql import event_row, event_writing, recorder_writing, schema, things
from runreel.storage.sql.applying import close_runs, put_owners, put_projects, remove_guessed_sessions
from runreel.storage.sql.bundle_counting import count_rows
from runreel.storage.sql.bundle_session import in_session, put_sessions_of
from runreel.storage.sql.event_writing import EventKey, PayloadWriter, Row, Written
from runreel.storage.sql.key import run_pk_of
from runreel.storage.sql.naming import Namer, keep_aliases, name_due
from runreel.storage.sql.recorder_row import RecorderRow
from runreel.storage.sql.run_row import NAMED_BY_PERSON, RunChange, RunRow, decode_state, empty_state
from runreel.storage.sql.transaction import Transaction
from runreel.storage.sql.work import Work

_NODE = EVENT_FIELDS.index("node_id")


@dataclass(slots=True)
class _Entry:
    """A run on its way in."""

    parts: RunParts
    run_pk: int
    change: RunChange
    has_moved_name: bool = False

    @property
    def is_new(self) -> bool:
        return self.change.is_new


def import_runs(
    transaction: Transaction, scope: Scope, runs: Sequence[RunParts], *, options: ImportOptions, now: int
) -> list[RunImport]:
    """Put runs in; see `BundleStore.import_runs`."""
    wanted = {run_pk_of(scope.project, parts.run.run_id): _in_project(parts, options) for parts in runs}
    put_projects(transaction, {scope.project}, now)
    sessions = put_sessions_of(transaction, scope, wanted.values(), options, now)
    entries, buried = _open(transaction, scope, wanted, options, now)
    pairs = [(_work_of(scope, entry), entry.change) for entry in entries.values()]
    things.write(transaction, pairs)
    event_writing.write(transaction, pairs)
    _write_events(transaction, entries)
    recorder_writing.write(transaction, pairs)
    _write_history(transaction, [entry for entry in entries.values() if entry.is_new])
    _name(transaction, entries.values())
    changes = [entry.change for entry in entries.values()]
    close_runs(transaction, changes)
    remove_guessed_sessions(transaction, changes)
    transaction.finish()
    counts = count_rows(transaction, [run_pk for run_pk, entry in entries.items() if entry.parts.is_last])
    return [
        _report(entries[run_pk], counts.get(run_pk, {}), sessions) if run_pk in entries else _refusal(parts)
        for run_pk, parts in wanted.items()
        if run_pk in entries or run_pk in buried
    ]


def _in_project(parts: RunParts, options: ImportOptions) -> RunParts:
    return parts if options.session_id is None else in_session(parts, options.session_id)


def _open(
    transaction: Transaction, scope: Scope, wanted: Mapping[int, RunParts], options: ImportOptions, now: int
) -> tuple[dict[int, _Entry], set[int]]:
    """Lock the runs that exist and create the others; return them, and the keys of those that stay deleted."""
    rows = transaction.lock_runs(list(wanted))
    missing = {run_pk: parts for run_pk, parts in wanted.items() if run_pk not in rows}
    revived, buried = _raise_tombstones(transaction, scope, missing, options)
    drafts = {run_pk: _draft(scope, run_pk, parts.run) for run_pk, parts in missing.items() if run_pk not in buried}
    put_owners(transaction, drafts.values(), now)
    values = [change.row.values() for _, change in sorted(drafts.items())]
    transaction.dialect.insert(transaction.cursor, schema.runs, values, or_ignore=True)
    for run_pk, change_seq in revived.items():
        # Who followed the run before it was deleted has seen the numbers up to this one.
        drafts[run_pk].row.change_seq = change_seq
    # Another process may have created one of them since we looked: its row is the one to continue.
    rows.update((run_pk, row) for run_pk, row in transaction.lock_runs(list(drafts)).items() if row.change_seq)
    changes = {**drafts, **_merged(transaction, scope, rows, wanted)}
    put_owners(transaction, [changes[run_pk] for run_pk in rows if changes[run_pk].is_moved()], now)
    return {run_pk: _Entry(wanted[run_pk], run_pk, changes[run_pk]) for run_pk in wanted if run_pk in changes}, buried


def _raise_tombstones(
    transaction: Transaction, scope: Scope, runs: Mapping[int, RunParts], options: ImportOptions
) -> tuple[dict[int, int], set[int]]:
    """Return the last `change_seq` of those runs that come back, by their keys, and the keys of those that may not."""
    keys = [(scope.project, parts.run.run_id) for parts in runs.values()]
    key = ("project", "run_id")
    found = transaction.dialect.select(transaction.cursor, schema.tombstones, (*key, "change_seq"), key, keys)
    numbers = {run_pk_of(project, run_id): change_seq for project, run_id, change_seq in found}
    if not options.can_revive:
        return {}, set(numbers)
    transaction.execute_many(
        "DELETE FROM tombstones WHERE project = ? AND run_id = ?", sorted((row[0], row[1]) for row in found)
    )
    return numbers, set()


def _draft(scope: Scope, run_pk: int, run: RunPart) -> RunChange:
    """Return the change that makes a new run what it was elsewhere, but for its name."""
    row = RunRow(
        run_pk,
        scope.project,
        run.run_id,
        created_at=run.created_at,
        active_at=run.active_at,
        first_seen_at=run.first_seen_at,
        inferred_agent=run.inferred_agent,
        inferred_at=run.inferred_at,
        is_lost=int(run.is_lost),
    )
    change = RunChange(row, empty_state())
    if run.state is not None:
        change.merge_state(decode_state(run.state))
    change.has_history = bool(run.transitions)
    change.derive()
    return change


def _merged(
    transaction: Transaction, scope: Scope, rows: Mapping[int, RunRow], wanted: Mapping[int, RunParts]
) -> dict[int, RunChange]:
    """Return the changes of stored runs with what a bundle says of them."""
    stored = transaction.dialect.select(
        transaction.cursor, schema.run_states, ("run_pk", "state"), ("run_pk",), [(run_pk,) for run_pk in rows]
    )
    states = {row[0]: decode_state(row[1]) for row in stored}
    changes: dict[int, RunChange] = {}
    for run_pk, row in rows.items():
        run = wanted[run_pk].run
        if (row.project, row.run_id) != (scope.project, run.run_id):
            raise StorageError(f"the run id {run.run_id!r} has the same hash as another's; it can't be imported")
        change = changes[run_pk] = RunChange(row, states.get(run_pk, empty_state()))
        if run.state is not None:
            change.merge_state(decode_state(run.state))
        # A run that no record gave a time stands at the time it was first seen, which says nothing here.
        if run.active_at >= run.created_at:
            change.see_span(run.created_at, run.active_at)
        if run.inferred_agent is not None and run.inferred_at is not None:
            change.infer_agent(run.inferred_agent, run.inferred_at)
        change.derive()
    return changes


def _work_of(scope: Scope, entry: _Entry) -> Work:
    work = Work(scope.project, entry.parts.run.run_id, entry.run_pk)
    for thing in entry.parts.things:
        key = edge_key(*thing.key) if thing.kind is RecordKind.EDGE else thing.key[0]
        if thing.state is None:
            work.nodes.add(key)
        else:
            work.others.setdefault(thing.kind, {})[key] = [decode_state(thing.state)]
    for recorder in entry.parts.recorders:
        work.recorder_rows[recorder.recorder_id] = _recorder_row(recorder)
    work.nodes.update(node_id for event in entry.parts.events if (node_id := event.values[_NODE]) is not None)
    return work


def _recorder_row(recorder: RecorderPart) -> RecorderRow:
    return RecorderRow(
        received=recorder.received,
        record_count=recorder.record_count,
        dropped_count=recorder.dropped_count,
        state=None if recorder.state is None else decode_state(recorder.state),
    )


def _write_events(transaction: Transaction, entries: Mapping[int, _Entry]) -> None:
    changes = {run_pk: entry.change for run_pk, entry in entries.items()}
    keys = [
        (run_pk, event.values[0])
        for run_pk, entry in entries.items()
        if entry.change.before.event_count
        for event in entry.parts.events
    ]
    projects = {run_pk: change.row.project for run_pk, change in changes.items()}
    stored, payloads = event_writing.stored_events(transaction, keys, projects)
    written = Written()
    for entry in entries.values():
        writer = PayloadWriter(transaction, written, entry.change.row)
        _merge_events(written, writer, entry, stored, payloads)
        writer.close()
    if written.new:
        event_writing.write_rows(transaction, written, changes)
    # What a bundle says is silent must be so by the rules when the run is complete.
    doubtful = _unproven(written, entries)
    if doubtful:
        event_writing.recount(transaction, sorted(doubtful), changes)


def _unproven(written: Written, entries: Mapping[int, _Entry]) -> set[EventKey]:
    """Return the silent events of complete runs that have no child with usage among the rows written now."""
    silent = {
        (run_pk, event_id)
        for run_pk, entry in entries.items()
        if entry.parts.is_last
        for event_id in (*_silent_ids(entry), *entry.parts.silent_before)
    }
    if silent:
        rows = written.new.values()
        silent -= {(row[0], row[event_row.PARENT]) for row in rows if event_row.has_usage(row)}
    return silent


def _silent_ids(entry: _Entry) -> Iterable[str]:
    return (event.values[0] for event in entry.parts.events if event.is_silent)


def _merge_events(
    written: Written,
    writer: PayloadWriter,
    entry: _Entry,
    stored: Mapping[EventKey, Row],
    payloads: Mapping[EventKey, bytes],
) -> None:
    run, run_pk = entry.change.row, entry.run_pk
    for event in entry.parts.events:
        key = (run_pk, event.values[0])
        if key in written.new:
            raise StorageError(f"the event {key[1]!r} is in the bundle twice; export the run again")
        old = stored.get(key)
        row, payload = _new_row(run_pk, event), event.payload
        if old is None:
            if event.is_silent:
                written.silent.add(key)
        else:
            if event_row.holds_same(old, row) and payload == payloads.get(key):
                continue
            before = event_row.read_state(old, payloads.get(key))
            state = joined(before, event_row.read_state(row, payload))
            if same(state, before):
                continue
            row = event_row.make_row(run_pk, key[1], state, 0, first_seen_at=run.first_seen_at)
            payload = event_row.encode_payload(state)
            written.old[key] = old
        run.change_seq += 1
        row[event_row.CHANGE_SEQ] = run.change_seq
        writer.place(row, payload)
        written.new[key] = row


def _new_row(run_pk: int, event: EventPart) -> list[Any]:
    values = event.values
    row = [run_pk, values[0], 0, values[1], values[2], 0, *values[3:], *event_row.UNKNOWN_YET]
    if event_row.has_usage(row):
        row[event_row.IS_COUNTED] = 1
    return row


def _write_history(transaction: Transaction, entries: Iterable[_Entry]) -> None:
    """Write what became of the status of new runs."""
    rows: list[tuple[Any, ...]] = []
    for entry in entries:
        for each in entry.parts.run.transitions:
            entry.change.row.change_seq += 1
            number = entry.change.row.change_seq
            rows.append((entry.run_pk, number, each.at, each.from_status, each.to_status, each.who, each.why))
    transaction.dialect.insert(transaction.cursor, schema.run_transitions, rows)


def _name(transaction: Transaction, entries: Iterable[_Entry]) -> None:
    """Give new runs the names that they had, where nobody has them, and stored ones what a person called them."""
    entries = list(entries)
    agents = {(row.project, row.agent_name) for entry in entries for row in (entry.change.row, entry.change.before)}
    namer = Namer(transaction, transaction.lock_agents(agents))
    named = [entry for entry in entries if entry.is_new or _has_chosen_name(entry)]
    namer.look_up((_agent_of(entry), name) for entry in named if (name := entry.parts.run.run_name) is not None)
    for entry in named:
        _name_one(namer, entry)
    due = name_due(namer, [entry.change for entry in entries if not entry.is_new])
    namer.close()
    keep_aliases(transaction, [entry.change for entry in entries if not entry.is_new and entry.has_moved_name])
    keep_aliases(transaction, due)
    _put_aliases(transaction, [entry for entry in entries if entry.is_new])


def _agent_of(entry: _Entry) -> tuple[str, str]:
    return entry.change.row.project, entry.change.row.agent_name


def _has_chosen_name(entry: _Entry) -> bool:
    """Tell whether a person gave the run its name elsewhere, and nobody did here."""
    return entry.parts.run.name_source == NAMED_BY_PERSON and entry.change.row.name_source != NAMED_BY_PERSON


def _name_one(namer: Namer, entry: _Entry) -> None:
    run, row, agent = entry.parts.run, entry.change.row, _agent_of(entry)
    for name in (run.run_name, *(name for agent_name, name in run.aliases if agent_name == row.agent_name)):
        if name is not None:
            namer.pass_over(agent, name)
    if run.run_name is not None:
        row.run_name, row.name_source = namer.choose(agent, run.run_name, entry.run_pk), run.name_source
        entry.has_moved_name = row.run_name != entry.change.before.run_name


def _put_aliases(transaction: Transaction, entries: Iterable[_Entry]) -> None:
    """Let the former names of new runs lead to them, where no other run has them or had them."""
    wanted = {
        (entry.change.row.project, *alias): entry.run_pk for entry in entries for alias in entry.parts.run.aliases
    }
    key = ("project", "agent_name", "run_name")
    taken = transaction.dialect.select(transaction.cursor, schema.runs, key, key, sorted(wanted))
    free = wanted.keys() - {tuple(row) for row in taken}
    transaction.dialect.insert(
        transaction.cursor, schema.run_aliases, [(*alias, wanted[alias]) for alias in sorted(free)], or_ignore=True
    )


def _report(entry: _Entry, n_kept: Mapping[str, int], sessions: Collection[str]) -> RunImport:
    row, session = entry.change.row, entry.parts.session
    outcome = ImportOutcome.NEW if entry.is_new else ImportOutcome.SAME
    if outcome is ImportOutcome.SAME and entry.change.is_changed():
        outcome = ImportOutcome.CHANGED
    return RunImport(
        run_id=row.run_id,
        outcome=outcome,
        agent_name=row.agent_name,
        run_name=row.run_name,
        wanted_name=entry.parts.run.run_name,
        n_events=len(entry.parts.events),
        n_kept=n_kept,
        session_id=session.session_id if session is not None and session.session_id in sessions else None,
    )


def _refusal(parts: RunParts) -> RunImport:
    return RunImport(
        run_id=parts.run.run_id,
        outcome=ImportOutcome.REFUSED,
        agent_name=parts.run.agent_name,
        run_name=parts.run.run_name,
        wanted_name=parts.run.run_name,
        reason="it was deleted here; reviving it must be asked for",
    )
