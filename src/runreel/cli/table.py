"""Aligned columns that fit a width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runreel.cli.style import Glyphs, Palette
from runreel.cli.text import clip, width_of

GAP = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column; a flexible one gives way when the lines are too long, the widest first, down to `least`."""

    title: str = ""
    is_right: bool = False
    is_flexible: bool = False
    least: int = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """Text of one line, its style, and how much of its beginning has none."""

    text: str
    style: str = ""
    plain_length: int = 0


def lay_out(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    *,
    width: int | None,
    glyphs: Glyphs,
    palette: Palette,
) -> list[str]:
    """Return one line for every row, without trailing spaces; empty columns take no room."""
    if not rows:
        return []
    widths = _fit(columns, [max(width_of(row[n].text) for row in rows) for n in range(len(columns))], width)
    shown = [n for n, column_width in enumerate(widths) if column_width]
    lines: list[str] = []
    for row in rows:
        cells = [_draw(columns[n], row[n], widths[n], glyphs, palette) for n in shown]
        lines.append(GAP.join(cells).rstrip())
    return lines


def titles(columns: Sequence[Column], style: str) -> list[Cell]:
    """Return the row of the columns' titles."""
    return [Cell(column.title, style) for column in columns]


def _fit(columns: Sequence[Column], widths: list[int], width: int | None) -> list[int]:
    if width is None:
        return widths
    excess = sum(widths) + len(GAP) * (sum(w > 0 for w in widths) - 1) - width
    while excess > 0:
        shrinkable = [n for n, column in enumerate(columns) if column.is_flexible and widths[n] > column.least]
        if not shrinkable:
            break
        widest = max(shrinkable, key=lambda n: widths[n])
        widths[widest] -= 1
        excess -= 1
    return widths


def _draw(column: Column, cell: Cell, width: int, glyphs: Glyphs, palette: Palette) -> str:
    text = clip(cell.text, width, glyphs.ellipsis)
    spaces = " " * (width - width_of(text))
    painted = text[: cell.plain_length] + palette.paint(text[cell.plain_length :], cell.style)
    return spaces + painted if column.is_right else painted + spaces
