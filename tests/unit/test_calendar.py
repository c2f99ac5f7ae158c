"""Days and weeks of time zones, cut into whole hours."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runreel.errors import InvalidQueryError
from runreel.model.calendar import MAX_PARTS, STEPS, Step, last_days, parse_zone, split, whole_hours
from runreel.model.instant import MICROSECONDS_PER_DAY, MICROSECONDS_PER_HOUR, format_instant, parse_instant
from runreel.testing.record import AT, HOUR

DAY = MICROSECONDS_PER_DAY
_zones = st.sampled_from(sorted(available_timezones()))
# From 1880, when some places still had a time of their own to the second, to 2100.
_hours = st.integers(-90 * 365 * 24, 130 * 365 * 24).map(lambda hour: hour * MICROSECONDS_PER_HOUR)


def instant(text: str) -> int:
    found = parse_instant(text)
    assert found is not None
    return found


def shown(parts: list) -> list[tuple[str, str, int]]:
    """Return when parts begin, their first hour, and how many they have."""
    return [
        (format_instant(part.starts_at)[:16], format_instant(part.since)[:16], (part.until - part.since) // HOUR)
        for part in parts
    ]


def test_hours_are_those_of_the_clock() -> None:
    parts = split(AT, AT + 3 * HOUR, "hour", UTC)
    assert [part.since - AT for part in parts] == [0, HOUR, 2 * HOUR]
    assert all(part.starts_at == part.since and part.until == part.since + HOUR for part in parts)


def test_days_begin_at_local_midnight() -> None:
    parts = split(instant("2026-01-01T00:00Z"), instant("2026-01-03T00:00Z"), "day", parse_zone("America/New_York"))
    assert shown(parts) == [
        ("2025-12-31T05:00", "2026-01-01T00:00", 5),
        ("2026-01-01T05:00", "2026-01-01T05:00", 24),
        ("2026-01-02T05:00", "2026-01-02T05:00", 19),
    ]


@pytest.mark.parametrize(
    ("since", "n_hours"),
    [("2026-03-28T23:00Z", 23), ("2026-10-24T22:00Z", 25), ("2026-07-31T22:00Z", 24)],
    ids=["spring", "autumn", "summer"],
)
def test_a_day_has_the_hours_that_its_zone_gives_it(since: str, n_hours: int) -> None:
    (day,) = split(instant(since), instant(since) + n_hours * HOUR, "day", parse_zone("Europe/Berlin"))
    assert day.until - day.since == n_hours * HOUR


def test_weeks_begin_on_monday() -> None:
    parts = split(instant("2026-03-26T00:00Z"), instant("2026-04-07T00:00Z"), "week", parse_zone("Europe/Berlin"))
    assert shown(parts) == [
        ("2026-03-22T23:00", "2026-03-26T00:00", 94),
        ("2026-03-29T22:00", "2026-03-29T22:00", 168),
        ("2026-04-05T22:00", "2026-04-05T22:00", 26),
    ]


def test_days_that_begin_within_an_hour_have_the_hours_that_begin_in_them() -> None:
    parts = split(instant("2026-01-01T18:00Z"), instant("2026-01-03T00:00Z"), "day", parse_zone("Asia/Kolkata"))
    assert shown(parts) == [
        ("2025-12-31T18:30", "2026-01-01T18:00", 1),
        ("2026-01-01T18:30", "2026-01-01T19:00", 24),
        ("2026-01-02T18:30", "2026-01-02T19:00", 5),
    ]


def test_a_day_that_a_zone_leaves_out_is_left_out() -> None:
    parts = split(instant("2011-12-29T10:00Z"), instant("2012-01-01T10:00Z"), "day", parse_zone("Pacific/Apia"))
    assert shown(parts) == [
        ("2011-12-29T10:00", "2011-12-29T10:00", 24),
        ("2011-12-30T10:00", "2011-12-30T10:00", 24),
        ("2011-12-31T10:00", "2011-12-31T10:00", 24),
    ]


def test_a_day_without_midnight_begins_with_the_change() -> None:
    parts = split(instant("2018-11-04T03:00Z"), instant("2018-11-05T02:00Z"), "day", parse_zone("America/Sao_Paulo"))
    assert shown(parts) == [("2018-11-04T03:00", "2018-11-04T03:00", 23)]


@given(since=_hours, n_hours=st.integers(1, 2_000), step=st.sampled_from(STEPS), zone=_zones)
def test_parts_leave_no_hour_out_and_have_none_twice(since: int, n_hours: int, step: Step, zone: str) -> None:
    until = since + n_hours * HOUR
    if step == "hour" and n_hours > MAX_PARTS:
        return
    local = parse_zone(zone)
    parts = split(since, until, step, local)
    assert [parts[0].since, parts[-1].until] == [since, until]
    assert all(left.until == right.since for left, right in pairwise(parts))
    assert all(part.since < part.until for part in parts)
    if step == "day":
        for part in parts:
            dates = {datetime.fromtimestamp(at / 1e6, local).date() for at in range(part.since, part.until, HOUR)}
            assert len(dates) == 1


@given(until=_hours, zone=_zones)
def test_the_last_days_end_with_the_one_that_is_asked_for(until: int, zone: str) -> None:
    days = last_days(14, until, parse_zone(zone))
    assert 13 <= len(days) <= 14
    assert days[-1].since <= until <= days[-1].until
    assert all(left.until == right.since for left, right in pairwise(days))


@pytest.mark.parametrize(("step", "days"), [("hour", 42), ("day", 1_001), ("week", 7_001)])
def test_too_many_parts_are_refused(step: Step, days: int) -> None:
    with pytest.raises(InvalidQueryError, match="more than 1,000"):
        split(AT, AT + days * DAY, step, UTC)
    assert split(AT, AT + 41 * DAY, step, UTC)


@pytest.mark.parametrize("at", ["0001-01-01T00:00Z", "9999-12-31T23:00Z"])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "UTC"])
def test_times_at_the_ends_of_all_years_are_refused_or_answered(at: str, zone: str) -> None:
    with suppress(InvalidQueryError):
        assert split(instant(at), instant(at) + HOUR, "week", parse_zone(zone))
    with suppress(InvalidQueryError):
        assert last_days(14, instant(at), parse_zone(zone))


@pytest.mark.parametrize(
    "name", ["", "Nowhere/None", "../../etc/passwd", "/etc/passwd", "a\0b", "Europe", "é", "\ud800", "x" * 5_000, "."]
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(InvalidQueryError, match="time zone"):
        parse_zone(name)


def test_a_time_is_rounded_outwards_to_whole_hours() -> None:
    assert whole_hours(AT + 1, AT + 1) == (AT, AT + HOUR)
    assert whole_hours(AT, AT + HOUR) == (AT, AT + HOUR)
    assert whole_hours(None, None) == (None, None)
