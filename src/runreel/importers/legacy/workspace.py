"""What is needed of the whole database while its runs are converted one by one: on disk, with indexes of its own.

Nodes, edges and steps are looked up by ids that any run may name; runs are put into the order of their names.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

_TABLES = """
CREATE TABLE runs (raw_id TEXT PRIMARY KEY, run_id TEXT, agent TEXT, session TEXT, created_at INTEGER, parent TEXT,
                   number INTEGER) WITHOUT ROWID;
CREATE TABLE nodes (raw_id TEXT PRIMARY KEY, run TEXT, node_id TEXT, data TEXT) WITHOUT ROWID;
CREATE TABLE edges (number INTEGER PRIMARY KEY, source TEXT, target TEXT, data TEXT, n_placed INTEGER DEFAULT 0);
CREATE TABLE steps (raw_id TEXT PRIMARY KEY, run TEXT, node_id TEXT) WITHOUT ROWID;
CREATE TABLE branches (number INTEGER PRIMARY KEY, child TEXT, data TEXT);
CREATE TABLE history (number INTEGER PRIMARY KEY, run TEXT, data TEXT);
CREATE TABLE sessions (raw_id TEXT PRIMARY KEY, data TEXT, is_sent INTEGER DEFAULT 0) WITHOUT ROWID;
"""
_INDEXES = """
CREATE INDEX nodes_by_run ON nodes (run);
CREATE INDEX edges_by_source ON edges (source);
CREATE INDEX branches_by_child ON branches (child);
CREATE INDEX history_by_run ON history (run);
"""
# In kibibytes, as SQLite wants it.
_CACHE_KIB = 16_384


class NodeRow(NamedTuple):
    """A row of `dag_nodes`: whose it is, the id it has here, and what it says."""

    raw_id: str
    run: str
    node_id: str
    data: dict[str, Any]


class EdgeRow(NamedTuple):
    """A row of `dag_edges`."""

    number: int
    source: str
    target: str
    data: dict[str, Any]
    n_placed: int


class Workspace:
    """Tables of this process alone; gone when it is closed, or ends."""

    def __init__(self) -> None:
        # Without a name it is a file that is gone with the connection; a small one stays in memory.
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        self._connection.executescript(_TABLES)
        self._connection.execute("BEGIN")
        self.find_node = lru_cache(maxsize=4_096)(self._find_node)
        self.find_edges = lru_cache(maxsize=4_096)(self._find_edges)

    def put(self, table: str, values: Sequence[Any], *, or_ignore: bool = False) -> bool:
        """Add a row; tell whether it was not there."""
        verb = "INSERT OR IGNORE" if or_ignore else "INSERT"
        statement = f"{verb} INTO {table} VALUES ({','.join('?' * len(values))})"
        return self._connection.execute(statement, values).rowcount == 1

    def add(self, table: str, columns: str, values: Sequence[Any]) -> None:
        """Add a row with these columns."""
        self._connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({','.join('?' * len(values))})", values)

    def index(self) -> None:
        """Make what is here quick to find, once it is all here."""
        self._connection.executescript(_INDEXES)
        self._connection.execute("BEGIN")

    def name_runs(self) -> None:
        """Number the runs of each agent by their creation; ids settle what times do not."""
        self._connection.execute(
            "CREATE TEMP TABLE numbers AS SELECT raw_id, row_number() OVER "
            "(PARTITION BY agent ORDER BY created_at, run_id) AS number FROM runs"
        )
        self._connection.execute("CREATE UNIQUE INDEX temp.numbers_by_id ON numbers (raw_id)")
        self._connection.execute(
            "UPDATE runs SET number = (SELECT number FROM numbers WHERE numbers.raw_id = runs.raw_id)"
        )
        self._connection.execute("DROP TABLE numbers")

    def run(self, raw_id: str) -> tuple[str, int, int] | None:
        """Return id, number and creation of a run."""
        return self._one("SELECT run_id, number, created_at FROM runs WHERE raw_id = ?", raw_id)

    def has_run(self, raw_id: str) -> bool:
        """Tell whether there is such a run."""
        return self._one("SELECT 1 FROM runs WHERE raw_id = ?", raw_id) is not None

    def undated_runs(self) -> set[str]:
        """Return the runs of which no start is known."""
        return {row[0] for row in self._connection.execute("SELECT raw_id FROM runs WHERE created_at IS NULL")}

    def date_run(self, raw_id: str, at: int) -> None:
        """Note when a run was created."""
        self._connection.execute("UPDATE runs SET created_at = ? WHERE raw_id = ?", (at, raw_id))

    def session_of(self, raw_id: str) -> str | None:
        """Return the session of a run."""
        row = self._one("SELECT session FROM runs WHERE raw_id = ?", raw_id)
        return None if row is None else row[0]

    def parent_of(self, raw_id: str) -> str | None:
        """Return the parent of a run, None where it has none or the parent is missing."""
        row = self._one("SELECT parent FROM runs WHERE raw_id = ?", raw_id)
        return None if row is None else row[0]

    def set_parent(self, raw_id: str, parent: str) -> None:
        """Note the parent of a run that has none yet."""
        self._connection.execute("UPDATE runs SET parent = ? WHERE raw_id = ? AND parent IS NULL", (parent, raw_id))

    def step(self, raw_id: str) -> tuple[str, str] | None:
        """Return of which run a step is, and its node there."""
        return self._one("SELECT run, node_id FROM steps WHERE raw_id = ?", raw_id)

    def nodes_of(self, run: str) -> list[NodeRow]:
        """Return the rows of nodes that a run owns."""
        rows = self._connection.execute("SELECT raw_id, run, node_id, data FROM nodes WHERE run = ?", (run,))
        return [NodeRow(row[0], row[1], row[2], json.loads(row[3])) for row in rows]

    def short_ids(self, limit: int) -> list[str]:
        """Return ids of nodes as they are here, the most frequent first."""
        rows = self._connection.execute(
            "SELECT node_id FROM nodes GROUP BY node_id ORDER BY count(*) DESC, node_id LIMIT ?", (limit,)
        )
        return [row[0] for row in rows]

    def place_edge(self, number: int) -> None:
        """Note that an edge has a run."""
        self._connection.execute("UPDATE edges SET n_placed = n_placed + 1 WHERE number = ?", (number,))

    def is_placed(self, number: int) -> bool:
        """Tell whether an edge has a run already."""
        return bool(self._one("SELECT n_placed FROM edges WHERE number = ?", number)[0])

    def loose_edges(self) -> Iterator[EdgeRow]:
        """Yield the edges that no run has."""
        rows = self._connection.execute("SELECT * FROM edges WHERE n_placed = 0")
        return (EdgeRow(row[0], row[1], row[2], json.loads(row[3]), row[4]) for row in rows)

    def branches_of(self, child: str) -> list[dict[str, Any]]:
        """Return the branches that a run is the child of."""
        rows = self._connection.execute("SELECT data FROM branches WHERE child = ? ORDER BY number", (child,))
        return [json.loads(row[0]) for row in rows]

    def history_of(self, run: str) -> list[dict[str, Any]]:
        """Return the changes of state of a run and of its steps, in their order."""
        rows = self._connection.execute("SELECT data FROM history WHERE run = ? ORDER BY number", (run,))
        return [json.loads(row[0]) for row in rows]

    def session(self, raw_id: str) -> dict[str, Any] | None:
        """Return what is known of a session."""
        row = self._one("SELECT data FROM sessions WHERE raw_id = ?", raw_id)
        return None if row is None else json.loads(row[0])

    def add_to_session(self, raw_id: str, metadata: dict[str, Any]) -> None:
        """Add to what is known of a session."""
        data = self.session(raw_id)
        assert data is not None
        data["metadata"] |= metadata
        self._connection.execute("UPDATE sessions SET data = ? WHERE raw_id = ?", (json.dumps(data), raw_id))

    def mark_sent(self, raw_id: str) -> None:
        """Note that the session has a line."""
        self._connection.execute("UPDATE sessions SET is_sent = 1 WHERE raw_id = ?", (raw_id,))

    def unsent_sessions(self) -> Iterable[dict[str, Any]]:
        """Yield the sessions that no run named."""
        rows = self._connection.execute("SELECT data FROM sessions WHERE is_sent = 0 ORDER BY raw_id")
        return (json.loads(row[0]) for row in rows)

    def close(self) -> None:
        """Let go of everything; safe twice."""
        self._connection.close()

    def _find_node(self, raw_id: str) -> NodeRow | None:
        row = self._one("SELECT raw_id, run, node_id, data FROM nodes WHERE raw_id = ?", raw_id)
        return None if row is None else NodeRow(row[0], row[1], row[2], json.loads(row[3]))

    def _find_edges(self, source: str) -> tuple[EdgeRow, ...]:
        rows = self._connection.execute("SELECT * FROM edges WHERE source = ? ORDER BY number", (source,))
        return tuple(EdgeRow(row[0], row[1], row[2], json.loads(row[3]), row[4]) for row in rows)

    def _one(self, statement: str, value: object) -> Any:
        return self._connection.execute(statement, (value,)).fetchone()
