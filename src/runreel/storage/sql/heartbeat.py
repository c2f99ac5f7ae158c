"""Heartbeats: the runs whose recorders promised signs of life and went silent."""

from __future__ import annotations

from runreel.model.transition import BY_SERVER
from runreel.storage.sql.applying import close_runs
from runreel.storage.sql.editing import changes_of
from runreel.storage.sql.naming import name_runs
from runreel.storage.sql.run_row import RunRow
from runreel.storage.sql.transaction import Transaction

LOST_AT_ONCE = 100

_MISSED_BEATS = 3
_SHORTEST_SILENCE_US = 15_000_000


def mark_lost_runs(transaction: Transaction, *, now: int) -> int:
    """Give the status `lost` to runs that are silent; see `RunStore.mark_lost_runs`."""
    # The column is empty once a run has ended, so the index holds only runs that go on.
    silent = transaction.fetch(
        f"SELECT run_pk FROM runs WHERE heartbeat_at < ? AND heartbeat_at + {_MISSED_BEATS} * heartbeat_us < ? "
        f"ORDER BY heartbeat_at LIMIT {LOST_AT_ONCE}",
        now - _SHORTEST_SILENCE_US,
        now,
    )
    # Another server may have marked them, or heard of them, before they were locked.
    rows = [row for row in transaction.lock_runs([row[0] for row in silent]).values() if _is_silent(row, now)]
    changes = changes_of(transaction, rows)
    for change in changes:
        change.who, change.at = BY_SERVER, now
        change.why = f"no record came for {_silence_us(change.row, now) / 1_000_000:g} s"
        change.row.is_lost = 1
        change.derive()
        change.beat(now)
    name_runs(transaction, changes)
    close_runs(transaction, changes)
    transaction.finish()
    return len(changes)


def _is_silent(row: RunRow, now: int) -> bool:
    longest_us = max(_SHORTEST_SILENCE_US, _MISSED_BEATS * (row.heartbeat_us or 0))
    return row.heartbeat_at is not None and _silence_us(row, now) > longest_us


def _silence_us(row: RunRow, now: int) -> int:
    return now - (row.heartbeat_at or now)
