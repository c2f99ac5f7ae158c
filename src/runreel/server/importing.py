"""Importing a bundle while it arrives: inflated, read, and put into the store some runs at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from runreel.errors import DecodeError, StorageError, StorageFullError, StorageUnavailableError
from runreel.model.bundle import ImportOptions, ImportOutcome, RunImport, RunParts, joined
from runreel.model.scope import Scope
from runreel.server.bundle_files import keep_files
from runreel.storage.port import BundleStore, FileStore
from runreel.wire.bundle import PIECE_BYTES, PIECE_LINES, BundleReader, RunText
from runreel.wire.inflate import Inflater

_MAX_LISTED = 1_000
# So many sessions without runs are put in together.
_SESSIONS_AT_ONCE = 500


@dataclass(slots=True, kw_only=True)
class BundleReport:
    """What became of a bundle; at most a thousand runs that were refused or renamed are listed of each.

    `n_kept` are the rows of each kind that the store has of the runs and sessions of the bundle.
    """

    counts: Counter[ImportOutcome] = field(default_factory=Counter[ImportOutcome])
    n_events: int = 0
    refused: list[RunImport] = field(default_factory=list[RunImport])
    renamed: list[RunImport] = field(default_factory=list[RunImport])
    problem: str | None = None
    n_kept: Counter[str] = field(default_factory=Counter[str])
    # Their hashes alone: there may be many of them.
    _sessions: set[int] = field(default_factory=set[int])

    def add_session(self, session_id: str) -> None:
        """Take note of a session that the store has; once more is no other."""
        self._sessions.add(hash(session_id))
        self.n_kept["sessions"] = len(self._sessions)

    def add(self, run: RunImport) -> None:
        """Take note of what became of one run."""
        self.counts[run.outcome] += 1
        if run.outcome is ImportOutcome.REFUSED:
            if len(self.refused) < _MAX_LISTED:
                self.refused.append(run)
            return
        self.n_events += run.n_events
        self.n_kept["runs"] += 1
        self.n_kept.update(run.n_kept)
        if run.session_id is not None:
            self.add_session(run.session_id)
        if run.is_renamed and len(self.renamed) < _MAX_LISTED:
            self.renamed.append(run)


class Importer:
    """Takes the bytes of one body; whole runs are in the store as soon as they have come. Not for several threads.

    Small runs share a transaction. A large one takes several; it is in the store whole when the import is repeated,
    should something come between. While one transaction is written, what the next one gets is read and looked at.
    """

    def __init__(
        self,
        bundles: BundleStore,
        files: FileStore,
        scope: Scope,
        options: ImportOptions,
        *,
        content_encoding: str,
        max_line_bytes: int,
        now: Callable[[], int],
    ) -> None:
        self._bundles = bundles
        self._files = files
        self._scope = scope
        self._options = options
        self._now = now
        self._inflater = Inflater(content_encoding)
        self._reader = BundleReader(max_line_bytes=max_line_bytes)
        self._waiting: dict[str, RunParts] = {}
        self._n_waiting_lines = 0
        self._n_waiting_bytes = 0
        self._report = BundleReport()
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import")
        self._writing: Future[list[RunImport]] | None = None

    def feed(self, body: bytes) -> None:
        """Take the next bytes.

        Raises:
            DecodeError: the body is no bundle, or not compressed as it says.
            StorageError: the store is full or away; what was imported before stays.
        """
        for piece in self._inflater.feed(body):
            self._take(self._reader.feed(piece))
            if self._reader.n_lone_sessions >= _SESSIONS_AT_ONCE:
                self._put_lone_sessions()

    def finish(self) -> BundleReport:
        """Put in what waits, and say what became of everything; raises as `feed` does."""
        self._take(self._reader.finish())
        self._flush()
        self._add_written()
        self._put_lone_sessions()
        self._report.problem = self._reader.problem
        try:
            self._inflater.finish()
        except DecodeError as error:
            self._report.problem = str(error)
        return self._report

    def close(self) -> None:
        """Let go of what has not come to its end, once what is being written is; safe twice."""
        self._reader.close()
        self._writer.shutdown()

    def _put_lone_sessions(self) -> None:
        sessions = self._reader.take_lone_sessions()
        if not sessions:
            return
        # One at a time on the one writer of SQLite; on PostgreSQL in the order of locks.
        self._add_written()
        kept = self._bundles.import_sessions(self._scope, sessions, options=self._options, now=self._now())
        for session_id in kept:
            self._report.add_session(session_id)

    def _take(self, texts: Iterator[RunText]) -> None:
        for text in texts:
            try:
                self._take_run(text)
            finally:
                text.close()

    def _take_run(self, text: RunText) -> None:
        if text.problem is not None:
            self._refuse(text, text.problem)
            return
        try:
            # First the bytes of its files: from here on they are kept for long enough, whenever the run is there.
            keep_files(self._files, self._scope, text.iter_blobs(), is_trial=self._options.is_trial, now=self._now)
            self._take_pieces(text)
        except (StorageFullError, StorageUnavailableError):
            raise
        except (DecodeError, StorageError) as error:
            self._refuse(text, str(error))

    def _take_pieces(self, text: RunText) -> None:
        """Put a run in, or let it wait for others, where it has one piece alone."""
        outcome: RunImport | None = None
        writing: Future[list[RunImport]] | None = None
        for piece in text.iter_pieces():
            if writing is None:
                if piece.is_last:
                    self._wait(piece, text.n_bytes)
                    return
                self._flush()
            else:
                outcome = _joined(outcome, writing)
                if outcome.outcome is ImportOutcome.REFUSED:
                    break
            writing = self._begin([piece])
        if writing is not None:
            self._report.add(_joined(outcome, writing))

    def _wait(self, run: RunParts, n_bytes: int) -> None:
        n_lines = len(run.things) + len(run.events)
        is_twice = run.run.run_id in self._waiting
        if is_twice or self._n_waiting_lines + n_lines > PIECE_LINES or self._n_waiting_bytes + n_bytes > PIECE_BYTES:
            self._flush()
        self._waiting[run.run.run_id] = run
        self._n_waiting_lines += n_lines + 1
        self._n_waiting_bytes += n_bytes

    def _flush(self) -> None:
        """Begin to write the runs that wait, once those before them are written."""
        runs, self._waiting = list(self._waiting.values()), {}
        self._n_waiting_lines = self._n_waiting_bytes = 0
        if runs:
            self._add_written()
            self._writing = self._begin(runs)

    def _add_written(self) -> None:
        writing, self._writing = self._writing, None
        for made in () if writing is None else writing.result():
            self._report.add(made)

    def _begin(self, runs: list[RunParts]) -> Future[list[RunImport]]:
        return self._writer.submit(self._import, runs)

    def _import(self, runs: list[RunParts]) -> list[RunImport]:
        try:
            return self._bundles.import_runs(self._scope, runs, options=self._options, now=self._now())
        except (StorageFullError, StorageUnavailableError):
            raise
        except StorageError as error:
            if len(runs) == 1:
                run = runs[0].run
                return [_refusal(run.run_id, run.agent_name, run.run_name, str(error))]
            # One of them can't be stored; it must not cost the others.
            return [made for run in runs for made in self._import([run])]

    def _refuse(self, text: RunText, reason: str) -> None:
        self._report.add(_refusal(text.run_id, text.agent_name, text.run_name, reason))


def _joined(before: RunImport | None, writing: Future[list[RunImport]]) -> RunImport:
    [made] = writing.result()
    return made if before is None else joined(before, made)


def _refusal(run_id: str, agent_name: str, run_name: str | None, reason: str) -> RunImport:
    return RunImport(
        run_id=run_id,
        outcome=ImportOutcome.REFUSED,
        agent_name=agent_name,
        run_name=run_name,
        wanted_name=run_name,
        reason=reason,
    )
