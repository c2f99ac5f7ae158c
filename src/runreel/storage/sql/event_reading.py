"""Reading what is inside one run: events, nodes, edges, messages and files.

`Inside` holds the run's row; it can only be had from a scope and a run id, so no query here can leave the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, FromClause, Select, Table, and_, case, func, literal, select, tuple_

from runreel.errors import NotFoundError
from runreel.model.edge import Edge
from runreel.model.event import Event, FullEvent, Payload
from runreel.model.file import FileReference
from runreel.model.message import Message
from runreel.model.node import Graph, Node, NodeSummary
from runreel.model.page import Page
from runreel.model.scope import Scope
from runreel.model.usage import Usage
from runreel.storage.merge import State
from runreel.storage.sql import event_row
from runreel.storage.sql.codec import read_block
from runreel.storage.sql.cursor import format_cursor, parse_cursor
from runreel.storage.sql.run_reading import get_row
from runreel.storage.sql.run_row import RunRow, decode_state
from runreel.storage.sql.schema import edges, events, files, messages, nodes, payload_blocks

_LIFECYCLE_TYPES = ("agent_start", "agent_end")
_KEYS_PER_QUERY = 500

EventRow = Sequence[Any]


@dataclass(frozen=True, slots=True)
class _Order:
    """Execution order as three columns: the recorder's own sequence, else start time, ties by event id."""

    source: FromClause
    keys: tuple[ColumnElement[int], ColumnElement[int], ColumnElement[str]]


class Inside:
    """One run, as seen by one scope in one reading transaction."""

    def __init__(self, connection: Connection, scope: Scope, run_id: str) -> None:
        self._connection = connection
        self.run: RunRow = get_row(connection, scope, run_id)

    def list_events(self, *, limit: int, cursor: str | None) -> Page[Event]:
        """Return narrow events in execution order."""
        rows, first, following = self._page(limit, cursor)
        depths = self._depths(rows)
        return Page(
            tuple(
                event_row.read_event(row, execution_order=first + place, depth=depths[row[1]])
                for place, row in enumerate(rows)
            ),
            following,
        )

    def list_full_events(self, *, limit: int, cursor: str | None) -> Page[FullEvent]:
        """Return events with payloads in execution order."""
        rows, first, following = self._page(limit, cursor)
        depths = self._depths(rows)
        payloads = self._payloads(rows)
        return Page(
            tuple(
                FullEvent(
                    event=event_row.read_event(row, execution_order=first + place, depth=depths[row[1]]),
                    payload=payload,
                )
                for place, (row, payload) in enumerate(zip(rows, payloads, strict=True))
            ),
            following,
        )

    def get_event(self, event_id: str) -> FullEvent:
        """Return one event with its payload."""
        rows = self._rows([event_id])
        if not rows:
            raise NotFoundError(f"the run {self.run.run_id!r} has no event {event_id!r}")
        depth = self._depths(rows)[event_id]
        return FullEvent(event=event_row.read_event(rows[0], depth=depth), payload=self._payloads(rows)[0])

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
            FullEvent(event=event_row.read_event(row, depth=depth), payload=payload)
            for (row, depth), payload in zip(chosen, payloads, strict=True)
        ]

    def list_lifecycle_events(self, *, limit: int) -> list[FullEvent]:
        """Return the first `agent_start` and `agent_end` events in execution order."""
        order = self._order()
        statement = self._ordered(order, events.c.event_type.in_(_LIFECYCLE_TYPES)).limit(limit)
        return self._full(self._connection.execute(statement).all())

    def list_node_events(
        self, node_id: str, *, event_type: str | None, limit: int, cursor: str | None
    ) -> Page[FullEvent]:
        """Return the events of a node in execution order."""
        self._require_node(node_id)
        members = self._members(node_id)
        conditions: list[ColumnElement[bool]] = [events.c.event_id.in_(select(members.c.event_id))]
        if event_type is not None:
            conditions.append(events.c.event_type == event_type)
        order = self._order()
        statement = self._ordered(order, *conditions)
        after = parse_cursor("node events", cursor, int, int, str) if cursor is not None else None
        rows, last = self._after(statement, order, limit, after)
        return Page(tuple(self._full(rows)), format_cursor("node events", last) if last else None)

    def get_graph(self) -> Graph:
        """Return nodes in their order and declared edges."""
        found = self._nodes()
        declared = self._connection.execute(
            select(edges)
            .where(edges.c.run_pk == self.run.run_pk)
            .order_by(edges.c.source, edges.c.target, edges.c.edge_type, edges.c.condition)
        )
        return Graph(
            nodes=tuple(found),
            edges=tuple(read_edge(row) for row in declared),
        )

    def get_node(self, node_id: str) -> Node:
        """Return one node."""
        self._require_node(node_id)
        return self._nodes(node_id)[0]

    def get_node_summary(self, node_id: str) -> NodeSummary:
        """Return what happened in one node."""
        node = self.get_node(node_id)
        members = self._members(node_id)
        in_node = and_(events.c.run_pk == self.run.run_pk, events.c.event_id.in_(select(members.c.event_id)))
        return NodeSummary(
            node=node,
            events_by_type=self._counts(events.c.event_type, in_node),
            agents=self._counts(events.c.agent_name, in_node),
            files_by_type=self._file_counts(node_id),
            n_messages=self._connection.execute(
                select(func.count()).where(messages.c.run_pk == self.run.run_pk, messages.c.node_id == node_id)
            ).scalar_one(),
            **self._extent(in_node),
        )

    def list_messages(self, *, node_id: str | None, limit: int, cursor: str | None) -> Page[Message]:
        """Return messages by time."""
        rows, following = self._things(messages, messages.c.sent_at, messages.c.message_id, node_id, limit, cursor)
        return Page(tuple(read_message(row) for row in rows), following)

    def list_files(self, *, node_id: str | None, limit: int, cursor: str | None) -> Page[FileReference]:
        """Return file references by time."""
        rows, following = self._things(files, files.c.created_at, files.c.file_id, node_id, limit, cursor)
        return Page(tuple(read_file(row) for row in rows), following)

    def _page(self, limit: int, cursor: str | None) -> tuple[list[EventRow], int, str | None]:
        """Return rows of a page, the place of the first in the whole run, and the cursor of the next page."""
        first: object = 0
        after: list[object] | None = None
        if cursor is not None:
            *after, first = parse_cursor("events", cursor, int, int, str, int)
        order = self._order()
        rows, last = self._after(self._ordered(order), order, limit, after)
        first = cast("int", first)
        return rows, first, format_cursor("events", (*last, first + len(rows))) if last else None

    def _order(self) -> _Order:
        run, nothing = self.run, literal(0)
        in_run = events.c.run_pk == run.run_pk
        if not run.sequenced_count:
            return _Order(events, (events.c.started_at, nothing, events.c.event_id))
        if run.sequenced_count == run.event_count:
            return _Order(events, (events.c.sequence, events.c.started_at, events.c.event_id))
        # Events without a sequence stand by their time among the others, whose time never runs backwards.
        running = func.max(events.c.started_at).over(
            partition_by=events.c.sequence.is_(None),
            order_by=(events.c.sequence, events.c.started_at, events.c.event_id),
        )
        order_at = case((events.c.sequence.is_(None), events.c.started_at), else_=running)
        placed = select(events.c.event_id, order_at.label("order_at")).where(in_run).subquery()
        source = events.join(placed, placed.c.event_id == events.c.event_id)
        return _Order(source, (placed.c.order_at, func.coalesce(events.c.sequence, -1), events.c.event_id))

    def _ordered(self, order: _Order, *conditions: ColumnElement[bool]) -> Select[Any]:
        return (
            select(events, *(key.label(f"key_{place}") for place, key in enumerate(order.keys)))
            .select_from(order.source)
            .where(events.c.run_pk == self.run.run_pk, *conditions)
            .order_by(*order.keys)
        )

    def _after(
        self, statement: Select[Any], order: _Order, limit: int, after: Sequence[object] | None
    ) -> tuple[list[EventRow], Sequence[object]]:
        """Return rows after a position in the order, and the position of the last of them if more follow."""
        if after is not None:
            statement = statement.where(tuple_(*order.keys) > after)
        found = self._connection.execute(statement.limit(limit + 1)).all()
        rows = found[:limit]
        return list(rows), list(rows[-1][-3:]) if len(found) > limit else []

    def _rows(self, event_ids: Sequence[str]) -> list[EventRow]:
        statement = select(events).where(events.c.run_pk == self.run.run_pk, events.c.event_id.in_(event_ids))
        return list(self._connection.execute(statement).all())

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
            rows.extend(self._connection.execute(statement).all())
        return sorted(rows, key=lambda row: (event_row.started_at_of(row), row[1]))[:limit]

    def _depths(self, rows: Iterable[EventRow]) -> dict[str, int]:
        """Return the depth of events and of their ancestors: how many known ancestors each has."""
        parents: dict[str, str | None] = {row[1]: row[event_row.PARENT] for row in rows}
        missing = {parent for parent in parents.values() if parent is not None and parent not in parents}
        parents.update(self._ancestors(sorted(missing)))
        depths: dict[str, int] = {}
        for event_id in parents:
            _measure(event_id, parents, depths)
        return depths

    def _ancestors(self, event_ids: Sequence[str]) -> dict[str, str | None]:
        """Return the parents of these events and of all above them."""
        parents: dict[str, str | None] = {}
        for start in range(0, len(event_ids), _KEYS_PER_QUERY):
            found = (
                select(events.c.event_id, events.c.parent_event_id)
                .where(
                    events.c.run_pk == self.run.run_pk,
                    events.c.event_id.in_(event_ids[start : start + _KEYS_PER_QUERY]),
                )
                .cte("found", recursive=True)
            )
            # UNION, not UNION ALL: it ends where parents run in a circle.
            above = select(events.c.event_id, events.c.parent_event_id).join(
                found, and_(events.c.run_pk == self.run.run_pk, events.c.event_id == found.c.parent_event_id)
            )
            found = found.union(above)
            parents.update({row[0]: row[1] for row in self._connection.execute(select(found))})
        return parents

    def _full(self, rows: Sequence[EventRow]) -> list[FullEvent]:
        depths = self._depths(rows)
        return [
            FullEvent(event=event_row.read_event(row, depth=depths[row[1]]), payload=payload)
            for row, payload in zip(rows, self._payloads(rows), strict=True)
        ]

    def _payloads(self, rows: Sequence[EventRow]) -> list[Payload]:
        wanted = sorted({row[event_row.BLOCK] for row in rows if row[event_row.BLOCK] is not None})
        blocks: dict[int, list[bytes]] = {}
        for start in range(0, len(wanted), _KEYS_PER_QUERY):
            statement = select(payload_blocks.c.block, payload_blocks.c.data).where(
                payload_blocks.c.run_pk == self.run.run_pk,
                payload_blocks.c.block.in_(wanted[start : start + _KEYS_PER_QUERY]),
            )
            blocks.update({row[0]: read_block(row[1]) for row in self._connection.execute(statement)})
        places: list[tuple[int | None, int]] = [(row[event_row.BLOCK], row[event_row.LINE]) for row in rows]
        return [event_row.read_payload(None if block is None else blocks[block][line]) for block, line in places]

    def _members(self, node_id: str) -> FromClause:
        """Return the ids of a node's events: those recorded in it, and their descendants that name no node."""
        run_pk = self.run.run_pk
        members = (
            select(events.c.event_id)
            .where(events.c.run_pk == run_pk, events.c.node_id == node_id)
            .cte("members", recursive=True)
        )
        children = (
            select(events.c.event_id)
            .join(members, events.c.parent_event_id == members.c.event_id)
            .where(events.c.run_pk == run_pk, events.c.node_id.is_(None))
        )
        return members.union(children)

    def _require_node(self, node_id: str) -> None:
        statement = select(nodes.c.node_id).where(nodes.c.run_pk == self.run.run_pk, nodes.c.node_id == node_id)
        if self._connection.execute(statement).one_or_none() is None:
            raise NotFoundError(f"the run {self.run.run_id!r} has no node {node_id!r}")

    def _nodes(self, node_id: str | None = None) -> list[Node]:
        statement = select(nodes).where(nodes.c.run_pk == self.run.run_pk)
        extents = (
            select(
                events.c.node_id,
                func.count().label("n_events"),
                func.count(case((events.c.status == "failed", 1))).label("n_errors"),
                func.count(case((events.c.status == "running", 1))).label("n_running"),
                func.min(events.c.started_at).label("first_at"),
                func.max(func.coalesce(events.c.ended_at, events.c.started_at)).label("last_at"),
            )
            .where(events.c.run_pk == self.run.run_pk, events.c.node_id.is_not(None))
            .group_by(events.c.node_id)
        )
        if node_id is not None:
            statement = statement.where(nodes.c.node_id == node_id)
            extents = extents.where(events.c.node_id == node_id)
        seen = {row.node_id: row for row in self._connection.execute(extents)}
        outcomes = self._node_outcomes(node_id)
        found = [_read_node(row, seen.get(row.node_id), outcomes) for row in self._connection.execute(statement)]
        return sorted(found, key=_node_order)

    def _node_outcomes(self, node_id: str | None) -> dict[str, str]:
        """Return the status of the latest `node_execution` event of each node that has one."""
        statement = (
            select(events.c.node_id, events.c.status)
            .where(
                events.c.run_pk == self.run.run_pk,
                events.c.node_id.is_not(None),
                events.c.event_type == "node_execution",
            )
            .order_by(events.c.started_at, events.c.event_id)
        )
        if node_id is not None:
            statement = statement.where(events.c.node_id == node_id)
        return {row[0]: row[1] for row in self._connection.execute(statement)}

    def _counts(self, column: ColumnElement[str], condition: ColumnElement[bool]) -> dict[str, int]:
        statement = select(column, func.count()).where(condition, column.is_not(None)).group_by(column).order_by(column)
        return {row[0]: row[1] for row in self._connection.execute(statement)}

    def _file_counts(self, node_id: str) -> dict[str, int]:
        statement = select(files).where(files.c.run_pk == self.run.run_pk, files.c.node_id == node_id)
        counts: dict[str, int] = {}
        for row in self._connection.execute(statement):
            file_type = read_file(row).file_type or "unknown"
            counts[file_type] = counts.get(file_type, 0) + 1
        return dict(sorted(counts.items()))

    def _extent(self, condition: ColumnElement[bool]) -> dict[str, Any]:
        used = [events.c.tokens_in, events.c.tokens_out, events.c.tokens_cached, events.c.tokens_cache_write]
        cost_nanos = func.coalesce(events.c.cost_nanos, events.c.price_nanos)
        used += [events.c.tokens_reasoning, cost_nanos]
        sums = [func.sum(case((events.c.is_counted == 1, column), else_=0)) for column in used]
        unpriced = func.count(case((and_(events.c.is_counted == 1, cost_nanos.is_(None)), 1)))
        first, last = (
            func.min(events.c.started_at),
            func.max(func.coalesce(events.c.ended_at, events.c.started_at)),
        )
        found = self._connection.execute(select(first, last, unpriced, *sums).where(condition)).one()
        row: tuple[Any, ...] = tuple(found)
        amounts = [int(amount or 0) for amount in row[3:]]
        usage = Usage(
            tokens_in=amounts[0],
            tokens_out=amounts[1],
            tokens_cached=amounts[2],
            tokens_cache_write=amounts[3],
            tokens_reasoning=amounts[4],
            cost_nanos=amounts[5],
            n_unpriced=row[2],
        )
        return {"first_event_at": row[0], "last_event_at": row[1], "usage": usage}

    def _things(
        self,
        table: Table,
        time: ColumnElement[int],
        key: ColumnElement[str],
        node_id: str | None,
        limit: int,
        cursor: str | None,
    ) -> tuple[Sequence[Any], str | None]:
        statement = select(table).where(table.c.run_pk == self.run.run_pk)
        if node_id is not None:
            self._require_node(node_id)
            statement = statement.where(table.c.node_id == node_id)
        if cursor is not None:
            statement = statement.where(tuple_(time, key) > parse_cursor(table.name, cursor, int, str))
        found = self._connection.execute(statement.order_by(time, key).limit(limit + 1)).all()
        rows = found[:limit]
        if len(found) <= limit:
            return rows, None
        last: Any = rows[-1]
        return rows, format_cursor(table.name, (getattr(last, time.key or ""), getattr(last, key.key or "")))


def _measure(event_id: str, parents: Mapping[str, str | None], depths: dict[str, int]) -> None:
    """Enter the depth of an event and its ancestors; a cycle of parents is cut above the least of its ids."""
    path: dict[str, None] = {}
    current: str | None = event_id
    while current is not None and current in parents and current not in depths and current not in path:
        path[current] = None
        current = parents[current]
    upwards = list(path)
    if current in path:
        begin = upwards.index(current)
        cycle = upwards[begin:]
        top = cycle.index(min(cycle)) + 1
        downwards = reversed(cycle[top:] + cycle[:top])
        depths.update({each: depth for depth, each in enumerate(downwards)})
        upwards = upwards[:begin]
    depth = depths[current] + 1 if current is not None and current in depths else 0
    for each in reversed(upwards):
        depths[each] = depth
        depth += 1


def _state(stored: bytes | None) -> State:
    return decode_state(stored) if stored is not None else State({}, (-1, 0))


def _metadata(state: State) -> dict[str, object]:
    return cast("dict[str, object]", state.fields.get("metadata", {}))


def _read_node(row: Any, seen: Any, outcomes: Mapping[str, str]) -> Node:
    fields: dict[str, Any] = _state(row.state).fields
    node = Node(
        node_id=row.node_id,
        name=fields.get("name") or row.node_id,
        node_type=fields.get("node_type"),
        status=fields.get("status") or "pending",
        agent_name=fields.get("agent_name"),
        goal=fields.get("goal"),
        order_index=row.order_index,
        parent_node_id=fields.get("parent_node_id"),
        started_at=fields.get("started_at"),
        ended_at=fields.get("ended_at"),
        error=fields.get("error"),
        metadata=fields.get("metadata", {}),
    )
    if seen is None:
        return node
    node = replace(node, n_events=seen.n_events, n_errors=seen.n_errors)
    if "status" not in fields:
        finished = "failed" if seen.n_errors else "completed"
        status = outcomes.get(node.node_id) or ("running" if seen.n_running else finished)
        node = replace(node, status=status)
    ended_at = None if node.status in ("pending", "running") else seen.last_at
    return replace(node, started_at=node.started_at or seen.first_at, ended_at=node.ended_at or ended_at)


def _node_order(node: Node) -> tuple[bool, int, bool, int, str]:
    """Order nodes as declared, then by when they began."""
    return (
        node.order_index is None,
        node.order_index or 0,
        node.started_at is None,
        node.started_at or 0,
        node.node_id,
    )


def read_edge(row: Any) -> Edge:
    """Return the edge of a row."""
    return Edge(
        source=row.source,
        target=row.target,
        edge_type=row.edge_type,
        condition=row.condition,
        metadata=_metadata(_state(row.state)),
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
