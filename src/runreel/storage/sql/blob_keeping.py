"""Keeping bytes for as long as something refers to them: leases, and the sweep (ADR-011 has every interleaving)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from sqlalchemy import ColumnElement, exists, or_, select, tuple_

from runreel.errors import NotFoundError
from runreel.model.blob import Blob, SweepReport
from runreel.model.scope import Scope
from runreel.storage.port import BlobStore, BlobWriter
from runreel.storage.sql import schema
from runreel.storage.sql.applying import put_projects
from runreel.storage.sql.blob_row import BlobKey, lock_blobs, put_blob
from runreel.storage.sql.database import Database
from runreel.storage.sql.transaction import Transaction

SweepPlace = tuple[int, str, str]
OrphanPlace = tuple[str, str]

LEASE_US = 24 * 3_600 * 1_000_000

_SWEPT_AT_ONCE = 200
_HASHES_AT_ONCE = 500
# Each is found by its index over hashes; few rows share one.
_NAMED_SQL = tuple(
    f"SELECT 1 FROM {table} t JOIN runs r ON r.run_pk = t.run_pk WHERE t.{column} = ? AND r.project = ? LIMIT 1"
    for table, column in (("files", "content_hash"), ("events", "payload_blob"))
)


def keep(database: Database, scope: Scope, upload: BlobWriter, *, now: int) -> Blob:
    """Take a lease, then put the bytes at their place; see `FileStore.keep`.

    The lease comes first: from then on no sweep deletes at that place. Whatever one deleted before is put there anew.
    """
    blob = Blob(content_hash=upload.content_hash, size_bytes=upload.size_bytes, kept_until=now + LEASE_US)

    def lease(transaction: Transaction) -> None:
        put_projects(transaction, {scope.project}, now)
        put_blob(transaction, (scope.project, blob.content_hash), blob.size_bytes, kept_until=blob.kept_until)

    database.write(lease)
    upload.commit()
    return blob


def renew(transaction: Transaction, blobs: BlobStore, scope: Scope, content_hash: str, *, now: int) -> Blob:
    """Extend the lease of bytes that are there; see `FileStore.renew`."""
    key = (scope.project, content_hash)
    found = lock_blobs(transaction, [key])
    if key not in found:
        raise NotFoundError(f"there are no bytes with the content hash {content_hash!r}")
    _, kept_until = found[key]
    # A crash may have left the row alone: only the bytes themselves prove that they are there.
    size_bytes = blobs.get_size(scope, content_hash)
    kept_until = max(kept_until, now + LEASE_US)
    put_blob(transaction, key, size_bytes, kept_until=kept_until)
    return Blob(content_hash=content_hash, size_bytes=size_bytes, kept_until=kept_until)


def sweep(database: Database, blobs: BlobStore, *, now: int, resume_after: SweepPlace | None) -> SweepReport:
    """Look at the next blobs whose lease is over; see `FileStore.sweep`."""
    with database.read() as connection:
        place = (schema.blobs.c.kept_until, schema.blobs.c.project, schema.blobs.c.content_hash)
        statement = select(*place, _is_named()).where(schema.blobs.c.kept_until <= now)
        if resume_after is not None:
            statement = statement.where(tuple_(*place) > resume_after)
        found = connection.execute(statement.order_by(*place).limit(_SWEPT_AT_ONCE)).all()
    n_deleted, last = 0, None
    for kept_until, project, content_hash, is_named in found:
        if not is_named:
            # One transaction each: the bytes are deleted within it, and that may take a while.
            key = (project, content_hash)
            n_deleted += database.write(lambda transaction, key=key: _delete_unused(transaction, blobs, key, now))
        last = (kept_until, project, content_hash)
    return SweepReport(n_deleted=n_deleted, resume_after=last if len(found) == _SWEPT_AT_ONCE else None)


def sweep_orphans(database: Database, blobs: BlobStore, *, resume_after: OrphanPlace | None) -> OrphanPlace | None:
    """Look at the next bytes of a project; see `FileStore.sweep_orphans`."""
    project, after = resume_after or ("", "")
    with database.read() as connection:
        projects = select(schema.projects.c.project).where(schema.projects.c.project >= project)
        found = connection.execute(projects.order_by(schema.projects.c.project).limit(2)).scalars().all()
    if not found:
        return None
    if found[0] != project:
        project, after = found[0], ""
    hashes = list(islice(blobs.iter_hashes(Scope(project=project), after=after or None), _HASHES_AT_ONCE))
    for content_hash in sorted(set(hashes) - _known(database, project, hashes)):
        key = (project, content_hash)
        database.write(lambda transaction, key=key: _delete_orphan(transaction, blobs, key))
    if len(hashes) == _HASHES_AT_ONCE:
        return project, hashes[-1]
    return (found[1], "") if len(found) > 1 else None


def _known(database: Database, project: str, hashes: Sequence[str]) -> set[str]:
    """Return those hashes that have a row. Who puts bytes makes their row first, so it was there when they were."""
    with database.read() as connection:
        statement = select(schema.blobs.c.content_hash).where(
            schema.blobs.c.project == project, schema.blobs.c.content_hash.in_(hashes)
        )
        return set(connection.execute(statement).scalars())


def _delete_unused(transaction: Transaction, blobs: BlobStore, key: BlobKey, now: int) -> int:
    """Delete a blob if still nothing refers to it: the bytes first, while nobody else can hold the row.

    Were the row deleted first, an upload of the same bytes could put them there in between, and lose them.
    """
    found = lock_blobs(transaction, [key])
    if key not in found or found[key][1] > now:
        return 0
    # After the lock, in statements of their own: what the former holder of the lock committed shows only now.
    if any(transaction.fetch(statement, key[1], key[0]) for statement in _NAMED_SQL):
        return 0
    blobs.delete(Scope(project=key[0]), key[1])
    return transaction.execute("DELETE FROM blobs WHERE project = ? AND content_hash = ?", *key)


def _delete_orphan(transaction: Transaction, blobs: BlobStore, key: BlobKey) -> None:
    """Delete bytes that have no row, holding a row of theirs, as those who put bytes do."""
    transaction.execute(
        "INSERT INTO blobs (project, content_hash, size_bytes, kept_until) VALUES (?, ?, 0, 0) ON CONFLICT DO NOTHING",
        *key,
    )
    if transaction.cursor.rowcount == 1:
        blobs.delete(Scope(project=key[0]), key[1])
        transaction.execute("DELETE FROM blobs WHERE project = ? AND content_hash = ?", *key)


def _is_named() -> ColumnElement[bool]:
    """Return whether a file or an event of the project names the blob of a row."""
    return or_(
        *(
            exists().where(
                column == schema.blobs.c.content_hash,
                column.table.c.run_pk == schema.runs.c.run_pk,
                schema.runs.c.project == schema.blobs.c.project,
            )
            for column in (schema.files.c.content_hash, schema.events.c.payload_blob)
        )
    )
