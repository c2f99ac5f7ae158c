"""A copy of everything that is kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """What a backup holds."""

    n_runs: int
    n_events: int
    n_blobs: int
    database_bytes: int
    blob_bytes: int
    created_at: int
