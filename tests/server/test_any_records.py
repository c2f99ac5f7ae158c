"""Whatever is recorded can be read: batches of arbitrary JSON, and then every view of every run.

`RUNREEL_TEST_EXAMPLES` asks for more examples.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from runreel.storage.sql import migrate, open_store
from tests.support.api import Api, Json, node_path
from tests.support.app import copied_store, serving

N_EXAMPLES = int(os.environ.get("RUNREEL_TEST_EXAMPLES", "25"))

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-3, 3)
    | st.sampled_from([2**63 - 1, 2**63, -(2**63), 2**70, 10**400])
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(["", ".", "..", "nodes", "a/b", "x" * 300, "\0", "\ud800", "NaN", "2026-01-02T03:04:05+05:00"])
)
any_json = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
instants = st.sampled_from(
    ["2026-01-02T03:04:05", "2026-01-02T03:04:06.123456Z", "0001-01-01", "9999-12-31T23:59:59.999999", 0, 1.5e9, "soon"]
)
ids = st.sampled_from(["a", "b", "c", "é", "a/b"])
run_ids = st.sampled_from(["r1", "r2"])
names = st.sampled_from(["planner", "a/b %?", "run 1", "step_1"])
amounts = st.sampled_from([0, 1, 12.5, 1e11, -1, "fast", 2**62, 1e300])


def fields(
    known: dict[str, st.SearchStrategy[object]], **required: st.SearchStrategy[object]
) -> st.SearchStrategy[Json]:
    """Make objects of known fields, each of which is missing, as it should be, or anything."""
    return st.fixed_dictionaries(required, optional={name: good | good | any_json for name, good in known.items()})


gati_data = fields(
    {
        "tool_name": names,
        "model": names,
        "node_name": names,
        "step_name": names,
        "input": any_json,
        "output": any_json,
        "state_after": any_json,
        "error": any_json,
        "status": st.sampled_from(["error", "completed"]),
        "latency_ms": amounts,
        "duration_ms": amounts,
        "total_duration_ms": amounts,
        "tokens_in": amounts,
        "tokens_out": amounts,
        "cost": amounts,
        "metadata": fields(
            {
                "is_subgraph": st.booleans(),
                "graph_structure": fields(
                    {
                        "nodes": st.lists(names | any_json, max_size=3),
                        "nodes_metadata": any_json,
                        "edges": st.lists(fields({"from": names, "to": names, "type": names}) | any_json, max_size=3),
                    }
                ),
            }
        ),
    }
)
gati_events = fields(
    {
        "event_type": st.sampled_from(
            ["agent_start", "agent_end", "tool_call", "llm_call", "step", "node_execution", "other"]
        ),
        "event_id": ids,
        "run_id": run_ids | st.just(""),
        "run_name": names | st.just("temp_1"),
        "agent_name": names,
        "timestamp": instants,
        "parent_event_id": ids,
        "previous_event_id": ids,
        "data": gati_data,
        "tool_name": names,
        "tokens_in": amounts,
    }
)
native_records = fields(
    {
        "phase": st.sampled_from(["start", "end", "whole"]),
        "recorded_at": instants,
        "agent_name": names,
        "run_name": names,
        "session_id": names,
        "name": names,
        "node_id": names,
        "event_id": ids,
        "message_id": ids,
        "file_id": ids,
        "source": names,
        "target": names,
        "parent_event_id": ids,
        "parent_node_id": names,
        "parent_run_id": run_ids,
        "status": st.sampled_from(["running", "failed", "completed", "odd status"]),
        "started_at": instants,
        "ended_at": instants,
        "sent_at": instants,
        "created_at": instants,
        "duration_ms": amounts,
        "sequence": st.integers(-2, 5),
        "order_index": st.integers(-2, 5),
        "usage": fields({"tokens_in": amounts, "tokens_out": amounts, "cost": amounts, "tokens_cached": amounts}),
        "inputs": any_json,
        "outputs": any_json,
        "error": any_json,
        "content": any_json,
        "metadata": any_json,
        "attributes": any_json,
        "tags": st.lists(names | any_json, max_size=3),
        "size_bytes": amounts,
    },
    record=st.sampled_from(["session", "run", "node", "edge", "event", "event", "message", "file"]),
    run_id=run_ids,
)

examples = settings(
    max_examples=N_EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def shared(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with serving(copied_store(empty_file, tmp_path_factory.mktemp("any"))) as app:
        yield app.api


@pytest.fixture(scope="module")
def shared_on_postgres(postgres_url: str) -> Iterator[Api]:
    migrate(postgres_url)
    with serving(open_store(postgres_url)) as app:
        yield app.api


def post(api: Api, path: str, batch: Json) -> Json:
    response = api.http.post(path, content=json.dumps(batch).encode())
    assert response.status_code == 200, response.text
    return response.json()


def read_everything(api: Api) -> None:
    """Read every view of every run; each answers 200."""
    assert api.http.get("/").status_code == 200
    api.get("/api/sessions")
    for agent in api.list("/api/agents", limit=500):
        assert api.get(f"/api/agents/{quote(agent['name'], safe='')}/metrics")["agent_name"] == agent["name"]
    for run in api.get("/api/runs", limit=500)["runs"]:
        run_id = run["run_id"]
        assert api.get(f"/api/by-id/{run_id}")["agent_name"] == run["agent_name"]
        shown = [e for page in api.iter_pages(f"/api/by-id/{run_id}/timeline", limit=7) for e in page["events"]]
        assert len(shown) == run["event_count"]
        api.get(f"/api/by-id/{run_id}/trace")
        for shown_event in shown:
            api.get(f"/api/events/{quote(shown_event['event_id'], safe='')}/tree", run_id=run_id)
        for node in api.get(f"/api/runs/{run_id}/nodes")["nodes"]:
            for view in ("events", "execution-summary", "files", "messages"):
                api.get(f"{node_path(run_id, node['node_id'])}/{view}")


def start_anew(api: Api, n_example: int) -> str:
    """Return a prefix that keeps the runs of examples apart, after removing what the last one left."""
    for agent in api.list("/api/agents", limit=500):
        api.http.delete(f"/api/agents/{quote(agent['name'], safe='')}").raise_for_status()
    return f"{n_example}-"


def with_prefix(prefix: str, record: Json) -> Json:
    run_id = record.get("run_id")
    return {**record, "run_id": prefix + run_id} if isinstance(run_id, str) and run_id in ("r1", "r2") else record


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_whatever_is_recorded_in_either_dialect_can_be_read(database: str, request: pytest.FixtureRequest) -> None:
    api: Api = request.getfixturevalue("shared" if database == "sqlite" else "shared_on_postgres")
    n_examples = 0

    @examples
    @given(native=st.lists(native_records, max_size=8), gati=st.lists(gati_events, max_size=8))
    def check(native: list[Json], gati: list[Json]) -> None:
        nonlocal n_examples
        n_examples += 1
        prefix = start_anew(api, n_examples)
        taken = post(api, "/api/records", {"records": [with_prefix(prefix, record) for record in native]})
        assert "it could not be stored as it is" not in {error["reason"] for error in taken["errors"]}
        events = post(api, "/api/events", {"events": [with_prefix(prefix, event) for event in gati]})
        assert "it could not be stored as it is" not in {error["reason"] for error in events["errors"]}
        read_everything(api)

    check()


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/api/records", "/api/events"])
def test_no_body_at_all_makes_the_server_fail(shared: Api, path: str) -> None:
    key = {"/api/records": b"records", "/api/events": b"events"}[path]
    inside = st.lists(
        st.sampled_from([b"{", b"}", b"[", b"]", b",", b'"', b"\\", b'"run_id":"r"', b"NaN", b"1e999", b"\xff", b"\0"])
    ).map(b"".join)

    @examples
    @given(body=st.binary(max_size=100) | inside | inside.map(lambda rest: b'{"%b": [%b' % (key, rest)))
    def check(body: bytes) -> None:
        response = shared.http.post(path, content=body)
        assert response.status_code in (200, 400, 413), response.text

    check()
