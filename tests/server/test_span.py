"""Views of a whole run by its id: spans, overview, events, graph, messages, files, and the runs around it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.support.api import Api, Json, event, problem_of, run_end, run_start


def _at(milliseconds: int) -> str:
    return f"2026-01-02T03:04:{milliseconds // 1000:02}.{milliseconds % 1000:03}Z"


def _events(count: int, run_id: str = "run-1") -> list[Json]:
    """Make events of two types, every tenth failed, each below the one of half its number."""
    records: list[Json] = []
    for n in range(count):
        more: Json = {"parent_event_id": f"e{n // 2}"} if n else {}
        if n % 10 == 3:
            more["status"] = "failed"
        event_type = "llm_call" if n % 2 else "tool_call"
        times = {"started_at": _at(n * 10), "ended_at": _at(n * 10 + 15)}
        records.append(event(f"e{n}", run_id, name=f"Name {n}", event_type=event_type, **times, **more))
    return records


@pytest.fixture
def hundred(api: Api) -> Api:
    """Record a run of a hundred events."""
    api.record_all(run_start(), *_events(100), run_end())
    return api


def test_a_window_that_fits_has_a_row_for_each_event(hundred: Api) -> None:
    page = hundred.get("/api/by-id/run-1/spans", from_order=10, limit=3)
    counts = ("event_count", "matching_count", "window_count", "window_error_count", "from_order", "bucket_ms")
    assert [page[name] for name in counts] == [100, 100, 3, 0, 10, None]
    assert page["rows"][0] == {
        "kind": "event",
        "event_id": "e10",
        "parent_event_id": "e5",
        "event_type": "tool_call",
        "event_subtype": None,
        "name": "Name 10",
        "node_id": None,
        "agent_name": None,
        "status": "completed",
        "started_at": "2026-01-02T03:04:00.100000Z",
        "ended_at": "2026-01-02T03:04:00.115000Z",
        "first_token_at": None,
        "duration_ms": 15.0,
        "model": None,
        "tokens_in": None,
        "tokens_out": None,
        "cost": None,
        "is_unpriced": False,
        "execution_order": 10,
        "depth": 4,
        "ended_by_run": False,
    }
    assert [row["execution_order"] for row in page["rows"]] == [10, 11, 12]


def test_columns_tell_a_window_in_few_words(hundred: Api) -> None:
    page = hundred.get("/api/by-id/run-1/spans/columns", from_order=9, limit=3)
    assert {name: page[name] for name in ("event_count", "from_order", "count", "since", "event_id")} == {
        "event_count": 100,
        "from_order": 9,
        "count": 3,
        "since": "2026-01-02T03:04:00.090000Z",
        "event_id": ["e9", "e10", "e11"],
    }
    texts = page["texts"]
    assert [texts[place] for place in page["event_type"]] == ["llm_call", "tool_call", "llm_call"]
    assert [texts[place] for place in page["name"]] == ["Name 9", "Name 10", "Name 11"]
    assert len(texts) == len(set(texts))
    assert page["parent"] == ["e4", "e5", "e5"]
    assert (page["started_us"], page["ended_us"], page["duration_us"]) == (
        [0, 10_000, 10_000],
        [15_000] * 3,
        [15_000] * 3,
    )
    unknown = (
        "event_subtype",
        "node_id",
        "agent_name",
        "first_token_us",
        "model",
        "tokens_in",
        "tokens_out",
        "cost_nanos",
    )
    assert {page[name] for name in unknown} == {None}


def test_columns_name_a_parent_among_them_by_its_place(hundred: Api) -> None:
    page = hundred.get("/api/by-id/run-1/spans/columns", limit=5)
    assert page["parent"] == [None, 0, 1, 1, 2]
    assert page["change_seq"] == hundred.get("/api/by-id/run-1/spans")["change_seq"]
    beyond = hundred.get("/api/by-id/run-1/spans/columns", from_order=100)
    assert (beyond["count"], beyond["since"], beyond["event_id"], beyond["started_us"]) == (0, None, [], [])


def test_rows_of_a_larger_window_stand_for_all_of_it(hundred: Api) -> None:
    page = hundred.get("/api/by-id/run-1/spans", limit=100, max_rows=30)
    singles = [row for row in page["rows"] if row["kind"] == "event"]
    groups = [row for row in page["rows"] if row["kind"] == "group"]
    assert len(page["rows"]) <= 30
    assert [row["event_id"] for row in singles] == [f"e{n}" for n in range(3, 100, 10)]
    assert sum(row["event_count"] for row in groups) == 90
    assert {row["event_type"] for row in groups} == {"llm_call", "tool_call"}
    assert groups[0]["first_event_id"] == "e0"
    assert groups[0]["first_started_at"] == "2026-01-02T03:04:00.000000Z"
    assert page["bucket_ms"] > 0


def test_a_window_of_time_is_of_what_began_in_it(hundred: Api) -> None:
    page = hundred.get("/api/by-id/run-1/spans", since=_at(100), until=_at(130))
    assert [row["event_id"] for row in page["rows"]] == ["e10", "e11", "e12"]
    assert page["from_order"] == 10


def test_rows_can_be_searched_and_restricted_to_errors(hundred: Api) -> None:
    found = hundred.get("/api/by-id/run-1/spans", search="nAmE 1", errors="true")
    assert [row["event_id"] for row in found["rows"]] == ["e13"]
    assert (found["event_count"], found["matching_count"]) == (100, 1)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("from_order=1&since=2026-01-01", 400),
        ("limit=1&until=2026-01-01", 400),
        ("since=yesterday", 400),
        ("max_rows=0", 422),
        ("max_rows=5001", 422),
        ("from_order=-1", 422),
        ("from_order=99999999999999999999", 422),
        ("limit=0", 422),
    ],
)
def test_a_window_that_is_none_is_refused(read_only: Api, query: str, status: int) -> None:
    problem_of(read_only.http.get(f"/api/by-id/run-1/spans?{query}"), status)


def test_an_overview_shows_the_whole_run(hundred: Api) -> None:
    overview = hundred.get("/api/by-id/run-1/spans/overview", buckets=10)
    assert (overview["event_count"], overview["error_count"]) == (100, 10)
    assert (overview["since"], overview["until"]) == ("2026-01-02T03:04:00.000000Z", "2026-01-02T03:04:00.990000Z")
    buckets = overview["buckets"]
    assert len(buckets) == 10
    assert sum(bucket["event_count"] for bucket in buckets) == 100
    assert sum(bucket["error_count"] for bucket in buckets) == 10
    assert [bucket["first_order"] for bucket in buckets[:2]] == [0, buckets[0]["event_count"]]
    assert buckets[0]["until"] == buckets[1]["since"]


def test_events_are_listed_without_payloads_in_pages(hundred: Api) -> None:
    pages = list(hundred.iter_pages("/api/by-id/run-1/events", limit=30))
    listed = [each for page in pages for each in page["events"]]
    assert [each["event_id"] for each in listed] == [f"e{n}" for n in range(100)]
    assert not listed[0].keys() & {"inputs", "outputs", "attributes", "data"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("type=llm_call", [n for n in range(100) if n % 2]),
        ("type=llm_call&type=tool_call&limit=200", list(range(100))),
        ("status=failed", list(range(3, 100, 10))),
        ("errors=true", list(range(3, 100, 10))),
        ("search=NAME+9", [9, *range(90, 100)]),
        ("agent=nobody", []),
        ("node=nothing", []),
    ],
)
def test_events_are_filtered(hundred: Api, query: str, expected: list[int]) -> None:
    found = hundred.http.get(f"/api/by-id/run-1/events?{query}").json()["events"]
    assert [each["execution_order"] for each in found] == expected


def test_an_event_alone_has_its_payload_and_family(hundred: Api) -> None:
    hundred.record_all(event("e5", inputs={"a": 1}, outputs="b", started_at=_at(50)))
    found = hundred.get("/api/by-id/run-1/events/e5")
    assert (found["inputs"], found["outputs"], found["run_id"]) == ({"a": 1}, "b", "run-1")
    assert found["parent"]["event_id"] == "e2"
    assert found["children"][0] == {
        "event_id": "e10",
        "event_type": "tool_call",
        "name": "Name 10",
        "status": "completed",
        "duration_ms": 15.0,
        "ended_by_run": False,
    }
    assert ([child["event_id"] for child in found["children"]], found["child_count"]) == (["e10", "e11"], 2)
    assert (found["execution_order"], found["depth"]) == (5, 3)
    problem_of(hundred.http.get("/api/by-id/run-1/events/nothing"), 404)


def test_any_event_id_can_be_asked_for(api: Api) -> None:
    for event_id in ("a/b", "%2F", "é 🚀", "?#"):
        api.record_all(event(event_id))
        path = f"/api/by-id/run-1/events/{quote(event_id, safe='')}"
        assert api.get(path)["event_id"] == event_id


def test_a_dag_shows_what_was_declared_and_what_was_taken(api: Api) -> None:
    api.record_all(
        {"record": "edge", "run_id": "run-1", "source": "plan", "target": "act"},
        {"record": "edge", "run_id": "run-1", "source": "act", "target": "end"},
        event("1", node_id="plan", event_type="node_execution", started_at=_at(0), ended_at=_at(10)),
        event("2", node_id="act", event_type="node_execution", started_at=_at(10), ended_at=_at(20)),
        event("3", node_id="plan", event_type="node_execution", started_at=_at(20), ended_at=_at(30)),
        event("in act", parent_event_id="2"),
    )
    dag = api.get("/api/by-id/run-1/dag")
    assert [(node["node_id"], node["level"], node["place"], node["event_count"]) for node in dag["nodes"]] == [
        ("plan", 0, 0, 2),
        ("act", 1, 1, 2),
        ("end", 2, 2, 0),
    ]
    marks = ("source", "target", "is_declared", "is_taken", "taken_count", "is_back")
    assert [tuple(edge[mark] for mark in marks) for edge in dag["edges"]] == [
        ("act", "end", True, False, 0, False),
        ("plan", "act", True, True, 1, False),
        ("act", "plan", False, True, 1, True),
    ]
    bounded = api.get("/api/by-id/run-1/dag", limit=1)
    assert (len(bounded["nodes"]), bounded["edges"], bounded["node_count"], bounded["edge_count"]) == (1, [], 3, 3)


def test_executions_of_nodes_are_told_with_what_came_after_what(api: Api) -> None:
    execution = {"event_type": "node_execution"}
    api.record_all(
        run_start(),
        {"record": "edge", "run_id": "run-1", "source": "a", "target": "b", "edge_type": "sequential"},
        event("e1", node_id="a", started_at=_at(0), ended_at=_at(10), **execution),
        event("e2", node_id="b", started_at=_at(10), ended_at=_at(20), status="failed", **execution),
        event("e3", node_id="b", started_at=_at(20), ended_at=None, status="running", **execution),
    )
    course = api.get("/api/by-id/run-1/executions")
    assert course["execution_count"] == 3
    assert course["executions"][1:] == [
        {
            "node_id": "b",
            "number": 1,
            "event_id": "e2",
            "status": "failed",
            "started_at": "2026-01-02T03:04:00.010000Z",
            "ended_at": "2026-01-02T03:04:00.020000Z",
            "ended_by_run": False,
        },
        {
            "node_id": "b",
            "number": 2,
            "event_id": "e3",
            "status": "running",
            "started_at": "2026-01-02T03:04:00.020000Z",
            "ended_at": None,
            "ended_by_run": False,
        },
    ]
    step = {"edge_type": "sequential"}
    assert course["steps"] == [
        {"source": 0, "target": 1, "is_declared": True, **step},
        {"source": 1, "target": 2, "is_declared": False, **step},
    ]
    assert len(api.get("/api/by-id/run-1/executions", limit=1)["executions"]) == 1


def test_messages_and_files_of_a_run_are_listed_in_pages(api: Api) -> None:
    for n in range(3):
        api.record_all(
            {"record": "message", "run_id": "run-1", "message_id": f"m{n}", "content": n, "sent_at": _at(n)},
            {"record": "file", "run_id": "run-1", "file_id": f"f{n}", "path": f"{n}.md", "created_at": _at(n)},
        )
    for view, key, expected in (("messages", "message_id", "m"), ("files", "file_id", "f")):
        pages = list(api.iter_pages(f"/api/by-id/run-1/{view}", limit=2))
        assert [each[key] for page in pages for each in page[view]] == [f"{expected}{n}" for n in range(3)]


def test_a_run_shows_the_runs_around_it(api: Api) -> None:
    api.record_all(
        run_start("a", started_at=_at(0)),
        run_start("b", started_at=_at(1), parent_run_id="w"),
        run_start("c", started_at=_at(2), parent_run_id="w"),
        run_start("w", "writer"),
    )
    found = api.get("/api/by-id/b")
    assert found["parent_run"] == {"run_id": "w", "agent_name": "writer", "run_name": "run 1"}
    assert (found["previous_run"]["run_id"], found["next_run"]["run_id"]) == ("a", "c")
    assert found["child_count"] == 0
    assert api.get("/api/by-id/w")["child_count"] == 2
    pages = list(api.iter_pages("/api/by-id/w/children", limit=1))
    assert [run["run_id"] for page in pages for run in page["runs"]] == ["c", "b"]


def test_runs_are_sorted_and_filtered(api: Api) -> None:
    api.record_all(
        run_start("a", run_name="Report", started_at=_at(0)),
        run_start("b", run_name="plan", started_at=_at(1)),
        event("e", "b", status="failed"),
        run_end("b", status="failed"),
        run_start("c", run_name="reply", started_at=_at(2)),
        run_end("c", ended_at=_at(5)),
    )

    def listed(**query: Any) -> list[str]:
        pages = api.iter_pages("/api/runs", limit=1, **query)
        return [run["run_id"] for page in pages for run in page["runs"]]

    assert listed(sort="name", order="asc") == ["a", "b", "c"]
    assert listed(sort="errors") == ["b", "c", "a"]
    assert listed(sort="duration") == ["b", "c", "a"]
    assert listed(sort="created_at", order="asc") == ["a", "b", "c"]
    assert listed(q="RE") == ["c", "a"]
    assert listed(has_errors="true") == ["b"]
    assert listed(has_errors="false") == ["c", "a"]
    both = api.http.get("/api/runs?status=failed&status=completed").json()["runs"]
    assert [run["run_id"] for run in both] == ["c", "b"]
    problem_of(api.http.get("/api/runs?sort=tags"), 422)
    problem_of(api.http.get("/api/runs?order=up"), 422)


@pytest.mark.parametrize(
    "view", ["spans", "spans/overview", "events", "events/e", "dag", "executions", "messages", "files", "children"]
)
def test_views_of_a_missing_run_are_not_found(read_only: Api, view: str) -> None:
    problem_of(read_only.http.get(f"/api/by-id/nothing/{view}"), 404)


@pytest.mark.postgres
def test_views_work_on_postgresql(postgres_api: Api) -> None:
    postgres_api.record_all(run_start(), *_events(60), run_end())
    page = postgres_api.get("/api/by-id/run-1/spans", limit=60, max_rows=20)
    counted = sum(row.get("event_count", 1) for row in page["rows"])
    assert (counted, page["window_error_count"]) == (60, 6)
    assert len(postgres_api.get("/api/by-id/run-1/spans/overview")["buckets"]) > 1
    assert len(postgres_api.get("/api/by-id/run-1/events", search="name 5")["events"]) == 11
    assert postgres_api.get("/api/by-id/run-1/dag")["nodes"] == []
