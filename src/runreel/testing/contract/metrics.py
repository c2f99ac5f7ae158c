"""Figures of periods: what they count, when, and that a list of runs shows what they count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import pytest

from runreel.errors import NotFoundError
from runreel.model.metrics import ALWAYS, Activity, AgentOrder, CallOrder, EventCounts, Period, Summary
from runreel.model.record import Record
from runreel.model.run import RunFilter
from runreel.model.scope import Scope
from runreel.model.usage import NO_USAGE, Usage
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply
from runreel.testing.record import AT, HOUR, NOW, SECOND, make_event, make_llm_call, make_run, make_run_end

FIRST_HOUR = Period(since=AT, until=AT + HOUR)
DAY = 24 * HOUR


class MetricSummaryContract(StoreContract):
    """Promises of `get_summary`, and of all figures of runs."""

    def test_an_empty_project_comes_to_nothing(self, store: Store, scope: Scope) -> None:
        summary = store.metrics.get_summary(scope, ALWAYS, top=5)
        assert (summary.n_agents, summary.n_runs_by_status, summary.events) == (0, {}, EventCounts())
        assert (summary.runs.n_runs, summary.runs.usage, summary.runs.quantiles) == (0, NO_USAGE, None)
        assert store.metrics.list_agent_figures(scope, ALWAYS, order="cost", limit=5) == []
        assert store.metrics.list_call_figures(scope, ALWAYS, "tool_call", order="calls", limit=5) == []

    def test_a_run_counts_in_the_hour_of_its_creation_with_all_that_it_consumed(
        self, store: Store, scope: Scope
    ) -> None:
        apply(store, scope, make_run(), make_llm_call(at=AT + 3 * HOUR), make_run_end(at=AT + 4 * HOUR))
        early, late = (
            store.metrics.get_summary(scope, Period(since=at, until=at + HOUR), top=5) for at in (AT, AT + 3 * HOUR)
        )
        assert (early.runs.n_runs, early.runs.n_ended, early.runs.duration_us) == (1, 1, 4 * HOUR)
        assert early.runs.usage == Usage(tokens_in=100, tokens_out=10, cost_nanos=1_000)
        assert (late.runs.n_runs, late.runs.usage, late.n_agents) == (0, NO_USAGE, 0)

    def test_an_event_counts_in_the_hour_in_which_it_began(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_llm_call(at=AT + 3 * HOUR), make_run_end(at=AT + 4 * HOUR))
        apply(store, scope, make_event("failed", at=AT + 3 * HOUR, status="failed"))
        early, late = (
            store.metrics.get_summary(scope, Period(since=at, until=at + HOUR), top=5) for at in (AT, AT + 3 * HOUR)
        )
        assert (early.events, late.events) == (EventCounts(), EventCounts(n_events=2, n_errors=1))
        assert [calls.label for calls in late.models_by_cost] == ["small-1"]
        assert early.models_by_cost == ()

    @pytest.mark.parametrize("agent_name", [None, "planner", "writer", "nobody"])
    @pytest.mark.parametrize(
        "period",
        [
            ALWAYS,
            FIRST_HOUR,
            Period(since=AT + HOUR),
            Period(until=AT + HOUR),
            Period(since=AT - HOUR, until=AT + 2 * HOUR),
            Period(since=AT + 5 * HOUR),
        ],
        ids=str,
    )
    def test_a_list_of_runs_shows_what_a_figure_counts(
        self, store: Store, scope: Scope, period: Period, agent_name: str | None
    ) -> None:
        ats = (AT - 1, AT, AT + HOUR - 1, AT + HOUR, AT + 2 * HOUR - 1, AT + 2 * HOUR)
        for n, at in enumerate(ats):
            status = ("completed", "failed", "executing")[n % 3]
            apply(store, scope, make_run(f"{n}", at=at, agent_name=("planner", "writer")[n % 2], status=status))
        summary = store.metrics.get_summary(scope, period, agent_name=agent_name, top=5)
        since, until = period.since, period.until

        def count(status: str | None = None, agent: str | None = agent_name) -> int:
            query = RunFilter(agent_name=agent, statuses=(status,) if status else (), since=since, until=until)
            return len(store.runs.list_runs(scope, query, limit=100).items)

        assert summary.runs.n_runs == count()
        assert summary.runs.n_failed == count("failed")
        assert summary.runs.n_ended == count("failed") + count("completed")
        statuses = ("completed", "executing", "failed")
        assert summary.n_runs_by_status == {status: count(status) for status in statuses if count(status)}
        assert all(rank.n_runs == count(agent=rank.agent_name) for rank in summary.agents_by_runs)

    def test_quantiles_are_right_to_within_two_per_cent(self, store: Store, scope: Scope) -> None:
        for n in range(1, 21):
            apply(store, scope, make_run(f"{n}", started_at=AT), make_run_end(f"{n}", at=AT + n * SECOND))
        quantiles = store.metrics.get_summary(scope, FIRST_HOUR, top=0).runs.quantiles
        assert quantiles is not None
        assert quantiles.p50_us == pytest.approx(10 * SECOND, rel=0.02)
        assert quantiles.p95_us == pytest.approx(19 * SECOND, rel=0.02)
        assert quantiles.p99_us == pytest.approx(20 * SECOND, rel=0.02)

    def test_what_goes_on_has_no_quantiles(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_event(status="running"))
        summary = store.metrics.get_summary(scope, ALWAYS, top=5)
        assert summary.runs.quantiles is None
        assert [(calls.n_timed, calls.quantiles) for calls in summary.tools_by_p95] == [(0, None)]

    def test_the_first_of_a_kind_are_the_largest_and_then_by_name(self, store: Store, scope: Scope) -> None:
        for n, agent_name in enumerate(("a", "b", "c", "c")):
            run_id = f"{n}"
            apply(store, scope, make_run(run_id, agent_name=agent_name, created_at=AT))
            call = make_llm_call(run_id=run_id, model=agent_name, cost_nanos=(9, 5, 5, 0)[n], tokens_in=10 - n)
            apply(store, scope, call, make_event("tool", run_id, name=agent_name, status="failed"))
        summary = store.metrics.get_summary(scope, ALWAYS, top=2)
        assert summary.n_agents == 3
        assert [rank.agent_name for rank in summary.agents_by_cost] == ["a", "b"]
        assert [rank.agent_name for rank in summary.agents_by_runs] == ["c", "a"]
        assert [calls.label for calls in summary.models_by_cost] == ["a", "b"]
        assert [calls.label for calls in summary.models_by_tokens] == ["c", "a"]
        assert [calls.label for calls in summary.tools_by_calls] == ["c", "a"]
        assert [calls.label for calls in summary.tools_by_errors] == ["c", "a"]

    def test_lists_of_none_are_empty_and_the_rest_stays(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_llm_call(), make_event("tool"), make_run_end())
        full, bare = (store.metrics.get_summary(scope, ALWAYS, top=top) for top in (5, 0))
        assert bare == Summary(
            runs=full.runs, n_runs_by_status=full.n_runs_by_status, events=full.events, n_agents=full.n_agents
        )

    def test_a_deleted_run_is_taken_out(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("stays"), make_llm_call(run_id="stays"))
        before = store.metrics.get_summary(scope, FIRST_HOUR, top=5)
        apply(store, scope, make_run("goes"), make_llm_call(run_id="goes"), make_run_end("goes"))
        store.runs.delete_run(scope, "goes", now=NOW)
        assert store.metrics.get_summary(scope, FIRST_HOUR, top=5) == before

    def test_a_run_that_turns_out_to_be_older_moves(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(at=AT + 2 * HOUR), make_llm_call(at=AT + 2 * HOUR))
        apply(store, scope, make_event("first", at=AT))
        assert store.metrics.get_summary(scope, FIRST_HOUR, top=5).runs.usage.tokens_in == 100
        assert store.metrics.get_summary(scope, Period(since=AT + HOUR), top=5).runs.n_runs == 0

    def test_an_event_that_is_called_run_is_no_run(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_event(event_type="run", ended_at=AT + SECOND))
        for agent_name in (None, "planner"):
            summary = store.metrics.get_summary(scope, FIRST_HOUR, agent_name=agent_name, top=5)
            assert (summary.runs.n_runs, summary.events.n_events, summary.runs.quantiles) == (1, 1, None)
            (point,) = store.metrics.get_run_timeline(scope, [AT, AT + HOUR], agent_name=agent_name)
            assert (point.runs.n_runs, point.events.n_events, point.runs.quantiles) == (1, 1, None)
        (agent,) = store.metrics.list_agent_figures(scope, FIRST_HOUR, order="runs", limit=5)
        assert (agent.runs.n_runs, agent.events.n_events, agent.runs.quantiles) == (1, 1, None)
        assert store.metrics.get_activity(scope, [AT, AT + HOUR], ["planner"])["planner"].n_runs == [1]


class MetricListContract(StoreContract):
    """Promises of `list_agent_figures`, `get_agent_figures` and `list_call_figures`."""

    @pytest.mark.parametrize("order", get_args(AgentOrder))
    def test_agents_are_the_same_with_a_period_and_without(self, store: Store, scope: Scope, order: AgentOrder) -> None:
        _fill(store, scope)
        always = store.metrics.list_agent_figures(scope, ALWAYS, order=order, limit=100)
        assert store.metrics.list_agent_figures(scope, Period(since=AT - DAY), order=order, limit=100) == always
        assert len(always) == 3
        assert [store.metrics.get_agent_figures(scope, each.agent_name, ALWAYS) for each in always] == always

    def test_agents_agree_with_their_totals(self, store: Store, scope: Scope) -> None:
        _fill(store, scope)
        for figures in store.metrics.list_agent_figures(scope, Period(since=AT - DAY), order="name", limit=100):
            agent = store.runs.get_agent(scope, figures.agent_name)
            assert (figures.runs.n_runs, figures.runs.n_ended) == (agent.n_runs, agent.n_ended_runs)
            assert (figures.runs.n_failed, figures.runs.duration_us) == (agent.n_failed_runs, agent.duration_us)
            assert (figures.runs.usage, figures.runs.quantiles) == (agent.usage, agent.quantiles)
            assert figures.events == EventCounts(n_events=agent.n_events, n_errors=agent.n_errors)

    def test_agents_without_runs_in_the_period_are_not_listed(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a"), make_run("b", agent_name="writer", at=AT + DAY))
        found = store.metrics.list_agent_figures(scope, FIRST_HOUR, order="name", limit=100)
        assert [agent.agent_name for agent in found] == ["planner"]

    @pytest.mark.parametrize("period", [ALWAYS, Period(since=AT - DAY)], ids=["always", "period"])
    def test_agents_are_ordered_and_paged(self, store: Store, scope: Scope, period: Period) -> None:
        _fill(store, scope)
        expected: dict[AgentOrder, list[str]] = {
            "name": ["planner", "tester", "writer"],
            "runs": ["planner", "tester", "writer"],
            "cost": ["writer", "planner", "tester"],
            "tokens": ["planner", "writer", "tester"],
            "failed": ["tester", "planner", "writer"],
        }
        for order, names in expected.items():
            pages = [
                store.metrics.list_agent_figures(scope, period, order=order, limit=2, offset=offset)
                for offset in (0, 2, 4)
            ]
            assert [agent.agent_name for page in pages for agent in page] == names, order

    def test_one_agent_has_figures_of_a_period(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a"), make_event(run_id="a"), make_run("b", at=AT + DAY))
        figures = store.metrics.get_agent_figures(scope, "planner", FIRST_HOUR)
        assert (figures.runs.n_runs, figures.runs.n_ended, figures.events.n_events) == (1, 0, 1)
        assert store.metrics.get_agent_figures(scope, "planner", Period(until=AT)).runs.n_runs == 0

    @pytest.mark.parametrize("period", [ALWAYS, FIRST_HOUR], ids=["always", "period"])
    def test_a_missing_agent_is_not_found(self, store: Store, scope: Scope, period: Period) -> None:
        apply(store, scope, make_run())
        store.runs.delete_agent(scope, "planner", now=NOW)
        for agent_name in ("planner", "nobody", "", "a\0b", "\ud800"):
            with pytest.raises(NotFoundError):
                store.metrics.get_agent_figures(scope, agent_name, period)

    def test_calls_are_summed_by_model(self, store: Store, scope: Scope) -> None:
        first = make_llm_call("a", at=AT, ended_at=AT + SECOND)
        second = make_llm_call("b", at=AT + 2 * HOUR, status="failed", cost_nanos=None)
        apply(store, scope, make_run(), first, second, make_llm_call("c", model="large-1"))
        found = store.metrics.list_call_figures(scope, ALWAYS, "llm_call", order="calls", limit=5)
        small = found[0]
        assert [calls.label for calls in found] == ["small-1", "large-1"]
        assert (small.n_calls, small.n_errors, small.n_timed, small.duration_us) == (2, 1, 1, SECOND)
        assert small.usage == Usage(tokens_in=200, tokens_out=20, cost_nanos=1_000, n_unpriced=1)
        assert small.quantiles is not None
        assert small.quantiles.p50_us == pytest.approx(SECOND, rel=0.02)
        assert store.metrics.list_call_figures(scope, FIRST_HOUR, "llm_call", order="calls", limit=5)[0].n_calls == 1

    def test_calls_are_those_of_an_agent_where_one_is_named(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a"), make_event(run_id="a", name="search"))
        apply(store, scope, make_run("b", agent_name="writer"), make_event(run_id="b", name="write"))
        found = store.metrics.list_call_figures(scope, ALWAYS, "tool_call", agent_name="writer", order="name", limit=5)
        assert [calls.label for calls in found] == ["write"]

    def test_calls_are_ordered_and_paged(self, store: Store, scope: Scope) -> None:
        calls = [
            make_llm_call("1", model="a", tokens_in=1, cost_nanos=3, ended_at=AT + 3 * SECOND, status="failed"),
            make_llm_call("2", model="b", tokens_in=2, cost_nanos=2, ended_at=AT + 5 * SECOND),
            make_llm_call("3", model="c", tokens_in=1, cost_nanos=0, ended_at=AT + SECOND),
            make_llm_call("4", model="c", tokens_in=4, cost_nanos=1, ended_at=AT + SECOND),
            make_llm_call("5", model="d", tokens_in=0, cost_nanos=0, tokens_out=None, status="running"),
        ]
        apply(store, scope, make_run(), *calls)
        expected: dict[CallOrder, str] = {
            "calls": "cabd",
            "errors": "abcd",
            "p95": "bacd",
            "cost": "abcd",
            "tokens": "cbad",
            "name": "abcd",
        }
        for order, labels in expected.items():
            pages = [
                store.metrics.list_call_figures(scope, ALWAYS, "llm_call", order=order, limit=3, offset=offset)
                for offset in (0, 3, 6)
            ]
            assert "".join(calls.label for page in pages for calls in page) == labels, order


class MetricTimelineContract(StoreContract):
    """Promises of `get_run_timeline`, `get_call_timeline` and `get_activity`."""

    def test_each_part_counts_what_is_in_it(self, store: Store, scope: Scope) -> None:
        for n, at in enumerate((AT - 1, AT, AT + HOUR - 1, AT + 3 * HOUR, AT + 5 * HOUR)):
            run_id = f"{n}"
            apply(store, scope, make_run(run_id, at=at), make_llm_call(run_id=run_id, at=at))
            apply(store, scope, make_run_end(run_id, at=at + SECOND))
        points = store.metrics.get_run_timeline(scope, [AT, AT + HOUR, AT + 3 * HOUR, AT + 5 * HOUR])
        assert [point.runs.n_runs for point in points] == [2, 0, 1]
        assert [point.runs.usage.tokens_in for point in points] == [200, 0, 100]
        assert [point.events.n_events for point in points] == [2, 0, 1]
        assert [point.runs.quantiles is None for point in points] == [False, True, False]

    def test_the_parts_of_a_period_come_to_its_summary(self, store: Store, scope: Scope) -> None:
        _fill(store, scope)
        bounds = [AT - DAY, AT, AT + HOUR, AT + DAY]
        for agent_name in (None, "planner"):
            summary = store.metrics.get_summary(scope, ALWAYS, agent_name=agent_name, top=0)
            points = store.metrics.get_run_timeline(scope, bounds, agent_name=agent_name)
            for name in ("n_runs", "n_ended", "n_failed", "duration_us"):
                assert sum(getattr(point.runs, name) for point in points) == getattr(summary.runs, name), name
            for name in ("tokens_in", "cost_nanos"):
                summed = sum(getattr(point.runs.usage, name) for point in points)
                assert summed == getattr(summary.runs.usage, name), name
            assert sum(point.events.n_events for point in points) == summary.events.n_events
            assert sum(point.events.n_errors for point in points) == summary.events.n_errors

    def test_calls_of_one_model_over_time(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_llm_call("a"), make_llm_call("b", at=AT + HOUR, status="failed"))
        apply(store, scope, make_llm_call("c", model="large-1"), make_event("d", name="small-1"))
        bounds = [AT, AT + HOUR, AT + 2 * HOUR, AT + 3 * HOUR]
        for agent_name, expected in ((None, [1, 1, 0]), ("planner", [1, 1, 0]), ("writer", [0, 0, 0])):
            points = store.metrics.get_call_timeline(scope, bounds, "llm_call", "small-1", agent_name=agent_name)
            assert [point.n_calls for point in points] == expected
            assert [point.usage.tokens_in for point in points] == [100 * n for n in expected]
            assert sum(point.n_errors for point in points) == expected[1]

    def test_activity_is_counted_for_each_agent_that_is_named(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a"), make_run("b", at=AT + DAY, status="failed"), make_run("c", at=AT + DAY))
        apply(store, scope, make_run("d", agent_name="writer", at=AT - 1), make_run("e", agent_name="other"))
        bounds = [AT, AT + DAY, AT + 2 * DAY]
        assert store.metrics.get_activity(scope, bounds, ["writer", "planner", "nobody"]) == {
            "writer": Activity(n_runs=[0, 0], n_failed=[0, 0]),
            "planner": Activity(n_runs=[1, 2], n_failed=[0, 1]),
            "nobody": Activity(n_runs=[0, 0], n_failed=[0, 0]),
        }
        assert store.metrics.get_activity(scope, bounds, []) == {}

    def test_nothing_of_another_project_is_counted(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        _fill(store, scope)
        apply(store, elsewhere, make_run("other", at=AT + DAY))
        metrics, period = store.metrics, Period(since=AT - DAY, until=AT + HOUR)
        for agent_name in (None, "planner"):
            summary = metrics.get_summary(elsewhere, period, agent_name=agent_name, top=5)
            nothing = metrics.get_summary(scope, Period(until=AT - DAY), top=5)
            assert summary == nothing
            (point,) = metrics.get_run_timeline(elsewhere, [AT, AT + HOUR], agent_name=agent_name)
            assert (point.runs.n_runs, point.events) == (0, EventCounts())
            (calls,) = metrics.get_call_timeline(elsewhere, [AT, AT + HOUR], "llm_call", "small-1")
            assert calls.n_calls == 0
        assert metrics.get_agent_figures(elsewhere, "planner", ALWAYS).runs.n_runs == 1
        assert metrics.list_agent_figures(elsewhere, period, order="name", limit=5) == []
        assert metrics.list_call_figures(elsewhere, ALWAYS, "llm_call", order="name", limit=5) == []
        assert metrics.get_activity(elsewhere, [AT, AT + HOUR], ["planner"])["planner"].n_runs == [0]
        with pytest.raises(NotFoundError):
            metrics.get_agent_figures(elsewhere, "writer", ALWAYS)


class MetricStoreContract(MetricSummaryContract, MetricListContract, MetricTimelineContract):
    """Every promise of `MetricStore`; a subclass gives the fixture `store`."""


def _fill(store: Store, scope: Scope) -> None:
    """Record some runs of three agents in three hours, of which one agent has the cost and one the failures."""
    records: Sequence[Record] = [
        *(make_run("a"), make_llm_call(run_id="a", tokens_in=900), make_run_end("a", at=AT + 7 * SECOND)),
        *(make_run("b", at=AT - HOUR), make_event(run_id="b", at=AT + 2 * HOUR, status="failed")),
        *(make_run("c", agent_name="writer"), make_llm_call(run_id="c", cost_nanos=5_000, tokens_cached=7)),
        *(make_run("d", agent_name="tester"), make_run_end("d", at=AT + SECOND, status="failed")),
        *(make_run("e", agent_name="tester"), make_run_end("e", at=AT + 2 * SECOND, status="cancelled")),
    ]
    apply(store, scope, *records)
