"""The log: a line for each request, which names nothing that anybody recorded; text or JSON."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import httpx
import pytest

from runreel.server.log import JsonFormatter
from runreel.storage.port import Store
from tests.support.api import run_start
from tests.support.app import serving
from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_S
from tests.support.server import running_server


def record_of(**fields: object) -> logging.LogRecord:
    return logging.makeLogRecord({"name": "runreel.x", "levelname": "INFO", "created": 0.5, **fields})


def test_a_line_of_json_has_the_fields_of_the_record() -> None:
    line = JsonFormatter().format(record_of(msg="a\n%s", args=("b",), route="/x", ms=1.5))
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "1970-01-01T00:00:00.500000Z",
        "level": "info",
        "logger": "runreel.x",
        "message": "a\nb",
        "route": "/x",
        "ms": 1.5,
    }


def test_a_traceback_is_a_field_of_the_line() -> None:
    try:
        raise LookupError("why")
    except LookupError as error:
        info = (type(error), error, error.__traceback__)
    line = JsonFormatter().format(record_of(msg="m", exc_info=info))
    assert "LookupError: why" in json.loads(line)["traceback"]


def test_requests_are_logged_by_route_without_names(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="runreel.access")
    with serving(store) as app:
        http = app.api.http
        app.api.record_all(run_start("secret-id", agent_name="secret agent"))
        http.get("/api/runs/secret%20agent/run%201?tag=secret")
        http.get("/api/runs?agent=secret")
        http.head("/api/by-id/secret-id")
        http.get("/secret/path")
        http.get("/health", headers={"host": "secret.example"})
    lines = [record for record in caplog.records if record.name == "runreel.access"]
    assert [(line.method, line.route, line.status) for line in lines] == [
        ("POST", "/api/records", 200),
        ("GET", "/api/runs/{agent_name}/{run_name}", 200),
        ("GET", "/api/runs", 200),
        ("HEAD", "/api/by-id/{run_id}", 200),
        ("GET", None, 404),
        ("GET", None, 421),
    ]
    assert all(line.ms >= 0 for line in lines)
    assert "secret" not in caplog.text


def test_requests_are_not_logged_unless_asked_for(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="runreel.access")
    with serving(store) as app:
        app.api.get("/health")
    assert [record for record in caplog.records if record.name == "runreel.access"] == []


def test_the_server_logs_json_when_it_is_told_to(tmp_path: Path) -> None:
    env = {"RUNREEL_LOG_FORMAT": "json", "RUNREEL_LOG_LEVEL": "info"}
    with running_server(tmp_path, env=env) as server:
        httpx.get(f"{server.url}/api/runs?agent=secret", timeout=PATIENCE_S, trust_env=False)
        line = eventually(lambda: next((line for line in server.lines if "runreel.access" in line), None))
    assert json.loads(line)["route"] == "/api/runs"
    assert all(json.loads(each)["level"] for each in server.lines if not each.startswith("Runreel "))
    assert "secret" not in server.output
