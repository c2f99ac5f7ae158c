"""The folder in which files of an old database may be found: nothing outside of it is ever read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from tempfile import SpooledTemporaryFile

from runreel.errors import ConfigError
from runreel.model.blob import format_content_hash
from runreel.model.bundle import BlobPart

_PART_BYTES = 1024 * 1024
_SPOOL_BYTES = 4 * 1024 * 1024


@dataclass(slots=True)
class FoundFile:
    """The bytes of a file, read once: they may change where they are."""

    content_hash: str
    size_bytes: int
    _bytes: SpooledTemporaryFile[bytes]

    def iter_parts(self) -> Iterator[BlobPart]:
        """Yield the bytes as parts of a bundle, and let go of them."""
        with self._bytes as file:
            file.seek(0)
            offset = 0
            while (data := file.read(_PART_BYTES)) or not offset:
                yield BlobPart(content_hash=self.content_hash, size_bytes=self.size_bytes, offset=offset, data=data)
                offset += len(data)
                if not data:
                    return

    def close(self) -> None:
        """Let go of the bytes; safe twice."""
        self._bytes.close()


class FileFolder:
    """Finds files by the paths that they once had."""

    def __init__(self, folder: str) -> None:
        try:
            self._root = Path(folder).resolve(strict=True)
        except OSError as error:
            raise ConfigError(f"the folder of files {folder!r} can't be read ({error.strerror})") from error
        if not self._root.is_dir():
            raise ConfigError(f"{folder!r} is no folder; give the one below which the files are")

    def find(self, path: str, *, run_id: str, content_hash: str | None, size_bytes: int | None) -> FoundFile | None:
        """Return the bytes of a file of a run, None where they are not below the folder.

        Where the database has no hash of it, its path must say that it is of the run: be below the folder as it
        stands, or have the run's id in what is.
        """
        for candidate, is_certain in self._candidates(path, run_id):
            if not is_certain and content_hash is None:
                continue
            found = self._read(candidate)
            if found is None:
                continue
            if content_hash in (None, found.content_hash) and (
                content_hash is not None or size_bytes in (None, found.size_bytes)
            ):
                return found
            found.close()
        return None

    def _candidates(self, path: str, run_id: str) -> Iterator[tuple[Path, bool]]:
        """Yield places where the file may be, and whether it can be no other's."""
        pure = PureWindowsPath(path) if "\\" in path and "/" not in path else PurePosixPath(path)
        parts = [part for part in pure.parts if part != pure.anchor]
        if not parts or ".." in parts:
            return
        if pure.is_absolute():
            yield Path(path), True
        for n_left_out in range(len(parts)):
            rest = parts[n_left_out:]
            yield self._root.joinpath(*rest), run_id in rest or (n_left_out == 0 and not pure.is_absolute())

    def _read(self, path: Path) -> FoundFile | None:
        with suppress(OSError, ValueError, RuntimeError):
            real = path.resolve(strict=True)
            if not real.is_relative_to(self._root) or not real.is_file():
                return None
            return _spooled(real)
        return None


def _spooled(path: Path) -> FoundFile:
    spool = SpooledTemporaryFile[bytes](max_size=_SPOOL_BYTES)
    digest, n_bytes = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while data := file.read(_PART_BYTES):
                digest.update(data)
                spool.write(data)
                n_bytes += len(data)
    except BaseException:
        spool.close()
        raise
    return FoundFile(format_content_hash(digest.hexdigest()), n_bytes, spool)
