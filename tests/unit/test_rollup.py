"""Buckets of durations, and sums that can be taken out again."""

from __future__ import annotations

from itertools import pairwise

import pytest

from runreel.storage.sql.rollup import RELATIVE_ERROR, duration_bucket


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
