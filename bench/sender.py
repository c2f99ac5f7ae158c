"""Sends a kept corpus over several connections, from a process of its own: its processor time is not the server's.

`python -m bench.sender URL FILE --connections 4` prints what happened as one JSON object.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.client import Client
from bench.corpus import read_bodies


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    n_events: int
    n_failed: int
    n_bodies: int
    sent_bytes: int
    wall_s: float
    cpu_s: float
    latencies_ms: list[float]


def send(url: str, corpus: Path, *, n_connections: int = 4) -> Sent:
    """Run the sender in a process of its own and wait for it."""
    arguments = [sys.executable, "-m", "bench.sender", url, str(corpus), "--connections", str(n_connections)]
    done = subprocess.run(arguments, check=True, capture_output=True, cwd=Path(__file__).parent.parent)
    return Sent(**json.loads(done.stdout))


def send_here(url: str, bodies: Sequence[memoryview], *, n_connections: int) -> Sent:
    """Send every body once, each over whichever connection is free, and wait for the answers."""
    waiting = _Shared(bodies)
    start, start_cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(n_connections) as pool:
        sent = list(pool.map(_send_all, [url] * n_connections, [waiting] * n_connections))
    return Sent(
        n_events=sum(lane.n_events for lane in sent),
        n_failed=sum(lane.n_failed for lane in sent),
        n_bodies=len(bodies),
        sent_bytes=sum(body.nbytes for body in bodies),
        wall_s=time.perf_counter() - start,
        cpu_s=time.process_time() - start_cpu,
        latencies_ms=[latency_ms for lane in sent for latency_ms in lane.latencies_ms],
    )


@dataclass(slots=True)
class _Lane:
    n_events: int = 0
    n_failed: int = 0
    latencies_ms: list[float] = field(default_factory=list)


class _Shared:
    """Gives each body to one thread."""

    def __init__(self, bodies: Sequence[memoryview]) -> None:
        self._bodies = iter(bodies)
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[memoryview]:
        while (body := self._next()) is not None:
            yield body

    def _next(self) -> memoryview | None:
        with self._lock:
            return next(self._bodies, None)


def _send_all(url: str, bodies: _Shared) -> _Lane:
    lane = _Lane()
    with Client(url) as client:
        for body in bodies:
            start = time.perf_counter()
            answer = client.post_events(body)
            lane.latencies_ms.append((time.perf_counter() - start) * 1000)
            lane.n_events += answer["count"]
            lane.n_failed += answer["failed"]
    return lane


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sender")
    parser.add_argument("url")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--connections", type=int, default=4)
    options = parser.parse_args()
    sent = send_here(options.url, read_bodies(options.corpus), n_connections=options.connections)
    print(json.dumps(asdict(sent)))


if __name__ == "__main__":
    main()
