"""`runreel events` and `stats`."""

from __future__ import annotations

import json

from tests.cli.command_line import CommandLine
from tests.cli.fake_server import FakeServer

RUN = {"run_id": "r", "agent_name": "planner", "run_name": "run 1"}
EVENT = {
    "event_id": "e",
    "event_type": "llm_call",
    "name": None,
    "model": "small-1",
    "status": "failed",
    "started_at": "2026-01-02T03:04:05.000000Z",
    "duration_ms": 1500,
    "tokens_in": 1200,
    "tokens_out": 3,
    "cost": 0.5,
}


def test_events_are_listed_as_they_were_asked_for(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("GET /api/runs/planner/run%201", RUN)
    query = "type=llm_call&node=n&errors=true&limit=2"
    server.answers(f"GET /api/by-id/r/events?{query}", {"events": [EVENT], "next_cursor": "c"})
    server.answers(
        "GET /api/by-id/r/events?type=llm_call&node=n&errors=true&limit=1&cursor=c",
        {"events": [EVENT], "next_cursor": "d"},
    )
    result = runreel("events", "planner", "run 1", "--type", "llm_call", "--node", "n", "--errors", "--limit", "2")
    assert (result.code, result.err) == (0, "There are more; `--limit 10` shows them.\n")
    head, *rows = result.out.splitlines()
    assert head.split() == ["STARTED", "TYPE", "NAME", "NODE", "STATUS", "DURATION", "TOKENS", "COST", "ID"]
    assert len(rows) == 2
    assert rows[0].split()[2:] == ["llm_call", "small-1", "failed", "1.5", "s", "1,200", "→", "3", "$0.5000", "e"]


def test_a_run_without_events_says_so(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("GET /api/by-id/r", RUN)
    server.answers("GET /api/by-id/r/events?limit=100", {"events": [], "next_cursor": None})
    assert runreel("events", "--id", "r").out == "The run has no events yet.\n"
    assert json.loads(runreel("events", "--id", "r", "--json").out) == {
        "run_id": "r",
        "events": [],
        "next_cursor": None,
    }


def test_a_run_must_be_named_in_one_way(runreel: CommandLine) -> None:
    for words in ((), ("planner",), ("planner", "run 1", "--id", "r")):
        assert runreel("events", *words).code == 2


def test_stats_show_what_runs_add_up_to(server: FakeServer, runreel: CommandLine) -> None:
    summary = {
        "total_runs": 1234,
        "runs_by_status": [{"status": "completed", "runs": 1200}],
        "total_events": 5,
        "total_cost": 1.5,
        "unpriced_count": 2,
        "p50_ms": 1500,
        "p95_ms": None,
        "top_agents_by_cost": [{"agent_name": "planner", "runs": 7, "cost": 1.25}],
    }
    server.answers("GET /api/metrics/summary?agent=planner", summary)
    lines = [line.split() for line in runreel("stats", "--agent", "planner").out.splitlines()]
    assert ["all", "1,234"] in lines
    assert ["completed", "1,200"] in lines
    assert ["cost", "$1.50+"] in lines
    assert ["p50", "1.5", "s"] in lines
    assert ["p95", "-"] in lines
    assert ["planner", "7", "runs", "$1.25"] in lines
    assert json.loads(runreel("stats", "--agent", "planner", "--json").out) == summary
