"""States and payloads as bytes: JSON, compressed with zstd.

The payloads of one run that are committed together are compressed together, one JSON text a line, in blocks of about
`BLOCK_BYTES`; an event knows its block and line. Neighbours compress well together, and a block is written and
deleted as one row.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import msgspec
import zstandard

BLOCK_BYTES = 128 * 1024
# Higher levels cost more and save nothing on blocks this small.
_LEVEL = 1
_CODEC_ZSTD = 1

encode_json: Callable[[object], bytes] = msgspec.json.Encoder().encode
decode_json: Callable[[bytes], object] = msgspec.json.Decoder().decode

_local = threading.local()


def compress(content: bytes) -> bytes:
    """Return the content as one zstd frame that states its size."""
    # Compressors must not be shared by threads, and making one costs more than using it.
    try:
        compressor = _local.compressor
    except AttributeError:
        compressor = _local.compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    return compressor.compress(content)


def decompress(data: bytes) -> bytes:
    """Return what `compress` was given; a damaged frame raises `zstandard.ZstdError`."""
    try:
        decompressor = _local.decompressor
    except AttributeError:
        decompressor = _local.decompressor = zstandard.ZstdDecompressor()
    return decompressor.decompress(data)


class BlockWriter:
    """Collects the payloads of one run into numbered blocks."""

    def __init__(self, run_pk: int, next_block: int) -> None:
        self._run_pk = run_pk
        self.next_block = next_block
        self._lines: list[bytes] = []
        self._n_bytes = 0
        self._rows: list[tuple[int, int, int, bytes]] = []

    def add(self, line: bytes) -> tuple[int, int]:
        """Take one payload; return its block and line."""
        if self._n_bytes and self._n_bytes + len(line) > BLOCK_BYTES:
            self._end_block()
        self._lines.append(line)
        self._n_bytes += len(line)
        return self.next_block, len(self._lines) - 1

    def rows(self) -> list[tuple[int, int, int, bytes]]:
        """End the last block and return the rows of all: run, block, codec, data."""
        if self._lines:
            self._end_block()
        return self._rows

    def _end_block(self) -> None:
        self._rows.append((self._run_pk, self.next_block, _CODEC_ZSTD, compress(b"\n".join(self._lines))))
        self._lines = []
        self._n_bytes = 0
        self.next_block += 1


def read_block(data: bytes) -> list[bytes]:
    """Return the lines of a stored block."""
    return decompress(data).split(b"\n")
