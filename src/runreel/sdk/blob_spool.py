"""Bytes of files that wait beside a journal until the server has them: one file each, whole once it has its name."""

from __future__ import annotations

import os
import stat
from collections import deque
from contextlib import suppress

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER_NAME = "blobs"
BLOCK_BYTES = 256 * 1024

_UNFINISHED = ".part"


class Blob:
    """One spooled file: the run and the file that its bytes are of."""

    __slots__ = ("content_hash", "file_id", "n_tries", "path", "run_id", "size_bytes")

    def __init__(self, path: str, run_id: str, file_id: str, size_bytes: int) -> None:
        self.path = path
        self.run_id = run_id
        self.file_id = file_id
        self.size_bytes = size_bytes
        self.content_hash: str | None = None
        self.n_tries = 0

    def iter_blocks(self) -> Iterator[bytes]:
        """Read it, a block at a time."""
        with open(self.path, "rb", buffering=0) as file:
            while block := file.read(BLOCK_BYTES):
                yield block


class BlobSpool:
    """The spooled files of one journal, oldest first. `keep` may be called from any thread, the rest from one."""

    def __init__(self, journal_folder: str) -> None:
        self._folder = os.path.join(journal_folder, FOLDER_NAME)
        self._waiting: deque[Blob] = deque()

    def keep(self, run_id: str, file_id: str, source: bytes | str | os.PathLike[str], *, max_bytes: int) -> Blob:
        """Copy bytes, a text or the file at a path, so that the caller may do with it what it likes.

        Raises:
            OSError: it can't be read or written, is no regular file, or is over `max_bytes`; nothing is kept.
        """
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        path = os.path.join(self._folder, f"{_escaped(run_id)}.{_escaped(file_id)}")
        unfinished = path + _UNFINISHED
        try:
            size_bytes = _write(unfinished, source, max_bytes)
            os.replace(unfinished, path)
        except BaseException:
            _remove(unfinished)
            raise
        blob = Blob(path, run_id, file_id, size_bytes)
        self._waiting.append(blob)
        return blob

    def scan(self) -> None:
        """Find what a dead process left; what it had not finished is removed."""
        found: list[tuple[int, Blob]] = []
        for entry in _entries(self._folder):
            if entry.name.endswith(_UNFINISHED):
                _remove(entry.path)
                continue
            run_id, _, file_id = entry.name.partition(".")
            state = entry.stat()
            found.append((state.st_mtime_ns, Blob(entry.path, _plain(run_id), _plain(file_id), state.st_size)))
        self._waiting.extend(blob for _, blob in sorted(found, key=lambda item: (item[0], item[1].path)))

    def first(self) -> Blob | None:
        """Return the oldest, if any waits."""
        try:
            return self._waiting[0]
        except IndexError:
            return None

    def __len__(self) -> int:
        return len(self._waiting)

    def forget(self, blob: Blob) -> None:
        """Remove what the server has, or will never take."""
        _remove(blob.path)
        if self._waiting and self._waiting[0] is blob:
            self._waiting.popleft()

    def remove_if_empty(self) -> None:
        """Remove the folder unless something waits in it."""
        # It was never made, or is not empty.
        with suppress(OSError):
            os.rmdir(self._folder)


def _write(path: str, source: bytes | str | os.PathLike[str], max_bytes: int) -> int:
    if isinstance(source, str):
        source = source.encode("utf-8", "replace")
    if isinstance(source, bytes):
        _require_size(len(source), max_bytes)
        with open(path, "xb", buffering=0, opener=_private) as target:
            return _write_all(target.fileno(), source)
    # A pipe would keep the caller waiting for whoever writes into it.
    handle = os.open(source, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            raise OSError("it is no regular file")
        _require_size(state.st_size, max_bytes)
        with open(path, "xb", buffering=0, opener=_private) as target:
            return _copy(handle, target.fileno(), max_bytes)
    finally:
        os.close(handle)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _copy(source: int, target: int, max_bytes: int) -> int:
    size_bytes = 0
    while block := os.read(source, BLOCK_BYTES):
        size_bytes += _write_all(target, block)
        _require_size(size_bytes, max_bytes)
    return size_bytes


def _write_all(target: int, data: bytes) -> int:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(target, rest) :]
    return len(data)


def _require_size(size_bytes: int, max_bytes: int) -> None:
    if size_bytes > max_bytes:
        raise OSError(f"{size_bytes:,} bytes are over the limit of {max_bytes:,}")


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _remove(path: str) -> None:
    # It is gone already, or will be found again.
    with suppress(OSError):
        os.unlink(path)


def _escaped(text: str) -> str:
    """Make an id a name that every file system takes; the dot is kept for between two of them."""
    return "".join(
        chr(byte) if (chr(byte).isalnum() and byte < 128) or byte in b"_-" else f"%{byte:02x}" for byte in text.encode()
    )


def _plain(name: str) -> str:
    first, *rest = name.split("%")
    parts = (bytes.fromhex(part[:2]) + part[2:].encode() for part in rest)
    return (first.encode() + b"".join(parts)).decode("utf-8", "replace")
