"""Whether what is stored of one run can be read: payloads, states, tags, and the numbers that point at them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from runreel.storage.sql.codec import decode_json, read_block
from runreel.storage.sql.event_row import BLOCK, CHANGE_SEQ, LINE
from runreel.storage.sql.key import run_pk_of
from runreel.storage.sql.recorder_row import COLUMNS as RECORDER_COLUMNS
from runreel.storage.sql.recorder_row import read_recorder
from runreel.storage.sql.run_row import RunRow, decode_state, read_run
from runreel.storage.sql.transaction import Transaction

_CHUNK_ROWS = 200
_STATES = (("run_states", None), ("nodes", "node_id"), ("messages", "message_id"), ("files", "file_id"))

Note = Callable[[str, str], None]


class RunContentCheck:
    """Looks at the content of one run; events are shown to it one by one."""

    def __init__(self, transaction: Transaction, row: RunRow, note: Note) -> None:
        self._transaction = transaction
        self._row = row
        self._note = note
        self._n_lines: dict[int, int] = {}
        self._last_seq = 0
        self.n_bytes = 0
        self._read_blocks()

    def see_event(self, _row: RunRow, event: Sequence[Any]) -> None:
        """Check what an event points at."""
        self._last_seq = max(self._last_seq, event[CHANGE_SEQ])
        if event[BLOCK] is not None and not 0 <= event[LINE] < self._n_lines.get(event[BLOCK], 0):
            self._note("payloads", f"the payload of event {event[1]!r} is not there")

    def finish(self) -> None:
        """Check the rest, once all events were seen."""
        row, fetch = self._row, self._transaction.fetch
        if row.run_pk != run_pk_of(row.project, row.run_id):
            self._note("keys", "its key is not that of its id")
        if self._n_lines and max(self._n_lines) >= row.block_count:
            self._note("payloads", f"it has a block {max(self._n_lines)} and counts {row.block_count}")
        self._check_states()
        self._check_recorders()
        tags = {found[0] for found in fetch("SELECT tag FROM run_tags WHERE run_pk = ?", row.run_pk)}
        if tags != set(read_run(row).tags):
            self._note("tags", "the tags to filter by are not its tags")
        if self._last_seq > row.change_seq:
            self._note("changes", f"its number is {row.change_seq}, and something in it has {self._last_seq}")

    def _read_blocks(self) -> None:
        last = -1
        while True:
            found = self._transaction.fetch(
                f"SELECT block, data FROM payload_blocks WHERE run_pk = ? AND block > ? ORDER BY block "
                f"LIMIT {_CHUNK_ROWS}",
                self._row.run_pk,
                last,
            )
            for block, data in found:
                self.n_bytes += len(data)
                self._read_block(block, data)
            if len(found) < _CHUNK_ROWS:
                return
            last = found[-1][0]

    def _read_block(self, block: int, data: bytes) -> None:
        try:
            lines = read_block(data)
            for line in lines:
                decode_json(line)
        # Whatever the library makes of damaged bytes, they are damaged.
        except Exception as error:  # noqa: BLE001
            self._note("payloads", f"block {block} can't be read ({type(error).__name__})")
            return
        self._n_lines[block] = len(lines)

    def _check_states(self) -> None:
        for table, key in _STATES:
            seq = "0" if key is None else "change_seq"
            last = ""
            while True:
                place = "" if key is None else f"AND {key} > ? ORDER BY {key} LIMIT {_CHUNK_ROWS}"
                found = self._transaction.fetch(
                    f"SELECT {key or 'NULL'}, state, {seq} FROM {table} WHERE run_pk = ? {place}",
                    self._row.run_pk,
                    *(() if key is None else (last,)),
                )
                for thing_id, state, change_seq in found:
                    self._last_seq = max(self._last_seq, change_seq)
                    self._check_state(table, thing_id, state)
                if key is None or len(found) < _CHUNK_ROWS:
                    break
                last = found[-1][0]

    def _check_recorders(self) -> None:
        last = ""
        while True:
            found = self._transaction.fetch(
                f"SELECT recorder_id, change_seq, {','.join(RECORDER_COLUMNS)} FROM recorders "
                f"WHERE run_pk = ? AND recorder_id > ? ORDER BY recorder_id LIMIT {_CHUNK_ROWS}",
                self._row.run_pk,
                last,
            )
            for recorder_id, change_seq, *values in found:
                self._last_seq = max(self._last_seq, change_seq)
                self._check_recorder(recorder_id, values)
            if len(found) < _CHUNK_ROWS:
                return
            last = found[-1][0]

    def _check_recorder(self, recorder_id: str, values: Sequence[Any]) -> None:
        try:
            received = read_recorder(values).received
        # As above.
        except Exception as error:  # noqa: BLE001
            self._note("recorders", f"the row of {recorder_id!r} can't be read ({type(error).__name__})")
            return
        if (received.count, received.highest) != (values[0], values[1]):
            detail = f"{values[0]} received up to {values[1]}, and its ranges come to {received.count} up to"
            self._note("recorders", f"the row of {recorder_id!r} says {detail} {received.highest}")

    def _check_state(self, table: str, thing_id: str | None, state: bytes | None) -> None:
        try:
            if state is not None:
                decode_state(state)
        # As above.
        except Exception as error:  # noqa: BLE001
            of_what = "" if thing_id is None else f" of {thing_id!r}"
            self._note("states", f"the row{of_what} in {table} can't be read ({type(error).__name__})")


def stored_payload_bytes(transaction: Transaction, run_pk: int) -> int:
    """Return the size of a run's blocks."""
    (row,) = transaction.fetch("SELECT COALESCE(SUM(LENGTH(data)), 0) FROM payload_blocks WHERE run_pk = ?", run_pk)
    return int(row[0])
