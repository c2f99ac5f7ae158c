"""Runs as a table."""

from __future__ import annotations

from collections.abc import Sequence

from runreel.cli.answer import JsonObject, number_at, text_at
from runreel.cli.console import Console
from runreel.cli.quantity import format_cost, format_count, format_duration, format_instant
from runreel.cli.table import Cell, Column, lay_out, titles
from runreel.cli.text import harmless

COLUMNS = (
    Column(title="AGENT", is_flexible=True, least=10),
    Column(title="RUN", is_flexible=True, least=10),
    Column(title="STATUS"),
    Column(title="STARTED"),
    Column(title="DURATION", is_right=True),
    Column(title="EVENTS", is_right=True),
    Column(title="TOKENS", is_right=True),
    Column(title="COST", is_right=True),
)


def draw_runs(runs: Sequence[JsonObject], console: Console) -> list[str]:
    """Return a title and a line for each run; nothing for no runs."""
    if not runs:
        return []
    rows = [titles(COLUMNS, console.palette.strong), *(_row(run, console) for run in runs)]
    return lay_out(COLUMNS, rows, width=console.width, glyphs=console.glyphs, palette=console.palette)


def cost_of(run: JsonObject) -> str:
    """Return what a run cost; with a `+` where calls of it have no price, and so are not in the sum."""
    if not number_at(run, "unpriced_count"):
        return format_cost(run.get("total_cost"))
    return format_cost(run.get("total_cost")) + "+" if number_at(run, "total_cost") else "?"


def _row(run: JsonObject, console: Console) -> list[Cell]:
    status = text_at(run, "status")
    sign = console.glyphs.sign_of(status)
    return [
        Cell(harmless(text_at(run, "agent_name") or "")),
        Cell(harmless(text_at(run, "run_name") or f"(new run) {run.get('run_id')}")),
        Cell(f"{sign} {harmless(status or '')}", console.palette.style_of(status)),
        Cell(format_instant(run.get("started_at") or run.get("created_at")), console.palette.faint),
        Cell(format_duration(run.get("total_duration_ms"))),
        Cell(format_count(run.get("event_count"))),
        Cell(format_count(number_at(run, "tokens_in") + number_at(run, "tokens_out"))),
        Cell(cost_of(run)),
    ]
