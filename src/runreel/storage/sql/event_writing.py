"""Writing the events of runs: rows, payload blocks, and what each event adds to totals and rollups.

An event counts its own usage unless a direct child of it has usage (`is_counted`); the flag is brought up to date
here, whichever of the two arrives first. An event that names itself as its parent is no child of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from runreel.storage.merge import State, merged_all, new_state, same
from runreel.storage.sql import event_row, membership, pricing, schema
from runreel.storage.sql.codec import BlockWriter, read_block
from runreel.storage.sql.contribution import add_events
from runreel.storage.sql.event_row import BLOB, BLOCK, IS_COUNTED, LINE, PARENT
from runreel.storage.sql.payload_blob import LARGE_BYTES, PayloadBlobs, read_payload_blob
from runreel.storage.sql.run_row import RunChange, RunRow
from runreel.storage.sql.transaction import Transaction
from runreel.storage.sql.work import Work

EventKey = tuple[int, str]
Row = Sequence[Any]

_CHUNK_ROWS = 2_000
_KEY = ("run_pk", "event_id")
_PARENT_KEY = ("run_pk", "parent_event_id")


@dataclass(slots=True)
class Written:
    """The event rows of one transaction, old and new; `silent` are new ones whose usage is known to be a child's."""

    new: dict[EventKey, list[Any]] = field(default_factory=dict[EventKey, list[Any]])
    old: dict[EventKey, Row] = field(default_factory=dict[EventKey, Row])
    blocks: list[tuple[int, int, int, bytes]] = field(default_factory=list[tuple[int, int, int, bytes]])
    blobs: PayloadBlobs = field(default_factory=PayloadBlobs)
    silent: set[EventKey] = field(default_factory=set[EventKey])


def write(transaction: Transaction, pairs: Sequence[tuple[Work, RunChange]]) -> None:
    """Merge the events of these runs and write what changed."""
    changes = {work.run_pk: change for work, change in pairs}
    for change in changes.values():
        if not change.is_new and change.row.agent_name != change.before.agent_name:
            _move_contributions(transaction, change)
    with_events = [(work, change) for work, change in pairs if work.events]
    if not with_events:
        return
    write_rows(transaction, _merge(transaction, with_events), changes)


def write_rows(transaction: Transaction, written: Written, changes: dict[int, RunChange]) -> None:
    """Write merged events with their payloads, price them, and add what they contribute."""
    if transaction.blobs is not None:
        written.blobs.write(transaction, transaction.blobs)
    pricing.price_new(transaction, written.new.values(), changes)
    doubtful = _count_usage(transaction, written, changes)
    begun = {run_pk for run_pk, change in changes.items() if change.before.event_count}
    moves = membership.settle(transaction, written.new, written.old, begun)
    contribute(transaction, -1, written.old.values(), changes)
    contribute(transaction, 1, written.new.values(), changes)
    replaced = [key for key in written.new if key in written.old]
    transaction.execute_many("DELETE FROM events WHERE run_pk = ? AND event_id = ?", replaced)
    transaction.dialect.insert(transaction.cursor, schema.events, list(written.new.values()))
    transaction.dialect.insert(transaction.cursor, schema.payload_blocks, written.blocks)
    membership.move(transaction, moves)
    if doubtful:
        recount(transaction, doubtful, changes)


def _merge(transaction: Transaction, pairs: Sequence[tuple[Work, RunChange]]) -> Written:
    keys = [(work.run_pk, event_id) for work, change in pairs if change.before.event_count for event_id in work.events]
    stored, payloads = stored_events(transaction, keys, {work.run_pk: work.project for work, _ in pairs})
    written = Written()
    for work, change in pairs:
        run = change.row
        writer = PayloadWriter(transaction, written, run)
        for event_id, records in work.events.items():
            key = (work.run_pk, event_id)
            before: State | None = None
            old = stored.get(key)
            if old is not None:
                before = event_row.read_state(old, payloads.get(key))
            if before is None and len(records) == 1:
                state = new_state(records[0])
            else:
                state = merged_all(before, records)
                if before is not None and same(state, before):
                    continue
            run.change_seq += 1
            row = event_row.make_row(work.run_pk, event_id, state, run.change_seq, first_seen_at=run.first_seen_at)
            writer.place(row, event_row.encode_payload(state))
            written.new[key] = row
            if old is not None:
                written.old[key] = old
        writer.close()
    return written


class PayloadWriter:
    """Places the payloads of one run: small ones in blocks, large ones among the blobs."""

    def __init__(self, transaction: Transaction, written: Written, run: RunRow) -> None:
        self._written = written
        self._run = run
        self._blocks = BlockWriter(run.run_pk, run.block_count)
        self._block_bytes = LARGE_BYTES if transaction.blobs is not None else sys.maxsize

    def place(self, row: list[Any], payload: bytes | None) -> None:
        """Take the payload of an event, and note in its row where it is."""
        if payload is None:
            return
        if len(payload) <= self._block_bytes:
            row[BLOCK], row[LINE] = self._blocks.add(payload)
        else:
            row[BLOB], n_bytes = self._written.blobs.add(self._run.project, payload)
            self._run.payload_bytes += n_bytes

    def close(self) -> None:
        """Hand over the blocks, and note in the run what it has now."""
        rows = self._blocks.rows()
        self._run.payload_bytes += sum(len(row[-1]) for row in rows)
        self._written.blocks.extend(rows)
        self._run.block_count = self._blocks.next_block


def stored_events(
    transaction: Transaction, keys: Sequence[EventKey], projects: Mapping[int, str]
) -> tuple[dict[EventKey, Row], dict[EventKey, bytes]]:
    """Return those of the events that are stored: their rows, and their payloads."""
    rows = transaction.dialect.select(transaction.cursor, schema.events, event_row.COLUMNS, _KEY, keys)
    return {(row[0], row[1]): row for row in rows}, _stored_payloads(transaction, rows, projects)


def _stored_payloads(
    transaction: Transaction, rows: Sequence[Row], projects: Mapping[int, str]
) -> dict[EventKey, bytes]:
    wanted = sorted({(row[0], row[BLOCK]) for row in rows if row[BLOCK] is not None})
    found = transaction.dialect.select(
        transaction.cursor, schema.payload_blocks, ("run_pk", "block", "data"), ("run_pk", "block"), wanted
    )
    blocks = {(row[0], row[1]): read_block(row[2]) for row in found}
    payloads: dict[EventKey, bytes] = {
        (row[0], row[1]): blocks[row[0], row[BLOCK]][row[LINE]] for row in rows if row[BLOCK] is not None
    }
    for row in rows:
        if row[BLOB] is not None:
            payloads[row[0], row[1]] = read_payload_blob(transaction.blobs, projects[row[0]], row[BLOB])
    return payloads


def _count_usage(transaction: Transaction, written: Written, changes: dict[int, RunChange]) -> list[EventKey]:
    """Set `is_counted` of the new rows; return the stored events whose flag may have to change."""
    using = {key: row for key, row in written.new.items() if row[IS_COUNTED]}
    parents = {(key[0], row[PARENT]) for key, row in using.items() if row[PARENT] not in (None, key[1])}
    asked = [key for key in using if key not in parents and changes[key[0]].before.event_count]
    children = transaction.dialect.select(
        transaction.cursor, schema.events, (*_PARENT_KEY, "event_id", *event_row.USAGE), _PARENT_KEY, asked
    )
    # A stored child that is written anew here counts by its new row, which `using` holds.
    parents.update((row[0], row[1]) for row in children if any(row[3:]) and (row[0], row[2]) not in written.new)
    for key, row in using.items():
        if key in parents or key in written.silent:
            row[IS_COUNTED] = 0
    left = {
        (key[0], old[PARENT])
        for key, old in written.old.items()
        if old[PARENT] is not None
        and event_row.has_usage(old)
        and (old[PARENT] != written.new[key][PARENT] or key not in using)
    }
    return sorted(key for key in parents | left if key in left or _may_be_stored(key, written, changes))


def _may_be_stored(key: EventKey, written: Written, changes: dict[int, RunChange]) -> bool:
    return key not in written.new and bool(changes[key[0]].before.event_count)


def recount(transaction: Transaction, keys: Sequence[EventKey], changes: dict[int, RunChange]) -> None:
    """Bring the flags of stored events up to date, and what the events contribute."""
    dialect, cursor = transaction.dialect, transaction.cursor
    stored = dialect.select(cursor, schema.events, event_row.COLUMNS, _KEY, keys)
    using = [row for row in stored if event_row.has_usage(row)]
    above = _with_using_children(transaction, [(row[0], row[1]) for row in using])
    outdated: list[Row] = []
    updated: list[list[Any]] = []
    for old in stored:
        key, change = (old[0], old[1]), changes[old[0]]
        is_counted = int(event_row.has_usage(old) and key not in above)
        if is_counted == old[IS_COUNTED]:
            continue
        change.row.change_seq += 1
        row = list(old)
        row[IS_COUNTED] = is_counted
        row[event_row.CHANGE_SEQ] = change.row.change_seq
        outdated.append(old)
        updated.append(row)
    contribute(transaction, -1, outdated, changes)
    contribute(transaction, 1, updated, changes)
    transaction.execute_many(
        "UPDATE events SET is_counted = ?, change_seq = ? WHERE run_pk = ? AND event_id = ?",
        [(row[IS_COUNTED], row[event_row.CHANGE_SEQ], row[0], row[1]) for row in updated],
    )


def _with_using_children(transaction: Transaction, keys: Sequence[EventKey]) -> set[EventKey]:
    """Return those of the stored events that have a child with usage."""
    children = transaction.dialect.select(
        transaction.cursor, schema.events, (*_PARENT_KEY, "event_id", *event_row.USAGE), _PARENT_KEY, keys
    )
    return {(row[0], row[1]) for row in children if row[1] != row[2] and any(row[3:])}


def contribute(transaction: Transaction, sign: int, rows: Iterable[Row], changes: dict[int, RunChange]) -> None:
    """Add what events contribute to their runs and to the rollups, or with sign -1 take it out."""
    for run_pk, of_run in groupby(rows, itemgetter(0)):
        run = changes[run_pk].row
        added = add_events(transaction.rollup, sign, of_run, run.project, run.agent_name)
        run.sequenced_count += sign * added.n_sequenced
        run.approval_count += sign * added.n_approvals
        run.open_approval_count += sign * added.n_open_approvals
        run.add_totals(sign, added.totals)


def _move_contributions(transaction: Transaction, change: RunChange) -> None:
    """Move what all stored events of a run contribute from its former agent to its present one."""
    run = change.row
    for rows in iter_chunks(transaction, run.run_pk):
        add_events(transaction.rollup, -1, rows, run.project, change.before.agent_name)
        add_events(transaction.rollup, 1, rows, run.project, run.agent_name)


def iter_chunks(transaction: Transaction, run_pk: int) -> Iterator[Sequence[Row]]:
    """Yield all event rows of a run, a bounded number at a time."""
    names = ",".join(event_row.COLUMNS)
    statement = transaction.dialect.sql(
        f"SELECT {names} FROM events WHERE run_pk = ? AND event_id > ? ORDER BY event_id LIMIT {_CHUNK_ROWS}"
    )
    last = ""
    while True:
        transaction.cursor.execute(statement, (run_pk, last))
        rows = transaction.cursor.fetchall()
        yield rows
        if len(rows) < _CHUNK_ROWS:
            return
        last = rows[-1][1]
