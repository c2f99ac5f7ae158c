"""A large legacy workflow database, whose runs share the names of their nodes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from bench.legacy_schema import Age, write_sqlite
from bench.text import make_text

STARTED_AT = datetime(2025, 9, 1, 8, 0, 0)  # noqa: DTZ001 - naive, as that system writes it
_NODES = ("planning", *(f"step_{number}" for number in range(1, 9)), "terminator")
_TYPES = ("agent_call", "tool_call", "code_exec", "file_gen", "info")
_AGENTS = ("engineer", "researcher", "planner", "executor")
_N_TEXTS = 5_000


def write_large_database(path: Path, *, n_runs: int = 1_000, n_events_per_run: int = 1_000) -> None:
    """Write a new SQLite file of that many runs; only the first of them has rows for its nodes."""
    rng = Random(11)
    texts = [_payload(rng) for _ in range(_N_TEXTS)]
    sessions = (n_runs + 9) // 10
    write_sqlite(
        path,
        {
            "sessions": (_session(number) for number in range(sessions)),
            "workflow_runs": (_run(number) for number in range(n_runs)),
            "dag_nodes": (_node(order) for order in range(len(_NODES))),
            "dag_edges": (_edge(order) for order in range(len(_NODES) - 1)),
            "execution_events": _iter_events(rng, texts, n_runs, n_events_per_run),
            "files": (_file(number) for number in range(n_runs)),
        },
        Age.OLD,
    )


def moment(seconds: float) -> str:
    """Return an instant as that system writes it."""
    return (STARTED_AT + timedelta(seconds=seconds)).isoformat(sep=" ", timespec="microseconds")


def _session(number: int) -> dict[str, Any]:
    at = moment(number * 5_000)
    return {
        "id": _id("50", number),
        "name": f"Session {number}",
        "created_at": at,
        "last_active_at": at,
        "status": "active",
    }


def _run(number: int) -> dict[str, Any]:
    return {
        "id": _id("10", number),
        "session_id": _id("50", number // 10),
        "mode": ("planning_control", "planning-control")[number % 2],
        "agent": _AGENTS[number % 3],
        "model": "gpt-4o-mini",
        "status": "completed",
        "started_at": moment(number * 500),
        "completed_at": moment(number * 500 + 480),
        "checkpoint_frequency_minutes": 10,
        "task_description": f"Task {number}",
        "is_branch": 0,
        "branch_depth": 0,
    }


def _node(order: int) -> dict[str, Any]:
    return {
        "id": _NODES[order],
        "run_id": _id("10", 0),
        "session_id": _id("50", 0),
        "node_type": "agent",
        "agent": "engineer",
        "status": "completed",
        "order_index": order,
    }


def _edge(order: int) -> dict[str, Any]:
    return {
        "id": order + 1,
        "from_node_id": _NODES[order],
        "to_node_id": _NODES[order + 1],
        "dependency_type": "sequential",
    }


def _iter_events(rng: Random, texts: list[str], n_runs: int, n_events: int) -> Iterator[dict[str, Any]]:
    for number in range(n_runs):
        run_id, session_id = _id("10", number), _id("50", number // 10)
        parent = None
        for order in range(n_events):
            event_id = _id("e0", number * n_events + order)
            begun = number * 500 + order * 480 / n_events
            at, ended = moment(begun), moment(begun + 0.25)
            if order % 10 == 0:
                parent = None
            yield {
                "id": event_id,
                "run_id": run_id,
                "node_id": _NODES[order * len(_NODES) // n_events],
                "session_id": session_id,
                "parent_event_id": parent,
                "event_type": _TYPES[order % len(_TYPES)],
                "event_subtype": "complete",
                "agent_name": _AGENTS[order % len(_AGENTS)],
                "agent_role": "assistant",
                "timestamp": at,
                "started_at": at,
                "completed_at": ended,
                "duration_ms": 250,
                "inputs": texts[rng.randrange(_N_TEXTS)],
                "outputs": texts[rng.randrange(_N_TEXTS)],
                "meta": '{"attempt": 1}',
                "execution_order": order,
                "depth": 0 if parent is None else 1,
                "status": "completed",
            }
            if order % 10 == 0:
                parent = event_id


def _file(number: int) -> dict[str, Any]:
    return {
        "id": _id("f0", number),
        "run_id": _id("10", number),
        "node_id": "step_1",
        "file_path": f"/srv/agents/run_{number}/result.csv",
        "file_type": "csv",
        "size_bytes": 1_000 + number,
        "created_at": moment(number * 500 + 400),
        "is_final_output": 1,
    }


def _payload(rng: Random) -> str:
    return json.dumps({"prompt": make_text(rng, rng.randint(20, 100)), "attempt": rng.randint(1, 3)})


def _id(prefix: str, number: int) -> str:
    digits = f"{prefix}{number:030x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
