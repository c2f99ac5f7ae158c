"""How what goes on in a run ends with it: computed wherever it is shown, and stored nowhere (ADR-023).

So a resume of the run takes it back, and a record of a real end that comes late counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from runreel.model.event import Event
from runreel.model.instant import LONGEST_US
from runreel.model.vocabulary import is_ended

RUNNING = "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """When a run ended, and the status that what went on in it has since."""

    status: str
    at: int

    def end_of(self, started_at: int) -> int:
        """Return when what began then and went on has ended."""
        return max(started_at, self.at)

    def duration_us_of(self, started_at: int) -> int | None:
        """Return how long it took; None where that is so long that one of both times must be wrong."""
        duration_us = self.end_of(started_at) - started_at
        return duration_us if duration_us <= LONGEST_US else None


def find_run_end(run_status: str, ended_at: int | None) -> RunEnd | None:
    """Return how a run ended; None while it goes on."""
    if ended_at is None or not is_ended(run_status):
        return None
    return RunEnd(status="completed" if run_status == "completed" else "cancelled", at=ended_at)


def end_event(event: Event, end: RunEnd | None) -> Event:
    """Return an event as it is shown: one that goes on in a run that has ended has ended with it."""
    if end is None or event.status != RUNNING:
        return event
    return replace(
        event,
        status=end.status,
        ended_at=end.end_of(event.started_at),
        duration_us=end.duration_us_of(event.started_at),
        ended_by_run=True,
    )
