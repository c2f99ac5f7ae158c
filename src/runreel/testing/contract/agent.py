"""Agents: lists, and what becomes of those whose runs go away."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import pytest

from runreel.errors import InvalidQueryError, NotFoundError
from runreel.model.agent import AgentFilter, AgentSort
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, at_once, read_all
from runreel.testing.record import AT, NOW, SECOND, make_event, make_llm_call, make_run, make_run_end


class AgentContract(StoreContract):
    """Promises of `list_agents`, `get_agent` and `delete_agent`."""

    def test_an_empty_project_has_no_agents(self, store: Store, scope: Scope) -> None:
        page = store.runs.list_agents(scope, limit=10)
        assert (page.items, page.next_cursor) == ((), None)

    def test_agents_are_listed_by_name(self, store: Store, scope: Scope) -> None:
        names = ["b", "a", "Z", "é", "10", "9", "a/b", "🚀"]
        apply(store, scope, *(make_run(f"{n}", agent_name=name) for n, name in enumerate(names)))
        assert [agent.agent_name for agent in store.runs.list_agents(scope, limit=10).items] == sorted(names)

    @pytest.mark.parametrize("limit", [1, 2, 5, 100])
    def test_paging_visits_each_agent_once(self, store: Store, scope: Scope, limit: int) -> None:
        apply(store, scope, *(make_run(f"{n}", agent_name=f"agent {n}") for n in range(7)))
        listed = read_all(lambda cursor: store.runs.list_agents(scope, limit=limit, cursor=cursor))
        assert [agent.agent_name for agent in listed] == [f"agent {n}" for n in range(7)]

    @pytest.mark.parametrize("limit", [1, 2, 100])
    @pytest.mark.parametrize(
        ("sort", "expected"),
        [
            ("name", "abcde"),
            ("last_run", "dbcea"),
            ("runs", "abcde"),
            ("cost", "cabde"),
            ("errors", "eabcd"),
            ("p95", "badce"),
        ],
    )
    def test_agents_are_listed_in_any_order_and_then_by_name(
        self, store: Store, scope: Scope, sort: AgentSort, expected: str, limit: int
    ) -> None:
        for agent_name, at, took in (("a", 0, 4), ("a", 0, 5), ("b", 7, 6), ("c", 2, 1), ("d", 8, 3)):
            run_id = f"{agent_name} {took}"
            apply(store, scope, make_run(run_id, agent_name=agent_name, at=AT + at * SECOND))
            apply(store, scope, make_run_end(run_id, at=AT + (at + took) * SECOND))
        apply(store, scope, make_llm_call(run_id="c 1", at=AT + 2 * SECOND), make_run("e", agent_name="e", at=AT + 1))
        apply(store, scope, make_event(run_id="e", at=AT + 1, status="failed"))
        query = AgentFilter(sort=sort)
        listed = read_all(lambda cursor: store.runs.list_agents(scope, query, limit=limit, cursor=cursor))
        assert "".join(agent.agent_name for agent in listed) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", ["Straße 100%", "plan_er", "planner", "Ümlaut"]),
            ("PLAN", ["plan_er", "planner"]),
            ("n_e", ["plan_er"]),
            ("%", ["Straße 100%"]),
            ("strasse", ["Straße 100%"]),
            ("ümL", ["Ümlaut"]),
            ("none", []),
            ("\0", []),
            ("\ud800", []),
        ],
    )
    def test_agents_are_found_by_a_part_of_their_name(
        self, store: Store, scope: Scope, text: str, expected: list[str]
    ) -> None:
        names = ("planner", "plan_er", "Straße 100%", "Ümlaut")
        apply(store, scope, *(make_run(f"{n}", agent_name=name) for n, name in enumerate(names)))
        query = AgentFilter(text=text)
        listed = read_all(lambda cursor: store.runs.list_agents(scope, query, limit=1, cursor=cursor))
        assert [agent.agent_name for agent in listed] == expected

    def test_a_cursor_belongs_to_its_order(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a"), make_run("b", agent_name="writer"))
        cursor = store.runs.list_agents(scope, AgentFilter(sort="cost"), limit=1).next_cursor
        with pytest.raises(InvalidQueryError):
            store.runs.list_agents(scope, limit=1, cursor=cursor)

    def test_an_agent_knows_how_long_its_ended_runs_took(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a"), make_run("b"))
        assert store.runs.get_agent(scope, "planner").quantiles is None
        apply(store, scope, make_run_end("a", at=AT + 3 * SECOND))
        quantiles = store.runs.get_agent(scope, "planner").quantiles
        assert quantiles is not None
        assert quantiles.p95_us == pytest.approx(3 * SECOND, rel=0.02)

    def test_an_agent_is_the_same_in_lists_and_alone(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_event())
        assert store.runs.list_agents(scope, limit=1).items == (store.runs.get_agent(scope, "planner"),)

    def test_a_missing_agent_is_not_found(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        for name in ("Planner", "", "a\0b", "\ud800"):
            with pytest.raises(NotFoundError):
                store.runs.get_agent(scope, name)
            with pytest.raises(NotFoundError):
                store.runs.delete_agent(scope, name, now=NOW)

    def test_an_agent_that_was_only_guessed_leaves_no_trace(self, store: Store, scope: Scope) -> None:
        """Else the list of agents would depend on what came first."""
        apply(store, scope, make_event(agent_name="helper"))
        apply(store, scope, make_run())
        assert [agent.agent_name for agent in store.runs.list_agents(scope, limit=10).items] == ["planner"]
        with pytest.raises(NotFoundError):
            store.runs.get_agent(scope, "helper")

    def test_deleting_an_agent_deletes_its_runs_and_no_other(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a"), make_event("e", "a"), make_run("b"), make_run("c", agent_name="writer"))
        report = store.runs.delete_agent(scope, "planner", now=NOW)
        assert (report.n_runs, report.n_events) == (2, 1)
        assert [agent.agent_name for agent in store.runs.list_agents(scope, limit=10).items] == ["writer"]
        assert store.runs.get_run(scope, "c").run_name == "run 1"
        with pytest.raises(NotFoundError):
            store.runs.get_run(scope, "a")

    def test_late_records_do_not_bring_a_deleted_agent_back(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        store.runs.delete_agent(scope, "planner", now=NOW)
        report = apply(store, scope, make_run(), make_event())
        assert len(report.refused) == 2
        with pytest.raises(NotFoundError):
            store.runs.get_agent(scope, "planner")

    def test_a_deleted_agent_that_runs_again_starts_from_nothing(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a"), make_event("e", "a"))
        store.runs.delete_agent(scope, "planner", now=NOW)
        apply(store, scope, make_run("b", at=AT + SECOND), now=NOW + SECOND)
        agent = store.runs.get_agent(scope, "planner")
        assert (agent.n_runs, agent.n_events, agent.created_at) == (1, 0, NOW + SECOND)

    def test_runs_that_come_while_their_agent_is_deleted_are_seen_or_gone(self, store: Store, scope: Scope) -> None:
        run_ids = [f"{n}" for n in range(60)]

        def open_or_delete(run_id: str) -> None:
            apply(store, scope, make_run(run_id))
            if int(run_id) % 3 == 0:
                with suppress(NotFoundError):  # another thread was first
                    store.runs.delete_agent(scope, "planner", now=NOW)

        at_once(partial(open_or_delete, run_id) for run_id in run_ids)
        n_left = 0
        for run_id in run_ids:
            try:
                n_left += store.runs.get_run(scope, run_id).agent_name == "planner"
            except NotFoundError:
                continue
        agents = store.runs.list_agents(scope, limit=10).items
        assert [agent.n_runs for agent in agents] == ([n_left] if n_left else [])
