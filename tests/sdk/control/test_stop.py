"""What people ask of a running agent reaches it, and the server hears that it did."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import runreel
from runreel.sdk.client import Client
from runreel.testing import Recorded
from tests.sdk.control.conftest import Later, MakeClient
from tests.sdk.control.people_server import PeopleServer
from tests.sdk.shipping.record_server import Asked, Reply, problem
from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.anyio


def run_until(is_so: Callable[[], bool], run_id: str = "run-1") -> Later:
    """Work in a run until something is so."""

    def work() -> None:
        with runreel.run(run_id=run_id):
            eventually(is_so)

    return Later(work)


def test_a_run_that_is_asked_to_stop_hears_it_and_ends_cancelled(client: Client, server: PeopleServer) -> None:
    working = run_until(runreel.should_stop)
    server.wait_until_asked("/run-1/requests")
    assert not working.is_over
    server.request("run-1", "cancel")
    working.result()
    assert client.flush(PATIENCE_S).is_complete
    assert server.run("run-1")["seen_request"] == 1
    assert server.statuses("run-1") == ["executing", "cancelled"]


def test_a_status_that_the_agent_sets_counts_more(recording: Recorded) -> None:
    recording.request("cancel")
    with runreel.run() as run:
        assert runreel.should_stop()
        run.set_status("completed")
    assert recording.run("a")["status"] == "completed"


def test_code_that_goes_on_after_every_error_does_not_go_on_after_a_stop(recording: Recorded) -> None:
    @runreel.tool
    def search() -> None:
        runreel.check_stop()

    @runreel.agent
    def work() -> None:
        for _ in range(3):
            with suppress(Exception):
                search()

    work()
    recording.request("cancel", why="Wrong topic.", who="Ada")
    with pytest.raises(runreel.StopRequestedError, match=r"^Ada asked that the run .* be cancelled: Wrong topic\.$"):
        work()
    first, last = recording.runs
    assert (first["status"], last["status"], last["seen_request"]) == ("completed", "cancelled", 1)
    assert "error" not in last
    assert [event["status"] for event in recording.events] == ["completed"] * 3 + ["cancelled"]


def test_a_stop_crosses_processes_as_it_is() -> None:
    error = pickle.loads(pickle.dumps(runreel.StopRequestedError("run-1", "Wrong topic.", "Ada")))
    assert (error.run_id, error.why, error.requested_by) == ("run-1", "Wrong topic.", "Ada")
    assert str(error) == "Ada asked that the run run-1 be cancelled: Wrong topic."


async def test_tasks_that_stop_together_are_cancelled(recording: Recorded) -> None:
    async def search() -> None:
        with runreel.tool("search"):
            await runreel.check_stop_async()

    async def work() -> None:
        async with runreel.run(), asyncio.TaskGroup() as group:
            group.create_task(search())
            group.create_task(search())

    recording.request("cancel")
    with pytest.raises(BaseExceptionGroup):
        await work()
    assert recording.run("a")["status"] == "cancelled"


def test_a_run_waits_while_it_is_to_pause(client: Client, server: PeopleServer) -> None:
    passed: list[int] = []

    def work() -> None:
        with runreel.run(run_id="run-1"):
            eventually(runreel.should_pause)
            runreel.check_stop()
            passed.append(1)
            assert not runreel.should_pause()

    working = Later(work)
    server.wait_until_asked("/run-1/requests")
    server.request("run-1", "pause")
    server.wait_for(lambda: "paused" in server.statuses("run-1"))
    assert server.run("run-1")["seen_request"] == 1
    assert passed == []
    server.request("run-1", "resume")
    working.result()
    assert client.flush(PATIENCE_S).is_complete
    assert server.statuses("run-1") == ["executing", "paused", "executing", "completed"]
    assert server.run("run-1")["seen_request"] == 2


def test_several_threads_of_a_run_that_pauses_are_told_of_once(recording: Recorded) -> None:
    def work() -> None:
        with runreel.run(run_id="run-1"):
            recording.request("pause")
            waiting = [Later(runreel.bind(runreel.check_stop)) for _ in range(3)]
            eventually(lambda: any(record.get("status") == "paused" for record in recording))
            recording.request("resume")
            for one in waiting:
                one.result()

    Later(work).result()
    statuses = [record["status"] for record in recording if record["record"] == "run" and "status" in record]
    assert statuses == ["executing", "paused", "executing", "completed"]


async def test_a_task_that_pauses_lets_others_go_on(recording: Recorded) -> None:
    async with runreel.run():
        recording.request("pause")
        waiting = asyncio.create_task(runreel.check_stop_async())
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done
        recording.request("cancel")
        with pytest.raises(runreel.StopRequestedError):
            await waiting
    assert recording.run("a")["status"] == "cancelled"


def test_what_is_asked_of_a_run_holds_for_those_within(recording: Recorded) -> None:
    @runreel.agent
    def helper() -> bool:
        return runreel.should_stop()

    with runreel.run(agent="outer"):
        assert not helper()
        recording.request("cancel")
        # Only the outer run is asked: the inner one is made later, and hears of it by what is around.
        recording._requests.clear()
        assert helper()
    first, second = (run for run in recording.runs if run["agent_name"] == "helper")
    assert (first["status"], second["status"]) == ("completed", "cancelled")
    assert recording.run("outer")["status"] == "cancelled"
    assert "seen_request" not in second


def test_a_pause_of_a_run_holds_for_those_within_and_is_told_of_it_alone(recording: Recorded) -> None:
    def work() -> None:
        with runreel.run(agent="outer"):
            assert not runreel.should_pause()
            recording.request("pause")
            recording._requests.clear()
            with runreel.run(agent="inner"):
                runreel.check_stop()

    def statuses(agent_name: str) -> list[str]:
        run_id = recording.run(agent_name)["run_id"]
        return [
            run["status"] for run in recording if run["run_id"] == run_id and "status" in run and "event_id" not in run
        ]

    working = Later(work)
    eventually(lambda: any(record.get("status") == "paused" for record in recording))
    recording._watches[0].hear([{"number": 2, "action": "resume"}])
    working.result()
    assert statuses("outer") == ["executing", "paused", "executing", "completed"]
    assert statuses("inner") == ["executing", "completed"]


def test_outside_of_runs_nothing_is_asked_and_nothing_begins(recording: Recorded) -> None:
    recording.request("cancel")
    assert (runreel.should_stop(), runreel.should_pause()) == (False, False)
    runreel.check_stop()
    assert recording.records == []


def test_where_nothing_is_recorded_nobody_asks() -> None:
    from runreel.sdk.client import replace_client

    former = replace_client(None)
    with runreel.run():
        assert (runreel.should_stop(), runreel.should_pause()) == (False, False)
        runreel.check_stop()
    replace_client(former)


@pytest.mark.usefixtures("client")
def test_each_of_many_runs_hears_what_is_asked_of_it(server: PeopleServer) -> None:
    ids = [f"run-{number}" for number in range(30)]
    working = [run_until(runreel.should_stop, run_id) for run_id in ids]
    server.wait_for(lambda: all(server.n_asked(f"/{run_id}/requests") for run_id in ids))
    for run_id in ids[::2]:
        server.request(run_id, "cancel")
    for one in working[::2]:
        one.result()
    assert not any(one.is_over for one in working[1::2])
    for run_id in ids[1::2]:
        server.request(run_id, "cancel")
    for one in working:
        one.result()


@pytest.mark.usefixtures("client")
def test_a_server_that_goes_and_comes_back_is_asked_again(server: PeopleServer) -> None:
    working = run_until(runreel.should_stop)
    server.wait_until_asked("/run-1/requests")
    server.stop()
    server.request("run-1", "cancel")
    server.start()
    working.result()


@pytest.mark.usefixtures("client")
def test_a_server_that_has_not_heard_of_the_run_yet_is_asked_again(server: PeopleServer) -> None:
    def hear_nothing(asked: Asked) -> Reply | None:
        is_early = asked.path.endswith("/records") and server.n_asked("/run-1/requests") < 2
        return problem(503, "wait") if is_early else None

    server.intervene = hear_nothing
    server.request("run-1", "cancel")
    run_until(runreel.should_stop).result()


def test_the_thread_ends_with_the_client(client: Client, server: PeopleServer) -> None:
    with runreel.run(run_id="run-1"):
        runreel.should_stop()
        server.wait_until_asked("/run-1/requests")
        listener: Any = client.listener
        thread = Path(f"/proc/self/task/{listener._order.native_id}")
        assert thread.exists() or not Path("/proc/self").exists()
        client.shutdown(timeout_s=PATIENCE_S)
        # A question in the middle of its wait was cut short.
        eventually(lambda: not thread.exists(), timeout_s=15)
        # What comes later begins anew.
        server.request("run-1", "cancel")
        eventually(runreel.should_stop)


@pytest.mark.usefixtures("client")
def test_a_run_that_was_cancelled_before_can_be_begun_again(server: PeopleServer) -> None:
    server.request("run-1", "cancel", is_seen=True)
    with runreel.run(run_id="run-1"):
        runreel.should_stop()
        server.wait_until_asked("after=1")
        assert not runreel.should_stop()
    server.request("run-1", "cancel")
    run_until(runreel.should_stop).result()


@pytest.mark.usefixtures("client")
def test_a_run_that_was_paused_before_is_paused_when_it_is_begun_again(server: PeopleServer) -> None:
    server.request("run-1", "pause", is_seen=True)
    run_until(runreel.should_pause).result()
    assert "seen_request" not in server.run("run-1")


def test_a_part_of_a_run_in_another_process_hears_as_well(use_client: MakeClient, server: PeopleServer) -> None:
    use_client()
    with runreel.run(run_id="run-1") as run:
        carrier = runreel.inject()
        run.add_metadata({"is": "told"})
        use_client()

        def work() -> None:
            with runreel.extract(carrier):
                eventually(runreel.should_stop)

        working = Later(work)
        server.wait_until_asked("/run-1/requests")
        server.request("run-1", "cancel")
        working.result()
