"""What runs and agents consumed: every call counts once, in whatever order its records come."""

from __future__ import annotations

from itertools import permutations

import pytest

from runreel.model.record import Rank, Record
from runreel.model.scope import Scope
from runreel.model.usage import NO_USAGE, Usage
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply
from runreel.testing.record import AT, SECOND, make_event, make_llm_call, make_run, make_run_end


class UsageContract(StoreContract):
    """DESIGN §3: an event counts its own usage unless a direct child has usage."""

    def test_usage_of_events_adds_up(self, store: Store, scope: Scope) -> None:
        calls = [
            make_llm_call("a", tokens_in=1, tokens_out=2, cost_nanos=3, tokens_cached=4),
            make_llm_call("b", tokens_in=10, tokens_out=20, cost_nanos=30, tokens_cache_write=5, tokens_reasoning=6),
        ]
        apply(store, scope, make_run(), *calls)
        usage = store.runs.get_run(scope, "run-1").usage
        assert usage == Usage(
            tokens_in=11,
            tokens_out=22,
            tokens_cached=4,
            tokens_cache_write=5,
            tokens_reasoning=6,
            cost_nanos=33,
        )
        assert store.runs.get_agent(scope, "planner").usage == usage

    @pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
    @pytest.mark.parametrize("split", [False, True], ids=["one batch", "one by one"])
    def test_a_parent_whose_child_has_usage_does_not_count(
        self, store: Store, scope: Scope, order: tuple[int, ...], split: bool
    ) -> None:
        family = [
            make_llm_call("parent", tokens_in=111),
            make_llm_call("child", parent_event_id="parent", tokens_in=100),
            make_llm_call("grandchild", parent_event_id="child", tokens_in=11),
        ]
        records = [family[place] for place in order]
        for batch in [[record] for record in records] if split else [records]:
            apply(store, scope, *batch)
        assert store.runs.get_run(scope, "run-1").usage.tokens_in == 11

    @pytest.mark.parametrize("turned", [False, True])
    def test_a_grandchild_does_not_silence_its_grandparent(self, store: Store, scope: Scope, turned: bool) -> None:
        records = [
            make_llm_call("parent", tokens_in=100),
            make_event("child", parent_event_id="parent"),
            make_llm_call("grandchild", parent_event_id="child", tokens_in=11),
        ]
        for record in reversed(records) if turned else records:
            apply(store, scope, record)
        assert store.runs.get_run(scope, "run-1").usage.tokens_in == 111

    @pytest.mark.parametrize("turned", [False, True])
    def test_a_parent_counts_again_when_its_child_goes_elsewhere(
        self, store: Store, scope: Scope, turned: bool
    ) -> None:
        records = [
            make_llm_call("parent", tokens_in=100),
            make_llm_call("child", rank=Rank.START, parent_event_id="parent", tokens_in=11),
            make_llm_call("child", at=AT + 1, parent_event_id="other", tokens_in=11),
        ]
        for record in reversed(records) if turned else records:
            apply(store, scope, record)
        assert store.runs.get_run(scope, "run-1").usage.tokens_in == 111

    @pytest.mark.parametrize("turned", [False, True])
    def test_a_parent_counts_again_when_its_child_turns_out_to_have_none(
        self, store: Store, scope: Scope, turned: bool
    ) -> None:
        records = [
            make_llm_call("parent", tokens_in=100),
            make_llm_call("child", parent_event_id="parent", tokens_in=11),
            make_llm_call("child", at=AT + 1, parent_event_id="parent", tokens_in=0, tokens_out=0, cost_nanos=0),
        ]
        for record in reversed(records) if turned else records:
            apply(store, scope, record)
        assert store.runs.get_run(scope, "run-1").usage.tokens_in == 100

    @pytest.mark.parametrize(
        "name", ["tokens_in", "tokens_out", "tokens_cached", "tokens_cache_write", "tokens_reasoning", "cost_nanos"]
    )
    def test_any_kind_of_usage_counts(self, store: Store, scope: Scope, name: str) -> None:
        apply(store, scope, make_event("parent", tokens_in=5, cost_nanos=5))
        child = make_event("child", parent_event_id="parent")
        child.fields[name] = 7
        apply(store, scope, child)
        usage = store.runs.get_run(scope, "run-1").usage
        assert getattr(usage, name) == 7
        assert usage.tokens_in + usage.cost_nanos <= 7

    def test_an_event_that_is_its_own_parent_counts(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_llm_call("loop", parent_event_id="loop"))
        assert store.runs.get_run(scope, "run-1").usage.tokens_in == 100

    def test_a_correction_replaces_what_was_counted(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_llm_call(rank=Rank.START, tokens_in=1))
        apply(store, scope, make_llm_call(at=AT + 1, tokens_in=100, cost_nanos=5))
        usage = store.runs.get_run(scope, "run-1").usage
        assert (usage.tokens_in, usage.cost_nanos) == (100, 5)

    def test_a_call_without_a_price_is_unpriced_and_not_free(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_llm_call("a", cost_nanos=None), make_llm_call("b", cost_nanos=0))
        usage = store.runs.get_run(scope, "run-1").usage
        assert (usage.cost_nanos, usage.n_unpriced) == (0, 1)

    def test_events_and_errors_are_counted(self, store: Store, scope: Scope) -> None:
        events: list[Record] = [make_event("a"), make_event("b", status="failed"), make_event("c", status="running")]
        apply(store, scope, make_run(), *events)
        run, agent = store.runs.get_run(scope, "run-1"), store.runs.get_agent(scope, "planner")
        assert (run.n_events, run.n_errors) == (3, 1)
        assert (agent.n_events, agent.n_errors) == (3, 1)

    def test_a_run_without_calls_consumed_nothing(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_event())
        assert store.runs.get_run(scope, "run-1").usage == NO_USAGE

    def test_an_agent_sums_its_runs(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a", started_at=AT), make_llm_call(run_id="a"), make_run_end("a", at=AT + SECOND))
        apply(store, scope, make_run("b"), make_llm_call(run_id="b"), make_run_end("b", at=AT, status="failed"))
        apply(store, scope, make_run("c", at=AT + 5), make_event(run_id="c", at=AT + 5))
        agent = store.runs.get_agent(scope, "planner")
        assert (agent.n_runs, agent.n_ended_runs, agent.n_failed_runs) == (3, 2, 1)
        assert (agent.n_events, agent.usage.tokens_in, agent.duration_us) == (3, 200, SECOND)
        assert (agent.last_run_at, agent.last_status) == (AT + 5, "executing")

    def test_a_run_that_moves_takes_its_totals_along(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("stays", agent_name="helper"))
        apply(store, scope, make_llm_call(agent_name="helper"))
        assert store.runs.get_agent(scope, "helper").usage.tokens_in == 100
        apply(store, scope, make_run(), make_llm_call("late"))
        assert store.runs.get_agent(scope, "helper").usage == NO_USAGE
        planner = store.runs.get_agent(scope, "planner")
        assert (planner.n_runs, planner.n_events, planner.usage.tokens_in) == (1, 2, 200)

    def test_large_counts_do_not_stop_an_agent(self, store: Store, scope: Scope) -> None:
        """What one event claims must never make the next one impossible to record."""
        for number in range(3):
            apply(store, scope, make_run(), make_llm_call(f"{number}", tokens_in=10**12, cost_nanos=10**14))
        assert store.runs.get_agent(scope, "planner").usage.tokens_in == 3 * 10**12

    def test_wrong_clocks_do_not_stop_an_agent(self, store: Store, scope: Scope) -> None:
        """The sums of an agent's durations stay within 64 bits, though its times lie thousands of years apart."""
        year_1, year_9999 = -62_135_596_800 * SECOND, 253_402_300_799 * SECOND
        for run_id in map(str, range(40)):
            call = make_llm_call(run_id=run_id, at=AT, started_at=year_1, ended_at=year_9999)
            apply(store, scope, make_run(run_id, started_at=year_1), call, make_run_end(run_id, ended_at=year_9999))
        agent = store.runs.get_agent(scope, "planner")
        assert (agent.n_ended_runs, agent.duration_us) == (40, 0)
        assert store.events.get_event(scope, "0", "event-1").event.duration_us is None
