"""Adding up rows of rollups: their sums, and the buckets of their durations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from operator import add

from runreel.model.metrics import CallFigures, Quantiles, RunFigures
from runreel.model.vocabulary import is_ended
from runreel.storage.sql.rollup import TOTALS, Buckets, decode_buckets, find_quantiles
from runreel.storage.sql.run_row import read_usage

SUMS = ("duration_us", *TOTALS)
_PERCENTS = (50, 95, 99)


class Tally:
    """What some rows come to: sums in the order of `SUMS`, and durations by bucket."""

    def __init__(self) -> None:
        self.sums = [0] * len(SUMS)
        self.buckets: defaultdict[int, int] = defaultdict(int)

    def add(self, sums: Iterable[int]) -> None:
        """Add sums in their order; what comes after them is left out."""
        # PostgreSQL sums integers up to decimals.
        self.sums = list(map(add, self.sums, map(int, sums)))

    def add_durations(self, durations: bytes) -> None:
        """Add encoded buckets."""
        buckets = self.buckets
        for bucket, count in decode_buckets(durations).items():
            buckets[bucket] += count

    def read_calls(self, label: str) -> CallFigures:
        """Return the figures of the calls of one model or tool."""
        duration_us, *totals = self.sums
        return CallFigures(
            label=label,
            n_calls=totals[0],
            n_errors=totals[1],
            n_timed=sum(self.buckets.values()),
            usage=read_usage(totals),
            duration_us=duration_us,
            quantiles=read_quantiles(self.buckets),
        )


class RunTally(Tally):
    """What rows of runs come to; their label is a status."""

    def __init__(self) -> None:
        super().__init__()
        self.n_ended = 0

    def add_status(self, status: str, sums: Iterable[int]) -> None:
        """Add the sums of the runs of one status."""
        n_before = self.sums[1]
        self.add(sums)
        if is_ended(status):
            self.n_ended += self.sums[1] - n_before

    def read_runs(self) -> RunFigures:
        """Return the figures of the runs."""
        duration_us, *totals = self.sums
        return RunFigures(
            n_runs=totals[0],
            n_ended=self.n_ended,
            n_failed=totals[1],
            usage=read_usage(totals),
            duration_us=duration_us,
            quantiles=read_quantiles(self.buckets),
        )


def read_quantiles(buckets: Buckets) -> Quantiles | None:
    """Return the quantiles of counted durations; None where there are none."""
    if not buckets:
        return None
    p50_us, p95_us, p99_us = find_quantiles(buckets, _PERCENTS)
    return Quantiles(p50_us=p50_us, p95_us=p95_us, p99_us=p99_us)
