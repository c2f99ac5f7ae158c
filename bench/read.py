"""Reading at the API from a large SQLite database: how long the slowest twentieth of the answers take."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from random import Random
from typing import Any
from urllib.parse import quote

from bench.client import Client
from bench.large_database import N_AGENTS, keep_large_database
from bench.report import Bound, Figure, Report, gate, percentile
from bench.scale import Scale
from bench.server import running_server

N_WARM_UP = 20
RUNS_PER_PAGE = 500
NEWEST_RUNS = "/api/runs?limit=50"
FILTERS = {
    "status": "status=failed",
    "two statuses": "status=failed&status=cancelled",
    "errors": "has_errors=true",
    "text in names": "q=run+77",
    "text in no name": "q=nothing+of+that+kind",
    "environment": "environment=nowhere",
    "agent": "agent=agent+7",
    "a day": "since=2026-01-06&until=2026-01-07",
}
SORTS = ("duration", "cost", "tokens", "errors", "name")
AGENTS = f"/api/agents?limit={N_AGENTS}&until="


def run(scale: Scale) -> Iterable[Report]:
    with running_server(keep_large_database(scale)) as server, server.connect() as client:
        runs = _list_all_runs(client)
        rng = Random(3)
        n_samples = scale.n_samples
        # The sparklines end with the newest run, however long ago that began.
        agents = f"{AGENTS}{runs[0]['created_at']}"
        measure = partial(measure_reading, n_samples)

        figures = [
            *measure("nothing: GET /health", lambda: client.time_get_ms("/health"), None),
            *measure("newest 50 runs", lambda: client.time_get_ms(NEWEST_RUNS), gate("<=", 10)),
            *measure("a run of 50 events with trace", lambda: _time_run_ms(client, rng.choice(runs)), gate("<=", 10)),
            *measure("a node's events", _node_timer(client, rng, runs), gate("<=", 10)),
            *measure(f"{N_AGENTS} agents with their figures", lambda: client.time_get_ms(agents), gate("<=", 30)),
        ]
        for name, query in FILTERS.items():
            path = f"/api/runs?limit=50&{query}"
            figures += measure(f"runs by {name}", partial(client.time_get_ms, path), gate("<=", 20))
        for sort in SORTS:
            path = f"/api/runs?limit=50&sort={sort}"
            figures += measure(f"runs sorted by {sort}", partial(client.time_get_ms, path), gate("<=", 20))
        size = f"{sum(run['event_count'] for run in runs):,} events in {len(runs):,} runs"
        sizes = [
            ("newest 50 runs", NEWEST_RUNS),
            ("trace", f"{_path_of(runs[0])}/trace"),
            (f"{N_AGENTS} agents", agents),
        ]
        notes = [f"  answer of {name}: {len(client.get(path)):,} bytes" for name, path in sizes]
    title = f"Reading from {size} on SQLite, one connection, {n_samples} samples"
    yield Report(title=title, figures=figures, notes=notes)


def measure_reading(n_samples: int, name: str, time_ms: Callable[[], float], bound: Bound | None) -> list[Figure]:
    """Return the median and the 95th percentile of samples; the first ones only warm up."""
    times_ms = [time_ms() for _ in range(N_WARM_UP + n_samples)][N_WARM_UP:]
    return [
        Figure(name=f"{name}, median", unit="ms", values=(percentile(times_ms, 50),)),
        Figure(name=f"{name}, p95", unit="ms", values=(percentile(times_ms, 95),), bound=bound),
    ]


def _list_all_runs(client: Client) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = client.get_json(f"/api/runs?limit={RUNS_PER_PAGE}{cursor}")
        runs += page["runs"]
        if page["next_cursor"] is None:
            return runs
        cursor = f"&cursor={quote(page['next_cursor'], safe='')}"


def _path_of(run: dict[str, Any]) -> str:
    return f"/api/runs/{quote(run['agent_name'], safe='')}/{quote(run['run_name'], safe='')}"


def _time_run_ms(client: Client, run: dict[str, Any]) -> float:
    """Time both requests that opening a run takes."""
    path = _path_of(run)
    return client.time_get_ms(path) + client.time_get_ms(f"{path}/trace")


def _node_timer(client: Client, rng: Random, runs: list[dict[str, Any]]) -> Callable[[], float]:
    def time_node_ms() -> float:
        while True:
            run_id = rng.choice(runs)["run_id"]
            nodes = client.get_json(f"/api/runs/{run_id}/nodes")["nodes"]
            if nodes:
                node_id = quote(rng.choice(nodes)["node_id"], safe="")
                return client.time_get_ms(f"/api/runs/{run_id}/nodes/{node_id}/events")

    return time_node_ms
