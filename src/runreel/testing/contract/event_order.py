"""The order in which things happened, and paging along it."""

from __future__ import annotations

import pytest

from runreel.model.record import Record
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, read_all
from runreel.testing.record import AT, make_event


class EventOrderContract(StoreContract):
    """DESIGN §3: the recorder's own sequence, else start time, ties broken stably."""

    def test_events_stand_by_their_start(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("c", at=AT + 1), make_event("a", at=AT + 3), make_event("b", at=AT + 2))
        assert _order(store, scope) == ["c", "b", "a"]

    def test_the_start_counts_and_not_the_recording(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("a", at=AT + 1), make_event("b", at=AT + 2, started_at=AT))
        assert _order(store, scope) == ["b", "a"]

    @pytest.mark.parametrize("turned", [False, True])
    def test_ties_are_broken_by_id(self, store: Store, scope: Scope, turned: bool) -> None:
        records = [make_event(event_id) for event_id in ("b", "a", "Z", "10", "9", "é")]
        for record in reversed(records) if turned else records:
            apply(store, scope, record)
        assert _order(store, scope) == ["10", "9", "Z", "a", "b", "é"]

    def test_a_sequence_counts_more_than_time(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_event("a", at=AT + 1, sequence=3),
            make_event("b", at=AT + 2, sequence=-1),
            make_event("c", at=AT + 3, sequence=2),
        )
        assert _order(store, scope) == ["b", "c", "a"]

    def test_equal_sequences_stand_by_time(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("a", at=AT + 1, sequence=1), make_event("b", at=AT, sequence=1))
        assert _order(store, scope) == ["b", "a"]

    def test_events_without_a_sequence_stand_by_their_time_among_the_others(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_event("s1", at=AT + 10, sequence=1),
            make_event("s2", at=AT + 5, sequence=2),
            make_event("s3", at=AT + 30, sequence=3),
            make_event("t1", at=AT + 7),
            make_event("t2", at=AT + 20),
            make_event("t3", at=AT + 40),
        )
        assert _order(store, scope) == ["t1", "s1", "s2", "t2", "s3", "t3"]

    @pytest.mark.parametrize("mixed", [False, True], ids=["by time", "mixed"])
    def test_events_are_counted_in_their_order_on_every_page(self, store: Store, scope: Scope, mixed: bool) -> None:
        apply(store, scope, *_events(7, mixed))
        listed = read_all(lambda cursor: store.events.list_events(scope, "run-1", limit=3, cursor=cursor))
        assert [event.execution_order for event in listed] == list(range(7))

    @pytest.mark.parametrize("limit", [1, 2, 5, 100])
    @pytest.mark.parametrize("kind", ["by time", "sequenced", "mixed"])
    def test_paging_visits_each_event_once(self, store: Store, scope: Scope, kind: str, limit: int) -> None:
        events = _events(12, kind == "mixed")
        if kind == "sequenced":
            for place, record in enumerate(events):
                record.fields["sequence"] = place // 2
        apply(store, scope, *events)
        listed = read_all(lambda cursor: store.events.list_events(scope, "run-1", limit=limit, cursor=cursor))
        assert [event.event_id for event in listed] == _order(store, scope)
        assert sorted(event.event_id for event in listed) == sorted(record.key for record in events)

    @pytest.mark.parametrize("limit", [1, 2, 5, 100])
    def test_paging_visits_each_event_of_a_node_once(self, store: Store, scope: Scope, limit: int) -> None:
        events = _events(9, True)
        for place, record in enumerate(events):
            if place % 3:
                record.fields["node_id"] = "n"
        apply(store, scope, *events)
        expected = [event.event_id for event in store.events.list_events(scope, "run-1", limit=100).items]
        members = {record.key for record in events if "node_id" in record.fields}
        listed = read_all(lambda cursor: store.events.list_node_events(scope, "run-1", "n", limit=limit, cursor=cursor))
        assert [full.event.event_id for full in listed] == [each for each in expected if each in members]

    def test_paging_goes_on_while_events_are_added(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *_events(6, False))
        page = store.events.list_events(scope, "run-1", limit=4)
        apply(store, scope, make_event("later", at=AT + 100))
        rest = store.events.list_events(scope, "run-1", limit=10, cursor=page.next_cursor)
        listed = [event.event_id for event in (*page.items, *rest.items)]
        assert listed == [*_order(store, scope)[:6], "later"]

    def test_the_order_follows_when_a_start_is_corrected(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("a", at=AT), make_event("b", at=AT + 1))
        apply(store, scope, make_event("a", at=AT + 9, started_at=AT + 5))
        assert _order(store, scope) == ["b", "a"]


def _events(count: int, mixed: bool) -> list[Record]:
    """Build events with ties of time; if mixed, every other one has a sequence."""
    events = [make_event(f"{n:02}", at=AT + n // 3) for n in range(count)]
    for place, record in enumerate(events):
        if mixed and place % 2:
            record.fields["sequence"] = count - place
    return events


def _order(store: Store, scope: Scope) -> list[str]:
    return [event.event_id for event in store.events.list_events(scope, "run-1", limit=100).items]
