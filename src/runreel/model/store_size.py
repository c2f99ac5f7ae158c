"""How much a store holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSize:
    """Runs and events of all projects, and bytes; `log_bytes` is None where the database keeps its log elsewhere."""

    n_runs: int
    n_events: int
    database_bytes: int
    log_bytes: int | None
