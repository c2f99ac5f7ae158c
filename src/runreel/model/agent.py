"""An agent: a named program whose runs are counted."""

from __future__ import annotations

from dataclasses import dataclass

from runreel.model.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent with the totals of its runs. `duration_us` is the sum over its ended runs."""

    agent_name: str
    description: str | None
    created_at: int
    usage: Usage
    n_runs: int
    n_ended_runs: int
    n_failed_runs: int
    n_events: int
    n_errors: int
    duration_us: int
    last_run_at: int | None
    last_status: str | None
