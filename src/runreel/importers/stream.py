"""The bundle that a foreign database becomes, made while it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from runreel.model.bundle import Part, SessionPart
from runreel.wire.bundle import CHUNK_BYTES, BundleWriter


class Conversion(Protocol):
    """Runs of a foreign database as parts of a bundle. `n_runs` and `n_events` are what there is to do."""

    n_runs: int
    n_events: int

    def iter_runs(self) -> Iterator[tuple[Iterator[Part], int]]:
        """Yield the parts of each run, and how many events it had. Read each to its end before the next."""
        ...

    def iter_sessions(self) -> Iterator[SessionPart]:
        """Yield the sessions that no run belongs to, after the runs."""
        ...

    def close(self) -> None:
        """Let go of everything; safe twice."""
        ...


def iter_bundle(
    conversion: Conversion, *, made_at: str, name: str, on_progress: Callable[[int, int], None]
) -> Iterator[bytes]:
    """Yield the bundle in pieces; `on_progress` is told how many runs and events are done."""
    writer = BundleWriter()
    waiting = [writer.head(made_at=made_at, holds={"database": name})]
    n_bytes, n_runs, n_events = 0, 0, 0
    for parts, n_of_run in conversion.iter_runs():
        for chunk in writer.iter_run(parts):
            waiting.append(chunk)
            n_bytes += len(chunk)
            if n_bytes >= CHUNK_BYTES:
                yield b"".join(waiting)
                waiting, n_bytes = [], 0
        n_runs, n_events = n_runs + 1, n_events + n_of_run
        on_progress(n_runs, n_events)
    for session in conversion.iter_sessions():
        waiting += writer.session(session)
    waiting.append(writer.close())
    yield b"".join(waiting)
