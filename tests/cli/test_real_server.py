"""The command line and the demo against the real server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from runreel.sdk.journal.folder import find_journals
from tests.cli.command_line import CommandLine
from tests.support.patience import PATIENCE_S
from tests.support.server import RUNREEL, RunningServer, running_server

AGENT = "a/b?c%2F #1"


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_server() as server:
        yield server


@pytest.fixture
def runreel(server: RunningServer) -> CommandLine:
    return CommandLine(server.url)


def record(server: RunningServer, **run: object) -> None:
    send(server, {"record": "run", **run})


def send(server: RunningServer, record: dict[str, object]) -> None:
    body = json.dumps({"version": 1, "records": [record]}).encode()
    request = Request(f"{server.url}/api/records", body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=PATIENCE_S) as response:
        assert json.load(response)["accepted"] == 1


def demonstrate(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "runreel.demo", "--url", url, "--pace", "0", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def test_the_demo_is_recorded_whole(server: RunningServer, runreel: CommandLine) -> None:
    done = demonstrate(server.url, "--runs", "6")

    assert (done.returncode, done.stderr) == (0, "")
    runs = json.loads(runreel("runs", "list", "--json", "--limit", "100").out)["runs"]
    of_demo = [run for run in runs if run["environment"] == "demo"]
    assert sorted(run["status"] for run in of_demo) == ["completed"] * 6 + ["failed"]
    assert all(run["total_cost"] > 0 and run["unpriced_count"] == 0 for run in of_demo)

    (page,) = [run for run in of_demo if run["agent_name"] == "report_desk"]
    shown = runreel("runs", "show", "report_desk", page["run_name"]).out
    for sign in ("✓ planning", "✓ step_1: Ask the climate analyst", "handoff", "✓ climate_analyst / ", "✓ terminator"):
        assert sign in shown
    assert runreel("runs", "show", page["run_id"]).out == shown


def test_a_run_of_any_name_is_shown_renamed_and_deleted(server: RunningServer, runreel: CommandLine) -> None:
    names = ["run 1", "100% #2? / é", "\U0001f680 שלום"]
    record(server, run_id="odd", agent_name=AGENT, status="completed")

    for old, new in pairwise(names):
        assert runreel("runs", "rename", AGENT, old, new).code == 0
        shown = runreel("runs", "show", AGENT, new)
        assert shown.out.startswith(f"{AGENT} / {new}\n")
        assert runreel("runs", "show", AGENT, old).out == shown.out

    former = runreel("runs", "delete", AGENT, names[0], "--yes")
    assert former.code == 1
    assert names[-1] in former.err
    assert runreel("runs", "delete", AGENT, names[0], typed="y\n").out == "Deleted.\n"
    gone = runreel("runs", "show", AGENT, names[-1])
    assert gone.code == 1
    assert "has no run" in gone.err


def test_a_run_is_followed_to_its_end(server: RunningServer, runreel: CommandLine) -> None:
    record(server, run_id="live", agent_name="walker", run_name="there", phase="start")
    lines: list[str] = []
    with subprocess.Popen(
        [RUNREEL, "tail", "--id", "live", "--url", server.url, "--json"], stdout=subprocess.PIPE, text=True
    ) as tail:
        assert tail.stdout is not None
        lines.append(tail.stdout.readline())
        for event_id, status in (("e1", "completed"), ("e2", "failed")):
            recorded = {"record": "event", "run_id": "live", "event_id": event_id, "status": status, "name": event_id}
            send(server, {**recorded, "event_type": "tool_call", "recorded_at": "2026-01-02T03:04:05Z"})
            while f'"event_id": "{event_id}"' not in lines[-1]:
                assert lines[-1]
                lines.append(tail.stdout.readline())
        record(server, run_id="live", status="completed")
        lines.extend(tail.stdout)
        assert tail.wait(PATIENCE_S) == 0
    frames = [json.loads(line) for line in lines]
    assert frames[-1]["run"]["status"] == "completed"
    shown = runreel("tail", "walker", "there")
    assert (shown.code, shown.out.splitlines()[-1]) == (0, "walker / there: completed")
    assert [("e1" in line, "e2  failed" in line) for line in shown.out.splitlines()[:2]] == [
        (True, False),
        (False, True),
    ]


def test_figures_and_events_are_those_of_the_server(server: RunningServer, runreel: CommandLine) -> None:
    record(server, run_id="sum", agent_name="adder", run_name="one", status="completed")
    send(server, {"record": "event", "run_id": "sum", "event_id": "e", "event_type": "tool_call", "name": "add"})
    assert "add" in runreel("events", "adder", "one").out
    figures = runreel("stats", "--agent", "adder")
    assert figures.code == 0
    assert "events" in figures.out


def test_a_taken_and_an_unusable_name_are_explained(server: RunningServer, runreel: CommandLine) -> None:
    record(server, run_id="t1", agent_name="twins", run_name="left", status="completed")
    record(server, run_id="t2", agent_name="twins", run_name="right", status="completed")

    taken = runreel("runs", "rename", "twins", "left", "right")
    unusable = runreel("runs", "rename", "twins", "left", "a\x00b")

    assert (taken.code, unusable.code) == (1, 1)
    assert "right" in taken.err
    assert "control characters" in unusable.err


def test_a_used_port_is_a_set_up_error(server: RunningServer, tmp_path: Path) -> None:
    port = server.url.rpartition(":")[2]

    done = subprocess.run(
        [RUNREEL, "up", "--port", port, "--data", tmp_path],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.startswith("runreel: ")
    assert port in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_of_the_environment_give_way_to_options(tmp_path: Path) -> None:
    env = {"RUNREEL_DATA": str(tmp_path / "not"), "RUNREEL_PORT": "1", "RUNREEL_HOST": "127.0.0.1"}

    with running_server(tmp_path / "data", env=env):
        assert (tmp_path / "data").is_dir()
    assert not (tmp_path / "not").exists()


def test_a_bad_setting_is_a_set_up_error() -> None:
    done = subprocess.run(
        [RUNREEL, "up"],
        env={**os.environ, "RUNREEL_PORT": "many"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert done.returncode == 2
    assert "RUNREEL_PORT is 'many'" in done.stderr


def test_a_file_of_prices_counts_and_a_bad_one_is_a_set_up_error(tmp_path: Path) -> None:
    path = tmp_path / "prices.json"
    path.write_text('{"version": 1, "prices": [{"provider": "acme", "model": "m", "input": 1, "output": 2}]}')
    with running_server(tmp_path / "data", env={"RUNREEL_PRICES": str(path)}) as server:
        listed = json.loads(CommandLine(server.url)("prices", "--provider", "acme", "--json").out)["prices"]
    assert [price["source"] for price in listed] == ["file"]

    path.write_text('{"version": 1, "prices": [{"provider": "acme", "model": "m", "input": "1"}]}')
    done = subprocess.run(
        [RUNREEL, "up", "--port", "0", "--data", tmp_path / "data"],
        env={**os.environ, "RUNREEL_PRICES": str(path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 2
    assert "price 0: input is '1'" in done.stderr


def test_prices_are_set_and_recorded_calls_are_priced_again(server: RunningServer, runreel: CommandLine) -> None:
    call = {"record": "event", "run_id": "priced", "event_id": "c", "event_type": "llm_call", "model": "new/1"}
    record(server, run_id="priced", agent_name="pricer", status="completed")
    body = {"version": 1, "records": [{**call, "provider": "acme", "usage": {"tokens_in": 1000}}]}
    with urlopen(Request(f"{server.url}/api/records", json.dumps(body).encode()), timeout=PATIENCE_S) as response:
        assert json.load(response)["accepted"] == 1

    assert "new/1" in runreel("prices", "unpriced").out
    assert runreel("prices", "set", "acme", "new/1", "--input", "2", "--output", "0").code == 0
    assert "1 would change: +$0.002000, -1 without" in runreel("prices", "recompute", "--dry-run").out
    assert "1 changed: +$0.002000, -1 without" in runreel("prices", "recompute", "--model", "new/1").out
    assert "new/1" not in runreel("prices", "unpriced").out
    assert json.loads(runreel("runs", "show", "priced", "--json").out)["total_cost"] == 0.002
    assert runreel("prices", "unset", "acme", "new/1").out == "Removed 1 price.\n"
    assert runreel("prices", "unset", "acme", "new/1").code == 1


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    def migrate() -> str:
        command = [RUNREEL, "migrate", "--data", str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=True).stdout

    assert migrate().startswith("Migrated from an empty database to revision ")
    assert migrate().endswith("already; nothing was changed.\n")


def test_ctrl_c_ends_server_and_demo_and_loses_no_run(tmp_path: Path) -> None:
    command = [RUNREEL, "up", "--port", "0", "--data", str(tmp_path), "--demo"]
    both = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        assert both.stdout is not None
        lines = iter(both.stdout.readline, "")
        assert any("on their way" in line for line in lines)
        # As a terminal does: to all processes of the group.
        os.killpg(both.pid, signal.SIGINT)
        rest = "".join(lines)
        both.stdout.close()
        assert both.wait(PATIENCE_S) == 0
    finally:
        if both.poll() is None:
            os.killpg(both.pid, signal.SIGKILL)
            both.wait()
    assert "Traceback" not in rest

    with running_server(tmp_path) as server:
        runreel, journal = CommandLine(server.url), tmp_path / "demo-journal"
        if journal.is_dir():
            assert runreel("push", str(journal), "--url", server.url).code == 0
        assert find_journals(str(journal)) == []
        runs = json.loads(runreel("runs", "--json").out)["runs"]
        whole = [json.loads(runreel("runs", "show", run["run_id"], "--json").out) for run in runs]
    assert {run["status"] for run in runs} <= {"completed", "failed", "cancelled"}
    assert all(run["completeness"]["is_complete"] for run in whole)
