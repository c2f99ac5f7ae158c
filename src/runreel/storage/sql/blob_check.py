"""Whether the bytes that rows name are kept, and are what their hash says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

from runreel.errors import NotFoundError
from runreel.storage.sql.transaction import Transaction

_CHUNK_ROWS = 500
_NAMES = (
    "SELECT 1 FROM {table} t JOIN runs r ON r.run_pk = t.run_pk WHERE t.{column} = b.content_hash AND r.project = ?"
)
_NAMED_BY_EVENT = _NAMES.format(table="events", column="payload_blob")
_NAMED_BY_FILE = _NAMES.format(table="files", column="content_hash")

ReadBlob = Callable[[str, str], Iterable[bytes]]


def iter_blob_faults(transaction: Transaction, project: str, read_blob: ReadBlob) -> Iterator[str]:
    """Yield what is wrong with the bytes of a project; a hash that a file states without any bytes is no fault."""
    unknown = transaction.fetch(
        "SELECT DISTINCT t.payload_blob FROM events t JOIN runs r ON r.run_pk = t.run_pk "
        "WHERE r.project = ? AND t.payload_blob IS NOT NULL AND NOT EXISTS "
        f"(SELECT 1 FROM blobs b WHERE b.project = ? AND b.content_hash = t.payload_blob) LIMIT {_CHUNK_ROWS}",
        project,
        project,
    )
    for row in unknown:
        yield f"an event names {row[0]!r}, which nobody keeps"
    for content_hash, size_bytes in _iter_named(transaction, project):
        fault = _fault_of(read_blob, project, content_hash, size_bytes)
        if fault is not None:
            yield f"{content_hash!r} {fault}"


def _iter_named(transaction: Transaction, project: str) -> Iterator[tuple[str, int]]:
    last = ""
    while True:
        rows = transaction.fetch(
            "SELECT b.content_hash, b.size_bytes FROM blobs b WHERE b.project = ? AND b.content_hash > ? "
            f"AND (EXISTS ({_NAMED_BY_EVENT}) OR EXISTS ({_NAMED_BY_FILE})) "
            f"ORDER BY b.content_hash LIMIT {_CHUNK_ROWS}",
            project,
            last,
            project,
            project,
        )
        for row in rows:
            yield row[0], row[1]
        if len(rows) < _CHUNK_ROWS:
            return
        last = rows[-1][0]


def _fault_of(read_blob: ReadBlob, project: str, content_hash: str, size_bytes: int) -> str | None:
    digest, n_bytes = hashlib.sha256(), 0
    try:
        for chunk in read_blob(project, content_hash):
            digest.update(chunk)
            n_bytes += len(chunk)
    except NotFoundError:
        return "is missing"
    if digest.hexdigest() != content_hash.removeprefix("sha256:"):
        return "has other bytes than its hash says"
    return None if n_bytes == size_bytes else f"has {n_bytes} bytes, and its row says {size_bytes}"
