"""Every example runs against a real server, and its run shows what its docstring says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runreel.sdk.journal.folder import find_journals
from tests.support.api import Api, client_of
from tests.support.patience import PATIENCE_S
from tests.support.server import running_server
from tests.support.source import PACKAGE, ROOT

EXAMPLES = ROOT / "examples"


class Stage:
    """A server, and what examples record there."""

    def __init__(self, api: Api, env: dict[str, str], journal: Path) -> None:
        self.api = api
        self._env = env
        self._journal = journal

    def perform(self, name: str) -> str:
        """Run an example, which must end well and leave nothing behind; return what it prints."""
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / name)],
            env=self._env,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert find_journals(str(self._journal)) == []
        return done.stdout

    def run_of(self, agent_name: str) -> dict[str, Any]:
        """Return the only run of an agent, of which everything must have come."""
        (run,) = self.runs_of(agent_name)
        return run

    def runs_of(self, agent_name: str) -> list[dict[str, Any]]:
        """Return the runs of an agent, the oldest first, of which everything must have come."""
        runs = [self.api.get(f"/api/by-id/{run['run_id']}") for run in reversed(self.api.runs_of(agent_name))]
        assert all(run["completeness"] is None or run["completeness"]["is_complete"] for run in runs)
        return runs

    def events_of(self, run: dict[str, Any], name: str) -> list[dict[str, Any]]:
        """Return the events of this name, as they came one after the other."""
        path = f"/api/by-id/{run['run_id']}/events"
        listed = self.api.get(path, limit=200)["events"]
        return [self.api.get(f"{path}/{event['event_id']}") for event in listed if event["name"] == name]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    journal = tmp_path_factory.mktemp("journal")
    with running_server() as server, client_of(server.url) as api:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("RUNREEL_")}
        settings = {"RUNREEL_URL": server.url, "RUNREEL_JOURNAL": str(journal), "PYTHONPATH": str(PACKAGE.parent)}
        yield Stage(api, clean | settings, journal)


def test_every_example_is_performed_here_and_says_how_to_run_it() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    names = {path.name for path in EXAMPLES.glob("*.py")}
    assert set(re.findall(r'stage\.perform\("(\w+\.py)"\)', source)) == names
    for name in names:
        assert "`runreel up`" in (EXAMPLES / name).read_text(encoding="utf-8").split('"""')[1]


def test_plain(stage: Stage) -> None:
    assert stage.perform("plain.py") == "{'the': 2, 'sky': 1, 'above': 1, 'port': 1}\n"

    run = stage.run_of("count_words")
    assert (run["status"], run["run_name"]) == ("completed", "run 1")
    assert run["inputs"] == {"text": "the sky above the port"}
    assert run["outputs"] == {"the": 2, "sky": 1, "above": 1, "port": 1}


def test_parallel_tools(stage: Stage) -> None:
    assert stage.perform("parallel_tools.py") == "Lisbon\n"

    run = stage.run_of("weather_desk")
    (step,) = stage.events_of(run, "measure_all")
    calls = stage.events_of(run, "measure")
    assert [call["parent_event_id"] for call in calls] == [step["event_id"]] * 3
    assert max(call["started_at"] for call in calls) < min(call["ended_at"] for call in calls)
    (archive,) = stage.events_of(run, "ask_archive")
    assert archive["status"] == "cancelled"


def test_threads_and_executors(stage: Stage) -> None:
    assert stage.perform("threads_and_executors.py") == "2262 primes\n"

    run = stage.run_of("prime_counter")
    assert run["outputs"] == 2262
    assert sum(call["outputs"] for call in stage.events_of(run, "count_primes")) == 2262
    assert len(stage.events_of(run, "report")) == 1
    assert run["completeness"]["recorders"] == 2  # one in each process


def test_planning_and_control(stage: Stage) -> None:
    assert stage.perform("planning_and_control.py") == "The sum is 385, and stays here.\n"

    run, branch = stage.runs_of("number_cruncher")
    path = f"/api/by-id/{run['run_id']}"
    dag = stage.api.get(f"{path}/dag")
    assert {node["node_id"]: node["status"] for node in dag["nodes"]} == {
        "planning": "completed",
        "compute": "completed",
        "look_up": "failed",
        "compare": "skipped",
        "check": "completed",
        "publish": "completed",
    }
    declared = {(edge["source"], edge["target"]) for edge in dag["edges"] if edge["is_declared"]}
    assert declared == {
        ("planning", "compute"), ("planning", "look_up"), ("compute", "compare"), ("look_up", "compare"),
        ("compute", "check"), ("check", "publish"),
    }  # fmt: skip
    plan = stage.api.get(f"{path}/plan")
    assert [step["node_id"] for step in plan["steps"]] == ["compute", "look_up", "compare", "check", "publish"]
    assert [step["depends_on"] for step in plan["steps"]][2:] == [["compute", "look_up"], ["compute"], ["check"]]
    first, *_, last = plan["steps"]
    assert (first["max_attempts"], first["details"][0], last["requires_approval"]) == (2, "write the code", True)
    assert (plan["version"], plan["progress"]["text"]) == (1, "step 5 of 5")
    (skipped,) = stage.api.get(f"{path}/nodes/compare/history")["transitions"]
    assert (skipped["to_status"], skipped["why"]) == ("skipped", "There is no table to compare with.")
    tries = stage.events_of(run, "compute")
    assert [(event["status"], event["attributes"].get("attempt")) for event in tries] == [
        ("failed", None),
        ("completed", 2),
    ]
    first, second = stage.events_of(run, "squares.py")
    assert (first["status"], first["outputs"]["exit_code"], first["event_type"]) == ("failed", 1, "code_exec")
    assert first["error"]["message"].startswith("TypeError: unsupported operand")
    assert (second["status"], second["outputs"]["stdout"]) == ("completed", "385\n")
    (diff,) = second["attributes"]["diffs"]
    assert diff["diff"].endswith('-print(sum(squares) / "1")\n+print(sum(squares))\n')
    (file,) = stage.api.get(f"{path}/files")["files"]
    assert (file["path"], file["node_id"], file["event_id"]) == ("squares.csv", "compute", second["event_id"])
    content = stage.api.http.get(f"{path}/files/{file['file_id']}/content").text
    assert content.startswith("number,square\n1,1\n")
    (approval,) = stage.events_of(run, "May I publish that the sum is 385?")
    assert (approval["status"], approval["event_subtype"]) == ("cancelled", "expired")
    assert approval["outputs"]["option"] == "keep it"
    (asked,) = stage.api.get(f"{path}/approvals")["approvals"]
    assert (asked["status"], asked["option"], asked["node_id"]) == ("expired", "keep it", "publish")
    assert (branch["parent_run_id"], branch["outputs"]) == (run["run_id"], {"total": 385})
    assert branch["metadata"]["branch"] == {
        "from_node": "check",
        "hypothesis": "The order makes no difference",
        "overrides": {"order": "descending"},
    }
    (handoff,) = stage.events_of(run, "librarian")
    assert (handoff["event_type"], handoff["inputs"]["sender"]) == ("handoff", "planner")
    said = [message["sender"] for message in stage.api.get(f"{path}/messages")["messages"]]
    assert said == ["user", "coder", "reporter"]


def test_langgraph_approval(stage: Stage) -> None:
    assert stage.perform("langgraph_approval.py") == "Roses are red, violets are blue.\n"

    run = stage.run_of("poet")
    assert (run["status"], run["session_id"], run["tokens_out"]) == ("completed", "roses", 12)
    path = f"/api/by-id/{run['run_id']}"
    dag = stage.api.get(f"{path}/dag")
    assert [node["node_id"] for node in dag["nodes"]] == ["__start__", "write", "ask", "improve", "__end__"]
    assert {node["status"] for node in dag["nodes"]} == {"completed"}
    conditions = {edge["target"]: edge["condition"] for edge in dag["edges"] if edge["edge_type"] == "conditional"}
    assert conditions == {"improve": "decide: not yet", "__end__": "decide: good"}
    asked = stage.events_of(run, "ask")
    assert [event["status"] for event in asked] == ["waiting_approval", "completed", "waiting_approval", "completed"]
    assert [event["inputs"] for event in stage.events_of(run, "resume")] == ["Mention violets.", "yes"]
    statuses = [each["to_status"] for each in stage.api.get(f"{path}/history")["transitions"]]
    assert statuses[-1] == "completed"


def test_nested_agents(stage: Stage) -> None:
    assert stage.perform("nested_agents.py") == "{'flight': 'LX 17'}\n"

    parent = stage.run_of("travel_desk")
    assert (parent["session_id"], parent["tags"]) == ("trip to Quito", ["partial"])
    for agent_name, status in (("flight_finder", "completed"), ("hotel_finder", "failed")):
        child = stage.run_of(agent_name)
        (call,) = stage.events_of(parent, agent_name)
        assert (child["parent_run_id"], child["parent_event_id"]) == (parent["run_id"], call["event_id"])
        assert (child["status"], call["status"]) == (status, status)


def test_across_services(stage: Stage) -> None:
    assert stage.perform("across_services.py") == "125\n"

    run = stage.run_of("shop_assistant")
    calls, served = stage.events_of(run, "ask_service"), stage.events_of(run, "price service")
    assert [event["parent_event_id"] for event in served] == [event["event_id"] for event in calls]
    assert [event["outputs"] for event in stage.events_of(run, "look_up_price")] == [40, 85]
    assert run["completeness"]["recorders"] == 2


def test_streaming(stage: Stage) -> None:
    assert stage.perform("streaming.py").splitlines()[1] == "Once there was a lamp ."

    run = stage.run_of("storyteller")
    whole, given_up = stage.events_of(run, "scripted-model")
    assert (whole["status"], whole["tokens_in"], whole["tokens_out"]) == ("completed", 6, 16)
    assert whole["attributes"]["item_count"] == 16
    assert whole["started_at"] < whole["first_token_at"] <= whole["ended_at"]
    assert (given_up["status"], given_up["attributes"]["item_count"]) == ("cancelled", 6)
    assert given_up["outputs"] == "Once there was a lamp . "


def test_from_gati(stage: Stage) -> None:
    assert stage.perform("from_gati.py") == "recorded as run 1\no/ o/ o/ Hello, world!\n"

    run = stage.run_of("greeter")
    (step,) = stage.events_of(run, "choose_words")
    (model,) = stage.events_of(run, "m-1")
    assert (step["event_type"], step["attributes"]) == ("step", {"language": "en"})
    assert (model["parent_event_id"], model["outputs"]) == (step["event_id"], "Hello")
    assert len(stage.events_of(run, "wave")) == 1


def test_record_over_http(stage: Stage) -> None:
    assert stage.perform("record_over_http.py").startswith("recorded: http://")

    run = stage.run_of("adder")
    (call,) = stage.events_of(run, "add")
    assert (run["status"], call["outputs"]) == ("completed", {"sum": 42})
