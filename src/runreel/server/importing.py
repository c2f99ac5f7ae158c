"""Importing a bundle while it arrives: read, and put into the store some runs at a time.

A large one is read by a process of its own. Decoding keeps Python's interpreter to itself, and so does most of
what a transaction needs: in one process they would take turns, and everybody else who is answered with them.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import IO

from runreel.errors import DecodeError, RunreelError, StorageError, StorageFullError, StorageUnavailableError
from runreel.model.bundle import BlobPart, ImportOptions, ImportOutcome, RunImport, RunParts, SessionPart, joined
from runreel.model.scope import Scope
from runreel.server.bundle_files import keep_files
from runreel.storage.port import BundleStore, FileStore
from runreel.wire import bundle_worker
from runreel.wire.bundle_steps import BundleSteps, End, PutFile, PutRuns, PutSessions, Refuse, Step, Stop

_MAX_LISTED = 1_000
# Below this, starting a process would take longer than reading.
_APART_FROM_BYTES = 4 * 1024 * 1024
_PIPE_BYTES = 256 * 1024


@dataclass(slots=True, kw_only=True)
class BundleReport:
    """What became of a bundle; at most a thousand runs that were refused or renamed are listed of each.

    `more_refused` are the ids of the others that were refused, by reason. `n_kept` are the rows of each kind that the
    store has of the runs and sessions of the bundle.
    """

    counts: Counter[ImportOutcome] = field(default_factory=Counter[ImportOutcome])
    n_events: int = 0
    refused: list[RunImport] = field(default_factory=list[RunImport])
    renamed: list[RunImport] = field(default_factory=list[RunImport])
    more_refused: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
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
            else:
                self.more_refused.setdefault(run.reason or "", []).append(run.run_id)
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
    should something come between. A body of over `apart_from_bytes` is read by another process, `command` if that is
    given, while runs are written here.
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
        max_file_bytes: int,
        now: Callable[[], int],
        apart_from_bytes: int = _APART_FROM_BYTES,
        command: Sequence[str] = (),
    ) -> None:
        self._steps = BundleSteps(content_encoding, max_line_bytes=max_line_bytes)
        self._command = command or bundle_worker.command(content_encoding, max_line_bytes=max_line_bytes)
        self._writing = _Writing(bundles, files, scope, options, max_file_bytes, now)
        self._apart_from_bytes = apart_from_bytes
        self._head: list[bytes] = []
        self._n_head_bytes = 0
        self._reading: _Here | _Apart | None = None

    def feed(self, body: bytes) -> None:
        """Take the next bytes.

        Raises:
            DecodeError: the body is no bundle, or not compressed as it says.
            StorageError: the store is full or away; what was imported before stays.
        """
        if self._reading is not None:
            self._reading.feed(body)
            return
        self._head.append(body)
        self._n_head_bytes += len(body)
        if self._n_head_bytes > self._apart_from_bytes:
            self._read_head(_begin_apart(self._command, self._writing) or _Here(self._steps, self._writing))

    def finish(self) -> BundleReport:
        """Put in what waits, and say what became of everything; raises as `feed` does."""
        reading = self._reading or self._read_head(_Here(self._steps, self._writing))
        reading.finish()
        if not self._writing.is_finished:
            raise RunreelError("the process that reads the bundle ended early; import it again for what is missing")
        return self._writing.report

    def close(self) -> None:
        """Let go of what has not come to its end, once what is being written is; safe twice."""
        self._steps.close()
        if self._reading is not None:
            self._reading.close()

    def _read_head(self, reading: _Here | _Apart) -> _Here | _Apart:
        self._reading = reading
        head, self._head = self._head, []
        for body in head:
            reading.feed(body)
        return reading


class _Writing:
    """Does the steps of one bundle in the store, and takes note of what became of its runs."""

    def __init__(
        self,
        bundles: BundleStore,
        files: FileStore,
        scope: Scope,
        options: ImportOptions,
        max_file_bytes: int,
        now: Callable[[], int],
    ) -> None:
        self.report = BundleReport()
        self.is_finished = False
        self._bundles = bundles
        self._files = files
        self._scope = scope
        self._options = options
        self._max_file_bytes = max_file_bytes
        self._now = now
        # Why runs are left out whose lines have yet to come, or the rest of them.
        self._spoilt: dict[str, str] = {}
        # What became of the pieces so far of a run that has several.
        self._begun: RunImport | None = None

    def do(self, steps: Iterator[Step]) -> None:
        """Do what is to be done.

        Raises:
            DecodeError: the body is no bundle.
            StorageError: the store is full or away.
        """
        for step in steps:
            following: Step | None = step
            while isinstance(following, PutFile):
                following = self._put_files(following, steps)
            if following is not None:
                self._do_one(following)
            # There may be much in it, and the next one is about to come.
            del step, following

    def _do_one(self, step: Step) -> None:
        if isinstance(step, PutRuns):
            self._put_runs(step.runs)
        elif isinstance(step, PutSessions):
            self._put_sessions(step.sessions)
        elif isinstance(step, Refuse):
            self._spoilt.pop(step.run_id, None)
            self.report.add(_refusal(step.run_id, step.agent_name, step.run_name, step.reason))
        elif isinstance(step, End):
            self.report.problem = step.problem
            self.is_finished = True
        elif isinstance(step, Stop):
            raise DecodeError(step.reason)

    def _put_files(self, first: PutFile, steps: Iterator[Step]) -> Step | None:
        """Keep the files of a run, of which this is the first step; return the step that comes after them."""
        following: list[Step] = []

        def parts() -> Iterator[BlobPart]:
            yield first.part
            for step in steps:
                if not isinstance(step, PutFile) or step.run_id != first.run_id:
                    following.append(step)
                    return
                yield step.part

        rest = parts()
        try:
            keep_files(
                self._files,
                self._scope,
                rest,
                is_trial=self._options.is_trial,
                max_file_bytes=self._max_file_bytes,
                now=self._now,
            )
        except (StorageFullError, StorageUnavailableError):
            raise
        except (DecodeError, StorageError) as error:
            self._spoilt[first.run_id] = str(error)
            for _ in rest:
                pass
        return following[0] if following else None

    def _put_runs(self, runs: Sequence[RunParts]) -> None:
        good = [parts for parts in runs if parts.run.run_id not in self._spoilt]
        made = {run.run_id: run for run in self._import(good)} if good else {}
        for parts in runs:
            run = parts.run
            reason = self._spoilt.get(run.run_id)
            self._add(parts, made[run.run_id] if reason is None else _refusal_of(parts, reason))

    def _put_sessions(self, sessions: Sequence[SessionPart]) -> None:
        kept = self._bundles.import_sessions(self._scope, sessions, options=self._options, now=self._now())
        for session_id in kept:
            self.report.add_session(session_id)

    def _add(self, parts: RunParts, made: RunImport) -> None:
        run_id = parts.run.run_id
        if self._begun is not None:
            made, self._begun = joined(self._begun, made), None
        if parts.is_last:
            self._spoilt.pop(run_id, None)
            self.report.add(made)
        elif made.outcome is ImportOutcome.REFUSED:
            self._spoilt[run_id] = made.reason or ""
        else:
            self._begun = made

    def _import(self, runs: Sequence[RunParts]) -> list[RunImport]:
        try:
            return self._bundles.import_runs(self._scope, runs, options=self._options, now=self._now())
        except (StorageFullError, StorageUnavailableError):
            raise
        except StorageError as error:
            if len(runs) == 1:
                return [_refusal_of(runs[0], str(error))]
            # One of them can't be stored; it must not cost the others.
            return [made for run in runs for made in self._import([run])]


class _Here:
    """Reads a bundle in this process."""

    def __init__(self, steps: BundleSteps, writing: _Writing) -> None:
        self._steps = steps
        self._writing = writing

    def feed(self, body: bytes) -> None:
        self._writing.do(self._steps.feed(body))

    def finish(self) -> None:
        self._writing.do(self._steps.finish())

    def close(self) -> None:
        pass


def _begin_apart(command: Sequence[str], writing: _Writing) -> _Apart | None:
    """Start a process that reads; None where that can't be."""
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pipesize=_PIPE_BYTES)
    except OSError:
        return None
    assert process.stdin is not None
    assert process.stdout is not None
    return _Apart(process, process.stdin, process.stdout, writing)


class _Apart:
    """Has a bundle read by another process; what follows from it is done by a thread of its own."""

    def __init__(self, process: subprocess.Popen[bytes], body: IO[bytes], steps: IO[bytes], writing: _Writing) -> None:
        self._process = process
        self._body = body
        self._steps = steps
        self._writing = writing
        self._failure: Exception | None = None
        self._thread = Thread(target=self._write, name="runreel-import")
        self._thread.start()

    def feed(self, body: bytes) -> None:
        try:
            self._body.write(body)
            self._body.flush()
        except (BrokenPipeError, ValueError):
            # The process has ended: what the thread makes of that tells why.
            self.finish()

    def finish(self) -> None:
        with suppress(BrokenPipeError):
            self._body.close()
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        self._process.kill()
        self._thread.join()
        with suppress(BrokenPipeError):
            self._body.close()
        self._steps.close()
        self._process.wait()

    def _write(self) -> None:
        try:
            self._writing.do(bundle_worker.read_steps(self._steps))
        except Exception as error:  # noqa: BLE001  whoever feeds raises it
            self._failure = error
            # It must not wait for somebody who reads on.
            self._process.kill()


def _refusal_of(parts: RunParts, reason: str) -> RunImport:
    return _refusal(parts.run.run_id, parts.run.agent_name, parts.run.run_name, reason)


def _refusal(run_id: str, agent_name: str, run_name: str | None, reason: str) -> RunImport:
    return RunImport(
        run_id=run_id,
        outcome=ImportOutcome.REFUSED,
        agent_name=agent_name,
        run_name=run_name,
        wanted_name=run_name,
        reason=reason,
    )
