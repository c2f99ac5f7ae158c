"""Every refusal is a problem document, and none says more than it should."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from runreel.errors import StorageError, StorageFullError, StorageUnavailableError
from runreel.storage.port import Store
from tests.support.api import Api, event, problem_of, run_start
from tests.support.app import ServedApp, serving
from tests.support.store import StoreWith, failing

MISSING = (
    "/api/agents/none",
    "/api/agents/none/runs",
    "/api/agents/none/metrics",
    "/api/runs/none",
    "/api/by-id/none",
    "/api/runs/none/none",
    "/api/runs/none/none/timeline",
    "/api/runs/none/none/trace",
    "/api/runs/none/nodes",
    "/api/runs/none/nodes/none/events",
    "/api/runs/none/nodes/none/execution-summary",
    "/api/runs/none/nodes/none/files",
    "/api/runs/none/nodes/none/messages",
    "/api/runs/run-1/nodes/none/events",
    "/api/runs/run-1/nodes/none/execution-summary",
    "/api/runs/run-1/nodes/none/files",
    "/api/runs/run-1/nodes/none/messages",
    "/api/nodes/none/events?run_id=none",
    "/api/nodes/none/events?run_id=run-1",
    "/api/nodes/none/execution-summary?run_id=run-1",
    "/api/nodes/none/files?run_id=run-1",
    "/api/nodes/none/messages?run_id=run-1",
    "/api/events/none/tree",
    "/api/events/none/tree?run_id=run-1",
    "/api/events/event-1/tree?run_id=none",
    "/api/sessions/none",
    "/api/sessions/none/runs",
)


@pytest.mark.parametrize("path", MISSING)
def test_what_does_not_exist_is_404(read_only: Api, path: str) -> None:
    problem_of(read_only.http.get(path), 404)


@pytest.mark.parametrize("path", ["/api/agents/none", "/api/by-id/none", "/api/runs/a/b", "/api/sessions/none"])
def test_deleting_what_does_not_exist_is_404(read_only: Api, path: str) -> None:
    problem_of(read_only.http.delete(path), 404)


@pytest.mark.parametrize("path", ["/api/by-id/none", "/api/runs/a/b", "/api/sessions/none"])
def test_renaming_what_does_not_exist_is_404(read_only: Api, path: str) -> None:
    key = "name" if "sessions" in path else "new_run_name"

    problem_of(read_only.http.patch(path, json={key: "x"}), 404)


@pytest.mark.parametrize(
    "path", ["/nothing", "/api", "/api/", "/api/nothing", "/docs/assets/nothing.js", "/api/runs/a/b/c"]
)
def test_a_path_that_leads_nowhere_is_404(read_only: Api, path: str) -> None:
    problem_of(read_only.http.get(path), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/agents", "GET"),
        ("POST", "/api/agents/a", "GET"),
        ("DELETE", "/api/runs", "GET"),
        ("POST", "/api/runs/a/b", "GET"),
        ("DELETE", "/api/runs/a/b/timeline", "GET"),
        ("PUT", "/api/sessions", "GET"),
        ("PATCH", "/health", "GET"),
        ("POST", "/", "GET"),
        ("OPTIONS", "/api/runs", "GET"),
        ("TRACE", "/api/runs", "GET"),
    ],
)
def test_another_method_is_405(read_only: Api, method: str, path: str, allowed: str) -> None:
    response = read_only.http.request(method, path)

    problem_of(response, 405)
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize(
    "path",
    [
        "/api/agents",
        "/api/agents/planner/runs",
        "/api/runs",
        "/api/runs/planner/run%201/timeline",
        "/api/runs/planner/run%201/trace",
        "/api/runs/run-1/nodes/n/events",
        "/api/runs/run-1/nodes/n/files",
        "/api/runs/run-1/nodes/n/messages",
        "/api/nodes/n/events",
        "/api/nodes/n/files",
        "/api/nodes/n/messages",
        "/api/events/event-1/tree",
        "/api/sessions",
        "/api/sessions/default/runs",
    ],
)
@pytest.mark.parametrize("limit", ["-1", "0", "100001", "many", "1e3", "", "9" * 400])
def test_a_limit_is_bounded(read_only: Api, path: str, limit: str) -> None:
    problem_of(read_only.http.get(path, params={"limit": limit, "run_id": "run-1"}), 422)


@pytest.mark.parametrize("offset", ["-1", "x", "1000001"])
def test_an_offset_is_bounded(read_only: Api, offset: str) -> None:
    problem_of(read_only.http.get("/api/agents/planner/runs", params={"offset": offset}), 422)


@pytest.mark.parametrize("parameter", ["since", "until"])
@pytest.mark.parametrize("value", ["yesterday", "", "2026-13-01", "0001-01-01T00:00:00+10:00"])
def test_a_time_that_is_none_is_refused(read_only: Api, parameter: str, value: str) -> None:
    assert parameter in problem_of(read_only.http.get("/api/runs", params={parameter: value}), 400)["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/agents",
        "/api/agents/planner/runs",
        "/api/runs",
        "/api/runs/planner/run%201/timeline",
        "/api/runs/planner/run%201/trace",
        "/api/runs/run-1/nodes/n/events",
        "/api/runs/run-1/nodes/n/files",
        "/api/runs/run-1/nodes/n/messages",
        "/api/sessions",
        "/api/sessions/default/runs",
    ],
)
@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%",
        "é",
        "A" * 5000,
        "WzFd",  # [1]
        "bnVsbA",  # null
        "eyJhIjoxfQ",  # {"a":1}
        "W1tdXQ",  # [[]]
        "WyJcdWQ4MDAiXQ",  # ["\\ud800"]
        "WzEsMSwiXHVkODAwIl0",  # [1,1,"\\ud800"]
        "WzFlOTk5LDEsIngiXQ",  # [1e999,1,"x"]
        "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5LDEsIngiXQ",  # [99999999999999999999,1,"x"]
    ],
)
def test_a_cursor_that_was_not_made_here_is_refused(read_only: Api, path: str, cursor: str) -> None:
    problem_of(read_only.http.get(path, params={"cursor": cursor}), 400)


def test_a_node_without_a_run_is_asked_back(read_only: Api) -> None:
    for view in ("events", "execution-summary", "files", "messages"):
        assert "run_id" in problem_of(read_only.http.get(f"/api/nodes/step_1/{view}"), 400)["detail"]


@pytest.mark.parametrize(
    ("error", "status", "has_retry_after"),
    [
        (StorageUnavailableError("the database is away"), 503, True),
        (StorageFullError("there is no room"), 507, True),
        (StorageError("it is damaged"), 500, False),
    ],
)
def test_failures_of_the_store_have_their_status(
    store: Store, error: StorageError, status: int, has_retry_after: bool
) -> None:
    with serving(StoreWith(store, list_runs=failing(error), check=failing(error))) as app:
        for path in ("/api/runs", "/ready"):
            response = app.api.http.get(path)
            assert problem_of(response, status)["detail"] == str(error)
            assert ("retry-after" in response.headers) is has_retry_after
        assert app.api.get("/health")["status"] == "ok"


def test_an_unexpected_failure_says_nothing_of_itself(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    error = RuntimeError("SELECT secret FROM /var/lib/secret.db")
    with serving(StoreWith(store, get_run=failing(error), apply=failing(error))) as app:
        answers = [
            problem_of(app.api.http.get("/api/by-id/r"), 500)["detail"],
            str(app.api.record(event())),
            str(app.api.http.get("/api/agents").json()),
        ]

    assert [text for text in (*answers, caplog.text) if "secret" in text.lower() or "Traceback" in text] == []
    assert "RuntimeError" in caplog.text


def test_an_unexpected_failure_is_traced_at_the_level_for_it(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "runreel.server")
    with serving(StoreWith(store, get_run=failing(RuntimeError("what it was")))) as app:
        app.api.http.get("/api/by-id/r")

    assert "what it was" in caplog.text
    assert "Traceback" in caplog.text


def test_the_log_is_silent_on_what_is_no_fault_of_the_server(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    api.record(run_start(), event(), {"record": "dream"})
    for path in ("/", "/docs", "/api/runs", "/nothing", "/api/runs?limit=-1", "/api/runs?cursor=x"):
        api.http.get(path)
    api.http.post("/api/records", content=b"{")

    assert [record.getMessage() for record in caplog.records if record.name.startswith(("runreel", "uvicorn"))] == []


def test_a_damaged_database_shows_neither_sql_nor_paths(
    app: ServedApp, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app.api.record_all(run_start(), event(inputs="something"))
    with closing(sqlite3.connect(tmp_path / "runreel.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DROP TABLE payload_blocks")
        connection.execute("DROP TABLE run_aliases")

    responses = [
        app.api.http.get("/api/runs/planner/run%201/timeline"),
        app.api.http.patch("/api/by-id/run-1", json={"new_run_name": "x"}),
        app.api.http.delete("/api/by-id/run-1"),
        app.api.http.post("/api/records", json={"version": 1, "records": [event("other", inputs="x")]}),
    ]

    text = caplog.text + "".join(response.text for response in responses)
    for telling in ("payload_blocks", "run_aliases", "SELECT", "DELETE FROM", "INSERT", "sqlite", str(tmp_path), ".py"):
        assert telling not in text.replace(caplog.text, _without_places(caplog))
    assert [response.status_code for response in responses[:2]] == [500, 500]


def _without_places(caplog: pytest.LogCaptureFixture) -> str:
    """Return the log without the source places that only pytest's own format has."""
    return "\n".join(f"{record.levelname} {record.name} {record.getMessage()}" for record in caplog.records)
