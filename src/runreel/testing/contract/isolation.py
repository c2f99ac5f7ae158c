"""Nothing of a project is visible from another, whatever is asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runreel.errors import NotFoundError
from runreel.model.run import RunFilter
from runreel.model.scope import Scope
from runreel.model.span import SpanQuery
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, name_of
from runreel.testing.record import NOW, make_event, make_run, make_session
from runreel.testing.workflow import make_workflow


class RunIsolationContract(StoreContract):
    """DESIGN §2.1 and §2.10 for `RunStore`."""

    def test_lists_show_nothing_of_another_project(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, make_session(), *make_workflow("a"))
        assert store.runs.list_runs(elsewhere, RunFilter(), limit=10).items == ()
        assert store.runs.list_runs_at(elsewhere, RunFilter(), limit=10, offset=0) == []
        assert store.runs.list_runs_of_event(elsewhere, "call in step_1", limit=10) == []
        assert store.runs.list_agents(elsewhere, limit=10).items == ()
        assert store.runs.list_sessions(elsewhere, limit=10).items == ()

    def test_what_another_project_has_is_not_found(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, make_session(), *make_workflow("a"))
        store.runs.rename_run(scope, "a", "mine")
        asked: list[Callable[[Scope], object]] = [
            lambda who: store.runs.get_run(who, "a"),
            lambda who: store.runs.get_run_detail(who, "a"),
            lambda who: store.runs.get_run_by_name(who, "planner", "mine"),
            lambda who: store.runs.rename_run(who, "a", "stolen"),
            lambda who: store.runs.get_agent(who, "planner"),
            lambda who: store.runs.get_session(who, "session-1"),
            lambda who: store.runs.rename_session(who, "session-1", "stolen"),
            lambda who: store.runs.delete_run(who, "a", now=NOW),
            lambda who: store.runs.delete_agent(who, "planner", now=NOW),
            lambda who: store.runs.delete_session(who, "session-1", now=NOW),
        ]
        for ask in asked:
            with pytest.raises(NotFoundError) as caught:
                ask(elsewhere)
            assert type(caught.value) is NotFoundError
        assert store.runs.get_run(scope, "a").run_name == "mine"
        assert store.runs.get_session(scope, "session-1").name == "session-1"

    def test_an_alias_of_another_project_says_nothing(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, make_run())
        store.runs.rename_run(scope, "run-1", "mine")
        with pytest.raises(NotFoundError) as caught:
            store.runs.get_run_by_name(elsewhere, "planner", "run 1")
        assert type(caught.value) is NotFoundError

    def test_one_run_id_in_two_projects_is_two_runs(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        store.runs.apply([(scope, [make_run(task="here")]), (elsewhere, [make_run(task="there")])], now=NOW)
        apply(store, elsewhere, make_event())
        assert (store.runs.get_run(scope, "run-1").task, store.runs.get_run(scope, "run-1").n_events) == ("here", 0)
        assert store.runs.get_run(elsewhere, "run-1").task == "there"
        store.runs.delete_run(elsewhere, "run-1", now=NOW)
        assert store.runs.get_run(scope, "run-1").task == "here"

    def test_every_project_numbers_its_own_runs(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        for each in (scope, elsewhere):
            apply(store, each, make_run("a"), make_run("b", run_name="report"))
        assert [name_of(store, each, "a") for each in (scope, elsewhere)] == ["run 1", "run 1"]
        assert [name_of(store, each, "b") for each in (scope, elsewhere)] == ["report", "report"]

    def test_sessions_of_one_id_are_two(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        for each in (scope, elsewhere):
            store.runs.create_session(each, "chat", "Chat", now=NOW)
        apply(store, scope, make_run(session_id="chat"))
        assert store.runs.get_session(elsewhere, "chat").n_runs == 0
        store.runs.delete_session(elsewhere, "chat", now=NOW)
        assert store.runs.get_session(scope, "chat").n_runs == 1


class EventIsolationContract(StoreContract):
    """DESIGN §2.1, §2.2 and §2.10 for `EventStore`."""

    @pytest.mark.parametrize("where", ["another project", "another run", "no run"])
    def test_what_is_inside_a_run_is_found_only_there(
        self, store: Store, scope: Scope, elsewhere: Scope, where: str
    ) -> None:
        apply(store, scope, *make_workflow("a"), make_run("b"))
        who = elsewhere if where == "another project" else scope
        run_id = {"another project": "a", "another run": "b", "no run": "c"}[where]
        asked: list[Callable[[], object]] = [
            lambda: store.events.get_event(who, run_id, "call in step_1"),
            lambda: store.events.list_event_tree(who, run_id, "call in step_1", limit=10),
            lambda: store.events.get_event_family(who, run_id, "call in step_1", limit=10),
            lambda: store.events.get_node(who, run_id, "step_1"),
            lambda: store.events.get_node_summary(who, run_id, "step_1"),
            lambda: store.events.list_node_events(who, run_id, "step_1", limit=10),
            lambda: store.events.list_messages(who, run_id, node_id="step_1", limit=10),
            lambda: store.events.list_files(who, run_id, node_id="step_1", limit=10),
        ]
        if where != "another run":
            asked += [
                lambda: store.events.list_events(who, run_id, limit=10),
                lambda: store.events.list_full_events(who, run_id, limit=10),
                lambda: store.events.list_lifecycle_events(who, run_id, limit=10),
                lambda: store.events.get_graph(who, run_id),
                lambda: store.events.get_dag(who, run_id, limit=10),
                lambda: store.events.get_course(who, run_id, limit=10),
                lambda: store.spans.get_spans(who, run_id, SpanQuery(max_rows=10)),
                lambda: store.spans.get_overview(who, run_id, n_buckets=10),
                lambda: store.events.list_messages(who, run_id, limit=10),
                lambda: store.events.list_files(who, run_id, limit=10),
            ]
        for ask in asked:
            with pytest.raises(NotFoundError):
                ask()

    def test_a_run_beside_it_shows_nothing_of_a_run(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *make_workflow("a"), make_run("b"))
        assert store.events.list_events(scope, "b", limit=10).items == ()
        assert store.events.list_full_events(scope, "b", limit=10).items == ()
        graph = store.events.get_graph(scope, "b")
        assert (graph.nodes, graph.edges) == ((), ())
        assert store.events.list_messages(scope, "b", limit=10).items == ()
        assert store.events.list_files(scope, "b", limit=10).items == ()

    def test_parents_of_another_run_are_no_parents(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("parent", "a", node_id="n"), make_event("n", "b", node_id="n"))
        apply(store, scope, make_event("child", "b", parent_event_id="parent"))
        assert [event.depth for event in store.events.list_events(scope, "b", limit=10).items] == [0, 0]
        assert len(store.events.list_event_tree(scope, "a", "parent", limit=10)) == 1
        assert len(store.events.list_node_events(scope, "b", "n", limit=10).items) == 1
