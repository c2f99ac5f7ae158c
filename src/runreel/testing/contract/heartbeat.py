"""Heartbeats: runs that promised signs of life, and went silent."""

from __future__ import annotations

from functools import partial

from runreel.model.record import Record
from runreel.model.run_edit import RunEdit
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, at_once
from runreel.testing.contract.run_editing import history
from runreel.testing.record import AT, NOW, SECOND, make_event, make_run, make_run_end

_INTERVAL = 10 * SECOND
_SILENT = NOW + 3 * _INTERVAL + 1


class HeartbeatContract(StoreContract):
    """Promises of `RunStore.mark_lost_runs`. It speaks of all projects, so these look at their own run only."""

    def test_a_run_that_goes_silent_is_lost(self, store: Store, scope: Scope) -> None:
        apply(store, scope, _beating(started_at=AT), make_event(at=AT + 5 * SECOND))
        mark_all_lost(store, now=_SILENT - 1)
        assert store.runs.get_run(scope, "run-1").status == "executing"
        assert mark_all_lost(store, now=_SILENT) >= 1
        run = store.runs.get_run(scope, "run-1")
        assert (run.status, run.ended_at, run.duration_us) == ("lost", AT + 5 * SECOND, 5 * SECOND)
        last = history(store, scope)[-1]
        assert (last.at, last.from_status, last.to_status, last.who) == (_SILENT, "executing", "lost", "server")
        assert last.why == "no record came for 30 s"
        assert store.runs.get_agent(scope, "planner").n_ended_runs == 1

    def test_a_run_is_lost_once_whoever_looks(self, store: Store, scope: Scope) -> None:
        apply(store, scope, _beating())
        at_once(partial(store.runs.mark_lost_runs, now=_SILENT) for _ in range(8))
        assert [transition.to_status for transition in history(store, scope)] == ["executing", "lost"]

    def test_many_are_marked_a_bounded_number_at_a_time(self, store: Store, scope: Scope) -> None:
        mark_all_lost(store, now=_SILENT)
        apply(store, scope, *(_beating(f"{number}") for number in range(150)))
        assert [store.runs.mark_lost_runs(now=_SILENT) for _ in range(3)] == [100, 50, 0]

    def test_short_intervals_are_silent_after_fifteen_seconds(self, store: Store, scope: Scope) -> None:
        apply(store, scope, _beating(heartbeat_us=1))
        mark_all_lost(store, now=NOW + 15 * SECOND)
        assert store.runs.get_run(scope, "run-1").status == "executing"
        mark_all_lost(store, now=NOW + 15 * SECOND + 1)
        assert store.runs.get_run(scope, "run-1").status == "lost"

    def test_every_record_of_the_run_is_a_heartbeat(self, store: Store, scope: Scope) -> None:
        apply(store, scope, _beating())
        apply(store, scope, make_event(), now=NOW + 20 * SECOND)
        mark_all_lost(store, now=_SILENT)
        assert store.runs.get_run(scope, "run-1").status == "executing"
        apply(store, scope, make_event(), now=NOW + 40 * SECOND)
        mark_all_lost(store, now=NOW + 60 * SECOND)
        assert store.runs.get_run(scope, "run-1").status == "executing"

    def test_a_run_without_heartbeats_is_never_lost(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        mark_all_lost(store, now=NOW + 10**15)
        assert store.runs.get_run(scope, "run-1").status == "executing"

    def test_an_ended_run_is_not_lost(self, store: Store, scope: Scope) -> None:
        mark_all_lost(store, now=_SILENT + 2 * SECOND)
        apply(store, scope, _beating("a"), _beating("b"))
        apply(store, scope, make_run_end("a"), now=NOW + SECOND)
        store.runs.edit_run(scope, "b", RunEdit(status="cancelled"), now=NOW + SECOND)
        assert mark_all_lost(store, now=_SILENT + 2 * SECOND) == 0
        assert [store.runs.get_run(scope, run_id).status for run_id in "ab"] == ["completed", "cancelled"]

    def test_a_later_record_takes_it_back(self, store: Store, scope: Scope) -> None:
        apply(store, scope, _beating())
        mark_all_lost(store, now=_SILENT)
        apply(store, scope, make_event(at=AT + SECOND), now=_SILENT + SECOND)
        run = store.runs.get_run(scope, "run-1")
        assert (run.status, run.ended_at, run.duration_us) == ("executing", None, None)
        last = history(store, scope)[-1]
        assert (last.at, last.from_status, last.to_status, last.who) == (
            _SILENT + SECOND,
            "lost",
            "executing",
            "recorder",
        )
        mark_all_lost(store, now=_SILENT + 30 * SECOND)
        assert store.runs.get_run(scope, "run-1").status == "executing"
        mark_all_lost(store, now=_SILENT + 32 * SECOND)
        assert store.runs.get_run(scope, "run-1").status == "lost"

    def test_a_late_end_is_the_end(self, store: Store, scope: Scope) -> None:
        apply(store, scope, _beating(started_at=AT))
        mark_all_lost(store, now=_SILENT)
        apply(store, scope, make_run_end(at=AT + 2 * SECOND), now=_SILENT + SECOND)
        run = store.runs.get_run(scope, "run-1")
        assert (run.status, run.ended_at, run.duration_us) == ("completed", AT + 2 * SECOND, 2 * SECOND)

    def test_a_person_says_what_became_of_a_lost_run(self, store: Store, scope: Scope) -> None:
        apply(store, scope, _beating("a"), _beating("b"))
        mark_all_lost(store, now=_SILENT)
        assert store.runs.edit_run(scope, "a", RunEdit(status="failed"), now=_SILENT).status == "failed"
        assert store.runs.edit_run(scope, "b", RunEdit(status="executing"), now=_SILENT).status == "executing"
        mark_all_lost(store, now=_SILENT + 30 * SECOND)
        assert [store.runs.get_run(scope, run_id).status for run_id in "ab"] == ["failed", "executing"]
        mark_all_lost(store, now=_SILENT + 31 * SECOND)
        assert [store.runs.get_run(scope, run_id).status for run_id in "ab"] == ["failed", "lost"]

    def test_other_changes_by_a_person_leave_it_lost(self, store: Store, scope: Scope) -> None:
        apply(store, scope, _beating())
        mark_all_lost(store, now=_SILENT)
        run = store.runs.edit_run(scope, "run-1", RunEdit(new_name="mine", tags=["t"]), now=_SILENT)
        assert (run.status, run.run_name, run.tags) == ("lost", "mine", ("t",))

    def test_the_interval_is_that_of_the_latest_record(self, store: Store, scope: Scope) -> None:
        apply(store, scope, _beating(at=AT + 1, heartbeat_us=100 * SECOND))
        apply(store, scope, _beating(at=AT))
        mark_all_lost(store, now=NOW + 300 * SECOND)
        assert store.runs.get_run(scope, "run-1").status == "executing"
        mark_all_lost(store, now=NOW + 300 * SECOND + 1)
        assert store.runs.get_run(scope, "run-1").status == "lost"

    def test_a_lost_run_without_a_name_gets_one(self, store: Store, scope: Scope) -> None:
        beat = _beating()
        del beat.fields["agent_name"]
        apply(store, scope, beat)
        mark_all_lost(store, now=_SILENT)
        assert store.runs.get_run(scope, "run-1").run_name == "run 1"


def mark_all_lost(store: Store, *, now: int) -> int:
    """Mark all runs that are silent, also those that other tests left; return how many."""
    n_lost = 0
    while n := store.runs.mark_lost_runs(now=now):
        n_lost += n
    return n_lost


def _beating(run_id: str = "run-1", **fields: object) -> Record:
    return make_run(run_id, **{"heartbeat_us": _INTERVAL, **fields})  # type: ignore[arg-type]
