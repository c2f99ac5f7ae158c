"""Durations, tokens, money and instants as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import floor, log10
from typing import TypeGuard

from runreel.model.instant import parse_instant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def format_duration(milliseconds: object) -> str:
    """Return a duration in two units at most: `12 ms`, `3.4 s`, `2 min 5 s`, `1 h 3 min`."""
    if not _is_number(milliseconds):
        return ""
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms" if milliseconds >= 1 or milliseconds == 0 else "<1 ms"
    if milliseconds < 59_950:
        return f"{milliseconds / 1000:.1f} s"
    seconds = round(milliseconds / 1000)
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def format_count(count: object) -> str:
    """Return a count with its thousands set apart."""
    return f"{count:,.0f}" if _is_number(count) else ""


def count_of(count: float, noun: str) -> str:
    """Return a count with what is counted: `1 run`, `1,200 runs`."""
    return f"{format_count(count)} {noun}" if count == 1 else f"{format_count(count)} {noun}s"


def format_cost(dollars: object) -> str:
    """Return an amount in dollars; below a cent with as many digits as it takes to see it."""
    if not _is_number(dollars):
        return ""
    if dollars == 0 or abs(dollars) >= 0.995:
        return f"${dollars:,.2f}"
    if abs(dollars) >= 0.01:
        return f"${dollars:.4f}"
    return f"${dollars:.{max(6, 1 - floor(log10(abs(dollars))))}f}"


def format_size(n_bytes: object) -> str:
    """Return a size with a unit that makes it short."""
    if not _is_number(n_bytes):
        return ""
    size, units = float(n_bytes), ["bytes", "KiB", "MiB", "GiB", "TiB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        del units[0]
    return f"{size:.0f} {units[0]}" if units[0] == "bytes" or size >= 100 else f"{size:.1f} {units[0]}"


def format_instant(instant: object) -> str:
    """Return the date and time of an ISO 8601 instant in the local time zone."""
    microseconds = parse_instant(instant)
    if microseconds is None:
        return ""
    return (_EPOCH + timedelta(microseconds=microseconds)).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
