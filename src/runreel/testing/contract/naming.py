"""Names that runs get by themselves: numbers, wishes, placeholders, and runs whose agent is not settled yet."""

from __future__ import annotations

from functools import partial

import pytest

from runreel.errors import NotFoundError, RenamedError
from runreel.model.record import Rank
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, at_once, name_of
from runreel.testing.record import AT, HOUR, NOW, SECOND, make_event, make_run, make_run_end

_PAST = AT - 100 * HOUR
"""Long before any other test's runs were first seen, so that settling names none of theirs."""


class NamingContract(StoreContract):
    """DESIGN §2.4 to §2.6, as far as nobody renames."""

    def test_runs_are_numbered_by_agent(self, store: Store, scope: Scope) -> None:
        for run_id in ("a", "b"):
            apply(store, scope, make_run(run_id))
        apply(store, scope, make_run("c", agent_name="writer"))
        names = [name_of(store, scope, run_id) for run_id in ("a", "b", "c")]
        assert names == ["run 1", "run 2", "run 1"]

    def test_runs_of_one_batch_are_numbered_in_the_order_of_their_beginning(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("b", at=AT + 2), make_run("a", at=AT + 2), make_run("c", at=AT + 1))
        assert [name_of(store, scope, run_id) for run_id in ("c", "a", "b")] == ["run 1", "run 2", "run 3"]

    def test_runs_opened_at_once_get_one_number_each(self, store: Store, scope: Scope) -> None:
        run_ids = [f"run-{number}" for number in range(40)]
        at_once(partial(apply, store, scope, make_run(run_id), make_event("e", run_id)) for run_id in run_ids)
        names = {name_of(store, scope, run_id) for run_id in run_ids}
        assert names == {f"run {number}" for number in range(1, 41)}

    def test_one_run_opened_by_many_at_once_is_one_run(self, store: Store, scope: Scope) -> None:
        at_once(partial(apply, store, scope, make_run(), make_event(f"e{number}")) for number in range(16))
        run = store.runs.get_run(scope, "run-1")
        assert (run.run_name, run.n_events) == ("run 1", 16)
        agent = store.runs.get_agent(scope, "planner")
        assert (agent.n_runs, agent.n_events) == (1, 16)

    def test_a_number_is_not_used_again_after_a_rename(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a"))
        store.runs.rename_run(scope, "a", "mine")
        apply(store, scope, make_run("b"))
        assert name_of(store, scope, "b") == "run 2"

    def test_a_number_is_not_used_again_after_a_delete(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a"))
        store.runs.delete_run(scope, "a", now=NOW)
        apply(store, scope, make_run("b"))
        assert name_of(store, scope, "b") == "run 2"

    def test_the_counter_outlives_its_agent(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a"), make_run("b"))
        store.runs.delete_agent(scope, "planner", now=NOW)
        apply(store, scope, make_run("c"))
        assert name_of(store, scope, "c") == "run 3"
        assert store.runs.get_agent(scope, "planner").n_runs == 1

    def test_numbers_that_are_taken_as_names_are_skipped(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a", run_name="run 1"), make_run("b", run_name="run 3"))
        apply(store, scope, make_run("c"))
        apply(store, scope, make_run("d"))
        assert [name_of(store, scope, run_id) for run_id in "cd"] == ["run 2", "run 4"]

    def test_chosen_names_do_not_move_the_counter(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a", run_name="report"), make_run("b", run_name="run 40"))
        apply(store, scope, make_run("c"))
        assert name_of(store, scope, "c") == "run 1"

    def test_a_recorder_gets_the_name_it_asks_for(self, store: Store, scope: Scope) -> None:
        report = apply(store, scope, make_run(run_name="nightly / 2026 🚀"))
        assert name_of(store, scope, "run-1") == "nightly / 2026 🚀"
        assert report.runs["run-1"].run_name == "nightly / 2026 🚀"
        assert store.runs.get_run_by_name(scope, "planner", "nightly / 2026 🚀").run_id == "run-1"

    def test_a_name_that_another_run_has_gets_a_number(self, store: Store, scope: Scope) -> None:
        for run_id in "abc":
            apply(store, scope, make_run(run_id, run_name="report"))
        assert [name_of(store, scope, run_id) for run_id in "abc"] == ["report", "report (2)", "report (3)"]

    def test_equal_wishes_of_one_batch_are_told_apart(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *(make_run(f"{n:02}", at=AT + n, run_name="report") for n in range(1, 21)))
        names = [name_of(store, scope, f"{n:02}") for n in range(1, 21)]
        assert names == ["report", *(f"report ({n})" for n in range(2, 21))]

    def test_many_runs_of_one_wish_are_numbered_without_gaps(self, store: Store, scope: Scope) -> None:
        for batch in (range(150), range(150, 151), range(151, 300)):
            apply(store, scope, *(make_run(f"{n:03}", at=AT + n, run_name="report") for n in batch))
        names = [name_of(store, scope, f"{n:03}") for n in range(300)]
        assert names == ["report", *(f"report ({n})" for n in range(2, 301))]

    def test_a_copy_of_the_longest_name_is_no_longer(self, store: Store, scope: Scope) -> None:
        longest = "n" * 255
        apply(store, scope, make_run("a", run_name=longest), make_run("b", at=AT + 1, run_name=longest))
        assert name_of(store, scope, "b") == "n" * 251 + " (2)"

    def test_agents_have_names_of_their_own(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a", run_name="report"), make_run("b", agent_name="writer", run_name="report"))
        assert [name_of(store, scope, run_id) for run_id in "ab"] == ["report", "report"]

    def test_a_later_wish_renames_and_leaves_an_alias(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        apply(store, scope, make_run(at=AT + 1, run_name="report"))
        assert name_of(store, scope, "run-1") == "report"
        with pytest.raises(RenamedError) as caught:
            store.runs.get_run_by_name(scope, "planner", "run 1")
        assert (caught.value.agent_name, caught.value.run_name, caught.value.run_id) == ("planner", "report", "run-1")

    @pytest.mark.parametrize("wish", ["run 1", "report (2)"])
    def test_a_wish_for_the_name_that_the_run_has_changes_nothing(self, store: Store, scope: Scope, wish: str) -> None:
        if wish == "report (2)":
            apply(store, scope, make_run("first", run_name="report"), make_run(at=AT + 1, run_name="report"))
        else:
            apply(store, scope, make_run())
        assert name_of(store, scope, "run-1") == wish
        apply(store, scope, make_run(at=AT + 2, run_name=wish))
        assert name_of(store, scope, "run-1") == wish

    def test_a_run_without_a_settled_agent_has_no_name(self, store: Store, scope: Scope) -> None:
        report = apply(store, scope, make_event(agent_name="helper"))
        assert report.runs["run-1"].run_name is None
        run = store.runs.get_run(scope, "run-1")
        assert (run.run_name, run.agent_name) == (None, "helper")

    def test_an_inferred_wish_does_not_settle_the_agent(self, store: Store, scope: Scope) -> None:
        wish = make_run(rank=Rank.INFERRED, agent_name=None, status=None, run_name="report")
        apply(store, scope, make_event(agent_name="helper"), wish)
        assert name_of(store, scope, "run-1") is None
        apply(store, scope, make_run())
        assert name_of(store, scope, "run-1") == "report"

    @pytest.mark.parametrize("turned", [False, True])
    def test_the_inferred_agent_is_that_of_the_earliest_event(self, store: Store, scope: Scope, turned: bool) -> None:
        records = [make_event("a", at=AT, agent_name="first"), make_event("b", at=AT + 1, agent_name="second")]
        for record in reversed(records) if turned else records:
            apply(store, scope, record)
        assert store.runs.get_run(scope, "run-1").agent_name == "first"

    def test_a_run_is_named_when_its_agent_is_settled(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event(agent_name="helper"))
        apply(store, scope, make_run(agent_name="planner"))
        run = store.runs.get_run(scope, "run-1")
        assert (run.agent_name, run.run_name) == ("planner", "run 1")

    def test_a_run_is_named_when_it_ends(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event(agent_name="helper"))
        apply(store, scope, make_run_end())
        run = store.runs.get_run(scope, "run-1")
        assert (run.agent_name, run.run_name) == ("helper", "run 1")

    def test_a_run_of_which_no_agent_is_known_belongs_to_an_unknown_one(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run_end())
        run = store.runs.get_run(scope, "run-1")
        assert (run.agent_name, run.run_name) == ("unknown", "run 1")

    def test_settling_names_runs_that_waited_long_enough(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("e", "old", agent_name="helper"), now=_PAST)
        apply(store, scope, make_event("e", "new", agent_name="helper"), now=_PAST + 1)
        assert store.runs.settle_runs(seen_before=_PAST) == 0
        assert store.runs.settle_runs(seen_before=_PAST + 1) == 1
        assert (name_of(store, scope, "old"), name_of(store, scope, "new")) == ("run 1", None)
        store.runs.settle_runs(seen_before=_PAST + 2)

    def test_settling_twice_changes_nothing(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event(agent_name="helper"), now=_PAST)
        store.runs.settle_runs(seen_before=_PAST + 1)
        before = store.runs.get_run(scope, "run-1")
        assert store.runs.settle_runs(seen_before=_PAST + 1) == 0
        assert store.runs.get_run(scope, "run-1") == before

    def test_settling_reaches_all_projects(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        for each in (scope, elsewhere):
            apply(store, each, make_event(agent_name="helper"), now=_PAST)
        assert store.runs.settle_runs(seen_before=_PAST + 1) == 2
        assert [name_of(store, each, "run-1") for each in (scope, elsewhere)] == ["run 1", "run 1"]

    def test_settling_takes_the_wish(self, store: Store, scope: Scope) -> None:
        wish = make_run(rank=Rank.INFERRED, agent_name=None, status=None, run_name="report")
        apply(store, scope, make_event(agent_name="helper"), wish, now=_PAST)
        store.runs.settle_runs(seen_before=_PAST + 1)
        assert name_of(store, scope, "run-1") == "report"

    def test_settling_goes_on_until_every_run_has_a_name(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *(make_event("e", f"{n}", agent_name="helper") for n in range(1_100)), now=_PAST)
        n_named = [store.runs.settle_runs(seen_before=_PAST + 1) for _ in range(5)]
        assert (sum(n_named), n_named[-1]) == (1_100, 0)

    def test_a_run_whose_agent_is_settled_later_moves_and_is_named_there(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("other"))
        apply(store, scope, make_event(agent_name="helper"), now=_PAST)
        store.runs.settle_runs(seen_before=_PAST + 1)
        apply(store, scope, make_run())
        run = store.runs.get_run(scope, "run-1")
        assert (run.agent_name, run.run_name) == ("planner", "run 2")

    def test_a_moved_run_leaves_an_alias_at_its_former_agent(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event(agent_name="helper"), now=_PAST)
        store.runs.settle_runs(seen_before=_PAST + 1)
        apply(store, scope, make_run())
        with pytest.raises(RenamedError) as caught:
            store.runs.get_run_by_name(scope, "helper", "run 1")
        assert (caught.value.agent_name, caught.value.run_name) == ("planner", "run 1")
        apply(store, scope, make_run("next", agent_name="helper"))
        assert name_of(store, scope, "next") == "run 2"

    def test_a_name_of_a_person_moves_with_the_run(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event(agent_name="helper"))
        apply(store, scope, make_run("other", run_name="mine"))
        store.runs.rename_run(scope, "run-1", "mine")
        apply(store, scope, make_run())
        assert name_of(store, scope, "run-1") == "mine (2)"

    def test_a_new_run_that_takes_a_former_name_ends_the_alias(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a", run_name="report"))
        apply(store, scope, make_run("a", at=AT + 1, run_name="final"))
        apply(store, scope, make_run("b", run_name="report"))
        assert store.runs.get_run_by_name(scope, "planner", "report").run_id == "b"
        store.runs.delete_run(scope, "b", now=NOW)
        with pytest.raises(NotFoundError) as caught:
            store.runs.get_run_by_name(scope, "planner", "report")
        assert not isinstance(caught.value, RenamedError)

    def test_a_drawn_number_ends_the_alias_of_that_name(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a", run_name="run 1"))
        apply(store, scope, make_run("a", at=AT + 1, run_name="report"))
        apply(store, scope, make_run("b"))
        assert store.runs.get_run_by_name(scope, "planner", "run 1").run_id == "b"

    def test_a_run_that_moves_back_is_numbered_anew(self, store: Store, scope: Scope) -> None:
        for second, agent_name in enumerate(("planner", "writer", "planner")):
            apply(store, scope, make_run(at=AT + second * SECOND, agent_name=agent_name))
        run = store.runs.get_run(scope, "run-1")
        assert (run.agent_name, run.run_name) == ("planner", "run 2")
        for agent_name in ("planner", "writer"):
            with pytest.raises(RenamedError):
                store.runs.get_run_by_name(scope, agent_name, "run 1")
