"""Runs never exchange an event, however tasks and threads come between each other."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import random
import sys
import threading
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

import runreel
from runreel.sdk.context import current
from runreel.sdk.recording import program_name
from runreel.testing import Recorded, recorded
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.anyio

N_RUNS = 1_000
DEPTH = 3


@runreel.tool
def leaf(owner: str) -> str:
    return owner


@runreel.step
async def async_branch(owner: str, depth: int) -> None:
    leaf(owner)
    await asyncio.sleep(0)
    if depth:
        await asyncio.gather(async_branch(owner, depth - 1), asyncio.to_thread(leaf, owner))
    async for _ in async_stream(owner):
        leaf(owner)


@runreel.tool
async def async_stream(owner: str) -> object:
    for _ in range(2):
        await asyncio.sleep(0)
        leaf(owner)
        yield owner


@runreel.step
def branch(owner: str, depth: int, chance: random.Random) -> None:
    leaf(owner)
    for _ in stream(owner):
        leaf(owner)
    if depth:
        if chance.random() < 0.3:
            thread = threading.Thread(target=runreel.bind(leaf), args=(owner,))
            thread.start()
            thread.join()
        branch(owner, depth - 1, chance)


@runreel.tool
def stream(owner: str) -> object:
    leaf(owner)
    yield owner


def check_that_nothing_is_mixed(recording: Recorded, n_runs: int) -> None:
    """Every event tells its owner in its inputs, and so does the metadata of its run; parents are of the same run."""
    owners = {run["run_id"]: run["metadata"]["owner"] for run in recording.runs}
    assert len(owners) == n_runs
    events = recording.events
    runs_of_events = {event["event_id"]: event["run_id"] for event in events}
    for event in events:
        assert event["inputs"]["owner"] == owners[event["run_id"]]
        assert event["status"] == "completed"
        parent = event.get("parent_event_id")
        assert parent is None or runs_of_events[parent] == event["run_id"]
        assert (parent is None) == (event["name"] in {"async_branch", "branch"} and event["inputs"]["depth"] == DEPTH)
    numbers: dict[str, list[int]] = {}
    for record in recording:
        numbers.setdefault(record["run_id"], []).append(record["number"])
    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in numbers.values())


def test_a_thousand_runs_never_exchange_an_event() -> None:
    async def async_run(owner: str) -> None:
        with runreel.run(metadata={"owner": owner}):
            await async_branch(owner, DEPTH)

    def run(number: int) -> None:
        owner = f"thread {number}"
        with runreel.run(metadata={"owner": owner}):
            branch(owner, DEPTH, random.Random(number))

    async def main() -> None:
        await asyncio.gather(*(async_run(f"task {number}") for number in range(N_RUNS // 2)))

    with recorded() as recording, ThreadPoolExecutor(8) as pool:
        runs = [pool.submit(run, number) for number in range(N_RUNS // 2)]
        asyncio.run(main())
        for done in runs:
            done.result()
    check_that_nothing_is_mixed(recording, N_RUNS)


def test_a_thread_of_its_own_knows_no_run(recording: Recorded) -> None:
    with runreel.run(agent="one"):
        thread = threading.Thread(target=leaf, args=("x",))
        thread.start()
        thread.join()
    assert recording.event("leaf")["run_id"] == recording.run(program_name())["run_id"]


async def test_bind_takes_functions_of_both_kinds_along(recording: Recorded) -> None:
    async def ask() -> None:
        leaf("async")

    with runreel.span("outer") as event:
        bound, async_bound = runreel.bind(leaf), runreel.bind(ask)
    assert inspect.iscoroutinefunction(async_bound)
    bound("sync")
    await async_bound()
    assert {found["parent_event_id"] for found in recording.events if found["name"] == "leaf"} == {event.event_id}


async def test_bind_takes_generators_along_at_every_step(recording: Recorded) -> None:
    def ask() -> Generator[int]:
        leaf("first")
        yield 1
        leaf("second")

    async def async_ask() -> AsyncGenerator[int]:
        leaf("third")
        yield 2
        leaf("fourth")

    with runreel.span("outer") as event:
        bound, async_bound = runreel.bind(ask), runreel.bind(async_ask)
    assert inspect.isgeneratorfunction(bound)
    assert inspect.isasyncgenfunction(async_bound)
    assert list(bound()) == [1]
    assert [item async for item in async_bound()] == [2]
    found = [found for found in recording.events if found["name"] == "leaf"]
    assert [each.get("parent_event_id") for each in found] == [event.event_id] * 4
    assert current.get() is None


def test_bind_gives_the_function_itself_outside_of_runs(recording: Recorded) -> None:
    assert runreel.bind(leaf) is leaf


@pytest.fixture
def following() -> object:
    before = threading.Thread.start, ThreadPoolExecutor.submit, ProcessPoolExecutor.submit
    runreel.follow_threads()
    runreel.follow_threads()
    yield
    runreel.unfollow_threads()
    assert (threading.Thread.start, ThreadPoolExecutor.submit, ProcessPoolExecutor.submit) == before


@pytest.mark.usefixtures("following")
def test_threads_can_be_followed(recording: Recorded) -> None:
    class Worker(threading.Thread):
        def run(self) -> None:
            leaf("worker")

    with runreel.span("outer") as event:
        threads = [Worker(), threading.Thread(target=leaf, args=("plain",)), threading.Timer(0, leaf, ("timer",))]
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
        assert "run" not in thread.__dict__
    assert [found["parent_event_id"] for found in recording.events if found["name"] == "leaf"] == [event.event_id] * 3


@pytest.mark.usefixtures("following")
async def test_executors_can_be_followed(recording: Recorded) -> None:
    with ThreadPoolExecutor(1) as pool:
        for number in range(3):
            with runreel.span(f"outer {number}"):
                pool.submit(leaf, f"outer {number}").result()
                await asyncio.get_running_loop().run_in_executor(pool, leaf, f"outer {number}")
        # The worker was started within the first span, and does not stay there.
        pool.submit(leaf, "none").result()
    names = {event["event_id"]: event["name"] for event in recording.events}
    for event in recording.events:
        if event["name"] == "leaf":
            assert names.get(event.get("parent_event_id"), "none") == event["inputs"]["owner"]


def carried() -> dict[str, str]:
    return dict(runreel.inject())


@pytest.mark.skipif(sys.version_info < (3, 14), reason="there are no executors of interpreters before")
@pytest.mark.usefixtures("following")
def test_executors_of_interpreters_get_what_they_are_given(recording: Recorded) -> None:
    from concurrent.futures import InterpreterPoolExecutor  # type: ignore[attr-defined]

    with runreel.span("outer"), InterpreterPoolExecutor(1) as pool:
        assert pool.submit(abs, -3).result() == 3


@pytest.mark.usefixtures("following")
def test_processes_can_be_followed(recording: Recorded) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool, runreel.span("outer") as event:
        run_id = runreel.current_run().run_id
        assert pool.submit(carried).result(PATIENCE_S)["runreel-run"] == f"{run_id};{event.event_id}"


async def test_what_outlives_its_run_still_belongs_to_it(recording: Recorded) -> None:
    go = asyncio.Event()

    async def background() -> None:
        await go.wait()
        leaf("late")

    with runreel.run(agent="first"):
        task = asyncio.create_task(background())
    with runreel.run(agent="second"):
        go.set()
        await task
    assert recording.event("leaf")["run_id"] == recording.run("first")["run_id"]


def test_blocks_that_end_out_of_order_leave_no_trace(recording: Recorded) -> None:
    def body() -> object:
        with runreel.span("in the generator"):
            yield

    with runreel.run(agent="one"):
        stream = body()
        with runreel.span("around"):
            next(stream)
        runreel.event("behind")
        assert list(stream) == []
    runreel.event("outside")
    assert "parent_event_id" not in recording.event("behind")
    assert recording.event("outside")["run_id"] == recording.run(program_name())["run_id"]


def test_a_block_left_in_another_context_ends_there(recording: Recorded) -> None:
    block = runreel.span("moved")
    contextvars.copy_context().run(block.__enter__)
    contextvars.copy_context().run(block.__exit__, None, None, None)
    assert recording.event("moved")["status"] == "completed"


def test_nothing_stands_in_a_block_that_was_ended_elsewhere(recording: Recorded) -> None:
    outer, inner = runreel.span("outer"), runreel.span("inner")
    outer.__enter__()
    inner.__enter__()
    contextvars.copy_context().run(outer.__exit__, None, None, None)
    inner.__exit__(None, None, None)
    runreel.event("behind")
    assert "parent_event_id" not in recording.event("behind")
