"""Rows of a window stand for exactly the events of the window, whatever the events and the window are."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runreel.model.event import Event
from runreel.model.record import Record
from runreel.model.span import SpanGroup, SpanPage, SpanQuery
from runreel.testing.record import AT, make_event
from tests.property.effort import examples
from tests.property.laboratory import Laboratory

_RUN = "run-1"
_places = st.integers(0, 45)


@st.composite
def _events(draw: st.DrawFn) -> list[Record]:
    """Draw the events of a run: some, all or none of them with a sequence, many of them alike."""
    has_sequence = draw(st.sampled_from([st.none(), st.integers(-2, 9), st.none() | st.integers(-2, 9)]))
    return [
        make_event(
            f"{n:02}",
            _RUN,
            at=AT + draw(st.integers(0, 30)),
            event_type=draw(st.sampled_from(["llm_call", "tool_call", "step", "x", "y"])),
            status=draw(st.sampled_from(["completed", "failed"])),
            name=draw(st.sampled_from([None, "Search", "write"])),
            ended_at=AT + draw(st.integers(0, 60)),
            sequence=draw(has_sequence),
            parent_event_id=draw(st.none() | st.integers(0, 40).map(lambda place: f"{place:02}")),
        )
        for n in range(draw(st.integers(1, 40)))
    ]


@st.composite
def _queries(draw: st.DrawFn) -> SpanQuery:
    is_by_time = draw(st.booleans())
    return SpanQuery(
        max_rows=draw(st.integers(1, 45)),
        from_order=None if is_by_time else draw(st.none() | _places),
        n_events=None if is_by_time else draw(st.none() | _places.map(lambda n: n + 1)),
        since=AT + draw(_places) if is_by_time else None,
        until=draw(st.none() | _places.map(lambda n: AT + n)) if is_by_time else None,
        text=draw(st.sampled_from([None, None, "SEARCH"])),
        is_failed=draw(st.booleans()),
    )


@given(events=_events(), queries=st.lists(_queries(), min_size=1, max_size=6))
@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.too_slow], report_multiple_bugs=False)
def test_rows_sum_up_to_the_window(laboratory: Laboratory, events: list[Record], queries: list[SpanQuery]) -> None:
    scope = laboratory.new_scope()
    laboratory.apply(scope, [[events]])
    listed = laboratory.store.events.list_events(scope, _RUN, limit=100).items
    for query in queries:
        page = laboratory.store.spans.get_spans(scope, _RUN, query)
        _check(page, query, listed)


def _check(page: SpanPage, query: SpanQuery, listed: Sequence[Event]) -> None:
    matching = [event for event in listed if _matches(query, event)]
    window = _window(query, matching)
    n_failed = sum(event.status == "failed" for event in window)
    assert (page.n_events, page.n_matching) == (len(listed), len(matching))
    assert (page.n_window, page.n_window_errors) == (len(window), n_failed)
    assert len(page.rows) <= query.max_rows
    counts = [
        (row.n_events, row.n_errors) if isinstance(row, SpanGroup) else (1, int(row.status == "failed"))
        for row in page.rows
    ]
    assert tuple(map(sum, zip(*counts, strict=True))) == ((len(window), n_failed) if counts else ())
    singles = {row.event_id: row for row in page.rows if isinstance(row, Event)}
    known = {event.event_id: event for event in window}
    for event_id, row in singles.items():
        assert (row.execution_order, row.depth) == (known[event_id].execution_order, known[event_id].depth)
    if len(window) <= query.max_rows:
        assert [row.event_id for row in page.rows if isinstance(row, Event)] == [event.event_id for event in window]
    elif 2 * n_failed <= query.max_rows:
        assert {event.event_id for event in window if event.status == "failed"} == set(singles)


def _matches(query: SpanQuery, event: Event) -> bool:
    return (not query.is_failed or event.status == "failed") and (
        query.text is None or query.text.lower() in (event.name or "").lower()
    )


def _window(query: SpanQuery, matching: list[Event]) -> list[Event]:
    if query.since is not None:
        until = query.until or AT * 2
        return [event for event in matching if query.since <= event.started_at < until]
    first = query.from_order or 0
    n_events = query.max_rows if query.n_events is None else query.n_events
    return matching[first : first + n_events]


@given(events=_events(), n_buckets=st.integers(1, 50))
@settings(max_examples=examples(20), suppress_health_check=[HealthCheck.too_slow], report_multiple_bugs=False)
def test_an_overview_counts_each_event_once(laboratory: Laboratory, events: list[Record], n_buckets: int) -> None:
    scope = laboratory.new_scope()
    laboratory.apply(scope, [[events]])
    overview = laboratory.store.spans.get_overview(scope, _RUN, n_buckets=n_buckets)
    assert len(overview.buckets) <= n_buckets
    assert sum(bucket.n_events for bucket in overview.buckets) == overview.n_events == len(events)
    assert sum(bucket.n_errors for bucket in overview.buckets) == overview.n_errors
