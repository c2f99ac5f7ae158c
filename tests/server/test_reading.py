"""What is read back: shapes that users of the ancestors know, filters, and pages that show each thing once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.api import Api, Json, event, gati_event, run_end, run_path, run_start
from tests.support.app import copied_store, serving


def llm_call(event_id: str, run_id: str = "run-1", **fields: object) -> Json:
    usage = {"tokens_in": 100, "tokens_out": 20, "cost": 0.003}
    return event(event_id, run_id, event_type="llm_call", model="small-1", usage=usage, **fields)


def test_a_run_is_read_as_it_was_recorded(api: Api) -> None:
    api.record_all(
        run_start(
            session_id="s",
            environment="test",
            mode="one_shot",
            task="plan it",
            model="small-1",
            tags=["b", "a"],
            inputs={"topic": "stars"},
            metadata={"owner": "me"},
            parent_run_id="parent",
            parent_event_id="asked",
        ),
        llm_call("e"),
        run_end(outputs=["done"]),
    )

    expected = {
        "run_id": "run-1",
        "run_name": "run 1",
        "agent_name": "planner",
        "session_id": "s",
        "environment": "test",
        "mode": "one_shot",
        "status": "completed",
        "task": "plan it",
        "model": "small-1",
        "parent_run_id": "parent",
        "parent_event_id": "asked",
        "created_at": "2026-01-02T03:04:05.000000Z",
        "started_at": "2026-01-02T03:04:05.000000Z",
        "ended_at": "2026-01-02T03:04:15.000000Z",
        "total_duration_ms": 10_000.0,
        "total_cost": 0.003,
        "unpriced_count": 0,
        "tokens_in": 100,
        "tokens_out": 20,
        "tokens_cached": 0,
        "tokens_cache_write": 0,
        "tokens_reasoning": 0,
        "event_count": 1,
        "error_count": 0,
        "open_approval_count": 0,
        "error_line": None,
        "tags": ["a", "b"],
    }
    family = {"parent_run": None, "previous_run": None, "next_run": None, "child_count": 0}
    detail = {
        "metadata": {"owner": "me"},
        "inputs": {"topic": "stars"},
        "outputs": ["done"],
        "error": None,
        "aliases": [],
        "completeness": None,
        "request": None,
        "progress": None,
        "change_seq": api.get("/api/by-id/run-1/changes")["change_seq"],
    }
    assert api.get("/api/runs")["runs"] == [expected]
    assert api.runs_of("planner") == [expected]
    assert api.get("/api/sessions/s/runs")["runs"] == [expected]
    for path in (run_path("planner", "run 1"), "/api/runs/run-1", "/api/by-id/run-1"):
        assert api.get(path) == {**expected, **detail, **family}


def test_an_agent_is_read_with_its_totals(api: Api) -> None:
    api.record_all(
        run_start("a"), llm_call("e", "a"), run_end("a"), run_start("b"), run_end("b", error={"message": "no"})
    )

    agent = api.get("/api/agents/planner")
    metrics = api.get("/api/agents/planner/metrics")

    assert api.list("/api/agents") == [agent]
    known = {"name": "planner", "total_runs": 2, "total_events": 1, "total_cost": 0.003, "avg_cost": 0.0015}
    assert known.items() <= agent.items()
    assert {"failed_runs": 1, "last_run_at": "2026-01-02T03:04:05.000000Z"}.items() <= agent.items()
    assert {
        "agent_name": "planner",
        "total_runs": 2,
        "total_events": 1,
        "total_cost": 0.003,
        "avg_cost_per_run": 0.0015,
        "avg_tokens_in": 50.0,
        "avg_tokens_out": 10.0,
        "avg_duration_ms": 10_000.0,
        "total_tokens_in": 100,
        "total_tokens_out": 20,
        "total_duration_ms": 20_000.0,
    }.items() <= metrics.items()


def test_a_timeline_is_in_execution_order_with_payloads(api: Api) -> None:
    api.record_all(
        run_start(),
        event("late", started_at="2026-01-02T03:04:09Z", ended_at=None, name="second"),
        llm_call("early", inputs={"prompt": "hi"}, outputs="hello", started_at="2026-01-02T03:04:05.5Z"),
    )

    timeline = api.get(run_path("planner", "run 1") + "/timeline")

    assert [e["event_id"] for e in timeline["events"]] == ["early", "late"]
    assert [e["execution_order"] for e in timeline["events"]] == [0, 1]
    early = timeline["events"][0]
    assert early["data"] == {
        "prompt": "hi",
        "completion": "hello",
        "model": "small-1",
        "tokens_in": 100,
        "tokens_out": 20,
        "cost": 0.003,
        "latency_ms": 1000.0,
    }
    assert (early["duration_ms"], early["cost"], early["timestamp"]) == (1000.0, 0.003, "2026-01-02T03:04:06.500000Z")


def test_a_trace_is_a_tree_with_what_frameworks_said_of_the_graph(api: Api) -> None:
    structure = {"nodes": ["a"], "edges": []}
    api.send_events(
        {**gati_event("start", "r", "agent_start", metadata={"graph_structure": structure}), "timestamp": "2026-01-02"},
        {**gati_event("tool", "r", latency_ms=5), "parent_event_id": "start"},
        {**gati_event("end", "r", "agent_end", execution_flow=["a"]), "timestamp": "2026-01-03"},
    )

    trace = api.get(run_path("planner", "run 1") + "/trace")

    assert trace["graph_structure"] == structure
    assert trace["execution_flow"] == ["a"]
    assert [root["event_id"] for root in trace["execution_tree"]] == ["start", "end"]
    child = trace["execution_tree"][0]["children"][0]
    assert (child["event_id"], child["parent_event_id"], child["depth"], child["latency_ms"]) == ("tool", "start", 1, 5)


@pytest.fixture(scope="module")
def many(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Serve seven of each thing: agents, sessions, runs of one agent, and what is inside one run."""
    with serving(copied_store(empty_file, tmp_path_factory.mktemp("many"))) as app:
        for n in range(7):
            at = f"2026-01-0{n + 1}T00:00:00Z"
            app.api.record_all(
                run_start(f"r{n}", "busy", session_id="s", started_at=at, environment="test", mode="one_shot"),
                run_start(f"other{n}", f"agent/{n}", session_id=f"session {n}", started_at=at, tags=[f"t{n}", "all"]),
                run_end(f"other{n}", ended_at=at, status="failed" if n == 3 else "completed"),
                event(f"e{n}", "r0", node_id="n", event_type="tool_call" if n % 2 else "llm_call"),
                {"record": "message", "run_id": "r0", "message_id": f"m{n}", "node_id": "n"},
                {"record": "file", "run_id": "r0", "file_id": f"f{n}", "node_id": "n"},
            )
        yield app.api


def test_no_page_leaves_out_or_repeats_an_agent(many: Api) -> None:
    pages = list(many.iter_linked("/api/agents?limit=3"))

    assert [len(page) for page in pages] == [3, 3, 2]
    assert [agent["name"] for page in pages for agent in page] == [*(f"agent/{n}" for n in range(7)), "busy"]


@pytest.mark.parametrize("start", ["?limit=2", "?limit=2&offset=0", "?limit=2&offset=1"])
def test_no_page_leaves_out_or_repeats_a_run_of_an_agent(many: Api, start: str) -> None:
    pages = list(many.iter_linked(f"/api/agents/busy/runs{start}"))

    skipped = int(start.endswith("1"))
    assert [run["run_id"] for page in pages for run in page] == [f"r{n}" for n in reversed(range(7 - skipped))]


@pytest.mark.parametrize("view", ["timeline", "trace"])
def test_links_lead_through_all_events_of_a_run(many: Api, view: str) -> None:
    key = {"timeline": "events", "trace": "execution_tree"}[view]

    pages = list(many.iter_linked(f"/api/runs/busy/run%201/{view}?limit=3"))

    assert [len(page[key]) for page in pages] == [3, 3, 1]
    shown = [e for page in pages for e in page[key]]
    assert [e["event_id"] for e in shown] == [f"e{n}" for n in range(7)]
    assert [e["execution_order"] for e in shown] == list(range(7))


@pytest.mark.parametrize(
    ("path", "key", "id_key", "expected"),
    [
        ("/api/runs?agent=busy", "runs", "run_id", [f"r{n}" for n in reversed(range(7))]),
        ("/api/sessions/s/runs", "runs", "run_id", [f"r{n}" for n in reversed(range(7))]),
        ("/api/runs/busy/run%201/timeline", "events", "event_id", [f"e{n}" for n in range(7)]),
        ("/api/runs/busy/run%201/trace", "execution_tree", "event_id", [f"e{n}" for n in range(7)]),
        ("/api/runs/r0/nodes/n/events", "events", "event_id", [f"e{n}" for n in range(7)]),
        ("/api/nodes/n/events?run_id=r0", "events", "event_id", [f"e{n}" for n in range(7)]),
        ("/api/runs/r0/nodes/n/events?event_type=tool_call", "events", "event_id", ["e1", "e3", "e5"]),
        ("/api/runs/r0/nodes/n/messages", "messages", "message_id", [f"m{n}" for n in range(7)]),
        ("/api/nodes/n/messages?run_id=r0", "messages", "message_id", [f"m{n}" for n in range(7)]),
        ("/api/runs/r0/nodes/n/files", "files", "file_id", [f"f{n}" for n in range(7)]),
        ("/api/nodes/n/files?run_id=r0", "files", "file_id", [f"f{n}" for n in range(7)]),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 7])
def test_cursors_lead_to_each_thing_once(
    many: Api, path: str, key: str, id_key: str, expected: list[str], limit: int
) -> None:
    base, _, query = path.partition("?")
    parameters = dict(pair.split("=") for pair in query.split("&")) if query else {}

    pages = list(many.iter_pages(base, **parameters, limit=limit))

    assert [item[id_key] for page in pages for item in page[key]] == expected
    assert len(pages) == -(-len(expected) // limit)


def test_cursors_lead_to_each_session_once(many: Api) -> None:
    pages = many.iter_pages("/api/sessions", limit=2)

    ids = [session["session_id"] for page in pages for session in page["sessions"]]
    assert sorted(ids) == ["s", *(f"session {n}" for n in range(7))]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"status": "failed"}, {"other3"}),
        ({"tag": "t5"}, {"other5"}),
        ({"tag": "all", "since": "2026-01-05T00:00:00Z"}, {"other4", "other5", "other6"}),
        ({"agent": "busy", "until": "2026-01-03"}, {"r0", "r1"}),
        ({"agent": "busy", "since": "2026-01-03T01:00:00+01:00", "until": "2026-01-04T00:00:00Z"}, {"r2"}),
        ({"environment": "test", "mode": "one_shot", "session": "s", "since": "2026-01-07"}, {"r6"}),
        ({"mode": "hitl"}, set()),
        ({"parent": "r0"}, set()),
        ({"agent": "nobody"}, set()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_runs_are_filtered(many: Api, parameters: dict[str, str], expected: set[str]) -> None:
    assert {run["run_id"] for run in many.get("/api/runs", **parameters)["runs"]} == expected


def test_paging_shows_each_run_once_while_runs_are_added(api: Api) -> None:
    api.record_all(*(run_start(f"r{n}", started_at=f"2026-01-02T03:04:0{n}Z") for n in range(6)))
    pages = api.iter_pages("/api/runs", limit=2)

    seen = [run["run_id"] for run in next(pages)["runs"]]
    api.record_all(run_start("newer", started_at="2026-02-01T00:00:00Z"))
    seen += [run["run_id"] for page in pages for run in page["runs"]]

    assert seen == ["r5", "r4", "r3", "r2", "r1", "r0"]


def test_a_cursor_of_another_list_is_refused(many: Api) -> None:
    cursor = many.get("/api/runs/busy/run%201/timeline", limit=1)["next_cursor"]

    assert many.http.get("/api/agents", params={"cursor": cursor}).status_code == 400


def test_health_and_readiness_name_the_version(api: Api) -> None:
    from runreel import __version__

    assert api.get("/health") == {"status": "ok", "version": __version__}
    assert api.get("/ready") == {"status": "ready", "version": __version__}
