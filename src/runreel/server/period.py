"""Periods and time zones as queries name them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from runreel.errors import InvalidQueryError
from runreel.model.calendar import Part, Step, last_days, parse_zone, split, whole_hours
from runreel.model.instant import MICROSECONDS_PER_DAY, now
from runreel.model.metrics import Period
from runreel.server.dependency import instant_of

DEFAULT_DAYS = 30
SPARKLINE_DAYS = 14
_MAX_DAYS = 36_500

Since = Annotated[str | None, Query(description="ISO 8601; from the hour of that time.")]
Until = Annotated[str | None, Query(description="ISO 8601; to the end of the hour before that time, or that it is in.")]
Days = Annotated[
    int | None, Query(ge=1, le=_MAX_DAYS, description="The last so many times 24 hours, instead of `since`.")
]
ZoneName = Annotated[str, Query(alias="tz", description="The IANA name of the zone in which days and weeks begin.")]
Bucket = Annotated[Step, Query(description="What a point of the timeline stands for.")]


async def _period(since: Since = None, until: Until = None, days: Days = None) -> Period:
    begin, end = instant_of("since", since), instant_of("until", until)
    if days is not None:
        if begin is not None:
            raise InvalidQueryError("days and since are two ways to say the same; give one of them")
        end = now() if end is None else end
        begin = end - days * MICROSECONDS_PER_DAY
    if begin is not None and end is not None and end <= begin:
        raise InvalidQueryError("until is not after since; there is nothing between them")
    first, last = whole_hours(begin, end)
    return Period(since=first, until=last)


async def _parts(
    period: Annotated[Period, Depends(_period)], bucket: Bucket = "day", zone: ZoneName = "UTC"
) -> list[Part]:
    until = period.until if period.until is not None else whole_hours(None, now())[1]
    assert until is not None
    since = period.since if period.since is not None else until - DEFAULT_DAYS * MICROSECONDS_PER_DAY
    if since >= until:
        raise InvalidQueryError("since is in the future; say until when")
    return split(since, until, bucket, parse_zone(zone))


async def _last_days(
    until: Annotated[
        str | None, Query(description="ISO 8601; the day in which `sparkline` ends, instead of today.")
    ] = None,
    zone: ZoneName = "UTC",
) -> list[Part]:
    end = instant_of("until", until)
    return last_days(SPARKLINE_DAYS, now() if end is None else end, parse_zone(zone))


# Coroutines, as those of `dependency`.
PeriodOf = Annotated[Period, Depends(_period)]
PartsOf = Annotated[list[Part], Depends(_parts)]
LastDaysOf = Annotated[list[Part], Depends(_last_days)]
