"""Room on the disk: records are refused before there is none, so that deleting stays possible."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from runreel.errors import StorageFullError

_LOOK_EVERY_S = 1.0
_MIB = 1024 * 1024


class DiskGuard:
    """Watches the free room of the disk that holds `folder`; without one, or where none can be found, there is room.

    It looks at most once a second, and recovers by itself.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        min_free_bytes: int,
        clock: Callable[[], float] = time.monotonic,
        free_bytes_at: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    ) -> None:
        self._folder = folder
        self._min_free_bytes = min_free_bytes
        self._clock = clock
        self._free_bytes_at = free_bytes_at
        self._free_bytes: int | None = None
        self._next_look_at = -1.0

    def free_bytes(self) -> int | None:
        """Return how much is free, as of the last second; None where that is not known."""
        if self._folder is None:
            return None
        at = self._clock()
        if at >= self._next_look_at:
            self._next_look_at = at + _LOOK_EVERY_S
            try:
                self._free_bytes = self._free_bytes_at(self._folder)
            except OSError:
                self._free_bytes = None
        return self._free_bytes

    def require_room(self) -> None:
        """Raise `StorageFullError` where less is free than must stay free."""
        if not self._min_free_bytes:
            return
        free_bytes = self.free_bytes()
        if free_bytes is not None and free_bytes < self._min_free_bytes:
            raise StorageFullError(
                f"only {free_bytes // _MIB} MiB of the disk are free, and {self._min_free_bytes // _MIB} MiB must stay "
                "free; delete runs or free some disk space, then send again"
            )
