"""Deleting runs: everything below goes, and nothing brings it back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from runreel.errors import NotFoundError
from runreel.model.run import RunFilter
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, at_once
from runreel.testing.record import AT, NOW, make_event, make_message, make_run
from runreel.testing.workflow import make_workflow


class DeletingContract(StoreContract):
    """Promises of `delete_run`, and what a deletion must leave alone."""

    def test_a_deleted_run_is_gone_with_everything_below_it(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *make_workflow("a"))
        report = store.runs.delete_run(scope, "a", now=NOW)
        assert (report.n_runs, report.n_events) == (1, 6)
        assert store.runs.list_runs(scope, RunFilter(), limit=10).items == ()
        assert store.runs.list_runs_of_event(scope, "call in step_1", limit=10) == []
        for read in (
            lambda: store.runs.get_run(scope, "a"),
            lambda: store.runs.get_run_by_name(scope, "planner", "run 1"),
            lambda: store.events.list_events(scope, "a", limit=10),
            lambda: store.events.get_event(scope, "a", "call in step_1"),
            lambda: store.events.get_graph(scope, "a"),
            lambda: store.events.list_node_events(scope, "a", "step_1", limit=10),
            lambda: store.events.list_messages(scope, "a", limit=10),
            lambda: store.events.list_files(scope, "a", limit=10),
        ):
            with pytest.raises(NotFoundError):
                read()

    def test_a_missing_run_can_not_be_deleted(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        for run_id in ("nothing", "a\0b", "\ud800"):
            with pytest.raises(NotFoundError):
                store.runs.delete_run(scope, run_id, now=NOW)

    def test_a_run_can_be_deleted_once(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        store.runs.delete_run(scope, "run-1", now=NOW)
        with pytest.raises(NotFoundError):
            store.runs.delete_run(scope, "run-1", now=NOW)

    @pytest.mark.parametrize("deleted", ["a", "b"])
    def test_runs_with_equal_node_ids_share_nothing(self, store: Store, scope: Scope, deleted: str) -> None:
        (kept,) = {"a", "b"} - {deleted}
        apply(store, scope, *make_workflow("a"), *make_workflow("b"))
        before = [_whole_node(store, scope, kept, node_id) for node_id in ("planning", "step_1", "terminator")]
        store.runs.delete_run(scope, deleted, now=NOW)
        after = [_whole_node(store, scope, kept, node_id) for node_id in ("planning", "step_1", "terminator")]
        assert after == before
        assert store.runs.get_run(scope, kept).n_events == 6
        assert store.runs.get_agent(scope, "planner").n_events == 6

    def test_each_run_answers_only_its_own_events_of_a_node(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *make_workflow("a"), *make_workflow("b"))
        for run_id in ("a", "b"):
            page = store.events.list_node_events(scope, run_id, "step_1", limit=10)
            assert [full.event.event_id for full in page.items] == ["call in step_1", "tool in step_1"]
            assert page.items[0].payload.inputs == f"{run_id} asks"
            assert [m.content for m in store.events.list_messages(scope, run_id, limit=10).items] == [run_id] * 3
            assert store.events.get_node(scope, run_id, "step_1").name == f"step_1 of {run_id}"

    def test_late_records_of_a_deleted_run_are_refused_and_counted(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        store.runs.delete_run(scope, "run-1", now=NOW)
        late = [make_event("e"), make_run("other"), make_message("m"), make_run()]
        for index, record in enumerate(late):
            record.index = index
        report = apply(store, scope, *late)
        assert [(issue.index, issue.kind, issue.key) for issue in report.refused] == [
            (0, "event", "e"),
            (2, "message", "m"),
            (3, "run", "run-1"),
        ]
        assert all("deleted" in issue.reason for issue in report.refused)
        assert list(report.runs) == ["other"]
        assert [run.run_id for run in store.runs.list_runs(scope, RunFilter(), limit=10).items] == ["other"]

    def test_late_records_are_refused_in_the_batch_that_brought_them(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        store.runs.delete_run(scope, "run-1", now=NOW)
        reports = store.runs.apply([(scope, [make_run("b")]), (scope, [make_event()])], now=NOW)
        assert [len(report.refused) for report in reports] == [0, 1]

    def test_an_id_that_was_deleted_in_one_project_is_free_in_another(
        self, store: Store, scope: Scope, elsewhere: Scope
    ) -> None:
        apply(store, scope, make_run())
        store.runs.delete_run(scope, "run-1", now=NOW)
        assert apply(store, elsewhere, make_run()).refused == []
        assert store.runs.get_run(elsewhere, "run-1").run_name == "run 1"

    def test_deleting_takes_its_totals_out(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("empty"))
        before = store.runs.get_agent(scope, "planner")
        apply(store, scope, *make_workflow("a"))
        store.runs.delete_run(scope, "a", now=NOW)
        assert store.runs.get_agent(scope, "planner") == before

    def test_the_name_of_a_deleted_run_is_free(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a", run_name="report"))
        store.runs.delete_run(scope, "a", now=NOW)
        apply(store, scope, make_run("b", run_name="report"))
        assert store.runs.get_run_by_name(scope, "planner", "report").run_id == "b"

    def test_records_that_come_while_a_run_is_deleted_do_not_bring_it_back(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("keeps-the-agent"))
        for attempt in range(5):
            run_id = f"doomed-{attempt}"
            apply(store, scope, *make_workflow(run_id))
            calls: list[Callable[[], object]] = [
                partial(apply, store, scope, make_event(f"e{n}", run_id, at=AT + n)) for n in range(6)
            ]
            calls.insert(3, partial(store.runs.delete_run, scope, run_id, now=NOW))
            at_once(calls)
            with pytest.raises(NotFoundError):
                store.runs.get_run(scope, run_id)
        agent = store.runs.get_agent(scope, "planner")
        assert (agent.n_runs, agent.n_events) == (1, 0)


def _whole_node(store: Store, scope: Scope, run_id: str, node_id: str) -> tuple[object, ...]:
    events = store.events
    return (
        events.get_node(scope, run_id, node_id),
        events.get_node_summary(scope, run_id, node_id),
        events.list_node_events(scope, run_id, node_id, limit=10),
        events.list_messages(scope, run_id, node_id=node_id, limit=10),
        events.list_files(scope, run_id, node_id=node_id, limit=10),
        events.get_graph(scope, run_id),
    )
