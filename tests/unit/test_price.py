"""What a call costs by a price, which price counts, and prices as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runreel.errors import ConfigError, InvalidPriceError
from runreel.model.instant import parse_instant
from runreel.model.price import LongContext, Price, PriceList, PriceSource, PriceTable, Rates
from runreel.model.price_form import format_price, parse_price
from runreel.model.usage import Usage
from runreel.storage.price_table import parse_table, read_price_file, read_shipped_prices

DAY = 86_400_000_000
RATES = Rates(input=3_000_000, output=15_000_000, cached=300_000, cache_write=3_750_000, reasoning=20_000_000)


def make_price(model: str = "m", *, provider: str = "p", rates: Rates = RATES, **fields: Any) -> Price:
    return Price(provider=provider, model=model, rates=rates, **fields)


def list_of(*prices: Price, aliases: dict[str, str] | None = None) -> PriceList:
    return PriceList([PriceTable(prices=prices, provider_aliases=aliases or {})])


@pytest.mark.parametrize(
    ("usage", "dollars_per_million"),
    [
        (Usage(tokens_in=1_000_000), 3),
        (Usage(tokens_out=1_000_000), 15),
        (Usage(tokens_in=1_000_000, tokens_cached=400_000), 0.6 * 3 + 0.4 * 0.3),
        (Usage(tokens_in=1_000_000, tokens_cache_write=400_000), 0.6 * 3 + 0.4 * 3.75),
        (Usage(tokens_in=1_000_000, tokens_cached=500_000, tokens_cache_write=500_000), 0.5 * 0.3 + 0.5 * 3.75),
        (Usage(tokens_out=1_000_000, tokens_reasoning=400_000), 0.6 * 15 + 0.4 * 20),
        (Usage(), 0),
    ],
    ids=str,
)
def test_parts_of_prompt_and_answer_have_their_own_rates(usage: Usage, dollars_per_million: float) -> None:
    assert make_price().cost_nanos_of(usage) == round(dollars_per_million * 10**9)


def test_parts_that_are_more_than_their_whole_were_counted_beside_it() -> None:
    usage = Usage(tokens_in=100, tokens_cached=1_000, tokens_out=10, tokens_reasoning=50)

    assert make_price().cost_nanos_of(usage) == 100 * 3_000 + 1_000 * 300 + 10 * 15_000 + 50 * 20_000


def test_parts_without_a_rate_are_charged_like_the_rest() -> None:
    price = make_price(rates=Rates(input=2_000, output=5_000))
    usage = Usage(tokens_in=10, tokens_cached=4, tokens_cache_write=3, tokens_out=6, tokens_reasoning=2)

    assert price.cost_nanos_of(usage) == 10 * 2 + 6 * 5


@pytest.mark.parametrize(("picos", "nanos"), [(499, 0), (500, 1), (1_499, 1), (1_500, 2)])
def test_a_cost_is_rounded_once(picos: int, nanos: int) -> None:
    assert make_price(rates=Rates(input=picos, output=0)).cost_nanos_of(Usage(tokens_in=1)) == nanos


def test_a_batch_costs_a_part_or_has_no_price() -> None:
    usage = Usage(tokens_in=1_000)

    assert make_price(batch_permille=500).cost_nanos_of(usage, is_batch=True) == 1_500_000
    assert make_price(batch_permille=500).cost_nanos_of(usage) == 3_000_000
    assert make_price().cost_nanos_of(usage, is_batch=True) is None


@pytest.mark.parametrize(("tokens_in", "nanos"), [(200, 600_000), (201, 1_206_000)])
def test_a_long_prompt_has_rates_of_its_own(tokens_in: int, nanos: int) -> None:
    price = make_price(long_context=LongContext(above_tokens=200, rates=Rates(input=6_000_000, output=0)))

    assert price.cost_nanos_of(Usage(tokens_in=tokens_in)) == nanos


def test_a_long_prompt_whose_rates_nobody_knows_has_no_price() -> None:
    price = make_price(long_context=LongContext(above_tokens=200, rates=None))

    assert price.cost_nanos_of(Usage(tokens_in=200)) == 600_000
    assert price.cost_nanos_of(Usage(tokens_in=1, tokens_cached=200)) is None


def test_an_absurd_cost_is_none() -> None:
    assert make_price().cost_nanos_of(Usage(tokens_in=10**12)) is None


@pytest.mark.parametrize(
    ("at", "rate"), [(-5, None), (DAY - 1, None), (DAY, 1), (3 * DAY - 1, 1), (3 * DAY, 2), (9 * DAY, 2)]
)
def test_the_newest_price_that_was_valid_counts(at: int, rate: int | None) -> None:
    first = make_price(valid_from=DAY, rates=Rates(input=1, output=0))
    second = make_price(valid_from=3 * DAY, rates=Rates(input=2, output=0))

    found = list_of(second, first).find("p", "m", at)

    assert (found and found.rates.input) == rate


def test_a_price_without_a_date_was_always_valid() -> None:
    assert list_of(make_price()).find("p", "m", -(10**18)) is not None


@pytest.mark.parametrize(("at", "is_known"), [(DAY, True), (2 * DAY - 1, True), (2 * DAY, False), (3 * DAY, True)])
def test_after_its_end_a_price_is_none(at: int, is_known: bool) -> None:
    prices = list_of(make_price(valid_until=2 * DAY), make_price(valid_from=3 * DAY))

    assert (prices.find("p", "m", at) is not None) == is_known


@pytest.mark.parametrize(
    ("provider", "model", "is_found"),
    [
        ("p", "m", True),
        ("P", "m", True),
        ("pe", "m", True),
        (None, "m", True),
        ("p", "m-2024-01-01", True),
        (None, "p/m", True),
        (None, "PE/m", True),
        ("p", "p/m", True),
        ("p", "pe/m", True),
        ("p", "M", False),
        ("p", "m-2", False),
        ("p", "m-2024", False),
        ("p", " m", False),
        ("q", "m", False),
        ("q", "p/m", False),
        (None, "q/m", False),
        (None, "p/q/m", False),
        (None, "m/", False),
        (None, "", False),
        (None, "/m", False),
    ],
)
def test_names_are_exact(provider: str | None, model: str, is_found: bool) -> None:
    prices = list_of(make_price(aliases=("m-2024-01-01",)), aliases={"pe": "p"})

    assert (prices.find(provider, model, 0) is not None) == is_found


def test_a_name_with_a_slash_of_its_own_is_found() -> None:
    prices = list_of(make_price("org/m", provider="host"))

    assert prices.find("host", "org/m", 0) == prices.find(None, "host/org/m", 0) is not None


def test_without_a_provider_a_model_of_two_has_no_price() -> None:
    prices = list_of(make_price(), make_price(provider="q"))

    assert prices.find(None, "m", 0) is None
    assert prices.find("q", "m", 0) is not None


def test_an_earlier_table_goes_before_from_its_own_dates_on() -> None:
    theirs = PriceTable(prices=(make_price(), make_price(valid_from=5 * DAY), make_price("other")))
    ours = PriceTable(prices=(make_price(valid_from=2 * DAY, rates=Rates(input=7, output=7)),))
    prices = PriceList([ours, theirs])

    assert [prices.find("p", "m", day * DAY).rates.input for day in (1, 2, 6)] == [3_000_000, 7, 7]
    assert [(price.model, price.valid_from) for price in prices.list_effective()] == [
        ("m", 0),
        ("m", 2 * DAY),
        ("other", 0),
    ]


def test_an_earlier_table_decides_whose_a_model_is() -> None:
    prices = PriceList([PriceTable(prices=(make_price(provider="q"),)), PriceTable(prices=(make_price(),))])

    found = prices.find(None, "m", 0)

    assert found is not None
    assert found.provider == "q"


_rate = st.integers(0, 10**9)
_rates = st.builds(
    Rates,
    input=_rate,
    output=_rate,
    cached=st.none() | _rate,
    cache_write=st.none() | _rate,
    reasoning=st.none() | _rate,
)
_prices = st.builds(
    make_price,
    rates=_rates,
    aliases=st.lists(st.text(min_size=1), max_size=2).map(tuple),
    valid_from=st.integers(0, 10**17),
    batch_permille=st.none() | st.integers(0, 1000),
    long_context=st.none() | st.builds(LongContext, above_tokens=st.integers(1, 10**12), rates=st.none() | _rates),
)


@given(_prices)
def test_a_price_is_read_as_it_was_written(price: Price) -> None:
    assert parse_price(json.loads(json.dumps(format_price(price))), source=PriceSource.PROJECT) == price


_count = st.integers(0, 10**9)


@given(
    _prices,
    st.builds(
        Usage,
        tokens_in=_count,
        tokens_out=_count,
        tokens_cached=_count,
        tokens_cache_write=_count,
        tokens_reasoning=_count,
    ),
)
def test_no_token_is_charged_twice_or_never(price: Price, usage: Usage) -> None:
    flat = replace(price, rates=Rates(input=1_000, output=1_000), long_context=None)

    parts_in, parts_out = usage.tokens_cached + usage.tokens_cache_write, usage.tokens_reasoning
    whole_in = usage.tokens_in if parts_in <= usage.tokens_in else usage.tokens_in + parts_in
    whole_out = usage.tokens_out if parts_out <= usage.tokens_out else usage.tokens_out + parts_out
    assert flat.cost_nanos_of(usage) == whole_in + whole_out


GOOD = {"provider": "p", "model": "m", "input": 1, "output": 2}


@pytest.mark.parametrize(
    "change",
    [
        {"input": None},
        {"output": "2"},
        {"input": -1},
        {"input": True},
        {"input": float("nan")},
        {"input": 10_001},
        {"input": 0.000_000_1},
        {"cached": 0.123_456_7},
        {"batch": 2},
        {"batch": 0.333_3},
        {"model": ""},
        {"provider": 7},
        {"aliases": "m2"},
        {"aliases": [1]},
        {"valid_from": "soon"},
        {"valid_from": "1969-12-31"},
        {"valid_from": "2025-01-01", "valid_until": "2025-01-01"},
        {"valid_until": "soon"},
        {"long_context": 5},
        {"long_context": {"input": 1, "output": 2}},
        {"long_context": {"above_tokens": 5, "input": 1}},
        {"long_context": {"above_tokens": 5, "inputs": 1}},
        {"inputs": 1},
    ],
    ids=str,
)
def test_an_unusable_price_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidPriceError):
        parse_price({**GOOD, **change}, source=PriceSource.FILE)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"version": 2, "prices": []}',
        '{"version": 1, "prices": {}}',
        '{"version": 1, "prices": [1]}',
        '{"version": 1, "prices": [], "provider_aliases": []}',
        '{"version": 1, "prices": [], "provider_aliases": {"a": 1}}',
        json.dumps({"version": 1, "prices": [GOOD, GOOD]}),
        json.dumps({"version": 1, "prices": [GOOD, {**GOOD, "model": "n", "aliases": ["m"]}]}),
        json.dumps({"version": 1, "prices": [{**GOOD, "input": -1}]}),
        "[" * 10_000,
    ],
    ids=lambda text: text[:40],
)
def test_an_unusable_file_is_told_by_its_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "prices.json"
    path.write_text(content)

    with pytest.raises(ConfigError, match=r"prices\.json"):
        read_price_file(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        read_price_file(tmp_path / "none.json")


def test_a_file_is_read() -> None:
    content = json.dumps({"version": 1, "provider_aliases": {"PE": "P"}, "prices": [GOOD]}).encode()

    table = parse_table(content, source=PriceSource.FILE)

    assert PriceList([table]).find("pe", "m", 0) == table.prices[0]
    assert table.prices[0].source == PriceSource.FILE


@pytest.mark.parametrize(
    ("provider", "model", "day", "dollars"),
    [
        ("openai", "gpt-4o", "2024-10-01", 5 + 15),
        ("openai", "gpt-4o", "2024-10-02", 2.5 + 10),
        ("openai", "gpt-4o-2024-08-06", "2024-09-01", 2.5 + 10),
        ("anthropic", "claude-3-5-sonnet-20241022", "2025-01-01", 3 + 15),
        (None, "anthropic/claude-sonnet-4-0", "2025-06-01", 6 + 22.5),
        ("gcp.gemini", "gemini-2.5-pro", "2025-12-01", 2.5 + 15),
        ("openai", "text-embedding-3-small", "2025-12-01", 0.02),
    ],
)
def test_shipped_prices_are_found_by_model_and_date(provider: str | None, model: str, day: str, dollars: float) -> None:
    price = PriceList([read_shipped_prices()]).find(provider, model, parse_instant(day) or 0)

    assert price is not None
    assert price.cost_nanos_of(Usage(tokens_in=10**6, tokens_out=10**6)) == round(dollars * 10**9)


def test_every_shipped_provider_has_a_source_and_every_price_one_date() -> None:
    document = json.loads((Path(parse_table.__code__.co_filename).parent / "prices.v1.json").read_text())

    assert {price["provider"] for price in document["prices"]} == set(document["sources"])
    assert date.fromisoformat(document["date"])
