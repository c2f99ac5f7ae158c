"""Spans: a run of any length by a bounded number of rows."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from runreel.errors import InvalidQueryError
from runreel.model.span import SpanQuery
from runreel.server.dependency import RunId, ScopeOf, SinceQuery, Spans, TextQuery, UntilQuery, instant_of
from runreel.server.problem import PROBLEM
from runreel.server.span_view import (
    OverviewView,
    SpanColumnsView,
    SpanPageView,
    view_overview,
    view_span_columns,
    view_spans,
)
from runreel.server.view import json_response

router = APIRouter(tags=["spans"], responses=PROBLEM)

_MAX_ORDER = 2**53


@router.get("/api/by-id/{run_id}/spans", response_model=SpanPageView)
def get_spans(
    run_id: RunId,
    scope: ScopeOf,
    spans: Spans,
    from_order: Annotated[
        int | None, Query(ge=0, le=_MAX_ORDER, description="The place of the window's first event; the first is 0.")
    ] = None,
    limit: Annotated[
        int | None,
        Query(ge=1, le=_MAX_ORDER, description="How many events the window has; as many as rows by default."),
    ] = None,
    since: SinceQuery = None,
    until: UntilQuery = None,
    max_rows: Annotated[int, Query(ge=1, le=5_000, description="How many rows to return at most.")] = 2_000,
    search: TextQuery = None,
    errors: Annotated[bool, Query(description="Only failed events.")] = False,
) -> Response:
    """Return rows that stand for all events of a window of order, or of time."""
    is_by_time = since is not None or until is not None
    if is_by_time and (from_order is not None or limit is not None):
        raise InvalidQueryError("a window is one of order or of time; give from_order and limit, or since and until")
    query = SpanQuery(
        max_rows=max_rows,
        from_order=from_order,
        n_events=limit,
        since=instant_of("since", since),
        until=instant_of("until", until),
        text=search,
        is_failed=errors,
    )
    return json_response(view_spans(run_id, spans.get_spans(scope, run_id, query)))


@router.get("/api/by-id/{run_id}/spans/columns", response_model=SpanColumnsView)
def get_span_columns(
    run_id: RunId,
    scope: ScopeOf,
    spans: Spans,
    from_order: Annotated[int, Query(ge=0, le=_MAX_ORDER, description="The place of the first event; that is 0.")] = 0,
    limit: Annotated[int, Query(ge=1, le=20_000, description="How many events to return at most.")] = 20_000,
) -> Response:
    """Return a window of events by columns, for whoever wants very many of them."""
    return json_response(
        view_span_columns(run_id, spans.get_span_columns(scope, run_id, from_order=from_order, n_events=limit))
    )


@router.get("/api/by-id/{run_id}/spans/overview", response_model=OverviewView)
def get_overview(
    run_id: RunId,
    scope: ScopeOf,
    spans: Spans,
    buckets: Annotated[int, Query(ge=1, le=1_000, description="How many stretches to return at most.")] = 150,
) -> Response:
    """Return how many events and errors of a run began when."""
    return json_response(view_overview(run_id, spans.get_overview(scope, run_id, n_buckets=buckets)))
