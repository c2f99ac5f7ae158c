"""Bytes in a bucket that speaks S3. Endpoint, region and credentials are those of the library's usual variables."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from runreel.errors import ConfigError, StorageUnavailableError
from runreel.model.blob import format_content_hash
from runreel.model.scope import Scope
from runreel.storage.blobs.place import content_hash_at, folder_of, missing, place_of

_RETRIES = 3
_RETRY_FOR = timedelta(seconds=10)
_CHUNK_BYTES = 1024 * 1024
# Up to here bytes wait in memory and are sent in one request; more of them wait in a temporary file.
_SINGLE_BYTES = 8 * 1024 * 1024


class BucketBlobStore:
    """`BlobStore` on a bucket; what `config` and `client_options` don't say, the library takes from its variables."""

    def __init__(
        self, url: str, config: Mapping[str, str] | None = None, client_options: Mapping[str, Any] | None = None
    ) -> None:
        try:
            self._store = S3Store.from_url(
                url,
                config=cast("Any", config),
                client_options=cast("Any", client_options),
                # Those who write records wait for a large payload of theirs: better an error that says so.
                retry_config={"max_retries": _RETRIES, "retry_timeout": _RETRY_FOR},
            )
        except (BaseError, ValueError) as error:
            raise ConfigError(
                f"the bucket {url!r} can't be used ({type(error).__name__}); write s3://BUCKET/PREFIX"
            ) from error

    def begin(self, scope: Scope) -> BucketBlobWriter:
        return BucketBlobWriter(self._store, scope)

    def read(self, scope: Scope, content_hash: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        size_bytes = self.get_size(scope, content_hash)
        end = size_bytes if end is None else min(end, size_bytes)
        # A range of nothing is an error there.
        if start >= end:
            return iter(())
        with _translated(content_hash):
            found = obstore.get(self._store, place_of(scope, content_hash), options={"range": (start, end)})
            return _chunks(found.stream(min_chunk_size=_CHUNK_BYTES))

    def get_size(self, scope: Scope, content_hash: str) -> int:
        with _translated(content_hash):
            return obstore.head(self._store, place_of(scope, content_hash))["size"]

    def delete(self, scope: Scope, content_hash: str) -> None:
        with _translated():
            try:
                obstore.delete(self._store, place_of(scope, content_hash))
            except FileNotFoundError:
                return

    def iter_hashes(self, scope: Scope, *, after: str | None = None) -> Iterator[str]:
        offset = None if after is None else place_of(scope, after)
        with _translated():
            pages: Iterator[Sequence[Any]] = obstore.list(  # pyright: ignore[reportUnknownMemberType]
                self._store, f"{folder_of(scope)}/", offset=offset
            )
            for page in pages:
                for item in page:
                    content_hash = content_hash_at(item["path"])
                    if content_hash is not None:
                        yield content_hash

    def close(self) -> None:
        pass


class BucketBlobWriter:
    """`BlobWriter` that holds the bytes here until their hash, and so their place, is known."""

    def __init__(self, store: S3Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope
        self._hash = hashlib.sha256()
        self._file = tempfile.SpooledTemporaryFile(max_size=_SINGLE_BYTES)  # noqa: SIM115  `close` does it
        self.size_bytes = 0

    @property
    def content_hash(self) -> str:
        return format_content_hash(self._hash.hexdigest())

    def write(self, chunk: bytes) -> None:
        with _translated():
            self._file.write(chunk)
        self._hash.update(chunk)
        self.size_bytes += len(chunk)

    def commit(self) -> None:
        self._file.seek(0)
        with _translated():
            place = place_of(self._scope, self.content_hash)
            if self.size_bytes <= _SINGLE_BYTES:
                obstore.put(self._store, place, self._file.read(), use_multipart=False)
            else:
                obstore.put(self._store, place, iter(lambda: self._file.read(_SINGLE_BYTES), b""))

    def close(self) -> None:
        self._file.close()


def _chunks(stream: Iterator[Any]) -> Generator[bytes]:
    with _translated():
        for chunk in stream:
            yield bytes(chunk)


@contextmanager
def _translated(content_hash: str | None = None) -> Generator[None]:
    """Raise errors of the library as Runreel's; its texts hold addresses, and may hold more."""
    try:
        yield
    except FileNotFoundError as error:
        if content_hash is None:
            raise StorageUnavailableError("the bucket of blobs does not exist; make it, or look at its name") from error
        raise missing(content_hash) from error
    except (BaseError, OSError, ValueError) as error:
        raise StorageUnavailableError(
            f"the bucket of blobs can't be used ({type(error).__name__}); look at its address and credentials"
        ) from error
