"""What runs and calls of a period add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from runreel.model.usage import Usage

AgentOrder = Literal["cost", "runs", "tokens", "failed", "name"]
CallOrder = Literal["calls", "errors", "p95", "cost", "tokens", "name"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The time from `since` to before `until`, both on the hour; None leaves that side open."""

    since: int | None = None
    until: int | None = None


ALWAYS = Period()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """How long half, 95 and 99 of a hundred took at most; right to within two per cent."""

    p50_us: int
    p95_us: int
    p99_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFigures:
    """Runs that were created in a period, with all that they consumed. `duration_us` is the sum over the ended ones."""

    n_runs: int
    n_ended: int
    n_failed: int
    usage: Usage
    duration_us: int
    quantiles: Quantiles | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCounts:
    """Events that began in a period, and those of them that failed."""

    n_events: int = 0
    n_errors: int = 0


NO_EVENTS = EventCounts()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFigures:
    """Calls of one model or tool that began in a period; `n_timed` of them have a duration."""

    label: str
    n_calls: int
    n_errors: int
    n_timed: int
    usage: Usage
    duration_us: int
    quantiles: Quantiles | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFigures:
    """The runs of one agent that were created in a period, and its events that began in it."""

    agent_name: str
    runs: RunFigures
    events: EventCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRank:
    """An agent among the first ones of a period."""

    agent_name: str
    n_runs: int
    cost_nanos: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A period on one page; the lists of the first few are by what their names say, largest first."""

    runs: RunFigures
    n_runs_by_status: Mapping[str, int]
    events: EventCounts
    n_agents: int
    agents_by_cost: tuple[AgentRank, ...] = ()
    agents_by_runs: tuple[AgentRank, ...] = ()
    models_by_cost: tuple[CallFigures, ...] = ()
    models_by_tokens: tuple[CallFigures, ...] = ()
    tools_by_calls: tuple[CallFigures, ...] = ()
    tools_by_errors: tuple[CallFigures, ...] = ()
    tools_by_p95: tuple[CallFigures, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePoint:
    """What happened in one part of a timeline."""

    runs: RunFigures
    events: EventCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """How many runs were created in each part of a sparkline, and how many of them failed."""

    n_runs: list[int]
    n_failed: list[int]
