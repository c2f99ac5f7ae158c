"""Sums of events by stretch of time and type, and how they become few enough."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

GroupKey = tuple[int, str | None]


@dataclass(slots=True)
class SpanSum:
    """What is known of a group while it grows; the type is that of its first event."""

    n_events: int
    n_errors: int
    first_at: int
    last_at: int
    last_end: int
    first_type: str

    def add(self, other: SpanSum) -> None:
        """Take in what is known of another group."""
        self.n_events += other.n_events
        self.n_errors += other.n_errors
        if (other.first_at, other.first_type) < (self.first_at, self.first_type):
            self.first_at, self.first_type = other.first_at, other.first_type
        self.last_at = max(self.last_at, other.last_at)
        self.last_end = max(self.last_end, other.last_end)


def fold(found: Iterable[tuple[int, SpanSum]], max_groups: int) -> tuple[dict[GroupKey, SpanSum], int]:
    """Add up sums until they are few enough: first of neighbouring buckets, then of all types.

    Returns by how many bits the numbers of buckets were cut.
    """
    sums: dict[GroupKey, SpanSum] = {}
    shift, has_types = 0, True
    for bucket, each in found:
        _add(sums, (bucket >> shift, each.first_type if has_types else None), each)
        while len(sums) > max_groups:
            step = 1
            if has_types and len({place for place, _ in sums}) == 1:
                has_types, step = False, 0
            folded: dict[GroupKey, SpanSum] = {}
            for (place, event_type), summed in sums.items():
                _add(folded, (place >> step, event_type if has_types else None), summed)
            sums = folded
            shift += step
    return sums, shift


def _add(sums: dict[GroupKey, SpanSum], key: GroupKey, each: SpanSum) -> None:
    known = sums.get(key)
    if known is None:
        sums[key] = each
    else:
        known.add(each)
