"""Compressed bodies, inflated within a bound."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import zstandard

from runreel.errors import DecodeError, TooLargeError, UnsupportedEncodingError

_GZIP_WINDOW_BITS = 31
_MAX_ZSTD_WINDOW = 1 << 27
# Four bytes can stand for 128 KiB, so this is by how much the bound may be passed: 16 MiB at worst.
_ZSTD_BITE_BYTES = 512
_PIECE_BYTES = 1024 * 1024


def inflate(body: bytes, content_encoding: str, *, max_bytes: int) -> bytes:
    """Return the body as it was before compression; `content_encoding` is the header's value.

    Raises:
        TooLargeError: it would be over `max_bytes`; no more than that was inflated.
        UnsupportedEncodingError: the encoding is none of identity, gzip and zstd.
        DecodeError: the body is not compressed that way, or is cut short.
    """
    encoding = content_encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding in ("gzip", "x-gzip"):
        return _gunzip(body, max_bytes)
    if encoding == "zstd":
        return _unzstd(body, max_bytes)
    raise UnsupportedEncodingError(f"the content encoding {content_encoding!r} is unknown; use gzip, zstd or none")


class Inflater:
    """Inflates a body that comes in pieces; no more of it is in memory than a few pieces.

    Raises:
        UnsupportedEncodingError: on making it: the encoding is none of identity, gzip and zstd.
        DecodeError: on using it: the body is not compressed that way, or is cut short.
    """

    def __init__(self, content_encoding: str) -> None:
        self._encoding = content_encoding.strip().lower().removeprefix("x-")
        if self._encoding not in ("", "identity", "gzip", "zstd"):
            raise UnsupportedEncodingError(
                f"the content encoding {content_encoding!r} is unknown; use gzip, zstd or none"
            )
        self._frame: Any = None

    def feed(self, body: bytes) -> Iterator[bytes]:
        """Yield what these bytes stand for, in pieces."""
        if self._encoding in ("", "identity"):
            yield body
            return
        rest = memoryview(body)
        try:
            while rest:
                self._frame = self._frame or self._new_frame()
                piece, rest = self._step(rest)
                # Compressed data may be put together of several parts.
                if self._frame.eof:
                    self._frame = None
                if piece:
                    yield piece
        except (zlib.error, zstandard.ZstdError):
            raise DecodeError(f"the body is no {self._encoding} data, though its content encoding says so") from None

    def finish(self) -> None:
        """Raise where the body is cut short."""
        if self._frame is not None:
            raise DecodeError(f"the {self._encoding} data of the body is cut short")

    def _new_frame(self) -> Any:
        if self._encoding == "gzip":
            return zlib.decompressobj(_GZIP_WINDOW_BITS)
        return zstandard.ZstdDecompressor(max_window_size=_MAX_ZSTD_WINDOW).decompressobj()

    def _step(self, body: memoryview) -> tuple[bytes, memoryview]:
        """Return a piece of what the body stands for, and what is left of the body."""
        frame = self._frame
        if self._encoding == "gzip":
            piece = frame.decompress(body, _PIECE_BYTES)
            return piece, memoryview(frame.unused_data if frame.eof else frame.unconsumed_tail)
        piece, rest = frame.decompress(body[:_ZSTD_BITE_BYTES]), body[_ZSTD_BITE_BYTES:]
        return piece, memoryview(frame.unused_data + bytes(rest)) if frame.eof else rest


def _gunzip(body: bytes, max_bytes: int) -> bytes:
    try:
        inflater = zlib.decompressobj(_GZIP_WINDOW_BITS)
        inflated = inflater.decompress(body, max_bytes + 1)
    except zlib.error:
        raise DecodeError("the body is no gzip data, though its content encoding says so") from None
    if len(inflated) > max_bytes:
        raise _too_large(max_bytes)
    _require_whole("gzip", is_ended=inflater.eof, rest=inflater.unused_data)
    return inflated


def _unzstd(body: bytes, max_bytes: int) -> bytes:
    parts: list[bytes] = []
    room, place = max_bytes, 0
    try:
        frame = zstandard.ZstdDecompressor(max_window_size=_MAX_ZSTD_WINDOW).decompressobj()
        # Only this object tells where a frame ends, and it can't be told to stop: it gets a bite at a time.
        while place < len(body) and not frame.eof:
            parts.append(frame.decompress(body[place : place + _ZSTD_BITE_BYTES]))
            place += _ZSTD_BITE_BYTES
            room -= len(parts[-1])
            if room < 0:
                raise _too_large(max_bytes)
    except zstandard.ZstdError:
        raise DecodeError("the body is no zstd data, though its content encoding says so") from None
    _require_whole("zstd", is_ended=frame.eof, rest=frame.unused_data + body[place:])
    return b"".join(parts)


def _require_whole(encoding: str, *, is_ended: bool, rest: bytes) -> None:
    # A part of a batch must not pass for the batch: its sender would take the rest for stored.
    if not is_ended:
        raise DecodeError(f"the {encoding} data of the body is cut short")
    if rest:
        raise DecodeError(f"the body goes on after its {encoding} data ended; send it in one piece")


def _too_large(max_bytes: int) -> TooLargeError:
    return TooLargeError(f"the body inflates to over {max_bytes} bytes; send smaller batches")
