"""Nodes and edges are declared as they run."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

import runreel
from runreel.testing import Recorded

pytestmark = pytest.mark.anyio


def edges_of(recording: Recorded) -> set[tuple[str, str]]:
    return {(edge["source"], edge["target"]) for edge in recording.merged("edge")}


@runreel.node
def planning(topic: str) -> str:
    runreel.event("thinking")
    return topic


@runreel.node("step_1", type="agent", goal="Do it.")
async def work() -> None:
    await asyncio.sleep(0)


@runreel.workflow
def report(topic: str) -> None:
    planning(topic)
    with runreel.node("step_1"):
        runreel.event("working")
    with runreel.node("terminator"):
        pass


def test_nodes_that_follow_each_other_are_joined(recording: Recorded) -> None:
    report("a")
    run = recording.run("report")
    assert run["inputs"] == {"topic": "a"}
    nodes = recording.merged("node")
    assert [(node["node_id"], node["node_type"]) for node in nodes] == [
        ("planning", "planning"), ("step_1", "step"), ("terminator", "terminator"),
    ]  # fmt: skip
    assert edges_of(recording) == {("planning", "step_1"), ("step_1", "terminator")}
    assert {edge["edge_type"] for edge in recording.merged("edge")} == {"sequential"}
    assert {record["run_id"] for record in recording} == {run["run_id"]}


def test_events_inside_tell_their_node(recording: Recorded) -> None:
    report("a")
    execution, thinking = recording.event("planning"), recording.event("thinking")
    assert (execution["event_type"], execution["node_id"], execution["status"]) == (
        "node_execution", "planning", "completed",
    )  # fmt: skip
    assert (execution["inputs"], execution["outputs"]) == ({"topic": "a"}, "a")
    assert (thinking["node_id"], thinking["parent_event_id"]) == ("planning", execution["event_id"])


def test_a_node_that_runs_again_is_declared_once(recording: Recorded) -> None:
    with runreel.run():
        for _ in range(3):
            planning("a")
            with runreel.node("check"):
                pass
    assert len([record for record in recording if record["record"] == "node"]) == 2
    assert len([record for record in recording if record["record"] == "edge"]) == 2
    assert edges_of(recording) == {("planning", "check"), ("check", "planning")}


async def test_nodes_at_the_same_time_follow_the_same_ones(recording: Recorded) -> None:
    async def one(name: str) -> None:
        async with runreel.node(name):
            await asyncio.sleep(0)

    async with runreel.run():
        await one("start")
        await asyncio.gather(one("left"), one("right"))
        await one("end")
    assert edges_of(recording) == {("start", "left"), ("start", "right"), ("left", "end"), ("right", "end")}


async def test_a_node_within_a_node_is_a_part_of_it(recording: Recorded) -> None:
    with runreel.run():
        with runreel.node("outer"):
            await work()
            with runreel.node("second"):
                runreel.event("deep")
        with runreel.node("next"):
            pass
    nodes = {node["node_id"]: node for node in recording.merged("node")}
    assert (nodes["step_1"]["parent_node_id"], nodes["second"]["parent_node_id"]) == ("outer", "outer")
    assert (nodes["step_1"]["node_type"], nodes["step_1"]["goal"]) == ("agent", "Do it.")
    assert "parent_node_id" not in nodes["outer"]
    assert edges_of(recording) == {("step_1", "second"), ("outer", "next")}
    assert recording.event("deep")["node_id"] == "second"


def test_a_workflow_within_a_run_is_an_event_of_it(recording: Recorded) -> None:
    with runreel.run(agent="one"):
        with runreel.node("before"):
            pass
        report("a")
    assert len(recording.runs) == 1
    assert recording.event("report")["event_type"] == "step"
    assert edges_of(recording) == {("planning", "step_1"), ("step_1", "terminator")}


def test_a_node_that_fails_lets_the_next_one_follow(recording: Recorded) -> None:
    with runreel.run():
        with pytest.raises(ValueError, match="no"), runreel.node("fails"):
            raise ValueError("no")
        with runreel.node("recovers"):
            pass
    assert recording.event("fails")["status"] == "failed"
    assert edges_of(recording) == {("fails", "recovers")}


def test_a_nested_agent_in_a_node_has_a_graph_of_its_own(recording: Recorded) -> None:
    @runreel.agent
    def helper() -> None:
        planning("b")

    with runreel.run(agent="one"), runreel.node("delegate"):
        helper()
    (call,) = [event for event in recording.events if event["event_type"] == "agent_call"]
    assert call["node_id"] == "delegate"
    (node,) = [node for node in recording.merged("node") if node["node_id"] == "planning"]
    assert node["run_id"] == recording.run("helper")["run_id"]
    assert "parent_node_id" not in node
    assert edges_of(recording) == set()


def test_planned_nodes_are_declared_in_order_before_they_run(recording: Recorded) -> None:
    with runreel.run(agent="one"):
        runreel.plan({"planning": None, "step_1": "Find the star", "terminator": None})
        runreel.plan(["step_2", "step_3"])

    nodes = [
        (node["node_id"], node["node_type"], node["order_index"], node.get("goal")) for node in recording.merged("node")
    ]
    assert nodes == [
        ("planning", "planning", 0, None),
        ("step_1", "step", 1, "Find the star"),
        ("terminator", "terminator", 2, None),
        ("step_2", "step", 0, None),
        ("step_3", "step", 1, None),
    ]
    assert edges_of(recording) == {("planning", "step_1"), ("step_1", "terminator"), ("step_2", "step_3")}
    assert recording.events == []


def test_a_plan_that_is_none_hurts_nobody(recording: Recorded) -> None:
    with runreel.run(agent="one"):
        runreel.plan(3)  # type: ignore[arg-type]
        runreel.plan("step_1")

    assert [node["node_id"] for node in recording.merged("node")] == ["step_1"]


def test_an_execution_that_comes_again_says_how_manieth_it_is(recording: Recorded) -> None:
    @runreel.node(capture_inputs=False)
    def fetch(number: int) -> None:
        runreel.add_attributes({"number": number})
        if number < 3:
            raise OSError("not yet")

    with runreel.run():
        for number in (1, 2, 3):
            with suppress(OSError):
                fetch(number)
    starts = [event for event in recording if event["record"] == "event" and event["phase"] == "start"]
    assert [event.get("attributes") for event in starts] == [None, {"attempt": 2}, {"attempt": 3}]
    assert [event["status"] for event in recording.events] == ["failed", "failed", "completed"]
