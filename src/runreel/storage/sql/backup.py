"""Backups: a folder with a copy of the database as of one moment, of the blobs, and a manifest.

Bytes of a blob are on the disk before the commit that names them, and stay for a lease of a day after the last row that
names them has gone (ADR-016). So what the copied database names is copied when the blobs are copied after it, however
the server goes on; they are also copied before it, so that what is left to copy afterwards takes a moment.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from runreel import __version__
from runreel.errors import ConfigError, SchemaVersionError, StorageError
from runreel.model.backup import BackupReport
from runreel.model.instant import format_instant
from runreel.storage.sql.dialect import make_dialect, url_of_file
from runreel.storage.sql.doctor import examine
from runreel.storage.sql.migration import HEAD

DATABASE_NAME = "runreel.db"
BLOBS_NAME = "blobs"
MANIFEST_NAME = "backup.json"

_FORMAT = 1
_CHUNK_BYTES = 1024 * 1024
_PARTIAL = ".partial"

Progress = Callable[[int, int], None]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of itself."""

    format: int
    runreel: str
    schema: str
    created_at: str
    created_us: int
    runs: int
    events: int
    database_bytes: int
    database_sha256: str
    blobs: int
    blob_bytes: int


def back_up(
    database_url: str, target: Path, *, blobs: Path | None, now: int, on_progress: Progress = lambda _done, _all: None
) -> BackupReport:
    """Copy a database that may be in use, and its blobs, to a new folder; it is there whole, or not at all.

    Without a folder of `blobs` there are none in the copy.

    Raises:
        ConfigError: the target has something in it, or the database is one that its own tool backs up.
        StorageError: the copy could not be made, or is not sound.
    """
    dialect = make_dialect(database_url)
    dialect.require_existing()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConfigError(f"{str(target)!r} has something in it already; give a new folder")
    partial = target.with_name(target.name + _PARTIAL)
    with _files_written("backup"), _removed_if_broken_off(partial):
        (partial / BLOBS_NAME).mkdir(parents=True, mode=0o700)
        if blobs is not None:
            _copy_missing_blobs(blobs, partial / BLOBS_NAME)
        dialect.copy_to(partial / DATABASE_NAME, on_progress)
        if blobs is not None:
            _copy_missing_blobs(blobs, partial / BLOBS_NAME)
        manifest = _verify(partial, now)
        (partial / MANIFEST_NAME).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        _sync(partial / MANIFEST_NAME, partial / DATABASE_NAME, partial)
        partial.replace(target)
        _sync(target.parent)
    return _report(manifest)


def restore(source: Path, data: Path, *, replace: bool = False) -> BackupReport:
    """Put a backup into a data folder, once it is found whole; `replace` takes away the database that is there.

    Raises:
        ConfigError: the source is no backup, or the folder has something in it.
        SchemaVersionError: the backup is of a newer Runreel.
        StorageError: the backup is damaged, or a server uses the folder.
    """
    manifest = _read_manifest(source)
    if _sha256(source / DATABASE_NAME) != manifest.database_sha256:
        raise StorageError("the database of the backup is not the one that was backed up; use another backup")
    _check_blobs(source / BLOBS_NAME, manifest)
    if data.exists() and any(data.iterdir()) and not replace:
        raise ConfigError(f"{str(data)!r} has something in it already; give an empty folder, or --replace")
    with _files_written("restored database"):
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        place = data / DATABASE_NAME
        if place.exists():
            make_dialect(url_of_file(place)).remove()
        _copy_missing_blobs(source / BLOBS_NAME, data / BLOBS_NAME)
        partial = data / (DATABASE_NAME + _PARTIAL)
        shutil.copyfile(source / DATABASE_NAME, partial)
        _sync(partial)
        # Last, so that no server ever opens a database whose blobs are not there yet.
        partial.replace(place)
        _sync(data)
    return _report(manifest)


def _verify(folder: Path, now: int) -> Manifest:
    found = examine(url_of_file(folder / DATABASE_NAME), quick=True)
    if not found.is_sound:
        raise StorageError(
            f"the copy is not sound ({found.findings[0].detail}); look at the database with: runreel doctor"
        )
    blobs = list(_iter_files(folder / BLOBS_NAME))
    return Manifest(
        format=_FORMAT,
        runreel=__version__,
        schema=HEAD,
        created_at=format_instant(now),
        created_us=now,
        runs=found.n_runs,
        events=found.n_events,
        database_bytes=(folder / DATABASE_NAME).stat().st_size,
        database_sha256=_sha256(folder / DATABASE_NAME),
        blobs=len(blobs),
        blob_bytes=sum(path.stat().st_size for path in blobs),
    )


def _read_manifest(source: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode((source / MANIFEST_NAME).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(f"{str(source)!r} is no backup: it has no {MANIFEST_NAME} that can be read") from error
    if manifest.format != _FORMAT or manifest.schema > HEAD:
        raise SchemaVersionError(f"the backup was made by Runreel {manifest.runreel}, which is newer; update this one")
    if not (source / DATABASE_NAME).is_file():
        raise ConfigError(f"{str(source)!r} is no whole backup: {DATABASE_NAME} is missing")
    return manifest


def _check_blobs(folder: Path, manifest: Manifest) -> None:
    n_blobs = 0
    for path in _iter_files(folder):
        n_blobs += 1
        # A blob is called by the hash of its bytes.
        if _sha256(path) != path.name:
            raise StorageError(f"the blob {path.name!r} of the backup is damaged; use another backup")
    if n_blobs != manifest.blobs:
        raise StorageError(f"the backup has {n_blobs} blobs, and had {manifest.blobs}; use another backup")


def _copy_missing_blobs(source: Path, target: Path) -> None:
    """Copy the blobs that are not there yet; one that goes away meanwhile is named by nobody."""
    for path in _iter_files(source):
        copy = target / path.relative_to(source)
        if copy.exists():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = copy.with_name(copy.name + _PARTIAL)
        try:
            shutil.copyfile(path, partial)
        except FileNotFoundError:
            partial.unlink(missing_ok=True)
            continue
        _sync(partial)
        partial.replace(copy)


def _iter_files(folder: Path) -> Iterator[Path]:
    """Yield the blobs below a folder; what has another name than a hash is on its way, or another's."""
    for parent, _, names in os.walk(folder):
        for name in names:
            if len(name) == 64 and set(name) <= set("0123456789abcdef"):
                yield Path(parent, name)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _sync(*paths: Path) -> None:
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _removed_if_broken_off(folder: Path) -> Generator[None]:
    # A process that was killed could not remove what it left.
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


@contextmanager
def _files_written(what: str) -> Generator[None]:
    try:
        yield
    except OSError as error:
        message = f"the {what} could not be written ({error.strerror}); look at the disk and the folder"
        raise StorageError(message) from error


def _report(manifest: Manifest) -> BackupReport:
    return BackupReport(
        n_runs=manifest.runs,
        n_events=manifest.events,
        n_blobs=manifest.blobs,
        database_bytes=manifest.database_bytes,
        blob_bytes=manifest.blob_bytes,
        created_at=manifest.created_us,
    )
