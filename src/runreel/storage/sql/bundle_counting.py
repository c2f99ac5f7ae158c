"""How many rows of each kind runs have: counted in the store itself, so that an import can be proven."""

from __future__ import annotations

from collections.abc import Sequence

from runreel.storage.sql.transaction import Transaction

_TABLES = {
    "nodes": "nodes",
    "edges": "edges",
    "events": "events",
    "messages": "messages",
    "files": "files",
    "transitions": "run_transitions",
}
_RUNS_AT_ONCE = 200


def count_rows(transaction: Transaction, run_pks: Sequence[int]) -> dict[int, dict[str, int]]:
    """Return for each run how many rows of each kind it has."""
    counts = {run_pk: dict.fromkeys(_TABLES, 0) for run_pk in run_pks}
    ordered = sorted(counts)
    for start in range(0, len(ordered), _RUNS_AT_ONCE):
        some = ordered[start : start + _RUNS_AT_ONCE]
        marks = ",".join("?" * len(some))
        for kind, table in _TABLES.items():
            statement = f"SELECT run_pk, count(*) FROM {table} WHERE run_pk IN ({marks}) GROUP BY run_pk"
            for run_pk, n_rows in transaction.fetch(statement, *some):
                counts[run_pk][kind] = n_rows
    return counts
