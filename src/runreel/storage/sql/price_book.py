"""The price list of each project: what people set for it, above the tables that are the same for all projects.

What people set is read in every transaction that has something to price, so that a change of another process counts
as soon as it is committed. Only what is made of the rows is kept in memory, as long as they stay the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from runreel.model.price import Price, PriceList, PriceSource, PriceTable
from runreel.model.price_form import format_price, parse_price

COLUMNS = ("provider", "model", "valid_from", "price")

_OWN_COLUMNS = frozenset(COLUMNS)
_PriceRow = tuple[str, str, int, str]


class PriceBook:
    """Makes price lists; safe to use from several threads, which at worst make the same list twice."""

    def __init__(self, tables: Sequence[PriceTable]) -> None:
        self._tables = tuple(tables)
        self._common = PriceList(self._tables)
        self._kept: dict[str, tuple[list[_PriceRow], PriceList]] = {}

    def list_of(self, project: str, rows: Iterable[Sequence[Any]]) -> PriceList:
        """Return the price list of a project whose rows of `prices` these are, in the order of their key."""
        own: list[_PriceRow] = [(row[0], row[1], row[2], row[3]) for row in rows]
        if not own:
            return self._common
        kept = self._kept.get(project)
        if kept is None or kept[0] != own:
            prices = tuple(read_price(row) for row in own)
            kept = self._kept[project] = own, PriceList([PriceTable(prices=prices), *self._tables])
        return kept[1]

    def provider_called(self, name: str) -> str:
        """Return the name under which a provider is listed."""
        return self._common.provider_called(name)


def encode_price(price: Price) -> str:
    """Return the text of a price, without what other columns of its row hold."""
    form = format_price(price)
    return json.dumps({name: form[name] for name in form if name not in _OWN_COLUMNS and form[name] is not None})


def read_price(row: Sequence[Any]) -> Price:
    """Return the price of a row of `prices`."""
    provider, model, valid_from, stored = row
    price = parse_price({**json.loads(stored), "provider": provider, "model": model}, source=PriceSource.PROJECT)
    return replace(price, valid_from=valid_from)
