"""Days and weeks as people have them: from local midnight, by the rules of a time zone.

Figures are kept by whole hours, so a day or week is answered by the hours that begin in it. Where midnight is on the
hour, as almost everywhere, that is exactly the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from runreel.errors import InvalidQueryError
from runreel.model.instant import MICROSECONDS_PER_DAY, MICROSECONDS_PER_HOUR

Step = Literal["hour", "day", "week"]

STEPS: tuple[Step, ...] = get_args(Step)
MAX_PARTS = 1_000

_LENGTHS_US = {"hour": MICROSECONDS_PER_HOUR, "day": MICROSECONDS_PER_DAY, "week": 7 * MICROSECONDS_PER_DAY}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An hour, day or week that begins at `starts_at`, and the whole hours of it that are asked for."""

    starts_at: int
    since: int
    until: int


def parse_zone(name: str) -> tzinfo:
    """Return a time zone by its IANA name.

    Raises:
        InvalidQueryError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    # Names are paths of files, and there is much that a path can't be.
    except (LookupError, ValueError, OSError):
        raise InvalidQueryError(f"there is no time zone {name!r}; give a name like Europe/Berlin or UTC") from None


def whole_hours(since: int | None, until: int | None) -> tuple[int | None, int | None]:
    """Return the bounds of the whole hours that a time touches."""
    since = None if since is None else since // MICROSECONDS_PER_HOUR * MICROSECONDS_PER_HOUR
    return since, None if until is None else _next_hour(until)


def split(since: int, until: int, step: Step, zone: tzinfo) -> list[Part]:
    """Cut a time between whole hours into hours, days or weeks; the first and the last may be parts of one.

    Raises:
        InvalidQueryError: there would be more than `MAX_PARTS`, or years that no calendar has.
    """
    if until - since > MAX_PARTS * _LENGTHS_US[step]:
        raise InvalidQueryError(
            f"that time has more than {MAX_PARTS:,} buckets of one {step}; ask for a shorter time or for larger buckets"
        )
    if step == "hour":
        length = MICROSECONDS_PER_HOUR
        return [Part(starts_at=at, since=at, until=at + length) for at in range(since, until, length)]
    try:
        return _split_days(since, until, 7 if step == "week" else 1, zone)
    except (OverflowError, ValueError):
        raise InvalidQueryError("that time is outside of the years 1 to 9999; ask for another") from None


def last_days(n_days: int, until: int, zone: tzinfo) -> list[Part]:
    """Return the day that ends with `until`, or in which it is, and the days before it.

    Raises:
        InvalidQueryError: there would be years that no calendar has.
    """
    try:
        last = _date_of(until - 1, zone)
        since = _next_hour(_midnight(last - (n_days - 1) * _DAY, zone))
        return _split_days(since, _next_hour(_midnight(last + _DAY, zone)), 1, zone)
    except (OverflowError, ValueError):
        raise InvalidQueryError("that time is outside of the years 1 to 9999; ask for another") from None


def _split_days(since: int, until: int, n_days: int, zone: tzinfo) -> list[Part]:
    day = _date_of(since, zone)
    if n_days == 7:
        day -= day.weekday() * _DAY
    parts: list[Part] = []
    starts_at = _midnight(day, zone)
    while starts_at < until:
        day += n_days * _DAY
        ends_at = _midnight(day, zone)
        first, last = max(since, _next_hour(starts_at)), min(until, _next_hour(ends_at))
        # A zone that crosses the date line leaves a day out.
        if first < last:
            parts.append(Part(starts_at=starts_at, since=first, until=last))
        starts_at = ends_at
    return parts


def _date_of(instant: int, zone: tzinfo) -> date:
    return (_EPOCH + timedelta(microseconds=instant)).astimezone(zone).date()


def _midnight(day: date, zone: tzinfo) -> int:
    """Return when a day begins; where clocks skip midnight, the instant of the change."""
    return (datetime(day.year, day.month, day.day, tzinfo=zone) - _EPOCH) // _MICROSECOND


def _next_hour(instant: int) -> int:
    return -(-instant // MICROSECONDS_PER_HOUR) * MICROSECONDS_PER_HOUR
