"""Figures, what they must meet, and their table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a figure is held to: a gate must be met on every machine, an aim on two shared cores."""

    kind: Literal["gate", "aim"]
    sense: Literal["<", "<=", ">="]
    value: float

    def is_met(self, value: float) -> bool:
        return {"<": value < self.value, "<=": value <= self.value, ">=": value >= self.value}[self.sense]

    def __str__(self) -> str:
        return f"{self.kind} {self.sense} {format_number(self.value)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The median of repeated measurements, with the lowest and the highest."""

    name: str
    unit: str
    values: tuple[float, ...]
    bound: Bound | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def is_met(self) -> bool | None:
        return None if self.bound is None else self.bound.is_met(self.median)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    title: str
    figures: list[Figure]
    notes: list[str] = field(default_factory=list)


def gate(sense: Literal["<", "<=", ">="], value: float) -> Bound:
    return Bound(kind="gate", sense=sense, value=value)


def aim(sense: Literal["<", "<=", ">="], value: float) -> Bound:
    return Bound(kind="aim", sense=sense, value=value)


def meets_gates(report: Report) -> bool:
    return not any(figure.bound and figure.bound.kind == "gate" and not figure.is_met for figure in report.figures)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least `percent` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]


def format_number(value: float) -> str:
    if value != value or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def format_report(report: Report) -> str:
    rows = [("", "median", "lowest", "highest", "", "", "")]
    for figure in report.figures:
        numbers = (figure.median, min(figure.values), max(figure.values))
        met = {None: "", True: "pass", False: "MISS"}[figure.is_met]
        rows.append((figure.name, *map(format_number, numbers), figure.unit, str(figure.bound or ""), met))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    table = [_format_row(row, widths) for row in rows]
    return "\n".join([report.title, "=" * len(report.title), *table, *report.notes])


def as_json(report: Report) -> dict[str, object]:
    figures = [
        {
            "name": figure.name,
            "unit": figure.unit,
            "median": figure.median,
            "values": figure.values,
            "bound": str(figure.bound or "") or None,
            "met": figure.is_met,
        }
        for figure in report.figures
    ]
    return {"title": report.title, "figures": figures, "notes": report.notes}


def _format_row(row: tuple[str, ...], widths: list[int]) -> str:
    name, median, lowest, highest, unit, bound, met = (
        cell.rjust(width) if 1 <= column <= 3 else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return f"  {name}  {median}  {lowest}  {highest}  {unit}  {bound}  {met}".rstrip()
