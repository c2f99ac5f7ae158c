"""Names that people give to runs."""

from __future__ import annotations

from functools import partial

import pytest

from runreel.errors import InvalidNameError, NameTakenError, NotFoundError, RenamedError
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, at_once, name_of
from runreel.testing.record import AT, NOW, make_event, make_run, make_run_end


class RenamingContract(StoreContract):
    """Promises of `RunStore.rename_run` and of `get_run_by_name`."""

    def test_a_renamed_run_has_its_new_name(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_event())
        run = store.runs.rename_run(scope, "run-1", "mine")
        assert (run.run_name, run.n_events) == ("mine", 1)
        assert store.runs.get_run(scope, "run-1") == run
        assert store.runs.get_run_by_name(scope, "planner", "mine") == run

    def test_a_former_name_says_the_present_one(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        for name in ("first", "second"):
            store.runs.rename_run(scope, "run-1", name)
        for former in ("run 1", "first"):
            with pytest.raises(RenamedError) as caught:
                store.runs.get_run_by_name(scope, "planner", former)
            assert (caught.value.run_name, caught.value.run_id) == ("second", "run-1")

    def test_renaming_to_the_present_name_changes_nothing(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        run = store.runs.rename_run(scope, "run-1", "mine")
        assert store.runs.rename_run(scope, "run-1", "mine") == run

    def test_renaming_to_the_automatic_name_it_has_keeps_that_for_ever(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        store.runs.rename_run(scope, "run-1", "run 1")
        apply(store, scope, make_run(at=AT + 1, run_name="report"))
        assert name_of(store, scope, "run-1") == "run 1"

    def test_a_name_is_kept_trimmed_and_composed(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        assert store.runs.rename_run(scope, "run-1", "  Cafe\u0301 ").run_name == "Café"

    @pytest.mark.parametrize("name", ["", "  ", ".", "..", "nodes", "a\nb", "\ud800", "n" * 256, "\x00"])
    def test_an_unusable_name_is_refused(self, store: Store, scope: Scope, name: str) -> None:
        apply(store, scope, make_run())
        with pytest.raises(InvalidNameError):
            store.runs.rename_run(scope, "run-1", name)
        assert name_of(store, scope, "run-1") == "run 1"

    @pytest.mark.parametrize(
        "name", ["a/b", "50 %", "%2F", "a#b?c=d&e", "🚀 ☃", "مرحبا", "n" * 255, "temp_mine", "Nodes", "'; --"]
    )
    def test_any_other_name_can_be_given_and_found(self, store: Store, scope: Scope, name: str) -> None:
        apply(store, scope, make_run(agent_name=name))
        store.runs.rename_run(scope, "run-1", name)
        assert store.runs.get_run_by_name(scope, name, name).run_id == "run-1"

    def test_names_that_differ_only_in_case_are_two(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a"), make_run("b"))
        store.runs.rename_run(scope, "a", "Report")
        store.runs.rename_run(scope, "b", "report")
        assert store.runs.get_run_by_name(scope, "planner", "Report").run_id == "a"

    def test_a_taken_name_is_refused_and_the_holder_named(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a", run_name="report"), make_run("b"))
        with pytest.raises(NameTakenError) as caught:
            store.runs.rename_run(scope, "b", "report")
        assert caught.value.holder_run_id == "a"
        assert name_of(store, scope, "b") == "run 1"

    def test_a_name_of_another_agents_run_is_free(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a", run_name="report"), make_run("b", agent_name="writer"))
        assert store.runs.rename_run(scope, "b", "report").run_name == "report"

    def test_a_run_can_be_given_its_former_name_back(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        store.runs.rename_run(scope, "run-1", "mine")
        store.runs.rename_run(scope, "run-1", "run 1")
        assert store.runs.get_run_by_name(scope, "planner", "run 1").run_id == "run-1"
        with pytest.raises(RenamedError):
            store.runs.get_run_by_name(scope, "planner", "mine")

    def test_another_run_can_be_given_a_former_name(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a"), make_run("b", at=AT + 1))
        store.runs.rename_run(scope, "a", "mine")
        store.runs.rename_run(scope, "b", "run 1")
        assert store.runs.get_run_by_name(scope, "planner", "run 1").run_id == "b"

    def test_no_record_undoes_a_name_of_a_person(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(run_name="report"))
        store.runs.rename_run(scope, "run-1", "mine")
        apply(store, scope, make_run(at=AT + 1, run_name="wire"), make_run_end(run_name="wire at the end"))
        assert name_of(store, scope, "run-1") == "mine"

    def test_a_run_can_be_named_before_its_agent_is_settled(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event(agent_name="helper"))
        store.runs.rename_run(scope, "run-1", "mine")
        apply(store, scope, make_run())
        run = store.runs.get_run(scope, "run-1")
        assert (run.agent_name, run.run_name) == ("planner", "mine")

    def test_a_missing_run_can_not_be_renamed(self, store: Store, scope: Scope) -> None:
        with pytest.raises(NotFoundError):
            store.runs.rename_run(scope, "nothing", "mine")

    def test_of_two_who_want_one_name_at_once_one_gets_it(self, store: Store, scope: Scope) -> None:
        run_ids = [f"{number}" for number in range(8)]
        apply(store, scope, *(make_run(run_id) for run_id in run_ids))

        def rename(run_id: str) -> bool:
            try:
                store.runs.rename_run(scope, run_id, "mine")
            except NameTakenError:
                return False
            return True

        assert sum(at_once(partial(rename, run_id) for run_id in run_ids)) == 1

    def test_a_name_nobody_has_is_not_found(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        for agent_name, run_name in (("planner", "run 2"), ("writer", "run 1"), ("planner", "RUN 1")):
            with pytest.raises(NotFoundError) as caught:
                store.runs.get_run_by_name(scope, agent_name, run_name)
            assert not isinstance(caught.value, RenamedError)

    def test_aliases_of_a_deleted_run_end(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        store.runs.rename_run(scope, "run-1", "mine")
        store.runs.delete_run(scope, "run-1", now=NOW)
        for name in ("run 1", "mine"):
            with pytest.raises(NotFoundError) as caught:
                store.runs.get_run_by_name(scope, "planner", name)
            assert not isinstance(caught.value, RenamedError)
