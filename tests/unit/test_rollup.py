"""Buckets of durations, and sums that can be taken out again."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runreel.storage.sql.rollup import RELATIVE_ERROR, duration_bucket, find_quantiles


@pytest.mark.parametrize(("duration_us", "bucket"), [(-5, 0), (0, 0), (1, 1), (2, 19), (1_000_000, 347)])
def test_buckets_stay_where_they_are(duration_us: int, bucket: int) -> None:
    """Stored counts mean these durations: to change a bound is a migration."""
    assert duration_bucket(duration_us) == bucket


def test_buckets_are_narrow_and_without_gaps() -> None:
    factor = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
    durations = [1]
    while durations[-1] < 10**12:
        durations.append(int(durations[-1] * factor) + 1)
    buckets = [duration_bucket(duration_us) for duration_us in durations]
    assert all(0 <= after - before <= 18 for before, after in pairwise(buckets))
    assert buckets == sorted(buckets)
    large = [b for b, d in zip(buckets, durations, strict=True) if d > 1_000]
    assert all(after - before in (1, 2) for before, after in pairwise(large))


@given(st.lists(st.integers(0, 10**13), min_size=1, max_size=50))
def test_quantiles_are_as_near_as_promised(durations: list[int]) -> None:
    found = find_quantiles(Counter(map(duration_bucket, durations)), [50, 95, 99, 100])

    ordered = sorted(durations)
    n = len(ordered)
    # The smallest that so many of a hundred do not exceed; the answer is in whole microseconds.
    exact = [ordered[-(-percent * n // 100) - 1] for percent in (50, 95, 99, 100)]
    assert found == [pytest.approx(duration, abs=RELATIVE_ERROR * duration + 1) for duration in exact]


def test_quantiles_of_nothing_are_nothing() -> None:
    assert find_quantiles({}, [50, 99]) == [0, 0]
