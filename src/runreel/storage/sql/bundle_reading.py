"""Reading a run as the parts of a bundle, a bounded number of rows at a time, without decoding what it carries."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Connection, Select, Table, Text, bindparam, select, tuple_

from runreel.errors import NotFoundError
from runreel.model.blob import parse_content_hash
from runreel.model.bundle import (
    EVENT_FIELDS,
    BlobPart,
    EventPart,
    Part,
    RecorderPart,
    RunPart,
    SessionPart,
    ThingPart,
    TransitionPart,
)
from runreel.model.page import Page
from runreel.model.record import RecordKind
from runreel.model.run import RunFilter
from runreel.model.scope import Scope
from runreel.storage.port import BlobStore
from runreel.storage.sql import event_row
from runreel.storage.sql.codec import decompress, read_block
from runreel.storage.sql.cursor import format_cursor, parse_cursor
from runreel.storage.sql.dialect import Dialect
from runreel.storage.sql.payload_blob import read_payload_blob
from runreel.storage.sql.prepared import fetch, fetch_one
from runreel.storage.sql.recorder_row import decode_received
from runreel.storage.sql.run_list import conditions_of
from runreel.storage.sql.run_reading import get_row
from runreel.storage.sql.run_row import RunRow
from runreel.storage.sql.schema import (
    edges,
    events,
    files,
    messages,
    nodes,
    payload_blocks,
    recorders,
    run_aliases,
    run_states,
    run_transitions,
    runs,
    sessions,
)

_PAGE_ROWS = 1_000
_CACHE_BYTES = 8 * 1024 * 1024
_BLOB_PART_BYTES = 1024 * 1024
# In the driver's own words: for runs of a few dozen events, building statements would take longer than running them.
_OF_RUN: ColumnElement[int] = bindparam("run_pk", type_=BigInteger())
_SESSION = select(
    sessions.c.session_id,
    sessions.c.name,
    sessions.c.status,
    sessions.c.created_at,
    sessions.c.person_name,
    sessions.c.state,
).where(sessions.c.project == bindparam("project"), sessions.c.session_id == bindparam("session_id"))
_STATE = select(run_states.c.state).where(run_states.c.run_pk == _OF_RUN)
_ALIASES = (
    select(run_aliases.c.agent_name, run_aliases.c.run_name)
    .where(run_aliases.c.run_pk == _OF_RUN)
    .order_by(run_aliases.c.agent_name, run_aliases.c.run_name)
)
_TRANSITIONS = (
    select(
        run_transitions.c.at,
        run_transitions.c.from_status,
        run_transitions.c.to_status,
        run_transitions.c.who,
        run_transitions.c.why,
    )
    .where(run_transitions.c.run_pk == _OF_RUN)
    .order_by(run_transitions.c.change_seq)
)
# Events that changed together have their payloads in one block, so each block is read about once. An import numbers
# them in the same order: a copy is exported as the original was.
_EVENTS = (
    select(events)
    .where(events.c.run_pk == _OF_RUN, events.c.change_seq > bindparam("last"))
    .order_by(events.c.change_seq)
    .limit(_PAGE_ROWS)
)
_HASHES = (
    select(files.c.content_hash)
    .where(files.c.run_pk == _OF_RUN, files.c.content_hash > bindparam("last"))
    .distinct()
    .order_by(files.c.content_hash)
    .limit(_PAGE_ROWS)
)
_RECORDERS = (
    select(
        recorders.c.recorder_id,
        recorders.c.received,
        recorders.c.record_count,
        recorders.c.dropped_count,
        recorders.c.state,
    )
    .where(recorders.c.run_pk == _OF_RUN, recorders.c.recorder_id > bindparam("last"))
    .order_by(recorders.c.recorder_id)
    .limit(_PAGE_ROWS)
)
_BLOCK = select(payload_blocks.c.data).where(
    payload_blocks.c.run_pk == _OF_RUN, payload_blocks.c.block == bindparam("block")
)


@dataclass(frozen=True, slots=True)
class _Thing:
    """How things of one kind are read: from the first of them, and after one."""

    kind: RecordKind
    names: Sequence[str]
    first: Select[Any]
    after: Select[Any]


def _thing(kind: RecordKind, table: Table, *names: str) -> _Thing:
    key: list[Column[Any]] = [table.c[name] for name in names]
    first = select(*key, table.c.state).where(table.c.run_pk == _OF_RUN).order_by(*key).limit(_PAGE_ROWS)
    last: list[ColumnElement[str]] = [bindparam(name, type_=Text()) for name in names]
    return _Thing(kind, names, first, first.where(tuple_(*key) > tuple_(*last)))


# In the order in which an import needs them.
_THINGS = (
    _thing(RecordKind.NODE, nodes, "node_id"),
    _thing(RecordKind.EDGE, edges, "source", "target", "edge_type", "condition"),
    _thing(RecordKind.MESSAGE, messages, "message_id"),
    _thing(RecordKind.FILE, files, "file_id"),
)
_VALUES_OF = itemgetter(*(event_row.PLACE[name] for name in EVENT_FIELDS))


def list_run_ids(
    connection: Connection, dialect: Dialect, scope: Scope, query: RunFilter, *, limit: int, cursor: str | None
) -> Page[str]:
    """Return the ids of runs in the order of their keys; see `BundleStore.list_run_ids`."""
    statement = select(runs.c.run_pk, runs.c.run_id).where(*conditions_of(scope, dialect, query))
    if cursor is not None:
        [last] = parse_cursor("keys", cursor, int)
        statement = statement.where(runs.c.run_pk > last)
    found = connection.execute(statement.order_by(runs.c.run_pk).limit(limit + 1)).all()
    shown = found[:limit]
    following = format_cursor("keys", (shown[-1].run_pk,)) if len(found) > limit else None
    return Page(tuple(row.run_id for row in shown), following)


def iter_parts(
    connection: Connection, scope: Scope, run_id: str, *, blobs: BlobStore | None, has_files: bool
) -> Iterator[Part]:
    """Yield the session of a run, the run, and what is below it; see `BundleStore.export_run`."""
    row = get_row(connection, scope, run_id)
    yield _read_session(connection, row)
    yield _read_run(connection, row)
    for thing in _THINGS:
        yield from _iter_things(connection, row.run_pk, thing)
    yield from _iter_recorders(connection, row.run_pk)
    yield from _iter_events(connection, row, blobs)
    if has_files and blobs is not None:
        for content_hash in _iter_hashes(connection, row.run_pk):
            yield from _iter_blob(blobs, scope, content_hash)


def _read_session(connection: Connection, run: RunRow) -> SessionPart:
    [row] = fetch(connection, _SESSION, project=run.project, session_id=run.session_id)
    session_id, name, status, created_at, person_name, state = row
    return SessionPart(
        session_id=session_id,
        name=name,
        status=status,
        created_at=created_at,
        person_name=person_name,
        state=_json(state),
    )


def _read_run(connection: Connection, row: RunRow) -> RunPart:
    state = fetch_one(connection, _STATE, run_pk=row.run_pk)
    return RunPart(
        run_id=row.run_id,
        agent_name=row.agent_name,
        run_name=row.run_name,
        name_source=row.name_source,
        session_id=row.session_id,
        created_at=row.created_at,
        active_at=row.active_at,
        first_seen_at=row.first_seen_at,
        inferred_agent=row.inferred_agent,
        inferred_at=row.inferred_at,
        is_lost=bool(row.is_lost),
        state=_json(state and state[0]),
        aliases=[(agent_name, run_name) for agent_name, run_name in fetch(connection, _ALIASES, run_pk=row.run_pk)],
        transitions=[_read_transition(*each) for each in fetch(connection, _TRANSITIONS, run_pk=row.run_pk)],
    )


def _read_transition(at: int, from_status: str | None, to_status: str, who: str, why: str | None) -> TransitionPart:
    return TransitionPart(at=at, from_status=from_status, to_status=to_status, who=who, why=why)


def _iter_things(connection: Connection, run_pk: int, thing: _Thing) -> Iterator[ThingPart]:
    rows = fetch(connection, thing.first, run_pk=run_pk)
    while rows:
        for row in rows:
            yield ThingPart(thing.kind, tuple(row[:-1]), _json(row[-1]))
        if len(rows) < _PAGE_ROWS:
            return
        last = dict(zip(thing.names, rows[-1], strict=False))
        rows = fetch(connection, thing.after, run_pk=run_pk, **last)


def _iter_recorders(connection: Connection, run_pk: int) -> Iterator[RecorderPart]:
    last = ""
    while True:
        rows = fetch(connection, _RECORDERS, run_pk=run_pk, last=last)
        for recorder_id, received, record_count, dropped_count, state in rows:
            yield RecorderPart(
                recorder_id=recorder_id,
                received=decode_received(received),
                record_count=record_count,
                dropped_count=dropped_count,
                state=_json(state),
            )
        if len(rows) < _PAGE_ROWS:
            return
        last = rows[-1][0]


def _iter_events(connection: Connection, run: RunRow, blobs: BlobStore | None) -> Iterator[EventPart]:
    blocks = _Blocks(connection, run.run_pk)
    last = 0
    while True:
        rows = fetch(connection, _EVENTS, run_pk=run.run_pk, last=last)
        for row in rows:
            block, content_hash = row[event_row.BLOCK], row[event_row.BLOB]
            payload = None if block is None else blocks.line(block, row[event_row.LINE])
            if content_hash is not None:
                payload = read_payload_blob(blobs, run.project, content_hash)
            is_silent = not row[event_row.IS_COUNTED] and event_row.has_usage(row)
            yield EventPart(_VALUES_OF(row), payload, is_silent)
        if len(rows) < _PAGE_ROWS:
            return
        last = rows[-1][event_row.CHANGE_SEQ]


def _iter_hashes(connection: Connection, run_pk: int) -> Iterator[str]:
    """Yield the content hashes that files of a run name, each once."""
    last = ""
    while True:
        rows = [content_hash for (content_hash,) in fetch(connection, _HASHES, run_pk=run_pk, last=last)]
        # What isn't one is a recorder's own mark: no bytes are kept under it.
        yield from (content_hash for content_hash in rows if parse_content_hash(content_hash) == content_hash)
        if len(rows) < _PAGE_ROWS:
            return
        last = rows[-1]


def _iter_blob(blobs: BlobStore, scope: Scope, content_hash: str) -> Iterator[BlobPart]:
    """Yield the bytes of a file, none where only the reference is here."""
    with suppress(NotFoundError):
        size_bytes = blobs.get_size(scope, content_hash)
        offset = 0
        for data in _of_size(blobs.read(scope, content_hash), _BLOB_PART_BYTES):
            yield BlobPart(content_hash=content_hash, size_bytes=size_bytes, offset=offset, data=data)
            offset += len(data)


def _of_size(chunks: Iterable[bytes], n_bytes: int) -> Iterator[bytes]:
    """Yield the bytes in chunks of one size, but for the last; a single empty one where there are none."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) > n_bytes:
            yield bytes(waiting[:n_bytes])
            del waiting[:n_bytes]
    yield bytes(waiting)


class _Blocks:
    """Blocks of payloads of one run; those used last are kept, since their lines are asked for one by one."""

    def __init__(self, connection: Connection, run_pk: int) -> None:
        self._connection = connection
        self._run_pk = run_pk
        self._kept: OrderedDict[int, list[bytes]] = OrderedDict()
        self._n_bytes = 0

    def line(self, block: int, line: int) -> bytes:
        """Return one line of a block."""
        return self._lines(block)[line]

    def _lines(self, block: int) -> list[bytes]:
        lines = self._kept.get(block)
        if lines is not None:
            self._kept.move_to_end(block)
            return lines
        [(data,)] = fetch(self._connection, _BLOCK, run_pk=self._run_pk, block=block)
        lines = self._kept[block] = read_block(data)
        self._n_bytes += sum(map(len, lines))
        while self._n_bytes > _CACHE_BYTES and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._n_bytes -= sum(map(len, dropped))
        return lines


def _json(stored: Any) -> bytes | None:
    """Return a stored state as JSON text."""
    if stored is None:
        return None
    # JSON begins with a brace, and a zstd frame with a mark of its own.
    return bytes(stored) if stored[:1] == b"{" else decompress(stored)
