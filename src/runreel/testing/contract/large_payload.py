"""Payloads of events that are larger than most: kept and read like any other."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from runreel.errors import NotFoundError
from runreel.model.record import Rank
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply
from runreel.testing.record import AT, NOW, make_event

_LARGE: Mapping[str, object] = {"text": "é\n\0" * 400_000}


class LargePayloadContract(StoreContract):
    """Promises of payloads, whatever their size."""

    def test_a_large_payload_comes_back_wherever_events_are_read(self, store: Store, scope: Scope) -> None:
        small, large = make_event("a", node_id="n", inputs=1), make_event("b", node_id="n", at=AT + 1, inputs=_LARGE)
        apply(store, scope, small, large)
        assert store.events.get_event(scope, "run-1", "b").payload.inputs == _LARGE
        for read in (
            store.events.list_full_events(scope, "run-1", limit=10).items,
            store.events.list_node_events(scope, "run-1", "n", limit=10).items,
        ):
            assert [full.payload.inputs for full in read] == [1, _LARGE]
        tree = store.events.list_event_tree(scope, "run-1", "b", limit=10)
        assert [full.payload.inputs for full in tree] == [_LARGE]

    @pytest.mark.parametrize("turned", [False, True])
    def test_a_large_start_and_a_large_end_merge(self, store: Store, scope: Scope, turned: bool) -> None:
        records = [make_event(inputs=_LARGE, rank=Rank.START), make_event(outputs=_LARGE, at=AT + 1)]
        for record in reversed(records) if turned else records:
            apply(store, scope, record)
        payload = store.events.get_event(scope, "run-1", "event-1").payload
        assert (payload.inputs, payload.outputs) == (_LARGE, _LARGE)

    def test_a_payload_may_shrink(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event(inputs=_LARGE))
        apply(store, scope, make_event(at=AT + 1, inputs="small"))
        assert store.events.get_event(scope, "run-1", "event-1").payload.inputs == "small"

    def test_a_large_payload_again_changes_nothing(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event(inputs=_LARGE))
        before = store.runs.get_run(scope, "run-1")
        apply(store, scope, make_event(inputs=_LARGE), now=NOW + 1)
        assert store.runs.get_run(scope, "run-1") == before

    def test_two_runs_with_the_same_large_payload_are_apart(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, make_event(inputs=_LARGE), make_event(run_id="run-2", inputs=_LARGE))
        apply(store, elsewhere, make_event(inputs=_LARGE))
        store.runs.delete_run(scope, "run-1", now=NOW)
        store.files.sweep(now=NOW)
        with pytest.raises(NotFoundError):
            store.events.get_event(scope, "run-1", "event-1")
        for where, run_id in ((scope, "run-2"), (elsewhere, "run-1")):
            assert store.events.get_event(where, run_id, "event-1").payload.inputs == _LARGE
