"""Who a journal's folder belongs to: whoever holds the lock of the file `lock` in it.

The holder may do anything with the folder, also remove it; nobody else may change it. The system lets go of the lock
when its holder is gone, however that came.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK_NAME = "lock"

# Somebody who only looks whether a journal is alive holds its lock for some microseconds.
_N_TRIES = 4
_PAUSE_S = 0.001
_BINARY = getattr(os, "O_BINARY", 0)


class FolderLock:
    """The lock of one folder, held until `release`."""

    __slots__ = ("_descriptor", "_path")

    def __init__(self, path: str, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def remove_file(self) -> None:
        """Remove the file while the lock is held: whoever waits for it sees that, and has nothing."""
        with suppress(OSError):
            os.unlink(self._path)

    def release(self) -> None:
        """Let go, also on behalf of children that inherited the descriptor; safe twice."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            with suppress(OSError):
                _unlock(descriptor)
            os.close(descriptor)

    def drop_in_child(self) -> None:
        """Close what a fork copied; the lock stays with the parent."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            with suppress(OSError):
                os.close(descriptor)


def take_lock(folder: str) -> FolderLock | None:
    """Take the lock of a folder, or return None if another has it, or the folder is gone.

    Raises:
        OSError: the lock can't be taken for another reason, such as a file system without locks.
    """
    path = os.path.join(folder, LOCK_NAME)
    for attempt in range(_N_TRIES):
        if attempt:
            time.sleep(_PAUSE_S)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _BINARY, 0o600)
        except FileNotFoundError:
            return None
        try:
            # What was locked may be a file that its holder removed meanwhile.
            if _try_lock(descriptor) and _is_at(path, descriptor):
                lock, descriptor = FolderLock(path, descriptor), -1
                return lock
        finally:
            if descriptor >= 0:
                os.close(descriptor)
    return None


def is_locked(folder: str) -> bool:
    """Tell whether somebody holds the lock of a folder."""
    try:
        descriptor = os.open(os.path.join(folder, LOCK_NAME), os.O_RDWR | _BINARY)
    except FileNotFoundError:
        return False
    try:
        if not _try_lock(descriptor):
            return True
        _unlock(descriptor)
        return False
    finally:
        os.close(descriptor)


def _is_at(path: str, descriptor: int) -> bool:
    try:
        there, held = os.stat(path), os.fstat(descriptor)
    except OSError:
        return False
    return (there.st_dev, there.st_ino) == (held.st_dev, held.st_ino)


if sys.platform == "win32":

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
