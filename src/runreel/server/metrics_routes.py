"""Figures of periods: of everything, over time, and by agent, model and tool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from runreel.errors import InvalidQueryError
from runreel.model.calendar import Part
from runreel.model.metrics import AgentOrder, CallOrder, Period
from runreel.model.scope import Scope
from runreel.server.dependency import Limit, Metrics, NameQuery, ScopeOf, link_next
from runreel.server.metrics_view import (
    AgentComparisonView,
    CostPointView,
    ModelsView,
    PointView,
    SummaryView,
    TimelineView,
    TokensPointView,
    ToolsView,
    view_comparison,
    view_model,
    view_period,
    view_points,
    view_summary,
    view_tool,
)
from runreel.server.period import Bucket, PartsOf, PeriodOf, ZoneName
from runreel.server.problem import PROBLEM
from runreel.server.view import json_response
from runreel.storage.port import MetricStore

router = APIRouter(prefix="/api/metrics", tags=["metrics"], responses=PROBLEM)

_MODELS, _TOOLS = "llm_call", "tool_call"

Order = Annotated[CallOrder, Query(description="What to order by: names ascend, all else descends.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="How many to skip.")]


@router.get("/summary", response_model=SummaryView)
def get_summary(
    scope: ScopeOf,
    metrics: Metrics,
    period: PeriodOf,
    agent: NameQuery = None,
    top: Annotated[int, Query(ge=0, le=100, description="How long the lists are at most.")] = 5,
) -> Response:
    """Return a period on one page; without a period, everything."""
    summary = metrics.get_summary(scope, period, agent_name=agent, top=top)
    return json_response(view_summary(summary, period, agent))


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineQuery:
    """Which timeline is asked for."""

    parts: list[Part]
    agent_name: str | None
    event_type: str | None
    label: str


async def _timeline_query(
    parts: PartsOf,
    agent: NameQuery = None,
    model: Annotated[str | None, Query(description="Only the calls of this model.")] = None,
    tool: Annotated[str | None, Query(description="Only the calls of this tool.")] = None,
) -> TimelineQuery:
    if model is not None and tool is not None:
        raise InvalidQueryError("no call is of a model and of a tool at once; give one of them")
    event_type = _MODELS if model is not None else _TOOLS if tool is not None else None
    return TimelineQuery(parts=parts, agent_name=agent, event_type=event_type, label=model or tool or "")


TimelineQueryOf = Annotated[TimelineQuery, Depends(_timeline_query)]


@router.get("/timeline", response_model=TimelineView)
def get_timeline(
    scope: ScopeOf, metrics: Metrics, query: TimelineQueryOf, bucket: Bucket = "day", tz: ZoneName = "UTC"
) -> Response:
    """Return runs, events, cost, tokens and durations hour by hour, day by day or week by week."""
    period = Period(since=query.parts[0].since, until=query.parts[-1].until)
    points = _read_points(scope, metrics, query)
    return json_response({**view_period(period), "bucket": bucket, "tz": tz, "points": points})


@router.get("/cost-timeline", response_model=list[CostPointView])
def get_cost_timeline(scope: ScopeOf, metrics: Metrics, query: TimelineQueryOf) -> Response:
    """Return cost over time, and its sum from the beginning of the period."""
    return json_response(_with_keys(CostPointView, _read_points(scope, metrics, query)))


@router.get("/tokens-timeline", response_model=list[TokensPointView])
def get_tokens_timeline(scope: ScopeOf, metrics: Metrics, query: TimelineQueryOf) -> Response:
    """Return tokens over time, and their sums from the beginning of the period."""
    return json_response(_with_keys(TokensPointView, _read_points(scope, metrics, query)))


@router.get("/agents-comparison", response_model=list[AgentComparisonView])
def compare_agents(
    request: Request,
    scope: ScopeOf,
    metrics: Metrics,
    period: PeriodOf,
    sort: Annotated[AgentOrder, Query(description="What to order by: names ascend, all else descends.")] = "cost",
    limit: Limit = 50,
    offset: Offset = 0,
) -> Response:
    """Compare the agents that have runs in a period; the `Link` header leads to the next page."""
    found = metrics.list_agent_figures(scope, period, order=sort, limit=limit, offset=offset)
    headers = {"link": link_next(request, {"offset": offset + limit})} if len(found) == limit else {}
    return json_response([view_comparison(agent, period) for agent in found], headers=headers)


@router.get("/models", response_model=ModelsView)
def list_models(
    scope: ScopeOf,
    metrics: Metrics,
    period: PeriodOf,
    agent: NameQuery = None,
    sort: Order = "cost",
    limit: Limit = 50,
    offset: Offset = 0,
) -> Response:
    """List the models that were called in a period."""
    found = metrics.list_call_figures(scope, period, _MODELS, agent_name=agent, order=sort, limit=limit, offset=offset)
    return json_response({**view_period(period), "models": [view_model(calls) for calls in found]})


@router.get("/tools", response_model=ToolsView)
def list_tools(
    scope: ScopeOf,
    metrics: Metrics,
    period: PeriodOf,
    agent: NameQuery = None,
    sort: Order = "calls",
    limit: Limit = 50,
    offset: Offset = 0,
) -> Response:
    """List the tools that were called in a period."""
    found = metrics.list_call_figures(scope, period, _TOOLS, agent_name=agent, order=sort, limit=limit, offset=offset)
    return json_response({**view_period(period), "tools": [view_tool(calls) for calls in found]})


def _read_points(scope: Scope, metrics: MetricStore, query: TimelineQuery) -> list[PointView]:
    parts, agent_name = query.parts, query.agent_name
    bounds = [*(part.since for part in parts), parts[-1].until]
    if query.event_type is None:
        return view_points(parts, metrics.get_run_timeline(scope, bounds, agent_name=agent_name), agent_name)
    return view_points(
        parts,
        metrics.get_call_timeline(scope, bounds, query.event_type, query.label, agent_name=agent_name),
        agent_name,
    )


def _with_keys(view: type, points: Sequence[PointView]) -> list[dict[str, object]]:
    keys = tuple(view.__annotations__)
    return [{key: point[key] for key in keys} for point in points]
