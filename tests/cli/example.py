"""A run as a server describes it."""

from __future__ import annotations


def make_run(**changes: object) -> dict[str, object]:
    run: dict[str, object] = {
        "run_id": "run-1",
        "run_name": "run 1",
        "agent_name": "climate_analyst",
        "session_id": "default",
        "environment": "demo",
        "mode": "planning_control",
        "status": "completed",
        "task": "Which city has the widest range?",
        "model": None,
        "parent_run_id": None,
        "parent_event_id": None,
        "created_at": "2026-11-22T04:00:00.000000Z",
        "started_at": "2026-11-22T04:00:00.000000Z",
        "ended_at": "2026-11-22T04:00:04.200000Z",
        "total_duration_ms": 4200.0,
        "total_cost": 0.0123,
        "unpriced_count": 0,
        "tokens_in": 1204,
        "tokens_out": 322,
        "event_count": 3,
        "error_count": 0,
        "tags": ["demo"],
        "metadata": {},
    }
    return run | changes


def make_event(event_id: str, **changes: object) -> dict[str, object]:
    event: dict[str, object] = {
        "event_id": event_id,
        "event_type": "tool_call",
        "event_subtype": "complete",
        "name": event_id,
        "node_id": None,
        "agent_name": "climate_analyst",
        "parent_event_id": None,
        "previous_event_id": None,
        "status": "completed",
        "started_at": "2026-11-22T04:00:00.000000Z",
        "ended_at": "2026-11-22T04:00:00.012000Z",
        "duration_ms": 12.0,
        "model": None,
        "tokens_in": None,
        "tokens_out": None,
        "cost": None,
        "data": {},
        "children": [],
    }
    return event | changes


def make_node(node_id: str, **changes: object) -> dict[str, object]:
    node: dict[str, object] = {
        "node_id": node_id,
        "node_type": "step",
        "name": None,
        "status": "completed",
        "started_at": "2026-11-22T04:00:00.000000Z",
        "ended_at": "2026-11-22T04:00:01.500000Z",
        "error": None,
    }
    return node | changes
