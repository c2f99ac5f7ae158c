"""Runs in other orders than the newest first, and the runs around one."""

from __future__ import annotations

import pytest

from runreel.errors import InvalidQueryError, NotFoundError
from runreel.model.record import Record
from runreel.model.run import RunFamily, RunFilter, RunOrder, RunSort
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, read_all
from runreel.testing.record import AT, make_event, make_llm_call, make_run, make_run_end

_ALL = RunFilter()
_ORDERS = [RunOrder(sort=sort, is_descending=is_descending) for sort in RunSort for is_descending in (True, False)]


class RunOrderContract(StoreContract):
    """Promises of `list_runs` with an order, and of `get_run_family`."""

    @pytest.mark.parametrize(
        ("sort", "upwards", "downwards"),
        [
            (RunSort.CREATED_AT, "abcd", "dcba"),
            (RunSort.DURATION, "cabd", "bacd"),
            (RunSort.COST, "cdba", "abdc"),
            (RunSort.TOKENS, "cdba", "abdc"),
            (RunSort.ERRORS, "abdc", "cdba"),
            (RunSort.NAME, "bcad", "acbd"),
        ],
    )
    def test_runs_are_sorted(self, store: Store, scope: Scope, sort: RunSort, upwards: str, downwards: str) -> None:
        apply(store, scope, *_runs())
        for is_descending, expected in ((False, upwards), (True, downwards)):
            order = RunOrder(sort=sort, is_descending=is_descending)
            listed = store.runs.list_runs(scope, _ALL, order=order, limit=10).items
            assert "".join(run.run_id for run in listed) == expected

    @pytest.mark.parametrize("order", _ORDERS, ids=lambda order: f"{order.sort} {order.is_descending}")
    @pytest.mark.parametrize("limit", [1, 2, 5])
    def test_paging_in_any_order_visits_each_run_once(
        self, store: Store, scope: Scope, order: RunOrder, limit: int
    ) -> None:
        apply(store, scope, *_runs(), *(make_run(f"more-{n}", at=AT + n // 2) for n in range(5)))
        expected = store.runs.list_runs(scope, _ALL, order=order, limit=100).items
        listed = read_all(lambda cursor: store.runs.list_runs(scope, _ALL, order=order, limit=limit, cursor=cursor))
        assert listed == list(expected)
        assert len({run.run_id for run in listed}) == 9

    def test_a_cursor_of_another_order_is_refused(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *_runs())
        cursors = {order: store.runs.list_runs(scope, _ALL, order=order, limit=1).next_cursor for order in _ORDERS}
        for order in _ORDERS:
            for other, cursor in cursors.items():
                if other != order:
                    with pytest.raises(InvalidQueryError):
                        store.runs.list_runs(scope, _ALL, order=order, limit=1, cursor=cursor)

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            (RunFilter(statuses=("completed", "failed")), "abc"),
            (RunFilter(statuses=("failed",)), "b"),
            (RunFilter(text="RE"), "a"),
            (RunFilter(text="é"), "bc"),
            (RunFilter(text="_"), ""),
            (RunFilter(has_errors=True), "c"),
            (RunFilter(has_errors=False), "abd"),
            (RunFilter(has_errors=False, statuses=("completed",)), "a"),
        ],
        ids=str,
    )
    def test_every_filter_restricts_in_every_order(
        self, store: Store, scope: Scope, query: RunFilter, expected: str
    ) -> None:
        apply(store, scope, *_runs())
        for order in _ORDERS:
            listed = store.runs.list_runs(scope, query, order=order, limit=10).items
            assert {run.run_id for run in listed} == set(expected)

    def test_the_family_of_a_run(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, make_run("a", at=AT), make_run("b", at=AT + 1, parent_run_id="w"), make_run("c", at=AT + 2))
        apply(store, scope, make_run("w", at=AT + 1, agent_name="writer"), make_run("d", at=AT + 1, parent_run_id="w"))
        apply(store, elsewhere, make_run("w", agent_name="writer"), make_run("x", parent_run_id="w"))
        runs = {run_id: store.runs.get_run(scope, run_id) for run_id in "abcdw"}
        of_agent = [run.run_id for run in store.runs.list_runs(scope, RunFilter(agent_name="planner"), limit=9).items]
        assert of_agent[0] == "c"
        for newer, run_id, older in zip([None, *of_agent], of_agent, [*of_agent[1:], None], strict=False):
            assert store.runs.get_run_family(scope, run_id) == RunFamily(
                parent=runs["w"] if run_id in "bd" else None,
                previous=None if older is None else runs[older],
                next=None if newer is None else runs[newer],
                n_children=0,
            )
        assert store.runs.get_run_family(scope, "w").n_children == 2
        with pytest.raises(NotFoundError):
            store.runs.get_run_family(scope, "x")

    def test_a_parent_that_is_not_there_is_none(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, make_run("a", parent_run_id="unknown"))
        apply(store, elsewhere, make_run("unknown"))
        assert store.runs.get_run_family(scope, "a").parent is None


def _runs() -> list[Record]:
    """Build four runs, each different in all that runs are sorted by; `d` goes on and has no name."""
    return [
        make_run("a", at=AT, run_name="report"),
        make_llm_call("1", "a", at=AT, tokens_in=500, cost_nanos=9_000),
        make_run_end("a", at=AT + 20),
        make_run("b", at=AT + 1, run_name="Café"),
        make_llm_call("1", "b", at=AT + 1, cost_nanos=2_000),
        make_run_end("b", at=AT + 31, status="failed"),
        make_run("c", at=AT + 2, run_name="cafÉ"),
        make_event("1", "c", at=AT + 2, status="failed"),
        make_run_end("c", at=AT + 12),
        make_llm_call("1", "d", at=AT + 3, tokens_in=5, tokens_out=5, cost_nanos=500),
    ]
