"""What people change of runs over HTTP: PATCH, history, and deleting many."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from runreel.model.run import DeleteReport
from runreel.storage.port import Store
from tests.support.api import Api, Json, event, problem_of, run_end, run_path, run_start
from tests.support.app import serving
from tests.support.patience import PATIENCE_S
from tests.support.store import StoreWith

BY_ID = "/api/by-id/run-1"
BY_NAME = run_path("planner", "run 1")
DELETE = "/api/runs/delete"


def patch(api: Api, path: str = BY_ID, **changes: object) -> Json:
    response = api.http.patch(path, json=changes)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize("path", [BY_ID, BY_NAME])
def test_all_that_a_person_changes_is_in_the_answer(api: Api, path: str) -> None:
    api.record_all(run_start(tags=["old"], metadata={"a": 1, "b": 1}))

    run = patch(
        api,
        path,
        new_run_name="mine",
        status="cancelled",
        why="it hangs",
        tags=["b", "a"],
        metadata={"a": None, "b": 2},
    )

    assert (run["run_name"], run["status"], run["tags"], run["metadata"]) == ("mine", "cancelled", ["a", "b"], {"b": 2})
    assert run["ended_at"] is not None
    assert run["aliases"] == [{"agent_name": "planner", "run_name": "run 1"}]
    assert api.get(BY_ID) == run


def test_the_history_is_read_over_http(api: Api) -> None:
    api.record_all(run_start())
    patch(api, status="paused", why="  to think\0 ")
    patch(api, status="executing")

    pages = list(api.iter_pages(f"{BY_ID}/history", limit=2))

    transitions = [transition for page in pages for transition in page["transitions"]]
    assert [page["run_id"] for page in pages] == ["run-1", "run-1"]
    assert [(each["from_status"], each["to_status"], each["who"], each["why"]) for each in transitions] == [
        (None, "executing", "recorder", None),
        ("executing", "paused", "person", "to think"),
        ("paused", "executing", "person", None),
    ]
    assert transitions[0]["at"] == "2026-01-02T03:04:05.000000Z"


def test_a_forbidden_status_says_which_are_allowed(api: Api) -> None:
    api.record_all(run_start(), run_end())

    problem = problem_of(api.http.patch(BY_ID, json={"status": "paused", "new_run_name": "mine"}), 409)

    assert (problem["run_status"], problem["allowed_statuses"]) == ("completed", ["executing"])
    assert "'completed'" in problem["detail"]
    assert "'executing'" in problem["detail"]
    assert api.get(BY_ID)["run_name"] == "run 1"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"new_run_name": None},
        {"why": "because"},
        {"why": "because", "tags": []},
        {"status": "dreaming"},
        {"status": 1},
        {"tags": "a"},
        {"tags": [""]},
        {"tags": [f"{number}" for number in range(101)]},
        {"metadata": [1]},
        {"status": "paused", "why": "x" * 1_001},
        {"run_name": "mine"},
    ],
    ids=str,
)
def test_an_unusable_change_is_refused(api: Api, changes: Json) -> None:
    api.record_all(run_start())
    before = api.get(BY_ID)

    problem_of(api.http.patch(BY_ID, json=changes), 422)

    assert api.get(BY_ID) == before


def test_metadata_is_kept_as_json_can_say_it(api: Api) -> None:
    api.record_all(run_start())

    body = '{"metadata": {"a": NaN, "b": "\\ud800", "c": 12345678901234567890123, "d": "\\u0000"}}'
    assert api.http.patch(BY_ID, content=body, headers={"content-type": "application/json"}).status_code == 200

    assert api.get(BY_ID)["metadata"] == {"a": "NaN", "b": "\ufffd", "c": 12345678901234567890123, "d": "\0"}


@pytest.mark.parametrize("depth", [250, 20_000])
def test_metadata_that_is_nested_too_deep_is_refused(api: Api, depth: int) -> None:
    api.record_all(run_start())

    body = '{"metadata": {"a": ' + "[" * depth + "]" * depth + "}}"
    problem_of(api.http.patch(BY_ID, content=body, headers={"content-type": "application/json"}), 400)


@pytest.mark.parametrize("path", ["/api/by-id/nothing", run_path("planner", "nothing")])
def test_a_missing_run_can_not_be_changed(api: Api, path: str) -> None:
    api.record_all(run_start())
    problem_of(api.http.patch(path, json={"status": "cancelled"}), 404)


def test_a_missing_run_has_no_history(api: Api) -> None:
    problem_of(api.http.get("/api/by-id/nothing/history"), 404)


@pytest.mark.parametrize("changes", [{"status": "cancelled"}, {"tags": []}, {"metadata": {"a": 1}}], ids=str)
def test_changes_on_a_former_name_say_the_present_one(api: Api, changes: Json) -> None:
    api.record_all(run_start())
    patch(api, new_run_name="mine")
    before = api.get(BY_ID)

    problem = problem_of(api.http.patch(BY_NAME, json=changes), 404)

    assert "'mine'" in problem["detail"]
    assert problem["run_id"] == "run-1"
    assert api.get(BY_ID) == before


def test_a_run_that_a_person_ended_stays_so(api: Api) -> None:
    api.record_all(run_start())
    patch(api, status="cancelled", tags=["mine"], metadata={"k": "mine"})

    api.record_all(run_end(recorded_at="2999-01-01T00:00:00Z", tags=["wire"], metadata={"k": "wire"}))

    run = api.get(BY_ID)
    assert (run["status"], run["tags"], run["metadata"]) == ("cancelled", ["mine"], {"k": "mine"})


def fill(api: Api) -> None:
    for number in range(3):
        api.record_all(run_start(f"p{number}"), event("e", f"p{number}"))
    api.record_all(run_end("p1", status="failed"), run_start("w", "writer", session_id="s"))


def left(api: Api) -> list[str]:
    return sorted(run["run_id"] for run in api.get("/api/runs")["runs"])


@pytest.mark.parametrize(
    ("deletion", "gone"),
    [
        ({"agent": "planner"}, ["p0", "p1", "p2"]),
        ({"status": "failed"}, ["p1"]),
        ({"session": "s"}, ["w"]),
        ({"run_ids": ["p0", "w", "nothing"]}, ["p0", "w"]),
        ({"run_ids": []}, []),
        ({"status": ["failed", "paused"], "q": "UN 2", "has_errors": False}, ["p1"]),
        ({"until": "2026-01-02T03:04:05Z"}, []),
        ({"since": "2026-01-02T03:04:05Z", "agent": "writer"}, ["w"]),
        ({"all": True}, ["p0", "p1", "p2", "w"]),
    ],
    ids=str,
)
def test_runs_are_deleted_by_what_they_have_in_common(api: Api, deletion: Json, gone: list[str]) -> None:
    fill(api)
    n_events = sum(run_id.startswith("p") for run_id in gone)

    seen = api.http.post(DELETE, json={**deletion, "dry_run": True}).json()
    assert (seen["status"], seen["matching_runs"], seen["matching_events"]) == ("dry_run", len(gone), n_events)
    assert sorted(run["run_id"] for run in seen["first_runs"]) == gone
    assert left(api) == ["p0", "p1", "p2", "w"]

    answer = api.http.post(DELETE, json=deletion).json()
    assert answer == {"status": "deleted", "deleted_runs": len(gone), "deleted_events": n_events, "is_complete": True}
    assert left(api) == sorted({"p0", "p1", "p2", "w"} - set(gone))


@pytest.mark.parametrize(
    ("deletion", "status"),
    [
        ({}, 400),
        ({"dry_run": True}, 400),
        ({"all": False}, 400),
        ({"all": True, "agent": "planner"}, 400),
        ({"until": "yesterday"}, 400),
        ({"agents": "planner"}, 422),
        ({"run_ids": "p0"}, 422),
        ({"run_ids": ["x"] * 1_001}, 422),
        ([], 422),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_deletion_that_does_not_say_what_is_refused(api: Api, deletion: object, status: int) -> None:
    fill(api)
    problem_of(api.http.post(DELETE, json=deletion), status)
    assert left(api) == ["p0", "p1", "p2", "w"]


def test_a_long_deletion_is_answered_in_parts(store: Store) -> None:
    def delete_runs(_real: Callable[..., Any], _scope: object, _query: object, **_more: object) -> DeleteReport:
        return DeleteReport(n_runs=100, n_events=7, next_cursor="more")

    with serving(StoreWith(store, delete_runs=delete_runs)) as app:
        answer = app.api.http.post(DELETE, json={"all": True}).json()
    assert answer == {"status": "deleted", "deleted_runs": 1_000, "deleted_events": 70, "is_complete": False}


@pytest.mark.postgres
def test_people_change_runs_on_postgresql(postgres_api: Api) -> None:
    postgres_api.record_all(run_start())
    patch(postgres_api, status="paused", why="a\0b", tags=["t"], metadata={"k": "\0"})
    assert json.dumps(postgres_api.get(f"{BY_ID}/history")["transitions"][-1]["why"]) == '"a b"'
    assert postgres_api.http.post(DELETE, json={"run_ids": ["run-1", "a\0"]}).json()["deleted_runs"] == 1


def test_a_silent_run_is_lost_by_the_servers_own_doing(store: Store) -> None:
    marked = threading.Event()

    def mark_lost_runs(real: Callable[..., int], *, now: int) -> int:
        n_lost = real(now=now + 3_600_000_000)
        if n_lost:
            marked.set()
        return n_lost

    with serving(StoreWith(store, mark_lost_runs=mark_lost_runs)) as app:
        app.api.record_all(run_start(heartbeat_interval_ms=1_000))
        assert marked.wait(PATIENCE_S)
        assert app.api.get(BY_ID)["status"] == "lost"


def test_a_deletion_takes_the_filters_of_the_list(read_only: Api) -> None:
    document = read_only.get("/openapi.json")
    listed = {parameter["name"] for parameter in document["paths"]["/api/runs"]["get"]["parameters"]}
    taken = set(document["components"]["schemas"]["RunDeletion"]["properties"])
    assert listed - {"limit", "cursor", "sort", "order"} == taken - {"run_ids", "all", "dry_run"}
