"""Reading what is inside one run: events, nodes, edges, messages and files.

`Inside` holds the run's row; it can only be had from a scope and a run id, so no query here can leave the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Table, bindparam, func, literal, select, tuple_

from runreel.errors import NotFoundError
from runreel.model.edge import Edge
from runreel.model.ending import RUNNING, end_event, find_run_end
from runreel.model.event import ALL_EVENTS, Event, EventFamily, EventFilter, FullEvent, Payload, Relative
from runreel.model.file import FileReference
from runreel.model.message import Message
from runreel.model.page import Page
from runreel.model.scope import Scope
from runreel.storage.merge import State
from runreel.storage.port import BlobStore
from runreel.storage.sql import event_row
from runreel.storage.sql.codec import read_block
from runreel.storage.sql.cursor import format_cursor, parse_cursor
from runreel.storage.sql.dialect import Dialect
from runreel.storage.sql.event_depth import read_depths
from runreel.storage.sql.event_filter import conditions_of
from runreel.storage.sql.event_order import (
    format_position,
    order_of,
    parse_position,
    read_places,
    read_positions,
    read_rows,
)
from runreel.storage.sql.node_event import require_node
from runreel.storage.sql.payload_blob import read_payload_blob
from runreel.storage.sql.prepared import fetch
from runreel.storage.sql.run_reading import get_row
from runreel.storage.sql.run_row import RunRow, decode_fields, decode_state
from runreel.storage.sql.schema import events, files, messages, payload_blocks

_LIFECYCLE_TYPES = ("agent_start", "agent_end")
_KEYS_PER_QUERY = 500
_RELATIVE = (
    events.c.event_id,
    events.c.event_type,
    events.c.name,
    events.c.status,
    events.c.duration_us,
    events.c.started_at,
    events.c.ended_at,
)

_BLOCKS = select(payload_blocks.c.block, payload_blocks.c.data).where(
    payload_blocks.c.run_pk == bindparam("run_pk"),
    payload_blocks.c.block.between(bindparam("first"), bindparam("last")),
)

EventRow = Sequence[Any]


class Inside:
    """One run, as seen by one scope in one reading transaction."""

    def __init__(
        self, connection: Connection, dialect: Dialect, scope: Scope, run_id: str, blobs: BlobStore | None
    ) -> None:
        self.connection = connection
        self.dialect = dialect
        self._blobs = blobs
        self.run: RunRow = get_row(connection, scope, run_id)
        self.end = find_run_end(self.run.status, self.run.ended_at)

    def list_events(self, query: EventFilter, *, limit: int, cursor: str | None) -> Page[Event]:
        """Return narrow events in execution order."""
        rows, places, following = self._page(query, limit, cursor)
        depths = self._depths(rows)
        return Page(
            tuple(
                self._event(row, execution_order=place, depth=depths[row[1]])
                for row, place in zip(rows, places, strict=True)
            ),
            following,
        )

    def list_full_events(self, *, limit: int, cursor: str | None) -> Page[FullEvent]:
        """Return events with payloads in execution order."""
        rows, places, following = self._page(ALL_EVENTS, limit, cursor)
        depths = self._depths(rows)
        payloads = self._payloads(rows)
        return Page(
            tuple(
                FullEvent(event=self._event(row, execution_order=place, depth=depths[row[1]]), payload=payload)
                for row, place, payload in zip(rows, places, payloads, strict=True)
            ),
            following,
        )

    def get_event(self, event_id: str) -> FullEvent:
        """Return one event with its payload."""
        rows = self._rows([event_id])
        if not rows:
            raise NotFoundError(f"the run {self.run.run_id!r} has no event {event_id!r}")
        order = order_of(self.run)
        positions = read_positions(self.connection, order, events.c.event_id == event_id)
        (place,) = read_places(self.connection, self.dialect, order, positions)
        event = self._event(rows[0], execution_order=place, depth=self._depths(rows)[event_id])
        return FullEvent(event=event, payload=self._payloads(rows)[0])

    def get_event_family(self, event_id: str, *, limit: int) -> EventFamily:
        """Return the parent and the first children of an event."""
        in_run = events.c.run_pk == self.run.run_pk
        own = select(events.c.parent_event_id).where(in_run, events.c.event_id == event_id)
        row = self.connection.execute(own).one_or_none()
        if row is None:
            raise NotFoundError(f"the run {self.run.run_id!r} has no event {event_id!r}")
        parent = self.connection.execute(select(*_RELATIVE).where(in_run, events.c.event_id == row[0])).one_or_none()
        is_child = events.c.parent_event_id == event_id
        by_start = (events.c.started_at, events.c.event_id)
        children = select(*_RELATIVE).where(in_run, is_child).order_by(*by_start).limit(limit)
        return EventFamily(
            parent=None if parent is None else self._relative(parent),
            children=tuple(self._relative(row) for row in self.connection.execute(children)),
            n_children=self.connection.execute(select(func.count()).where(in_run, is_child)).scalar_one(),
        )

    def list_event_tree(self, event_id: str, *, limit: int) -> list[FullEvent]:
        """Return an event and its descendants, level by level."""
        found: dict[str, tuple[EventRow, int]] = {}
        level = self._rows([event_id])
        if not level:
            raise NotFoundError(f"the run {self.run.run_id!r} has no event {event_id!r}")
        depth = 0
        while level and len(found) < limit:
            for row in level:
                found.setdefault(row[1], (row, depth))
            depth += 1
            # One more than fits: where the parents run in a circle, the event itself comes up again.
            children = self._children([row[1] for row in level], limit - len(found) + 1)
            level = [row for row in children if row[1] not in found]
        chosen = list(found.values())[:limit]
        payloads = self._payloads([row for row, _ in chosen])
        return [
            FullEvent(event=self._event(row, depth=depth), payload=payload)
            for (row, depth), payload in zip(chosen, payloads, strict=True)
        ]

    def list_lifecycle_events(self, *, limit: int) -> list[FullEvent]:
        """Return the first `agent_start` and `agent_end` events in execution order."""
        lifecycle = events.c.event_type.in_(_LIFECYCLE_TYPES)
        statement = order_of(self.run).select(events, where=[lifecycle]).limit(limit)
        return self._full(self.connection.execute(statement).all())

    def list_events_of_type(self, event_type: str, *, limit: int) -> list[FullEvent]:
        """Return the first events of one type with their payloads, by start."""
        statement = (
            select(events)
            .where(events.c.run_pk == self.run.run_pk, events.c.event_type == literal(event_type, literal_execute=True))
            .order_by(events.c.started_at, events.c.event_id)
            .limit(limit)
        )
        rows = self.connection.execute(statement).all()
        return [
            FullEvent(event=self._event(row), payload=payload)
            for row, payload in zip(rows, self._payloads(rows), strict=True)
        ]

    def list_node_events(
        self, node_id: str, *, event_type: str | None, limit: int, cursor: str | None
    ) -> Page[FullEvent]:
        """Return the events of a node in execution order."""
        require_node(self.connection, self.run, node_id)
        query = EventFilter(node_id=node_id, event_types=() if event_type is None else (event_type,))
        conditions = conditions_of(self.dialect, query, self.end)
        order, of = order_of(self.run), "node events"
        if cursor is not None:
            conditions.append(order.after(parse_position(self.connection, of, order, cursor)[0]))
        rows, last = read_rows(self.connection, order, conditions, limit)
        return Page(tuple(self._full(rows)), format_position(of, order, last) if last else None)

    def list_messages(
        self, *, node_id: str | None, event_id: str | None, limit: int, cursor: str | None
    ) -> Page[Message]:
        """Return messages by time."""
        where = self._belonging(messages, node_id, event_id)
        rows, following = self._things(messages, messages.c.sent_at, messages.c.message_id, where, limit, cursor)
        return Page(tuple(read_message(row) for row in rows), following)

    def list_files(
        self, *, node_id: str | None, event_id: str | None, limit: int, cursor: str | None
    ) -> Page[FileReference]:
        """Return file references by time."""
        where = self._belonging(files, node_id, event_id)
        rows, following = self._things(files, files.c.created_at, files.c.file_id, where, limit, cursor)
        return Page(tuple(read_file(row) for row in rows), following)

    def get_file(self, file_id: str) -> FileReference:
        """Return one file reference."""
        statement = select(files).where(files.c.run_pk == self.run.run_pk, files.c.file_id == file_id)
        row = self.connection.execute(statement).one_or_none()
        if row is None:
            raise NotFoundError(f"the run {self.run.run_id!r} has no file {file_id!r}")
        return read_file(row)

    def _page(
        self, query: EventFilter, limit: int, cursor: str | None
    ) -> tuple[list[EventRow], Sequence[int], str | None]:
        """Return rows of a page, their places in the whole run, and the cursor of the next page."""
        order, of = order_of(self.run), "events"
        conditions = conditions_of(self.dialect, query, self.end)
        is_whole = not conditions
        first = 0
        if cursor is not None:
            position, (first,) = parse_position(self.connection, of, order, cursor, int)
            conditions.append(order.after(position))
        rows, last = read_rows(self.connection, order, conditions, limit)
        first = cast("int", first)
        places: Sequence[int] = range(first, first + len(rows))
        if not is_whole:
            places = read_places(self.connection, self.dialect, order, [order.position_of(row) for row in rows])
        return rows, places, format_position(of, order, last, first + len(rows)) if last else None

    def _event(self, row: EventRow, *, execution_order: int | None = None, depth: int | None = None) -> Event:
        return end_event(event_row.read_event(row, execution_order=execution_order, depth=depth), self.end)

    def _relative(self, row: Any) -> Relative:
        duration_us = event_row.duration_us_between(row.duration_us, row.started_at, row.ended_at)
        relative = Relative(
            event_id=row.event_id,
            event_type=row.event_type,
            name=row.name,
            status=row.status,
            duration_us=duration_us,
        )
        if self.end is None or row.status != RUNNING:
            return relative
        duration_us = self.end.duration_us_of(row.started_at)
        return replace(relative, status=self.end.status, duration_us=duration_us, ended_by_run=True)

    def _rows(self, event_ids: Sequence[str]) -> list[EventRow]:
        statement = select(events).where(events.c.run_pk == self.run.run_pk, events.c.event_id.in_(event_ids))
        return list(self.connection.execute(statement).all())

    def _children(self, event_ids: Sequence[str], limit: int) -> list[EventRow]:
        """Return the first children of these events by start time."""
        rows: list[EventRow] = []
        for start in range(0, len(event_ids), _KEYS_PER_QUERY):
            statement = (
                select(events)
                .where(
                    events.c.run_pk == self.run.run_pk,
                    events.c.parent_event_id.in_(event_ids[start : start + _KEYS_PER_QUERY]),
                )
                .order_by(events.c.started_at, events.c.event_id)
                .limit(limit)
            )
            rows.extend(self.connection.execute(statement).all())
        return sorted(rows, key=lambda row: (event_row.started_at_of(row), row[1]))[:limit]

    def _depths(self, rows: Iterable[EventRow]) -> dict[str, int]:
        return read_depths(self.connection, self.run.run_pk, ((row[1], row[event_row.PARENT]) for row in rows))

    def _full(self, rows: Sequence[EventRow]) -> list[FullEvent]:
        depths = self._depths(rows)
        return [
            FullEvent(event=self._event(row, depth=depths[row[1]]), payload=payload)
            for row, payload in zip(rows, self._payloads(rows), strict=True)
        ]

    def _payloads(self, rows: Sequence[EventRow]) -> list[Payload]:
        wanted = sorted({row[event_row.BLOCK] for row in rows if row[event_row.BLOCK] is not None})
        blocks: dict[int, list[bytes]] = {}
        if wanted and wanted[-1] - wanted[0] == len(wanted) - 1:
            found = fetch(self.connection, _BLOCKS, run_pk=self.run.run_pk, first=wanted[0], last=wanted[-1])
            blocks = {row[0]: read_block(row[1]) for row in found}
            wanted = []
        for start in range(0, len(wanted), _KEYS_PER_QUERY):
            statement = select(payload_blocks.c.block, payload_blocks.c.data).where(
                payload_blocks.c.run_pk == self.run.run_pk,
                payload_blocks.c.block.in_(wanted[start : start + _KEYS_PER_QUERY]),
            )
            blocks.update({row[0]: read_block(row[1]) for row in self.connection.execute(statement)})
        return [event_row.read_payload(self._payload(row, blocks)) for row in rows]

    def _payload(self, row: EventRow, blocks: Mapping[int, list[bytes]]) -> bytes | None:
        content_hash: str | None = row[event_row.BLOB]
        if content_hash is not None:
            return read_payload_blob(self._blobs, self.run.project, content_hash)
        block: int | None = row[event_row.BLOCK]
        line: int = row[event_row.LINE]
        return None if block is None else blocks[block][line]

    def _belonging(self, table: Table, node_id: str | None, event_id: str | None) -> list[ColumnElement[bool]]:
        where: list[ColumnElement[bool]] = [table.c.run_pk == self.run.run_pk]
        if node_id is not None:
            require_node(self.connection, self.run, node_id)
            where.append(table.c.node_id == node_id)
        if event_id is not None:
            where.append(table.c.event_id == event_id)
        return where

    def _things(
        self,
        table: Table,
        time: ColumnElement[int],
        key: ColumnElement[str],
        where: Sequence[ColumnElement[bool]],
        limit: int,
        cursor: str | None,
    ) -> tuple[Sequence[Any], str | None]:
        statement = select(table).where(*where)
        if cursor is not None:
            statement = statement.where(tuple_(time, key) > parse_cursor(table.name, cursor, int, str))
        found = self.connection.execute(statement.order_by(time, key).limit(limit + 1)).all()
        rows = found[:limit]
        if len(found) <= limit:
            return rows, None
        last: Any = rows[-1]
        return rows, format_cursor(table.name, (getattr(last, time.key or ""), getattr(last, key.key or "")))


def _state(stored: bytes | None) -> State:
    return decode_state(stored) if stored is not None else State({}, (-1, 0))


def read_edge(row: Any) -> Edge:
    """Return the edge of a row."""
    return make_edge(row.source, row.target, row.edge_type, row.condition, fields_of_edge(row.state))


def fields_of_edge(stored: bytes | None) -> Mapping[str, Any]:
    """Return what is stored of an edge."""
    return {} if stored is None else decode_fields(stored)


def make_edge(source: str, target: str, edge_type: str, condition: str, fields: Mapping[str, Any]) -> Edge:
    """Return the edge of these columns, and of what is stored of it."""
    return Edge(
        source=source,
        target=target,
        edge_type=edge_type,
        condition=condition,
        metadata=fields.get("metadata", {}),
        plan_version=fields.get("plan_version"),
    )


def read_message(row: Any) -> Message:
    """Return the message of a row."""
    fields: dict[str, Any] = dict(_state(row.state).fields)
    fields["sent_at"] = row.sent_at
    return Message(message_id=row.message_id, **fields)


def read_file(row: Any) -> FileReference:
    """Return the file reference of a row."""
    fields: dict[str, Any] = dict(_state(row.state).fields)
    fields["created_at"] = row.created_at
    fields.setdefault("path", row.file_id)
    return FileReference(file_id=row.file_id, **fields)
