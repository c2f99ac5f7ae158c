"""What the parts of one writing transaction share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from runreel.model.instant import MICROSECONDS_PER_HOUR
from runreel.storage.port import BlobStore
from runreel.storage.sql import run_row, schema
from runreel.storage.sql.dialect import Cursor, Dialect
from runreel.storage.sql.key import topic_of
from runreel.storage.sql.price_book import PriceBook
from runreel.storage.sql.rollup import (
    RUN_TYPE,
    AgentKey,
    Buckets,
    RollupDelta,
    add_buckets,
    decode_buckets,
    duration_bucket,
    encode_buckets,
)
from runreel.storage.sql.run_row import RunRow


@dataclass(slots=True)
class Transaction:
    """One writing transaction.

    Locks are taken in one order: runs, then blobs, then agents, then rollups, then projects, each by its key.
    """

    connection: Connection
    cursor: Cursor
    dialect: Dialect
    price_book: PriceBook
    blobs: BlobStore | None = None
    rollup: RollupDelta = field(default_factory=RollupDelta)
    agent_deltas: dict[AgentKey, list[int]] = field(default_factory=dict[AgentKey, list[int]])
    agent_durations: dict[AgentKey, Buckets] = field(default_factory=dict[AgentKey, Buckets])
    changed_runs: dict[str, set[int]] = field(default_factory=dict[str, set[int]])
    deleted_runs: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    topics: set[int] = field(default_factory=set[int])

    def execute(self, statement: str, *parameters: object) -> int:
        """Run one statement written with `?`; return the number of rows it changed."""
        self.cursor.execute(self.dialect.sql(statement), parameters)
        return self.cursor.rowcount

    def fetch(self, statement: str, *parameters: object) -> list[Any]:
        """Return the rows of one query written with `?`."""
        self.cursor.execute(self.dialect.sql(statement), parameters)
        return self.cursor.fetchall()

    def execute_many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement for many rows."""
        if rows:
            self.cursor.executemany(self.dialect.sql(statement), rows)

    def lock_runs(self, run_pks: list[int]) -> dict[int, RunRow]:
        """Return the rows of those runs that exist, locked until the transaction ends."""
        keys = [(run_pk,) for run_pk in sorted(run_pks)]
        rows = self.dialect.select(self.cursor, schema.runs, run_row.COLUMNS, ("run_pk",), keys, for_update=True)
        return {row[0]: RunRow(*row) for row in rows}

    def lock_agents(self, keys: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """Lock agents until the transaction ends; return the last number that each has given to a run."""
        rows = self.dialect.select(
            self.cursor,
            schema.agents,
            ("project", "agent_name", "last_number"),
            ("project", "agent_name"),
            sorted(keys),
            for_update=True,
        )
        return {(row[0], row[1]): row[2] for row in rows}

    def add_run(self, sign: int, row: RunRow) -> None:
        """Add (or take out, with sign -1) what a run contributes to its agent and to the rollups."""
        totals = run_row.agent_totals(row)
        key = (row.project, row.agent_name)
        delta = self.agent_deltas.setdefault(key, [0] * len(totals))
        for place, amount in enumerate(totals):
            delta[place] += sign * amount
        if row.duration_us is not None:
            buckets, bucket = self.agent_durations.setdefault(key, {}), duration_bucket(row.duration_us)
            buckets[bucket] = buckets.get(bucket, 0) + sign
        hour = row.created_at // MICROSECONDS_PER_HOUR
        sums, buckets = self.rollup.cells[row.project, row.agent_name, hour, RUN_TYPE, row.status]
        of_run = (row.duration_us or 0, 1, int(row.status == "failed"), *row.totals()[2:])
        for place, amount in enumerate(of_run):
            sums[place] += sign * amount
        if row.duration_us is not None:
            add_buckets(buckets, {duration_bucket(row.duration_us): sign})

    def note_change(self, row: RunRow) -> None:
        """Take note that a run changed, for those who follow the whole project."""
        self.changed_runs.setdefault(row.project, set()).add(row.run_pk)
        self._note_topics(row)

    def note_deletion(self, row: RunRow) -> None:
        """Take note that a run was deleted, for those who follow the whole project."""
        self.deleted_runs.setdefault(row.project, set()).add(row.run_id)
        self._note_topics(row)

    def _note_topics(self, row: RunRow) -> None:
        self.topics.update((row.run_pk, topic_of(row.project, None)))

    def finish(self) -> None:
        """Bring agents, rollups and projects up to date with what was done; the last step before commit."""
        sums = run_row.AGENT_SUMS
        assignments = ",".join(f"{name} = {name} + ?" for name in sums)
        rows = [[*delta, project, agent] for (project, agent), delta in sorted(self.agent_deltas.items()) if any(delta)]
        self.execute_many(f"UPDATE agents SET {assignments} WHERE project = ? AND agent_name = ?", rows)
        self._write_agent_durations()
        # Whoever holds an agent's row may insert rollups of it without meeting anyone.
        self.lock_agents(self.rollup.agent_keys() - {(project, agent) for *_, project, agent in rows})
        self.rollup.write(self.dialect, self.cursor)
        # From here to the commit, writers of a project take turns: what follows is short.
        self._number_changes()
        self.rollup.write_projects(self.dialect, self.cursor)

    def _write_agent_durations(self) -> None:
        keys = sorted(key for key, buckets in self.agent_durations.items() if any(buckets.values()))
        stored = self.dialect.select(
            self.cursor,
            schema.agents,
            ("project", "agent_name", "durations"),
            ("project", "agent_name"),
            keys,
            for_update=True,
        )
        rows: list[tuple[bytes, str, str]] = []
        for project, agent_name, durations in stored:
            counts = {} if durations is None else decode_buckets(durations)
            add_buckets(counts, self.agent_durations[project, agent_name])
            rows.append((encode_buckets(counts), project, agent_name))
        self.execute_many("UPDATE agents SET durations = ? WHERE project = ? AND agent_name = ?", rows)

    def _number_changes(self) -> None:
        """Draw a number of each project for what changed in it.

        The project's row stays locked until the commit, so the numbers become visible in their order: whoever has
        seen one has seen all before it.
        """
        for project in sorted(self.changed_runs.keys() | self.deleted_runs.keys()):
            drawn = self.fetch(
                "UPDATE projects SET change_no = change_no + 1 WHERE project = ? RETURNING change_no", project
            )
            number = drawn[0][0]
            changed = sorted(self.changed_runs.get(project, ()))
            self.execute_many("UPDATE runs SET change_no = ? WHERE run_pk = ?", [(number, pk) for pk in changed])
            self.execute_many(
                "UPDATE tombstones SET change_no = ? WHERE project = ? AND run_id = ?",
                [(number, project, run_id) for run_id in sorted(self.deleted_runs.get(project, ()))],
            )
