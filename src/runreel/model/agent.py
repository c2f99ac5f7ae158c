"""An agent: a named program whose runs are counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runreel.model.metrics import Quantiles
from runreel.model.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent with the totals of its runs. Durations are those of its ended runs."""

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
    quantiles: Quantiles | None
    last_run_at: int | None
    last_status: str | None


AgentSort = Literal["name", "last_run", "runs", "cost", "errors", "p95"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFilter:
    """Which agents to list, and in which order: by name, or the largest or latest first and then by name."""

    text: str | None = None
    sort: AgentSort = "name"

    def matches(self, agent_name: str) -> bool:
        """Tell whether the name has the text in it, whatever the case of letters."""
        return self.text is None or self.text.casefold() in agent_name.casefold()


ALL_AGENTS = AgentFilter()
