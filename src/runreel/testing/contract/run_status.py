"""Statuses and times of runs."""

from __future__ import annotations

import pytest

from runreel.errors import NotFoundError
from runreel.model.record import Rank
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply
from runreel.testing.record import AT, NOW, SECOND, make_event, make_message, make_run, make_run_end


class RunStatusContract(StoreContract):
    """DESIGN §3: a run's status follows its status records by time."""

    def test_a_run_without_a_word_of_its_status_is_executing(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event())
        run = store.runs.get_run(scope, "run-1")
        assert (run.status, run.ended_at, run.duration_us) == ("executing", None, None)

    @pytest.mark.parametrize("turned", [False, True])
    def test_the_latest_status_counts_whatever_came_first(self, store: Store, scope: Scope, turned: bool) -> None:
        records = [
            make_run(at=AT, status="planning"),
            make_run(at=AT + 1, status="executing"),
            make_run_end(at=AT + 2, status="failed"),
        ]
        for record in reversed(records) if turned else records:
            apply(store, scope, record)
        assert store.runs.get_run(scope, "run-1").status == "failed"

    @pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "lost"])
    def test_an_ended_run_has_an_end_and_a_duration(self, store: Store, scope: Scope, status: str) -> None:
        apply(store, scope, make_run(started_at=AT), make_run_end(at=AT + 3 * SECOND, status=status))
        run = store.runs.get_run(scope, "run-1")
        assert (run.status, run.ended_at, run.duration_us) == (status, AT + 3 * SECOND, 3 * SECOND)

    def test_the_stated_duration_counts_more_than_the_times(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(started_at=AT), make_run_end(at=AT + 3 * SECOND, duration_us=7))
        assert store.runs.get_run(scope, "run-1").duration_us == 7

    def test_an_end_without_a_time_ends_when_it_was_recorded(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_run_end(at=AT + SECOND, ended_at=None))
        assert store.runs.get_run(scope, "run-1").ended_at == AT + SECOND

    def test_an_end_before_the_start_lasts_no_time(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(started_at=AT), make_run_end(at=AT + 1, ended_at=AT - SECOND))
        assert store.runs.get_run(scope, "run-1").duration_us == 0

    def test_late_events_do_not_reopen_an_ended_run(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_run_end())
        apply(store, scope, make_event(at=AT + 9 * SECOND, rank=Rank.START, status="running"), make_message())
        run = store.runs.get_run(scope, "run-1")
        assert (run.status, run.ended_at, run.n_events) == ("completed", AT + SECOND, 1)

    def test_a_late_start_record_does_not_reopen_an_ended_run(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run_end())
        apply(store, scope, make_run())
        assert store.runs.get_run(scope, "run-1").status == "completed"

    def test_a_later_status_record_resumes_an_ended_run(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_run_end())
        apply(store, scope, make_run(at=AT + 2 * SECOND, status="executing"))
        run = store.runs.get_run(scope, "run-1")
        assert (run.status, run.ended_at, run.duration_us) == ("executing", None, None)
        agent = store.runs.get_agent(scope, "planner")
        assert (agent.n_runs, agent.n_ended_runs, agent.duration_us) == (1, 0, 0)

    def test_a_resumed_run_ends_again(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(started_at=AT), make_run_end(at=AT + SECOND))
        apply(store, scope, make_run(at=AT + 2 * SECOND), make_run_end(at=AT + 5 * SECOND, status="failed"))
        run = store.runs.get_run(scope, "run-1")
        assert (run.status, run.ended_at, run.duration_us) == ("failed", AT + 5 * SECOND, 5 * SECOND)

    def test_the_error_of_a_former_end_is_none_of_a_run_that_completed(self, store: Store, scope: Scope) -> None:
        failed = make_run_end(at=AT, status="failed", error={"type": "E", "message": "no luck"})
        apply(store, scope, make_run_end(at=AT + SECOND, status="completed"), failed)
        assert store.runs.get_run_detail(scope, "run-1").error is None
        assert store.runs.get_run(scope, "run-1").error_line is None
        apply(store, scope, make_run_end(at=AT + 2 * SECOND, status="failed"))
        assert store.runs.get_run_detail(scope, "run-1").error == {"type": "E", "message": "no luck"}

    @pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
    def test_an_error_said_with_the_end_is_kept(self, store: Store, scope: Scope, status: str) -> None:
        apply(store, scope, make_run_end(at=AT, status=status, error="no luck"))
        assert store.runs.get_run_detail(scope, "run-1").error == "no luck"

    def test_an_unknown_status_is_shown_as_it_is(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(status="dreaming"))
        assert store.runs.get_run(scope, "run-1").status == "dreaming"

    @pytest.mark.parametrize("turned", [False, True])
    def test_a_run_spans_all_times_that_its_records_speak_of(self, store: Store, scope: Scope, turned: bool) -> None:
        records = [
            make_run(at=AT),
            make_event("a", at=AT - SECOND, ended_at=AT + 9 * SECOND),
            make_event("b", at=AT - 2 * SECOND),
            make_run_end(at=AT + SECOND),
            make_message(at=AT + 20 * SECOND),
        ]
        for record in reversed(records) if turned else records:
            apply(store, scope, record)
        run = store.runs.get_run(scope, "run-1")
        assert (run.created_at, run.active_at) == (AT - 2 * SECOND, AT + 20 * SECOND)

    def test_times_before_1970_are_times(self, store: Store, scope: Scope) -> None:
        for at in (-5, -3):
            apply(store, scope, make_event(f"{at}", at=at))
        run = store.runs.get_run(scope, "run-1")
        assert (run.created_at, run.active_at) == (-5, -3)

    def test_a_run_whose_records_speak_of_no_time_stands_where_it_was_seen(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event(at=0, started_at=None), now=NOW)
        run = store.runs.get_run(scope, "run-1")
        assert (run.created_at, run.active_at) == (NOW, NOW)
        apply(store, scope, make_event(at=AT), now=NOW + SECOND)
        assert store.runs.get_run(scope, "run-1").created_at == AT

    def test_a_missing_run_is_not_found(self, store: Store, scope: Scope) -> None:
        for get in (store.runs.get_run, store.runs.get_run_detail):
            for run_id in ("nothing", "", "a\0b", "\ud800", "é" * 300):
                with pytest.raises(NotFoundError):
                    get(scope, run_id)
