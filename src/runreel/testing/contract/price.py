"""Prices: what people set, which calls it prices, and pricing stored calls again."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from runreel.errors import InvalidNameError, InvalidQueryError, NotFoundError
from runreel.model.event import Event
from runreel.model.price import (
    LongContext,
    Price,
    PriceSource,
    Rates,
    RecomputeQuery,
    RecomputeReport,
    UnpricedModel,
)
from runreel.model.record import Record
from runreel.model.run import RunFilter
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, at_once, read_all
from runreel.testing.record import AT, HOUR, NOW, SECOND, make_event, make_llm_call, make_run

ALL = RecomputeQuery()
RATES = Rates(input=2_000_000, output=8_000_000)
"""Two dollars a million tokens of the prompt, eight of the answer."""

NANOS_PER_CALL = 100 * 2_000 + 10 * 8_000
"""What a call of `make_llm_call` costs by a price of `make_price`."""


def make_price(model: str = "small-1", *, provider: str = "acme", rates: Rates = RATES, **fields: Any) -> Price:
    """Build a price of the project."""
    return Price(provider=provider, model=model, rates=rates, **fields)


def put(store: Store, scope: Scope, *prices: Price) -> None:
    for price in prices:
        store.prices.put_price(scope, price, now=NOW)


def call(
    event_id: str = "event-1",
    run_id: str = "run-1",
    *,
    at: int = AT,
    tokens_out: int | None = 10,
    cost_nanos: int | None = None,
    **fields: Any,
) -> Record:
    """Build the record of a call whose recorder gave no cost."""
    return make_llm_call(event_id, run_id, at=at, tokens_out=tokens_out, cost_nanos=cost_nanos, **fields)


def event_of(store: Store, scope: Scope, event_id: str = "event-1") -> Event:
    return store.events.get_event(scope, "run-1", event_id).event


def recompute(
    store: Store, scope: Scope, query: RecomputeQuery = ALL, *, dry_run: bool = False
) -> list[RecomputeReport]:
    """Recompute to the end; return the reports of all steps."""
    reports = [store.prices.recompute(scope, query, dry_run=dry_run)]
    while reports[-1].next_cursor is not None:
        reports.append(store.prices.recompute(scope, query, dry_run=dry_run, cursor=reports[-1].next_cursor))
    return reports


class SettingContract(StoreContract):
    """What people set, and how it is listed."""

    def test_a_price_is_set_listed_and_removed(self, store: Store, scope: Scope) -> None:
        price = make_price(
            valid_from=AT,
            rates=Rates(input=1, output=2, cached=0, cache_write=4, reasoning=5),
            batch_permille=500,
            long_context=LongContext(above_tokens=7, rates=Rates(input=8, output=9)),
        )
        assert store.prices.put_price(scope, price, now=NOW) == price
        assert store.prices.list_prices(scope, model="small-1", limit=5).items == (price,)
        assert store.prices.delete_prices(scope, "acme", "small-1") == 1
        assert store.prices.list_prices(scope, model="small-1", limit=5).items == ()

    def test_setting_again_replaces(self, store: Store, scope: Scope) -> None:
        put(store, scope, make_price(), make_price(rates=Rates(input=1, output=1)))
        assert [price.rates.input for price in store.prices.list_prices(scope, model="small-1", limit=5).items] == [1]

    def test_prices_of_several_dates_are_kept_and_removed_one_by_one(self, store: Store, scope: Scope) -> None:
        put(store, scope, make_price(), make_price(valid_from=AT), make_price(valid_from=AT + 1))
        assert store.prices.delete_prices(scope, "acme", "small-1", valid_from=AT) == 1
        left = store.prices.list_prices(scope, model="small-1", limit=5).items
        assert [price.valid_from for price in left] == [0, AT + 1]
        assert store.prices.delete_prices(scope, "acme", "small-1") == 2

    def test_a_provider_is_listed_in_lower_case(self, store: Store, scope: Scope) -> None:
        put(store, scope, make_price(provider="ACME"))
        assert len(store.prices.list_prices(scope, provider="Acme", limit=5).items) == 1
        assert store.prices.delete_prices(scope, "aCME", "small-1") == 1

    @pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 256, ".."])
    def test_an_unusable_name_is_refused(self, store: Store, scope: Scope, name: str) -> None:
        for price in (make_price(name), make_price(provider=name)):
            with pytest.raises(InvalidNameError):
                store.prices.put_price(scope, price, now=NOW)

    def test_removing_what_nobody_set_is_not_found(self, store: Store, scope: Scope) -> None:
        put(store, scope, make_price())
        for provider, model, valid_from in (("acme", "small-2", None), ("b", "small-1", None), ("acme", "small-1", 5)):
            with pytest.raises(NotFoundError):
                store.prices.delete_prices(scope, provider, model, valid_from=valid_from)

    def test_paging_visits_each_price_once(self, store: Store, scope: Scope) -> None:
        put(store, scope, *(make_price(f"m{number}") for number in range(5)))
        listed = read_all(lambda cursor: store.prices.list_prices(scope, provider="acme", limit=2, cursor=cursor))
        assert [price.model for price in listed] == ["m0", "m1", "m2", "m3", "m4"]

    def test_shipped_prices_are_listed(self, store: Store, scope: Scope) -> None:
        (price,) = store.prices.list_prices(scope, model="gpt-4o-2024-08-06", limit=5).items
        assert (price.provider, price.source) == ("openai", PriceSource.SHIPPED)

    def test_a_set_price_hides_the_shipped_one_from_its_date_on(self, store: Store, scope: Scope) -> None:
        put(store, scope, make_price("gpt-4o-2024-08-06", provider="openai", valid_from=AT))
        listed = store.prices.list_prices(scope, model="gpt-4o-2024-08-06", limit=5).items
        assert [(price.source, price.valid_from) for price in listed] == [
            (PriceSource.SHIPPED, 0),
            (PriceSource.PROJECT, AT),
        ]

    def test_prices_of_another_project_are_not_seen(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        put(store, elsewhere, make_price())
        apply(store, scope, make_run(), call())
        assert store.prices.list_prices(scope, model="small-1", limit=5).items == ()
        assert event_of(store, scope).cost_source is None
        with pytest.raises(NotFoundError):
            store.prices.delete_prices(scope, "acme", "small-1")

    def test_a_foreign_cursor_is_refused(self, store: Store, scope: Scope) -> None:
        for read in (
            lambda: store.prices.list_prices(scope, limit=5, cursor="x"),
            lambda: store.prices.list_unpriced(scope, limit=5, cursor="x"),
            lambda: store.prices.recompute(scope, ALL, cursor="x"),
        ):
            with pytest.raises(InvalidQueryError):
                read()


class PricingContract(StoreContract):
    """What is priced when it is applied."""

    def test_a_call_without_a_cost_gets_its_price(self, store: Store, scope: Scope) -> None:
        put(store, scope, make_price())
        apply(store, scope, make_run(), call())
        event = event_of(store, scope)
        assert (event.cost_nanos, event.known_cost_nanos, event.cost_source) == (None, NANOS_PER_CALL, "prices")
        usage = store.runs.get_run(scope, "run-1").usage
        assert (usage.cost_nanos, usage.n_unpriced) == (NANOS_PER_CALL, 0)
        assert store.runs.get_agent(scope, "planner").usage == usage

    def test_the_recorders_cost_stays(self, store: Store, scope: Scope) -> None:
        put(store, scope, make_price())
        apply(store, scope, make_run(), call(cost_nanos=0))
        event = event_of(store, scope)
        assert (event.known_cost_nanos, event.cost_source, event.is_unpriced) == (0, "recorder", False)
        assert event.price_nanos is None

    def test_a_call_of_another_model_is_unpriced(self, store: Store, scope: Scope) -> None:
        put(store, scope, make_price())
        apply(store, scope, make_run(), call(model="small-1-mini"), make_event("none", tokens_in=1))
        for event_id in ("event-1", "none"):
            event = event_of(store, scope, event_id)
            assert (event.known_cost_nanos, event.cost_source, event.is_unpriced) == (None, None, True)
        assert store.runs.get_run(scope, "run-1").usage.n_unpriced == 2

    def test_an_event_without_usage_has_no_price(self, store: Store, scope: Scope) -> None:
        put(store, scope, make_price())
        apply(store, scope, make_run(), make_event(model="small-1"))
        event = event_of(store, scope)
        assert (event.price_nanos, event.is_unpriced) == (None, False)

    def test_the_price_of_its_start_counts(self, store: Store, scope: Scope) -> None:
        put(store, scope, make_price(valid_from=AT), make_price(valid_from=AT + SECOND, rates=Rates(input=0, output=0)))
        calls = [call(str(at), at=at) for at in (AT - 1, AT, AT + SECOND - 1, AT + SECOND)]
        apply(store, scope, make_run(), *calls)
        costs = [event_of(store, scope, str(each.recorded_at)).known_cost_nanos for each in calls]
        assert costs == [None, NANOS_PER_CALL, NANOS_PER_CALL, 0]

    def test_a_call_in_a_batch_costs_its_part(self, store: Store, scope: Scope) -> None:
        put(store, scope, make_price(batch_permille=500))
        apply(store, scope, make_run(), call(event_subtype="batch"))
        assert event_of(store, scope).known_cost_nanos == NANOS_PER_CALL // 2

    def test_what_comes_late_is_priced_with_the_rest(self, store: Store, scope: Scope) -> None:
        put(store, scope, make_price())
        apply(store, scope, make_run(), call(tokens_out=None))
        assert event_of(store, scope).known_cost_nanos == 200_000
        apply(store, scope, make_event(at=AT + 1, started_at=None, tokens_out=10))
        assert event_of(store, scope).known_cost_nanos == NANOS_PER_CALL
        apply(store, scope, make_event(at=AT + 2, started_at=None, cost_nanos=5))
        assert event_of(store, scope).cost_source == "recorder"
        assert store.runs.get_run(scope, "run-1").usage.cost_nanos == 5

    def test_a_parent_that_counts_again_has_its_price(self, store: Store, scope: Scope) -> None:
        put(store, scope, make_price())
        apply(store, scope, make_run(), call("parent"), call("child", at=AT + 1, parent_event_id="parent"))
        apply(store, scope, make_event("child", at=AT + 2, started_at=None, tokens_in=0, tokens_out=0))
        assert store.runs.get_run(scope, "run-1").usage.cost_nanos == NANOS_PER_CALL

    def test_the_summary_of_a_node_has_prices(self, store: Store, scope: Scope) -> None:
        put(store, scope, make_price())
        apply(store, scope, make_run(), call(node_id="n"), call("other", node_id="n", model="other"))
        usage = store.events.get_node_summary(scope, "run-1", "n").usage
        assert (usage.cost_nanos, usage.n_unpriced) == (NANOS_PER_CALL, 1)

    def test_a_price_that_another_process_set_counts_at_once(
        self, store: Store, store_to_close: Store, scope: Scope
    ) -> None:
        apply(store, scope, make_run(), call("before"))
        for number in range(2):
            price = make_price(rates=Rates(input=number * 1_000_000, output=0))
            store_to_close.prices.put_price(scope, price, now=NOW)
            apply(store, scope, call(f"{number}"))
        store_to_close.prices.delete_prices(scope, "acme", "small-1")
        apply(store, scope, call("after"))
        store_to_close.close()
        found = [event_of(store, scope, event_id).price_nanos for event_id in ("before", "0", "1", "after")]
        assert found == [None, 0, 100_000, None]


class UnpricedContract(StoreContract):
    """What nobody knows the cost of."""

    def test_models_without_a_price_are_listed_with_their_counts(self, store: Store, scope: Scope) -> None:
        put(store, scope, make_price())
        calls = [call("a"), call("b", model="x"), call("c", model="x", at=AT + HOUR), call("d", model="y")]
        apply(store, scope, make_run(), *calls)
        found = read_all(lambda cursor: store.prices.list_unpriced(scope, limit=1, cursor=cursor))
        assert found == [
            UnpricedModel(event_type="llm_call", model="x", n_unpriced=2, first_hour_at=AT, last_hour_at=AT + HOUR),
            UnpricedModel(event_type="llm_call", model="y", n_unpriced=1, first_hour_at=AT, last_hour_at=AT),
        ]

    def test_runs_with_such_calls_are_found(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a"), call(run_id="a"), make_run("b"), make_llm_call(run_id="b"))
        for wanted, run_id in ((True, "a"), (False, "b")):
            page = store.runs.list_runs(scope, RunFilter(has_unpriced=wanted), limit=5)
            assert [run.run_id for run in page.items] == [run_id]

    def test_other_projects_are_not_seen(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, elsewhere, make_run(), call())
        assert store.prices.list_unpriced(scope, limit=5).items == ()


class RecomputeContract(StoreContract):
    """Pricing stored calls again."""

    def test_stored_calls_get_the_price_of_now(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), call(), call("priced", cost_nanos=7))
        put(store, scope, make_price())
        (report,) = recompute(store, scope)
        assert report == RecomputeReport(
            n_examined=1,
            n_changed=1,
            n_runs=1,
            cost_nanos=NANOS_PER_CALL,
            n_unpriced=-1,
            n_runs_left=0,
            next_cursor=None,
        )
        usage = store.runs.get_run(scope, "run-1").usage
        assert (usage.cost_nanos, usage.n_unpriced) == (NANOS_PER_CALL + 7, 0)
        assert store.runs.get_agent(scope, "planner").usage == usage
        assert event_of(store, scope, "priced").cost_source == "recorder"
        assert store.prices.list_unpriced(scope, limit=5).items == ()

    def test_doing_it_again_changes_nothing(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), call())
        put(store, scope, make_price())
        recompute(store, scope)
        before = store.runs.get_run(scope, "run-1")
        (report,) = recompute(store, scope)
        assert (report.n_examined, report.n_changed) == (1, 0)
        assert store.runs.get_run(scope, "run-1") == before

    def test_a_price_that_is_gone_makes_calls_unpriced(self, store: Store, scope: Scope) -> None:
        put(store, scope, make_price())
        apply(store, scope, make_run(), call())
        store.prices.delete_prices(scope, "acme", "small-1")
        (report,) = recompute(store, scope)
        assert (report.cost_nanos, report.n_unpriced) == (-NANOS_PER_CALL, 1)
        assert event_of(store, scope).is_unpriced

    def test_a_dry_run_tells_and_changes_nothing(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), call())
        put(store, scope, make_price())
        before = store.runs.get_run(scope, "run-1")
        told = recompute(store, scope, dry_run=True)
        assert store.runs.get_run(scope, "run-1") == before
        assert told == recompute(store, scope)

    def test_what_changes_is_numbered(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), call(), call("other", model="other"))
        before, other = store.runs.get_run(scope, "run-1").change_seq, event_of(store, scope, "other").change_seq
        put(store, scope, make_price())
        recompute(store, scope)
        assert before < event_of(store, scope).change_seq < store.runs.get_run(scope, "run-1").change_seq
        assert event_of(store, scope, "other").change_seq == other

    def test_only_the_calls_of_a_model_or_since_a_time_are_priced(self, store: Store, scope: Scope) -> None:
        calls = [call("a"), call("b", model="small-2"), call("c", at=AT + SECOND)]
        apply(store, scope, make_run(), *calls)
        put(store, scope, make_price(), make_price("small-2"))
        for query, event_id in (
            (RecomputeQuery(model="small-2"), "b"),
            (RecomputeQuery(since=AT + SECOND), "c"),
            (ALL, "a"),
        ):
            assert sum(report.n_changed for report in recompute(store, scope, query)) == 1
            assert event_of(store, scope, event_id).cost_source == "prices"

    def test_a_call_that_does_not_count_is_priced_for_when_it_does(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), call("parent"), call("child", parent_event_id="parent"))
        put(store, scope, make_price())
        (report,) = recompute(store, scope)
        assert (report.n_changed, report.cost_nanos) == (2, NANOS_PER_CALL)
        apply(store, scope, make_event("child", at=AT + 2, started_at=None, tokens_in=0, tokens_out=0))
        assert store.runs.get_run(scope, "run-1").usage.cost_nanos == NANOS_PER_CALL

    def test_many_runs_are_priced_step_by_step(self, store: Store, scope: Scope) -> None:
        records = [record for number in range(550) for record in (make_run(f"r{number}"), call(run_id=f"r{number}"))]
        apply(store, scope, *records)
        put(store, scope, make_price())
        reports = recompute(store, scope)
        assert len(reports) > 1
        assert [report.n_runs_left for report in reports] == sorted((r.n_runs_left for r in reports), reverse=True)
        assert sum(report.n_changed for report in reports) == 550
        assert store.runs.get_agent(scope, "planner").usage.cost_nanos == 550 * NANOS_PER_CALL

    def test_a_long_run_is_priced_part_by_part(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("after"), call(run_id="after"), make_run("before"), call(run_id="before"))
        n_calls = 10_500
        apply(store, scope, make_run(), *(call(f"{number:05}") for number in range(n_calls)))
        put(store, scope, make_price())
        reports = recompute(store, scope)
        assert max(report.n_changed for report in reports) <= 10_000
        assert sum(report.n_changed for report in reports) == n_calls + 2
        assert store.runs.get_run(scope, "run-1").usage.cost_nanos == n_calls * NANOS_PER_CALL

    def test_sums_are_right_beside_writers(self, store: Store, scope: Scope) -> None:
        def write(number: int) -> None:
            run_id = f"r{number // 3 % 3}"
            apply(store, scope, make_run(run_id), call(f"{number}", run_id))

        def set_and_recompute(number: int) -> None:
            put(store, scope, make_price(rates=Rates(input=number, output=1_000_000)))
            recompute(store, scope)

        apply(store, scope, *(make_run(f"r{number}") for number in range(3)))
        doing = [partial(write if number % 3 else set_and_recompute, number) for number in range(36)]
        at_once(doing)
        recompute(store, scope)
        runs = store.runs.list_runs(scope, RunFilter(), limit=5).items
        for run in runs:
            events = store.events.list_events(scope, run.run_id, limit=50).items
            assert run.usage.cost_nanos == sum(event.known_cost_nanos or 0 for event in events)
            assert (len({event.price_nanos for event in events}), run.usage.n_unpriced) == (1, 0)
        agent = store.runs.get_agent(scope, "planner")
        assert agent.usage.cost_nanos == sum(run.usage.cost_nanos for run in runs)

    def test_other_projects_are_left_alone(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, elsewhere, make_run(), call())
        put(store, scope, make_price())
        put(store, elsewhere, make_price())
        assert [report.n_examined for report in recompute(store, scope)] == [0]
        assert event_of(store, elsewhere).cost_source is None


class PriceStoreContract(SettingContract, PricingContract, UnpricedContract, RecomputeContract):
    """Every promise of `PriceStore`."""
