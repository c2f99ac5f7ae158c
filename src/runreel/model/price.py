"""Prices of models: what a provider charges for tokens, from when on, and what a call costs by it.

Rates are pico-dollars per token, so that what is quoted in dollars per million tokens is an integer, and costs are
exact until they are rounded to nano-dollars, once for each call.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from runreel.model.usage import Usage

BATCH_SUBTYPE = "batch"
"""The `event_subtype` of a call through a provider's interface for batches."""

_PICOS_PER_NANO = 1_000
_WHOLE_PERMILLE = 1_000
# Like the costs that recorders state: sums are kept in 64 bits, and no single amount may come near their end.
_MAX_COST_NANOS = 10**14


class PriceSource(StrEnum):
    """Where a price comes from; what comes first counts more."""

    PROJECT = "project"
    FILE = "file"
    SHIPPED = "shipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Pico-dollars per token; where a rate is None, its tokens are charged like the rest of the prompt or answer."""

    input: int
    output: int
    cached: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LongContext:
    """The rates of calls whose prompt has more than `above_tokens` tokens; None where they are not known."""

    above_tokens: int
    rates: Rates | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a provider charges for a model from an instant on, until a newer price of that model.

    `aliases` are further exact names of the model. `batch_permille` is what a call in a batch costs, in thousandths
    of another one; None where nothing is known of that. `valid_from` is 0 for a price that has always been valid;
    from `valid_until` on nothing is known.
    """

    provider: str
    model: str
    rates: Rates
    aliases: tuple[str, ...] = ()
    valid_from: int = 0
    valid_until: int | None = None
    batch_permille: int | None = None
    long_context: LongContext | None = None
    source: PriceSource = PriceSource.PROJECT

    def cost_nanos_of(self, usage: Usage, *, is_batch: bool = False) -> int | None:
        """Return what a call costs, in nano-dollars; None where this price does not tell.

        Cached tokens and those written to a cache are parts of the prompt, and tokens of reasoning are part of the
        answer. Parts that are more than their whole were counted beside it.
        """
        fresh, tokens_in = _rest_and_whole(usage.tokens_in, usage.tokens_cached + usage.tokens_cache_write)
        visible, _ = _rest_and_whole(usage.tokens_out, usage.tokens_reasoning)
        rates = self._rates_for(tokens_in)
        permille = self.batch_permille if is_batch else _WHOLE_PERMILLE
        if rates is None or permille is None:
            return None
        picos = (
            fresh * rates.input
            + usage.tokens_cached * _first(rates.cached, rates.input)
            + usage.tokens_cache_write * _first(rates.cache_write, rates.input)
            + visible * rates.output
            + usage.tokens_reasoning * _first(rates.reasoning, rates.output)
        )
        # Half a nano-dollar and more is rounded up.
        divisor = _PICOS_PER_NANO * _WHOLE_PERMILLE
        nanos = (picos * permille + divisor // 2) // divisor
        return nanos if nanos <= _MAX_COST_NANOS else None

    def _rates_for(self, tokens_in: int) -> Rates | None:
        long_context = self.long_context
        return self.rates if long_context is None or tokens_in <= long_context.above_tokens else long_context.rates


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTable:
    """Prices of one source, and the other names under which providers are known."""

    prices: tuple[Price, ...] = ()
    provider_aliases: Mapping[str, str] = field(default_factory=dict[str, str])


class PriceList:
    """The prices of several tables, of which an earlier one goes before a later one from its own dates on.

    Names are exact: a model has a price if it is listed as it was sent, or without the `provider/` that routers put
    before it. A provider is listed in lower case and may have aliases.
    """

    def __init__(self, tables: Sequence[PriceTable]) -> None:
        self._provider_aliases: dict[str, str] = {}
        for table in reversed(tables):
            self._provider_aliases.update(table.provider_aliases)
        # For each provider and name, the prices in the order of their dates.
        self._prices: dict[tuple[str, str], list[Price]] = {}
        # For each name, its provider in the first table that has it; None where that has several.
        self._provider_of: dict[str, str | None] = {}
        for table in tables:
            self._add(table)

    def _add(self, table: PriceTable) -> None:
        added: dict[tuple[str, str], list[Price]] = {}
        providers: dict[str, str | None] = {}
        for price in table.prices:
            provider = self.provider_called(price.provider)
            for name in (price.model, *price.aliases):
                added.setdefault((provider, name), []).append(price)
                is_other = providers.setdefault(name, provider) != provider
                providers[name] = None if is_other else provider
        for key, prices in added.items():
            before = self._prices.get(key, [])
            earlier = [price for price in prices if not before or price.valid_from < before[0].valid_from]
            self._prices[key] = sorted(earlier, key=_valid_from) + before
        self._provider_of = {**providers, **self._provider_of}

    def provider_called(self, name: str) -> str:
        """Return the name under which a provider is listed."""
        folded = name.casefold()
        return self._provider_aliases.get(folded, folded)

    def find(self, provider: str | None, model: str, at: int) -> Price | None:
        """Return the price of a model at an instant; without a provider only where no two have such a model."""
        prices = self._prices.get(self._key_of(provider, model), [])
        place = bisect_right(prices, max(at, 0), key=_valid_from)
        price = prices[place - 1] if place else None
        is_over = price is not None and price.valid_until is not None and at >= price.valid_until
        return None if is_over else price

    def _key_of(self, provider: str | None, model: str) -> tuple[str, str]:
        prefix, _, rest = model.partition("/")
        if provider is None:
            if model in self._provider_of:
                return self._provider_of[model] or "", model
            return self.provider_called(prefix), rest
        listed = self.provider_called(provider)
        if (listed, model) in self._prices or self.provider_called(prefix) != listed:
            return listed, model
        return listed, rest

    def list_effective(self) -> list[Price]:
        """Return the prices that some call can have, by provider, model and date."""
        found = {id(price): price for prices in self._prices.values() for price in prices}
        return sorted(found.values(), key=lambda p: (p.provider, p.model, p.valid_from, p.source))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpricedModel:
    """A model that was called at a cost that nobody knows; `model` is the event's name where none was stated."""

    event_type: str
    model: str
    n_unpriced: int
    first_hour_at: int
    last_hour_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecomputeQuery:
    """Which events to price again: those of a model as it was sent, those that began at an instant or later."""

    model: str | None = None
    since: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecomputeReport:
    """What pricing again changed, or would change, in one step; the next begins at `next_cursor`.

    `cost_nanos` and `n_unpriced` are differences of the totals.
    """

    n_examined: int
    n_changed: int
    n_runs: int
    cost_nanos: int
    n_unpriced: int
    n_runs_left: int
    next_cursor: str | None


def _rest_and_whole(whole: int, parts: int) -> tuple[int, int]:
    return (whole - parts, whole) if parts <= whole else (whole, whole + parts)


def _first(rate: int | None, otherwise: int) -> int:
    return otherwise if rate is None else rate


def _valid_from(price: Price) -> int:
    return price.valid_from
