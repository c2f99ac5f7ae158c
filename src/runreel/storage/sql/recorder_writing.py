"""Writing what came of recorders: one row for each run and recorder, however many records a transaction brings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runreel.storage.sql import schema
from runreel.storage.sql.recorder_row import COLUMNS, RecorderRow, read_recorder
from runreel.storage.sql.run_row import RunChange
from runreel.storage.sql.transaction import Transaction
from runreel.storage.sql.work import Work

_KEY = ("run_pk", "recorder_id")
_ASSIGNMENTS = ",".join(f"{name} = ?" for name in (*COLUMNS, "change_seq"))


def write(transaction: Transaction, pairs: Sequence[tuple[Work, RunChange]]) -> None:
    """Write the rows of the recorders whose records these are; what came before changes nothing."""
    named = [(work, change, recorder_ids) for work, change in pairs if (recorder_ids := work.recorder_ids())]
    if not named:
        return
    keys = [(work.run_pk, each) for work, change, ids in named if not change.is_new for each in ids]
    found = transaction.dialect.select(transaction.cursor, schema.recorders, (*_KEY, *COLUMNS), _KEY, keys)
    stored = {(row[0], row[1]): read_recorder(row[2:]) for row in found}
    inserted: list[tuple[Any, ...]] = []
    updated: list[tuple[Any, ...]] = []
    for work, change, recorder_ids in named:
        for recorder_id in recorder_ids:
            key = (work.run_pk, recorder_id)
            before = stored.get(key)
            row = _merged(before or RecorderRow(), work, recorder_id)
            if before is not None and row.is_same(before):
                continue
            change.row.change_seq += 1
            if before is None:
                inserted.append((*key, *row.values(), change.row.change_seq))
            else:
                updated.append((*row.values(), change.row.change_seq, *key))
    transaction.dialect.insert(transaction.cursor, schema.recorders, inserted)
    transaction.execute_many(f"UPDATE recorders SET {_ASSIGNMENTS} WHERE run_pk = ? AND recorder_id = ?", updated)


def _merged(row: RecorderRow, work: Work, recorder_id: str) -> RecorderRow:
    row = row.with_records(work.numbers.get(recorder_id, ()), work.statements.get(recorder_id, ()))
    elsewhere = work.recorder_rows.get(recorder_id)
    return row if elsewhere is None else row.joined(elsewhere)
