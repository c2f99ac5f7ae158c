"""Recorders as rows: which of their numbers came, and what they say of their records of one run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from operator import sub
from typing import Any, cast

import msgspec
from sqlalchemy import Connection, bindparam, case, func, select

from runreel.model.received import NOTHING_RECEIVED, Received
from runreel.model.record import Record
from runreel.model.recorder import Completeness
from runreel.storage.merge import State, joined, merged_all, same
from runreel.storage.sql.codec import compress, decompress
from runreel.storage.sql.prepared import fetch_one
from runreel.storage.sql.run_row import decode_state, encode_state
from runreel.storage.sql.schema import recorders

COLUMNS = ("received_count", "highest_number", "record_count", "dropped_count", "received", "state")

_COMPRESS_FROM_BYTES = 300
# Of these the highest counts, whenever it was said: a recorder only ever numbers and drops more.
_COUNTS = frozenset({"record_count", "dropped_count"})
_encode_numbers = msgspec.msgpack.Encoder().encode
_decode_numbers = msgspec.msgpack.Decoder(list[int]).decode

_EXPECTED = case((recorders.c.highest_number > recorders.c.record_count, recorders.c.highest_number))
_COMPLETENESS = select(
    func.count(),
    func.sum(recorders.c.received_count),
    func.sum(func.coalesce(_EXPECTED, recorders.c.record_count)),
    func.sum(recorders.c.dropped_count),
).where(recorders.c.run_pk == bindparam("run_pk"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderRow:
    """What is known of one recorder's records of one run; `state` is None where it said nothing of them itself."""

    received: Received = NOTHING_RECEIVED
    record_count: int = 0
    dropped_count: int = 0
    state: State | None = None

    def with_records(self, numbers: Iterable[int], statements: Sequence[Record]) -> RecorderRow:
        """Return this with numbers that came, and with records of the recorder itself."""
        return RecorderRow(
            received=self.received.with_numbers(numbers),
            record_count=max(self.record_count, *(_count(each, "record_count") for each in statements), 0),
            dropped_count=max(self.dropped_count, *(_count(each, "dropped_count") for each in statements), 0),
            state=merged_all(self.state, [_state_of(each) for each in statements]) if statements else self.state,
        )

    def joined(self, other: RecorderRow) -> RecorderRow:
        """Return what is known by either of two rows of one recorder."""
        state = self.state or other.state
        if self.state is not None and other.state is not None:
            state = joined(self.state, other.state)
        return RecorderRow(
            received=self.received.joined(other.received),
            record_count=max(self.record_count, other.record_count),
            dropped_count=max(self.dropped_count, other.dropped_count),
            state=state,
        )

    def is_same(self, other: RecorderRow) -> bool:
        """Tell whether both rows say the same, with 1, 1.0 and True told apart."""
        counts = (self.received, self.record_count, self.dropped_count)
        if counts != (other.received, other.record_count, other.dropped_count):
            return False
        if self.state is None or other.state is None:
            return self.state is other.state
        return same(self.state, other.state)

    def values(self) -> tuple[Any, ...]:
        """Return the columns in the order of `COLUMNS`."""
        return (
            self.received.count,
            self.received.highest,
            self.record_count,
            self.dropped_count,
            encode_received(self.received),
            None if self.state is None else encode_state(self.state),
        )


def read_recorder(values: Sequence[Any]) -> RecorderRow:
    """Return the row of columns in the order of `COLUMNS`."""
    _, _, record_count, dropped_count, received, state = values
    return RecorderRow(
        received=decode_received(received),
        record_count=record_count,
        dropped_count=dropped_count,
        state=None if state is None else decode_state(state),
    )


def encode_received(received: Received) -> bytes:
    """Return received numbers as stored bytes: how far apart the bounds are, after what is settled."""
    steps = map(sub, received.bounds, chain((0,), received.bounds))
    content = _encode_numbers([received.settled_until, received.n_settled, *steps])
    return content if len(content) < _COMPRESS_FROM_BYTES else compress(content)


def decode_received(stored: bytes) -> Received:
    """Return the numbers that `encode_received` stored."""
    # A zstd frame begins with a mark that begins no list in MessagePack.
    content = decompress(stored) if stored[:1] == b"\x28" else stored
    settled_until, n_settled, *steps = _decode_numbers(content)
    return Received(bounds=tuple(accumulate(steps)), settled_until=settled_until, n_settled=n_settled)


def read_completeness(connection: Connection, run_pk: int) -> Completeness | None:
    """Return how much has come of what the recorders of a run numbered, None where none does."""
    row = fetch_one(connection, _COMPLETENESS, run_pk=run_pk)
    if row is None or not row[0]:
        return None
    # PostgreSQL sums integers of 64 bits to its numeric type.
    n_recorders, n_received, n_expected, n_dropped = map(int, row)
    return Completeness(n_received=n_received, n_expected=n_expected, n_dropped=n_dropped, n_recorders=n_recorders)


def _count(statement: Record, name: str) -> int:
    return cast("int", statement.fields.get(name, 0))


def _state_of(statement: Record) -> State:
    fields = {name: value for name, value in statement.fields.items() if name not in _COUNTS and value != {}}
    return State(fields, (statement.rank, statement.recorded_at))
