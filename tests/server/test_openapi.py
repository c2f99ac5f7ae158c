"""Schemathesis over the description of the API: no request makes the server fail, and answers are as described.

Examples are drawn from a fixed seed. `RUNREEL_TEST_EXAMPLES` asks for more of them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from runreel.server.app import create_app
from runreel.server.settings import Settings
from runreel.storage.port import Store
from runreel.storage.sql import migrate, open_store
from tests.support.api import Api, Json, event, gati_event, run_end, run_start
from tests.support.app import ServedApp, copied_store, serving

load_all_checks()

N_EXAMPLES = int(os.environ.get("RUNREEL_TEST_EXAMPLES", "15"))
ODD = "a/b %?#é"
# What is there to be found; drawn values alone would find nothing but 404.
KNOWN = {
    "agent_name": ["planner", ODD],
    "run_name": ["run 1", "former", ODD],
    "run_id": ["run-1", "odd", "graph", "circle", "waits"],
    "node_id": ["n", "planning", ODD],
    "event_id": ["e", "own", "asked", ODD],
    "session_id": ["default", ODD],
    "provider": ["acme", "openai"],
    "model": ["small", "gpt-4o", ODD],
    "file_id": ["f", ODD],
    "content_hash": [f"sha256:{hashlib.sha256(b'content').hexdigest()}", "0" * 64],
}
QUERIES = {
    "provider": "provider",
    "model": "model",
    "agent": "agent_name",
    "session": "session_id",
    "parent": "run_id",
    "run_id": "run_id",
    "file_id": "file_id",
}
SHAPE_CHECKS = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    )
]


class _NoStore:
    def __getattr__(self, _name: str) -> None:
        return None


def _described() -> Json:
    return create_app(cast("Store", _NoStore()), Settings(data=Path("not-used"))).openapi()


def _operations() -> list[tuple[str, str, GenerationMode]]:
    """List the operations, each with the ways to ask: as described, and otherwise where there is any otherwise."""
    found: list[tuple[str, str, GenerationMode]] = []
    for path, operations in _described()["paths"].items():
        for method, operation in operations.items():
            # An answer that does not end can't be waited for.
            if "text/event-stream" in operation["responses"].get("200", {}).get("content", {}):
                continue
            found.append((path, method, GenerationMode.POSITIVE))
            # Any bytes are a file, so there is nothing that would not be one.
            has_schema = "*/*" not in operation.get("requestBody", {}).get("content", {"*/*": {}})
            if has_schema or any(given["in"] == "query" for given in operation.get("parameters", [])):
                found.append((path, method, GenerationMode.NEGATIVE))
    return found


FEW = [
    ("/api/records", "post"),
    ("/api/events", "post"),
    ("/api/runs", "get"),
    ("/api/runs/{agent_name}/{run_name}", "patch"),
    ("/api/runs/{agent_name}/{run_name}/timeline", "get"),
    ("/api/nodes/{node_id}/events", "get"),
    ("/api/agents/{agent_name}/runs", "get"),
    ("/api/sessions", "post"),
    ("/api/prices", "get"),
    ("/api/prices/{provider}/{model}", "put"),
    ("/api/prices/recompute", "post"),
]


@pytest.fixture(scope="module")
def schema() -> Any:
    return schemathesis.openapi.from_dict(_described())


@pytest.fixture(scope="module")
def shared(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApp]:
    with serving(copied_store(empty_file, tmp_path_factory.mktemp("openapi"))) as app:
        fill(app.api)
        yield app


@pytest.fixture(scope="module")
def shared_on_postgres(postgres_url: str) -> Iterator[ServedApp]:
    migrate(postgres_url)
    with serving(open_store(postgres_url)) as app:
        fill(app.api)
        yield app


def fill(api: Api) -> None:
    """Record a little of everything."""
    graph = {"nodes": ["planning"], "edges": [{"from": "planning", "to": "planning"}]}
    api.record(
        run_start(inputs={"a": [1]}, tags=["t"]),
        event("e", node_id="n", event_type="llm_call", usage={"tokens_in": 1, "cost": 0.5}, inputs=[1], outputs={}),
        {"record": "message", "run_id": "run-1", "message_id": "m", "node_id": "n", "content": {"x": None}},
        {"record": "file", "run_id": "run-1", "file_id": "f", "node_id": "n", "path": "p", "size_bytes": 3},
        run_end(outputs="done"),
        run_start("odd", ODD, run_name=ODD, session_id=ODD),
        event(ODD, "odd", node_id=ODD, error={"type": "E", "message": "m", "stack": "s"}),
        run_end("odd", error="text only"),
        event("own", "circle", parent_event_id="own"),
        run_start("waits"),
        event("asked", "waits", event_type="approval_requested", phase="start", inputs={"question": ODD}),
        run_start("renamed", run_name="former"),
    )
    api.send_events(
        gati_event("start", "graph", "agent_start", metadata={"graph_structure": graph}),
        gati_event("node", "graph", "node_execution", node_name="planning", duration_ms=1.5),
        gati_event("end", "graph", "agent_end", execution_flow=["planning"]),
    )
    api.http.post("/api/by-id/run-1/files", params={"name": ODD, "file_id": ODD}, content=b"content")
    api.http.patch("/api/by-id/renamed", json={"new_run_name": "present"})
    api.http.put("/api/prices/acme/small", json={"input": 1, "output": 2})


@st.composite
def cases(draw: st.DrawFn, schema: Any, path: str, method: str, mode: GenerationMode) -> Case:
    case = draw(schema[path][method].as_strategy(generation_mode=mode))
    for place, names in ((case.path_parameters, {name: name for name in KNOWN}), (case.query, QUERIES)):
        for parameter in sorted(place or {}):
            if (kind := names.get(parameter)) and draw(st.booleans()):
                place[parameter] = draw(st.sampled_from(KNOWN[kind]))
    # Nothing happens that could be waited for.
    if case.query and str(case.query.get("wait_s")).isdigit():
        case.query["wait_s"] = 0
    return case


def examine(app: ServedApp, schema: Any, path: str, method: str, mode: GenerationMode, n_examples: int) -> None:
    @settings(
        max_examples=n_examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(schema, path, method, mode))
    def check(case: Case) -> None:
        case.call_and_validate(base_url=app.url, checks=SHAPE_CHECKS, allow_redirects=False)

    check()
    assert app.api.get("/health")["status"] == "ok"


def name_of(value: object) -> str:
    return str(getattr(value, "value", value))


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method", "mode"), _operations(), ids=name_of)
def test_no_request_makes_the_server_fail(
    request: pytest.FixtureRequest,
    schema: Any,
    path: str,
    method: str,
    mode: GenerationMode,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # What is deleted stays so, also by a rule, and would be missing to the others.
    deletes = method == "delete" or path.startswith(("/api/retention", "/api/runs/delete"))
    served: ServedApp = request.getfixturevalue("app" if deletes else "shared")
    fill(served.api)

    examine(served, schema, path, method, mode, N_EXAMPLES)

    assert [record.getMessage() for record in caplog.records if record.name.startswith("runreel")] == []


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.parametrize(("path", "method"), FEW, ids=name_of)
def test_no_request_makes_the_server_fail_on_postgresql(
    shared_on_postgres: ServedApp, schema: Any, path: str, method: str
) -> None:
    fill(shared_on_postgres.api)

    examine(shared_on_postgres, schema, path, method, GenerationMode.POSITIVE, N_EXAMPLES)


def test_what_is_recorded_for_this_is_found(shared: ServedApp) -> None:
    """Otherwise the examples above would only see that nothing is found."""
    assert {"planner", ODD} <= {agent["name"] for agent in shared.api.list("/api/agents")}
    assert {"run-1", "odd", "graph", "circle"} <= {
        run["run_id"] for run in shared.api.get("/api/runs", limit=500)["runs"]
    }
