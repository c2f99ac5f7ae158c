"""The bundle that a foreign database becomes, made while it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from runreel.model.bundle import Part, SessionPart
from runreel.wire.bundle import CHUNK_BYTES, BundleWriter


class Conversion(Protocol):
    """Runs of a foreign database as parts of a bundle.

    `n_runs` and `n_events` are what there is to do, `n_read` how many of the events were read.
    """

    n_runs: int
    n_events: int
    n_read: int

    def iter_runs(self) -> Iterator[Iterator[Part]]:
        """Yield the parts of each run. Read each to its end before the next."""
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
    n_bytes = 0
    for n_runs, parts in enumerate(conversion.iter_runs(), 1):
        for chunk in writer.iter_run(parts):
            waiting.append(chunk)
            n_bytes += len(chunk)
            if n_bytes >= CHUNK_BYTES:
                yield b"".join(waiting)
                waiting, n_bytes = [], 0
        on_progress(n_runs, conversion.n_read)
    for session in conversion.iter_sessions():
        waiting += writer.session(session)
    waiting.append(writer.close())
    yield b"".join(waiting)
