"""Real agents, as processes that fork and end while people ask something of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sdk.control.people_server import PeopleServer
from tests.support.patience import PATIENCE_S
from tests.support.source import ROOT


@pytest.fixture
def env(tmp_path: Path, server: PeopleServer) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("RUNREEL_", "COV_"))}
    own = {"RUNREEL_URL": server.url, "RUNREEL_JOURNAL": str(tmp_path / "journal"), "PYTHONPATH": str(ROOT / "src")}
    # A fork of a process with several threads warns, from Python 3.12 on.
    return clean | own | {"PYTHONWARNINGS": "error"}


def start(script: str, env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script], env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip


def go_on(process: subprocess.Popen[str]) -> None:
    """Let a process go on that waits for a line."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def finish(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, errors) == (0, "")
    return output


# What is registered before us looks after us: at the moment of the fork the process has one thread.
LOOK_AT_FORKS = """
import os
n_threads = []
if os.path.exists("/proc/self/task"):
    os.register_at_fork(before=lambda: n_threads.append(len(os.listdir("/proc/self/task"))))
"""

FORK = """
import os, time
import runreel

def wait():
    while not runreel.should_stop():
        time.sleep(0.01)

runreel.init("a")
with runreel.run(run_id="run-1"):
    runreel.should_stop()
    input()
    threads = os.listdir("/proc/self/task") if os.path.exists("/proc/self/task") else [1, 2]
    assert len(threads) > 1, "nobody listens"
    pid = os.fork()
    if pid == 0:
        wait()
        runreel.shutdown()
        os._exit(7)
    wait()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    assert set(n_threads) <= {1}, n_threads
    print("both heard")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_parent_and_child_of_a_fork_both_hear(server: PeopleServer, env: dict[str, str]) -> None:
    process = start(LOOK_AT_FORKS + FORK, env)
    server.wait_until_asked("/run-1/requests")
    go_on(process)
    # The connection that was cut for the fork is another one afterwards, and the child has its own.
    server.wait_for(lambda: server.n_asked("/run-1/requests") >= 3)
    server.request("run-1", "cancel")
    assert finish(process) == "both heard\n"


FORK_WHILE_A_TASK_WAITS = """
import asyncio, os
import runreel
from runreel.sdk.client import current_client

async def wait_for_a_question_that_takes_long():
    before = None
    while not before or before != current_client().errands:
        before = set(current_client().errands)
        await asyncio.sleep(0.3)

async def main():
    async with runreel.run(run_id="run-1"):
        asking = asyncio.create_task(runreel.approval_async("Deploy?"))
        await wait_for_a_question_that_takes_long()
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        assert set(n_threads) <= {1}, n_threads
        print("forked", flush=True)
        print((await asking).option)

runreel.init("a")
asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_fork_does_not_end_the_waiting_of_a_task(server: PeopleServer, env: dict[str, str]) -> None:
    process = start(LOOK_AT_FORKS + FORK_WHILE_A_TASK_WAITS, env)
    event_id = server.asked()["event_id"]
    assert process.stdout is not None
    assert process.stdout.readline() == "forked\n"
    server.answer(event_id, "approve")
    assert finish(process) == "approve\n"


END = """
import runreel
runreel.init("a")
with runreel.run(run_id="run-1"):
    runreel.should_stop()
    input()
print("ended")
"""


def test_a_process_that_ends_waits_for_no_request(server: PeopleServer, env: dict[str, str]) -> None:
    process = start(END, env)
    server.wait_until_asked("/run-1/requests")
    go_on(process)
    assert finish(process) == "ended\n"
    assert server.run("run-1")["status"] == "completed"


STOP = """
import runreel
runreel.init("a")
with runreel.run(run_id="run-1"):
    runreel.approval("Deploy?")
    runreel.check_stop()
"""


def test_an_agent_that_is_stopped_while_it_asks_ends_with_the_reason(server: PeopleServer, env: dict[str, str]) -> None:
    process = start(STOP, env)
    server.asked()
    server.wait_until_asked("/run-1/requests")
    server.request("run-1", "cancel", why="Wrong topic.", requested_by="Ada")
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert errors.strip().endswith("StopRequestedError: Ada asked that the run run-1 be cancelled: Wrong topic.")
    assert server.run("run-1")["status"] == "cancelled"


INTERRUPT = """
import signal
import runreel
signal.signal(signal.SIGINT, signal.default_int_handler)
runreel.init("a")
with runreel.run(run_id="run-1"):
    try:
        runreel.approval("Deploy?")
    except KeyboardInterrupt:
        print("interrupted")
"""


def test_an_interrupted_wait_ends_at_once_and_withdraws(server: PeopleServer, env: dict[str, str]) -> None:
    import signal

    process = start(INTERRUPT, env)
    event_id = server.asked()["event_id"]
    server.wait_until_asked("/approvals/")
    process.send_signal(signal.SIGINT)
    assert finish(process) == "interrupted\n"
    assert server.merged(event_id)["status"] == "cancelled"
