"""Reading long runs at the API: the first window of rows, the overview, and a node with many events."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import islice
from random import Random
from urllib.parse import quote

from bench.client import Client
from bench.corpus import OUT, STARTED_AT, encode_body, write_bodies
from bench.gati_run import N_LOOPED_STEPS, Event, iter_run_events
from bench.report import Bound, Figure, Report, gate, percentile
from bench.scale import Scale
from bench.sender import send
from bench.server import Server, running_server

N_WARM_UP = 10
BATCH_EVENTS = 500
AGENT = "long agent"


def run(scale: Scale) -> Iterable[Report]:
    data = OUT / "long"
    shutil.rmtree(data, ignore_errors=True)
    with running_server(data) as server:
        # A quarter of a run's events are steps, which are in no node.
        in_nodes = scale.n_node_events * N_LOOPED_STEPS * 4 // 3
        sizes = (scale.n_long_events, scale.n_longest_events, in_nodes)
        long, longest, with_node = (_load(server, seed, size) for seed, size in enumerate(sizes))
        with server.connect() as client:
            yield _measure(client, scale, long, longest, with_node)
    shutil.rmtree(data)


def _load(server: Server, seed: int, n_events: int) -> str:
    """Record a run through the API, and return its path by id."""
    started_at = STARTED_AT + timedelta(days=100 * seed)
    events = iter_run_events(Random(seed), AGENT, n_events=n_events, started_at=started_at, has_graph=True)
    path = OUT / "long.bodies"
    write_bodies(path, _iter_bodies(events))
    send(server.url, path, n_connections=1)
    path.unlink()
    # A connection of its own: one that waits while a million events are sent is closed by the server.
    with server.connect() as client:
        newest = client.get_json(f"/api/agents/{quote(AGENT)}/runs?limit=10")
    return next(f"/api/by-id/{run['run_id']}" for run in newest if run["created_at"][:10] >= f"{started_at:%Y-%m-%d}")


def _iter_bodies(events: Iterator[Event]) -> Iterator[bytes]:
    while batch := list(islice(events, BATCH_EVENTS)):
        yield encode_body(batch)


def _measure(client: Client, scale: Scale, long: str, longest: str, with_node: str) -> Report:
    def measure(name: str, path: str, bound: Bound | None = None) -> list[Figure]:
        return _figures(name, lambda: client.time_get_ms(path), scale.n_samples // 4, bound)

    n_long, n_longest = f"{scale.n_long_events:,}", f"{scale.n_longest_events:,}"
    node_id = max(client.get_json(f"{with_node}/dag")["nodes"], key=lambda node: node["event_count"])["node_id"]
    node = f"{with_node.replace('/by-id/', '/runs/')}/nodes/{quote(node_id, safe='')}"
    summary = client.get_json(f"{node}/execution-summary")
    middle = scale.n_long_events // 2
    last = scale.n_longest_events - 500
    return Report(
        title=f"Runs of {n_long} and {n_longest} events on SQLite, one connection, {scale.n_samples // 4} samples",
        figures=[
            *measure(f"{n_long}: first window", f"{long}/spans", gate("<=", 100)),
            *measure(f"{n_long}: overview", f"{long}/spans/overview", gate("<=", 100)),
            *measure(f"{n_long}: window in the middle", f"{long}/spans?from_order={middle}&limit=500"),
            *measure(f"{n_long}: all of it in groups", f"{long}/spans?limit={scale.n_long_events}"),
            *measure(f"{n_long}: errors", f"{long}/spans?errors=true"),
            *measure(f"{n_long}: search", f"{long}/spans?search=fetch"),
            *measure(f"{n_longest}: first window", f"{longest}/spans", gate("<=", 300)),
            *measure(f"{n_longest}: overview", f"{longest}/spans/overview"),
            *measure(f"{n_longest}: last window", f"{longest}/spans?from_order={last}&limit=500"),
            *measure(f"summary of a node of {summary['event_count']:,}", f"{node}/execution-summary", gate("<=", 50)),
        ],
    )


def _figures(name: str, time_ms: Callable[[], float], n_samples: int, bound: Bound | None) -> list[Figure]:
    times_ms = [time_ms() for _ in range(N_WARM_UP + n_samples)][N_WARM_UP:]
    return [
        Figure(name=f"{name}, median", unit="ms", values=(percentile(times_ms, 50),)),
        Figure(name=f"{name}, p95", unit="ms", values=(percentile(times_ms, 95),), bound=bound),
    ]
