"""What becomes of every row while a database is converted: counted once, where it happens."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from runreel.model.import_report import MAX_EXAMPLES, KindReport, LeftOut, Repair, TableReport

_MAX_EXAMPLE_LENGTH = 120
_MAX_REASONS = 50
# Longer ones are no reasons to the server that keeps the report.
_MAX_REASON_LENGTH = 300
OTHER_REASONS = "other reasons"
_TABLES = """
CREATE TABLE runs (run_id TEXT PRIMARY KEY, session_id TEXT, counts TEXT) WITHOUT ROWID;
CREATE TABLE sessions (session_id TEXT PRIMARY KEY, n_runs INTEGER, counts TEXT) WITHOUT ROWID;
"""


@dataclass(slots=True)
class _Cases:
    n_rows: int = 0
    examples: list[str] = field(default_factory=list[str])

    def add(self, example: object, n_rows: int = 1) -> None:
        self.n_rows += n_rows
        if example is not None and len(self.examples) < MAX_EXAMPLES:
            text = str(example)[:_MAX_EXAMPLE_LENGTH]
            if text not in self.examples:
                self.examples.append(text)


@dataclass(slots=True)
class _Table:
    n_found: int = 0
    stored: Counter[str] = field(default_factory=Counter[str])
    left_out: dict[str, _Cases] = field(default_factory=dict[str, _Cases])


class Ledger:
    """Counts rows by table, reason and kind. What is counted up to `end_run` is of that run.

    What a run brought is kept on disk, so that it can be taken back should the server refuse it; and what a session
    brought, which is taken back with the last of its runs.
    """

    def __init__(self) -> None:
        self._tables: dict[str, _Table] = {}
        self._repairs: dict[str, _Cases] = {}
        self._sent: Counter[str] = Counter()
        self._made: Counter[str] = Counter()
        self._run: Counter[str] = Counter()
        # Without a name it is a file that is gone with the connection; small ones stay in memory.
        self._runs = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._runs.executescript(_TABLES)
        self._runs.execute("BEGIN")

    def found(self, table: str, n_rows: int) -> None:
        """Take note of how many rows a table has."""
        self._table(table).n_found += n_rows

    def stored(self, table: str, n_rows: int = 1) -> None:
        """Count rows that are told of here."""
        self._run[f"stored {table}"] += n_rows

    def merged(self, table: str, n_rows: int = 1) -> None:
        """Count rows that are told of here in another row's place."""
        self._run[f"stored {table}"] += n_rows
        self._run[f"merged {table}"] += n_rows

    def left_out(self, table: str, reason: str, example: object = None, n_rows: int = 1) -> None:
        """Count rows that can't be placed; no run takes them along when it is refused."""
        if not n_rows:
            return
        reasons = self._table(table).left_out
        reason = reason[:_MAX_REASON_LENGTH]
        if reason not in reasons and len(reasons) >= _MAX_REASONS:
            reason = OTHER_REASONS
        reasons.setdefault(reason, _Cases()).add(example, n_rows)

    def repaired(self, what: str, example: object = None, n_cases: int = 1) -> None:
        """Count something that was made right."""
        self._repairs.setdefault(what, _Cases()).add(example, n_cases)

    def sent(self, kind: str, n_rows: int = 1) -> None:
        """Count rows that the bundle has."""
        self._run[f"sent {kind}"] += n_rows

    def made(self, kind: str, n_rows: int = 1) -> None:
        """Count rows, counted as sent also, that the repair made."""
        self._run[f"made {kind}"] += n_rows

    def end_run(self, run_id: str, session_id: str | None = None) -> None:
        """Close what was counted since the last run, as what this one of a session brings."""
        if run_id:
            values = (run_id, session_id, json.dumps(self._run))
            self._runs.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", values)
            self._runs.execute("UPDATE sessions SET n_runs = n_runs + 1 WHERE session_id = ?", (session_id,))
        self._apply(self._run, 1)
        self._run = Counter()

    def add_session(self, session_id: str, *, n_projects: int = 0, is_made: bool = False) -> None:
        """Count a session that is sent, with the rows that it has here: its own, and those of its projects."""
        counts = {"sent sessions": 1}
        counts |= {"made sessions": 1} if is_made else {"stored sessions": 1, "stored projects": n_projects}
        self._runs.execute("INSERT OR REPLACE INTO sessions VALUES (?, 0, ?)", (session_id, json.dumps(counts)))
        self._apply(counts, 1)

    def add_to_session(self, session_id: str, table: str, n_rows: int) -> None:
        """Count rows that are told of in a session."""
        statement = "SELECT counts FROM sessions WHERE session_id = ?"
        for (encoded,) in self._runs.execute(statement, (session_id,)).fetchall():
            counts = json.dumps({**json.loads(encoded), f"stored {table}": n_rows})
            self._runs.execute("UPDATE sessions SET counts = ? WHERE session_id = ?", (counts, session_id))
        self._apply({f"stored {table}": n_rows}, 1)

    def refuse_run(self, run_id: str, reason: str) -> None:
        """Take back what a run brought: its rows are left out, for the reason that the server gave."""
        found = self._runs.execute(
            "DELETE FROM runs WHERE run_id = ? RETURNING session_id, counts", (run_id,)
        ).fetchall()
        for session_id, counts in found:
            self._take_back(counts, f"the run was refused: {reason}", run_id)
            self._runs.execute("UPDATE sessions SET n_runs = n_runs - 1 WHERE session_id = ?", (session_id,))
            without = self._runs.execute(
                "DELETE FROM sessions WHERE session_id = ? AND n_runs = 0 RETURNING counts", (session_id,)
            ).fetchall()
            for (of_session,) in without:
                self._take_back(of_session, "all runs of the session were refused", session_id)

    def withdraw_sessions(self, reason: str) -> None:
        """Let all rows that sessions brought be left out after all."""
        for (counts,) in self._runs.execute("SELECT counts FROM sessions").fetchall():
            self._take_back(counts, reason)
        self._runs.execute("DELETE FROM sessions")

    def tables(self) -> list[TableReport]:
        """Return what became of the rows of each table."""
        return [
            TableReport(
                table=name,
                n_found=table.n_found,
                n_stored=table.stored["stored"],
                n_merged=table.stored["merged"],
                left_out=[
                    LeftOut(reason=reason, n_rows=cases.n_rows, examples=tuple(cases.examples))
                    for reason, cases in sorted(table.left_out.items(), key=lambda item: -item[1].n_rows)
                ],
            )
            for name, table in self._tables.items()
        ]

    def repairs(self) -> list[Repair]:
        """Return what was made right, the most frequent first."""
        return [
            Repair(what=what, n_cases=cases.n_rows, examples=tuple(cases.examples))
            for what, cases in sorted(self._repairs.items(), key=lambda item: -item[1].n_rows)
        ]

    def kinds(self, kept: Mapping[str, int] | None) -> list[KindReport]:
        """Return how many rows of each kind were sent, and how many of them are kept."""
        return [
            KindReport(
                kind=kind,
                n_sent=self._sent[kind],
                n_made=self._made[kind],
                n_kept=None if kept is None else kept.get(kind, 0),
            )
            for kind in dict.fromkeys((*self._sent, *(kept or ())))
            if self._sent[kind] or (kept or {}).get(kind)
        ]

    def close(self) -> None:
        """Let go of what is on disk; safe twice."""
        self._runs.close()

    def _table(self, name: str) -> _Table:
        return self._tables.setdefault(name, _Table())

    def _apply(self, counts: Mapping[str, int], sign: int) -> None:
        for key, n_rows in counts.items():
            verb, _, name = key.partition(" ")
            if verb == "sent":
                self._sent[name] += sign * n_rows
            elif verb == "made":
                self._made[name] += sign * n_rows
            else:
                self._table(name).stored[verb] += sign * n_rows

    def _take_back(self, encoded: str, reason: str, example: str | None = None) -> None:
        counts: dict[str, int] = json.loads(encoded)
        self._apply(counts, -1)
        for key, n_rows in counts.items():
            verb, _, table = key.partition(" ")
            if verb == "stored":
                self.left_out(table, reason, example, n_rows)
