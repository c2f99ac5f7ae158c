"""Approvals are answered once, and requests reach the agent; the run shows what it waits for."""

from __future__ import annotations

import threading

import pytest

from runreel.errors import ApprovalClosedError, InvalidAnswerError, NotFoundError, RequestRefusedError
from runreel.model.approval import Answer, Approval, ApprovalStatus
from runreel.model.record import Rank
from runreel.model.request import Action, Request
from runreel.model.run_edit import RunEdit
from runreel.model.scope import Scope
from runreel.model.transition import BY_RECORDER
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, read_all
from runreel.testing.record import AT, NOW, SECOND, make_approval, make_event, make_run, make_run_end

_YES = Answer(option="approve", feedback="looks good", who="Ada")


class ApprovalStoreContract(StoreContract):
    """Promises of `ApprovalStore`."""

    def test_an_open_approval_tells_what_is_asked_and_the_run_waits(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_approval(at=AT + SECOND, node_id="release"))
        approval = store.approvals.get_approval(scope, "run-1", "approval-1")
        assert approval.question == "Deploy?"
        assert approval.options == ("approve", "reject")
        assert approval.context == {"to": "production"}
        assert (approval.node_id, approval.agent_name) == ("release", "planner")
        assert (approval.status, approval.requested_at) == (ApprovalStatus.OPEN, AT + SECOND)
        run = store.runs.get_run(scope, "run-1")
        assert (run.status, run.n_open_approvals) == ("waiting_approval", 1)

    def test_an_answer_lets_the_run_go_on_and_is_in_its_history(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_approval(at=AT + SECOND))
        answered = _answer(store, scope)
        assert answered == store.approvals.get_approval(scope, "run-1", "approval-1")
        assert (answered.status, answered.option, answered.feedback) == ("answered", "approve", "looks good")
        assert (answered.answered_at, answered.answered_by) == (NOW, "Ada")
        run = store.runs.get_run(scope, "run-1")
        assert (run.status, run.n_open_approvals) == ("executing", 0)
        history = store.runs.list_transitions(scope, "run-1", limit=10).items
        assert [(each.to_status, each.who, each.why) for each in history][-2:] == [
            ("waiting_approval", "recorder", None),
            ("executing", "Ada", "approve: looks good"),
        ]

    def test_the_history_of_its_node_tells_who_answered_what(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_approval(at=AT + SECOND, node_id="release"))
        _answer(store, scope)
        history = store.events.get_node_history(scope, "run-1", "release").transitions
        assert ("running", "Ada", "approve: looks good") in [(each.to_status, each.who, each.why) for each in history]

    def test_the_run_waits_while_one_of_several_is_open(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_approval("a"), make_approval("b"))
        _answer(store, scope, "a")
        assert store.runs.get_run(scope, "run-1").status == "waiting_approval"
        _answer(store, scope, "b")
        assert store.runs.get_run(scope, "run-1").status == "executing"

    def test_a_second_answer_is_refused_with_the_first(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_approval())
        first = _answer(store, scope)
        with pytest.raises(ApprovalClosedError, match="Ada") as refused:
            _answer(store, scope, answer=Answer(option="reject", who="Bob"))
        assert refused.value.approval == first == store.approvals.get_approval(scope, "run-1", "approval-1")

    def test_of_two_answers_at_once_one_counts(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_approval())
        outcomes: dict[str, object] = {}
        begin = threading.Barrier(2)

        def answer(who: str, option: str) -> None:
            begin.wait()
            try:
                outcomes[who] = _answer(store, scope, answer=Answer(option=option, who=who))
            except ApprovalClosedError as error:
                outcomes[who] = error.approval

        people = [threading.Thread(target=answer, args=each) for each in (("Ada", "approve"), ("Bob", "reject"))]
        for person in people:
            person.start()
        for person in people:
            person.join()
        assert outcomes["Ada"] == outcomes["Bob"] == store.approvals.get_approval(scope, "run-1", "approval-1")

    def test_no_record_undoes_an_answer(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_approval())
        answered = _answer(store, scope)
        late = make_event("approval-1", at=NOW + SECOND, event_type="approval_requested", status="cancelled")
        late.fields["outputs"] = {"option": "reject"}
        apply(store, scope, late, make_approval(at=NOW + 2 * SECOND))
        told = store.approvals.get_approval(scope, "run-1", "approval-1")
        assert (told.status, told.option, told.answered_by) == ("answered", answered.option, "Ada")
        assert store.runs.get_run(scope, "run-1").status == "executing"

    def test_only_an_option_can_be_chosen(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_approval(options=["ship", "wait"]))
        with pytest.raises(InvalidAnswerError, match="'ship' or 'wait'"):
            _answer(store, scope, answer=Answer(option="approve"))
        assert _answer(store, scope, answer=Answer(option="wait")).option == "wait"

    def test_an_agent_that_waits_no_longer_gets_the_answer_of_who_was_quicker(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_approval("in time"), make_approval("late"))
        _answer(store, scope, "in time")
        quicker = store.approvals.expire_approval(scope, "run-1", "in time", "reject", now=NOW + SECOND)
        assert (quicker.status, quicker.option) == ("answered", "approve")
        expired = store.approvals.expire_approval(scope, "run-1", "late", "reject", now=NOW + SECOND)
        assert (expired.status, expired.option) == ("expired", "reject")
        assert store.approvals.expire_approval(scope, "run-1", "late", None, now=NOW + 2 * SECOND) == expired
        with pytest.raises(ApprovalClosedError):
            _answer(store, scope, "late")
        assert store.runs.get_run(scope, "run-1").status == "executing"

    def test_nobody_answers_for_a_run_that_has_ended(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_approval(), make_run_end(status="failed"))
        assert store.runs.get_run(scope, "run-1").status == "failed"
        with pytest.raises(ApprovalClosedError) as refused:
            _answer(store, scope)
        assert refused.value.approval.status == ApprovalStatus.ENDED
        assert store.approvals.count_open_approvals(scope) == 0

    def test_the_agent_of_a_lost_run_can_find_its_answer(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(heartbeat_us=SECOND), make_approval())
        store.runs.mark_lost_runs(now=NOW + 3600 * SECOND)
        assert store.runs.get_run(scope, "run-1").status == "lost"
        assert store.approvals.count_open_approvals(scope) == 1
        assert _answer(store, scope).status == ApprovalStatus.ANSWERED

    def test_what_a_person_states_of_a_waiting_run_stands_beneath(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_approval())
        store.runs.edit_run(scope, "run-1", RunEdit(status="cancelled"), now=NOW)
        assert store.runs.get_run(scope, "run-1").status == "cancelled"

    @pytest.mark.parametrize("limit", [1, 2, 10])
    def test_all_that_is_open_is_listed_by_runs(self, store: Store, scope: Scope, limit: int) -> None:
        for number in range(3):
            run_id = f"run-{number}"
            apply(store, scope, make_run(run_id, at=AT + number), make_approval("a", run_id, at=AT + number))
            apply(store, scope, make_approval("b", run_id, at=AT + SECOND))
        apply(store, scope, make_run("other"), make_event(run_id="other"))
        _answer(store, scope, "a", run_id="run-1")
        listed = read_all(
            lambda cursor: store.approvals.list_approvals(scope, [ApprovalStatus.OPEN], limit=limit, cursor=cursor)
        )
        assert [(each.run_id, each.event_id) for each in listed] == [
            ("run-2", "b"), ("run-2", "a"), ("run-1", "b"), ("run-0", "b"), ("run-0", "a"),
        ]  # fmt: skip
        assert store.approvals.count_open_approvals(scope) == 5
        answered = store.approvals.list_approvals(scope, [ApprovalStatus.ANSWERED], limit=10).items
        assert [(each.run_id, each.event_id) for each in answered] == [("run-1", "a")]

    def test_other_projects_and_other_events_have_no_approval(
        self, store: Store, scope: Scope, elsewhere: Scope
    ) -> None:
        apply(store, scope, make_run(), make_approval(), make_event())
        assert store.approvals.count_open_approvals(elsewhere) == 0
        assert store.approvals.list_approvals(elsewhere, list(ApprovalStatus), limit=10).items == ()
        for asked, event_id in ((elsewhere, "approval-1"), (scope, "event-1"), (scope, "missing")):
            with pytest.raises(NotFoundError):
                store.approvals.get_approval(asked, "run-1", event_id)
            with pytest.raises(NotFoundError):
                _answer(store, asked, event_id)
        assert store.approvals.get_approval(scope, "run-1", "approval-1").status == ApprovalStatus.OPEN

    def test_records_in_any_order_wait_the_same(self, store: Store, scope: Scope) -> None:
        ended = make_event("approval-1", at=AT + 2 * SECOND, event_type="approval_requested", status="cancelled")
        apply(store, scope, ended)
        apply(store, scope, make_approval(at=AT + SECOND))
        apply(store, scope, make_run())
        run = store.runs.get_run(scope, "run-1")
        assert (run.status, run.n_open_approvals) == ("executing", 0)

    def test_requests_are_numbered_and_seen(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        assert _ask(store, scope, Action.PAUSE, why="lunch", who="Ada").number == 1
        assert _ask(store, scope, Action.RESUME).number == 2
        apply(store, scope, make_run(at=NOW, rank=Rank.END, status=None, seen_request=1))
        first, second = store.approvals.list_requests(scope, "run-1")
        assert store.runs.get_run_detail(scope, "run-1").requests == (first, second)
        assert (first.action, first.why, first.requested_by, first.is_seen) == (Action.PAUSE, "lunch", "Ada", True)
        assert (second.action, second.requested_at, second.is_seen) == (Action.RESUME, NOW, False)
        assert store.runs.get_run(scope, "run-1").status == "executing"

    def test_the_history_tells_who_asked_for_what_the_agent_did(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        told: list[tuple[str, str, str | None]] = []
        for number, (action, status, rank) in enumerate(
            [
                (Action.PAUSE, "paused", Rank.START),
                (Action.RESUME, "executing", Rank.START),
                (Action.CANCEL, "cancelled", Rank.END),
            ],
            start=1,
        ):
            _ask(store, scope, action, why=f"reason {number}", who="Ada")
            apply(store, scope, make_run(at=NOW + number, rank=rank, status=status, seen_request=number))
            told.append((status, "Ada", f"reason {number}"))
        history = store.runs.list_transitions(scope, "run-1", limit=10).items
        assert [(each.to_status, each.who, each.why) for each in history][1:] == told

    def test_what_an_agent_did_unasked_is_its_own(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        _ask(store, scope, Action.PAUSE, who="Ada")
        apply(store, scope, make_run(at=NOW + 1, rank=Rank.END, status="cancelled", seen_request=1))
        assert store.runs.list_transitions(scope, "run-1", limit=10).items[-1].who == BY_RECORDER

    def test_the_same_request_before_it_is_seen_is_one(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        first = _ask(store, scope, Action.CANCEL, who="Ada")
        assert _ask(store, scope, Action.CANCEL, who="Bob") == first
        apply(store, scope, make_run(at=NOW, rank=Rank.END, status=None, seen_request=1))
        assert _ask(store, scope, Action.CANCEL, who="Bob").number == 2

    def test_only_what_makes_sense_is_asked(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("goes on"), make_run("over"), make_run_end("over"))
        with pytest.raises(RequestRefusedError, match="nothing to resume"):
            _ask(store, scope, Action.RESUME, run_id="goes on")
        with pytest.raises(RequestRefusedError, match="completed"):
            _ask(store, scope, Action.CANCEL, run_id="over")
        with pytest.raises(NotFoundError):
            _ask(store, scope, Action.CANCEL, run_id="missing")
        apply(store, scope, make_run("goes on", at=NOW, status="paused"))
        assert _ask(store, scope, Action.RESUME, run_id="goes on").number == 1

    def test_a_request_changes_the_run_for_those_who_follow(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        before = store.changes.get_change_no(scope)
        seq = store.runs.get_run(scope, "run-1").change_seq
        _ask(store, scope, Action.CANCEL)
        assert store.changes.get_change_no(scope) > before
        assert store.runs.get_run(scope, "run-1").change_seq > seq


def _answer(
    store: Store, scope: Scope, event_id: str = "approval-1", *, run_id: str = "run-1", answer: Answer = _YES
) -> Approval:
    return store.approvals.answer_approval(scope, run_id, event_id, answer, now=NOW)


def _ask(
    store: Store,
    scope: Scope,
    action: Action,
    *,
    run_id: str = "run-1",
    why: str | None = None,
    who: str | None = None,
) -> Request:
    return store.approvals.add_request(scope, run_id, action, why=why, who=who, now=NOW)
