"""Counting anew what is kept as sums: of runs, agents, rollups and projects, by the code that keeps them.

A recount works on a transaction that may only read. What it collects there is the difference between what is there and
what the sums say; in a writing transaction `Transaction.finish` makes the sums right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Table, select

from runreel.model.name import number_of as number_in
from runreel.storage.sql import event_row, schema
from runreel.storage.sql.contribution import add_events
from runreel.storage.sql.event_writing import iter_chunks
from runreel.storage.sql.rollup import TOTALS, RollupDelta, add_buckets, decode_buckets
from runreel.storage.sql.run_row import AGENT_SUMS, COLUMNS, NAMED_BY_COUNTER, RunRow
from runreel.storage.sql.transaction import Transaction

_CHUNK_ROWS = 500
_PROJECT_KEYS_AT_ONCE = 2_000
_USED, _CHILD_USED = (" OR ".join(f"{table}.{name} > 0" for name in event_row.USAGE) for table in ("e", "c"))
_COUNTS_SQL = (
    f"CASE WHEN ({_USED}) AND NOT EXISTS (SELECT 1 FROM events c WHERE c.run_pk = e.run_pk "
    f"AND c.parent_event_id = e.event_id AND c.event_id <> e.event_id AND ({_CHILD_USED})) THEN 1 ELSE 0 END"
)

# The definition itself, which writing must come to. Each event comes once: only those that name no node are reached
# from their parents, and no event has two.
_MEMBERS_SQL = """
    WITH RECURSIVE members (event_id, member_of) AS (
        SELECT event_id, node_id FROM events WHERE run_pk = ? AND node_id IS NOT NULL
        UNION ALL
        SELECT e.event_id, m.member_of FROM members m
        JOIN events e ON e.run_pk = ? AND e.parent_event_id = m.event_id AND e.node_id IS NULL
    )
    SELECT e.event_id, m.member_of FROM events e LEFT JOIN members m ON m.event_id = e.event_id
    WHERE e.run_pk = ? AND (e.member_of <> m.member_of OR (e.member_of IS NULL) <> (m.member_of IS NULL))
"""

SeeEvent = Callable[[RunRow, Any], None]


def iter_runs(transaction: Transaction, project: str, agent_name: str) -> Iterator[RunRow]:
    """Yield the rows of an agent's runs, a bounded number at a time."""
    names = ",".join(COLUMNS)
    created_at, run_pk = -(2**63), -(2**63)
    while True:
        rows = transaction.fetch(
            f"SELECT {names} FROM runs WHERE project = ? AND agent_name = ? AND (created_at, run_pk) > (?, ?) "
            f"ORDER BY created_at, run_pk LIMIT {_CHUNK_ROWS}",
            project,
            agent_name,
            created_at,
            run_pk,
        )
        for row in rows:
            yield RunRow(*row)
        if len(rows) < _CHUNK_ROWS:
            return
        last = RunRow(*rows[-1])
        created_at, run_pk = last.created_at, last.run_pk


def recount_run(transaction: Transaction, row: RunRow, *, see_event: SeeEvent | None = None) -> RunRow:
    """Return the row of a run with its totals counted anew; its events go to the transaction's rollups."""
    counted = RunRow(*row.values())
    counted.sequenced_count = counted.approval_count = counted.open_approval_count = 0
    counted.add_totals(-1, row.totals())
    for events in iter_chunks(transaction, row.run_pk):
        added = add_events(transaction.rollup, 1, events, row.project, row.agent_name)
        counted.sequenced_count += added.n_sequenced
        counted.approval_count += added.n_approvals
        counted.open_approval_count += added.n_open_approvals
        counted.add_totals(1, added.totals)
        if see_event is not None:
            for event in events:
                see_event(row, event)
    return counted


def number_of(row: RunRow) -> int:
    """Return the number that a run was named by, or 0."""
    if row.name_source != NAMED_BY_COUNTER or row.run_name is None:
        return 0
    # The name of a run that was imported may be marked as another bearer of a number: `run 1 (2)`.
    return number_in(row.run_name) or 0


def find_wrong_flags(transaction: Transaction, run_pk: int) -> list[tuple[str, int]]:
    """Return the events that count their usage and must not, or the other way round; with the right flag."""
    statement = f"SELECT e.event_id, {_COUNTS_SQL} FROM events e WHERE e.run_pk = ? AND e.is_counted <> {_COUNTS_SQL}"
    return [(row[0], row[1]) for row in transaction.fetch(statement, run_pk)]


def find_wrong_members(transaction: Transaction, run_pk: int) -> list[tuple[str, str | None]]:
    """Return the events that are kept as another node's, or as none's, with the node that they are of."""
    return [(row[0], row[1]) for row in transaction.fetch(_MEMBERS_SQL, run_pk, run_pk, run_pk)]


def subtract_agent(transaction: Transaction, project: str, agent_name: str) -> None:
    """Take the stored sums of an agent out of what was counted, so that the difference is left."""
    key = (project, agent_name)
    stored = transaction.dialect.select(
        transaction.cursor, schema.agents, (*AGENT_SUMS, "durations"), ("project", "agent_name"), [key]
    )
    for *sums, durations in stored:
        delta = transaction.agent_deltas.setdefault(key, [0] * len(AGENT_SUMS))
        for place, amount in enumerate(sums):
            delta[place] -= amount
        if durations is not None:
            buckets = transaction.agent_durations.setdefault(key, {})
            add_buckets(buckets, {bucket: -count for bucket, count in decode_buckets(durations).items()})
    for rollup_key, sums, durations in _iter_rollups(transaction, schema.rollups, project, agent_name=agent_name):
        transaction.rollup.add_row(-1, (project, agent_name, *rollup_key), sums, durations)


def iter_project_differences(transaction: Transaction, project: str) -> Iterator[RollupDelta]:
    """Yield by what the sums of a project differ from those of its agents, in parts that have a difference."""
    of_agents = _iter_rollups(transaction, schema.rollups, project)
    of_project = _iter_rollups(transaction, schema.project_rollups, project)
    sources = {1: next(of_agents, None), -1: next(of_project, None)}
    rest = {1: of_agents, -1: of_project}
    delta, last, n_keys = RollupDelta(), None, 0
    while waiting := [(row[0], sign) for sign, row in sources.items() if row is not None]:
        key, sign = min(waiting)
        if key != last and n_keys >= _PROJECT_KEYS_AT_ONCE:
            if delta.differing_keys():
                yield delta
            delta, n_keys = RollupDelta(), 0
        n_keys += key != last
        last = key
        row = sources[sign]
        assert row is not None
        delta.add_row(sign, (project, "", *key), row[1], row[2])
        sources[sign] = next(rest[sign], None)
    if delta.differing_keys():
        yield delta


def _iter_rollups(
    transaction: Transaction, table: Table, project: str, *, agent_name: str | None = None
) -> Iterator[tuple[tuple[int, str, str], Sequence[int], bytes]]:
    """Yield keys, sums and durations of rows in the order of their keys, fetched a bounded number at a time."""
    place = [table.c.hour, table.c.event_type, table.c.label]
    sums = [table.c[name] for name in ("duration_us", *TOTALS)]
    statement = select(*place, *sums, table.c.durations).where(table.c.project == project)
    if agent_name is not None:
        statement = statement.where(table.c.agent_name == agent_name)
    found = transaction.connection.execute(statement.order_by(*place).execution_options(yield_per=_CHUNK_ROWS))
    for row in map(tuple, found):
        yield row[:3], row[3:-1], row[-1]
