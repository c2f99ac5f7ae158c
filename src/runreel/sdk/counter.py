"""A count that any thread, signal handler or `__del__` may raise without a lock."""

from __future__ import annotations

from _thread import RLock
from itertools import count


class Counter:
    """Counts calls of `add`: one step in C, so nobody comes between reading and writing."""

    __slots__ = ("_lock", "_n_reads", "_next", "add")

    def __init__(self) -> None:
        self._lock = RLock()
        self._n_reads = 0
        self.add = self._next = count().__next__

    def value(self) -> int:
        """Return how often `add` was called."""
        with self._lock:
            # Reading takes a step as well.
            value = self._next() - self._n_reads
            self._n_reads += 1
            return value
