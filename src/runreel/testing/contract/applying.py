"""Applying records: the set of them counts, and nothing else."""

from __future__ import annotations

import pytest

from runreel.errors import NotFoundError, StorageError
from runreel.model.record import Rank, Record
from runreel.model.run import RunFilter
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply
from runreel.testing.record import (
    AT,
    NOW,
    SECOND,
    make_edge,
    make_event,
    make_file,
    make_llm_call,
    make_message,
    make_node,
    make_run,
    make_run_end,
    make_session,
)


def _one_of_each() -> list[Record]:
    return [
        make_session(name="Research", metadata={}),
        make_run(session_id="session-1", tags=["a"], metadata={"k": 1}, inputs={"q": "why"}),
        make_node("planning", name="Planning", metadata={}),
        make_edge("planning", "step_1"),
        make_event("call", node_id="planning", attributes={}, inputs={}),
        make_llm_call("answer", parent_event_id="call", attributes={"k": [1, 1.0, None]}),
        make_message(content={}, node_id="step_1", metadata={}),
        make_file(node_id="step_1", metadata={}),
        make_run_end(outputs="done"),
    ]


class ApplyingContract(StoreContract):
    """Promises of `RunStore.apply`."""

    def test_what_was_applied_can_be_read(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *_one_of_each())
        run = store.runs.get_run(scope, "run-1")
        assert (run.agent_name, run.session_id, run.status, run.tags) == ("planner", "session-1", "completed", ("a",))
        assert (run.n_events, run.usage.tokens_in) == (2, 100)

    def test_details_of_a_run_are_kept_as_they_were_recorded(self, store: Store, scope: Scope) -> None:
        inputs: dict[str, object] = {"text": "naïve 🚀", "numbers": [0, -1.5, 10**30, True, None], "empty": {}}
        metadata: dict[str, object] = {"a key with spaces": {"deep": [[]]}}
        apply(store, scope, make_run(inputs=inputs, metadata=metadata), make_run_end(outputs=[], error={"type": "E"}))
        detail = store.runs.get_run_detail(scope, "run-1")
        assert detail.inputs == inputs
        assert detail.outputs == []
        assert detail.error == {"type": "E"}
        assert detail.metadata == metadata

    def test_a_run_without_details_has_none(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event())
        detail = store.runs.get_run_detail(scope, "run-1")
        assert (detail.inputs, detail.outputs, detail.error, detail.metadata) == (None, None, None, {})

    def test_the_same_batch_twice_changes_nothing(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *_one_of_each())
        before = store.runs.get_run(scope, "run-1")
        agent, events = store.runs.get_agent(scope, "planner"), store.events.list_events(scope, "run-1", limit=10)
        apply(store, scope, *_one_of_each(), now=NOW + SECOND)
        assert store.runs.get_run(scope, "run-1") == before
        assert store.runs.get_agent(scope, "planner") == agent
        assert store.events.list_events(scope, "run-1", limit=10) == events

    def test_a_record_twice_in_one_batch_counts_once(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_llm_call(), make_llm_call())
        run = store.runs.get_run(scope, "run-1")
        assert (run.n_events, run.usage.tokens_in) == (1, 100)

    @pytest.mark.parametrize("turned", [False, True], ids=["start first", "end first"])
    @pytest.mark.parametrize("split", [False, True], ids=["one batch", "two batches"])
    def test_end_counts_more_than_start_whatever_came_first(
        self, store: Store, scope: Scope, turned: bool, split: bool
    ) -> None:
        start = make_event(rank=Rank.START, at=AT, status="running", name="search", inputs="q", model="old")
        end = make_event(rank=Rank.END, at=AT, status="completed", outputs="a", model="new", ended_at=AT + SECOND)
        records = [end, start] if turned else [start, end]
        for batch in [[record] for record in records] if split else [records]:
            apply(store, scope, *batch)
        full = store.events.get_event(scope, "run-1", "event-1")
        assert (full.event.status, full.event.name, full.event.model) == ("completed", "search", "new")
        assert (full.payload.inputs, full.payload.outputs) == ("q", "a")
        assert full.event.duration_us == SECOND

    @pytest.mark.parametrize("turned", [False, True], ids=["older first", "newer first"])
    def test_of_equal_rank_the_later_recording_counts(self, store: Store, scope: Scope, turned: bool) -> None:
        records = [make_event(at=AT, name="older"), make_event(at=AT + 1, name="newer")]
        for record in reversed(records) if turned else records:
            apply(store, scope, record)
        assert store.events.get_event(scope, "run-1", "event-1").event.name == "newer"

    @pytest.mark.parametrize("turned", [False, True])
    def test_a_tie_of_time_is_settled_by_content(self, store: Store, scope: Scope, turned: bool) -> None:
        records = [make_event(name="a"), make_event(name="b")]
        for record in reversed(records) if turned else records:
            apply(store, scope, record)
        assert store.events.get_event(scope, "run-1", "event-1").event.name == "b"

    @pytest.mark.parametrize("turned", [False, True])
    def test_attributes_and_metadata_merge_key_by_key(self, store: Store, scope: Scope, turned: bool) -> None:
        start = [
            make_run(metadata={"both": "start", "start": 1}),
            make_event(rank=Rank.START, attributes={"both": "start", "start": 1}),
        ]
        end = [make_run_end(metadata={"both": "end", "end": 2}), make_event(attributes={"both": "end", "end": 2})]
        for batch in (end, start) if turned else (start, end):
            apply(store, scope, *batch)
        merged = {"both": "end", "start": 1, "end": 2}
        assert store.runs.get_run_detail(scope, "run-1").metadata == merged
        assert store.events.get_event(scope, "run-1", "event-1").payload.attributes == merged

    def test_change_seq_grows_with_every_change(self, store: Store, scope: Scope) -> None:
        steps = [
            make_event("a"),
            make_event("a", at=AT + 1, name="renamed"),
            make_node(),
            make_edge("a", "b"),
            make_message(),
            make_file(),
            make_run(),
            make_run_end(),
        ]
        seen: list[int] = []
        for record in steps:
            apply(store, scope, record)
            seen.append(store.runs.get_run(scope, "run-1").change_seq)
        store.runs.rename_run(scope, "run-1", "mine")
        seen.append(store.runs.get_run(scope, "run-1").change_seq)
        assert seen == sorted(set(seen))
        assert seen[0] > 0

    def test_a_changed_event_has_a_change_number_of_its_own(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("a"), make_event("b"))
        apply(store, scope, make_event("a", at=AT + 1, name="renamed"))
        numbers = {e.event_id: e.change_seq for e in store.events.list_events(scope, "run-1", limit=10).items}
        assert 0 < numbers["b"] < numbers["a"] <= store.runs.get_run(scope, "run-1").change_seq

    def test_reports_stand_in_the_order_of_the_batches(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        batches = [(scope, [make_run("a")]), (elsewhere, [make_run("b")]), (scope, [make_run("a"), make_run("c")])]
        reports = store.runs.apply(batches, now=NOW)
        assert [sorted(report.runs) for report in reports] == [["a"], ["b"], ["a", "c"]]
        assert reports[0].runs["a"] == store.runs.get_run(scope, "a")
        assert [report.refused for report in reports] == [[], [], []]

    def test_no_batches_are_no_error(self, store: Store, scope: Scope) -> None:
        assert store.runs.apply([], now=NOW) == []
        assert apply(store, scope).runs == {}

    def test_a_failed_apply_keeps_nothing_of_any_batch(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("old"))
        before = store.runs.get_agent(scope, "planner")
        impossible = make_event(sequence=2**70)
        with pytest.raises(StorageError):
            store.runs.apply([(scope, [make_run("good")]), (scope, [make_run("bad"), impossible])], now=NOW)
        for run_id in ("good", "bad"):
            with pytest.raises(NotFoundError):
                store.runs.get_run(scope, run_id)
        assert store.runs.get_agent(scope, "planner") == before

    def test_any_kind_of_record_opens_its_run(self, store: Store, scope: Scope) -> None:
        records = [
            make_run("1"),
            make_event("e", "2"),
            make_node("n", "3"),
            make_edge("n", "m", "4"),
            make_message("m", "5"),
            make_file("f", "6"),
        ]
        apply(store, scope, *records)
        assert sorted(run.run_id for run in store.runs.list_runs_at(scope, RunFilter(), limit=10, offset=0)) == list(
            "123456"
        )

    def test_check_finds_a_healthy_store_healthy(self, store: Store) -> None:
        store.runs.check()

    def test_shrinking_comes_to_an_end(self, store: Store) -> None:
        assert any(not store.runs.shrink() for _ in range(1_000))

    def test_closing_twice_is_no_error(self, store_to_close: Store) -> None:
        store_to_close.runs.close()
        store_to_close.close()
        store_to_close.close()
