"""What the API answers about periods.

Each `runs_filter` holds the parameters of `GET /api/runs` that list the runs which the figures beside it count.
"""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import TypedDict

from runreel.model.calendar import Part
from runreel.model.instant import MICROSECONDS_PER_HOUR, format_instant
from runreel.model.metrics import (
    AgentFigures,
    AgentRank,
    CallFigures,
    Period,
    Quantiles,
    Summary,
    TimelinePoint,
)
from runreel.model.usage import Usage

_NANOS_PER_DOLLAR = 1e9

RunsFilter = dict[str, str]


class QuantilesView(TypedDict):
    """How long half, 95 and 99 of a hundred took at most; null where nothing has ended."""

    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class PeriodView(TypedDict):
    """The whole hours that were asked for; null is open."""

    since: str | None
    until: str | None


class StatusCountView(TypedDict):
    """How many runs of a period have a status now."""

    status: str
    runs: int
    runs_filter: RunsFilter


class AgentRankView(TypedDict):
    """An agent among the first of a period."""

    agent_name: str
    runs: int
    cost: float
    runs_filter: RunsFilter


class CallFiguresView(QuantilesView):
    """What calls of a period add up to."""

    calls: int
    errors: int
    error_rate: float
    avg_duration_ms: float
    total_duration_ms: float
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    tokens_cache_write: int
    tokens_reasoning: int
    cost: float
    unpriced_count: int


class ModelView(CallFiguresView):
    """Calls of one model."""

    model: str


class ToolView(CallFiguresView):
    """Calls of one tool."""

    tool: str


class ModelsView(PeriodView):
    """Models that were called in a period."""

    models: list[ModelView]


class ToolsView(PeriodView):
    """Tools that were called in a period."""

    tools: list[ToolView]


class SummaryView(PeriodView, QuantilesView):
    """A period on one page."""

    total_agents: int
    total_runs: int
    ended_runs: int
    failed_runs: int
    success_rate: float | None
    total_events: int
    total_errors: int
    total_cost: float
    unpriced_count: int
    avg_cost_per_run: float
    avg_tokens_in_per_run: float
    avg_tokens_out_per_run: float
    total_tokens_in: int
    total_tokens_out: int
    total_duration_hours: float
    avg_duration_ms: float
    runs_filter: RunsFilter
    runs_by_status: list[StatusCountView]
    top_agents_by_cost: list[AgentRankView]
    top_agents_by_runs: list[AgentRankView]
    top_models_by_cost: list[ModelView]
    top_models_by_tokens: list[ModelView]
    top_tools_by_calls: list[ToolView]
    top_tools_by_errors: list[ToolView]
    top_tools_by_p95: list[ToolView]


class AgentMetricsView(PeriodView, QuantilesView):
    """Sums and means over the runs of an agent."""

    agent_name: str
    total_runs: int
    total_events: int
    total_errors: int
    ended_runs: int
    failed_runs: int
    success_rate: float | None
    total_cost: float
    avg_cost_per_run: float
    unpriced_count: int
    avg_tokens_in: float
    avg_tokens_out: float
    avg_duration_ms: float
    total_tokens_in: int
    total_tokens_out: int
    total_duration_ms: float
    runs_filter: RunsFilter


class AgentComparisonView(QuantilesView):
    """One agent beside others."""

    agent_name: str
    runs: int
    ended_runs: int
    failed_runs: int
    success_rate: float | None
    events: int
    errors: int
    cost: float
    avg_cost_per_run: float
    unpriced_count: int
    tokens_in: int
    tokens_out: int
    total_tokens: int
    avg_duration_ms: float
    runs_filter: RunsFilter


class CostPointView(TypedDict):
    """Cost of one part of a timeline, and up to its end."""

    timestamp: str
    cost: float
    cumulative_cost: float
    unpriced_count: int
    runs_filter: RunsFilter | None


class TokensPointView(TypedDict):
    """Tokens of one part of a timeline, and up to its end."""

    timestamp: str
    tokens_in: int
    tokens_out: int
    cumulative_tokens_in: int
    cumulative_tokens_out: int
    runs_filter: RunsFilter | None


class CountsView(TypedDict):
    """What one part of a timeline counts; runs are null where calls are asked for, which no list of runs shows."""

    runs: int | None
    ended_runs: int | None
    failed_runs: int | None
    success_rate: float | None
    events: int
    errors: int
    runs_filter: RunsFilter | None


class PointView(CountsView, QuantilesView):
    """Everything of one part of a timeline."""

    timestamp: str
    cost: float
    cumulative_cost: float
    unpriced_count: int
    tokens_in: int
    tokens_out: int
    cumulative_tokens_in: int
    cumulative_tokens_out: int


class TimelineView(PeriodView):
    """A period, hour by hour, day by day or week by week."""

    bucket: str
    tz: str
    points: list[PointView]


def view_period(period: Period) -> PeriodView:
    """Return the whole hours of a period."""
    since, until = (None if each is None else format_instant(each) for each in (period.since, period.until))
    return {"since": since, "until": until}


def filter_of(period: Period, agent_name: str | None, **more: str) -> RunsFilter:
    """Return the parameters that list the runs created in a period."""
    of_agent = {} if agent_name is None else {"agent": agent_name}
    return {**of_agent, **{key: str(at) for key, at in view_period(period).items() if at is not None}, **more}


def view_quantiles(quantiles: Quantiles | None) -> QuantilesView:
    """Return quantiles in milliseconds."""
    if quantiles is None:
        return {"p50_ms": None, "p95_ms": None, "p99_ms": None}
    return {
        "p50_ms": quantiles.p50_us / 1000,
        "p95_ms": quantiles.p95_us / 1000,
        "p99_ms": quantiles.p99_us / 1000,
    }


def success_rate(n_ended: int, n_failed: int) -> float | None:
    """Return which share of the ended runs did not fail."""
    return (n_ended - n_failed) / n_ended if n_ended else None


def view_summary(summary: Summary, period: Period, agent_name: str | None) -> SummaryView:
    """Return a period on one page."""
    runs, usage = summary.runs, summary.runs.usage
    return {
        **view_period(period),
        "total_agents": summary.n_agents,
        "total_runs": runs.n_runs,
        "ended_runs": runs.n_ended,
        "failed_runs": runs.n_failed,
        "success_rate": success_rate(runs.n_ended, runs.n_failed),
        "total_events": summary.events.n_events,
        "total_errors": summary.events.n_errors,
        "total_cost": _dollars(usage),
        "unpriced_count": usage.n_unpriced,
        "avg_cost_per_run": _mean(_dollars(usage), runs.n_runs),
        "avg_tokens_in_per_run": _mean(usage.tokens_in, runs.n_runs),
        "avg_tokens_out_per_run": _mean(usage.tokens_out, runs.n_runs),
        "total_tokens_in": usage.tokens_in,
        "total_tokens_out": usage.tokens_out,
        "total_duration_hours": runs.duration_us / MICROSECONDS_PER_HOUR,
        "avg_duration_ms": _mean(runs.duration_us / 1000, runs.n_ended),
        **view_quantiles(runs.quantiles),
        "runs_filter": filter_of(period, agent_name),
        "runs_by_status": [
            {"status": status, "runs": n_runs, "runs_filter": filter_of(period, agent_name, status=status)}
            for status, n_runs in summary.n_runs_by_status.items()
        ],
        "top_agents_by_cost": [_view_rank(rank, period) for rank in summary.agents_by_cost],
        "top_agents_by_runs": [_view_rank(rank, period) for rank in summary.agents_by_runs],
        "top_models_by_cost": [view_model(calls) for calls in summary.models_by_cost],
        "top_models_by_tokens": [view_model(calls) for calls in summary.models_by_tokens],
        "top_tools_by_calls": [view_tool(calls) for calls in summary.tools_by_calls],
        "top_tools_by_errors": [view_tool(calls) for calls in summary.tools_by_errors],
        "top_tools_by_p95": [view_tool(calls) for calls in summary.tools_by_p95],
    }


def view_agent_metrics(agent: AgentFigures, period: Period) -> AgentMetricsView:
    """Return sums and means over the runs of an agent."""
    runs, usage = agent.runs, agent.runs.usage
    return {
        **view_period(period),
        "agent_name": agent.agent_name,
        "total_runs": runs.n_runs,
        "total_events": agent.events.n_events,
        "total_errors": agent.events.n_errors,
        "ended_runs": runs.n_ended,
        "failed_runs": runs.n_failed,
        "success_rate": success_rate(runs.n_ended, runs.n_failed),
        "total_cost": _dollars(usage),
        "avg_cost_per_run": _mean(_dollars(usage), runs.n_runs),
        "unpriced_count": usage.n_unpriced,
        "avg_tokens_in": _mean(usage.tokens_in, runs.n_runs),
        "avg_tokens_out": _mean(usage.tokens_out, runs.n_runs),
        "avg_duration_ms": _mean(runs.duration_us / 1000, runs.n_ended),
        **view_quantiles(runs.quantiles),
        "total_tokens_in": usage.tokens_in,
        "total_tokens_out": usage.tokens_out,
        "total_duration_ms": runs.duration_us / 1000,
        "runs_filter": filter_of(period, agent.agent_name),
    }


def view_comparison(agent: AgentFigures, period: Period) -> AgentComparisonView:
    """Return one agent beside others."""
    runs, usage = agent.runs, agent.runs.usage
    return {
        "agent_name": agent.agent_name,
        "runs": runs.n_runs,
        "ended_runs": runs.n_ended,
        "failed_runs": runs.n_failed,
        "success_rate": success_rate(runs.n_ended, runs.n_failed),
        "events": agent.events.n_events,
        "errors": agent.events.n_errors,
        "cost": _dollars(usage),
        "avg_cost_per_run": _mean(_dollars(usage), runs.n_runs),
        "unpriced_count": usage.n_unpriced,
        "tokens_in": usage.tokens_in,
        "tokens_out": usage.tokens_out,
        "total_tokens": usage.tokens_in + usage.tokens_out,
        "avg_duration_ms": _mean(runs.duration_us / 1000, runs.n_ended),
        **view_quantiles(runs.quantiles),
        "runs_filter": filter_of(period, agent.agent_name),
    }


def view_model(calls: CallFigures) -> ModelView:
    """Return the calls of one model."""
    return {"model": calls.label, **_view_calls(calls)}


def view_tool(calls: CallFigures) -> ToolView:
    """Return the calls of one tool."""
    return {"tool": calls.label, **_view_calls(calls)}


def view_points(
    parts: Sequence[Part], figures: Sequence[TimelinePoint] | Sequence[CallFigures], agent_name: str | None
) -> list[PointView]:
    """Return the points of a timeline, with sums from its beginning."""
    points: list[PointView] = []
    cost_nanos = tokens_in = tokens_out = 0
    for part, each in zip(parts, figures, strict=True):
        summed = each if isinstance(each, CallFigures) else each.runs
        usage = summed.usage
        cost_nanos += usage.cost_nanos
        tokens_in += usage.tokens_in
        tokens_out += usage.tokens_out
        points.append(
            {
                "timestamp": format_instant(part.starts_at),
                **_view_counts(part, each, agent_name),
                "cost": _dollars(usage),
                "cumulative_cost": cost_nanos / _NANOS_PER_DOLLAR,
                "unpriced_count": usage.n_unpriced,
                "tokens_in": usage.tokens_in,
                "tokens_out": usage.tokens_out,
                "cumulative_tokens_in": tokens_in,
                "cumulative_tokens_out": tokens_out,
                **view_quantiles(summed.quantiles),
            }
        )
    return points


def _view_counts(part: Part, figures: TimelinePoint | CallFigures, agent_name: str | None) -> CountsView:
    if isinstance(figures, CallFigures):
        return {
            "runs": None,
            "ended_runs": None,
            "failed_runs": None,
            "success_rate": None,
            "events": figures.n_calls,
            "errors": figures.n_errors,
            "runs_filter": None,
        }
    runs, events = figures.runs, figures.events
    return {
        "runs": runs.n_runs,
        "ended_runs": runs.n_ended,
        "failed_runs": runs.n_failed,
        "success_rate": success_rate(runs.n_ended, runs.n_failed),
        "events": events.n_events,
        "errors": events.n_errors,
        "runs_filter": filter_of(Period(since=part.since, until=part.until), agent_name),
    }


def _view_rank(rank: AgentRank, period: Period) -> AgentRankView:
    return {
        "agent_name": rank.agent_name,
        "runs": rank.n_runs,
        "cost": rank.cost_nanos / _NANOS_PER_DOLLAR,
        "runs_filter": filter_of(period, rank.agent_name),
    }


def _view_calls(calls: CallFigures) -> CallFiguresView:
    usage = calls.usage
    return {
        "calls": calls.n_calls,
        "errors": calls.n_errors,
        "error_rate": _mean(calls.n_errors, calls.n_calls),
        "avg_duration_ms": _mean(calls.duration_us / 1000, calls.n_timed),
        "total_duration_ms": calls.duration_us / 1000,
        **view_quantiles(calls.quantiles),
        "tokens_in": usage.tokens_in,
        "tokens_out": usage.tokens_out,
        "tokens_cached": usage.tokens_cached,
        "tokens_cache_write": usage.tokens_cache_write,
        "tokens_reasoning": usage.tokens_reasoning,
        "cost": _dollars(usage),
        "unpriced_count": usage.n_unpriced,
    }


def _dollars(usage: Usage) -> float:
    return usage.cost_nanos / _NANOS_PER_DOLLAR


def _mean(total: float, count: int) -> float:
    return total / count if count else 0.0
