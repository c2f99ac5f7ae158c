"""Whatever becomes of records and prices: sums equal a recount, and recomputing makes every price that of now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runreel.errors import NotFoundError
from runreel.model.event import Event
from runreel.model.price import Price, PriceList, PriceTable, Rates, RecomputeQuery
from runreel.model.scope import Scope
from runreel.model.usage import Usage
from runreel.testing.record import AT, HOUR, NOW, SECOND
from tests.property.effort import examples
from tests.property.laboratory import Laboratory
from tests.property.strategy import Element, decode, elements
from tests.property.totals import check_totals

_ALL = RecomputeQuery()
_TOKENS = ("tokens_in", "tokens_out", "tokens_cached", "tokens_cache_write", "tokens_reasoning")

_rate = st.sampled_from([0, 1, 1_499, 2_000_000])
_price = st.builds(
    Price,
    provider=st.sampled_from(["acme", "umbrella"]),
    model=st.sampled_from(["small", "large"]),
    valid_from=st.sampled_from([0, AT, AT + SECOND, AT + HOUR]),
    rates=st.builds(Rates, input=_rate, output=_rate, cached=st.none() | _rate, reasoning=st.none() | _rate),
)
_step = st.one_of(
    st.tuples(st.just("apply"), elements(max_size=12)),
    st.tuples(st.just("put"), _price),
    st.tuples(st.just("delete"), _price),
    st.tuples(
        st.just("recompute"), st.sampled_from([_ALL, RecomputeQuery(model="small"), RecomputeQuery(since=AT + 1)])
    ),
    st.tuples(st.just("delete run"), st.sampled_from(["r1", "r2"])),
)


@given(first=elements(max_size=12), steps=st.lists(_step, max_size=8))
@settings(
    max_examples=examples(40),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    report_multiple_bugs=False,
)
def test_sums_equal_a_recount_after_any_history(
    laboratory: Laboratory, first: list[Element], steps: list[tuple[str, Any]]
) -> None:
    scope = laboratory.new_scope()
    table = Prices(laboratory, scope)
    for name, content in [("apply", first), *steps]:
        table.take(name, content)
        check_totals(laboratory.dump_sums(scope))
    told = table.recompute(_ALL, dry_run=True)
    assert table.recompute(_ALL) == told
    check_totals(laboratory.dump_sums(scope))
    for event in table.list_events():
        assert event.price_nanos == table.price_of(event), event
    assert table.recompute(_ALL)[:1] == (0,)


class Prices:
    """A project whose prices are remembered beside the store."""

    def __init__(self, laboratory: Laboratory, scope: Scope) -> None:
        self._laboratory = laboratory
        self._store = laboratory.store.prices
        self._known: dict[tuple[str, str, int], Price] = {}
        self._scope = scope

    def take(self, name: str, content: Any) -> None:
        if name == "apply":
            # Records of a run that was deleted are refused.
            self._laboratory.store.runs.apply([(self._scope, batch) for batch in decode(content)], now=NOW)
        elif name == "put":
            self._store.put_price(self._scope, content, now=NOW)
            self._known[content.provider, content.model, content.valid_from] = content
        elif name == "delete":
            self._delete(content)
        elif name == "recompute":
            self.recompute(content)
        else:
            self._delete_run(content)

    def recompute(self, query: RecomputeQuery, *, dry_run: bool = False) -> tuple[int, int, int]:
        """Recompute to the end; return how many events, dollars and unpriced calls that changed."""
        sums, cursor = [0, 0, 0], None
        while True:
            report = self._store.recompute(self._scope, query, dry_run=dry_run, cursor=cursor)
            for place, amount in enumerate((report.n_changed, report.cost_nanos, report.n_unpriced)):
                sums[place] += amount
            cursor = report.next_cursor
            if cursor is None:
                return sums[0], sums[1], sums[2]

    def list_events(self) -> Sequence[Event]:
        runs = self._laboratory.dump_sums(self._scope).runs
        return [full.event for run in runs.values() for full in run["events"]]

    def price_of(self, event: Event) -> int | None:
        """Return what an event costs by the prices that were put, worked out beside the store."""
        usage = Usage(**{name: getattr(event, name) or 0 for name in _TOKENS})
        if event.cost_nanos is not None or event.model is None or usage == Usage():
            return None
        table = PriceTable(prices=tuple(self._known.values()))
        price = PriceList([table]).find(event.provider, event.model, event.started_at)
        return None if price is None else price.cost_nanos_of(usage)

    def _delete(self, price: Price) -> None:
        known = self._known.pop((price.provider, price.model, price.valid_from), None)
        try:
            self._store.delete_prices(self._scope, price.provider, price.model, valid_from=price.valid_from)
        except NotFoundError:
            assert known is None

    def _delete_run(self, run_id: str) -> None:
        try:
            self._laboratory.store.runs.delete_run(self._scope, run_id, now=NOW)
        except NotFoundError:
            return
