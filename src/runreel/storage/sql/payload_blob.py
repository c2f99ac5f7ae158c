"""Payloads that are too large for a block: each is a blob of its own, named by the event (ADR-011)."""

from __future__ import annotations

from contextlib import closing
from hashlib import sha256

from runreel.errors import NotFoundError, StorageError
from runreel.model.blob import format_content_hash
from runreel.model.scope import Scope
from runreel.storage.port import BlobStore
from runreel.storage.sql.blob_row import BlobKey, put_blob
from runreel.storage.sql.codec import compress, decompress
from runreel.storage.sql.transaction import Transaction

LARGE_BYTES = 256 * 1024


class PayloadBlobs:
    """Collects the large payloads of one transaction."""

    def __init__(self) -> None:
        self._contents: dict[BlobKey, bytes] = {}

    def add(self, project: str, payload: bytes) -> tuple[str, int]:
        """Take one payload; return the hash that its event is to name, and the bytes that it takes."""
        content = compress(payload)
        content_hash = format_content_hash(sha256(content).hexdigest())
        self._contents[project, content_hash] = content
        return content_hash, len(content)

    def write(self, transaction: Transaction, blobs: BlobStore) -> None:
        """Put the payloads at their places, durably, before the transaction that names them commits.

        Their rows are locked from here to the commit, so no sweep takes what lies there already. They need no lease:
        what names them is committed with them.
        """
        for key, content in sorted(self._contents.items()):
            put_blob(transaction, key, len(content), kept_until=0)
            with closing(blobs.begin(Scope(project=key[0]))) as writer:
                writer.write(content)
                writer.commit()


def read_payload_blob(blobs: BlobStore | None, project: str, content_hash: str) -> bytes:
    """Return a large payload as `PayloadBlobs.add` took it.

    Raises:
        StorageError: its bytes are not there, or the store was opened without its blobs.
    """
    if blobs is None:
        raise StorageError("a large payload is among the blobs, and the store was opened without them")
    try:
        return decompress(b"".join(blobs.read(Scope(project=project), content_hash)))
    except NotFoundError as error:
        raise StorageError(
            f"the bytes of a large payload are missing ({content_hash}); restore the blobs from a backup"
        ) from error
