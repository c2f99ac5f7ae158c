"""Prices of models: those that count, what people set, what has none, and pricing again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from runreel.errors import InvalidQueryError
from runreel.model.instant import now, parse_instant
from runreel.model.price import PriceSource, RecomputeQuery
from runreel.model.price_form import MAX_DOLLARS, parse_price, parse_valid_from
from runreel.server.dependency import Cursor, Limit, ModelName, NameQuery, Prices, ProviderName, ScopeOf
from runreel.server.price_view import (
    DeletedPricesView,
    PricePageView,
    PriceView,
    RecomputeView,
    UnpricedPageView,
    view_price,
    view_recompute,
    view_unpriced,
)
from runreel.server.problem import PROBLEM
from runreel.server.view import json_response

router = APIRouter(prefix="/api/prices", tags=["prices"], responses=PROBLEM)

Dollars = Annotated[float, Field(ge=0, le=MAX_DOLLARS, allow_inf_nan=False)]
_PER_MILLION = "Dollars per million tokens"


class NewRates(BaseModel):
    """What tokens cost."""

    model_config = ConfigDict(extra="forbid")

    input: Dollars = Field(description=f"{_PER_MILLION} of the prompt; at most 6 digits after the point, like all.")
    output: Dollars = Field(description=f"{_PER_MILLION} of the answer; 0 where there is none.")
    cached: Dollars | None = Field(default=None, description=f"{_PER_MILLION} read from a cache; else as `input`.")
    cache_write: Dollars | None = Field(default=None, description=f"{_PER_MILLION} written to one; else as `input`.")
    reasoning: Dollars | None = Field(default=None, description=f"{_PER_MILLION} of reasoning; else as `output`.")


class NewLongContext(NewRates):
    """What tokens cost where the prompt is long."""

    above_tokens: int = Field(ge=1, le=10**12, description="The longest prompt that is not long.")


class NewPrice(NewRates):
    """What a model costs from an instant on."""

    valid_from: str | None = Field(default=None, description="ISO 8601, from 1970 on; without it: always.")
    batch: float | None = Field(
        default=None, ge=0, le=1, allow_inf_nan=False, description="What a call in a batch costs, as a part of another."
    )
    long_context: NewLongContext | None = None


class Recompute(BaseModel):
    """Which stored calls to price again."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(default=None, description="Only calls of the model with exactly this name.")
    since: str | None = Field(default=None, description="ISO 8601; only calls that began at that time or later.")
    dry_run: bool = Field(default=False, description="Change nothing, and say what would change.")
    cursor: str | None = Field(default=None, description="`next_cursor` of the step before.")


@router.get("", response_model=PricePageView)
def list_prices(
    scope: ScopeOf,
    prices: Prices,
    provider: NameQuery = None,
    model: Annotated[str | None, Query(description="Only prices of the model with exactly this name.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the prices that count, by provider, model and date."""
    page = prices.list_prices(scope, provider=provider, model=model, limit=limit, cursor=cursor)
    return json_response({"prices": [view_price(price) for price in page.items], "next_cursor": page.next_cursor})


@router.get("/unpriced", response_model=UnpricedPageView)
def list_unpriced(scope: ScopeOf, prices: Prices, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List the models that were called at a cost that nobody knows."""
    page = prices.list_unpriced(scope, limit=limit, cursor=cursor)
    return json_response({"models": [view_unpriced(each) for each in page.items], "next_cursor": page.next_cursor})


@router.post("/recompute", response_model=RecomputeView)
def recompute(wish: Recompute, scope: ScopeOf, prices: Prices) -> Response:
    """Price a bounded part of the stored calls again, by the prices of now; go on at `next_cursor` until it is null."""
    since = None if wish.since is None else parse_instant(wish.since)
    if since is None and wish.since is not None:
        raise InvalidQueryError(f"since is {wish.since!r}; give an ISO 8601 time, such as 2026-01-31T12:00:00Z")
    query = RecomputeQuery(model=wish.model, since=since)
    report = prices.recompute(scope, query, dry_run=wish.dry_run, cursor=wish.cursor)
    return json_response(view_recompute(report, dry_run=wish.dry_run))


@router.put("/{provider}/{model}", response_model=PriceView)
def put_price(provider: ProviderName, model: ModelName, new: NewPrice, scope: ScopeOf, prices: Prices) -> Response:
    """Set what a model costs from an instant on, in place of what was set for the same instant."""
    form = {**new.model_dump(), "provider": provider, "model": model}
    price = parse_price(form, source=PriceSource.PROJECT)
    return json_response(view_price(prices.put_price(scope, price, now=now())))


@router.delete("/{provider}/{model}", response_model=DeletedPricesView)
def delete_prices(
    provider: ProviderName,
    model: ModelName,
    scope: ScopeOf,
    prices: Prices,
    valid_from: Annotated[
        str | None, Query(description="Only the price from this instant on; `always` for one without an instant.")
    ] = None,
) -> Response:
    """Remove what was set for a model, all of it or one price; what the tables say counts again."""
    at = None if valid_from is None else parse_valid_from(None if valid_from == "always" else valid_from)
    n_deleted = prices.delete_prices(scope, provider, model, valid_from=at)
    return json_response({"status": "deleted", "deleted_prices": n_deleted})
