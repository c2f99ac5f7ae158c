"""JSON texts of one run while it is converted: in memory while they are few, then on disk."""

from __future__ import annotations

from collections.abc import Callable
from tempfile import TemporaryFile
from typing import IO, Any

import msgspec

_MAX_BYTES = 16 * 1024 * 1024
# What is on disk still takes this much of memory.
_MIN_SHELVED_BYTES = 100

_decode: Callable[[bytes], object] = msgspec.json.Decoder().decode


class Shelved(msgspec.Struct, gc=False):
    """A text that is on disk."""

    file: Any
    offset: int
    size: int

    def read(self) -> bytes:
        """Return the text; not after the shelf is closed."""
        self.file.seek(self.offset)
        return self.file.read(self.size)


Kept = bytes | Shelved


class Shelf:
    """Keeps the texts of one run. Close it after use."""

    def __init__(self, *, max_bytes: int = _MAX_BYTES) -> None:
        self._left = max_bytes
        self._file: IO[bytes] | None = None
        self._end = 0

    def put(self, text: bytes) -> Kept:
        """Keep a text."""
        size = len(text)
        if self._left >= size:
            self._left -= size
            return text
        if size < _MIN_SHELVED_BYTES:
            return text
        if self._file is None:
            self._file = TemporaryFile()  # noqa: SIM115  it is as long open as the shelf
        self._file.seek(self._end)
        self._file.write(text)
        shelved = Shelved(self._file, self._end, size)
        self._end += size
        return shelved

    def close(self) -> None:
        """Let go of the texts; safe twice."""
        if self._file is not None:
            self._file.close()


def raw_of(kept: Kept) -> bytes:
    """Return a text that was kept."""
    return kept if type(kept) is bytes else kept.read()  # type: ignore[union-attr]


def value_of(kept: Kept | None) -> object:
    """Return what a text that was kept stands for."""
    return None if kept is None else _decode(raw_of(kept))
