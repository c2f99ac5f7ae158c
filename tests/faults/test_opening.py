"""Many processes open runs of one new agent at once: every run gets a number of its own, and none is left out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from runreel.storage.sql import migrate
from tests.support.api import Api, client_of
from tests.support.patience import PATIENCE_S
from tests.support.server import running_server

PROGRAM = Path(__file__).with_name("open_runs.py")
AGENT = "opened at once"
N_PROCESSES = 32
N_RUNS = 50


def open_at_once(urls: Sequence[str]) -> list[dict[str, Any]]:
    """Let all processes open runs of their own at once, spread over servers and dialects."""
    dialects = ("native", "gati")
    return run_at_once(
        [(urls[n % len(urls)], f"p{n}", dialects[n // len(urls) % len(dialects)]) for n in range(N_PROCESSES)]
    )


def run_at_once(plan: Sequence[tuple[str, str, str]]) -> list[dict[str, Any]]:
    """Start a process for each URL, prefix of run ids, and dialect; let them go together; return what each got."""
    with ExitStack() as stack:
        processes: list[subprocess.Popen[str]] = []
        for url, prefix, dialect in plan:
            command = [sys.executable, "-S", str(PROGRAM), url, str(N_RUNS), prefix, dialect]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            processes.append(stack.enter_context(process))
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        outcomes = [json.loads(process.communicate(timeout=PATIENCE_S)[0]) for process in processes]
        assert {process.returncode for process in processes} == {0}
        return outcomes


def assert_numbered(api: Api, outcomes: list[dict[str, Any]]) -> None:
    assert [error for outcome in outcomes for error in outcome["errors"]] == []
    runs = [run for page in api.iter_linked(f"/api/agents/{AGENT.replace(' ', '%20')}/runs?limit=500") for run in page]
    wanted = N_PROCESSES * N_RUNS
    assert len(runs) == len({run["run_id"] for run in runs}) == wanted
    assert sorted(int(run["run_name"].removeprefix("run ")) for run in runs) == list(range(1, wanted + 1))
    assert api.get(f"/api/agents/{AGENT.replace(' ', '%20')}")["total_runs"] == wanted
    # What a process was told is what everybody sees.
    names = {run["run_id"]: run["run_name"] for run in runs}
    told = {run_id: name for outcome in outcomes for run_id, name in outcome["names"].items()}
    assert len(told) == wanted // 2
    assert told.items() <= names.items()


def test_runs_opened_at_once_are_numbered_on_sqlite(tmp_path: Path) -> None:
    with running_server(tmp_path) as server, client_of(server.url) as api:
        assert_numbered(api, open_at_once([server.url]))


@pytest.mark.postgres
@pytest.mark.parametrize("n_servers", [1, 2])
def test_runs_opened_at_once_are_numbered_on_postgresql(empty_postgres_url: str, n_servers: int) -> None:
    migrate(empty_postgres_url)
    with ExitStack() as stack:
        servers = [
            stack.enter_context(running_server(None, empty_postgres_url, migrated=True)) for _ in range(n_servers)
        ]
        api = stack.enter_context(client_of(servers[-1].url))
        assert_numbered(api, open_at_once([server.url for server in servers]))


@pytest.mark.postgres
def test_a_run_that_several_processes_open_at_two_servers_is_one_run(empty_postgres_url: str) -> None:
    migrate(empty_postgres_url)
    with (
        running_server(None, empty_postgres_url, migrated=True) as one,
        running_server(None, empty_postgres_url, migrated=True) as two,
        client_of(one.url) as api,
    ):
        senders = ((one.url, "native"), (two.url, "gati"), (two.url, "native"))
        outcomes = run_at_once([(url, f"p{n}", dialect) for n in range(4) for url, dialect in senders])

        assert [error for outcome in outcomes for error in outcome["errors"]] == []
        runs = api.runs_of(AGENT)
        assert len(runs) == 4 * N_RUNS
        assert sorted(int(run["run_name"].removeprefix("run ")) for run in runs) == list(range(1, 4 * N_RUNS + 1))
        assert {run["event_count"] for run in runs} == {1}
