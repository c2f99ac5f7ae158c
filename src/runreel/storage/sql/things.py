"""Writing the nodes, edges, messages and files of runs: rows that keep their whole merged state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table

from runreel.model.blob import parse_content_hash
from runreel.model.record import RecordKind, split_edge_key
from runreel.storage.merge import State, merged_all, same, with_statements
from runreel.storage.sql import schema
from runreel.storage.sql.blob_row import BlobKey, lock_blobs
from runreel.storage.sql.run_row import RunChange, RunRow, decode_state, encode_state
from runreel.storage.sql.transaction import Transaction
from runreel.storage.sql.work import Work

Pairs = Sequence[tuple[Work, RunChange]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """How things of one kind are stored beside their state."""

    table: Table
    key: Sequence[str]
    split_key: Callable[[str], tuple[str, ...]]
    columns: Sequence[str]
    derive: Callable[[State, RunRow], tuple[Any, ...]]


def _node_columns(state: State, _run: RunRow) -> tuple[Any, ...]:
    return (state.fields.get("order_index"),)


def _edge_columns(_state: State, _run: RunRow) -> tuple[Any, ...]:
    return ()


def _message_columns(state: State, run: RunRow) -> tuple[Any, ...]:
    fields = state.fields
    sent_at = fields.get("sent_at") or state.top[1] or run.first_seen_at
    return fields.get("node_id"), fields.get("event_id"), sent_at


def _file_columns(state: State, run: RunRow) -> tuple[Any, ...]:
    fields = state.fields
    created_at = fields.get("created_at") or state.top[1] or run.first_seen_at
    return fields.get("node_id"), fields.get("event_id"), created_at, _named_blob(state)


def _named_blob(state: State) -> str | None:
    """Return what a file's hash refers to: in its one form where it is a SHA-256, else as it was sent."""
    content_hash = cast("str | None", state.fields.get("content_hash"))
    return content_hash and (parse_content_hash(content_hash) or content_hash)


# In the order in which foreign keys want them.
_SHAPES: Mapping[RecordKind, _Shape] = {
    RecordKind.NODE: _Shape(
        table=schema.nodes,
        key=("node_id",),
        split_key=lambda key: (key,),
        columns=("order_index",),
        derive=_node_columns,
    ),
    RecordKind.EDGE: _Shape(
        table=schema.edges,
        key=("source", "target", "edge_type", "condition"),
        split_key=split_edge_key,
        columns=(),
        derive=_edge_columns,
    ),
    RecordKind.MESSAGE: _Shape(
        table=schema.messages,
        key=("message_id",),
        split_key=lambda key: (key,),
        columns=("node_id", "event_id", "sent_at"),
        derive=_message_columns,
    ),
    RecordKind.FILE: _Shape(
        table=schema.files,
        key=("file_id",),
        split_key=lambda key: (key,),
        columns=("node_id", "event_id", "created_at", "content_hash"),
        derive=_file_columns,
    ),
}


def write(transaction: Transaction, pairs: Pairs) -> None:
    """Write the nodes that records name or declare, then edges, messages and files."""
    _create_named_nodes(transaction, pairs)
    for kind, shape in _SHAPES.items():
        named = [(work, change) for work, change in pairs if work.others.get(kind)]
        if named:
            _write_kind(transaction, kind, shape, named)


def _create_named_nodes(transaction: Transaction, pairs: Pairs) -> None:
    """Create the nodes that something in the run names and nobody declared."""
    changes = {work.run_pk: change for work, change in pairs}
    wanted = {(work.run_pk, node_id) for work, _ in pairs for node_id in work.named_nodes()}
    if not wanted:
        return
    found = transaction.dialect.select(
        transaction.cursor,
        schema.nodes,
        ("run_pk", "node_id"),
        ("run_pk", "node_id"),
        [key for key in wanted if not changes[key[0]].is_new],
    )
    rows: list[tuple[Any, ...]] = []
    for run_pk, node_id in sorted(wanted.difference((row[0], row[1]) for row in found)):
        run = changes[run_pk].row
        run.change_seq += 1
        rows.append((run_pk, node_id, None, None, run.change_seq))
    transaction.dialect.insert(transaction.cursor, schema.nodes, rows)


def _write_kind(transaction: Transaction, kind: RecordKind, shape: _Shape, pairs: Pairs) -> None:
    stored = _stored_states(transaction, kind, shape, pairs)
    inserted: list[tuple[Any, ...]] = []
    updated: list[tuple[object, ...]] = []
    blobs: set[BlobKey] = set()
    for work, change in pairs:
        for key, records in work.others[kind].items():
            parts = (work.run_pk, *shape.split_key(key))
            before = stored.get(parts)
            sources = [_complete(kind, each) if isinstance(each, State) else each for each in records]
            state = merged_all(before, sources)
            if before is not None and same(state, before):
                continue
            run = change.row
            run.change_seq += 1
            columns = (*shape.derive(state, run), encode_state(state), run.change_seq)
            if parts in stored:
                updated.append((*columns, *parts))
            else:
                inserted.append((*parts, *columns))
            if kind is RecordKind.FILE and (content_hash := _named_blob(state)) is not None:
                blobs.add((run.project, content_hash))
    if blobs:
        # Whatever a sweep decides of these bytes, it does before this lock or after this commit.
        lock_blobs(transaction, blobs)
    transaction.dialect.insert(transaction.cursor, shape.table, inserted)
    assignments = ",".join(f"{name} = ?" for name in (*shape.columns, "state", "change_seq"))
    where = " AND ".join(f"{name} = ?" for name in ("run_pk", *shape.key))
    transaction.execute_many(f"UPDATE {shape.table.name} SET {assignments} WHERE {where}", updated)


def _stored_states(
    transaction: Transaction, kind: RecordKind, shape: _Shape, pairs: Pairs
) -> dict[tuple[Any, ...], State | None]:
    key = ("run_pk", *shape.key)
    keys = [(work.run_pk, *shape.split_key(each)) for work, _ in pairs for each in work.others[kind]]
    rows = transaction.dialect.select(transaction.cursor, shape.table, (*key, "state"), key, keys)
    return {tuple(row[:-1]): None if row[-1] is None else _complete(kind, decode_state(row[-1])) for row in rows}


def _complete(kind: RecordKind, state: State) -> State:
    """Return a state; that of a node, if it comes from a former version, with its status as a statement."""
    return with_statements(state) if kind is RecordKind.NODE else state
