"""Sweeping away bytes that nothing names any more, a bounded step at a time."""

from __future__ import annotations

from collections.abc import Callable

from runreel.storage.port import FileStore

_HOUR_US = 3_600 * 1_000_000
_DAY_US = 24 * _HOUR_US


class Sweeping:
    """Sweeps when something was deleted, and every hour; looks once a day for bytes that a crash left behind."""

    def __init__(self, files: FileStore, *, now: Callable[[], int]) -> None:
        self._files = files
        self._now = now
        self._due_at = 0
        self._orphans_due_at = 0
        self._resume_after: tuple[int, str, str] | None = None
        self._orphans_resume_after: tuple[str, str] | None = None

    def note_deletion(self) -> None:
        """Take note that there may be bytes that nothing names any more."""
        self._due_at = 0

    def step(self) -> bool:
        """Do a bounded part of what is due; return whether there is more. A step that fails is done again."""
        now = self._now()
        if self._resume_after is not None or now >= self._due_at:
            return self._sweep(now) or now >= self._orphans_due_at
        if self._orphans_resume_after is not None or now >= self._orphans_due_at:
            return self._sweep_orphans(now)
        return False

    def _sweep(self, now: int) -> bool:
        if self._resume_after is None:
            # Before the call, so that what is deleted during it counts next time.
            self._due_at = now + _HOUR_US
        try:
            self._resume_after = self._files.sweep(now=now, resume_after=self._resume_after).resume_after
        except Exception:
            self._due_at = 0
            raise
        return self._resume_after is not None

    def _sweep_orphans(self, now: int) -> bool:
        self._orphans_resume_after = self._files.sweep_orphans(resume_after=self._orphans_resume_after)
        if self._orphans_resume_after is None:
            self._orphans_due_at = now + _DAY_US
        return self._orphans_resume_after is not None
