"""Instants as they come and as they are written."""

from __future__ import annotations

import math

import pytest

from runreel.model.instant import format_instant, now, parse_instant

AT = 1_795_320_000_000_000


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("2026-11-22T04:00:00.000000Z", AT),
        ("2026-11-22T04:00:00", AT),
        ("2026-11-22 04:00:00", AT),
        ("2026-11-22T09:00:00+05:00", AT),
        ("2026-11-21T23:30:00-04:30", AT),
        ("2026-11-22T04:00:00.5", AT + 500_000),
        ("2026-11-22T04:00:00.000001Z", AT + 1),
        ("2026-11-22", AT - 4 * 3_600_000_000),
        (1_795_320_000, AT),
        (1_795_320_000.25, AT + 250_000),
        (0, 0),
        (-1, -1_000_000),
        ("1969-12-31T23:59:59Z", -1_000_000),
        ("0001-01-01T00:00:00", -62_135_596_800_000_000),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ],
)
def test_what_stands_for_an_instant(value: object, instant: int) -> None:
    assert parse_instant(value) == instant


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "2026-02-30T00:00:00",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
        True,
        False,
        None,
        [],
        {},
        math.nan,
        math.inf,
        -math.inf,
        1e300,
        10**400,
        253_402_300_800,
        -62_135_596_801,
    ],
)
def test_what_does_not(value: object) -> None:
    assert parse_instant(value) is None


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (AT, "2026-11-22T04:00:00.000000Z"),
        (AT + 1, "2026-11-22T04:00:00.000001Z"),
        (0, "1970-01-01T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (-(2**62), "0001-01-01T00:00:00.000000Z"),
        (2**62, "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_an_instant_is_written_in_utc_with_microseconds(instant: int, text: str) -> None:
    assert format_instant(instant) == text


def test_now_is_an_instant_of_this_century() -> None:
    assert AT - 10 * 365 * 86_400_000_000 < now() < 2**62
