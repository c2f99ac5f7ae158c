"""Agents as processes, and the real server by which people answer them and stop them; either may be killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.api import Api, client_of
from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_S
from tests.support.server import free_port, running_server
from tests.support.source import PACKAGE

AGENT = Path(__file__).with_name("agent.py")
RUN = "/api/by-id/run-1"


@contextmanager
def agent(url: str, journal: Path, work: str) -> Iterator[subprocess.Popen[str]]:
    """Run the agent; it is killed at the end of the block if it has not ended."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("RUNREEL_")}
    env = clean | {"RUNREEL_URL": url, "RUNREEL_JOURNAL": str(journal), "PYTHONPATH": str(PACKAGE.parent)}
    command = [sys.executable, str(AGENT), work]
    with subprocess.Popen(command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def open_approval(api: Api) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        response = api.http.get(f"{RUN}/approvals")
        approvals = response.json()["approvals"] if response.status_code == 200 else []
        return next((approval for approval in approvals if approval["status"] == "open"), None)

    found = eventually(look)
    assert found is not None
    return found


def answer(api: Api, event_id: str, option: str, **more: str) -> None:
    response = api.http.post(f"{RUN}/approvals/{event_id}/answer", json={"option": option, **more})
    assert response.status_code == 200, response.text


def request(api: Api, action: str) -> None:
    response = api.http.post(f"{RUN}/requests", json={"action": action, "why": "Wrong topic.", "who": "Ada"})
    assert response.status_code == 200, response.text


def status(api: Api) -> str | None:
    response = api.http.get(RUN)
    return response.json()["status"] if response.status_code == 200 else None


def test_an_answer_and_a_stop_reach_the_agent(tmp_path: Path) -> None:
    with running_server() as server, client_of(server.url) as api:
        with agent(server.url, tmp_path, "deploy") as process:
            approval = open_approval(api)
            assert (approval["question"], approval["options"]) == ("Deploy?", ["deploy", "wait"])
            assert (approval["node_id"], approval["context"]) == ("deploy", {"version": 3})
            assert status(api) == "waiting_approval"
            answer(api, approval["event_id"], "wait", feedback="Not on Fridays.", who="Ada")
            output, errors = process.communicate(timeout=PATIENCE_S)
        assert (output, errors) == ("begun\nanswered wait Not on Fridays. Ada\n", "")
        assert status(api) == "completed"

        with agent(server.url, tmp_path, "work") as process:
            eventually(lambda: status(api) == "executing")
            request(api, "pause")
            eventually(lambda: status(api) == "paused")
            request(api, "resume")
            eventually(lambda: status(api) == "executing")
            request(api, "cancel")
            _, errors = process.communicate(timeout=PATIENCE_S)
        assert errors.strip().endswith("StopRequestedError: Ada asked that the run run-1 be cancelled: Wrong topic.")
        assert status(api) == "cancelled"
        assert [one["is_seen"] for one in api.get(f"{RUN}/requests")["requests"]] == [True] * 3

        # Begun again, it is not cancelled by what was asked before.
        with agent(server.url, tmp_path, "work") as process:
            eventually(lambda: status(api) == "executing")
            request(api, "cancel")
            process.communicate(timeout=PATIENCE_S)
        assert status(api) == "cancelled"


def test_an_agent_that_was_killed_while_it_waited_finds_the_answer_when_it_is_begun_again(tmp_path: Path) -> None:
    with running_server() as server, client_of(server.url) as api:
        with agent(server.url, tmp_path, "deploy") as process:
            approval = open_approval(api)
            process.kill()
        answer(api, approval["event_id"], "deploy", who="Ada")
        with agent(server.url, tmp_path, "deploy") as process:
            output, errors = process.communicate(timeout=PATIENCE_S)
        assert (output, errors) == ("begun\nanswered deploy None Ada\n", "")
        (only,) = api.get(f"{RUN}/approvals")["approvals"]
        assert (only["event_id"], only["status"]) == (approval["event_id"], "answered")


def test_an_agent_that_was_killed_goes_on_waiting_when_it_is_begun_again(tmp_path: Path) -> None:
    with running_server() as server, client_of(server.url) as api:
        with agent(server.url, tmp_path, "deploy") as process:
            approval = open_approval(api)
            process.kill()
        with agent(server.url, tmp_path, "deploy") as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            answer(api, approval["event_id"], "deploy", who="Ada")
            assert process.stdout.readline() == "answered deploy None Ada\n"


def test_a_server_that_is_killed_and_comes_back_answers_those_who_wait(tmp_path: Path) -> None:
    port = free_port()
    data, arguments = tmp_path / "data", ["--port", str(port)]
    with agent(f"http://127.0.0.1:{port}", tmp_path / "journal", "deploy") as process:
        with running_server(data, arguments=arguments) as server, client_of(server.url) as api:
            event_id = open_approval(api)["event_id"]
            server.kill()
        with running_server(data, arguments=arguments) as server, client_of(server.url) as api:
            answer(api, event_id, "deploy", who="Ada")
            output, _ = process.communicate(timeout=PATIENCE_S)
            assert output == "begun\nanswered deploy None Ada\n"
            assert status(api) == "completed"
