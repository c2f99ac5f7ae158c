"""How long `runreel up` takes on an existing database until it answers, and what it holds in memory when idle."""

from __future__ import annotations

import http.client
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from bench.large_database import keep_large_database
from bench.process import read_pss_bytes, read_rss_bytes
from bench.report import Figure, Report, aim, gate
from bench.scale import Scale
from bench.server import START_TIMEOUT_S, command, stop_process

IDLE_S = 3
Start = tuple[float, float, float, float]


def run(scale: Scale) -> Iterable[Report]:
    data = keep_large_database(scale)
    _start_once(data)  # warms the caches of code and database
    starts = [_start_once(data) for _ in range(scale.n_starts)]
    health_s, runs_s, rss_mb, pss_mb = zip(*starts, strict=True)
    yield Report(
        title=f"Starting on a database of {scale.n_read_events:,} events, warm, {scale.n_starts} times",
        figures=[
            Figure(name="until /health answers", unit="s", values=health_s, bound=gate("<=", 1.5)),
            Figure(name="until /api/runs answers", unit="s", values=runs_s, bound=aim("<=", 1.5)),
            Figure(name="idle memory, resident", unit="MB", values=rss_mb, bound=gate("<", 120)),
            Figure(name="idle memory, shared pages in parts", unit="MB", values=pss_mb),
        ],
    )


def _start_once(data: Path) -> Start:
    port = _find_free_port()
    start = time.perf_counter()
    process = subprocess.Popen(
        command("up", "--port", str(port), "--data", str(data)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for_answer(port, "/health")
        health_s = time.perf_counter() - start
        _wait_for_answer(port, "/api/runs")
        runs_s = time.perf_counter() - start
        time.sleep(IDLE_S)
        return health_s, runs_s, read_rss_bytes(process.pid) / 1e6, read_pss_bytes(process.pid) / 1e6
    finally:
        stop_process(process)


def _find_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _wait_for_answer(port: int, path: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_TIMEOUT_S)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == http.client.OK:
                return
        except ConnectionError:
            time.sleep(0.005)
        finally:
            connection.close()
    raise RuntimeError(f"no answer of {path} after {START_TIMEOUT_S} s")
