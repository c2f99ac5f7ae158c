"""`PriceStore` on SQL."""

from __future__ import annotations

from runreel.model.page import Page
from runreel.model.price import Price, RecomputeQuery, RecomputeReport, UnpricedModel
from runreel.model.scope import Scope
from runreel.storage.sql import pricing, recomputing
from runreel.storage.sql.applying import put_projects
from runreel.storage.sql.database import Database
from runreel.storage.sql.transaction import Transaction


class SqlPriceStore:
    """`PriceStore` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_prices(
        self,
        scope: Scope,
        *,
        provider: str | None = None,
        model: str | None = None,
        limit: int,
        cursor: str | None = None,
    ) -> Page[Price]:
        with self._database.read() as connection:
            return pricing.list_prices(
                connection,
                self._database.price_book,
                scope,
                provider=provider,
                model=model,
                limit=limit,
                cursor=cursor,
            )

    def put_price(self, scope: Scope, price: Price, *, now: int) -> Price:
        def put(transaction: Transaction) -> Price:
            put_projects(transaction, {scope.project}, now)
            return pricing.put_price(transaction, scope, price)

        return self._database.write(put)

    def delete_prices(self, scope: Scope, provider: str, model: str, *, valid_from: int | None = None) -> int:
        return self._database.write(
            lambda transaction: pricing.delete_prices(transaction, scope, provider, model, valid_from=valid_from)
        )

    def list_unpriced(self, scope: Scope, *, limit: int, cursor: str | None = None) -> Page[UnpricedModel]:
        with self._database.read() as connection:
            return pricing.list_unpriced(connection, scope, limit=limit, cursor=cursor)

    def recompute(
        self, scope: Scope, query: RecomputeQuery, *, dry_run: bool = False, cursor: str | None = None
    ) -> RecomputeReport:
        with self._database.read() as connection:
            finding = recomputing.find(connection, self._database.price_book, scope, query, cursor=cursor)
        if dry_run or not finding.keys:
            return finding.report
        return self._database.write(lambda transaction: recomputing.recompute(transaction, scope, finding))
