"""One file of a journal, mapped into memory while this process writes it."""

from __future__ import annotations

import errno
import os
import sys
import time
from contextlib import contextmanager, suppress
from mmap import PAGESIZE, mmap

from runreel.sdk.journal.layout import FIRST_FRAME, FRAME, FRAME_BYTES, MARK, Head, encode_slot, slot_offset, write_head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    Reserve = Callable[[int, int], None]

_BINARY = getattr(os, "O_BINARY", 0)
_ZEROS_BYTES = 256 * 1024
_MAX_PIECES = 64
# Of each segment so much, or this part, is kept for last words.
_LAST_WORDS_BYTES = 16 * 1024
_LAST_WORDS_PART = 64
_UNSUPPORTED = (errno.EINVAL, errno.ENODEV, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


class Segment:
    """A mapped file. Records are written where the mapping stands, one behind the other.

    `room`: up to where there is room for records that are no last words. `sealed_at`: where they end once no more come.
    """

    __slots__ = (
        "acknowledged",
        "mapping",
        "n_slots",
        "path",
        "room",
        "salt",
        "sealed_at",
        "sequence",
        "size",
    )

    def __init__(self, path: str, mapping: mmap, size: int, salt: int) -> None:
        self.path = path
        self.mapping = mapping
        self.size = size
        self.room = room_of(size)
        self.salt = salt
        self.sequence = 0
        self.sealed_at: int | None = None
        self.acknowledged = 0
        self.n_slots = 0

    @property
    def end(self) -> int:
        """Where the records end."""
        with self._unless_let_go():
            if self.sealed_at is None:
                return self.mapping.tell()
        return self.sealed_at or 0

    def has_room(self, size: int, *, is_last_word: bool) -> bool:
        """Tell whether a frame of this size may come here."""
        with self._unless_let_go():
            return self.mapping.tell() + size <= (self.size if is_last_word else self.room)
        return False

    def seal(self) -> None:
        """Have no more records come: whoever still means to write finds no room. Safe to repeat.

        What interrupts this may do the same, and even let go of the memory then.
        """
        if self.sealed_at is not None:
            return
        with self._unless_let_go():
            end = self.mapping.tell()
            self.mapping.seek(self.size)
            # What came between these two steps counts.
            while end <= self.size - FRAME_BYTES and self.mapping[end] == MARK:
                end += FRAME_BYTES + FRAME.unpack_from(self.mapping, end)[1]
            self.sealed_at = end

    @contextmanager
    def _unless_let_go(self) -> Generator[None]:
        """End the block where the memory was let go of; what else a handler raises in between passes."""
        try:
            yield
        except ValueError:
            if not self.mapping.closed:
                raise

    def unmap(self) -> None:
        """Let go of the memory until it is asked for: a segment that waits long shall cost the host nothing."""
        self.mapping.close()

    def map_again(self) -> None:
        """Map what `unmap` let go of; nothing happens if it is mapped.

        Raises:
            OSError: the file is gone, was cut, or can't be opened now.
        """
        if not self.mapping.closed:
            return
        descriptor = os.open(self.path, os.O_RDWR | _BINARY)
        try:
            if os.fstat(descriptor).st_size < self.size:
                raise FileNotFoundError(errno.ENOENT, "the segment was cut", self.path)
            mapping = _mapped(descriptor, self.size)
            mapping.seek(self.size)
            self.mapping = mapping
        finally:
            os.close(descriptor)

    def begin(self, sequence: int) -> None:
        """Bring an allocated segment into use. Without a system call, and safe to repeat until it holds a record."""
        self.sequence = sequence
        write_head(self.mapping, Head(sequence=sequence, salt=self.salt, opened_at=time.time()))
        self.mapping.seek(FIRST_FRAME)
        self.acknowledged = FIRST_FRAME

    def acknowledge(self, offset: int) -> None:
        """Keep up to where the records were delivered; in turn in two places, so that a kill spoils at most one."""
        self.acknowledged = offset
        slot = encode_slot(self.salt, offset)
        place = slot_offset(self.n_slots)
        self.n_slots += 1
        # Where it can't be kept, the file is gone, or whoever adopts it delivers something again.
        with suppress(OSError, ValueError):
            self.map_again()
            self.mapping[place : place + len(slot)] = slot

    def remove(self) -> None:
        """Let go of the memory, then of the file."""
        self.mapping.close()
        with suppress(OSError):
            os.unlink(self.path)


def room_of(size: int) -> int:
    """Return how far records reach in a segment of this size that are no last words."""
    return size - min(_LAST_WORDS_BYTES, size // _LAST_WORDS_PART)


def size_for(end: int, usual: int) -> int:
    """Return the size of a segment in which there is room up to `end`: the usual one if that is enough."""
    return usual if end <= room_of(usual) else end + _LAST_WORDS_BYTES


def no_segment() -> Segment:
    """Return one that has room for nothing, for when there is none."""
    return Segment("", mmap(-1, PAGESIZE), size=0, salt=0)


def allocate_segment(path: str, size: int, *, salt: int, reserve: Reserve) -> Segment:
    """Make a file that has all its room on disk, and map it.

    A page that had no room on disk would kill the process at the first write to it; so a full disk is an error here.

    Raises:
        OSError: there is no room, or no such folder; nothing is left behind.
    """
    size = -(-size // PAGESIZE) * PAGESIZE
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    try:
        reserve(descriptor, size)
        return Segment(path, _mapped(descriptor, size), size, salt)
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise
    finally:
        os.close(descriptor)


def reserve_space(descriptor: int, size: int) -> None:
    """Give a new file its room on disk, all zeros."""
    allocate = getattr(os, "posix_fallocate", None)
    if allocate is None:
        return write_zeros(descriptor, size)
    try:
        allocate(descriptor, 0, size)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        write_zeros(descriptor, size)


def write_zeros(descriptor: int, size: int) -> None:
    """Give a new file its room where the system can't just reserve it."""
    zeros = memoryview(bytes(min(size, _ZEROS_BYTES)))
    left = size
    while left >= len(zeros) > 0 and hasattr(os, "writev"):
        # Many at once: after each call this thread has to wait until the host's let it go on.
        left -= os.writev(descriptor, [zeros] * min(left // len(zeros), _MAX_PIECES))
    while left > 0:
        left -= os.write(descriptor, zeros[:left])


def _mapped(descriptor: int, size: int) -> mmap:
    # A mapping that keeps a descriptor of its own would take one of the host's for every segment that waits.
    if sys.version_info >= (3, 13) and sys.platform != "win32":
        return mmap(descriptor, size, trackfd=False)
    return mmap(descriptor, size)
