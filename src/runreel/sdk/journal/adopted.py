"""The journal of a recorder that is gone: what it left is read and acknowledged as in its own process."""

from __future__ import annotations

import os
from contextlib import suppress

from runreel.sdk.journal.folder import (
    find_folder_problem,
    find_segment_problem,
    has_only_own,
    list_segments,
    read_description,
    read_file,
    remove_folder,
)
from runreel.sdk.journal.layout import FIRST_FRAME, encode_slot, find_head, read_slots, slot_offset
from runreel.sdk.journal.lock import take_lock
from runreel.sdk.journal.reading import Chunk, Position, Walk, count_frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from runreel.sdk.journal.layout import Head
    from runreel.sdk.journal.lock import FolderLock

_BINARY = getattr(os, "O_BINARY", 0)


def adopt(folder: str) -> AdoptedJournal | None:
    """Take over the journal of a recorder that is gone.

    None: it is alive, another process has it, a newer version wrote it, it is not ours to write, or there is nothing in
    it (then its folder is removed). No record may wait in what is returned, if there are problems or things of others.

    It is never mapped into memory, so nothing that happens to its files can end this process.
    """
    try:
        lock = take_lock(folder)
    except OSError:
        return None
    if lock is None:
        return None
    if find_folder_problem(read_description(folder)) is not None:
        lock.release()
        return None
    journal = AdoptedJournal(folder, lock)
    if journal.is_empty and not journal.problems and has_only_own(folder):
        journal.close()
        return None
    return journal


class StoredSegment:
    """A segment on disk, in its place among the others."""

    __slots__ = ("acknowledged", "n_bytes", "n_records", "n_slots", "order", "path", "salt", "sequence")

    def __init__(self, path: str, head: Head, data: bytes) -> None:
        self.path = path
        self.order = 0
        self.sequence = head.sequence
        self.salt = head.salt
        self.acknowledged, self.n_slots = read_slots(data, head.salt)
        self.n_records, self.n_bytes = count_frames(data, self.salt, self.acknowledged)

    def has_records(self, data: bytes, start: int) -> bool:
        """Tell whether a sound record begins there or later."""
        walk = Walk(data, salt=self.salt, start=start, end=len(data))
        walk.read(1, 1)
        return bool(walk.records)

    def acknowledge(self, offset: int) -> None:
        """Keep up to where the records were delivered, for whoever adopts what this process leaves."""
        self.acknowledged = offset
        descriptor = os.open(self.path, os.O_RDWR | _BINARY)
        try:
            os.lseek(descriptor, slot_offset(self.n_slots), os.SEEK_SET)
            os.write(descriptor, encode_slot(self.salt, offset))
            self.n_slots += 1
        finally:
            os.close(descriptor)

    def remove(self) -> None:
        """Remove the file."""
        with suppress(OSError):
            os.unlink(self.path)


class AdoptedJournal:
    """What waits in a journal whose recorder is gone. For one thread; nobody else has it until `close`.

    `problems` tells, for people, what is left alone in its folder and why.
    """

    __slots__ = ("_data", "_is_closed", "_lock", "_position", "_segments", "folder", "problems")

    def __init__(self, folder: str, lock: FolderLock) -> None:
        self.folder = folder
        self.problems: list[str] = []
        self._lock = lock
        self._is_closed = False
        self._segments = self._open_segments()
        self._position = Position(0, 0, 0)
        self._data: tuple[StoredSegment, bytes] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no record waits."""
        return not self.read(1, 1)

    @property
    def n_bytes_waiting(self) -> int:
        """The bytes of records that seem to wait; exact where nothing is damaged."""
        return sum(segment.n_bytes for segment in self._segments)

    @property
    def n_records_waiting(self) -> int:
        """The number of records that seem to wait; exact where nothing is damaged."""
        return sum(segment.n_records for segment in self._segments)

    def read(self, max_bytes: int, max_records: int, *, after: Position | None = None) -> Chunk:
        """Return the next records after the last `acknowledge`, or after another place; at least one if any waits.

        Reading again gives the same. What is damaged or was never finished is passed over.
        """
        position = after or self._position
        n_damaged = 0
        for segment in self._segments:
            if segment.order < position.sequence:
                continue
            data = self._read_segment(segment)
            start = position.offset if segment.order == position.sequence else segment.acknowledged
            walk = Walk(data, salt=segment.salt, start=max(FIRST_FRAME, start), end=len(data))
            walk.read(max_bytes, max_records)
            n_damaged += walk.n_damaged
            position = Position(segment.order, walk.offset, position.n_records + len(walk.records))
            if walk.records:
                return Chunk(walk.records, position, n_damaged=n_damaged)
        return Chunk([], position, n_damaged=n_damaged)

    def acknowledge(self, position: Position) -> None:
        """Say that everything before this place was delivered; segments that are done are removed.

        Raises:
            OSError: that can't be kept, so the next to adopt the journal would deliver it again.
        """
        if self._is_closed or not self._position.is_before(position):
            return
        self._position = position
        for segment in self._segments:
            if segment.order == position.sequence:
                segment.acknowledge(position.offset)
                data = self._read_segment(segment)
                segment.n_records, segment.n_bytes = count_frames(data, segment.salt, position.offset)
        done = [segment for segment in self._segments if self._is_read_up(segment, position)]
        for segment in done:
            segment.remove()
        self._segments = [segment for segment in self._segments if segment not in done]

    def close(self, *, delete_if_empty: bool = True) -> None:
        """Let go of the journal; safe twice. The folder goes if nothing waits in it and nothing was left alone."""
        if self._is_closed:
            return
        if delete_if_empty and self.is_empty:
            for segment in self._segments:
                segment.remove()
            remove_folder(self.folder, self._lock)
        self._is_closed = True
        self._segments, self._data = [], None
        self._lock.release()

    def drop_in_child(self) -> None:
        """Let go in a forked child of what is its parent's."""
        self._is_closed = True
        self._segments, self._data = [], None
        self._lock.drop_in_child()

    def _open_segments(self) -> list[StoredSegment]:
        """Look at all files, in the order in which they came into use; those in which nothing waits are removed."""
        segments: list[StoredSegment] = []
        for name in list_segments(self.folder):
            path = os.path.join(self.folder, name)
            data = read_file(path)
            head = find_head(data)
            problem = find_segment_problem(name, data) if head is None else None
            segment = StoredSegment(path, head, data) if head else None
            if segment is not None and segment.has_records(data, segment.acknowledged):
                segments.append(segment)
            elif problem is not None:
                self.problems.append(problem)
            else:
                with suppress(OSError):
                    os.unlink(path)
        segments.sort(key=lambda segment: (segment.sequence, segment.path))
        for order, segment in enumerate(segments, start=1):
            segment.order = order
        return segments

    def _read_segment(self, segment: StoredSegment) -> bytes:
        """Return the bytes of a segment; the last one is kept, since it is read in many chunks."""
        if self._data is None or self._data[0] is not segment:
            self._data = (segment, read_file(segment.path))
        return self._data[1]

    def _is_read_up(self, segment: StoredSegment, position: Position) -> bool:
        if segment.order != position.sequence:
            return segment.order < position.sequence
        return not segment.has_records(self._read_segment(segment), position.offset)
