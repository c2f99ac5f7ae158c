"""Stands in where no folder can be written to: records wait in memory, and end with the process."""

from __future__ import annotations

from _thread import RLock
from collections import deque
from itertools import islice

MAX_BYTES = 32 * 1024 * 1024
_LAST_WORDS_BYTES = 16 * 1024


class MemoryChunk:
    """Records that wait, and how many they are."""

    __slots__ = ("position", "records")

    def __init__(self, records: list[bytes]) -> None:
        self.records = records
        self.position: object = len(records)


class MemoryJournal:
    """What a client uses of a journal, without a file."""

    folder: str | None = None
    why_refused = "what waits in memory has come to its limit"

    def __init__(self, *, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._waiting: deque[bytes] = deque()
        self._n_bytes = 0
        # Two threads that add at once would count wrongly; a signal handler may come while its thread is inside.
        self._lock = RLock()

    @property
    def n_bytes_waiting(self) -> int:
        """Return how many bytes wait."""
        return self._n_bytes

    @property
    def n_records_waiting(self) -> int:
        """Return how many records wait."""
        return len(self._waiting)

    def append(self, record: bytes, is_last_word: bool = False) -> bool:
        """Take a record unless there is no room for it; for last words some is kept."""
        with self._lock:
            if self._n_bytes + len(record) > self._max_bytes + (_LAST_WORDS_BYTES if is_last_word else 0):
                return False
            self._waiting.append(record)
            self._n_bytes += len(record)
            return True

    def prepare_next_segment(self) -> None:
        """Do nothing: there are no segments."""

    def read(self, max_bytes: int, max_records: int) -> MemoryChunk:
        """Return the first records, at least one if any waits."""
        records: list[bytes] = []
        n_bytes = 0
        with self._lock:
            for record in islice(self._waiting, max_records):
                n_bytes += len(record)
                if records and n_bytes > max_bytes:
                    break
                records.append(record)
        return MemoryChunk(records)

    def acknowledge(self, position: object) -> None:
        """Let go of what was read."""
        assert isinstance(position, int)
        with self._lock:
            for _ in range(position):
                self._n_bytes -= len(self._waiting.popleft())

    def note_extra_bytes(self, n_bytes: int) -> None:
        """Do nothing: no files are spooled without a folder."""

    def close(self) -> None:
        """Do nothing."""

    def drop_in_child(self) -> None:
        """Forget what the parent will deliver."""
        self._waiting = deque()
        self._n_bytes = 0
