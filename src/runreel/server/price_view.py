"""What the API answers about prices."""

from __future__ import annotations

from typing import cast

from typing_extensions import TypedDict

from runreel.model.instant import MICROSECONDS_PER_HOUR, format_instant
from runreel.model.price import Price, RecomputeReport, UnpricedModel
from runreel.model.price_form import format_price

_NANOS_PER_DOLLAR = 1e9


class RatesView(TypedDict):
    """Dollars per million tokens; null where tokens are charged like the rest of the prompt or the answer."""

    input: float
    output: float
    cached: float | None
    cache_write: float | None
    reasoning: float | None


class LongContextView(TypedDict):
    """Rates of calls whose prompt has more than so many tokens; without `input` and `output` they have no price."""

    above_tokens: int
    input: float | None
    output: float | None
    cached: float | None
    cache_write: float | None
    reasoning: float | None


class PriceView(RatesView):
    """A price; `batch` is what a call in a batch costs, as a part of another's.

    `valid_from` null means always; from `valid_until` on nothing is known, until the next price.
    """

    provider: str
    model: str
    aliases: list[str]
    valid_from: str | None
    valid_until: str | None
    batch: float | None
    long_context: LongContextView | None
    source: str


class PricePageView(TypedDict):
    """Prices by provider, model and date; `next_cursor` is null on the last page."""

    prices: list[PriceView]
    next_cursor: str | None


class DeletedPricesView(TypedDict):
    """How many prices were removed."""

    status: str
    deleted_prices: int


class UnpricedFilterView(TypedDict):
    """The parameters of `GET /api/runs` that list the runs which may have such calls."""

    unpriced: bool
    until: str


class UnpricedView(TypedDict):
    """A model without a price, and the hours in which it was called."""

    model: str
    event_type: str
    unpriced_count: int
    first_hour: str
    last_hour: str
    filter: UnpricedFilterView


class UnpricedPageView(TypedDict):
    """Models without a price, by event type and name; `next_cursor` is null on the last page."""

    models: list[UnpricedView]
    next_cursor: str | None


class RecomputeView(TypedDict):
    """What one step changed, or would change; the next one begins at `next_cursor`, null after the last."""

    dry_run: bool
    examined_events: int
    changed_events: int
    changed_runs: int
    cost_change: float
    unpriced_change: int
    runs_left: int
    next_cursor: str | None


def view_price(price: Price) -> PriceView:
    """Return a price."""
    return cast("PriceView", {**format_price(price), "source": str(price.source)})


def view_unpriced(unpriced: UnpricedModel) -> UnpricedView:
    """Return a model without a price, with the filter of its runs, all of which began before the last call."""
    until = format_instant(unpriced.last_hour_at + MICROSECONDS_PER_HOUR)
    return {
        "model": unpriced.model,
        "event_type": unpriced.event_type,
        "unpriced_count": unpriced.n_unpriced,
        "first_hour": format_instant(unpriced.first_hour_at),
        "last_hour": format_instant(unpriced.last_hour_at),
        "filter": {"unpriced": True, "until": until},
    }


def view_recompute(report: RecomputeReport, *, dry_run: bool) -> RecomputeView:
    """Return what one step changed."""
    return {
        "dry_run": dry_run,
        "examined_events": report.n_examined,
        "changed_events": report.n_changed,
        "changed_runs": report.n_runs,
        "cost_change": report.cost_nanos / _NANOS_PER_DOLLAR,
        "unpriced_change": report.n_unpriced,
        "runs_left": report.n_runs_left,
        "next_cursor": report.next_cursor,
    }
