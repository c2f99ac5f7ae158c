"""What delivering asks of journals and runs. Only types: nothing imports this when it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol


class RecordedRun(Protocol):
    """A run as far as delivering goes."""

    @property
    def run_id(self) -> str: ...

    def record_count(self) -> int:
        """Return how many records the present recorder numbered for it."""
        ...


class Chunk(Protocol):
    """Records from a journal, and the position behind them."""

    @property
    def records(self) -> Sequence[bytes]: ...
    @property
    def position(self) -> Any: ...


class Source(Protocol):
    """Where records come from that are to be delivered: reading again gives the same until they are acknowledged."""

    def read(self, max_bytes: int, max_records: int, /) -> Chunk: ...
    def acknowledge(self, position: Any, /) -> None: ...


class Journal(Source, Protocol):
    """Where the records of this process wait."""

    @property
    def folder(self) -> str | None: ...
    @property
    def why_refused(self) -> str: ...
    @property
    def n_bytes_waiting(self) -> int: ...
    @property
    def n_records_waiting(self) -> int: ...
    def append(self, record: bytes, /, *, is_last_word: bool = ...) -> bool: ...
    def prepare_next_segment(self) -> None: ...
    def note_extra_bytes(self, n_bytes: int, /) -> None: ...
    def close(self) -> None: ...
    def drop_in_child(self) -> None: ...
