"""What goes on when its run ends is shown as ended by it, in every view alike, and stored nowhere.

Changes tell what is stored: whoever follows a run has the run beside its events, and knows the rule.
"""

from __future__ import annotations

import pytest

from runreel.model.change import RunChanges
from runreel.model.event import Event, EventFilter
from runreel.model.record import Rank
from runreel.model.scope import Scope
from runreel.model.span import SpanGroup, SpanQuery
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply
from runreel.testing.record import AT, SECOND, make_event, make_node, make_run, make_run_end

_END = AT + 10 * SECOND


class EndingContract(StoreContract):
    """Promises of all views of events and nodes of runs that have ended."""

    @pytest.mark.parametrize(
        ("run_status", "shown"),
        [("completed", "completed"), ("failed", "cancelled"), ("cancelled", "cancelled"), ("lost", "cancelled")],
    )
    def test_every_view_of_an_event_shows_it_as_ended(
        self, store: Store, scope: Scope, run_status: str, shown: str
    ) -> None:
        _record(store, scope)
        apply(store, scope, make_run_end(at=_END, status=run_status))
        for event in _views_of(store, scope, "open"):
            assert (event.status, event.ended_at, event.duration_us) == (shown, _END, _END - AT)
            assert event.ended_by_run
        for event in _views_of(store, scope, "done"):
            assert (event.status, event.ended_at, event.ended_by_run) == ("completed", AT + 5, False)
        family = store.events.get_event_family(scope, "run-1", "child", limit=10)
        assert family.parent is not None
        assert (family.parent.status, family.parent.duration_us) == (shown, _END - AT)
        children = store.events.get_event_family(scope, "run-1", "open", limit=10).children
        assert [(each.status, each.ended_by_run) for each in children] == [(shown, True)]

    def test_an_event_that_began_after_the_end_has_no_length(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_run_end(at=_END))
        apply(store, scope, make_event("late", at=_END + 5, rank=Rank.START, status="running"))
        event = store.events.get_event(scope, "run-1", "late").event
        assert (event.status, event.ended_at, event.duration_us) == ("completed", _END + 5, 0)

    def test_filters_by_status_find_what_is_shown(self, store: Store, scope: Scope) -> None:
        _record(store, scope)
        everything = ["broken", "child", "done", "open"]
        assert _with_status(store, scope, "running") == ["child", "open"]
        apply(store, scope, make_run_end(at=_END, status="failed"))
        assert _with_status(store, scope, "running") == []
        assert _with_status(store, scope, "cancelled") == ["child", "open"]
        assert _with_status(store, scope, "completed") == ["done"]
        assert _with_status(store, scope, "cancelled", "completed", "failed") == everything
        apply(store, scope, make_run_end(at=_END + 1))
        assert _with_status(store, scope, "completed") == ["child", "done", "open"]

    def test_columns_of_spans_are_those_of_the_events(self, store: Store, scope: Scope) -> None:
        _record(store, scope)
        before = store.spans.get_span_columns(scope, "run-1", from_order=0, n_events=10)
        assert before.ended_by_run == ()
        apply(store, scope, make_run_end(at=_END))
        columns = store.spans.get_span_columns(scope, "run-1", from_order=0, n_events=10)
        events = store.events.list_events(scope, "run-1", limit=10).items
        assert list(columns.event_ids) == [event.event_id for event in events]
        assert list(columns.statuses) == [event.status for event in events]
        assert list(columns.ended_at) == [event.ended_at for event in events]
        assert list(columns.durations_us) == [event.duration_us for event in events]
        assert [place in columns.ended_by_run for place in range(4)] == [event.ended_by_run for event in events]

    def test_a_group_of_spans_reaches_to_the_end_of_the_run(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), *(make_event(f"{n}", at=AT + n, ended_at=AT + n + 1) for n in range(50)))
        apply(store, scope, make_event("open", at=AT + 3, rank=Rank.START, status="running"), make_run_end(at=_END))
        page = store.spans.get_spans(scope, "run-1", SpanQuery(max_rows=8, from_order=0, n_events=100))
        ends = [row.last_ended_at for row in page.rows if isinstance(row, SpanGroup)]
        assert max(ends) == _END

    def test_no_error_is_counted_for_it(self, store: Store, scope: Scope) -> None:
        _record(store, scope)
        before = store.spans.get_overview(scope, "run-1", n_buckets=3)
        apply(store, scope, make_run_end(at=_END, status="failed"))
        assert store.spans.get_overview(scope, "run-1", n_buckets=3) == before
        assert store.runs.get_run(scope, "run-1").n_errors == 1
        assert store.spans.get_spans(scope, "run-1", SpanQuery(max_rows=10)).n_window_errors == 1
        assert store.events.get_node(scope, "run-1", "n").n_errors == 1

    def test_nodes_and_their_executions_end_alike_everywhere(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_run(),
            make_node("stated", status="waiting_approval"),
            make_event("x1", node_id="executed", event_type="node_execution", rank=Rank.START, status="running"),
            make_event("e1", node_id="implied", rank=Rank.START, status="running"),
            make_event("e2", node_id="implied", at=AT + 1, status="failed"),
            make_node("pending"),
            make_run_end(at=_END, status="failed"),
        )
        dag = store.events.get_dag(scope, "run-1", limit=10)
        nodes = {placed.node.node_id: placed.node for placed in dag.nodes}
        shown = {node_id: (node.status, node.ended_at, node.ended_by_run) for node_id, node in nodes.items()}
        assert shown == {
            "stated": ("cancelled", _END, True),
            "executed": ("cancelled", _END, True),
            "implied": ("cancelled", _END, True),
            "pending": ("pending", None, False),
        }
        for node_id, node in nodes.items():
            assert store.events.get_node(scope, "run-1", node_id) == node
            assert store.events.get_node_summary(scope, "run-1", node_id).node == node
            assert node in store.events.get_graph(scope, "run-1").nodes
        executions = store.events.get_course(scope, "run-1", limit=10).executions
        assert {(each.node_id, each.status, each.ended_at, each.ended_by_run) for each in executions} == {
            ("stated", "cancelled", _END, True),
            ("executed", "cancelled", _END, True),
            ("implied", "cancelled", _END, True),
        }

    def test_the_summary_of_a_node_counts_what_is_shown(self, store: Store, scope: Scope) -> None:
        _record(store, scope)
        apply(store, scope, make_run_end(at=_END))
        summary = store.events.get_node_summary(scope, "run-1", "n")
        assert (summary.n_completed, summary.n_failed, summary.n_running) == (3, 1, 0)
        assert (summary.last_event_at, summary.active_us, summary.wall_us) == (_END, _END - AT, _END - AT)

    def test_a_run_that_goes_on_takes_it_back(self, store: Store, scope: Scope) -> None:
        _record(store, scope)
        apply(store, scope, make_run_end(at=_END, status="failed"))
        apply(store, scope, make_run(at=_END + 1, status="executing"))
        for event in _views_of(store, scope, "open"):
            assert (event.status, event.ended_at, event.ended_by_run) == ("running", None, False)
        assert store.events.get_node(scope, "run-1", "n").status == "running"

    def test_an_end_that_is_recorded_late_counts(self, store: Store, scope: Scope) -> None:
        _record(store, scope)
        apply(store, scope, make_run_end(at=_END))
        apply(store, scope, make_event("open", at=AT, node_id="n", status="failed", ended_at=AT + 7))
        for event in _views_of(store, scope, "open"):
            assert (event.status, event.ended_at, event.ended_by_run) == ("failed", AT + 7, False)

    def test_an_end_that_was_recorded_with_a_running_event_was_none(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_run_end(at=_END))
        apply(store, scope, make_event("odd", ended_at=AT + 5, status="running", node_id="n", duration_us=3))
        for event in _views_of(store, scope, "odd"):
            assert (event.status, event.ended_at, event.duration_us) == ("completed", _END, _END - AT)
        assert store.events.get_node_summary(scope, "run-1", "n").wall_us == _END - AT

    def test_changes_tell_what_is_recorded(self, store: Store, scope: Scope) -> None:
        _record(store, scope)
        before = _changes(store, scope)
        apply(store, scope, make_run_end(at=_END))
        after = _changes(store, scope)
        assert (after.run.status, after.events) == ("completed", before.events)
        assert [event.event_id for event in after.events if event.status == "running"] == ["open", "child"]


def _record(store: Store, scope: Scope) -> None:
    """Record a run with a node in which one event ended, one failed, and one goes on, as does its child."""
    apply(
        store,
        scope,
        make_run(),
        make_event("open", at=AT, rank=Rank.START, status="running", node_id="n"),
        make_event("done", at=AT + 1, ended_at=AT + 5, node_id="n"),
        make_event("broken", at=AT + 2, ended_at=AT + 6, status="failed", node_id="n"),
        make_event("child", at=AT + 3, rank=Rank.START, status="running", parent_event_id="open"),
    )


def _views_of(store: Store, scope: Scope, event_id: str) -> list[Event]:
    events, spans = store.events, store.spans
    rows = spans.get_spans(scope, "run-1", SpanQuery(max_rows=100)).rows
    seen = [
        *events.list_events(scope, "run-1", limit=100).items,
        *(full.event for full in events.list_full_events(scope, "run-1", limit=100).items),
        *(full.event for full in events.list_node_events(scope, "run-1", "n", limit=100).items),
        *(full.event for full in events.list_event_tree(scope, "run-1", event_id, limit=100)),
        *(row for row in rows if isinstance(row, Event)),
        events.get_event(scope, "run-1", event_id).event,
    ]
    found = [event for event in seen if event.event_id == event_id]
    assert len(found) == 6
    return found


def _changes(store: Store, scope: Scope) -> RunChanges:
    return store.changes.list_changes(scope, "run-1", after=0, limit=100)


def _with_status(store: Store, scope: Scope, *statuses: str) -> list[str]:
    found = store.events.list_events(scope, "run-1", EventFilter(statuses=statuses), limit=100).items
    assert {event.status for event in found} <= set(statuses)
    return sorted(event.event_id for event in found)
