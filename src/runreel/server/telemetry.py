"""Figures of the running server: counted here in plain numbers, so that counting costs next to nothing.

No figure names an agent, a run or a project. Each number is written by one thread; whoever reads may see one a moment
before another.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

from runreel.errors import DecodeError, QueueFullError, ServerEndingError, StorageFullError, StorageUnavailableError

COMMIT_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
GROUP_BODIES = (1, 2, 4, 8, 16, 32, 64)

_OUTCOMES: tuple[tuple[type[Exception], str], ...] = (
    (QueueFullError, "queue_full"),
    (StorageFullError, "no_room"),
    (ServerEndingError, "unavailable"),
    (StorageUnavailableError, "unavailable"),
    (DecodeError, "unreadable"),
)


@dataclass(slots=True)
class Distribution:
    """Counts of values by the bounds that they are at most, with their sum."""

    bounds: tuple[float, ...]
    counts: list[int] = field(default_factory=list[int])
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Telemetry:
    """What was counted since the server began."""

    def __init__(self) -> None:
        self.bodies: Counter[tuple[str, str]] = Counter()
        self.records: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.warnings: Counter[str] = Counter()
        self.body_bytes: Counter[str] = Counter()
        self.commit_seconds = Distribution(COMMIT_SECONDS)
        self.commit_bodies = Distribution(GROUP_BODIES)

    def note_taken(self, dialect: str, *, n_records: int, n_refused: int, n_warnings: int) -> None:
        """Count a body whose records were committed, but for the refused ones."""
        self.bodies[dialect, "taken"] += 1
        self.records[dialect] += n_records
        self.refused[dialect] += n_refused
        self.warnings[dialect] += n_warnings

    def note_received(self, dialect: str, *, n_bytes: int) -> None:
        """Count the bytes of a body as it was sent, whatever becomes of it."""
        self.body_bytes[dialect] += n_bytes

    def note_not_taken(self, dialect: str, error: Exception) -> None:
        """Count a body of which nothing was taken."""
        outcome = next((name for kind, name in _OUTCOMES if isinstance(error, kind)), "failed")
        self.bodies[dialect, outcome] += 1

    def note_commit(self, seconds: float, n_bodies: int) -> None:
        """Count one transaction of the writing thread, whether it succeeded or not."""
        self.commit_seconds.add(seconds)
        self.commit_bodies.add(n_bodies)
