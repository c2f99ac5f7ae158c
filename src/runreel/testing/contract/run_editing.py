"""What people change of runs: status, tags and metadata; and the history of statuses."""

from __future__ import annotations

from functools import partial
from itertools import permutations

import pytest

from runreel.errors import InvalidNameError, InvalidQueryError, InvalidTransitionError, NameTakenError, NotFoundError
from runreel.model.run import RunFilter
from runreel.model.run_edit import RunEdit
from runreel.model.scope import Scope
from runreel.model.transition import Transition
from runreel.model.vocabulary import RUN_STATUSES
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, at_once, read_all
from runreel.testing.record import AT, NOW, SECOND, make_event, make_run, make_run_end

# When people act in these tests: after what a test's records speak of, unless it says otherwise.
LATER = AT + 60 * SECOND


class RunEditingContract(StoreContract):
    """Promises of `RunStore.edit_run` and `RunStore.list_transitions`."""

    def test_a_person_cancels_a_run(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(started_at=AT))
        run = store.runs.edit_run(scope, "run-1", RunEdit(status="cancelled"), now=LATER)
        assert (run.status, run.ended_at, run.duration_us) == ("cancelled", LATER, 60 * SECOND)
        assert store.runs.get_run(scope, "run-1") == run
        agent = store.runs.get_agent(scope, "planner")
        assert (agent.n_ended_runs, agent.duration_us) == (1, 60 * SECOND)

    @pytest.mark.parametrize("status", ["cancelled", "failed", "completed"])
    def test_no_record_undoes_an_end_by_a_person(self, store: Store, scope: Scope, status: str) -> None:
        apply(store, scope, make_run())
        store.runs.edit_run(scope, "run-1", RunEdit(status=status), now=LATER)
        apply(store, scope, make_run(at=LATER + SECOND), make_run_end(at=LATER + 2 * SECOND, status="lost"))
        assert store.runs.get_run(scope, "run-1").status == status

    def test_a_record_of_a_later_time_ends_a_pause_by_a_person(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        store.runs.edit_run(scope, "run-1", RunEdit(status="paused"), now=LATER)
        apply(store, scope, make_run_end(at=LATER - 1), make_event(at=LATER + SECOND))
        assert store.runs.get_run(scope, "run-1").status == "paused"
        apply(store, scope, make_run_end(at=LATER + 1))
        assert store.runs.get_run(scope, "run-1").status == "completed"

    @pytest.mark.parametrize("is_late", [False, True])
    def test_a_record_from_between_two_words_of_a_person_gives_way_to_the_last(
        self, store: Store, scope: Scope, is_late: bool
    ) -> None:
        between = [make_run(at=LATER + SECOND), make_run_end(at=LATER + 2 * SECOND)]
        apply(store, scope, make_run())
        store.runs.edit_run(scope, "run-1", RunEdit(status="cancelled"), now=LATER)
        if not is_late:
            apply(store, scope, *between)
        assert store.runs.get_run(scope, "run-1").status == "cancelled"
        store.runs.edit_run(scope, "run-1", RunEdit(status="executing"), now=LATER + 3 * SECOND)
        apply(store, scope, *between)
        assert store.runs.get_run(scope, "run-1").status == "executing"

    def test_a_person_has_the_last_word_over_a_clock_that_is_ahead(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_run_end(at=NOW + 9 * SECOND))
        assert store.runs.edit_run(scope, "run-1", RunEdit(status="executing"), now=NOW).status == "executing"
        apply(store, scope, make_run_end(at=NOW + 9 * SECOND))
        assert store.runs.get_run(scope, "run-1").status == "executing"

    def test_an_end_that_a_record_states_later_is_the_end(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(started_at=AT))
        store.runs.edit_run(scope, "run-1", RunEdit(status="cancelled"), now=LATER)
        apply(store, scope, make_run_end(at=LATER + SECOND))
        run = store.runs.get_run(scope, "run-1")
        assert (run.status, run.ended_at, run.duration_us) == ("cancelled", LATER + SECOND, 61 * SECOND)

    def test_a_run_that_goes_on_has_no_end(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_run_end(duration_us=7))
        run = store.runs.edit_run(scope, "run-1", RunEdit(status="executing"), now=LATER)
        assert (run.ended_at, run.duration_us) == (None, None)

    @pytest.mark.parametrize(
        ("present", "allowed"),
        [
            ("draft", {"planning", "cancelled"}),
            ("planning", {"executing", "waiting_approval", "failed", "cancelled"}),
            ("executing", {"paused", "waiting_approval", "completed", "failed", "cancelled"}),
            ("paused", {"executing", "cancelled"}),
            ("waiting_approval", {"planning", "executing", "cancelled"}),
            ("completed", {"executing"}),
            ("failed", {"executing"}),
            ("cancelled", {"executing"}),
            ("lost", {"executing", "completed", "failed", "cancelled"}),
            ("dreaming", {"executing", "paused", "waiting_approval", "completed", "failed", "cancelled"}),
        ],
    )
    def test_a_status_follows_its_transitions(
        self, store: Store, scope: Scope, present: str, allowed: set[str]
    ) -> None:
        own = {present} - {"lost", "dreaming"}
        for wanted in RUN_STATUSES:
            apply(store, scope, make_run(wanted, status=present))
            edit = RunEdit(status=wanted)
            if wanted in allowed | own:
                assert store.runs.edit_run(scope, wanted, edit, now=LATER).status == wanted
                continue
            with pytest.raises(InvalidTransitionError) as caught:
                store.runs.edit_run(scope, wanted, edit, now=LATER)
            assert (caught.value.run_status, set(caught.value.allowed_statuses)) == (present, allowed)
            assert store.runs.get_run(scope, wanted).status == present

    def test_the_tags_of_a_person_stand(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(tags=["a", "b"]))
        run = store.runs.edit_run(scope, "run-1", RunEdit(tags=["z", "b", " y ", "b"]), now=LATER)
        assert run.tags == ("b", "y", "z")
        apply(store, scope, make_run_end(at=LATER + SECOND, tags=["c"]))
        assert store.runs.get_run(scope, "run-1").tags == ("b", "y", "z")
        for tag, n_runs in (("y", 1), ("a", 0), ("c", 0)):
            assert len(store.runs.list_runs(scope, RunFilter(tag=tag), limit=9).items) == n_runs

    def test_a_person_takes_all_tags_away(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(tags=["a"]))
        store.runs.edit_run(scope, "run-1", RunEdit(tags=[]), now=LATER)
        apply(store, scope, make_run_end(at=LATER + SECOND, tags=["c"]))
        assert store.runs.get_run(scope, "run-1").tags == ()

    @pytest.mark.parametrize("tags", [[""], ["a\nb"], ["x" * 256], ["\ud800"], [f"{n}" for n in range(101)]])
    def test_unusable_tags_are_refused(self, store: Store, scope: Scope, tags: list[str]) -> None:
        apply(store, scope, make_run(tags=["a"]))
        with pytest.raises(InvalidNameError):
            store.runs.edit_run(scope, "run-1", RunEdit(tags=tags), now=LATER)
        assert store.runs.get_run(scope, "run-1").tags == ("a",)

    def test_metadata_is_patched(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(metadata={"a": 1, "b": {"c": 1, "d": 2}, "e": 3, "f": None}))
        patch = {"a": 2, "b": {"c": None, "x": {"y": None, "z": 0}}, "e": None, "new": [1, None]}
        store.runs.edit_run(scope, "run-1", RunEdit(metadata=patch), now=LATER)
        assert store.runs.get_run_detail(scope, "run-1").metadata == {
            "a": 2,
            "b": {"d": 2, "x": {"z": 0}},
            "f": None,
            "new": [1, None],
        }

    def test_no_record_undoes_metadata_of_a_person(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(metadata={"a": 1, "b": 1, "c": 1}))
        store.runs.edit_run(scope, "run-1", RunEdit(metadata={"a": 2, "b": None, "d": None}), now=LATER)
        late = {"a": 9, "b": 9, "c": 9, "d": 9}
        apply(store, scope, make_run_end(at=LATER + SECOND, metadata=late))
        assert store.runs.get_run_detail(scope, "run-1").metadata == {"a": 2, "c": 9}
        store.runs.edit_run(scope, "run-1", RunEdit(metadata={"b": 5}), now=LATER)
        assert store.runs.get_run_detail(scope, "run-1").metadata == {"a": 2, "b": 5, "c": 9}

    def test_a_run_that_only_events_speak_of_is_changed_too(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event(agent_name="helper"))
        edit = RunEdit(status="cancelled", tags=["t"], metadata={"a": 1})
        run = store.runs.edit_run(scope, "run-1", edit, now=LATER)
        assert (run.status, run.tags, run.agent_name, run.run_name) == ("cancelled", ("t",), "helper", "run 1")

    def test_what_a_person_says_last_counts_also_within_one_instant(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        for number in (2, 3, 1):
            edit = RunEdit(tags=[f"{number}"], metadata={"n": number})
            store.runs.edit_run(scope, "run-1", edit, now=LATER)
        assert store.runs.get_run(scope, "run-1").tags == ("1",)
        assert store.runs.get_run_detail(scope, "run-1").metadata == {"n": 1}

    def test_all_of_an_edit_is_made_or_nothing(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(metadata={"a": 1}), make_run("other", run_name="taken"))
        before = store.runs.get_run(scope, "run-1")
        whole = {"new_name": "mine", "status": "paused", "tags": ["t"], "metadata": {"a": 2}}
        for fault in ({"new_name": "taken"}, {"status": "draft"}, {"tags": [""]}):
            with pytest.raises((NameTakenError, InvalidTransitionError, InvalidNameError)):
                store.runs.edit_run(scope, "run-1", RunEdit(**{**whole, **fault}), now=LATER)  # type: ignore[arg-type]
            assert store.runs.get_run(scope, "run-1") == before
            assert store.runs.get_run_detail(scope, "run-1").metadata == {"a": 1}
        run = store.runs.edit_run(scope, "run-1", RunEdit(**whole), now=LATER)  # type: ignore[arg-type]
        assert (run.run_name, run.status, run.tags) == ("mine", "paused", ("t",))
        assert store.runs.get_run_detail(scope, "run-1").metadata == {"a": 2}

    def test_an_edit_that_changes_nothing_draws_no_number(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        run = store.runs.edit_run(scope, "run-1", RunEdit(new_name="mine"), now=LATER)
        assert store.runs.edit_run(scope, "run-1", RunEdit(new_name="mine", metadata={}), now=LATER) == run

    def test_edits_at_once_are_all_made(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        edits = [RunEdit(metadata={f"{number}": number}) for number in range(8)]
        at_once(partial(store.runs.edit_run, scope, "run-1", edit, now=LATER) for edit in edits)
        assert len(store.runs.get_run_detail(scope, "run-1").metadata) == 8

    def test_a_run_elsewhere_is_not_changed(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, make_run())
        for run_id in ("run-1", "nothing"):
            with pytest.raises(NotFoundError):
                store.runs.edit_run(elsewhere, run_id, RunEdit(status="cancelled"), now=LATER)
            with pytest.raises(NotFoundError):
                store.runs.list_transitions(elsewhere, run_id, limit=9)
        assert store.runs.get_run(scope, "run-1").status == "executing"

    def test_the_history_tells_who_changed_the_status_when_and_why(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(status="planning"))
        apply(store, scope, make_run(at=AT + SECOND))
        apply(store, scope, make_event(at=AT + 2 * SECOND))
        store.runs.edit_run(scope, "run-1", RunEdit(status="paused", why="lunch"), now=LATER)
        store.runs.edit_run(scope, "run-1", RunEdit(tags=["t"]), now=LATER)
        apply(store, scope, make_run_end(at=LATER + SECOND))
        assert [_told(transition) for transition in history(store, scope)] == [
            (AT, None, "planning", "recorder", None),
            (AT + SECOND, "planning", "executing", "recorder", None),
            (LATER, "executing", "paused", "person", "lunch"),
            (LATER + SECOND, "paused", "completed", "recorder", None),
        ]

    def test_the_history_is_read_in_pages(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        for number in range(1, 6):
            status = "paused" if number % 2 else "executing"
            store.runs.edit_run(scope, "run-1", RunEdit(status=status), now=LATER + number)
        transitions = read_all(lambda cursor: store.runs.list_transitions(scope, "run-1", limit=2, cursor=cursor))
        assert transitions == history(store, scope)
        assert [transition.at for transition in transitions] == [AT, *(LATER + number for number in range(1, 6))]
        with pytest.raises(InvalidQueryError):
            store.runs.list_transitions(scope, "run-1", limit=2, cursor="WyJydW5zIiwxXQ")

    def test_former_names_are_told_while_they_lead_to_the_run(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_run("other", at=AT + 1))
        for name in ("first", "second"):
            store.runs.rename_run(scope, "run-1", name)
        assert aliases_of(store, scope) == [("planner", "first"), ("planner", "run 1")]
        store.runs.rename_run(scope, "other", "first")
        assert aliases_of(store, scope) == [("planner", "run 1")]
        apply(store, scope, make_run(at=AT + 2, agent_name="writer"))
        assert aliases_of(store, scope) == [("planner", "run 1"), ("planner", "second")]

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_a_stated_end_is_that_of_the_record_that_ended_the_run(
        self, store: Store, scope: Scope, order: tuple[int, ...]
    ) -> None:
        """After a resume, the end and the duration that were stated before are those of a former end."""
        records = [
            make_run_end(at=AT + SECOND, started_at=AT, duration_us=7),
            make_run(at=AT + 2 * SECOND),
            make_run_end(at=AT + 5 * SECOND, ended_at=None),
        ]
        for place in order:
            apply(store, scope, records[place])
        run = store.runs.get_run(scope, "run-1")
        assert (run.ended_at, run.duration_us) == (AT + 5 * SECOND, 5 * SECOND)


def history(store: Store, scope: Scope, run_id: str = "run-1") -> list[Transition]:
    """Return the whole history of a run's status."""
    return list(store.runs.list_transitions(scope, run_id, limit=100).items)


def aliases_of(store: Store, scope: Scope) -> list[tuple[str, str]]:
    """Return the names that lead to the run `run-1`."""
    return [(name.agent_name, name.run_name) for name in store.runs.get_run_detail(scope, "run-1").aliases]


def _told(transition: Transition) -> tuple[object, ...]:
    return transition.at, transition.from_status, transition.to_status, transition.who, transition.why
