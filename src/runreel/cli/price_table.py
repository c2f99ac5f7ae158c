"""Prices, and models without one, as tables."""

from __future__ import annotations

from collections.abc import Sequence

from runreel.cli.answer import JsonObject, number_at, text_at
from runreel.cli.console import Console
from runreel.cli.quantity import format_count, format_instant
from runreel.cli.table import Cell, Column, lay_out, titles
from runreel.cli.text import harmless

PRICE_COLUMNS = (
    Column(title="PROVIDER"),
    Column(title="MODEL", is_flexible=True, least=12),
    Column(title="FROM"),
    Column(title="INPUT", is_right=True),
    Column(title="CACHED", is_right=True),
    Column(title="WRITE", is_right=True),
    Column(title="OUTPUT", is_right=True),
    Column(title="BATCH", is_right=True),
    Column(title="SOURCE"),
)
UNPRICED_COLUMNS = (
    Column(title="MODEL", is_flexible=True, least=12),
    Column(title="TYPE"),
    Column(title="CALLS", is_right=True),
    Column(title="FIRST"),
    Column(title="LAST"),
)


def draw_prices(prices: Sequence[JsonObject], console: Console) -> list[str]:
    """Return a title and a line for each price; nothing for no prices."""
    return _draw(PRICE_COLUMNS, [_price_row(price, console) for price in prices], console)


def draw_unpriced(models: Sequence[JsonObject], console: Console) -> list[str]:
    """Return a title and a line for each model without a price; nothing for none."""
    return _draw(UNPRICED_COLUMNS, [_unpriced_row(model, console) for model in models], console)


def _draw(columns: Sequence[Column], rows: list[list[Cell]], console: Console) -> list[str]:
    if not rows:
        return []
    lines = [titles(columns, console.palette.strong), *rows]
    return lay_out(columns, lines, width=console.width, glyphs=console.glyphs, palette=console.palette)


def _price_row(price: JsonObject, console: Console) -> list[Cell]:
    return [
        Cell(harmless(text_at(price, "provider") or "")),
        Cell(harmless(text_at(price, "model") or "")),
        Cell((text_at(price, "valid_from") or "")[:10], console.palette.faint),
        *(Cell(_rate(price, name)) for name in ("input", "cached", "cache_write", "output")),
        Cell(_rate(price, "batch", before="")),
        Cell(harmless(text_at(price, "source") or ""), console.palette.faint),
    ]


def _rate(price: JsonObject, name: str, *, before: str = "$") -> str:
    return "" if price.get(name) is None else f"{before}{number_at(price, name):g}"


def _unpriced_row(model: JsonObject, console: Console) -> list[Cell]:
    return [
        Cell(harmless(text_at(model, "model") or "(none named)")),
        Cell(harmless(text_at(model, "event_type") or "")),
        Cell(format_count(model.get("unpriced_count"))),
        Cell(format_instant(model.get("first_hour")), console.palette.faint),
        Cell(format_instant(model.get("last_hour")), console.palette.faint),
    ]
