"""Brings what one journal holds to the server: one request a step, and the position is acknowledged after the answer.

Shared by the shipper, which delivers its own journal and those of dead processes, and by `recovery.deliver`.
"""

from __future__ import annotations

from _thread import RLock
from time import time

from runreel.sdk.answer import BLOCKED, LATER, REFUSED, TAKEN, Answer

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from runreel.sdk.blob_spool import Blob, BlobSpool
    from runreel.sdk.dead_letter import DeadLetters
    from runreel.sdk.port import Source
    from runreel.sdk.transport import Transport

MAX_BATCH_BYTES = 1024 * 1024
# So many that the bytes are what bounds most batches: each costs the host's threads a few moments, whatever is in it.
MAX_BATCH_RECORDS = 5000

# A record that the server fails on would stand before all others for ever; by so many tries it is told from a server
# that fails on everything.
_TRIES_TOGETHER = 5
_TRIES_ALONE = 10
_TRIES_OF_BLOB = 3


class Delivery:
    """Delivers one journal and the files beside it. Used by one thread at a time."""

    def __init__(
        self,
        source: Source,
        blobs: BlobSpool | None,
        letters: DeadLetters,
        *,
        on_names: Callable[[Sequence[tuple[str, str | None]]], None] = lambda _: None,
        on_blob_gone: Callable[[Blob], None] = lambda _: None,
    ) -> None:
        self.n_delivered = 0
        self.n_refused = 0
        # Held while records stop waiting and are counted: whoever adds up what waits and what is settled holds it too.
        self.settling = RLock()
        self._source = source
        self._blobs = blobs
        self._letters = letters
        self._on_names = on_names
        self._on_blob_gone = on_blob_gone
        self._pieces: list[_Piece] = []
        self._position: object = None
        self._n_taken_of_chunk = 0
        self._n_of_chunk = 0

    def step(self, server: Transport) -> Answer | None:
        """Send the next records, once; None: nothing waits."""
        if not self._pieces and not self._read():
            return None
        piece = self._pieces[-1]
        answer = server.post_records(piece.records)
        if answer.kind == TAKEN:
            self._settle(piece, answer)
        elif answer.kind == REFUSED:
            answer = self._narrow(piece, answer)
        elif answer.status == 500:
            self._suspect(piece, answer)
        return answer

    def step_file(self, server: Transport, between: Callable[[], object]) -> Answer | None:
        """Upload the oldest file and say which it is; None: none waits. `between` is called between two blocks."""
        blob = self._blobs.first() if self._blobs is not None else None
        if blob is None:
            return None
        answer = self._upload(blob, server, between)
        if answer.kind == REFUSED and answer.status != 413 and blob.n_tries < _TRIES_OF_BLOB:
            # The bytes are not those of the hash: they were damaged on their way.
            blob.n_tries += 1
            return Answer(LATER, status=answer.status, detail=answer.detail)
        if answer.kind not in {TAKEN, REFUSED}:
            return answer
        problem = None if answer.kind == TAKEN else answer.detail
        return self._tell_of(blob, problem, server)

    @property
    def n_settled_early(self) -> int:
        """How many records are settled, and are still in the journal since those beside them are not."""
        return self._n_of_chunk - sum(len(piece.records) for piece in self._pieces) if self._pieces else 0

    def _read(self) -> bool:
        chunk = self._source.read(MAX_BATCH_BYTES, MAX_BATCH_RECORDS)
        if not chunk.records:
            return False
        self._position = chunk.position
        self._n_taken_of_chunk = 0
        self._n_of_chunk = len(chunk.records)
        self._pieces = [_Piece(chunk.records)]
        return True

    def _settle(self, piece: _Piece, answer: Answer) -> None:
        for index, reason in answer.refused:
            self._letters.add(piece.records[index], reason=reason, status=answer.status)
        n_taken = len(piece.records) - len(answer.refused)
        self._n_taken_of_chunk += n_taken
        self._finish(piece, n_refused=len(answer.refused))
        if answer.names:
            self._on_names(answer.names)

    def _narrow(self, piece: _Piece, answer: Answer) -> Answer:
        """Find out which record it is that the server does not take a batch for."""
        if len(piece.records) > 1:
            self._halve(piece)
        elif answer.is_problem or answer.status == 413 or self._n_taken_of_chunk:
            self._refuse(piece, answer)
        elif all(other.is_suspect for other in self._pieces if other is not piece):
            # Somebody who is no Runreel says no to everything. Later records may show whether it is that.
            self._pieces.clear()
            return Answer(BLOCKED, status=answer.status, detail=answer.detail)
        else:
            self._try_last(piece)
        return answer

    def _suspect(self, piece: _Piece, answer: Answer) -> None:
        piece.n_failures += 1
        if len(piece.records) > 1:
            if piece.n_failures >= _TRIES_TOGETHER:
                self._halve(piece)
        elif piece.n_failures >= _TRIES_ALONE and self._n_taken_of_chunk:
            self._refuse(piece, answer)
        elif piece.n_failures % _TRIES_TOGETHER == 0:
            self._try_last(piece)

    def _halve(self, piece: _Piece) -> None:
        middle = len(piece.records) // 2
        self._pieces[-1:] = [_Piece(piece.records[middle:]), _Piece(piece.records[:middle])]

    def _try_last(self, piece: _Piece) -> None:
        piece.is_suspect = True
        self._pieces.insert(0, self._pieces.pop())

    def _refuse(self, piece: _Piece, answer: Answer) -> None:
        self._letters.add(piece.records[0], reason=answer.detail, status=answer.status)
        self._finish(piece, n_refused=1)

    def _finish(self, piece: _Piece, *, n_refused: int) -> None:
        with self.settling:
            self._pieces.remove(piece)
            if not self._pieces:
                self._source.acknowledge(self._position)
            self.n_refused += n_refused
            self.n_delivered += len(piece.records) - n_refused

    def _upload(self, blob: Blob, server: Transport, between: Callable[[], object]) -> Answer:
        try:
            if blob.content_hash is None:
                blob.content_hash = _hash(blob, between)
            answer = server.find_blob(blob.content_hash)
            if answer.status == 404:
                answer = server.put_blob(
                    blob.content_hash, _giving_way(blob, between), blob.size_bytes, on_wait=between
                )
        except InterruptedError as error:
            return Answer(LATER, detail=str(error))
        except OSError as error:
            return Answer(REFUSED, detail=f"its bytes can't be read: {error.strerror}")
        return answer

    def _tell_of(self, blob: Blob, problem: str | None, server: Transport) -> Answer:
        record = _file_record(blob, problem)
        answer = server.post_records([record])
        if answer.kind not in {TAKEN, REFUSED}:
            return answer
        is_refused = answer.kind == REFUSED or bool(answer.refused)
        if is_refused:
            reason = answer.refused[0][1] if answer.refused else answer.detail
            self._letters.add(record, reason=reason, status=answer.status)
        if self._blobs is not None:
            self._blobs.forget(blob)
        with self.settling:
            self.n_refused += is_refused
            self.n_delivered += not is_refused
            self._on_blob_gone(blob)
        return answer


class _Piece:
    """Records of a chunk that are sent together."""

    __slots__ = ("is_suspect", "n_failures", "records")

    def __init__(self, records: Sequence[bytes]) -> None:
        self.records = records
        self.n_failures = 0
        self.is_suspect = False


def _hash(blob: Blob, between: Callable[[], object]) -> str:
    from hashlib import sha256

    digest = sha256()
    for block in blob.iter_blocks():
        digest.update(block)
        between()
    return f"sha256:{digest.hexdigest()}"


def _giving_way(blob: Blob, between: Callable[[], object]) -> Iterator[bytes]:
    for block in blob.iter_blocks():
        yield block
        between()


def _file_record(blob: Blob, problem: str | None) -> bytes:
    import json

    stated: dict[str, object] = {
        "record": "file",
        "run_id": blob.run_id,
        "file_id": blob.file_id,
        "recorded_at": round(time(), 6),
        "size_bytes": blob.size_bytes,
    }
    if problem is None:
        stated["content_hash"] = blob.content_hash
    else:
        stated["metadata"] = {"not_kept": problem}
    return json.dumps(stated).encode()
