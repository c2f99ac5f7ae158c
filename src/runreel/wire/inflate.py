"""Compressed bodies, inflated within a bound."""

from __future__ import annotations

import zlib

import zstandard

from runreel.errors import DecodeError, TooLargeError, UnsupportedEncodingError

_GZIP_WINDOW_BITS = 31
_CHUNK_BYTES = 1 << 16


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


def _gunzip(body: bytes, max_bytes: int) -> bytes:
    try:
        inflater = zlib.decompressobj(_GZIP_WINDOW_BITS)
        inflated = inflater.decompress(body, max_bytes + 1)
    except zlib.error:
        raise DecodeError("the body is no gzip data, though its content encoding says so") from None
    if len(inflated) > max_bytes:
        raise _too_large(max_bytes)
    if not inflater.eof:
        raise DecodeError("the gzip data of the body is cut short")
    return inflated


def _unzstd(body: bytes, max_bytes: int) -> bytes:
    parts: list[bytes] = []
    room = max_bytes
    try:
        with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(body) as reader:
            while part := reader.read(min(_CHUNK_BYTES, room + 1)):
                parts.append(part)
                room -= len(part)
                if room < 0:
                    raise _too_large(max_bytes)
    except zstandard.ZstdError:
        raise DecodeError("the body is no zstd data, though its content encoding says so") from None
    return b"".join(parts)


def _too_large(max_bytes: int) -> TooLargeError:
    return TooLargeError(f"the body inflates to over {max_bytes} bytes; send smaller batches")
