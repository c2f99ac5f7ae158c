"""What the parts of one writing transaction share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from runreel.storage.sql import run_row, schema
from runreel.storage.sql.dialect import Cursor, Dialect
from runreel.storage.sql.rollup import RUN_TYPE, RollupDelta
from runreel.storage.sql.run_row import RunRow


@dataclass(slots=True)
class Transaction:
    """One writing transaction. Locks are taken in one order: runs, then agents, then rollups, each by its key."""

    connection: Connection
    cursor: Cursor
    dialect: Dialect
    rollup: RollupDelta = field(default_factory=RollupDelta)
    agent_deltas: dict[tuple[str, str], list[int]] = field(default_factory=dict[tuple[str, str], list[int]])

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
        delta = self.agent_deltas.setdefault((row.project, row.agent_name), [0] * len(totals))
        for place, amount in enumerate(totals):
            delta[place] += sign * amount
        one_run = [0] * len(row.totals())
        one_run[0], one_run[1] = 1, int(row.status == "failed")
        self.rollup.add(
            sign, row.project, row.agent_name, row.created_at, RUN_TYPE, row.status, row.duration_us, one_run
        )

    def write_totals(self) -> None:
        """Bring agents and rollups up to date with what was added; the last step before commit."""
        sums = run_row.AGENT_SUMS
        assignments = ",".join(f"{name} = {name} + ?" for name in sums)
        rows = [[*delta, project, agent] for (project, agent), delta in sorted(self.agent_deltas.items()) if any(delta)]
        self.execute_many(f"UPDATE agents SET {assignments} WHERE project = ? AND agent_name = ?", rows)
        self.rollup.write(self.dialect, self.cursor)
