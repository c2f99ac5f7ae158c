"""Spans and overviews as JSON."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from runreel.model.event import Event
from runreel.model.instant import format_instant
from runreel.model.span import Overview, OverviewBucket, SpanGroup, SpanPage

_NANOS_PER_DOLLAR = 1e9


class SpanView(TypedDict):
    """An event that has a row of its own."""

    kind: Literal["event"]
    event_id: str
    parent_event_id: str | None
    event_type: str
    event_subtype: str | None
    name: str | None
    node_id: str | None
    agent_name: str | None
    status: str
    started_at: str
    ended_at: str | None
    first_token_at: str | None
    duration_ms: float | None
    model: str | None
    tokens_in: int | None
    tokens_out: int | None
    cost: float | None
    is_unpriced: bool
    execution_order: int | None
    depth: int | None


class SpanGroupView(TypedDict):
    """Events that share a row: of one type (null: of several), begun within one stretch of time."""

    kind: Literal["group"]
    event_type: str | None
    event_count: int
    error_count: int
    first_started_at: str
    last_started_at: str
    last_ended_at: str
    first_event_id: str


class SpanPageView(TypedDict):
    """Rows that stand for all events of a window."""

    run_id: str
    event_count: int
    matching_count: int
    window_count: int
    window_error_count: int
    from_order: int | None
    bucket_ms: float | None
    rows: list[SpanView | SpanGroupView]


class OverviewBucketView(TypedDict):
    """The events that began within one stretch of time; `first_order` is null where there are none."""

    since: str
    until: str
    event_count: int
    error_count: int
    first_order: int | None


class OverviewView(TypedDict):
    """A whole run in stretches of equal length; the times are null where it has no events."""

    run_id: str
    event_count: int
    error_count: int
    since: str | None
    until: str | None
    buckets: list[OverviewBucketView]


def view_spans(run_id: str, page: SpanPage) -> SpanPageView:
    """Return the rows of a window."""
    return {
        "run_id": run_id,
        "event_count": page.n_events,
        "matching_count": page.n_matching,
        "window_count": page.n_window,
        "window_error_count": page.n_window_errors,
        "from_order": page.from_order,
        "bucket_ms": None if page.bucket_us is None else page.bucket_us / 1000,
        "rows": [_view_span(row) if isinstance(row, Event) else _view_group(row) for row in page.rows],
    }


def _view_span(event: Event) -> SpanView:
    return {
        "kind": "event",
        "event_id": event.event_id,
        "parent_event_id": event.parent_event_id,
        "event_type": event.event_type,
        "event_subtype": event.event_subtype,
        "name": event.name,
        "node_id": event.node_id,
        "agent_name": event.agent_name,
        "status": event.status,
        "started_at": format_instant(event.started_at),
        "ended_at": None if event.ended_at is None else format_instant(event.ended_at),
        "first_token_at": None if event.first_token_at is None else format_instant(event.first_token_at),
        "duration_ms": None if event.duration_us is None else event.duration_us / 1000,
        "model": event.model,
        "tokens_in": event.tokens_in,
        "tokens_out": event.tokens_out,
        "cost": None if event.cost_nanos is None else event.cost_nanos / _NANOS_PER_DOLLAR,
        "is_unpriced": event.is_unpriced,
        "execution_order": event.execution_order,
        "depth": event.depth,
    }


def _view_group(group: SpanGroup) -> SpanGroupView:
    return {
        "kind": "group",
        "event_type": group.event_type,
        "event_count": group.n_events,
        "error_count": group.n_errors,
        "first_started_at": format_instant(group.first_started_at),
        "last_started_at": format_instant(group.last_started_at),
        "last_ended_at": format_instant(group.last_ended_at),
        "first_event_id": group.first_event_id,
    }


def view_overview(run_id: str, overview: Overview) -> OverviewView:
    """Return a whole run in buckets."""
    return {
        "run_id": run_id,
        "event_count": overview.n_events,
        "error_count": overview.n_errors,
        "since": None if overview.since is None else format_instant(overview.since),
        "until": None if overview.until is None else format_instant(overview.until),
        "buckets": [_view_bucket(bucket) for bucket in overview.buckets],
    }


def _view_bucket(bucket: OverviewBucket) -> OverviewBucketView:
    return {
        "since": format_instant(bucket.since),
        "until": format_instant(bucket.until),
        "event_count": bucket.n_events,
        "error_count": bucket.n_errors,
        "first_order": bucket.first_order,
    }
