"""A session: a workspace that groups runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from runreel.model.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session; its runs begin at `first_run_at`, and `last_active_at` is the latest instant that one speaks of."""

    session_id: str
    name: str
    status: str
    created_at: int
    first_run_at: int | None
    last_active_at: int | None
    n_runs: int
    n_failed: int
    n_events: int
    n_errors: int
    usage: Usage
    metadata: Mapping[str, object] = field(default_factory=dict[str, object])


SessionSort = Literal["created_at", "last_active", "runs", "cost", "name"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFilter:
    """Which sessions to list, and in which order: by name, or the newest, latest or largest first."""

    text: str | None = None
    sort: SessionSort = "created_at"

    def matches(self, session_id: str, name: str) -> bool:
        """Tell whether the name or the id has the text in it, whatever the case of letters."""
        if self.text is None:
            return True
        text = self.text.casefold()
        return text in name.casefold() or text in session_id.casefold()


ALL_SESSIONS = SessionFilter()
