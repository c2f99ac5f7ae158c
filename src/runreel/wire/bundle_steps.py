"""What is to be done with a bundle, step by step: a pure function of its bytes.

Steps go between processes, see `bundle_worker`: their fields are what `msgspec` writes and reads again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import cast

import msgspec
from msgspec import Struct

from runreel.errors import DecodeError
from runreel.model.bundle import BlobPart, RunParts, SessionPart
from runreel.wire.bundle import PIECE_BYTES, PIECE_LINES, BundleReader, RunText
from runreel.wire.inflate import Inflater

# So many sessions without runs are put in together.
_SESSIONS_AT_ONCE = 500


class PutFile(Struct, tag="file"):
    """Keep some bytes of a file of a run; this comes before the run."""

    run_id: str
    part: BlobPart


class PutRuns(Struct, tag="runs"):
    """Put runs in within one transaction: some whole ones, or a piece of one that is too large for that."""

    runs: Sequence[RunParts]


class PutSessions(Struct, tag="sessions"):
    """Put sessions in that no run of the bundle has come of yet."""

    sessions: Sequence[SessionPart]


class Refuse(Struct, tag="refuse"):
    """Take note of a run that can't be used."""

    run_id: str
    agent_name: str
    run_name: str | None
    reason: str


class End(Struct, tag="end"):
    """The last step of a body that was read to its end; `problem` says what is wrong with the whole."""

    problem: str | None


class Stop(Struct, tag="stop"):
    """The body is no bundle: `BundleSteps` raised `DecodeError` in another process."""

    reason: str


Step = PutFile | PutRuns | PutSessions | Refuse | End | Stop

encode_step: Callable[[Step], bytes] = msgspec.msgpack.Encoder().encode
_encode_run: Callable[[RunParts], bytes] = msgspec.msgpack.Encoder().encode
decode_step: Callable[[bytes], Step] = msgspec.msgpack.Decoder(Step).decode


def packed(run: RunParts) -> RunParts:
    """Return a run as `encode_step` writes it, which takes a third of the memory."""
    return cast("RunParts", msgspec.Raw(_encode_run(run)))


class BundleSteps:
    """Reads one body, plain or compressed. Small runs are put in together; `keep` makes of each what waits for others.

    Raises:
        UnsupportedEncodingError: on making it: the encoding is unknown.
    """

    def __init__(
        self, content_encoding: str, *, max_line_bytes: int, keep: Callable[[RunParts], RunParts] = lambda run: run
    ) -> None:
        self._inflater = Inflater(content_encoding)
        self._keep = keep
        self._reader = BundleReader(max_line_bytes=max_line_bytes)
        self._waiting: dict[str, RunParts] = {}
        self._n_waiting_lines = 0
        self._n_waiting_bytes = 0

    def feed(self, body: bytes) -> Iterator[Step]:
        """Yield the steps that these bytes complete. Read it to its end before the next ones.

        Raises:
            DecodeError: the body is no bundle, or not compressed as it says; nothing more can be read.
        """
        for piece in self._inflater.feed(body):
            yield from self._take(self._reader.feed(piece))
            if self._reader.n_lone_sessions >= _SESSIONS_AT_ONCE:
                yield PutSessions(self._reader.take_lone_sessions())

    def finish(self) -> Iterator[Step]:
        """Yield the last steps; raises as `feed` does."""
        yield from self._take(self._reader.finish())
        yield from self._flush()
        if sessions := self._reader.take_lone_sessions():
            yield PutSessions(sessions)
        problem = self._reader.problem
        try:
            self._inflater.finish()
        except DecodeError as error:
            problem = str(error)
        yield End(problem)

    def close(self) -> None:
        """Let go of what has not come to its end; safe twice."""
        self._reader.close()

    def _take(self, texts: Iterator[RunText]) -> Iterator[Step]:
        for text in texts:
            try:
                yield from self._take_run(text)
            except DecodeError as error:
                yield _refusal(text, str(error))
            finally:
                text.close()

    def _take_run(self, text: RunText) -> Iterator[Step]:
        if text.problem is not None:
            yield _refusal(text, text.problem)
            return
        if text.run_id in self._waiting:
            # It is in the bundle twice: the first is put in before anything of the second.
            yield from self._flush()
        # First the bytes of its files: from here on they are kept for long enough, whenever the run is there.
        for part in text.iter_blobs():
            yield PutFile(text.run_id, part)
        pieces = text.iter_pieces()
        first = next(pieces)
        if first.is_last:
            yield from self._wait(first, text.n_bytes)
            return
        yield from self._flush()
        yield PutRuns([first])
        for piece in pieces:
            yield PutRuns([piece])

    def _wait(self, run: RunParts, n_bytes: int) -> Iterator[Step]:
        n_lines = len(run.things) + len(run.events)
        if self._n_waiting_lines + n_lines > PIECE_LINES or self._n_waiting_bytes + n_bytes > PIECE_BYTES:
            yield from self._flush()
        self._waiting[run.run.run_id] = self._keep(run)
        self._n_waiting_lines += n_lines + 1
        self._n_waiting_bytes += n_bytes

    def _flush(self) -> Iterator[Step]:
        runs, self._waiting = list(self._waiting.values()), {}
        self._n_waiting_lines = self._n_waiting_bytes = 0
        if runs:
            yield PutRuns(runs)


def _refusal(text: RunText, reason: str) -> Refuse:
    return Refuse(text.run_id, text.agent_name, text.run_name, reason)
