"""Plans, and the states of nodes, over HTTP."""

from __future__ import annotations

import pytest

from tests.support.api import Api, Json, event, problem_of, run_end, run_start

PLAN = "/api/by-id/run-1/plan"
AT = "2026-01-02T03:04:{:02d}Z"


def execution(event_id: str, node_id: str, begin: int, end: int | None, status: str = "completed") -> Json:
    """Make an execution of a node, in seconds of one minute."""
    ended_at = None if end is None else AT.format(end)
    told = {"status": "running" if end is None else status, "started_at": AT.format(begin), "ended_at": ended_at}
    return event(event_id, node_id=node_id, event_type="node_execution", **told)


def put(api: Api, body: Json) -> Json:
    """Declare a plan of run-1."""
    answer = api.http.put(PLAN, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_plan_is_declared_before_anything_runs(api: Api) -> None:
    api.record_all(run_start())
    node = {
        "node_id": "look",
        "name": "Look around",
        "node_type": "step",
        "goal": "Know more.",
        "agent_name": "helper",
        "details": ["one", "two"],
        "requires_approval": True,
        "max_attempts": 3,
    }
    plan = put(api, {"nodes": [node, {"node_id": "leap"}]})
    assert plan == api.get(PLAN)
    assert (plan["run_id"], plan["version"], plan["progress"]) == ("run-1", 1, None)
    look, leap = plan["steps"]
    assert {name: look[name] for name in node} == node
    assert (look["status"], look["is_ready"], look["depends_on"], look["plan_version"]) == ("pending", True, [], 1)
    assert (leap["is_ready"], leap["depends_on"], leap["order_index"], leap["requires_approval"]) == (
        False,
        ["look"],
        1,
        False,
    )
    shown = {each["node_id"]: each for each in api.get("/api/by-id/run-1/dag")["nodes"]}
    assert {key: value for key, value in look.items() if key != "depends_on"} == shown["look"]


def test_a_plan_names_everything_that_is_wrong(api: Api) -> None:
    api.record_all(run_start())
    body = {
        "nodes": [{"node_id": "a"}, {"node_id": "a"}, {"node_id": "b", "depends_on": ["c"]}],
        "edges": [{"source": "a", "target": "b"}, {"source": "b", "target": "a"}],
    }
    problem = problem_of(api.http.put(PLAN, json=body), 422)
    assert len(problem["problems"]) == 3
    assert any("a → b → a" in text for text in problem["problems"])
    assert api.get(PLAN)["steps"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"nodes": []},
        {"nodes": [{"name": "a"}]},
        {"nodes": [{"node_id": "a", "max_attempts": 0}]},
        {"nodes": [{"node_id": "a", "color": "red"}]},
        {"nodes": [{"node_id": "a\u0000"}]},
        {"nodes": [{"node_id": "a"}], "edges": [{"source": "a"}]},
    ],
    ids=str,
)
def test_what_is_no_plan_is_refused(api: Api, body: Json) -> None:
    api.record_all(run_start())
    problem_of(api.http.put(PLAN, json=body), 422)


def test_a_plan_of_no_run_is_not_found(api: Api) -> None:
    problem_of(api.http.put("/api/by-id/none/plan", json={"nodes": [{"node_id": "a"}]}), 404)
    problem_of(api.http.get("/api/by-id/none/plan"), 404)


def test_a_run_says_how_far_it_is(api: Api) -> None:
    api.record_all(run_start())
    put(api, {"nodes": [{"node_id": name, "max_attempts": 2} for name in "abc"]})
    assert api.get("/api/by-id/run-1")["progress"] is None
    api.record_all(execution("1", "a", 1, 2), execution("2", "b", 3, 4, "failed"), execution("3", "b", 5, None))
    progress = {
        "place": 2,
        "count": 3,
        "node_id": "b",
        "name": "b",
        "attempt": 2,
        "max_attempts": 2,
        "text": "step 2 of 3, second attempt",
    }
    assert api.get("/api/by-id/run-1")["progress"] == progress
    assert api.get(PLAN)["progress"] == progress


def test_a_node_tells_its_states(api: Api) -> None:
    api.record_all(run_start(), execution("1", "a", 1, 2, "failed"), execution("2", "a", 3, None), run_end())
    history = api.get("/api/by-id/run-1/nodes/a/history")
    assert [(each["from_status"], each["to_status"], each["who"]) for each in history["transitions"]] == [
        (None, "running", "recorder"),
        ("running", "failed", "recorder"),
        ("failed", "running", "recorder"),
        ("running", "completed", "run"),
    ]
    assert (history["run_id"], history["node_id"], history["transition_count"]) == ("run-1", "a", 4)
    assert history["transitions"][0]["at"] == "2026-01-02T03:04:01.000000Z"
    latest = api.get("/api/by-id/run-1/nodes/a/history", limit=1)["transitions"]
    assert latest == history["transitions"][-1:]
    (node,) = api.get("/api/by-id/run-1/dag", states="true")["nodes"]
    assert node["states"] == [{"at": each["at"], "status": each["to_status"]} for each in history["transitions"]]
    assert "states" not in api.get("/api/by-id/run-1/dag")["nodes"][0]
    assert (node["status"], node["ended_by_run"]) == ("completed", True)


def test_a_person_says_what_a_node_is(api: Api) -> None:
    api.record_all(run_start(), {"record": "node", "run_id": "run-1", "node_id": "a / b", "status": "failed"})
    path = "/api/by-id/run-1/nodes/a%20%2F%20b"
    body = {"status": "running", "why": " once more ", "who": "Ann"}
    answer = api.http.patch(path, json=body)
    assert (answer.status_code, answer.json()["status"]) == (200, "running")
    last = api.get(f"{path}/history")["transitions"][-1]
    assert (last["from_status"], last["to_status"], last["who"], last["why"]) == (
        "failed",
        "running",
        "Ann",
        "once more",
    )
    problem = problem_of(api.http.patch(path, json={"status": "skipped"}), 409)
    assert problem["node_status"] == "running"
    assert problem["allowed_statuses"] == ["paused", "waiting_approval", "completed", "failed", "cancelled"]


@pytest.mark.parametrize("body", [{}, {"status": "odd"}, {"status": "running", "more": 1}], ids=str)
def test_what_is_no_status_is_refused(api: Api, body: Json) -> None:
    api.record_all(run_start(), {"record": "node", "run_id": "run-1", "node_id": "a"})
    problem_of(api.http.patch("/api/by-id/run-1/nodes/a", json=body), 422)


def test_a_node_that_is_not_there_is_not_found(api: Api) -> None:
    api.record_all(run_start())
    problem_of(api.http.patch("/api/by-id/run-1/nodes/a", json={"status": "running"}), 404)
    problem_of(api.http.get("/api/by-id/run-1/nodes/a/history"), 404)


def test_what_goes_on_is_shown_as_ended_with_its_run(api: Api) -> None:
    api.record_all(run_start(), event("open", node_id="a", status="running", started_at=AT.format(1), ended_at=None))
    api.record_all(run_end(status="failed", ended_at=AT.format(9)))
    found = api.get("/api/by-id/run-1/events/open")
    assert (found["status"], found["ended_by_run"], found["ended_at"]) == (
        "cancelled",
        True,
        "2026-01-02T03:04:09.000000Z",
    )
    (row,) = api.get("/api/by-id/run-1/spans")["rows"]
    assert (row["status"], row["ended_by_run"], row["duration_ms"]) == ("cancelled", True, 8_000)
    assert api.get("/api/by-id/run-1/spans/columns")["ended_by_run"] == [0]
    assert api.get("/api/by-id/run-1")["error_count"] == 0


def test_a_summary_tells_attempts_approvals_and_code(api: Api) -> None:
    api.record_all(
        run_start(),
        execution("1", "a", 1, 2, "failed"),
        execution("2", "a", 3, 4),
        execution("3", "a", 5, None),
        event("code", parent_event_id="2", event_type="code_exec"),
        event("ask", parent_event_id="2", event_type="approval_requested"),
    )
    summary = api.get("/api/runs/run-1/nodes/a/execution-summary")
    assert (summary["attempt_count"], summary["approval_count"], summary["code_exec_count"]) == (3, 1, 1)
    assert summary["success_rate"] == 0.5
    api.record_all(run_start("run-2"), execution("1", "a", 1, None) | {"run_id": "run-2"})
    assert api.get("/api/runs/run-2/nodes/a/execution-summary")["success_rate"] is None


def test_a_graph_is_written_for_other_programs(api: Api) -> None:
    api.record_all(run_start())
    put(api, {"nodes": [{"node_id": 'say "a"', "goal": "Say it."}, {"node_id": "b"}]})
    api.record_all(execution("1", 'say "a"', 1, 2), execution("2", "b", 3, 4), execution("3", 'say "a"', 5, 6))
    address = "/api/by-id/run-1/graph"
    for text_format, begin in (("mermaid", "flowchart TD\n"), ("dot", "digraph run {\n")):
        plain = api.http.get(address, params={"format": text_format})
        assert plain.headers["content-type"] == "text/plain; charset=utf-8"
        assert plain.text.startswith(begin)
        assert "completed" not in plain.text
        assert "completed, 2 attempts" in api.http.get(address, params={"format": text_format, "path": "true"}).text
    declared = api.get(address)
    assert [(node["node_id"], node["goal"], node["level"]) for node in declared["nodes"]] == [
        ('say "a"', "Say it.", 0),
        ("b", None, 1),
    ]
    assert [(edge["source"], edge["target"]) for edge in declared["edges"]] == [('say "a"', "b")]
    taken = api.http.get(address, params={"path": "true"}).json()
    assert [(edge["target"], edge["taken_count"]) for edge in taken["edges"]] == [("b", 1), ('say "a"', 1)]
    assert taken["nodes"][0]["states"][-1]["status"] == "completed"
    problem_of(api.http.get(address, params={"format": "png"}), 422)
    problem_of(api.http.get("/api/by-id/none/graph"), 404)
