"""Records out of the bytes of a segment, past whatever is damaged or was never finished."""

from __future__ import annotations

from zlib import adler32

from runreel.sdk.journal.layout import FIRST_FRAME, FRAME, FRAME_BYTES, MARK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mmap import mmap

_MARK = bytes([MARK])


class Position:
    """A place between two records: `acknowledge` takes it, and what comes before it is delivered."""

    __slots__ = ("n_records", "offset", "sequence")

    def __init__(self, sequence: int, offset: int, n_records: int) -> None:
        self.sequence = sequence
        self.offset = offset
        self.n_records = n_records

    def is_before(self, other: Position) -> bool:
        """Tell whether this place comes before the other of the same journal."""
        return (self.sequence, self.offset) < (other.sequence, other.offset)


class Chunk:
    """Some records in their order; empty when nothing waits. `n_damaged` places were passed over."""

    __slots__ = ("n_damaged", "position", "records")

    def __init__(self, records: list[bytes], position: Position, *, n_damaged: int = 0) -> None:
        self.records = records
        self.position = position
        self.n_damaged = n_damaged

    def __bool__(self) -> bool:
        return bool(self.records)


class Walk:
    """The way through one segment, from frame to frame.

    `is_own`: the bytes were written by this process, so frames need no look at their checksums. That takes half of the
    time, during which no other thread of the host runs.
    """

    __slots__ = ("data", "end", "is_own", "n_damaged", "offset", "records", "salt")

    def __init__(self, data: bytes | mmap, *, salt: int, start: int, end: int, is_own: bool = False) -> None:
        self.data = data
        self.salt = salt
        self.offset = start
        self.end = end
        self.is_own = is_own
        self.records: list[bytes] = []
        self.n_damaged = 0

    def read(self, max_bytes: int, max_records: int) -> None:
        """Take the next records, at least one if there is any, past what is damaged or was never finished."""
        data, salt, end, records, is_own = self.data, self.salt, self.end, self.records, self.is_own
        unpack, take = FRAME.unpack_from, records.append
        offset, last = self.offset, end - FRAME_BYTES
        room = max_bytes
        while offset <= last:
            mark, length, checksum = unpack(data, offset)
            begin = offset + FRAME_BYTES
            stop = begin + length
            if mark == MARK and stop <= end:
                record = data[begin:stop]
                if is_own or adler32(record, salt) == checksum:
                    room -= length
                    if records and room < 0:
                        break
                    take(record)
                    offset = stop
                    if len(records) >= max_records:
                        break
                    continue
            self.n_damaged += mark == MARK
            offset = find_frame(data, offset + 1, end, salt)
        self.offset = offset


def find_frame(data: bytes | mmap, start: int, end: int, salt: int) -> int:
    """Return the offset of the next sound frame, or `end`."""
    offset = data.find(_MARK, start, end)
    while 0 <= offset <= end - FRAME_BYTES:
        _, length, checksum = FRAME.unpack_from(data, offset)
        begin = offset + FRAME_BYTES
        if length <= end - begin and adler32(data[begin : begin + length], salt) == checksum:
            return offset
        offset = data.find(_MARK, offset + 1, end)
    return end


def count_frames(data: bytes, salt: int, start: int) -> tuple[int, int]:
    """Return how many records there seem to be from there on, and their bytes.

    What is in them is only looked at to find the next one where something was never finished.
    """
    n_records = n_bytes = 0
    offset, end = max(start, FIRST_FRAME), len(data)
    while offset <= end - FRAME_BYTES:
        mark, length, _ = FRAME.unpack_from(data, offset)
        if mark != MARK or length > end - offset - FRAME_BYTES:
            offset = find_frame(data, offset + 1, end, salt)
            continue
        n_records += 1
        n_bytes += length
        offset += FRAME_BYTES + length
    return n_records, n_bytes
