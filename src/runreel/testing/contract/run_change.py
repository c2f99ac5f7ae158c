"""Which runs of a project changed, and how a store says that something did."""

from __future__ import annotations

import queue
from collections.abc import Mapping
from contextlib import suppress

import pytest

from runreel.model.change import ProjectChanges
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply
from runreel.testing.record import NOW, make_event, make_run

_HEARD_WITHIN_S = 10


class RunChangeContract(StoreContract):
    """Promises of `list_run_changes` and `get_change_no`."""

    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    def test_reading_on_visits_every_run(self, store: Store, scope: Scope, limit: int) -> None:
        for n in range(5):
            apply(store, scope, make_run(f"{n}-a"), make_run(f"{n}-b"))
        pages = _read_on(store, scope, limit=limit)
        assert sorted(run.run_id for page in pages for run in page.runs) == sorted(
            f"{n}-{k}" for n in range(5) for k in "ab"
        )
        assert pages[-1].change_no == store.changes.get_change_no(scope) == 5

    def test_the_runs_of_one_transaction_stay_together(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *(make_run(f"{n}") for n in range(7)))
        apply(store, scope, make_run("later"))
        first, second = _read_on(store, scope, limit=2)
        assert (len(first.runs), [run.run_id for run in second.runs]) == (7, ["later"])

    def test_a_run_that_changes_while_it_is_read_comes_again(self, store: Store, scope: Scope) -> None:
        for n in range(4):
            apply(store, scope, make_run(f"{n}"))
        first = store.changes.list_run_changes(scope, after=0, limit=2)
        apply(store, scope, make_event("e", "0"), make_event("e", "3"))
        rest = _read_on(store, scope, limit=2, after=first.change_no)
        assert [run.run_id for run in first.runs] == ["0", "1"]
        assert [(run.run_id, run.n_events) for run in rest[0].runs] == [("2", 0), *_by_key(store, scope, "0", "3")]

    def test_deleted_runs_are_told(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a"), make_run("b"))
        before = store.changes.get_change_no(scope)
        store.runs.delete_run(scope, "a", now=NOW)
        assert store.changes.list_run_changes(scope, after=before, limit=10) == ProjectChanges(
            runs=(), deleted=("a",), change_no=before + 1, is_caught_up=True
        )
        store.runs.delete_agent(scope, "planner", now=NOW)
        changes = store.changes.list_run_changes(scope, after=0, limit=10)
        assert (changes.runs, changes.deleted) == ((), ("a", "b"))

    def test_reading_until_a_number_leaves_the_rest_for_later(self, store: Store, scope: Scope) -> None:
        for n in range(4):
            apply(store, scope, make_run(f"{n}"))
        changes = store.changes.list_run_changes(scope, after=1, limit=10, until=3)
        assert [run.run_id for run in changes.runs] == ["1", "2"]
        assert (changes.change_no, changes.is_caught_up) == (3, False)

    def test_a_project_without_runs_has_no_changes(self, store: Store, elsewhere: Scope, scope: Scope) -> None:
        apply(store, scope, make_run())
        assert store.changes.get_change_no(elsewhere) == 0
        assert store.changes.list_run_changes(elsewhere, after=0, limit=10) == ProjectChanges(
            runs=(), deleted=(), change_no=0, is_caught_up=True
        )

    def test_numbers_belong_to_their_project(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, make_run())
        apply(store, elsewhere, make_run())
        apply(store, elsewhere, make_event())
        assert (store.changes.get_change_no(scope), store.changes.get_change_no(elsewhere)) == (1, 2)
        (run,) = store.changes.list_run_changes(scope, after=0, limit=10).runs
        assert run.n_events == 0


class WatchContract(StoreContract):
    """Promises of `watch`."""

    def test_a_commit_is_told_before_its_call_returns(self, store: Store, scope: Scope) -> None:
        heard = _Heard()
        watch = store.changes.watch(heard)
        try:
            run, other, project = watch.add(scope, "a"), watch.add(scope, "b"), watch.add(scope, None)
            # Whatever is found at the beginning is told once.
            heard.until({run, other, project})
            apply(store, scope, make_run("a"))
            assert heard.now() >= {run, project}
            store.runs.rename_run(scope, "a", "mine")
            assert heard.now() >= {run, project}
            apply(store, scope, make_event("e", "b"))
            assert heard.now() >= {other, project}
            store.runs.settle_runs(seen_before=NOW + 1)
            assert heard.now() >= {other, project}
            store.runs.delete_run(scope, "a", now=NOW)
            assert heard.now() >= {run, project}
        finally:
            watch.close()

    def test_it_is_told_after_the_commit(self, store: Store, scope: Scope) -> None:
        seen: queue.SimpleQueue[int] = queue.SimpleQueue()
        watch = store.changes.watch(lambda _: seen.put(store.runs.get_run(scope, "a").n_events))
        try:
            watch.add(scope, "a")
            apply(store, scope, make_event("e", "a"))
            assert seen.get(timeout=_HEARD_WITHIN_S) == 1
        finally:
            watch.close()

    def test_what_another_process_commits_is_told(self, store: Store, store_to_close: Store, scope: Scope) -> None:
        heard = _Heard()
        watch = store.changes.watch(heard)
        try:
            run, project = watch.add(scope, "a"), watch.add(scope, None)
            # Whatever is found at the beginning is told once.
            heard.until({run, project})
            apply(store_to_close, scope, make_run("a"))
            heard.until({run, project})
        finally:
            watch.close()
            store_to_close.close()

    def test_a_large_commit_of_another_process_is_told(self, store: Store, store_to_close: Store, scope: Scope) -> None:
        heard = _Heard()
        watch = store.changes.watch(heard)
        try:
            run = watch.add(scope, "999")
            heard.until({run})
            apply(store_to_close, scope, *(make_run(f"{n}") for n in range(1_000)))
            heard.until({run})
        finally:
            watch.close()
            store_to_close.close()

    def test_what_is_not_followed_any_more_is_not_told(self, store: Store, scope: Scope) -> None:
        heard = _Heard()
        watch = store.changes.watch(heard)
        kept, left = watch.add(scope, "a"), watch.add(scope, "b")
        heard.until({kept, left})
        watch.remove(left)
        watch.remove(left)
        apply(store, scope, make_run("a"), make_run("b"))
        watch.close()
        assert heard.now() == {kept}
        apply(store, scope, make_event("e", "a"))
        watch.close()
        assert heard.now() == set()

    def test_nothing_is_told_of_another_project(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        heard = _Heard()
        watch = store.changes.watch(heard)
        theirs, ours = ({watch.add(where, "a"), watch.add(where, None)} for where in (elsewhere, scope))
        assert len(theirs | ours) == 4
        heard.until(theirs | ours)
        apply(store, elsewhere, make_run("a"))
        watch.close()
        assert heard.now() == theirs


class _Heard:
    """Keeps what it is told until somebody asks."""

    def __init__(self) -> None:
        self._numbers: queue.SimpleQueue[int] = queue.SimpleQueue()

    def __call__(self, heads: Mapping[int, int | None]) -> None:
        for number in heads:
            self._numbers.put(number)

    def until(self, wanted: set[int]) -> None:
        """Wait until all of these were told."""
        heard: set[int] = set()
        while not heard >= wanted:
            heard.add(self._numbers.get(timeout=_HEARD_WITHIN_S))

    def now(self) -> set[int]:
        """Return what was told since somebody asked."""
        heard: set[int] = set()
        with suppress(queue.Empty):
            while True:
                heard.add(self._numbers.get_nowait())
        return heard


def _by_key(store: Store, scope: Scope, *run_ids: str) -> list[tuple[str, int]]:
    listed = store.changes.list_run_changes(scope, after=0, limit=100).runs
    return [(run.run_id, run.n_events) for run in listed if run.run_id in run_ids]


def _read_on(store: Store, scope: Scope, *, limit: int, after: int = 0) -> list[ProjectChanges]:
    pages = [store.changes.list_run_changes(scope, after=after, limit=limit)]
    while not pages[-1].is_caught_up:
        assert pages[-1].change_no > after
        after = pages[-1].change_no
        pages.append(store.changes.list_run_changes(scope, after=after, limit=limit))
    return pages
