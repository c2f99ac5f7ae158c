"""Bytes in a folder on disk."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from weakref import finalize

from runreel.errors import StorageFullError, StorageUnavailableError
from runreel.model.blob import format_content_hash
from runreel.model.scope import Scope
from runreel.storage.blobs.place import content_hash_at, folder_of, missing, place_of

Sync = Callable[[int], None]

_CHUNK_BYTES = 256 * 1024
_PRIVATE = 0o700
_ARRIVING = "arriving"
# What arrives for longer was left behind by a process that was killed.
_ABANDONED_S = 86_400
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class FolderBlobStore:
    """`BlobStore` on a folder that its owner alone can read: two levels of folders, then a file for each content.

    The folder is made when something is first put there: not every server has one to write to, or needs it.
    """

    def __init__(self, root: Path, *, sync: Sync = os.fsync) -> None:
        self._root = root
        self._sync = sync
        self._is_ready = False

    def begin(self, scope: Scope) -> FolderBlobWriter:
        with _translated():
            if not self._is_ready:
                self._make_ready()
            return FolderBlobWriter(self._root, scope, self._sync)

    def _make_ready(self) -> None:
        arriving = self._root / _ARRIVING
        _make_folder(arriving)
        _remove_abandoned(arriving)
        for folder in (self._root, *self._root.parents[:2]):
            _sync_folder(folder, self._sync)
        self._is_ready = True

    def read(self, scope: Scope, content_hash: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        with _translated(content_hash):
            file = (self._root / place_of(scope, content_hash)).open("rb")
        chunks = _chunks(file, start, end)
        # A caller who is gone before the first chunk never comes to where the file is closed.
        finalize(chunks, file.close)
        return chunks

    def get_size(self, scope: Scope, content_hash: str) -> int:
        with _translated(content_hash):
            return (self._root / place_of(scope, content_hash)).stat().st_size

    def delete(self, scope: Scope, content_hash: str) -> None:
        with _translated():
            (self._root / place_of(scope, content_hash)).unlink(missing_ok=True)

    def iter_hashes(self, scope: Scope, *, after: str | None = None) -> Iterator[str]:
        first = "" if after is None else place_of(scope, after).partition("/")[2]
        with _translated():
            for place in _places(self._root / folder_of(scope), first, depth=2):
                content_hash = content_hash_at(place)
                if content_hash is not None and place > first:
                    yield content_hash

    def close(self) -> None:
        pass


class FolderBlobWriter:
    """`BlobWriter` on a temporary file beside the place where its content will lie."""

    def __init__(self, root: Path, scope: Scope, sync: Sync) -> None:
        self._root = root
        self._sync = sync
        self._scope = scope
        self._hash = hashlib.sha256()
        # mkstemp makes a file that nobody but its owner can read.
        descriptor, path = tempfile.mkstemp(dir=root / _ARRIVING)
        self._file: IO[bytes] = os.fdopen(descriptor, "wb")
        self._path = Path(path)
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
        target = self._root / place_of(self._scope, self.content_hash)
        with _translated():
            self._file.flush()
            self._sync(self._file.fileno())
            self._file.close()
            _make_folder(target.parent)
            # Also where the same content is there already: that heals it if the disk damaged it.
            self._path.replace(target)
            # Another process may have made a folder and not synced it yet, so all of them are synced, from below.
            for folder in target.parents:
                _sync_folder(folder, self._sync)
                if folder == self._root:
                    break

    def close(self) -> None:
        # Closing flushes, which fails again where writing did.
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def _chunks(file: IO[bytes], start: int, end: int | None) -> Generator[bytes]:
    with file, _translated():
        file.seek(start)
        left = None if end is None else end - start
        while left is None or left > 0:
            chunk = file.read(_CHUNK_BYTES if left is None else min(left, _CHUNK_BYTES))
            if not chunk:
                return
            left = None if left is None else left - len(chunk)
            yield chunk


def _places(folder: Path, first: str, *, depth: int) -> Iterator[str]:
    """Yield the files that lie some folders deep, in order, without opening folders that end before `first`."""
    try:
        names = sorted(path.name for path in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    head, _, rest = first.partition("/")
    for name in names:
        if depth == 0:
            yield name
        elif name >= head:
            for place in _places(folder / name, rest if name == head else "", depth=depth - 1):
                yield f"{name}/{place}"


def _make_folder(folder: Path) -> None:
    # Not `parents=True`, which makes those readable for everybody.
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=_PRIVATE, exist_ok=True)


def _sync_folder(folder: Path, sync: Sync) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


def _remove_abandoned(folder: Path) -> None:
    before = time.time() - _ABANDONED_S
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()


@contextmanager
def _translated(content_hash: str | None = None) -> Generator[None]:
    """Raise errors of the file system as Runreel's, without paths."""
    try:
        yield
    except OSError as error:
        if content_hash is not None and isinstance(error, (FileNotFoundError, NotADirectoryError)):
            raise missing(content_hash) from error
        if error.errno in _FULL:
            raise StorageFullError("there is no room left for blobs; free some disk space, then send again") from error
        reason = errno.errorcode.get(error.errno or 0, type(error).__name__)
        raise StorageUnavailableError(
            f"the folder of blobs can't be used ({reason}); look at it and its permissions"
        ) from error
