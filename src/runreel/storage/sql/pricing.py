"""Prices of a project: pricing the events of a transaction, what people set, and what has no price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import Connection, func, select, tuple_

from runreel.errors import InvalidPriceError, NotFoundError
from runreel.model.instant import MICROSECONDS_PER_HOUR
from runreel.model.name import check_name
from runreel.model.page import Page
from runreel.model.price import Price, PriceList, PriceSource, UnpricedModel
from runreel.model.scope import Scope
from runreel.storage.sql import event_row
from runreel.storage.sql.cursor import format_cursor, parse_cursor
from runreel.storage.sql.price_book import COLUMNS, PriceBook, encode_price
from runreel.storage.sql.rollup import RUN_TYPE
from runreel.storage.sql.run_row import RunChange
from runreel.storage.sql.schema import prices, project_rollups
from runreel.storage.sql.transaction import Transaction

MAX_PRICES = 1_000
"""The most prices that a project can have of its own: they are read in every transaction with something to price."""

_SELECT_SQL = f"SELECT {', '.join(COLUMNS)} FROM prices WHERE project = ? ORDER BY provider, model, valid_from"


def price_new(transaction: Transaction, rows: Iterable[list[Any]], changes: Mapping[int, RunChange]) -> None:
    """Set the price of those new rows of events of these runs that have usage and no recorder's cost."""
    lists: dict[str, PriceList] = {}
    for row in rows:
        if not event_row.is_priceable(row):
            continue
        project = changes[row[0]].row.project
        if project not in lists:
            lists[project] = read_list(transaction, project)
        row[event_row.PRICE] = event_row.price_of(lists[project], row)


def read_list(transaction: Transaction, project: str) -> PriceList:
    """Return the price list of a project as it is in a transaction."""
    return transaction.price_book.list_of(project, transaction.fetch(_SELECT_SQL, project))


def find_list(connection: Connection, price_book: PriceBook, project: str) -> PriceList:
    """Return the price list of a project as a reading transaction sees it."""
    columns = [prices.c[name] for name in COLUMNS]
    statement = select(*columns).where(prices.c.project == project)
    statement = statement.order_by(prices.c.provider, prices.c.model, prices.c.valid_from)
    return price_book.list_of(project, connection.execute(statement).all())


def list_prices(
    connection: Connection,
    price_book: PriceBook,
    scope: Scope,
    *,
    provider: str | None,
    model: str | None,
    limit: int,
    cursor: str | None,
) -> Page[Price]:
    """Return the prices that count; see `PriceStore.list_prices`."""
    listed = price_book.provider_called(provider) if provider is not None else None
    after = parse_cursor("prices", cursor, str, str, int, str) if cursor is not None else None
    found = [
        price
        for price in find_list(connection, price_book, scope.project).list_effective()
        if listed in (None, price.provider)
        and (model is None or model in (price.model, *price.aliases))
        and (after is None or _place(price) > after)
    ]
    items = tuple(found[:limit])
    return Page(items, format_cursor("prices", _place(items[-1])) if len(found) > limit else None)


def put_price(transaction: Transaction, scope: Scope, price: Price) -> Price:
    """Set a price of a project; see `PriceStore.put_price`."""
    kept = replace(
        price,
        provider=transaction.price_book.provider_called(check_name(price.provider, what="provider")),
        model=check_name(price.model, what="model"),
        aliases=(),
        source=PriceSource.PROJECT,
    )
    count = transaction.fetch("SELECT COUNT(*) FROM prices WHERE project = ?", scope.project)[0][0]
    if count >= MAX_PRICES:
        raise InvalidPriceError(
            f"the project has {MAX_PRICES} prices of its own, the most; put them into the file of RUNREEL_PRICES"
        )
    transaction.execute(
        "INSERT INTO prices (project, provider, model, valid_from, price) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (project, provider, model, valid_from) DO UPDATE SET price = excluded.price",
        scope.project,
        kept.provider,
        kept.model,
        kept.valid_from,
        encode_price(kept),
    )
    return kept


def delete_prices(transaction: Transaction, scope: Scope, provider: str, model: str, *, valid_from: int | None) -> int:
    """Remove what people set for a model; see `PriceStore.delete_prices`."""
    condition = "project = ? AND provider = ? AND model = ?" + ("" if valid_from is None else " AND valid_from = ?")
    key = [scope.project, transaction.price_book.provider_called(provider), model]
    parameters = key if valid_from is None else [*key, valid_from]
    n_deleted = transaction.execute(f"DELETE FROM prices WHERE {condition}", *parameters)
    if not n_deleted:
        raise NotFoundError(f"nobody has set such a price for {model!r} of {provider!r}")
    return n_deleted


def list_unpriced(connection: Connection, scope: Scope, *, limit: int, cursor: str | None) -> Page[UnpricedModel]:
    """Return the models without a price; see `PriceStore.list_unpriced`."""
    rollups = project_rollups.c
    statement = (
        select(
            rollups.event_type,
            rollups.label,
            func.sum(rollups.unpriced_count),
            func.min(rollups.hour),
            func.max(rollups.hour),
        )
        .where(rollups.project == scope.project, rollups.event_type != RUN_TYPE, rollups.unpriced_count > 0)
        .group_by(rollups.event_type, rollups.label)
        .order_by(rollups.event_type, rollups.label)
        .limit(limit + 1)
    )
    if cursor is not None:
        after = parse_cursor("unpriced", cursor, str, str)
        statement = statement.where(tuple_(rollups.event_type, rollups.label) > after)
    rows = connection.execute(statement).all()
    items = tuple(
        UnpricedModel(
            event_type=row[0],
            model=row[1],
            n_unpriced=int(row[2]),
            first_hour_at=row[3] * MICROSECONDS_PER_HOUR,
            last_hour_at=row[4] * MICROSECONDS_PER_HOUR,
        )
        for row in rows[:limit]
    )
    last = items[-1] if len(rows) > limit else None
    return Page(items, format_cursor("unpriced", (last.event_type, last.model)) if last else None)


def _place(price: Price) -> list[object]:
    return cast("list[object]", [price.provider, price.model, price.valid_from, str(price.source)])
