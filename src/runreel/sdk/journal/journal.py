"""The journal of this process: records go in from any thread, and come out in their order."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress
from zlib import adler32

from runreel.sdk.journal.folder import SEGMENT_SUFFIX, make_folder, remove_files, remove_folder
from runreel.sdk.journal.layout import FIRST_FRAME, FRAME, FRAME_BYTES, MARK, MAX_RECORD_BYTES, draw_salt
from runreel.sdk.journal.reading import Chunk, Position, Walk
from runreel.sdk.journal.segment import Segment, allocate_segment, no_segment, reserve_space, size_for, write_zeros

TYPE_CHECKING = False
if TYPE_CHECKING:
    from runreel.sdk.journal.folder import Target
    from runreel.sdk.journal.lock import FolderLock
    from runreel.sdk.journal.segment import Reserve

SEGMENT_BYTES = 4 * 1024 * 1024

_MIN_SEGMENT_BYTES = 4096
_MIN_SEGMENTS = 4
# While the disk refuses, a call of the host pays for asking it again this often only.
_ALLOCATION_PAUSE_S = 0.1
_pack_frame = FRAME.pack


class Journal:
    """Records of one recorder, in memory-mapped segments; safe from any thread, signal handler and `__del__`.

    One thread at a time reads and acknowledges. A record whose `append` returned True outlives a kill of the process.
    """

    __slots__ = (
        "_acknowledged",
        "_current",
        "_extra_bytes",
        "_is_closed",
        "_lock",
        "_lock_of_folder",
        "_max_bytes",
        "_n_made",
        "_n_records",
        "_next",
        "_refused_at",
        "_reserve",
        "_salt",
        "_segment_bytes",
        "_segments",
        "folder",
        "why_refused",
    )

    def __init__(
        self, folder: str, lock_of_folder: FolderLock, *, max_bytes: int, segment_bytes: int, reserve: Reserve
    ) -> None:
        self.folder = folder
        self.why_refused = ""  # of the last record that found no room, for people
        self._lock_of_folder = lock_of_folder
        self._max_bytes = max_bytes
        self._segment_bytes = max(_MIN_SEGMENT_BYTES, min(segment_bytes, max_bytes // _MIN_SEGMENTS))
        self._reserve = reserve
        self._salt = draw_salt()
        # Guards which segments there are. Re-entrant, since a signal handler or a `__del__` may append in between.
        self._lock = threading.RLock()
        self._is_closed = False
        self._current = no_segment()
        self._segments: tuple[Segment, ...] = ()
        self._next: Segment | None = None
        self._n_made = 0
        self._n_records = 0
        self._extra_bytes = 0
        self._refused_at = -_ALLOCATION_PAUSE_S
        self._acknowledged = Position(0, 0, 0)

    @classmethod
    def open(
        cls,
        root: str,
        target: Target,
        *,
        recorder_id: str,
        max_bytes: int,
        segment_bytes: int = SEGMENT_BYTES,
        reserve: Reserve = reserve_space,
    ) -> Journal:
        """Make a new journal. A full disk is no error here: then `append` refuses until there is room.

        Raises:
            ConfigError: a recorder with this id has a journal there.
            OSError: the folder can't be made, or not locked.
        """
        folder, lock = make_folder(root, target, recorder_id)
        journal = cls(folder, lock, max_bytes=max_bytes, segment_bytes=segment_bytes, reserve=reserve)
        journal.prepare_next_segment()
        return journal

    def append(self, record: bytes, is_last_word: bool = False) -> bool:
        """Keep a record. False: there is no room, on the disk or within the bound.

        For last words some room is kept when there is none any more for others. No system call, unless the segment
        is full and none is prepared. What interrupts this thread here and appends as well gets the room behind.
        """
        length = len(record)
        if length > MAX_RECORD_BYTES:
            return False
        frame = _pack_frame(MARK, length, adler32(record, self._salt)) + record
        size = FRAME_BYTES + length
        while True:
            segment = self._current
            try:
                mapping = segment.mapping
                if mapping.tell() + size <= (segment.size if is_last_word else segment.room):
                    # A single step for every other thread, for handlers and for finalizers: it finds its place itself.
                    mapping.write(frame)
                    self._n_records += 1
                    return True
            except ValueError as error:
                if (where := error.__traceback__) and where.tb_next:
                    # It is none of the mapping's, but of a handler that came in between; the record may be written.
                    raise
                # Since that look, another thread took the room, or brought another segment into use, or closed it all.
                if self._is_closed:
                    return False
            if not self._make_room(size, is_last_word=is_last_word):
                return False

    @property
    def n_bytes_waiting(self) -> int:
        """The bytes of records, with their frames, that were not acknowledged."""
        return sum(self._end_of(segment) - segment.acknowledged for segment in self._segments)

    @property
    def n_records_waiting(self) -> int:
        """The number of records that were not acknowledged."""
        return max(0, self._n_records - self._acknowledged.n_records)

    def note_extra_bytes(self, n_bytes: int) -> None:
        """Count bytes that are kept beside the segments within the bound; negative when they are gone."""
        with self._lock:
            self._extra_bytes += n_bytes

    def prepare_next_segment(self) -> None:
        """Allocate ahead of need, and free what was acknowledged. For the thread that reads; call it often."""
        with self._lock:
            if self._is_closed:
                return
            self._free_acknowledged()
            self._unmap_waiting()
            current = self._current
            wanted = self._next is None and current.end >= current.size // 2
        if not wanted:
            return
        # Outside of the lock: allocating takes milliseconds, during which records may find room where there is some.
        # Whoever has filled half of a segment will fill another: then callers find its pages in memory.
        reserve = self._reserve_filled if self._segments else self._reserve
        segment = self._allocate(self._segment_bytes, is_forced=True, reserve=reserve)
        if segment is None:
            return
        with self._lock:
            if self._next is None and not self._is_closed and self._has_room_for(segment.size):
                self._next, segment = segment, None
        _discard(segment)

    def read(self, max_bytes: int, max_records: int, *, after: Position | None = None) -> Chunk:
        """Return the next records after the last `acknowledge`, or after another place; at least one if any waits.

        Reading again gives the same. No caller of `append` waits for it.
        """
        position = after or self._acknowledged
        n_damaged = 0
        for segment in self._segments:
            if segment.sequence < position.sequence:
                continue
            # Asked first: more may come into the current segment before its end is read.
            is_finished = segment.sealed_at is not None
            start = position.offset if segment.sequence == position.sequence else FIRST_FRAME
            end = self._end_of(segment)
            if start < end:
                try:
                    segment.map_again()
                except FileNotFoundError:
                    n_damaged += 1
                    continue
                except OSError:
                    break
            walk = Walk(segment.mapping, salt=segment.salt, start=start, end=end, is_own=True)
            try:
                walk.read(max_bytes, max_records)
            except (TypeError, ValueError):
                if not self._is_closed:
                    raise
                break
            n_damaged += walk.n_damaged
            position = Position(segment.sequence, walk.offset, position.n_records + len(walk.records))
            if walk.records:
                return Chunk(walk.records, position, n_damaged=n_damaged)
            if not is_finished:
                break
        return Chunk([], position, n_damaged=n_damaged)

    def acknowledge(self, position: Position) -> None:
        """Say that everything before this place was delivered: it is never read again, and its room is freed."""
        if self._is_closed or not self._acknowledged.is_before(position):
            return
        self._acknowledged = position
        for segment in self._segments:
            if segment.sequence == position.sequence:
                segment.acknowledge(position.offset)
            elif segment.sequence < position.sequence and segment.acknowledged < segment.end:
                segment.acknowledge(segment.end)
        self._free_acknowledged()

    def close(self, *, delete_if_empty: bool = True) -> None:
        """Let go of memory, files and lock; safe twice. The folder goes if nothing waits in it.

        What waits is left to whoever adopts the journal. From here on `append` refuses, also where it is under way.
        """
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            segments, self._segments = self._segments, ()
            following, self._next = self._next, None
            self._current = no_segment()
            for segment in segments:
                segment.seal()
        _discard(following)
        is_empty = all(segment.acknowledged >= segment.end for segment in segments)
        for segment in segments:
            _leave(segment, delete=delete_if_empty)
        if delete_if_empty and is_empty:
            remove_files(self.folder)
            remove_folder(self.folder, self._lock_of_folder)
        self._lock_of_folder.release()

    def drop_in_child(self) -> None:
        """Let go in a forked child of what is its parent's, without touching that: memory, files and lock.

        Another thread may have held the lock of this object at the fork: it is not asked for.
        """
        self._lock = threading.RLock()
        self._is_closed = True
        segments, self._segments = self._segments, ()
        following, self._next = self._next, None
        self._current = no_segment()
        for segment in segments if following is None else (*segments, following):
            segment.mapping.close()
        self._lock_of_folder.drop_in_child()

    def _make_room(self, size: int, *, is_last_word: bool) -> bool:
        """Bring another segment into use, unless there is room for a frame of this size by now.

        Anything here may be interrupted by an `append` of the same thread that does so as well. So all is made ready
        first, and counts only if nothing has changed meanwhile.
        """
        with self._lock:
            return self._use_next(size, is_last_word=is_last_word)

    def _use_next(self, size: int, *, is_last_word: bool) -> bool:
        needed = size_for(FIRST_FRAME + size, self._segment_bytes)
        fresh: Segment | None = None
        while not self._is_closed:
            seen, current = self._segments, self._current
            if current.has_room(size, is_last_word=is_last_word):
                _discard(fresh)
                return True
            if fresh is None:
                fresh = self._take_next(needed) or self._allocate(needed)
                if fresh is None:
                    return False
            fresh.begin(current.sequence + 1)
            segments = (*seen, fresh)
            current.seal()
            if self._segments is seen and self._current is current:
                self._segments = segments
                self._current = fresh
                return True
        _discard(fresh)
        return False

    def _take_next(self, needed: int) -> Segment | None:
        following = self._next
        if following is None or following.size < needed:
            return None
        self._next = None
        return following

    def _reserve_filled(self, descriptor: int, size: int) -> None:
        self._reserve(descriptor, size)
        os.lseek(descriptor, 0, os.SEEK_SET)
        write_zeros(descriptor, size)

    def _allocate(self, size: int, *, is_forced: bool = False, reserve: Reserve | None = None) -> Segment | None:
        if not self._has_room_for(size):
            self.why_refused = f"what waits has come to the limit of {self._max_bytes:,} bytes"
            return None
        now = time.monotonic()
        if not is_forced and now < self._refused_at + _ALLOCATION_PAUSE_S:
            return None
        with self._lock:
            self._n_made += 1
            name = f"{self._n_made:08}{SEGMENT_SUFFIX}"
        try:
            path = os.path.join(self.folder, name)
            segment = allocate_segment(path, size, salt=self._salt, reserve=reserve or self._reserve)
        except (OSError, ValueError) as error:
            self._refused_at = now
            self.why_refused = getattr(error, "strerror", None) or str(error)
            return None
        self._refused_at = -_ALLOCATION_PAUSE_S
        return segment

    def _has_room_for(self, size: int) -> bool:
        following = self._next
        allocated = sum(segment.size for segment in self._segments) + (following.size if following else 0)
        return allocated + self._extra_bytes + size <= self._max_bytes

    def _end_of(self, segment: Segment) -> int:
        # Not in the middle of sealing it.
        with self._lock:
            return segment.end

    def _unmap_waiting(self) -> None:
        """Keep in memory what is written and what is read next, so that a server that is away costs disk only."""
        for segment in self._segments[1:]:
            if segment.sealed_at is not None:
                segment.unmap()

    def _free_acknowledged(self) -> None:
        with self._lock:
            seen = self._segments
            done = [each for each in seen if each.sealed_at is not None and each.acknowledged >= each.end]
            kept = tuple(each for each in seen if each not in done)
            # What interrupted this thread may have brought another segment into use; then it is for the next time.
            if not done or self._segments is not seen:
                return
            self._segments = kept
        for segment in done:
            segment.remove()


class LockedJournal(Journal):
    """The journal where other threads may come between any two steps of one: one thread at a time appends."""

    __slots__ = ()

    def append(self, record: bytes, is_last_word: bool = False) -> bool:
        """Keep a record, as a `Journal` does."""
        with self._lock:
            return super().append(record, is_last_word)


def journal_of_interpreter() -> type[Journal]:
    """Return the kind of journal for the Python that runs: one without a lock needs CPython's."""
    is_locked = getattr(sys, "_is_gil_enabled", lambda: True)()
    return Journal if sys.implementation.name == "cpython" and is_locked else LockedJournal


def _discard(segment: Segment | None) -> None:
    if segment is not None:
        segment.remove()


def _leave(segment: Segment, *, delete: bool) -> None:
    """Let go of a segment: the file goes if nothing waits in it, and the room that no record took does in any case."""
    if delete and segment.acknowledged >= segment.end:
        segment.remove()
        return
    segment.mapping.close()
    with suppress(OSError):
        os.truncate(segment.path, segment.end)
