"""Instants: integers of microseconds since 1970 in UTC, and their ISO 8601 form.

Integers are compared, indexed and subtracted everywhere; text is made and read only at the edges.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

MICROSECONDS_PER_HOUR = 3_600_000_000
MICROSECONDS_PER_DAY = 24 * MICROSECONDS_PER_HOUR
LONGEST_US = 3_650 * MICROSECONDS_PER_DAY
"""The longest time that counts as a duration; between two times that are further apart, one of the clocks was wrong."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_NAIVE = datetime(1970, 1, 1)  # noqa: DTZ001  subtracting without time zones is twice as fast
_MICROSECOND = timedelta(microseconds=1)
_EARLIEST = -62_135_596_800_000_000  # year 1
_LATEST = 253_402_300_799_999_999  # year 9999


def now() -> int:
    """Return the present instant by the system's clock."""
    return time.time_ns() // 1000


def parse_instant(value: object) -> int | None:
    """Return the instant that ISO 8601 text or a number of seconds since 1970 stands for, or None.

    Text without an offset is UTC.
    """
    if isinstance(value, str):
        return _parse_text(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    microseconds = value * 1_000_000
    if not _EARLIEST <= microseconds <= _LATEST:
        return None
    return round(microseconds)


def format_instant(instant: int) -> str:
    """Return ISO 8601 in UTC with microseconds and `Z`; outside the years 1 to 9999 the nearest that can be written."""
    if not _EARLIEST <= instant <= _LATEST:
        instant = min(max(instant, _EARLIEST), _LATEST)
    second, microsecond = divmod(instant, 1_000_000)
    return f"{_format_second(second)}.{microsecond:06}Z"


@lru_cache(maxsize=8_192)
def _format_second(second: int) -> str:
    """Write a second; times that are shown together share most of them."""
    return (_EPOCH_NAIVE + timedelta(seconds=second)).isoformat()


def _parse_text(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return (moment - _EPOCH_NAIVE) // _MICROSECOND
        instant = (moment - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        return None
    # An offset can move a time out of the years that there are.
    return instant if _EARLIEST <= instant <= _LATEST else None
