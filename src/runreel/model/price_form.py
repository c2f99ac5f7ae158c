"""Prices as JSON, in files, databases and the API alike: dollars per million tokens."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import cast

from runreel.errors import InvalidPriceError
from runreel.model.instant import format_instant, parse_instant
from runreel.model.price import LongContext, Price, PriceSource, Rates

MAX_DOLLARS = 10_000
"""The most that a million tokens may cost."""

_RATES = ("input", "output", "cached", "cache_write", "reasoning")
_NAMES = frozenset({"provider", "model", "aliases", "valid_from", "valid_until", "batch", "long_context", *_RATES})
_LONG_NAMES = frozenset({"above_tokens", *_RATES})
# Dollars per million tokens are millionths of a dollar per token, and a rate is in pico-dollars.
_PICOS_PER_QUOTE = 10**6
_MAX_TOKENS = 10**12


def parse_price(form: Mapping[str, object], *, source: PriceSource) -> Price:
    """Return the price that a JSON object describes.

    Raises:
        InvalidPriceError: says which part of it can't be used.
    """
    unknown = sorted(form.keys() - _NAMES)
    if unknown:
        raise InvalidPriceError(f"a price has no {unknown[0]!r}; it has {', '.join(sorted(_NAMES))}")
    batch = _number(form, "batch", most=1)
    return Price(
        provider=_text(form.get("provider"), "provider"),
        model=_text(form.get("model"), "model"),
        aliases=tuple(_text(alias, "aliases") for alias in _list(form.get("aliases"))),
        valid_from=parse_valid_from(form.get("valid_from")),
        valid_until=_parse_valid_until(form),
        rates=_parse_rates(form),
        batch_permille=None if batch is None else _scaled(batch, 1_000, "batch"),
        long_context=_parse_long_context(form.get("long_context")),
        source=source,
    )


def parse_valid_from(value: object) -> int:
    """Return the instant from which a price is valid; None stands for always.

    Raises:
        InvalidPriceError: it is no instant from 1970 on.
    """
    valid_from = 0 if value is None else parse_instant(value)
    if valid_from is None or valid_from < 0:
        raise InvalidPriceError(f"valid_from is {value!r}; give a date from 1970 on, such as 2026-01-31")
    return valid_from


def _parse_valid_until(form: Mapping[str, object]) -> int | None:
    value = form.get("valid_until")
    until = parse_instant(value)
    if value is not None and (until is None or until <= parse_valid_from(form.get("valid_from"))):
        raise InvalidPriceError(f"valid_until is {value!r}; give a date after valid_from")
    return until


def format_price(price: Price) -> dict[str, object]:
    """Return the JSON object that `parse_price` reads, with every name in it."""
    long_context = price.long_context
    return {
        "provider": price.provider,
        "model": price.model,
        "aliases": list(price.aliases),
        "valid_from": format_instant(price.valid_from) if price.valid_from else None,
        "valid_until": None if price.valid_until is None else format_instant(price.valid_until),
        **_format_rates(price.rates),
        "batch": None if price.batch_permille is None else price.batch_permille / 1_000,
        "long_context": None
        if long_context is None
        else {"above_tokens": long_context.above_tokens, **_format_rates(long_context.rates)},
    }


def _parse_rates(form: Mapping[str, object]) -> Rates:
    rates: dict[str, int] = {}
    for name in _RATES:
        dollars = _number(form, name, most=MAX_DOLLARS)
        if dollars is not None:
            rates[name] = _scaled(dollars, _PICOS_PER_QUOTE, name)
    missing = [name for name in ("input", "output") if name not in rates]
    if missing:
        raise InvalidPriceError(f"{missing[0]} is missing; give dollars per million tokens, 0 for what is free")
    return Rates(**rates)


def _parse_long_context(value: object) -> LongContext | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise InvalidPriceError("long_context is no JSON object; give above_tokens with input and output")
    form = cast("dict[str, object]", value)
    unknown = sorted(form.keys() - _LONG_NAMES)
    above_tokens = form.get("above_tokens")
    if unknown or type(above_tokens) is not int or not 0 < above_tokens <= _MAX_TOKENS:
        raise InvalidPriceError("long_context has above_tokens, a whole number, and rates like a price")
    is_known = any(form.get(name) is not None for name in _RATES)
    return LongContext(above_tokens=above_tokens, rates=_parse_rates(form) if is_known else None)


def _format_rates(rates: Rates | None) -> dict[str, object]:
    quotes: dict[str, int | None] = {name: getattr(rates, name, None) for name in _RATES}
    return {name: None if picos is None else picos / _PICOS_PER_QUOTE for name, picos in quotes.items()}


def _number(form: Mapping[str, object], name: str, *, most: int) -> float | None:
    value = form.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        raise InvalidPriceError(f"{name} is {value!r}; give a number from 0 to {most}")
    return value


def _scaled(value: float, factor: int, name: str) -> int:
    # What JSON wrote as 0.15 is that number, and not the nearest that a float can be.
    scaled = Decimal(repr(value)) * factor
    if scaled != scaled.to_integral_value():
        digits = len(str(factor)) - 1
        raise InvalidPriceError(f"{name} is {value!r}; give at most {digits} digits after the point")
    return int(scaled)


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidPriceError(f"{name} is {value!r}; give a name")
    return value


def _list(value: object) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise InvalidPriceError("aliases is no list; give a list of names")
    return cast("list[object]", value)
