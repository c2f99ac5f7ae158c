"""Tasks of the functional API are executions within their entrypoint's."""

from __future__ import annotations

import asyncio
from concurrent.futures import wait
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import entrypoint, task
from langgraph.types import Command, interrupt

import runreel
from runreel.integrations.langgraph import record
from runreel.integrations.langgraph import task as tasks
from runreel.testing import Recorded
from tests.integrations.graphs import executions, in_thread


@task
def double(number: int) -> int:
    runreel.event("doubling")
    return number * 2


@task
async def double_later(number: int) -> int:
    runreel.event("doubling")
    return number * 2


@task
def fail(number: int) -> int:
    raise LookupError(number)


def test_tasks_are_executions_within_the_entrypoint(recording: Recorded) -> None:
    @entrypoint()
    def work(numbers: list[int]) -> int:
        return sum(future.result() for future in [double(number) for number in numbers])

    assert record(work).invoke([1, 2]) == 6
    around, *_ = executions(recording, "work")
    tasks = executions(recording, "work:double")
    assert sorted(event["outputs"] for event in tasks) == [2, 4]
    assert {event["parent_event_id"] for event in tasks} == {around["event_id"]}
    inside = [event for event in recording.events if event["name"] == "doubling"]
    assert {event["parent_event_id"] for event in inside} == {event["event_id"] for event in tasks}
    (run,) = recording.runs
    assert (run["agent_name"], run["inputs"], run["outputs"]) == ("work", [1, 2], 6)
    assert {node["node_id"]: node.get("parent_node_id") for node in recording.merged("node")}["work:double"] == "work"


def test_asynchronous_tasks(recording: Recorded) -> None:
    @entrypoint()
    async def work(number: int) -> int:
        return await double_later(number)

    assert asyncio.run(record(work).ainvoke(2)) == 4
    (event,) = executions(recording, "work:double_later")
    assert (event["status"], event["outputs"]) == ("completed", 4)


def test_a_task_that_fails_keeps_its_error(recording: Recorded) -> None:
    @entrypoint()
    def work(number: int) -> int:
        return fail(number).result()

    with pytest.raises(LookupError):
        record(work).invoke(2)
    assert [event["status"] for event in executions(recording)] == ["failed", "failed"]


def test_a_quick_task_is_not_taken_for_one_that_was_done_before(
    recording: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow = tasks._follow

    def follow_when_done(event: Any, future: Any) -> None:
        wait([future])
        follow(event, future)

    monkeypatch.setattr(tasks, "_follow", follow_when_done)

    @entrypoint()
    def work(number: int) -> int:
        return double(number).result()

    assert record(work).invoke(1) == 2
    (execution,) = executions(recording, "work:double")
    assert ("attributes" in execution, execution["outputs"]) == (False, 2)


def test_a_task_that_was_done_before_is_told_to_be(recording: Recorded) -> None:
    @entrypoint(checkpointer=InMemorySaver())
    def work(number: int) -> Any:
        return double(number).result(), interrupt("Go on?")

    graph = record(work)
    graph.invoke(2, in_thread())
    assert graph.invoke(Command(resume="yes"), in_thread()) == (4, "yes")
    first, second = executions(recording, "work:double")
    assert "attributes" not in first
    assert (second["attributes"], second["outputs"]) == ({"from_checkpoint": True}, 4)
    assert len(recording.runs) == 1
