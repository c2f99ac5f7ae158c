"""Rows of blobs: what bytes a project has, and until when they stay though nothing refers to them (ADR-011).

Whoever names bytes, puts them at their place, or deletes them holds their row meanwhile, or a lease on it. Rows are
locked after those of runs and before those of agents, by their key.
"""

from __future__ import annotations

from collections.abc import Iterable

from runreel.storage.sql import schema
from runreel.storage.sql.transaction import Transaction

BlobKey = tuple[str, str]

_KEY = ("project", "content_hash")
_PUT_SQL = (
    "INSERT INTO blobs (project, content_hash, size_bytes, kept_until) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (project, content_hash) DO UPDATE SET size_bytes = excluded.size_bytes, kept_until = "
    "CASE WHEN excluded.kept_until > blobs.kept_until THEN excluded.kept_until ELSE blobs.kept_until END"
)


def put_blob(transaction: Transaction, key: BlobKey, size_bytes: int, *, kept_until: int) -> None:
    """Lock the row of a blob that is to be put at its place, or make it; never shortens a lease."""
    transaction.execute(_PUT_SQL, *key, size_bytes, kept_until)


def lock_blobs(transaction: Transaction, keys: Iterable[BlobKey]) -> dict[BlobKey, tuple[int, int]]:
    """Return size and lease of those blobs that exist, locked until the transaction ends."""
    columns = (*_KEY, "size_bytes", "kept_until")
    rows = transaction.dialect.select(
        transaction.cursor, schema.blobs, columns, _KEY, sorted(set(keys)), for_update=True
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}
