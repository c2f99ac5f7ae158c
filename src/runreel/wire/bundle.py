"""Bundles: runs as JSON lines that say how many they are, and what they hash to.

The writer needs a bounded amount of memory for runs of any size, and so does the reader: what it holds of a run goes
to a temporary file beyond a few megabytes.
"""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from tempfile import SpooledTemporaryFile

from runreel.errors import DecodeError
from runreel.model.bundle import (
    BlobPart,
    EventPart,
    Part,
    RecorderPart,
    RunPart,
    RunParts,
    SessionPart,
    ThingPart,
)
from runreel.wire.bundle_line import (
    FORMAT,
    VERSION,
    BlobLine,
    CloseLine,
    EndLine,
    HeaderLine,
    Line,
    RunLine,
    SessionLine,
    decode_line,
    encode_line,
    events_of,
    line_of,
    part_of,
    tag_of,
)

CHUNK_BYTES = 256 * 1024
# So many lines, or bytes, of a run are put into the database in one transaction.
PIECE_LINES = 6_000
PIECE_BYTES = 4 * 1024 * 1024

# The line of a session is repeated when so many others came since, so that a reader need not remember more.
_N_SESSIONS = 1_000
_SPOOL_BYTES = 4 * 1024 * 1024
# So many events are looked at together.
_GROUP_LINES = 500
# Lines that begin like this are looked at later: there are many of the ones, and much in the others.
_EVENT_BEGIN = b'{"line":"event",'
_BLOB_BEGIN = b'{"line":"blob",'


class BundleWriter:
    """Makes the bytes of one bundle: `head`, the chunks of its runs one after another, `close`."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._run_hash = hashlib.sha256()
        self._counts: Counter[str] = Counter()
        self._sessions: OrderedDict[str, None] = OrderedDict()

    def head(self, *, made_at: str, holds: Mapping[str, object]) -> bytes:
        """Return the first line."""
        return self._count(HeaderLine(format=FORMAT, version=VERSION, made_at=made_at, holds=dict(holds)))

    def iter_run(self, parts: Iterable[Part]) -> Iterator[bytes]:
        """Yield the lines of one run in chunks of about `CHUNK_BYTES`."""
        self._run_hash = hashlib.sha256()
        run_id, n_lines, n_bytes = "", 0, 0
        lines: list[bytes] = []
        for part in parts:
            if isinstance(part, SessionPart):
                yield from self._session_lines(part)
                continue
            if isinstance(part, RunPart):
                run_id = part.run_id
            line = line_of(part)
            text = encode_line(line)
            self._counts[tag_of(line)] += 1
            lines.append(text)
            n_lines += 1
            n_bytes += len(text)
            if n_bytes >= CHUNK_BYTES:
                yield self._close_chunk(lines)
                n_bytes = 0
        if lines:
            yield self._close_chunk(lines)
        yield self._count(EndLine(run_id=run_id, lines=n_lines, sha256=self._run_hash.hexdigest()))

    def session(self, session: SessionPart) -> list[bytes]:
        """Return the line of a session that no run belongs to."""
        return self._session_lines(session)

    def close(self) -> bytes:
        """Return the last line."""
        return encode_line(CloseLine(counts=dict(sorted(self._counts.items())), sha256=self._hash.hexdigest())) + b"\n"

    def _close_chunk(self, lines: list[bytes]) -> bytes:
        # Hashed at once: many lines are far more quickly hashed together than one by one.
        lines.append(b"")
        chunk = b"\n".join(lines)
        lines.clear()
        self._run_hash.update(chunk)
        self._hash.update(chunk)
        return chunk

    def _session_lines(self, session: SessionPart) -> list[bytes]:
        if session.session_id in self._sessions:
            return []
        self._sessions[session.session_id] = None
        if len(self._sessions) > _N_SESSIONS:
            self._sessions.popitem(last=False)
        return [self._count(line_of(session))]

    def _count(self, line: Line) -> bytes:
        text = encode_line(line) + b"\n"
        self._hash.update(text)
        self._counts[tag_of(line)] += 1
        return text


class RunText:
    """The lines of one run as they came; `problem` says why they can't be used. Close it after use."""

    def __init__(self, line: RunLine, session: SessionPart | None) -> None:
        self.run_id, self.agent_name, self.run_name = line.run_id[:64], line.agent_name, line.run_name
        self.run: RunPart | None = None
        self.session = session
        self.problem: str | None = None
        self.n_lines = 0
        self.n_bytes = 0
        self._hash = hashlib.sha256()
        self._file = SpooledTemporaryFile[bytes](max_size=_SPOOL_BYTES)
        self._blob_file = SpooledTemporaryFile[bytes](max_size=_SPOOL_BYTES)

    def add(self, text: bytes, *, n_lines: int = 1) -> None:
        """Take a line with its end, or several."""
        self.n_bytes += len(text)
        self._add(text, n_lines, self._file)

    def add_blob(self, text: bytes) -> None:
        """Take one line with bytes of a file; they are apart from what a database gets."""
        self._add(text, 1, self._blob_file)

    def _add(self, text: bytes, n_lines: int, file: SpooledTemporaryFile[bytes]) -> None:
        self._hash.update(text)
        self.n_lines += n_lines
        if self.problem is None:
            file.write(text)

    def spoil(self, reason: str) -> None:
        """Note why the run can't be used; the first reason stays."""
        self.problem = self.problem or reason

    def end(self, line: EndLine) -> None:
        """Compare the lines with what the run's last one says of them."""
        if line.run_id != self.run_id:
            self.spoil("its last line is of another run; the bundle is damaged")
        elif line.lines != self.n_lines:
            self.spoil(f"it has {self.n_lines} lines instead of {line.lines}; the bundle is damaged")
        elif line.sha256 != self._hash.hexdigest():
            self.spoil("its lines are not those that were written; the bundle is damaged")

    def iter_pieces(self) -> Iterator[RunParts]:
        """Yield the run in pieces of bounded size; all lines of a run of several are looked at before the first.

        Raises:
            DecodeError: a line can't be used.
        """
        if self.n_lines > PIECE_LINES or self.n_bytes > PIECE_BYTES:
            for _ in self._iter_parts():
                pass
        piece, n_bytes = self._new_piece(), 0
        silent: list[str] = []
        for part, size_bytes in self._iter_parts():
            if len(piece.things) + len(piece.recorders) + len(piece.events) >= PIECE_LINES or n_bytes >= PIECE_BYTES:
                piece.is_last = False
                silent += [event.values[0] for event in piece.events if event.is_silent]
                yield piece
                piece, n_bytes = self._new_piece(), 0
            n_bytes += size_bytes
            if isinstance(part, list):
                piece.events += part
            elif isinstance(part, ThingPart):
                piece.things.append(part)
            elif isinstance(part, RecorderPart):
                piece.recorders.append(part)
        piece.silent_before = silent
        yield piece

    def iter_blobs(self) -> Iterator[BlobPart]:
        """Yield the bytes of the run's files as they came.

        Raises:
            DecodeError: a line can't be used.
        """
        self._blob_file.seek(0)
        for text in self._blob_file:
            part = part_of(decode_line(text))
            if isinstance(part, BlobPart):
                yield part

    def close(self) -> None:
        """Let go of the lines."""
        self._file.close()
        self._blob_file.close()

    def _new_piece(self) -> RunParts:
        assert self.run is not None
        return RunParts(run=self.run, session=self.session)

    def _iter_parts(self) -> Iterator[tuple[Part | list[EventPart] | None, int]]:
        """Yield the parts with how many bytes their lines have; events that follow each other together."""
        self._file.seek(0)
        events: list[bytes] = []
        n_event_bytes, number = 0, 0
        for number, text in enumerate(self._file, 1):
            if text.startswith(_EVENT_BEGIN) and len(events) < _GROUP_LINES and n_event_bytes < CHUNK_BYTES:
                events.append(text)
                n_event_bytes += len(text)
                continue
            if events:
                yield _events_of(events, number - len(events)), n_event_bytes
                events, n_event_bytes = [], 0
            if text.startswith(_EVENT_BEGIN):
                events, n_event_bytes = [text], len(text)
            else:
                yield _part_of(text, number), len(text)
        if events:
            yield _events_of(events, number + 1 - len(events)), n_event_bytes


def _events_of(texts: list[bytes], number: int) -> list[EventPart]:
    """Return events; the first line has this number within the run."""
    try:
        return events_of(texts)
    except DecodeError:
        # Looked at one by one, the line that is to blame says so.
        parts = (_part_of(text, number) for number, text in enumerate(texts, number))
        return [part for part in parts if isinstance(part, EventPart)]


def _part_of(text: bytes, number: int) -> Part | None:
    try:
        return part_of(decode_line(text))
    except DecodeError as error:
        raise DecodeError(f"line {number} of the run: {error}") from None


class BundleReader:
    """Reads the bytes of one bundle piece by piece; gives each run once its last line is there."""

    def __init__(self, *, max_line_bytes: int) -> None:
        self._max_line_bytes = max_line_bytes
        self._hash = hashlib.sha256()
        self._counts: Counter[str] = Counter()
        self._sessions: OrderedDict[str, SessionPart] = OrderedDict()
        self._lone: dict[str, SessionPart] = {}
        self._rest = b""
        self._is_skipping = False
        self._run: RunText | None = None
        self._has_header = False
        self._is_closed = False
        self.problem: str | None = None

    def feed(self, data: bytes) -> Iterator[RunText]:
        """Yield the runs that end in these bytes. Read it to its end before the next ones.

        Raises:
            DecodeError: this is no bundle, or one of a newer version; nothing more can be read.
        """
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if lines and self._is_skipping:
            self._is_skipping = False
            del lines[0]
        events: list[bytes] = []
        for line in lines:
            if self._run is not None and line.startswith(_EVENT_BEGIN):
                events.append(line)
                continue
            self._take_events(events)
            run = self._take(line + b"\n")
            if run is not None:
                yield run
        self._take_events(events)
        if len(self._rest) > self._max_line_bytes:
            self._skip_line()

    def finish(self) -> Iterator[RunText]:
        """Yield the run that was cut off, if one was. Then `problem` says what is wrong with the whole, or is None.

        Raises:
            DecodeError: this is no bundle.
        """
        if not self._has_header:
            raise DecodeError("the body is no bundle: its first line is missing")
        if self._run is not None:
            self._run.spoil("the bundle ends within it")
            yield self._run
            self._run = None
        if not self._is_closed:
            self._note("the bundle ends early: its last line is missing")

    @property
    def n_lone_sessions(self) -> int:
        """How many sessions have come that no run has come of yet."""
        return len(self._lone)

    def take_lone_sessions(self) -> list[SessionPart]:
        """Return the sessions that no run has come of yet, each once."""
        sessions, self._lone = list(self._lone.values()), {}
        return sessions

    def close(self) -> None:
        """Let go of a run that is not complete; safe twice."""
        if self._run is not None:
            self._run.close()
            self._run = None

    def _take_events(self, lines: list[bytes]) -> None:
        """Take lines of the present run unread, and empty the list."""
        if self._run is None or not lines:
            return
        self._counts["event"] += len(lines)
        lines.append(b"")
        text = b"\n".join(lines)
        self._hash.update(text)
        self._run.add(text, n_lines=len(lines) - 1)
        lines.clear()

    def _take(self, text: bytes) -> RunText | None:
        if self._is_closed:
            self._note("the bundle goes on after its last line")
            return None
        if self._run is not None and text.startswith(_BLOB_BEGIN):
            self._hash.update(text)
            self._counts["blob"] += 1
            self._run.add_blob(text)
            return None
        try:
            line = decode_line(text)
        except DecodeError as error:
            return self._spoil_line(text, str(error))
        if not self._has_header:
            self._take_header(line)
        elif isinstance(line, CloseLine):
            return self._take_close(line)
        self._hash.update(text)
        self._counts[tag_of(line)] += 1
        if isinstance(line, RunLine):
            return self._begin_run(line, text)
        if isinstance(line, EndLine):
            return self._end_run(line)
        if isinstance(line, SessionLine):
            self._take_session(line)
        elif not isinstance(line, HeaderLine):
            self._take_below(text, is_blob=isinstance(line, BlobLine))
        return None

    def _take_header(self, line: Line) -> None:
        if not isinstance(line, HeaderLine) or line.format != FORMAT:
            raise DecodeError("the body is no bundle: its first line says something else")
        if line.version != VERSION:
            raise DecodeError(f"the bundle is of version {line.version}; this server reads version {VERSION}")
        self._has_header = True

    def _begin_run(self, line: RunLine, text: bytes) -> RunText | None:
        broken = self._cut_off()
        session = self._sessions.get(line.session_id)
        self._lone.pop(line.session_id, None)
        run = self._run = RunText(line, session)
        try:
            part = part_of(line)
            assert isinstance(part, RunPart)
            run.run = part
        except DecodeError as error:
            run.spoil(str(error))
        run.add(text)
        return broken

    def _end_run(self, line: EndLine) -> RunText | None:
        run, self._run = self._run, None
        if run is None:
            self._note("the end of a run is there without the run")
            return None
        run.end(line)
        return run

    def _take_session(self, line: SessionLine) -> None:
        try:
            session = part_of(line)
        except DecodeError as error:
            self._note(str(error))
            return
        assert isinstance(session, SessionPart)
        if session.session_id not in self._sessions:
            self._lone[session.session_id] = session
        self._sessions[session.session_id] = session
        self._sessions.move_to_end(session.session_id)
        if len(self._sessions) > _N_SESSIONS:
            self._sessions.popitem(last=False)

    def _take_below(self, text: bytes, *, is_blob: bool) -> None:
        if self._run is None:
            self._note("there are lines that belong to no run")
        elif is_blob:
            self._run.add_blob(text)
        else:
            self._run.add(text)

    def _take_close(self, line: CloseLine) -> RunText | None:
        self._is_closed = True
        broken = self._cut_off()
        if line.sha256 != self._hash.hexdigest() or line.counts != dict(self._counts):
            self._note("the bundle is damaged: its lines are not those that were written")
        return broken

    def _spoil_line(self, text: bytes, reason: str) -> None:
        if not self._has_header:
            raise DecodeError("the body is no bundle: its first line is no JSON that a bundle begins with")
        self._hash.update(text)
        if self._run is None:
            self._note(reason)
        else:
            self._run.add(text)
            self._run.spoil(reason)

    def _skip_line(self) -> None:
        reason = f"a line has over {self._max_line_bytes} bytes"
        if not self._has_header:
            raise DecodeError(f"the body is no bundle: {reason}")
        self._rest, self._is_skipping = b"", True
        if self._run is None:
            self._note(reason)
        else:
            self._run.spoil(reason)

    def _cut_off(self) -> RunText | None:
        """Return the run whose end is missing, though something else follows."""
        run, self._run = self._run, None
        if run is not None:
            run.spoil("its last line is missing; the bundle is damaged")
        return run

    def _note(self, problem: str) -> None:
        self.problem = self.problem or problem
