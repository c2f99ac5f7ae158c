"""Spans and overviews: bounded rows that stand for all events."""

from __future__ import annotations

import pytest

from runreel.model.event import Event
from runreel.model.record import Record
from runreel.model.scope import Scope
from runreel.model.span import SpanColumns, SpanGroup, SpanPage, SpanQuery
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply
from runreel.testing.record import AT, make_event, make_run

_KINDS = ["by time", "sequenced", "mixed"]


class SpanStoreContract(StoreContract):
    """Every promise of `SpanStore`; a subclass gives the fixture `store`."""

    def test_a_run_without_events_has_no_rows(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        page = _read(store, scope)
        assert (page.rows, page.n_events, page.n_matching, page.n_window, page.bucket_us) == ((), 0, 0, 0, None)
        for query in (SpanQuery(max_rows=1, since=AT), SpanQuery(max_rows=1, text="x", from_order=3)):
            assert store.spans.get_spans(scope, "run-1", query).rows == ()
        overview = store.spans.get_overview(scope, "run-1", n_buckets=10)
        assert (overview.n_events, overview.since, overview.until, overview.buckets) == (0, None, None, ())

    @pytest.mark.parametrize("kind", _KINDS)
    def test_few_events_have_a_row_each_in_execution_order(self, store: Store, scope: Scope, kind: str) -> None:
        apply(store, scope, *_events(20, kind))
        listed = store.events.list_events(scope, "run-1", limit=100).items
        page = _read(store, scope, max_rows=20)
        assert _ids(page) == [event.event_id for event in listed]
        shown = [row for row in page.rows if isinstance(row, Event)]
        assert [(row.execution_order, row.depth) for row in shown] == [(e.execution_order, e.depth) for e in listed]
        first = listed[1]
        assert (shown[1].name, shown[1].status, shown[1].duration_us) == (first.name, first.status, first.duration_us)

    @pytest.mark.parametrize("kind", _KINDS)
    def test_a_window_of_order_begins_at_any_place(self, store: Store, scope: Scope, kind: str) -> None:
        apply(store, scope, *_events(20, kind))
        ids = [event.event_id for event in store.events.list_events(scope, "run-1", limit=100).items]
        for first in (0, 1, 7, 19, 20, 1_000):
            for n_events in (1, 5, 30):
                page = _read(store, scope, max_rows=30, from_order=first, n_events=n_events)
                assert _ids(page) == ids[first : first + n_events]
                assert (page.n_events, page.n_matching, page.from_order) == (20, 20, first)
                shown = [row.execution_order for row in page.rows if isinstance(row, Event)]
                assert shown == list(range(20))[first : first + n_events]

    @pytest.mark.parametrize("kind", _KINDS)
    def test_columns_have_the_same_events_in_the_same_order(self, store: Store, scope: Scope, kind: str) -> None:
        apply(store, scope, *_events(20, kind))
        for first in (0, 1, 7, 19, 20, 1_000):
            for n_events in (1, 5, 30):
                columns = store.spans.get_span_columns(scope, "run-1", from_order=first, n_events=n_events)
                page = _read(store, scope, max_rows=30, from_order=first, n_events=n_events)
                assert (columns.n_events, columns.from_order) == (20, first)
                assert _events_of(columns) == [_as_told(row) for row in page.rows if isinstance(row, Event)]

    def test_columns_of_a_run_without_events_are_empty(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        columns = store.spans.get_span_columns(scope, "run-1", from_order=0, n_events=10)
        assert (columns.n_events, list(columns.event_ids), list(columns.started_at)) == (0, [], [])

    def test_what_changes_later_is_told_by_the_changes_after_the_number(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_event("a", at=AT))
        columns = store.spans.get_span_columns(scope, "run-1", from_order=0, n_events=10)
        page = _read(store, scope)
        assert page.change_seq == columns.change_seq == store.runs.get_run(scope, "run-1").change_seq
        apply(store, scope, make_event("b", at=AT + 1))
        changes = store.changes.list_changes(scope, "run-1", after=page.change_seq, limit=10)
        assert [event.event_id for event in changes.events] == ["b"]

    @pytest.mark.parametrize("kind", _KINDS)
    def test_a_window_of_time_has_what_began_in_it(self, store: Store, scope: Scope, kind: str) -> None:
        apply(store, scope, *_events(20, kind))
        listed = store.events.list_events(scope, "run-1", limit=100).items
        for since, until in ((AT + 2, AT + 5), (None, AT + 3), (AT + 4, None), (AT + 50, AT + 60)):
            page = _read(store, scope, max_rows=20, since=since, until=until)
            within = [e for e in listed if (since or 0) <= e.started_at < (until or AT * 2)]
            assert _ids(page) == [event.event_id for event in within]
            shown = [row.execution_order for row in page.rows if isinstance(row, Event)]
            assert shown == [event.execution_order for event in within]
            if kind == "by time":
                assert page.from_order == sum(event.started_at < (since or 0) for event in listed)

    @pytest.mark.parametrize("kind", _KINDS)
    @pytest.mark.parametrize("max_rows", [1, 2, 3, 10, 39])
    def test_rows_of_many_events_sum_up_to_them(self, store: Store, scope: Scope, kind: str, max_rows: int) -> None:
        apply(store, scope, *_events(40, kind))
        listed = store.events.list_events(scope, "run-1", limit=100).items
        for first, n_events in ((0, None), (0, 40), (5, 30), (1, 39)):
            page = _read(store, scope, max_rows=max_rows, from_order=first, n_events=n_events)
            wanted = listed[first : first + (max_rows if n_events is None else n_events)]
            _assert_stands_for(page, list(wanted), max_rows)
        for since, until in ((AT, AT + 9), (AT + 1, AT + 12)):
            page = _read(store, scope, max_rows=max_rows, since=since, until=until)
            _assert_stands_for(page, [event for event in listed if since <= event.started_at < until], max_rows)

    def test_failed_events_keep_their_rows_while_half_of_the_rows_are_enough(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *(make_event(f"{n:02}", at=AT + n, status=_status(n, 10)) for n in range(30)))
        page = _read(store, scope, max_rows=6, n_events=30)
        assert [row.event_id for row in page.rows if isinstance(row, Event)] == ["00", "10", "20"]
        assert all(row.n_errors == 0 for row in page.rows if isinstance(row, SpanGroup))
        page = _read(store, scope, max_rows=5, n_events=30)
        assert all(isinstance(row, SpanGroup) for row in page.rows)
        assert page.n_window_errors == 3

    def test_groups_are_of_one_type_and_say_where_they_are(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_event("c", at=AT, event_type="step", ended_at=AT + 50),
            make_event("b", at=AT),
            make_event("a", at=AT + 1, ended_at=AT + 9),
        )
        page = _read(store, scope, max_rows=2, n_events=3)
        assert page.rows == (
            SpanGroup(
                event_type="tool_call",
                n_events=2,
                n_errors=0,
                first_started_at=AT,
                last_started_at=AT + 1,
                last_ended_at=AT + 9,
                first_event_id="b",
            ),
            SpanGroup(
                event_type="step",
                n_events=1,
                n_errors=0,
                first_started_at=AT,
                last_started_at=AT,
                last_ended_at=AT + 50,
                first_event_id="c",
            ),
        )
        assert page.bucket_us == 2

    def test_many_types_share_a_row(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *(make_event(f"{n:02}", at=AT + n, event_type=f"type {n}") for n in range(20)))
        page = _read(store, scope, max_rows=3, n_events=20)
        _assert_stands_for(page, list(store.events.list_events(scope, "run-1", limit=20).items), 3)
        assert {row.event_type for row in page.rows if isinstance(row, SpanGroup)} == {None}

    @pytest.mark.parametrize("kind", _KINDS)
    def test_filters_restrict_the_rows_and_places_count_what_matches(
        self, store: Store, scope: Scope, kind: str
    ) -> None:
        apply(store, scope, *_events(40, kind))
        listed = store.events.list_events(scope, "run-1", limit=100).items
        failed = [event for event in listed if event.status == "failed"]
        named = [event for event in listed if "THREE" in (event.name or "").upper()]
        assert failed
        assert named
        for first in (0, 2):
            page = _read(store, scope, max_rows=40, from_order=first, is_failed=True)
            assert _ids(page) == [event.event_id for event in failed[first:]]
            page = _read(store, scope, max_rows=40, from_order=first, text="three")
            assert (page.n_matching, page.n_window) == (len(named), len(named) - first)
            shown = [(row.event_id, row.execution_order) for row in page.rows if isinstance(row, Event)]
            assert shown == [(event.event_id, event.execution_order) for event in named[first:]]
        page = _read(store, scope, max_rows=2, n_events=40, text="three")
        _assert_stands_for(page, named, 2)

    @pytest.mark.parametrize("kind", _KINDS)
    @pytest.mark.parametrize("n_buckets", [1, 3, 100])
    def test_an_overview_counts_every_event_once(self, store: Store, scope: Scope, kind: str, n_buckets: int) -> None:
        apply(store, scope, *_events(40, kind))
        listed = store.events.list_events(scope, "run-1", limit=100).items
        overview = store.spans.get_overview(scope, "run-1", n_buckets=n_buckets)
        assert (overview.n_events, overview.n_errors) == (40, sum(e.status == "failed" for e in listed))
        assert (overview.since, overview.until) == (AT, AT + 13)
        assert 1 <= len(overview.buckets) <= n_buckets
        for bucket in overview.buckets:
            within = [event for event in listed if bucket.since <= event.started_at < bucket.until]
            assert bucket.n_events == len(within)
            assert bucket.n_errors == sum(event.status == "failed" for event in within)
            first = min(within, key=lambda event: (event.started_at, event.event_id), default=None)
            assert bucket.first_order == (None if first is None else first.execution_order)
        assert sum(bucket.n_events for bucket in overview.buckets) == 40


def _events(count: int, kind: str) -> list[Record]:
    """Build events with ties of time, parents, types, names and errors."""
    events = [
        make_event(
            f"{n:02}",
            at=AT + n // 3,
            event_type=("tool_call", "step", "llm_call")[n % 3],
            status=_status(n, 7),
            ended_at=AT + n // 3 + n,
            name=("one", "two", "Three")[n % 3],
            parent_event_id=f"{n // 2:02}" if n else None,
        )
        for n in range(count)
    ]
    for place, record in enumerate(events):
        if kind == "sequenced" or (kind == "mixed" and place % 2):
            record.fields["sequence"] = (count - place) // 2
    return events


def _status(n: int, every: int) -> str:
    return "completed" if n % every else "failed"


def _read(
    store: Store,
    scope: Scope,
    *,
    max_rows: int = 10,
    from_order: int | None = None,
    n_events: int | None = None,
    since: int | None = None,
    until: int | None = None,
    text: str | None = None,
    is_failed: bool = False,
) -> SpanPage:
    query = SpanQuery(
        max_rows=max_rows,
        from_order=from_order,
        n_events=n_events,
        since=since,
        until=until,
        text=text,
        is_failed=is_failed,
    )
    return store.spans.get_spans(scope, "run-1", query)


def _events_of(columns: SpanColumns) -> list[tuple[object, ...]]:
    return list(
        zip(
            columns.event_ids,
            columns.parent_event_ids,
            columns.event_types,
            columns.event_subtypes,
            columns.names,
            columns.node_ids,
            columns.agent_names,
            columns.statuses,
            columns.started_at,
            columns.ended_at,
            columns.durations_us,
            columns.first_token_at,
            columns.models,
            columns.tokens_in,
            columns.tokens_out,
            columns.costs_nanos,
            strict=True,
        )
    )


def _as_told(event: Event) -> tuple[object, ...]:
    return (
        event.event_id,
        event.parent_event_id,
        event.event_type,
        event.event_subtype,
        event.name,
        event.node_id,
        event.agent_name,
        event.status,
        event.started_at,
        event.ended_at,
        event.duration_us,
        event.first_token_at,
        event.model,
        event.tokens_in,
        event.tokens_out,
        event.cost_nanos,
    )


def _ids(page: SpanPage) -> list[str]:
    return [row.event_id if isinstance(row, Event) else "a group" for row in page.rows]


def _assert_stands_for(page: SpanPage, events: list[Event], max_rows: int) -> None:
    failed = sum(event.status == "failed" for event in events)
    assert len(page.rows) <= max_rows
    assert (page.n_window, page.n_window_errors) == (len(events), failed)
    counts = [
        (row.n_events, row.n_errors) if isinstance(row, SpanGroup) else (1, row.status == "failed") for row in page.rows
    ]
    assert (sum(count for count, _ in counts), sum(errors for _, errors in counts)) == (len(events), failed)
    by_id = {event.event_id: event for event in events}
    for row in page.rows:
        if isinstance(row, SpanGroup):
            assert by_id[row.first_event_id].started_at == row.first_started_at
            assert row.event_type in (None, by_id[row.first_event_id].event_type)
            assert row.first_started_at <= row.last_started_at <= row.last_ended_at
