"""Filters of a run's events, and the family of one event."""

from __future__ import annotations

import pytest

from runreel.errors import NotFoundError
from runreel.model.event import EventFamily, EventFilter, Relative
from runreel.model.record import Rank
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, read_all
from runreel.testing.record import AT, make_event


class EventFilterContract(StoreContract):
    """Promises of `list_events` with a filter, and of `get_event_family`."""

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            (EventFilter(event_types=("llm_call",)), "b"),
            (EventFilter(event_types=("llm_call", "step")), "bd"),
            (EventFilter(statuses=("failed", "running")), "cd"),
            (EventFilter(is_failed=True), "c"),
            (EventFilter(node_id="n"), "ab"),
            (EventFilter(node_id="m"), ""),
            (EventFilter(agent_name="one"), "ac"),
            (EventFilter(text="search"), "ac"),
            (EventFilter(text="%"), "d"),
            (EventFilter(text="ÜBER"), "b"),
            (EventFilter(text="οδος"), ""),
            (EventFilter(text=""), "abcd"),
            (EventFilter(text="search", agent_name="one", is_failed=True), "c"),
            (EventFilter(text="nothing"), ""),
        ],
        ids=str,
    )
    def test_every_filter_restricts(self, store: Store, scope: Scope, query: EventFilter, expected: str) -> None:
        apply(
            store,
            scope,
            make_event("a", at=AT, node_id="n", agent_name="one", name="Web SEARCH"),
            make_event("b", at=AT + 1, parent_event_id="a", event_type="llm_call", name="über"),
            make_event("c", at=AT + 2, status="failed", agent_name="one", name="search"),
            make_event("d", at=AT + 3, event_type="step", rank=Rank.START, status="running", name="100 %"),
        )
        page = store.events.list_events(scope, "run-1", query, limit=10)
        assert "".join(event.event_id for event in page.items) == expected
        assert [event.execution_order for event in page.items] == ["abcd".index(each) for each in expected]

    @pytest.mark.parametrize("kind", ["by time", "sequenced", "mixed"])
    @pytest.mark.parametrize("limit", [1, 2, 5])
    def test_pages_of_a_filter_visit_each_event_once(self, store: Store, scope: Scope, kind: str, limit: int) -> None:
        events = [make_event(f"{n:02}", at=AT + n // 3, status="failed" if n % 3 else "completed") for n in range(12)]
        for place, record in enumerate(events):
            if kind == "sequenced" or (kind == "mixed" and place % 2):
                record.fields["sequence"] = 20 - place // 2
        apply(store, scope, *events)
        everything = store.events.list_events(scope, "run-1", limit=100).items
        listed = read_all(
            lambda cursor: store.events.list_events(
                scope, "run-1", EventFilter(is_failed=True), limit=limit, cursor=cursor
            )
        )
        assert listed == [event for event in everything if event.status == "failed"]

    def test_paging_goes_on_when_the_first_sequence_comes(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *(make_event(f"{n}", at=AT + n) for n in range(6)))
        page = store.events.list_events(scope, "run-1", limit=3)
        apply(store, scope, make_event("s", at=AT + 100, sequence=7))
        rest = store.events.list_events(scope, "run-1", limit=10, cursor=page.next_cursor)
        assert [event.event_id for event in rest.items] == ["3", "4", "5", "s"]

    def test_paging_goes_on_when_the_first_event_without_a_sequence_comes(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *(make_event(f"{n}", at=AT + n, sequence=n) for n in range(6)))
        page = store.events.list_events(scope, "run-1", limit=3)
        apply(store, scope, make_event("t", at=AT + 100))
        rest = store.events.list_events(scope, "run-1", limit=10, cursor=page.next_cursor)
        assert [event.event_id for event in rest.items] == ["3", "4", "5", "t"]

    def test_an_event_alone_has_its_place_and_depth(self, store: Store, scope: Scope) -> None:
        apply(
            store, scope, make_event("a"), make_event("b", at=AT + 1), make_event("c", at=AT + 2, parent_event_id="b")
        )
        event = store.events.get_event(scope, "run-1", "c").event
        assert event == store.events.list_events(scope, "run-1", limit=10).items[2]
        assert (event.execution_order, event.depth) == (2, 1)

    def test_the_family_of_an_event(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_event("root"),
            make_event("b", at=AT + 2, parent_event_id="root"),
            make_event("a", at=AT + 3, parent_event_id="root"),
            make_event("c", at=AT + 4, parent_event_id="root"),
            make_event("orphan", parent_event_id="unknown"),
        )
        events = store.events
        root, a, b = (_relative(store, scope, event_id) for event_id in ("root", "a", "b"))
        assert events.get_event_family(scope, "run-1", "root", limit=2) == EventFamily(
            parent=None, children=(b, a), n_children=3
        )
        assert events.get_event_family(scope, "run-1", "a", limit=2).parent == root
        assert events.get_event_family(scope, "run-1", "orphan", limit=2).parent is None
        with pytest.raises(NotFoundError):
            events.get_event_family(scope, "run-1", "nothing", limit=2)


def _relative(store: Store, scope: Scope, event_id: str) -> Relative:
    event = store.events.get_event(scope, "run-1", event_id).event
    return Relative(
        event_id=event_id,
        event_type=event.event_type,
        name=event.name,
        status=event.status,
        duration_us=event.duration_us,
    )
