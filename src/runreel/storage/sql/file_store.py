"""The bytes of files: which of them a run has, and how long what nobody names is kept."""

from __future__ import annotations

from runreel.errors import NotFoundError, StorageError
from runreel.model.blob import Blob, SweepReport, parse_content_hash
from runreel.model.file import FileContent, FileReference
from runreel.model.scope import Scope
from runreel.storage.port import BlobStore, BlobWriter
from runreel.storage.sql import blob_keeping
from runreel.storage.sql.database import Database
from runreel.storage.sql.event_reading import Inside


class SqlFileStore:
    """`FileStore` on SQL and a store of bytes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin_upload(self, scope: Scope) -> BlobWriter:
        return self._blobs().begin(scope)

    def keep(self, scope: Scope, upload: BlobWriter, *, now: int) -> Blob:
        return blob_keeping.keep(self._database, scope, upload, now=now)

    def renew(self, scope: Scope, content_hash: str, *, now: int) -> Blob:
        blobs = self._blobs()
        return self._database.write(
            lambda transaction: blob_keeping.renew(transaction, blobs, scope, content_hash, now=now)
        )

    def get_file(self, scope: Scope, run_id: str, file_id: str) -> FileReference:
        with self._database.read() as connection:
            return Inside(connection, self._database.dialect, scope, run_id, self._database.blobs).get_file(file_id)

    def get_content(self, scope: Scope, run_id: str, file_id: str) -> FileContent:
        blobs = self._blobs()
        file = self.get_file(scope, run_id, file_id)
        content_hash = parse_content_hash(file.content_hash or "")
        if content_hash is None:
            raise NotFoundError(f"of the file {file_id!r} there is only a reference; its bytes were not sent")
        try:
            size_bytes = blobs.get_size(scope, content_hash)
        except NotFoundError as error:
            raise NotFoundError(f"of the file {file_id!r} there is only a reference; its bytes are not here") from error
        return FileContent(
            file=file,
            content_hash=content_hash,
            size_bytes=size_bytes,
            read=lambda start, end: blobs.read(scope, content_hash, start=start, end=end),
        )

    def sweep(self, *, now: int, resume_after: tuple[int, str, str] | None = None) -> SweepReport:
        blobs = self._database.blobs
        if blobs is None:
            return SweepReport(n_deleted=0)
        return blob_keeping.sweep(self._database, blobs, now=now, resume_after=resume_after)

    def sweep_orphans(self, *, resume_after: tuple[str, str] | None = None) -> tuple[str, str] | None:
        blobs = self._database.blobs
        return None if blobs is None else blob_keeping.sweep_orphans(self._database, blobs, resume_after=resume_after)

    def _blobs(self) -> BlobStore:
        if self._database.blobs is None:
            raise StorageError("the store was opened without its blobs")
        return self._database.blobs
