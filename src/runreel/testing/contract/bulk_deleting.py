"""Deleting many runs: in parts, by what they have in common."""

from __future__ import annotations

import pytest

from runreel.errors import NotFoundError
from runreel.model.run import DeleteReport, RunFilter
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, read_all
from runreel.testing.record import AT, NOW, SECOND, make_event, make_run, make_run_end


class BulkDeletingContract(StoreContract):
    """Promises of `RunStore.delete_runs` and `RunStore.count_runs`."""

    @pytest.mark.parametrize(
        ("query", "matching"),
        [
            (RunFilter(), "abcd"),
            (RunFilter(statuses=("failed",)), "b"),
            (RunFilter(agent_name="writer"), "d"),
            (RunFilter(session_id="s"), "c"),
            (RunFilter(tag="t", statuses=("executing",)), "a"),
            (RunFilter(parent_run_id="a"), "c"),
            (RunFilter(environment="live", mode="hitl"), "b"),
            (RunFilter(since=AT + SECOND, until=AT + 2 * SECOND), "b"),
            (RunFilter(run_ids=("d", "a", "nothing", "a\0b")), "ad"),
            (RunFilter(run_ids=("a", "b"), statuses=("failed",)), "b"),
            (RunFilter(text="UN 1", has_errors=False, agent_name="planner"), "a"),
            (RunFilter(text="É"), "d"),
            (RunFilter(run_ids=()), ""),
        ],
        ids=str,
    )
    def test_what_matches_is_deleted_and_nothing_else(
        self, store: Store, scope: Scope, elsewhere: Scope, query: RunFilter, matching: str
    ) -> None:
        for each in (scope, elsewhere):
            apply(
                store,
                each,
                make_run("a", tags=["t"]),
                make_event("e", "a"),
                make_run("b", at=AT + SECOND, tags=["t"], environment="live", mode="hitl"),
                make_run_end("b", at=AT + 2 * SECOND, status="failed"),
                make_run("c", at=AT + 2 * SECOND, session_id="s", parent_run_id="a"),
                make_run("d", at=AT + 3 * SECOND, agent_name="writer", run_name="café"),
            )
        n_events = int("a" in matching)
        count = store.runs.count_runs(scope, query)
        assert (count.n_runs, count.n_events) == (len(matching), n_events)
        report = delete_all(store, scope, query)
        assert (report.n_runs, report.n_events) == (len(matching), n_events)
        assert run_ids(store, scope) == sorted(set("abcd") - set(matching))
        assert run_ids(store, elsewhere) == list("abcd")
        for run_id in matching:
            assert apply(store, scope, make_run(run_id)).refused != []

    def test_many_runs_are_deleted_in_parts(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *(make_run(f"{number}", at=AT + number) for number in range(250)))
        parts: list[int] = []
        cursor: str | None = None
        while True:
            report = store.runs.delete_runs(scope, RunFilter(), now=NOW, cursor=cursor)
            parts.append(report.n_runs)
            cursor = report.next_cursor
            if cursor is None:
                break
        assert parts == [100, 100, 50]
        with pytest.raises(NotFoundError):
            store.runs.get_agent(scope, "planner")

    def test_a_part_has_few_events_or_one_run(self, store: Store, scope: Scope) -> None:
        for number in range(3):
            many = [make_event(f"{n}", f"{number}", at=AT + number) for n in range(11_000)]
            apply(store, scope, make_run(f"{number}", at=AT + number), *many)
        first = store.runs.delete_runs(scope, RunFilter(), now=NOW)
        assert (first.n_runs, first.n_events) == (1, 11_000)
        assert first.next_cursor is not None
        assert run_ids(store, scope) == ["0", "1"]

    def test_runs_that_come_meanwhile_stay(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("old"))
        apply(store, scope, make_run("new"), now=NOW + 1)
        assert delete_all(store, scope, RunFilter()).n_runs == 1
        assert run_ids(store, scope) == ["new"]

    def test_deleting_nothing_is_fine(self, store: Store, scope: Scope) -> None:
        assert store.runs.delete_runs(scope, RunFilter(), now=NOW) == DeleteReport(n_runs=0, n_events=0)
        assert store.runs.count_runs(scope, RunFilter()).n_runs == 0


def delete_all(store: Store, scope: Scope, query: RunFilter) -> DeleteReport:
    """Delete in parts until there is no more."""
    n_runs = n_events = 0
    cursor: str | None = None
    while True:
        report = store.runs.delete_runs(scope, query, now=NOW, cursor=cursor)
        n_runs, n_events, cursor = n_runs + report.n_runs, n_events + report.n_events, report.next_cursor
        if cursor is None:
            return DeleteReport(n_runs=n_runs, n_events=n_events)


def run_ids(store: Store, scope: Scope) -> list[str]:
    """Return the ids of all runs."""
    runs = read_all(lambda cursor: store.runs.list_runs(scope, RunFilter(), limit=100, cursor=cursor))
    return sorted(run.run_id for run in runs)
