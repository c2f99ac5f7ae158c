"""The bytes of files in a bundle, on their way into the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

from runreel.errors import DecodeError
from runreel.model.bundle import BlobPart
from runreel.model.scope import Scope
from runreel.storage.port import BlobWriter, FileStore


def keep_files(
    files: FileStore,
    scope: Scope,
    parts: Iterator[BlobPart],
    *,
    is_trial: bool,
    max_file_bytes: int,
    now: Callable[[], int],
) -> None:
    """Keep the bytes that a run brings, for a while also without anything that names them; a trial looks at them only.

    Raises:
        DecodeError: some are missing, are not what their hash says, or are more than a file may have.
    """
    for part in parts:
        if part.size_bytes > max_file_bytes:
            raise DecodeError(
                f"a file of {part.size_bytes} bytes is larger than RUNREEL_MAX_FILE_BYTES allows, which are "
                f"{max_file_bytes}; raise it here, or export without files"
            )
        with closing(files.begin_upload(scope)) as upload:
            _take(upload, part, parts)
            if not is_trial:
                files.keep(scope, upload, now=now())


def _take(upload: BlobWriter, first: BlobPart, rest: Iterator[BlobPart]) -> None:
    part: BlobPart | None = first
    while part is not None and (part.content_hash, part.offset) == (first.content_hash, upload.size_bytes):
        upload.write(part.data)
        if upload.size_bytes >= first.size_bytes:
            break
        part = next(rest, None)
    if (upload.content_hash, upload.size_bytes) != (first.content_hash, first.size_bytes):
        raise DecodeError(f"the bytes of a file are damaged or not all there ({first.content_hash})")
