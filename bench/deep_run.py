"""What a batch costs in a run that is already long, against the same in one that has only begun."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from random import Random

from bench import postgres
from bench.client import Client
from bench.corpus import OUT, STARTED_AT, encode_body, write_bodies
from bench.gati_run import Event, iter_run_events
from bench.report import Figure, Report, gate, percentile
from bench.scale import Scale
from bench.sender import send
from bench.server import Server, migrate, running_server

BATCH_EVENTS = 10
N_ROUNDS = 30
BATCHES_PER_ROUND = 10
AGENT = "deep agent"


def run(scale: Scale) -> Iterable[Report]:
    yield _run_on_sqlite(scale)
    if postgres.is_reachable():
        yield _run_on_postgres(scale)


def _run_on_sqlite(scale: Scale) -> Report:
    data = OUT / "deep"
    shutil.rmtree(data, ignore_errors=True)
    with running_server(data) as server:
        report = _measure(server, scale, "SQLite")
    shutil.rmtree(data)
    return report


def _run_on_postgres(scale: Scale) -> Report:
    data = OUT / "deep-postgres"
    with postgres.temporary_database() as database:
        migrate(database)
        with running_server(data, database=database) as server:
            report = _measure(server, scale, postgres.read_version())
    shutil.rmtree(data)
    return report


def _measure(server: Server, scale: Scale, database: str) -> Report:
    deep_events = _iter_events(seed=1, n_events=scale.n_deep_events + N_ROUNDS * BATCHES_PER_ROUND * BATCH_EVENTS + 1)
    _load(server, islice(deep_events, scale.n_deep_events))
    with server.connect() as client:
        begun = [_begin_run(client, seed) for seed in range(2, 2 + N_ROUNDS * BATCHES_PER_ROUND)]
        deep_us, empty_us = [], []
        for start in range(0, len(begun), BATCHES_PER_ROUND):
            empty = [_next_body(events) for events in begun[start : start + BATCHES_PER_ROUND]]
            deep = [_next_body(deep_events) for _ in empty]
            empty_us.append(_measure_batches_us(server, client, empty))
            deep_us.append(_measure_batches_us(server, client, deep))
    return _report(deep_us, empty_us, scale, database)


def _report(deep_us: list[float], empty_us: list[float], scale: Scale, database: str) -> Report:
    deep, empty = percentile(deep_us, 50), percentile(empty_us, 50)
    size = f"{scale.n_deep_events:,}"
    return Report(
        title=f"A batch of {BATCH_EVENTS} events in a run of {size} on {database}: {N_ROUNDS} rounds by turns",
        figures=[
            Figure(name=f"server CPU, run of {size} events", unit="µs/batch", values=tuple(deep_us)),
            Figure(name="server CPU, run that has only begun", unit="µs/batch", values=tuple(empty_us)),
            Figure(name="the one over the other", unit="times", values=(deep / empty,), bound=gate("<", 1.5)),
        ],
    )


def _iter_events(*, seed: int, n_events: int) -> Iterator[Event]:
    started_at = STARTED_AT + timedelta(days=seed)
    return iter_run_events(Random(seed), AGENT, n_events=n_events, started_at=started_at, has_graph=True)


def _load(server: Server, events: Iterator[Event]) -> None:
    path: Path = OUT / "deep.bodies"
    write_bodies(path, iter(lambda: _take(events, 500), b""))
    send(server.url, path)
    path.unlink()


def _take(events: Iterator[Event], n_events: int) -> bytes:
    batch = list(islice(events, n_events))
    return encode_body(batch) if batch else b""


def _begin_run(client: Client, seed: int) -> Iterator[Event]:
    """Open a run with its first event, so that naming it is not part of the comparison."""
    events = _iter_events(seed=seed, n_events=BATCH_EVENTS + 2)
    client.post_events(encode_body([next(events)]))
    return events


def _next_body(events: Iterator[Event]) -> bytes:
    body = _take(events, BATCH_EVENTS)
    if len(json.loads(body)["events"]) != BATCH_EVENTS:
        raise RuntimeError("the events of a run ran out; generate more")
    return body


def _measure_batches_us(server: Server, client: Client, bodies: list[bytes]) -> float:
    start = server.read_cpu_s()
    for body in bodies:
        client.post_events(body)
    return (server.read_cpu_s() - start) / len(bodies) * 1e6
