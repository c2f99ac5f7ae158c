"""Nodes of runs that are called alike: each run answers only its own, and outlives the other."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.support.api import Api, Json, event, gati_event, node_path, problem_of, run_end, run_start

NODES = ("planning", "step_1", "terminator")


def native_run(run_id: str) -> list[Json]:
    """Make a run with the three nodes, two events in each, a message and a file."""
    records = [run_start(run_id)]
    for order, node_id in enumerate(NODES):
        records += [
            {"record": "node", "run_id": run_id, "node_id": node_id, "node_type": "step", "order_index": order},
            event(f"{node_id}-own", run_id, node_id=node_id, name=f"of {run_id}", usage={"tokens_in": 10}),
            event(f"{node_id}-child", run_id, parent_event_id=f"{node_id}-own", event_type="llm_call"),
            {
                "record": "message",
                "run_id": run_id,
                "message_id": f"{node_id}-m",
                "node_id": node_id,
                "content": run_id,
            },
            {"record": "file", "run_id": run_id, "file_id": f"{node_id}-f", "node_id": node_id, "path": run_id},
        ]
    edges = [{"record": "edge", "run_id": run_id, "source": a, "target": b} for a, b in pairwise(NODES)]
    return [*records, *edges, run_end(run_id)]


def graph_run(run_id: str) -> list[Json]:
    """Make the same as a graph framework sends it in the other dialect."""
    structure = {
        "nodes": list(NODES),
        "nodes_metadata": {node: {"node_type": "step"} for node in NODES},
        "edges": [{"from": a, "to": b} for a, b in pairwise(NODES)],
    }
    events = [gati_event("start", run_id, "agent_start", input="go", metadata={"graph_structure": structure})]
    for node in NODES:
        events.append(
            gati_event(f"{node}-own", run_id, "node_execution", node_name=node, duration_ms=1, state_after=run_id)
        )
        child = gati_event(
            f"{node}-child", run_id, "llm_call", model="small-1", tokens_in=10, completion=f"of {run_id}"
        )
        events.append({**child, "parent_event_id": f"{node}-own"})
    return [*events, gati_event("end", run_id, "agent_end", output="done")]


@pytest.fixture(params=["native", "graph", "one of each"])
def two_runs(api: Api, request: pytest.FixtureRequest) -> Api:
    """Record the runs `one` and `two`, which have the same nodes, event ids and edges."""
    if request.param == "native":
        api.record_all(*native_run("one"), *native_run("two"))
    elif request.param == "graph":
        api.send_events(*graph_run("one"), *graph_run("two"))
    else:
        api.record_all(*native_run("one"))
        api.send_events(*graph_run("two"))
    return api


def content_of(api: Api, run_id: str) -> Json:
    """Return everything that a run answers of itself, over both kinds of paths to its nodes."""
    run = api.get(f"/api/by-id/{run_id}")
    del run["previous_run"], run["next_run"]
    content: Json = {"run": run, "graph": api.get(f"/api/runs/{run_id}/nodes")}
    for node_id in NODES:
        for view in ("events", "execution-summary", "files", "messages"):
            by_run = api.get(f"{node_path(run_id, node_id)}/{view}")
            assert api.get(f"/api/nodes/{node_id}/{view}", run_id=run_id) == by_run
            content[f"{node_id}/{view}"] = by_run
    return content


@pytest.mark.parametrize("run_id", ["one", "two"])
def test_a_run_answers_only_its_own_events(two_runs: Api, run_id: str) -> None:
    other = "two" if run_id == "one" else "one"

    content = content_of(two_runs, run_id)

    assert [node["node_id"] for node in content["graph"]["nodes"]] == list(NODES)
    for node_id in NODES:
        ids = [e["event_id"] for e in content[f"{node_id}/events"]["events"]]
        assert sorted(ids) == [f"{node_id}-child", f"{node_id}-own"]
        assert content[f"{node_id}/execution-summary"]["event_count"] == 2
        assert content[f"{node_id}/execution-summary"]["tokens_in"] == 10
    assert other not in str(content).replace("'one_shot'", "").split("'")
    assert f"of {other}" not in str(content)


@pytest.mark.parametrize("deleted", ["one", "two"])
def test_a_run_survives_the_deletion_of_the_other(two_runs: Api, deleted: str) -> None:
    kept = "two" if deleted == "one" else "one"
    before = content_of(two_runs, kept)

    two_runs.http.delete(f"/api/by-id/{deleted}")

    assert content_of(two_runs, kept) == before
    problem_of(two_runs.http.get(f"/api/runs/{deleted}/nodes"), 404)
    problem_of(two_runs.http.get(f"/api/nodes/planning/events?run_id={deleted}"), 404)
    assert two_runs.get("/api/events/planning-own/tree")["run_id"] == kept


def test_late_records_do_not_bring_a_deleted_run_back(two_runs: Api) -> None:
    before = content_of(two_runs, "two")
    two_runs.http.delete("/api/by-id/one")

    native = two_runs.record(*native_run("one"))
    graph = two_runs.send_events(*graph_run("one"))

    assert (native["accepted"], graph["count"]) == (0, 0)
    problem_of(two_runs.http.get("/api/by-id/one"), 404)
    assert [run["run_id"] for run in two_runs.get("/api/runs")["runs"]] == ["two"]
    assert content_of(two_runs, "two") == before


def test_the_number_of_a_deleted_run_is_not_used_again(two_runs: Api) -> None:
    two_runs.http.delete("/api/by-id/two")
    two_runs.record_all(run_start("three"))

    assert two_runs.get("/api/by-id/three")["run_name"] == "run 3"


def test_messages_and_files_of_a_node_are_of_its_run(api: Api) -> None:
    api.record_all(*native_run("one"), *native_run("two"))

    for run_id in ("one", "two"):
        for node_id in NODES:
            messages = api.get(node_path(run_id, node_id) + "/messages")["messages"]
            files = api.get(node_path(run_id, node_id) + "/files")["files"]
            assert [(message["message_id"], message["content"]) for message in messages] == [(f"{node_id}-m", run_id)]
            assert [(file["file_id"], file["path"]) for file in files] == [(f"{node_id}-f", run_id)]


def test_events_of_a_node_are_filtered_by_type(api: Api) -> None:
    api.record_all(*native_run("one"))

    for path in (node_path("one", "step_1") + "/events", "/api/nodes/step_1/events"):
        found = api.get(path, run_id="one", event_type="llm_call")["events"]
        assert [e["event_id"] for e in found] == ["step_1-child"]


def test_a_node_that_nobody_declared_is_one_of_the_run(api: Api) -> None:
    api.record_all(run_start(), event("e", node_id="seen only in an event"))

    graph = api.get("/api/runs/run-1/nodes")

    assert [node["node_id"] for node in graph["nodes"]] == ["seen only in an event"]


def test_a_summary_counts_what_is_in_the_node(api: Api) -> None:
    api.record_all(*native_run("one"), event("failed", "one", node_id="step_1", error={"type": "E", "message": "no"}))

    summary = api.get(node_path("one", "step_1") + "/execution-summary")

    assert summary["event_count"] == 3
    assert summary["events_by_type"] == {"llm_call": 1, "tool_call": 2}
    assert (summary["message_count"], summary["files_by_type"]) == (1, {"unknown": 1})
    assert summary["error_count"] == 1
    assert (summary["tokens_in"], summary["unpriced_count"]) == (10, 1)


@pytest.mark.postgres
def test_runs_with_the_same_nodes_are_kept_apart_on_postgresql(postgres_api: Api) -> None:
    postgres_api.record_all(*native_run("one"))
    postgres_api.send_events(*graph_run("two"))
    before = content_of(postgres_api, "two")

    postgres_api.http.delete("/api/by-id/one")
    assert postgres_api.record(*native_run("one"))["accepted"] == 0

    assert content_of(postgres_api, "two") == before
    problem_of(postgres_api.http.get("/api/by-id/one"), 404)
