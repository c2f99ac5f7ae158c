"""Reading the graph of a run of 1,000 nodes at the API: the graph, the plan, and the page of the run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from bench.corpus import OUT, STARTED_AT
from bench.read import measure_reading
from bench.report import Figure, Report, gate
from bench.scale import Scale
from bench.server import running_server

N_NODES = 1_000
N_BRANCHES = 4
N_EVENTS_PER_ATTEMPT = 8
BATCH_RECORDS = 1_000
RUN_ID = "graph"
PATH = f"/api/by-id/{RUN_ID}"
NODE = f"{PATH}/nodes/step-{N_NODES // 2}/history"

Record = dict[str, Any]


def run(scale: Scale) -> Iterable[Report]:
    data = OUT / "graph"
    shutil.rmtree(data, ignore_errors=True)
    with running_server(data) as server, server.connect() as client:
        records = _iter_records()
        while batch := list(islice(records, BATCH_RECORDS)):
            client.post_records(json.dumps({"version": 1, "records": batch}).encode())
        n_events = client.get_json(PATH)["event_count"]

        def measure(name: str, path: str) -> list[Figure]:
            return measure_reading(scale.n_samples // 4, name, lambda: client.time_get_ms(path), gate("<=", 50))

        yield Report(
            title=f"A run of {N_NODES:,} nodes and {n_events:,} events on SQLite, {scale.n_samples // 4} samples",
            figures=[
                *measure("graph", f"{PATH}/dag"),
                *measure("graph with states", f"{PATH}/dag?states=true"),
                *measure("plan", f"{PATH}/plan"),
                *measure("page of the run", PATH),
                *measure("states of a node", NODE),
            ],
        )
    shutil.rmtree(data)


def _iter_records() -> Iterator[Record]:
    """Make a run whose nodes were planned in layers, and each tried once or twice."""
    yield {"record": "run", "run_id": RUN_ID, "phase": "start", "agent_name": "planner", "started_at": _at(0)}
    for n in range(N_NODES):
        yield {
            "record": "node",
            "run_id": RUN_ID,
            "node_id": f"step-{n}",
            "order_index": n,
            "node_type": "step",
            "name": f"Step {n}",
            "goal": f"Do what is to be done in step {n}, and say what came of it.",
            "details": ["Look at what is there.", "Change it.", "Look again."],
            "max_attempts": 3,
            "plan_version": 1,
            "recorded_at": _at(0),
        }
        for source in {max(0, n - N_BRANCHES), n // 2} - {n} if n else ():
            yield {
                "record": "edge",
                "run_id": RUN_ID,
                "source": f"step-{source}",
                "target": f"step-{n}",
                "plan_version": 1,
                "recorded_at": _at(0),
            }
    for n in range(N_NODES):
        n_attempts = 1 + (n % 5 == 0)
        for attempt in range(n_attempts):
            yield from _iter_attempt(n, attempt, is_last=attempt == n_attempts - 1)


def _iter_attempt(n: int, attempt: int, *, is_last: bool) -> Iterator[Record]:
    begin = n * 10 + attempt * 5
    execution = f"x-{n}-{attempt}"
    yield _event(
        execution, begin, begin + 4, "node_execution", node_id=f"step-{n}", status="completed" if is_last else "failed"
    )
    for place in range(N_EVENTS_PER_ATTEMPT):
        yield _event(f"{execution}-{place}", begin, begin + 1, "tool_call", parent_event_id=execution)


def _event(event_id: str, begin: int, end: int, event_type: str, **fields: str) -> Record:
    told = {"record": "event", "run_id": RUN_ID, "event_id": event_id, "event_type": event_type}
    return {**told, "name": event_type, "started_at": _at(begin), "ended_at": _at(end), **fields}


def _at(seconds: int) -> str:
    return (STARTED_AT + timedelta(seconds=seconds)).isoformat()
