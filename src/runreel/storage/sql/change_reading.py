"""Reading what changed: things of one run by `change_seq`, runs of one project by `change_no`.

A row has the number of its latest change only. Whoever reads on from a number therefore sees each row as often as it
changed between two of his reads, at most; and since numbers become visible in their order, he misses none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, func, literal, select, union_all

from runreel.model.change import DeclaredNode, ProjectChanges, RunChanges
from runreel.model.scope import Scope
from runreel.model.statement import read_statements
from runreel.storage.merge import State, statements_of
from runreel.storage.sql import event_row
from runreel.storage.sql.event_reading import read_edge, read_file, read_message
from runreel.storage.sql.prepared import fetch_one
from runreel.storage.sql.recorder_row import read_completeness
from runreel.storage.sql.run_row import RunRow, decode_state, read_run
from runreel.storage.sql.schema import (
    edges,
    events,
    files,
    messages,
    nodes,
    projects,
    run_transitions,
    runs,
    tombstones,
)

_PAGE_BYTES = 1024 * 1024
_KEPT_WHOLE: Sequence[Table] = (nodes, edges, messages, files)
_CHANGE_SEQ = event_row.CHANGE_SEQ


def _changed(table: Table, *columns: ColumnElement[Any]) -> Select[Any]:
    """Return the rows of a run whose number is in a stretch."""
    stretch = table.c.change_seq > bindparam("after"), table.c.change_seq <= bindparam("end")
    return select(*columns or (table,)).where(table.c.run_pk == bindparam("run_pk"), *stretch)


# Made once: they are asked at every change that somebody follows.
_EVENTS = _changed(events).order_by(events.c.change_seq).limit(bindparam("limit"))
_SIZES = (
    union_all(
        *(
            _changed(
                table,
                literal(place).label("place"),
                table.c.change_seq.label("change_seq"),
                func.coalesce(func.length(table.c.state), 0).label("size_bytes"),
            )
            for place, table in enumerate(_KEPT_WHOLE)
        )
    )
    .order_by("change_seq")
    .limit(bindparam("limit"))
)
# One of these is enough, and the first nearly always has one.
_OLD: Sequence[Select[Any]] = [
    select(literal(1)).where(table.c.run_pk == bindparam("run_pk"), table.c.change_seq <= bindparam("after")).limit(1)
    for table in (run_transitions, events, *_KEPT_WHOLE)
]
_WHOLE: Sequence[Select[Any]] = [_changed(table).order_by(table.c.change_seq) for table in _KEPT_WHOLE]


def list_changes(
    connection: Connection, run: RunRow, *, after: int, limit: int, until: int | None = None
) -> RunChanges:
    """Return the things of a run that changed; see `ChangeStore.list_changes`."""
    after = _begin(connection, run, after)
    end = run.change_seq if until is None else min(until, run.change_seq)
    stretch = {"run_pk": run.run_pk, "after": after, "end": end, "limit": limit + 1}
    narrow = connection.execute(_EVENTS, stretch).all()
    sizes: Sequence[Any] = connection.execute(_SIZES, stretch).all()
    end = _cut([(row[_CHANGE_SEQ], 0) for row in narrow] + [(row[1], row[2]) for row in sizes], limit, end)
    changed = {row[0] for row in sizes if row[1] <= end}
    stretch = {"run_pk": run.run_pk, "after": after, "end": end}
    rows: list[Sequence[Any]] = [
        connection.execute(statement, stretch).all() if place in changed else ()
        for place, statement in enumerate(_WHOLE)
    ]
    return RunChanges(
        run=read_run(run),
        nodes=tuple(map(_read_node, rows[0])),
        edges=tuple(map(read_edge, rows[1])),
        events=tuple(event_row.read_event(row) for row in narrow if row[_CHANGE_SEQ] <= end),
        messages=tuple(map(read_message, rows[2])),
        files=tuple(map(read_file, rows[3])),
        begin=after,
        change_seq=end,
        is_caught_up=end == run.change_seq,
        completeness=read_completeness(connection, run.run_pk),
    )


def get_change_no(connection: Connection, scope: Scope) -> int:
    """Return the number of the project's latest change."""
    statement = select(projects.c.change_no).where(projects.c.project == scope.project)
    return connection.execute(statement).scalar_one_or_none() or 0


def list_run_changes(
    connection: Connection, scope: Scope, *, after: int, limit: int, until: int | None = None
) -> ProjectChanges:
    """Return the runs of a project that changed; see `ChangeStore.list_run_changes`."""
    head = get_change_no(connection, scope)
    end = head if until is None else min(until, head)
    # Runs that have not changed since changes are numbered have the number 0: they are part of everything.
    first = after + 1 if after > 0 else 0
    end = _nth_change(connection, scope, first, end, limit)
    changed = connection.execute(
        select(runs)
        .where(runs.c.project == scope.project, runs.c.change_no.between(first, end))
        .order_by(runs.c.change_no, runs.c.run_pk)
    )
    deleted = connection.execute(
        select(tombstones.c.run_id)
        .where(tombstones.c.project == scope.project, tombstones.c.change_no.between(first, end))
        .order_by(tombstones.c.change_no, tombstones.c.run_id)
    )
    return ProjectChanges(
        runs=tuple(read_run(RunRow(*row)) for row in changed),
        deleted=tuple(deleted.scalars()),
        change_no=max(after, end),
        is_caught_up=max(after, end) >= head,
    )


def _begin(connection: Connection, run: RunRow, after: int) -> int:
    """Return the number, or 0 where whoever has it knows another run than this: one that was deleted and came back.

    Then everything here is newer than the number, so that beginning with nothing tells no more than going on would.
    """
    if not 0 < after <= run.change_seq:
        return 0
    is_known = any(fetch_one(connection, statement, run_pk=run.run_pk, after=after) for statement in _OLD)
    return after if is_known else 0


def _cut(sizes: list[tuple[int, int]], limit: int, end: int) -> int:
    """Return where a page ends that has so many things, and not many bytes."""
    n_bytes = 0
    last = 0
    for count, (change_seq, size_bytes) in enumerate(sorted(sizes)):
        n_bytes += size_bytes
        if count == limit or (count and n_bytes > _PAGE_BYTES):
            return last
        last = change_seq
    return end


def _nth_change(connection: Connection, scope: Scope, first: int, end: int, limit: int) -> int:
    """Return the number at which so many runs are together, at most `end`."""
    parts = [
        select(table.c.change_no).where(table.c.project == scope.project, table.c.change_no.between(first, end))
        for table in (runs, tombstones)
    ]
    nth = union_all(*parts).order_by("change_no").limit(1).offset(limit - 1)
    found = connection.execute(nth).scalar_one_or_none()
    return end if found is None else found


def _read_node(row: Any) -> DeclaredNode:
    state = State({}, (-1, 0)) if row.state is None else decode_state(row.state)
    fields = cast("dict[str, Any]", state.fields)
    stated = read_statements(statements_of(state))
    return DeclaredNode(
        node_id=row.node_id,
        name=fields.get("name") or row.node_id,
        node_type=fields.get("node_type"),
        status=stated[-1].status if stated else None,
        agent_name=fields.get("agent_name"),
        goal=fields.get("goal"),
        order_index=row.order_index,
        parent_node_id=fields.get("parent_node_id"),
        started_at=fields.get("started_at"),
        ended_at=fields.get("ended_at"),
        error=fields.get("error"),
        metadata=fields.get("metadata", {}),
        details=fields.get("details"),
        requires_approval=fields.get("requires_approval", False),
        max_attempts=fields.get("max_attempts"),
        plan_version=fields.get("plan_version"),
    )
