"""A session: a workspace that groups runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session; `last_active_at` is the latest instant that one of its runs speaks of."""

    session_id: str
    name: str
    status: str
    created_at: int
    last_active_at: int | None
    n_runs: int
    metadata: Mapping[str, object] = field(default_factory=dict[str, object])
