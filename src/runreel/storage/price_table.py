"""Tables of prices as files: the one that ships with the package, and the one that a setting names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import cast

from runreel.errors import ConfigError, InvalidPriceError
from runreel.model.price import Price, PriceSource, PriceTable
from runreel.model.price_form import parse_price

VERSION = 1
"""The version of the form of these files."""


def read_shipped_prices() -> PriceTable:
    """Return the public list prices that ship with this version."""
    return parse_table(files("runreel.storage").joinpath("prices.v1.json").read_bytes(), source=PriceSource.SHIPPED)


def read_price_file(path: Path) -> PriceTable:
    """Return the prices of a file.

    Raises:
        ConfigError: says what can't be used of it.
    """
    try:
        return parse_table(path.read_bytes(), source=PriceSource.FILE)
    except OSError as error:
        raise ConfigError(f"the file of prices {str(path)!r} can't be read ({error.strerror})") from error
    except InvalidPriceError as error:
        raise ConfigError(f"the file of prices {str(path)!r} can't be used: {error}") from error


def parse_table(content: bytes, *, source: PriceSource) -> PriceTable:
    """Return the table that JSON describes.

    Raises:
        InvalidPriceError: says which part of it can't be used.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidPriceError("it is not JSON") from error
    if not isinstance(document, dict):
        raise InvalidPriceError("it is no JSON object with version and prices")
    table = cast("dict[str, object]", document)
    if table.get("version") != VERSION:
        raise InvalidPriceError(f"its version is {table.get('version')!r}; this Runreel reads version {VERSION}")
    forms = table.get("prices")
    if not isinstance(forms, list):
        raise InvalidPriceError("its prices are no list")
    prices = tuple(_parse_entry(place, form, source) for place, form in enumerate(cast("list[object]", forms)))
    _refuse_repetition(prices)
    return PriceTable(prices=prices, provider_aliases=_parse_aliases(table.get("provider_aliases")))


def _parse_entry(place: int, form: object, source: PriceSource) -> Price:
    if not isinstance(form, dict):
        raise InvalidPriceError(f"price {place} is no JSON object")
    try:
        return parse_price(cast("dict[str, object]", form), source=source)
    except InvalidPriceError as error:
        raise InvalidPriceError(f"price {place}: {error}") from error


def _parse_aliases(value: object) -> Mapping[str, str]:
    if value is None:
        return {}
    aliases = cast("dict[str, object]", value) if isinstance(value, dict) else {"": None}
    if not all(isinstance(provider, str) and alias for alias, provider in aliases.items()):
        raise InvalidPriceError("its provider_aliases are no JSON object of names")
    return {alias.casefold(): str(provider).casefold() for alias, provider in aliases.items()}


def _refuse_repetition(prices: tuple[Price, ...]) -> None:
    seen: set[tuple[str, str, int]] = set()
    for price in prices:
        for name in (price.model, *price.aliases):
            key = (price.provider.casefold(), name, price.valid_from)
            if key in seen:
                raise InvalidPriceError(f"{name!r} of {price.provider!r} has two prices from the same date on")
            seen.add(key)
