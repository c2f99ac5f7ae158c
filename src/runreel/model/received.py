"""Which numbers of a recorder's records have come: ranges, merged, so that no number counts twice.

Of the rare recorder of which more than `MAX_RANGES` ranges are apart, the lowest are settled: what has come of them
stays counted, and what comes later of them counts no more. So what is said to have come has come, always.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

MAX_RANGES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The numbers that came. `bounds` are the first number of a range and the first after it, one range after another.

    Numbers up to `settled_until` are in no range: `n_settled` of them had come when they were settled.
    """

    bounds: tuple[int, ...] = ()
    settled_until: int = 0
    n_settled: int = 0

    @property
    def count(self) -> int:
        """Return how many numbers came."""
        return self.n_settled + sum(self.bounds[1::2]) - sum(self.bounds[::2])

    @property
    def highest(self) -> int:
        """Return the highest number that came, 0 where none did."""
        return self.bounds[-1] - 1 if self.bounds else self.settled_until

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """Return the ranges: the first and the last number of each."""
        return [(first, end - 1) for first, end in zip(self.bounds[::2], self.bounds[1::2], strict=True)]

    def with_numbers(self, numbers: Iterable[int]) -> Received:
        """Return this with more numbers, in any order; the same object where none of them is new."""
        return self._with_ranges(_ranges_of(numbers))

    def joined(self, other: Received) -> Received:
        """Return what came of either; where both settled something, no more than the one that knows more of it."""
        until = max(self.settled_until, other.settled_until)
        mine, theirs = self._settled(until), other._settled(until)
        both = mine if mine.n_settled >= theirs.n_settled else theirs
        return Received(bounds=mine.bounds, settled_until=until, n_settled=both.n_settled)._with_ranges(
            list(zip(theirs.bounds[::2], theirs.bounds[1::2], strict=True))
        )

    def _with_ranges(self, ranges: Sequence[tuple[int, int]]) -> Received:
        bounds = list(self.bounds)
        for first, end in ranges:
            if end - 1 <= self.settled_until:
                continue
            begin = max(first, self.settled_until + 1)
            left, right = bisect_left(bounds, begin), bisect_right(bounds, end)
            # At an even place a bound begins a range, so what is before it is in none.
            bounds[left:right] = [*((begin,) if left % 2 == 0 else ()), *((end,) if right % 2 == 0 else ())]
        if len(bounds) == len(self.bounds) and tuple(bounds) == self.bounds:
            return self
        grown = Received(bounds=tuple(bounds), settled_until=self.settled_until, n_settled=self.n_settled)
        n_over = len(bounds) // 2 - MAX_RANGES
        return grown if n_over <= 0 else grown._settled(bounds[2 * n_over - 1] - 1)

    def _settled(self, until: int) -> Received:
        """Return this with all numbers up to one settled."""
        if until <= self.settled_until:
            return self
        place = bisect_right(self.bounds, until)
        below, above = self.bounds[:place], self.bounds[place:]
        if place % 2:
            below, above = (*below, until + 1), (until + 1, *above)
            if above[0] == above[1]:
                above = above[2:]
        n_below = sum(below[1::2]) - sum(below[::2])
        return Received(bounds=above, settled_until=until, n_settled=self.n_settled + n_below)


NOTHING_RECEIVED = Received()


def received_of_ranges(ranges: Iterable[tuple[int, int]], *, settled_until: int = 0, n_settled: int = 0) -> Received:
    """Return what these ranges, first and last number, stand for; they may be in any order."""
    base = Received(settled_until=settled_until, n_settled=n_settled)
    return base._with_ranges([(first, last + 1) for first, last in ranges])  # pyright: ignore[reportPrivateUsage]


def _ranges_of(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return numbers as ranges: the first, and the first after it."""
    ordered = sorted(numbers)
    if not ordered:
        return []
    # Nearly always they are all of a stretch.
    if ordered[-1] - ordered[0] == len(ordered) - 1 and len(set(ordered)) == len(ordered):
        return [(ordered[0], ordered[-1] + 1)]
    begins = [ordered[0]]
    ends: list[int] = []
    for before, number in pairwise(ordered):
        if number > before + 1:
            ends.append(before + 1)
            begins.append(number)
    ends.append(ordered[-1] + 1)
    return list(zip(begins, ends, strict=True))
