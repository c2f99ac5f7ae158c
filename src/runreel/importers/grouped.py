"""Rows of one table, run by run: streams that are sorted by run go side by side, so that no run is looked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from runreel.errors import SourceError
from runreel.importers.source import Row


def order_of(value: object) -> bytes:
    """Return where a value stands in a sorted stream: by the bytes of its text, nothing first."""
    if value is None:
        return b""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")


class Grouped:
    """A stream of rows that is sorted by its first column.

    Raises `SourceError` where it is not: an index has other values than its table then.
    """

    def __init__(self, rows: Iterator[Row], on_orphan: Callable[[Row], None]) -> None:
        self._rows = rows
        self._on_orphan = on_orphan
        self._taken: bytes | None = None
        self._next: Row | None = next(rows, None)

    def take(self, key: object) -> Iterator[Row]:
        """Yield the rows of this run; those of runs that are missing before it are orphans.

        Read it to its end before the next.
        """
        row = self._next
        order = order_of(key)
        is_text = type(key) is str
        while row is not None:
            # Numbers may be equal and not the same text: 0 is no -0.0 here.
            if row[0] == key and (is_text or order_of(row[0]) == order):
                yield row
            elif order_of(row[0]) < order:
                self._leave(row)
            else:
                break
            row = next(self._rows, None)
        self._next = row
        if is_text:
            self._taken = order

    def drain(self) -> None:
        """Let all rows that are left be orphans."""
        row, self._next = self._next, None
        while row is not None:
            self._leave(row)
            row = next(self._rows, None)

    def _leave(self, row: Row) -> None:
        # Databases and Python write some numbers differently: of those, the order tells nothing.
        if self._taken is not None and type(row[0]) is str and order_of(row[0]) <= self._taken:
            raise SourceError("the database is damaged: an index names rows of other runs; `REINDEX` makes it anew")
        self._on_orphan(row)
