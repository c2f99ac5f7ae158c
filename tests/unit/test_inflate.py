"""Compressed bodies."""

from __future__ import annotations

import gzip
import zlib

import pytest
import zstandard

from runreel.errors import DecodeError, TooLargeError, UnsupportedEncodingError
from runreel.wire.inflate import inflate

BODY = b'{"events": []}' * 1_000


def compress(encoding: str, body: bytes) -> bytes:
    return gzip.compress(body) if "gzip" in encoding else zstandard.compress(body)


def stream_zstd(body: bytes) -> bytes:
    """Compress as clients do that don't know the size beforehand."""
    compressor = zstandard.ZstdCompressor().compressobj()
    return compressor.compress(body) + compressor.flush()


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP", " zstd ", "zstd"])
def test_a_compressed_body_is_inflated(encoding: str) -> None:
    assert inflate(compress(encoding.lower(), BODY), encoding, max_bytes=len(BODY)) == BODY


def test_a_streamed_zstd_body_is_inflated() -> None:
    assert inflate(stream_zstd(BODY), "zstd", max_bytes=len(BODY)) == BODY


@pytest.mark.parametrize("encoding", ["", "identity", " Identity "])
def test_a_body_that_is_not_compressed_stays_as_it_is(encoding: str) -> None:
    assert inflate(BODY, encoding, max_bytes=1) == BODY


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, zstd", "zip"])
def test_another_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(UnsupportedEncodingError, match="use gzip, zstd or none"):
        inflate(BODY, encoding, max_bytes=100)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
@pytest.mark.parametrize("size_bytes", [len(BODY) - 1, 1])
def test_a_body_that_inflates_too_far_is_refused(encoding: str, size_bytes: int) -> None:
    with pytest.raises(TooLargeError, match=f"over {size_bytes} bytes"):
        inflate(compress(encoding, BODY), encoding, max_bytes=size_bytes)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_bomb_is_inflated_no_further_than_its_bound(encoding: str) -> None:
    """A gigabyte of zeros, of which nobody may feel more than some megabytes."""
    import tracemalloc

    zeros = bytes(1 << 20)
    if encoding == "gzip":
        compressor = zlib.compressobj(wbits=31)
        bomb = b"".join(compressor.compress(zeros) for _ in range(1_024)) + compressor.flush()
    else:
        streaming = zstandard.ZstdCompressor().compressobj()
        bomb = b"".join(streaming.compress(zeros) for _ in range(1_024)) + streaming.flush()
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            inflate(bomb, encoding, max_bytes=1_000_000)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 64 << 20


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
@pytest.mark.parametrize("cut", [1, 5, 12])
def test_a_body_that_is_cut_short_is_refused(encoding: str, cut: int) -> None:
    with pytest.raises(DecodeError):
        inflate(compress(encoding, BODY)[:-cut], encoding, max_bytes=len(BODY))


def test_a_streamed_zstd_body_that_is_cut_short_is_refused() -> None:
    for cut in (1, 3, 10):
        with pytest.raises(DecodeError, match="cut short"):
            inflate(stream_zstd(BODY)[:-cut], "zstd", max_bytes=len(BODY))


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
@pytest.mark.parametrize("rest", [b"x", BODY])
def test_what_follows_the_compressed_data_is_not_passed_over(encoding: str, rest: bytes) -> None:
    with pytest.raises(DecodeError):
        inflate(compress(encoding, BODY) + rest, encoding, max_bytes=10 * len(BODY))


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
@pytest.mark.parametrize("body", [b"", b"{}", BODY])
def test_a_body_that_is_not_compressed_as_it_says_is_refused(encoding: str, body: bytes) -> None:
    with pytest.raises(DecodeError):
        inflate(body, encoding, max_bytes=len(BODY))
