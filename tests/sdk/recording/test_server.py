"""From a decorated call through the journal and the shipping thread to what the real server shows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.api import Api
from tests.support.patience import PATIENCE_S
from tests.support.server import running_server
from tests.support.source import PACKAGE

PROGRAM = Path(__file__).with_name("program.py")


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("journal")


@pytest.fixture(scope="module")
def api(journal: Path) -> Iterator[Api]:
    """Give a server that has got what the program recorded."""
    with running_server() as server, httpx.Client(base_url=server.url, timeout=PATIENCE_S) as http:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("RUNREEL_")}
        settings = {"RUNREEL_URL": server.url, "RUNREEL_JOURNAL": str(journal), "PYTHONPATH": str(PACKAGE.parent)}
        done = subprocess.run(
            [sys.executable, str(PROGRAM)],
            check=False,
            env=clean | settings,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert (done.returncode, done.stderr, done.stdout) == (0, "", "run 1 of writer\n")
        yield Api(http)


def find_run(api: Api, agent_name: str) -> dict[str, Any]:
    (run,) = [run for run in api.get("/api/runs")["runs"] if run["agent_name"] == agent_name]
    return api.get(f"/api/by-id/{run['run_id']}")


def events_of(api: Api, run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    listed = api.get(f"/api/by-id/{run['run_id']}/events", limit=200)["events"]
    return {item["name"]: api.get(f"/api/by-id/{run['run_id']}/events/{item['event_id']}") for item in listed}


def test_runs_are_complete(api: Api) -> None:
    for agent_name in ("writer", "researcher", "process"):
        run = find_run(api, agent_name)
        assert run["status"] == "completed"
        completeness = run["completeness"]
        assert completeness["is_complete"], (agent_name, completeness)
        assert completeness["received"] == completeness["expected"] > 2
        assert completeness["dropped"] == 0


def test_nothing_was_refused_and_nothing_is_left(api: Api, journal: Path) -> None:
    assert [path for path in journal.rglob("*") if path.is_file()] == []


def test_calls_are_events_with_their_values(api: Api) -> None:
    events = events_of(api, find_run(api, "writer"))
    look_up = events["look_up"]
    assert (look_up["event_type"], look_up["status"]) == ("tool_call", "completed")
    assert (look_up["inputs"], look_up["outputs"]) == ({"word": "stars", "api_key": "[redacted]"}, ["STARS"])
    assert look_up["parent_event_id"] == events["planning"]["event_id"]
    assert events["divide"]["error"]["type"] == "ZeroDivisionError"
    assert events["tokens"]["attributes"]["item_count"] == 3
    assert events["ask"]["model"] == "m-1"
    assert (events["ask"]["tokens_in"], events["ask"]["tokens_out"]) == (12, 3)
    assert events["in a thread"]["parent_event_id"] == events["planning"]["event_id"]


def test_a_nested_agent_is_a_child(api: Api) -> None:
    writer, researcher = find_run(api, "writer"), find_run(api, "researcher")
    assert researcher["parent_run_id"] == writer["run_id"]
    assert researcher["parent_event_id"] == events_of(api, writer)["researcher"]["event_id"]
    assert researcher["session_id"] == "weekly"


def test_the_graph_is_shown(api: Api) -> None:
    dag = api.get(f"/api/by-id/{find_run(api, 'writer')['run_id']}/dag")
    assert {node["node_id"]: node["status"] for node in dag["nodes"]} == {
        "planning": "completed",
        "step_1": "failed",
        "terminator": "completed",
    }
    assert {(edge["source"], edge["target"]) for edge in dag["edges"]} == {
        ("planning", "step_1"),
        ("step_1", "terminator"),
    }


def test_files_and_large_values_come_with_their_bytes(api: Api) -> None:
    run_id = find_run(api, "writer")["run_id"]
    files = {file["path"]: file for file in api.get(f"/api/by-id/{run_id}/files")["files"]}
    content = api.http.get(f"/api/by-id/{run_id}/files/{files['report.md']['file_id']}/content")
    assert content.content == b"# Report\n"
    (value,) = [file for path, file in files.items() if path.startswith("values/")]
    large = api.http.get(f"/api/by-id/{run_id}/files/{value['file_id']}/content")
    assert large.text == "word " * 40_000


def test_messages_say_where_they_were_said(api: Api) -> None:
    (message,) = api.get(f"/api/by-id/{find_run(api, 'writer')['run_id']}/messages")["messages"]
    assert (message["sender"], message["content"], message["node_id"]) == ("writer", "Done.", "terminator")


def test_what_is_outside_of_runs_is_in_that_of_the_process(api: Api) -> None:
    assert "outside" in events_of(api, find_run(api, "process"))
