"""Retention: what is beyond the rules goes, oldest first, and nothing else."""

from __future__ import annotations

import pytest

from runreel.errors import InvalidNameError, InvalidQueryError, NotFoundError
from runreel.model.retention import EVERY_AGENT, RetentionReport, RetentionRule
from runreel.model.run import RunFilter
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, read_all
from runreel.testing.record import AT, HOUR, NOW, SECOND, make_event, make_run, make_run_end


class RetentionContract(StoreContract):
    """Promises of `RetentionStore`."""

    def test_a_rule_is_set_replaced_and_removed(self, store: Store, scope: Scope) -> None:
        _put(store, scope, "planner", max_age_us=HOUR, max_bytes=5)
        assert _put(store, scope, "planner", max_bytes=7) == store.retention.get_retention_rule(scope, "planner")
        assert store.retention.get_retention_rule(scope, "planner").max_age_us is None
        store.retention.delete_retention_rule(scope, "planner")
        with pytest.raises(NotFoundError):
            store.retention.get_retention_rule(scope, "planner")
        with pytest.raises(NotFoundError):
            store.retention.delete_retention_rule(scope, "planner")

    @pytest.mark.parametrize("limit", [1, 2, 10])
    def test_the_rule_of_all_agents_is_listed_first(self, store: Store, scope: Scope, limit: int) -> None:
        for agent_name in ("b", EVERY_AGENT, "a"):
            _put(store, scope, agent_name, max_bytes=1)
        listed = read_all(lambda cursor: store.retention.list_retention_rules(scope, limit=limit, cursor=cursor))
        assert [rule.agent_name for rule in listed] == [EVERY_AGENT, "a", "b"]

    def test_a_rule_needs_a_bound_and_a_name_that_an_agent_can_have(self, store: Store, scope: Scope) -> None:
        with pytest.raises(InvalidQueryError):
            _put(store, scope, EVERY_AGENT)
        for name in ("..", "a\0b", "x" * 256):
            with pytest.raises(InvalidNameError):
                _put(store, scope, name, max_bytes=1)

    def test_rules_of_one_project_are_not_those_of_another(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        _ended(store, elsewhere, "theirs", at=AT)
        _put(store, scope, EVERY_AGENT, max_age_us=1)
        assert store.retention.list_retention_rules(elsewhere, limit=10).items == ()
        with pytest.raises(NotFoundError):
            store.retention.get_retention_rule(elsewhere, EVERY_AGENT)
        assert _sweep(store, elsewhere).n_runs == 0
        _sweep(store, scope)
        assert store.runs.get_run(elsewhere, "theirs")

    def test_without_rules_nothing_goes(self, store: Store, scope: Scope) -> None:
        _ended(store, scope, "a", at=AT)
        report = _sweep(store, scope)
        assert (report.n_runs, report.runs, report.has_more) == (0, (), False)

    def test_ended_runs_go_by_the_age_of_their_last_activity(self, store: Store, scope: Scope) -> None:
        _ended(store, scope, "old", at=AT)
        _ended(store, scope, "new", at=AT + 10 * SECOND)
        apply(store, scope, make_run("goes on", at=AT))
        apply(store, scope, make_run("late", at=AT), make_run_end("late", at=AT + 10 * SECOND))
        _put(store, scope, EVERY_AGENT, max_age_us=5 * SECOND)
        told = _sweep(store, scope, now=AT + 12 * SECOND, dry_run=True)
        report = _sweep(store, scope, now=AT + 12 * SECOND)
        assert told == report
        assert [run.run_id for run in report.runs] == ["old"]
        assert _left(store, scope) == {"new", "goes on", "late"}

    def test_an_agents_own_age_counts_in_place_of_that_of_all(self, store: Store, scope: Scope) -> None:
        for run_id, agent_name in (("a", "planner"), ("b", "writer"), ("c", "reader")):
            _ended(store, scope, run_id, at=AT, agent_name=agent_name)
        _put(store, scope, EVERY_AGENT, max_age_us=HOUR)
        _put(store, scope, "planner", max_age_us=3 * HOUR)
        _put(store, scope, "reader", max_bytes=10**9)
        _sweep(store, scope, now=AT + 2 * HOUR)
        assert _left(store, scope) == {"a"}

    def test_by_size_the_oldest_go_until_the_rest_fits(self, store: Store, scope: Scope) -> None:
        for number in range(6):
            _ended(store, scope, f"{number}", at=AT + number * SECOND)
        _ended(store, scope, "other", at=AT - HOUR, agent_name="writer")
        size = _size(store, scope)
        _put(store, scope, "planner", max_bytes=2 * size + size // 2)
        report = _sweep(store, scope)
        assert [run.run_id for run in report.runs] == ["0", "1", "2", "3"]
        assert _left(store, scope) == {"4", "5", "other"}
        assert _sweep(store, scope).n_runs == 0

    def test_the_size_of_all_bounds_the_sum_of_all(self, store: Store, scope: Scope) -> None:
        for number in range(6):
            _ended(store, scope, f"{number}", at=AT + number * SECOND, agent_name=f"agent {number % 2}")
        size = _size(store, scope)
        _put(store, scope, "agent 0", max_bytes=2 * size)
        _put(store, scope, EVERY_AGENT, max_bytes=3 * size)
        _sweep(store, scope)
        assert _left(store, scope) == {"3", "4", "5"}

    def test_a_run_that_goes_on_counts_for_the_size_and_stays(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("goes on", at=AT), make_event("e", "goes on"))
        _ended(store, scope, "ended", at=AT + SECOND)
        _put(store, scope, EVERY_AGENT, max_bytes=1)
        _sweep(store, scope)
        assert _left(store, scope) == {"goes on"}

    def test_a_dry_run_says_the_same_and_deletes_nothing(self, store: Store, scope: Scope) -> None:
        for number in range(5):
            _ended(store, scope, f"{number}", at=AT + number * SECOND)
        _put(store, scope, EVERY_AGENT, max_age_us=HOUR)
        told = _sweep(store, scope, dry_run=True, limit=2)
        assert (told.n_runs, told.n_events, len(told.runs), told.has_more) == (5, 5, 2, True)
        assert len(_left(store, scope)) == 5
        done = _sweep(store, scope)
        assert (done.n_runs, done.n_events, done.n_bytes) == (told.n_runs, told.n_events, told.n_bytes)
        assert done.runs[:2] == told.runs

    def test_a_sweep_deletes_a_bounded_number(self, store: Store, scope: Scope) -> None:
        for number in range(5):
            _ended(store, scope, f"{number}", at=AT + number * SECOND)
        _put(store, scope, EVERY_AGENT, max_age_us=HOUR)
        reports = [_sweep(store, scope, limit=2) for _ in range(3)]
        assert [(report.n_runs, report.has_more) for report in reports] == [(2, True), (2, True), (1, False)]
        assert _left(store, scope) == set()

    def test_what_is_swept_stays_deleted_and_its_totals_go(self, store: Store, scope: Scope) -> None:
        _ended(store, scope, "kept", at=NOW + 2 * HOUR)
        before = store.runs.get_agent(scope, "planner")
        _ended(store, scope, "old", at=AT)
        _put(store, scope, EVERY_AGENT, max_age_us=HOUR)
        _sweep(store, scope)
        assert store.runs.get_agent(scope, "planner") == before
        assert len(apply(store, scope, make_run("old"), make_event("late", "old")).refused) == 2
        with pytest.raises(NotFoundError):
            store.runs.get_run(scope, "old")

    def test_all_projects_with_rules_are_swept(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        for each in (scope, elsewhere):
            _ended(store, each, "old", at=AT)
            _put(store, each, EVERY_AGENT, max_age_us=HOUR)
        assert store.retention.sweep_projects(now=NOW + 2 * HOUR, limit=1).has_more
        while store.retention.sweep_projects(now=NOW + 2 * HOUR, limit=1).has_more:
            pass
        assert _left(store, scope) == _left(store, elsewhere) == set()


def _put(
    store: Store, scope: Scope, agent_name: str, *, max_age_us: int | None = None, max_bytes: int | None = None
) -> RetentionRule:
    rule = RetentionRule(agent_name=agent_name, max_age_us=max_age_us, max_bytes=max_bytes)
    return store.retention.put_retention_rule(scope, rule, now=NOW)


def _sweep(
    store: Store, scope: Scope, *, now: int = NOW + 2 * HOUR, dry_run: bool = False, limit: int = 100
) -> RetentionReport:
    return store.retention.sweep_runs(scope, now=now, dry_run=dry_run, limit=limit)


def _ended(store: Store, scope: Scope, run_id: str, *, at: int, agent_name: str = "planner") -> None:
    """Record a run of one event that ended at once."""
    run = make_run(run_id, at=at, agent_name=agent_name)
    apply(store, scope, run, make_event("e", run_id, at=at, inputs="x" * 1000), make_run_end(run_id, at=at))


def _size(store: Store, scope: Scope) -> int:
    """Return the size of a run of `_ended`."""
    _put(store, scope, EVERY_AGENT, max_age_us=1)
    report = _sweep(store, scope, dry_run=True, limit=1)
    store.retention.delete_retention_rule(scope, EVERY_AGENT)
    return report.runs[0].n_bytes


def _left(store: Store, scope: Scope) -> set[str]:
    return {run.run_id for run in store.runs.list_runs(scope, RunFilter(), limit=100).items}
