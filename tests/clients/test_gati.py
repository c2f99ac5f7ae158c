"""The `gati` SDK as it is on PyPI, in processes of its own: what it puts on the wire is what the API shows."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.api import Api, Json, agent_path, node_path, problem_of, run_path
from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_S
from tests.support.proxy import Wire, recording
from tests.support.server import running_server

SCENARIOS = Path(__file__).with_name("scenarios")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Run one real server for all the scenarios: their agents have names of their own."""
    data = tmp_path_factory.mktemp("data")
    with (
        running_server(data, env={"RUNREEL_SETTLE_AFTER_S": "0.1"}) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE_S, trust_env=False, verify=False) as http,
    ):
        yield Api(http)


def play(api: Api, tmp_path: Path, scenario: str, *arguments: str) -> Wire:
    """Run a scenario to its end; returns what it put on the wire."""
    with recording(str(api.http.base_url)) as wire:
        env = {**os.environ, "GATI_BACKEND_URL": wire.url, "HOME": str(tmp_path), "NO_PROXY": "*"}
        command = [sys.executable, str(SCENARIOS / f"{scenario}.py"), *arguments]
        subprocess.run(command, env=env, check=True, timeout=PATIENCE_S, capture_output=True, text=True)
    assert wire.batches
    assert set(wire.statuses) == {200}
    return wire


def wire_events(wire: Wire, run_id: str) -> list[Json]:
    return [event for event in wire.events() if event["run_id"] == run_id]


def named_run(api: Api, run_id: str) -> Json:
    """Return a run once it has its name; one that nothing settles gets it after a while."""

    def look() -> Json | None:
        run = api.get(f"/api/by-id/{run_id}")
        return run if run["run_name"] is not None else None

    return eventually(look)


def assert_all_visible(api: Api, wire: Wire) -> None:
    """Every event that reached the wire is in the timeline and in the trace of its run, once, as it was sent."""
    for run_id in wire.run_ids() - {""}:
        sent = wire_events(wire, run_id)
        run = named_run(api, run_id)
        assert run["event_count"] == len({event["event_id"] for event in sent}) == len(sent)
        shown = api.timeline(run["agent_name"], run["run_name"], limit=5000)
        assert Counter(e["event_id"] for e in shown) == Counter(event["event_id"] for event in sent)
        assert [e["execution_order"] for e in shown] == list(range(len(sent)))
        assert sorted(trace_ids(api, run)) == sorted(event["event_id"] for event in sent)
        for event in sent:
            assert_shown_as_sent(event, next(e for e in shown if e["event_id"] == event["event_id"]))
        for total in ("tokens_in", "tokens_out"):
            assert run[total] == sum(event["data"].get(total, 0) for event in sent)


def assert_shown_as_sent(sent: Json, shown: Json) -> None:
    assert shown["event_type"] == sent["event_type"]
    assert shown["agent_name"] == sent["agent_name"]
    assert shown["parent_event_id"] == sent["parent_event_id"]
    assert shown["previous_event_id"] == sent["previous_event_id"]
    assert shown["timestamp"].startswith(sent["timestamp"])
    for key, value in sent["data"].items():
        if value not in (None, {}, "", []) or key in shown["data"]:
            assert is_same(shown["data"][key], value), key


def is_same(shown: Any, sent: Any) -> bool:
    if isinstance(sent, str | dict):
        sent = json.loads(_LONE_SURROGATE.sub("\ufffd", json.dumps(sent, ensure_ascii=False)))
    if isinstance(sent, float) and not isinstance(shown, str):
        return math.isclose(shown, sent, abs_tol=0.001)
    return shown == sent or (sent in ({}, "", []) and shown is None)


def trace_ids(api: Api, run: Json) -> list[str]:
    waiting: list[Json] = []
    for page in api.iter_pages(run_path(run["agent_name"], run["run_name"]) + "/trace", limit=5000):
        waiting += page["execution_tree"]
    ids: list[str] = []
    while waiting:
        node = waiting.pop()
        ids.append(node["event_id"])
        waiting += node["children"]
    return ids


def names_of(api: Api, agent_name: str) -> list[str]:
    """Return the names of an agent's runs; the client sends batches at once, so numbers are of their arrival."""
    return sorted(run["run_name"] for run in api.runs_of(agent_name))


def test_decorated_agents_tools_and_steps(api: Api, tmp_path: Path) -> None:
    wire = play(api, tmp_path, "decorated")

    assert_all_visible(api, wire)
    assert names_of(api, "decorated") == ["run 1", "run 2", "run 3"]
    details = [api.get(f"/api/by-id/{run['run_id']}") for run in api.runs_of("decorated")]
    assert {run["status"] for run in details} == {"completed"}
    assert {run["inputs"]["topic"]: run["outputs"] for run in details} == {
        topic: f"{topic} 0, {topic} 1" for topic in ("stars", "temperatures", "наука 🔭")
    }
    assert [e["name"] for e in api.timeline("decorated", "run 1")][1:-1] == ["search", "counter/2", "summing up"]
    assert api.get("/api/agents/decorated")["total_events"] == 15


def test_asynchronous_agents(api: Api, tmp_path: Path) -> None:
    wire = play(api, tmp_path, "asynchronous")

    assert_all_visible(api, wire)
    assert names_of(api, "asynchronous") == [f"run {n}" for n in range(1, 7)]
    assert {run["status"] for run in api.runs_of("asynchronous")} == {"completed"}


def test_events_of_plain_threads_are_collected_as_unattributed(api: Api, tmp_path: Path) -> None:
    wire = play(api, tmp_path, "thread_pool")

    orphans = wire_events(wire, "")
    assert len(orphans) == 40
    assert_all_visible(api, wire)
    [collecting] = [run for run in api.runs_of("pool_app") if run["run_name"].startswith("unattributed")]
    shown = api.timeline("pool_app", collecting["run_name"])
    assert {e["event_id"] for e in shown} == {event["event_id"] for event in orphans}
    assert collecting["run_name"] == f"unattributed {orphans[0]['timestamp'][:10]}"
    assert api.get(f"/api/by-id/{collecting['run_id']}")["metadata"] == {"unattributed": True}
    assert names_of(api, "pooled") == ["run 1"]


def test_errors_of_tools_and_agents(api: Api, tmp_path: Path) -> None:
    wire = play(api, tmp_path, "failing")

    assert_all_visible(api, wire)
    runs = [api.get(run_path("failing", name)) for name in ("run 1", "run 2")]
    careful, careless = sorted(runs, key=lambda run: run["status"])
    assert (careful["status"], careful["error_count"], careful["outputs"]) == ("completed", 1, "went on")
    assert (careless["status"], careless["error_count"]) == ("failed", 2)
    assert careless["error"] == {"type": "ZeroDivisionError", "message": "division by zero"}
    assert api.get("/api/agents/failing")["failed_runs"] == 1


def test_a_nested_agent_with_a_slash_in_its_name(api: Api, tmp_path: Path) -> None:
    wire = play(api, tmp_path, "nested")

    assert_all_visible(api, wire)
    assert names_of(api, "nested") == ["run 1"]
    assert names_of(api, "team/helper ? #1 100%") == ["run 1", "run 2"]
    assert api.get(agent_path("team/helper ? #1 100%") + "/metrics")["total_events"] == 6


def test_results_that_json_has_no_word_for(api: Api, tmp_path: Path) -> None:
    wire = play(api, tmp_path, "odd_results")

    assert_all_visible(api, wire)
    assert names_of(api, "odd results") == ["run 1"]
    assert api.get(run_path("odd results", "run 1"))["status"] == "completed"
    outputs = [event["data"]["output"] for event in wire.events() if event["event_type"] == "tool_call"]
    assert 2**70 in outputs
    assert "x" * 300_000 in outputs


def test_twelve_thousand_events_in_one_batch(api: Api, tmp_path: Path) -> None:
    wire = play(api, tmp_path, "large_batch")

    assert max(len(batch) for batch in wire.batches) == 12_000
    sent = wire.events()
    run = api.get(run_path("large batch", "run 1"))
    assert run["event_count"] == 12_000
    assert Counter(e["event_id"] for e in api.timeline("large batch", "run 1", limit=5000)) == Counter(
        event["event_id"] for event in sent
    )
    assert Counter(trace_ids(api, run)) == Counter(event["event_id"] for event in sent)


def test_two_agent_names_in_one_run(api: Api, tmp_path: Path) -> None:
    wire = play(api, tmp_path, "two_names")

    assert_all_visible(api, wire)
    assert names_of(api, "two names") == ["run 1", "run 2"]
    for name in ("run 1", "run 2"):
        run = api.get(run_path("two names", name))
        assert (run["tokens_in"], run["tokens_out"], run["total_cost"]) == (12, 3, 0.0125)
        agents = {e["agent_name"] for e in api.timeline("two names", name)}
        assert agents == {"two names", "two_names_app", "a third name"}
        assert [node["node_id"] for node in api.get(f"/api/runs/{run['run_id']}/nodes")["nodes"]] == ["planning"]
    assert names_of(api, "two_names_app") == ["run 1"]
    assert api.http.get(agent_path("a third name")).status_code == 404


def test_a_graphs_run_and_a_native_one_with_the_same_nodes(api: Api, tmp_path: Path) -> None:
    nodes = ["planning", "step_1", "terminator"]
    calls = [{"record": "event", "run_id": "native", "event_id": f"{node}-call", "node_id": node} for node in nodes]
    api.record_all({"record": "run", "run_id": "native", "agent_name": "graph", "phase": "start"}, *calls)
    wire = play(api, tmp_path, "graph", "from-gati")

    def shown(run_id: str) -> dict[str, list[str]]:
        found = {}
        for node in nodes:
            by_run = api.get(node_path(run_id, node) + "/events")
            assert api.get(f"/api/nodes/{node}/events", run_id=run_id) == by_run
            found[node] = [e["event_id"] for e in by_run["events"]]
        return found

    sent = [event for event in wire.events() if event["event_type"] in ("node_execution", "llm_call")]
    gati = {node: [e["event_id"] for e in sent if node in str(e["data"])] for node in nodes}
    assert_all_visible(api, wire)
    assert {node: sorted(ids) for node, ids in shown("from-gati").items()} == {n: sorted(i) for n, i in gati.items()}
    assert shown("native") == {node: [f"{node}-call"] for node in nodes}

    before = shown("native")
    assert api.http.delete("/api/by-id/from-gati").status_code == 200
    late = play(api, tmp_path, "graph", "from-gati")
    assert late.events()
    problem_of(api.http.get("/api/by-id/from-gati"), 404)
    problem_of(api.http.get("/api/nodes/planning/events?run_id=from-gati"), 404)
    assert shown("native") == before
    assert [run["run_id"] for run in api.runs_of("graph")] == ["native"]
