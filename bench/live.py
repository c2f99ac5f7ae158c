"""How long after its acknowledgement an event is at the readers of its run, while others arrive all the time."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

from bench import postgres
from bench.client import Client
from bench.corpus import OUT
from bench.followers import following
from bench.report import Figure, Report, gate, percentile
from bench.scale import Scale
from bench.server import Server, migrate, running_server

N_READERS = 200
N_RUNS = 8
EVENTS_PER_S = 5_000
BATCH_EVENTS = 100
N_SENDERS = 4
RUN_IDS = [f"live-{n}" for n in range(N_RUNS)]


def run(scale: Scale) -> Iterable[Report]:
    for databases in ("SQLite", "PostgreSQL"):
        if databases == "PostgreSQL" and not postgres.is_reachable():
            continue
        with _serving(databases) as server:
            yield _measure(server, databases, RUN_IDS[:1], scale.live_s)
            yield _measure(server, databases, RUN_IDS, scale.live_s)


@contextmanager
def _serving(database: str) -> Iterator[Server]:
    data = OUT / "live"
    shutil.rmtree(data, ignore_errors=True)
    if database == "SQLite":
        with running_server(data) as server:
            yield server
    else:
        with postgres.temporary_database() as url:
            migrate(url)
            with running_server(data, database=url) as server:
                yield server
    shutil.rmtree(data)


def _measure(server: Server, database: str, followed: Sequence[str], seconds: float) -> Report:
    n_batches = round(seconds * EVENTS_PER_S / BATCH_EVENTS)
    first = time.monotonic_ns()
    with server.connect() as client:
        client.post_records(_body([_start(run_id) for run_id in RUN_IDS]))
    bodies = [_body(_batch(first + n, RUN_IDS[n % N_RUNS])) for n in range(n_batches)]
    with following(server.url, followed, n_readers=N_READERS) as found:
        cpu_before, began = server.read_cpu_s(), time.monotonic()
        acknowledged = _send_paced(server, first, bodies)
        elapsed_s, cpu_s = time.monotonic() - began, server.read_cpu_s() - cpu_before
        # What was acknowledged last is on its way.
        time.sleep(2)
    waits_ms = [max(0.0, at - acknowledged[mark]) * 1000 for mark, at in found.arrivals if mark in acknowledged]
    n_expected = sum(RUN_IDS[n % N_RUNS] in followed for n in range(n_batches)) * N_READERS // len(followed)
    if len(waits_ms) != n_expected:
        raise RuntimeError(f"of {n_expected} marks {len(waits_ms)} are at their readers")
    figures = [
        Figure(name="from acknowledgement to reader, median", unit="ms", values=(percentile(waits_ms, 50),)),
        Figure(
            name="from acknowledgement to reader, p95",
            unit="ms",
            values=(percentile(waits_ms, 95),),
            bound=gate("<=", 100),
        ),
        Figure(name="from acknowledgement to reader, slowest", unit="ms", values=(max(waits_ms),)),
        Figure(name="events that arrived", unit="events/s", values=(n_batches * BATCH_EVENTS / elapsed_s,)),
        Figure(name="server CPU", unit="cores", values=(cpu_s / elapsed_s,)),
        Figure(name="peak memory", unit="MB", values=(server.read_peak_rss_bytes() / 1e6,)),
    ]
    where = "one run" if len(followed) == 1 else f"{len(followed)} runs"
    title = f"{N_READERS} readers of {where} on {database}, while {EVENTS_PER_S:,} events/s arrive in {N_RUNS} runs"
    return Report(title=title, figures=figures)


def _send_paced(server: Server, first: int, bodies: Sequence[bytes]) -> dict[int, float]:
    """Send the bodies at an even pace; return when each was acknowledged, by its mark."""
    began = time.monotonic()
    acknowledged: dict[int, float] = {}

    def send(sender: int) -> None:
        with Client(server.url) as client:
            for n in range(sender, len(bodies), N_SENDERS):
                time.sleep(max(0.0, began + n * BATCH_EVENTS / EVENTS_PER_S - time.monotonic()))
                client.post_records(bodies[n])
                acknowledged[first + n] = time.monotonic()

    with ThreadPoolExecutor(N_SENDERS) as pool:
        list(pool.map(send, range(N_SENDERS)))
    return acknowledged


def _body(records: list[dict[str, object]]) -> bytes:
    return json.dumps({"version": 1, "records": records}).encode()


def _start(run_id: str) -> dict[str, object]:
    return {"record": "run", "run_id": run_id, "agent_name": "live agent", "phase": "start", "started_at": _now()}


def _batch(mark: int, run_id: str) -> list[dict[str, object]]:
    """Make the events of one batch; the last one carries the mark."""
    ids = [f"{mark}-{n}" for n in range(BATCH_EVENTS - 1)] + [f"mark-{mark}"]
    return [
        {
            "record": "event",
            "run_id": run_id,
            "event_id": event_id,
            "event_type": "llm_call",
            "name": "answer",
            "model": "small-1",
            "node_id": f"step_{n % 4}",
            "parent_event_id": ids[0] if n else None,
            "started_at": _now(),
            "ended_at": _now(),
            "usage": {"tokens_in": 100, "tokens_out": 20, "cost": 0.001},
            "inputs": {"prompt": f"What follows from step {n}? " * 8},
            "outputs": {"text": f"After step {n} comes another. " * 4},
        }
        for n, event_id in enumerate(ids)
    ]


def _now() -> str:
    return datetime.now(UTC).isoformat()
