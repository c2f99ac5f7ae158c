"""The states that a node went through, whatever the order in which its records come."""

from __future__ import annotations

from itertools import permutations

import pytest

from runreel.errors import InvalidTransitionError, NotFoundError
from runreel.model.node import Node
from runreel.model.record import Rank, Record
from runreel.model.scope import Scope
from runreel.model.statement import MAX_STATEMENTS
from runreel.model.transition import BY_PERSON, BY_RECORDER, BY_RUN
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply
from runreel.testing.record import AT, NOW, make_event, make_node, make_run, make_run_end

States = list[tuple[int, str]]


class NodeHistoryContract(StoreContract):
    """Promises of `get_node_history` and `set_node_status`."""

    def test_a_node_of_which_nothing_is_known_is_pending(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_node())
        assert store.events.get_node_history(scope, "run-1", "step_1").transitions == ()
        assert _node(store, scope).status == "pending"

    def test_stated_statuses_follow_their_times(self, store: Store, scope: Scope) -> None:
        said = [
            make_node(at=AT, status="pending"),
            make_node(at=AT + 1, status="running"),
            make_node(at=AT + 2, rank=Rank.END, status="failed", why="no luck"),
            make_node(at=AT + 3, status="running"),
        ]
        for place, order in enumerate(permutations(range(4))):
            run_id = f"run-{place}"
            for record in (said[each] for each in order):
                record.run_id = run_id
                apply(store, scope, record)
            expected = [(AT, "pending"), (AT + 1, "running"), (AT + 2, "failed"), (AT + 3, "running")]
            assert _states(store, scope, run_id) == expected
            assert store.events.get_node(scope, run_id, "step_1").status == "running"

    def test_a_change_tells_from_to_when_who_and_why(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_node(at=AT, status="running"))
        apply(store, scope, make_node(at=AT + 5, status="failed", why="no luck"))
        first, second = store.events.get_node_history(scope, "run-1", "step_1").transitions
        assert (first.from_status, first.to_status, first.who, first.why) == (None, "running", BY_RECORDER, None)
        assert (second.at, second.from_status, second.to_status, second.why) == (AT + 5, "running", "failed", "no luck")

    def test_a_reason_is_of_the_status_beside_it(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_node(at=AT, status="failed", why="no luck"), make_node(at=AT + 1, why="of nothing"))
        apply(store, scope, make_node(at=AT + 2, status="running"))
        assert [each.why for each in store.events.get_node_history(scope, "run-1", "step_1").transitions] == [
            "no luck",
            None,
        ]

    @pytest.mark.parametrize("turned", [False, True])
    def test_without_a_time_an_end_stands_last_and_a_start_first(
        self, store: Store, scope: Scope, turned: bool
    ) -> None:
        records = [
            make_node(at=0, rank=Rank.END, status="completed"),
            make_node(at=AT + 1, status="paused"),
            make_node(at=0, status="running"),
        ]
        for record in reversed(records) if turned else records:
            apply(store, scope, record)
        assert [status for _, status in _states(store, scope)] == ["running", "paused", "completed"]

    def test_executions_are_attempts(self, store: Store, scope: Scope) -> None:
        apply(store, scope, _execution("2", AT + 20, None), _execution("1", AT, AT + 10, status="failed"))
        assert _states(store, scope) == [(AT, "running"), (AT + 10, "failed"), (AT + 20, "running")]
        apply(store, scope, _execution("2", AT + 20, AT + 30))
        assert _states(store, scope)[-1] == (AT + 30, "completed")

    def test_an_attempt_that_begins_when_the_last_one_ends_goes_on(self, store: Store, scope: Scope) -> None:
        apply(store, scope, _execution("1", AT, AT + 10, status="failed"), _execution("2", AT + 10, None))
        assert _node(store, scope).status == "running"

    def test_an_execution_beside_another_one_ends_nothing(self, store: Store, scope: Scope) -> None:
        apply(store, scope, _execution("1", AT, AT + 30), _execution("2", AT + 5, AT + 10, status="failed"))
        assert _states(store, scope) == [(AT, "running"), (AT + 30, "completed")]

    def test_an_execution_without_length_ends(self, store: Store, scope: Scope) -> None:
        apply(store, scope, _execution("1", AT, AT))
        assert _states(store, scope) == [(AT, "running"), (AT, "completed")]

    def test_an_approval_lets_the_node_wait(self, store: Store, scope: Scope) -> None:
        apply(store, scope, _execution("1", AT, None), _approval("a", AT + 5))
        assert _node(store, scope).status == "waiting_approval"
        apply(store, scope, _approval("b", AT + 6), _approval("a", AT + 5, AT + 8))
        assert _node(store, scope).status == "waiting_approval"
        apply(store, scope, _approval("b", AT + 6, AT + 9, rank=Rank.PERSON), _execution("1", AT, AT + 10))
        history = store.events.get_node_history(scope, "run-1", "step_1").transitions
        assert [(each.at, each.to_status, each.who, each.why) for each in history] == [
            (AT, "running", BY_RECORDER, None),
            (AT + 5, "waiting_approval", BY_RECORDER, "May I?"),
            (AT + 9, "running", BY_PERSON, "approve"),
            (AT + 10, "completed", BY_RECORDER, None),
        ]

    def test_events_are_an_execution_where_nobody_tells_of_one(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_node(status="pending"), make_event("a", node_id="step_1", at=AT + 5, ended_at=AT + 9))
        assert _states(store, scope) == [(AT, "pending"), (AT + 5, "running"), (AT + 9, "completed")]
        node = _node(store, scope)
        assert (node.started_at, node.ended_at) == (AT + 5, AT + 9)

    def test_a_retry_has_not_ended_yet(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_node(rank=Rank.END, at=AT + 10, status="failed", started_at=AT, ended_at=AT + 10))
        apply(store, scope, make_node(at=AT + 20, status="running"))
        node = _node(store, scope)
        assert (node.status, node.started_at, node.ended_at) == ("running", AT, None)

    def test_times_follow_from_states_where_nothing_else_tells_them(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_node(at=AT, status="pending"), make_node(at=AT + 3, status="running"))
        apply(store, scope, make_node(at=AT + 7, status="completed"))
        node = _node(store, scope)
        assert (node.started_at, node.ended_at) == (AT + 3, AT + 7)

    def test_the_latest_statements_are_kept(self, store: Store, scope: Scope) -> None:
        words = ("running", "paused")
        n_more = 5
        said = [make_node(at=AT + n, status=words[n % 2]) for n in range(MAX_STATEMENTS + n_more)]
        apply(store, scope, *said[::2])
        apply(store, scope, *said[1::2])
        states = _states(store, scope)
        assert [at for at, _ in states] == [AT + n for n in range(n_more, MAX_STATEMENTS + n_more)]

    def test_the_end_of_the_run_ends_a_node_that_goes_on(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_node(at=AT, status="running"), make_run_end(at=AT + 50))
        history = store.events.get_node_history(scope, "run-1", "step_1")
        last = history.transitions[-1]
        assert (last.at, last.to_status, last.who) == (AT + 50, "completed", BY_RUN)
        node = _node(store, scope)
        assert (node.status, node.ended_at, node.ended_by_run) == ("completed", AT + 50, True)

    def test_a_person_takes_a_node_where_its_status_leads(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_node(at=AT, status="failed"))
        store.runs.set_node_status(scope, "run-1", "step_1", "running", who="Ann", why="once more", now=NOW)
        last = store.events.get_node_history(scope, "run-1", "step_1").transitions[-1]
        assert (last.at, last.to_status, last.who, last.why) == (NOW, "running", "Ann", "once more")
        store.runs.set_node_status(scope, "run-1", "step_1", "cancelled", now=NOW)
        last = store.events.get_node_history(scope, "run-1", "step_1").transitions[-1]
        assert (last.at, last.to_status, last.who, last.why) == (NOW + 1, "cancelled", BY_PERSON, None)

    def test_a_person_speaks_later_than_what_he_saw(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_node(at=NOW + 100, rank=Rank.END, status="running"))
        store.runs.set_node_status(scope, "run-1", "step_1", "paused", now=NOW)
        assert _node(store, scope).status == "paused"
        apply(store, scope, make_node(at=0, rank=Rank.END, status="failed"))
        assert _node(store, scope).status == "paused"

    def test_a_record_of_a_later_time_counts_more_than_what_a_person_said(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_node(status="running"))
        store.runs.set_node_status(scope, "run-1", "step_1", "paused", now=NOW)
        apply(store, scope, make_node(at=NOW - 1, rank=Rank.END, status="completed"))
        assert _node(store, scope).status == "paused"
        apply(store, scope, make_node(at=NOW + 1, status="running"))
        assert _node(store, scope).status == "running"

    @pytest.mark.parametrize(
        ("present", "allowed"),
        [
            ("pending", {"running", "skipped", "cancelled"}),
            ("running", {"paused", "waiting_approval", "completed", "failed", "cancelled"}),
            ("paused", {"running", "cancelled"}),
            ("waiting_approval", {"running", "skipped", "cancelled"}),
            ("failed", {"running"}),
            ("completed", set[str]()),
            ("skipped", set[str]()),
            ("cancelled", set[str]()),
        ],
    )
    def test_other_changes_are_refused(self, store: Store, scope: Scope, present: str, allowed: set[str]) -> None:
        apply(store, scope, make_run(), make_node(status=present))
        everything = {"pending", "running", "paused", "waiting_approval", "completed", "failed", "skipped", "cancelled"}
        for wanted in everything - allowed - {present}:
            with pytest.raises(InvalidTransitionError) as caught:
                store.runs.set_node_status(scope, "run-1", "step_1", wanted, now=NOW)
            assert (caught.value.node_status, set(caught.value.allowed_statuses)) == (present, allowed)
        assert _node(store, scope).status == present
        for place, wanted in enumerate(sorted(allowed)):
            apply(store, scope, make_run(f"other-{place}"), make_node(run_id=f"other-{place}", status=present))
            store.runs.set_node_status(scope, f"other-{place}", "step_1", wanted, now=NOW)
            assert store.events.get_node(scope, f"other-{place}", "step_1").status == wanted

    def test_the_present_status_again_changes_nothing(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_node(status="completed"))
        before = store.runs.get_run(scope, "run-1").change_seq
        store.runs.set_node_status(scope, "run-1", "step_1", "completed", now=NOW)
        assert store.runs.get_run(scope, "run-1").change_seq == before

    def test_a_change_is_told_to_those_who_follow_the_run(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_node(status="failed"))
        before = store.runs.get_run(scope, "run-1").change_seq
        store.runs.set_node_status(scope, "run-1", "step_1", "running", now=NOW)
        changes = store.changes.list_changes(scope, "run-1", after=before, limit=10)
        assert [(node.node_id, node.status) for node in changes.nodes] == [("step_1", "running")]

    def test_a_node_that_is_not_there_is_not_found(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, make_run(), make_node())
        for where, node_id in ((scope, "other"), (elsewhere, "step_1")):
            with pytest.raises(NotFoundError):
                store.events.get_node_history(where, "run-1", node_id)
            with pytest.raises(NotFoundError):
                store.runs.set_node_status(where, "run-1", node_id, "running", now=NOW)


def _execution(event_id: str, at: int, ended_at: int | None, status: str | None = None) -> Record:
    status = status or ("running" if ended_at is None else "completed")
    rank = Rank.START if ended_at is None else Rank.END
    return make_event(
        event_id, at=at, rank=rank, node_id="step_1", event_type="node_execution", ended_at=ended_at, status=status
    )


def _approval(event_id: str, at: int, ended_at: int | None = None, rank: int = Rank.END) -> Record:
    return make_event(
        event_id,
        at=at,
        rank=Rank.START if ended_at is None else rank,
        node_id="step_1",
        event_type="approval_requested",
        name="May I?",
        event_subtype=None if ended_at is None else "approve",
        ended_at=ended_at,
        status="running" if ended_at is None else "completed",
    )


def _states(store: Store, scope: Scope, run_id: str = "run-1") -> States:
    history = store.events.get_node_history(scope, run_id, "step_1")
    return [(each.at, each.to_status) for each in history.transitions]


def _node(store: Store, scope: Scope) -> Node:
    return store.events.get_node(scope, "run-1", "step_1")
