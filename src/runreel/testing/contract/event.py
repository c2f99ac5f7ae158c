"""Single events, their payloads, and lists of them."""

from __future__ import annotations

from functools import partial

import pytest

from runreel.errors import NotFoundError
from runreel.model.event import Payload
from runreel.model.record import Rank
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, at_once, read_all
from runreel.testing.record import AT, NOW, SECOND, make_event, make_llm_call, make_run

_VALUES: list[object] = [
    {"text": "naïve 🚀\n\t\u2028", "nested": {"list": [1, 1.0, True, None, ""]}},
    [],
    {},
    "",
    0,
    False,
    -0.0,
    1e300,
    2**53 + 1,
    10**40,
    "line\nbreak",
    "x" * 300_000,
]


class EventContract(StoreContract):
    """Promises of `get_event`, `list_events`, `list_full_events` and `list_lifecycle_events`."""

    def test_every_field_of_an_event_is_kept(self, store: Store, scope: Scope) -> None:
        fields: dict[str, object] = {
            "event_subtype": "complete",
            "name": "ask",
            "node_id": "step_1",
            "agent_name": "helper",
            "parent_event_id": "p",
            "previous_event_id": "q",
            "sequence": 7,
            "ended_at": AT + SECOND,
            "duration_us": 5,
            "first_token_at": AT + 1,
            "provider": "local",
            "tokens_cached": 1,
            "tokens_cache_write": 2,
            "tokens_reasoning": 3,
        }
        apply(store, scope, make_llm_call(**fields))  # pyright: ignore[reportArgumentType]
        event = store.events.get_event(scope, "run-1", "event-1").event
        assert {name: getattr(event, name) for name in fields} == fields
        assert (event.event_type, event.model, event.status, event.started_at) == (
            "llm_call",
            "small-1",
            "completed",
            AT,
        )
        assert (event.tokens_in, event.tokens_out, event.cost_nanos, event.recorded_at) == (100, 10, 1_000, AT)
        assert event.change_seq > 0

    @pytest.mark.parametrize("value", _VALUES, ids=lambda value: f"{value!r:.20}")
    def test_payloads_are_kept_as_they_were_recorded(self, store: Store, scope: Scope, value: object) -> None:
        apply(store, scope, make_event(inputs=value, outputs=value, error=value, attributes={"key": value}))
        payload = store.events.get_event(scope, "run-1", "event-1").payload
        assert payload == Payload(inputs=value, outputs=value, error=value, attributes={"key": value})
        assert repr(payload.inputs) == repr(value)

    def test_an_event_without_payload_has_an_empty_one(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event())
        assert store.events.get_event(scope, "run-1", "event-1").payload == Payload()

    def test_payloads_stay_with_their_events(self, store: Store, scope: Scope) -> None:
        """Payloads that are stored together must come back apart."""
        for batch in range(3):
            events = [make_event(f"{batch}-{n}", at=AT + n, inputs=f"{batch}-{n}" * 5_000) for n in range(20)]
            apply(store, scope, *events)
        apply(store, scope, make_event("1-7", at=AT + 100, outputs="late"))
        for full in store.events.list_full_events(scope, "run-1", limit=100).items:
            assert full.payload.inputs == full.event.event_id * 5_000
            assert full.payload.outputs == ("late" if full.event.event_id == "1-7" else None)

    def test_a_stated_duration_counts_more_than_the_times(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("a", ended_at=AT + SECOND, duration_us=5), make_event("b", ended_at=AT + SECOND))
        events = {event.event_id: event for event in store.events.list_events(scope, "run-1", limit=10).items}
        assert (events["a"].duration_us, events["b"].duration_us) == (5, SECOND)

    def test_an_event_that_ends_before_it_starts_has_no_duration(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event(ended_at=AT - 1))
        assert store.events.get_event(scope, "run-1", "event-1").event.duration_us is None

    def test_an_open_event_has_no_end(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event(rank=Rank.START, status="running"))
        event = store.events.get_event(scope, "run-1", "event-1").event
        assert (event.status, event.ended_at, event.duration_us) == ("running", None, None)

    def test_an_event_of_which_little_is_known_is_an_info(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event(event_type=None, status=None, started_at=None, ended_at=AT + 5))
        event = store.events.get_event(scope, "run-1", "event-1").event
        assert (event.event_type, event.status, event.started_at) == ("info", "completed", AT + 5)

    def test_what_was_derived_gives_way_to_what_is_stated(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event(event_type=None, status=None, started_at=None, at=AT + 9))
        apply(store, scope, make_event(rank=Rank.START, at=AT, event_type="step", status="running"))
        event = store.events.get_event(scope, "run-1", "event-1").event
        assert (event.event_type, event.status, event.started_at) == ("step", "running", AT)

    def test_an_event_without_any_time_stands_where_it_was_seen(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event(at=0, started_at=None))
        assert store.events.get_event(scope, "run-1", "event-1").event.started_at == NOW

    def test_a_missing_event_is_not_found(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        for event_id in ("nothing", "", "a\0b", "\ud800"):
            with pytest.raises(NotFoundError):
                store.events.get_event(scope, "run-1", event_id)

    def test_a_run_without_events_has_an_empty_list(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        page = store.events.list_events(scope, "run-1", limit=10)
        assert (page.items, page.next_cursor) == ((), None)

    @pytest.mark.parametrize("event_id", ["a/b", "é 🚀", "%2F", "e" * 255, "'; DROP TABLE events; --"])
    def test_any_event_id_can_be_found(self, store: Store, scope: Scope, event_id: str) -> None:
        apply(store, scope, make_event(event_id))
        assert store.events.get_event(scope, "run-1", event_id).event.event_id == event_id

    def test_full_events_are_the_narrow_ones_with_payloads(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *(make_event(f"{n}", at=AT + n, inputs=n, parent_event_id="0") for n in range(5)))
        narrow = read_all(lambda cursor: store.events.list_events(scope, "run-1", limit=2, cursor=cursor))
        full = read_all(lambda cursor: store.events.list_full_events(scope, "run-1", limit=2, cursor=cursor))
        assert [each.event for each in full] == narrow
        assert [each.payload.inputs for each in full] == [0, 1, 2, 3, 4]

    def test_lifecycle_events_are_the_first_of_the_run(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_event("end", at=AT + 9, event_type="agent_end", outputs="o"),
            make_event("tool", at=AT + 1),
            make_event("start", at=AT, event_type="agent_start", inputs="i"),
            make_event("inner", at=AT + 2, event_type="agent_start"),
        )
        listed = store.events.list_lifecycle_events(scope, "run-1", limit=2)
        assert [full.event.event_id for full in listed] == ["start", "inner"]
        assert listed[0].payload.inputs == "i"
        assert len(store.events.list_lifecycle_events(scope, "run-1", limit=10)) == 3

    def test_one_event_written_by_many_at_once_is_one_event(self, store: Store, scope: Scope) -> None:
        records = [make_llm_call(at=AT + n, attributes={f"{n}": n}, name=f"{n}") for n in range(16)]
        at_once(partial(apply, store, scope, record) for record in records)
        full = store.events.get_event(scope, "run-1", "event-1")
        assert full.event.name == "15"
        assert full.payload.attributes == {f"{n}": n for n in range(16)}
        assert store.runs.get_run(scope, "run-1").usage.tokens_in == 100
