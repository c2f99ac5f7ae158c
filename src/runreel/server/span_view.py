"""Spans and overviews as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeVar

from typing_extensions import TypedDict

from runreel.model.event import Event
from runreel.model.instant import format_instant
from runreel.model.span import Overview, OverviewBucket, SpanColumns, SpanGroup, SpanPage

_NANOS_PER_DOLLAR = 1e9
_Value = TypeVar("_Value")


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
    ended_by_run: bool


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
    change_seq: int
    event_count: int
    matching_count: int
    window_count: int
    window_error_count: int
    from_order: int | None
    bucket_ms: float | None
    rows: list[SpanView | SpanGroupView]


class SpanColumnsView(TypedDict):
    """A window of events in execution order by columns: what views of many thousands read.

    `texts` has each text once; columns of texts have their places in it. `parent` has the place of the parent among
    these events, or its id where it is not one of them. `started_us` are microseconds since the event before began
    (of the first one since `since`), `ended_us` and `first_token_us` since the own start. Null in the place of a column
    says that none of these events has a value there. `ended_by_run` has the places of the events that went on when the
    run ended.
    """

    run_id: str
    change_seq: int
    event_count: int
    from_order: int
    count: int
    since: str | None
    texts: list[str]
    event_id: list[str]
    parent: list[int | str | None] | None
    event_type: list[int | None] | None
    event_subtype: list[int | None] | None
    name: list[int | None] | None
    node_id: list[int | None] | None
    agent_name: list[int | None] | None
    status: list[int | None] | None
    started_us: list[int]
    ended_us: list[int | None] | None
    duration_us: list[int | None] | None
    first_token_us: list[int | None] | None
    model: list[int | None] | None
    tokens_in: list[int | None] | None
    tokens_out: list[int | None] | None
    cost_nanos: list[int | None] | None
    ended_by_run: list[int]


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
        "change_seq": page.change_seq,
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
        "ended_by_run": event.ended_by_run,
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


def view_span_columns(run_id: str, columns: SpanColumns) -> SpanColumnsView:
    """Return a window of events by columns."""
    started_at = columns.started_at
    places = {event_id: place for place, event_id in enumerate(columns.event_ids)}
    parents = [None if parent is None else places.get(parent, parent) for parent in columns.parent_event_ids]
    texts: dict[str, int] = {}
    return {
        "run_id": run_id,
        "change_seq": columns.change_seq,
        "event_count": columns.n_events,
        "from_order": columns.from_order,
        "count": len(columns.event_ids),
        "since": format_instant(started_at[0]) if started_at else None,
        "event_id": list(columns.event_ids),
        "parent": _unless_unknown(parents),
        "event_type": _places_of(columns.event_types, texts),
        "event_subtype": _places_of(columns.event_subtypes, texts),
        "name": _places_of(columns.names, texts),
        "node_id": _places_of(columns.node_ids, texts),
        "agent_name": _places_of(columns.agent_names, texts),
        "status": _places_of(columns.statuses, texts),
        "started_us": [at - before for at, before in zip(started_at, (*started_at[:1], *started_at), strict=False)],
        "ended_us": _since(columns.ended_at, started_at),
        "duration_us": _unless_unknown(columns.durations_us),
        "first_token_us": _since(columns.first_token_at, started_at),
        "model": _places_of(columns.models, texts),
        "tokens_in": _unless_unknown(columns.tokens_in),
        "tokens_out": _unless_unknown(columns.tokens_out),
        "cost_nanos": _unless_unknown(columns.costs_nanos),
        "ended_by_run": list(columns.ended_by_run),
        "texts": list(texts),
    }


def _places_of(column: Sequence[str | None], texts: dict[str, int]) -> list[int | None] | None:
    """Return where the texts of a column are among all; those that are new are added."""
    for text in dict.fromkeys(column):
        if text is not None:
            texts.setdefault(text, len(texts))
    return _unless_unknown([None if text is None else texts[text] for text in column])


def _since(column: Sequence[int | None], started_at: Sequence[int]) -> list[int | None] | None:
    return _unless_unknown([None if at is None else at - start for at, start in zip(column, started_at, strict=True)])


def _unless_unknown(column: Sequence[_Value | None]) -> list[_Value | None] | None:
    return list(column) if any(value is not None for value in column) else None


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
