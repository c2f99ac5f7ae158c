"""Graphs that wait for a person, or were cut off, go on in their run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import GraphDrained
from langgraph.graph import START, StateGraph
from langgraph.runtime import RunControl
from langgraph.types import Command, interrupt

import runreel
from runreel.integrations.langgraph import record
from runreel.integrations.langgraph.thread import threads
from runreel.testing import Recorded
from tests.integrations.graphs import State, asking, chain, executions, in_thread, statuses, step

TEN_YEARS_MS = 10 * 365 * 24 * 3_600_000


@pytest.fixture(params=["this process", "another process"])
def where(request: pytest.FixtureRequest) -> Any:
    """Return what makes the graph go on in this process, or as another one would, which knows no threads."""
    if request.param == "this process":
        return lambda: None
    return threads._run_ids.clear


@pytest.fixture(autouse=True)
def no_threads() -> Iterator[None]:
    threads._run_ids.clear()
    yield
    threads._run_ids.clear()


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Any:
    if request.param == "sync":
        return lambda graph, *args, **kwargs: graph.invoke(*args, **kwargs)
    return lambda graph, *args, **kwargs: asyncio.run(graph.ainvoke(*args, **kwargs))


def node_statuses(recording: Recorded, node_id: str) -> list[str]:
    """Return which statuses a node was said to have, by itself or by its executions."""
    events = {event["event_id"] for event in executions(recording, node_id)}
    told = [each for each in recording if each.get("node_id") == node_id or each.get("event_id") in events]
    return [each["status"] for each in told if "status" in each]


def test_a_question_makes_run_and_node_wait(recording: Recorded, call: Any) -> None:
    graph = record(chain("a", asking("Deploy?"), name="asker", checkpointer=InMemorySaver()))
    told = call(graph, {}, in_thread())
    assert told["__interrupt__"][0].value == "Deploy?"
    run = recording.run("asker")
    assert statuses(recording, run["run_id"]) == ["executing", "waiting_approval"]
    assert run["heartbeat_interval_ms"] == TEN_YEARS_MS
    assert "ended_at" not in run
    (execution,) = executions(recording, "ask")
    assert execution["status"] == "waiting_approval"
    assert execution["outputs"]["__interrupt__"][0]["value"] == "Deploy?"


def test_an_answer_goes_on_in_the_same_run(recording: Recorded, call: Any, where: Any) -> None:
    graph = record(chain("a", asking(), "b", name="asker", checkpointer=InMemorySaver()))
    call(graph, {}, in_thread())
    where()
    assert call(graph, Command(resume="yes"), in_thread())["steps"] == ["a", "ask", "b"]
    (run,) = recording.runs
    assert statuses(recording, run["run_id"]) == ["executing", "waiting_approval", "executing", "completed"]
    assert run["inputs"] == {}
    assert run["outputs"]["answer"] == "yes"
    assert [(event["node_id"], event["status"]) for event in executions(recording)] == [
        ("a", "completed"), ("ask", "waiting_approval"), ("ask", "completed"), ("b", "completed"),
    ]  # fmt: skip
    assert recording.event("resume")["inputs"] == "yes"


def test_a_graph_that_is_compiled_again_goes_on_as_well(recording: Recorded, call: Any, where: Any) -> None:
    saver = InMemorySaver()
    call(record(chain(asking(), checkpointer=saver)), {}, in_thread())
    where()
    call(record(chain(asking(), checkpointer=saver)), Command(resume=1), in_thread())
    assert len(recording.runs) == 1


def test_a_new_input_in_the_thread_is_a_new_run(recording: Recorded, call: Any) -> None:
    graph = record(chain(asking(), name="asker", checkpointer=InMemorySaver()))
    call(graph, {"steps": ["first"]}, in_thread())
    call(graph, {"steps": ["second"]}, in_thread())
    call(graph, Command(resume="to the second"), in_thread())
    first, second = recording.runs
    assert statuses(recording, first["run_id"]) == ["executing", "waiting_approval"]
    assert statuses(recording, second["run_id"])[-1] == "completed"


def test_threads_do_not_meet(recording: Recorded, call: Any, where: Any) -> None:
    graph = record(chain(asking(), name="asker", checkpointer=InMemorySaver()))
    for thread_id in ("one", "two"):
        call(graph, {"steps": [thread_id]}, in_thread(thread_id))
    where()
    for thread_id in ("one", "two"):
        call(graph, Command(resume=thread_id), in_thread(thread_id))
    assert {run["session_id"]: run["outputs"]["answer"] for run in recording.runs} == {"one": "one", "two": "two"}


def test_without_kept_inputs_only_this_process_knows_the_run(recording: Recorded, call: Any) -> None:
    graph = record(chain(asking(), name="asker", checkpointer=InMemorySaver()))
    call(graph, {}, in_thread(), durability="exit")
    call(graph, Command(resume=1), in_thread(), durability="exit")
    assert len(recording.runs) == 1
    call(graph, {}, in_thread(), durability="exit")
    threads._run_ids.clear()
    call(graph, Command(resume=1), in_thread(), durability="exit")
    assert len(recording.runs) == 3


def test_several_questions_at_once(recording: Recorded, call: Any) -> None:
    builder = StateGraph(State)
    for name in ("x", "y"):
        builder.add_node(name, lambda state, name=name: {"steps": [interrupt(name)]})
        builder.add_edge(START, name)
    graph = record(builder.compile(checkpointer=InMemorySaver()))
    asked = call(graph, {}, in_thread())["__interrupt__"]
    call(graph, Command(resume={each.id: each.value.upper() for each in asked}), in_thread())
    (run,) = recording.runs
    assert sorted(run["outputs"]["steps"]) == ["X", "Y"]
    assert sorted(event["status"] for event in executions(recording)) == ["completed"] * 2 + ["waiting_approval"] * 2


def test_a_question_of_a_graph_inside(recording: Recorded, call: Any, where: Any) -> None:
    inner = chain("a", asking(), name="inner")
    graph = record(chain(inner, "after", name="outer", checkpointer=InMemorySaver()))
    call(graph, {}, in_thread())
    assert {event["node_id"]: event["status"] for event in executions(recording)} == {
        "inner": "waiting_approval", "inner:a": "completed", "inner:ask": "waiting_approval",
    }  # fmt: skip
    where()
    call(graph, Command(resume="yes"), in_thread())
    (run,) = recording.runs
    assert run["status"] == "completed"
    assert [event["status"] for event in executions(recording, "inner:ask")] == ["waiting_approval", "completed"]


@pytest.mark.parametrize("by", ["compile", "call"])
def test_a_stop_before_a_node(recording: Recorded, call: Any, where: Any, by: str) -> None:
    stop = {"interrupt_before": ["b"]}
    graph = record(chain("a", "b", name="stopping", checkpointer=InMemorySaver(), **(stop if by == "compile" else {})))
    call(graph, {}, in_thread(), **(stop if by == "call" else {}))
    (run,) = recording.runs
    assert statuses(recording, run["run_id"]) == ["executing", "waiting_approval"]
    assert node_statuses(recording, "b") == ["waiting_approval"]
    where()
    call(graph, None, in_thread())
    assert len(recording.runs) == 1
    assert statuses(recording, run["run_id"])[-2:] == ["executing", "completed"]
    assert node_statuses(recording, "b") == ["waiting_approval", "completed"]


def test_a_stop_after_a_node_makes_the_next_one_wait(recording: Recorded, call: Any) -> None:
    graph = record(chain("a", "b", checkpointer=InMemorySaver(), interrupt_after=["a"]))
    call(graph, {}, in_thread())
    assert node_statuses(recording, "a") == ["completed"]
    assert node_statuses(recording, "b") == ["waiting_approval"]
    call(graph, None, in_thread())
    assert recording.runs[0]["status"] == "completed"


def test_a_graph_that_may_stop_and_did_not_is_completed(recording: Recorded, call: Any) -> None:
    call(record(chain("a", checkpointer=InMemorySaver(), interrupt_after=["a"])), {}, in_thread())
    assert recording.runs[0]["status"] == "completed"


def test_a_failed_run_is_tried_again_in_the_same_run(recording: Recorded, call: Any, where: Any) -> None:
    left = [OSError("away")]

    def fetch(state: State) -> State:
        if left:
            raise left.pop()
        return {"steps": ["fetch"]}

    graph = record(chain("a", fetch, name="fetcher", checkpointer=InMemorySaver()))
    with pytest.raises(OSError, match="away"):
        call(graph, {}, in_thread())
    where()
    assert call(graph, None, in_thread())["steps"] == ["a", "fetch"]
    (run,) = recording.runs
    assert statuses(recording, run["run_id"]) == ["executing", "failed", "executing", "completed"]


def test_going_back_to_a_former_checkpoint_is_a_new_run(recording: Recorded) -> None:
    graph = record(chain("a", "b", checkpointer=InMemorySaver()))
    graph.invoke({}, in_thread())
    (former,) = [state.config for state in graph.get_state_history(in_thread()) if state.next == ("b",)]
    graph.invoke(None, former)
    first, second = recording.runs
    assert (first["run_id"] != second["run_id"], second["status"]) == (True, "completed")
    assert [event["node_id"] for event in executions(recording) if event["run_id"] == second["run_id"]] == ["b"]


def test_nothing_to_go_on_with_is_nothing(recording: Recorded) -> None:
    graph = record(chain("a", checkpointer=InMemorySaver()))
    graph.invoke({}, in_thread())
    assert graph.invoke(None, in_thread()) == {"steps": ["a"]}
    assert len(recording.runs) == 1


def test_a_question_within_a_run_of_the_host(recording: Recorded, call: Any) -> None:
    graph = record(chain(asking(), name="inner", checkpointer=InMemorySaver()))
    with runreel.run(agent="host") as run:
        call(graph, {}, in_thread())
        call(graph, Command(resume="yes"), in_thread())
    assert statuses(recording, run.run_id) == ["executing", "waiting_approval", "executing", "completed"]
    calls = [event for event in recording.events if event["name"] == "inner"]
    assert [event["status"] for event in calls] == ["waiting_approval", "completed"]


def test_a_saver_that_fails_to_tell_costs_nothing(recording: Recorded) -> None:
    class Saver(InMemorySaver):
        def list(self, *args: Any, **kwargs: Any) -> Any:
            raise OSError("away")

    graph = record(chain(asking(), checkpointer=Saver()))
    graph.invoke({}, in_thread())
    threads._run_ids.clear()
    assert graph.invoke(Command(resume="yes"), in_thread())["answer"] == "yes"
    assert len(recording.runs) == 2


def test_a_drained_graph_is_paused(recording: Recorded, call: Any, where: Any) -> None:
    control = RunControl()

    def drain(state: State) -> State:
        control.request_drain("the process ends")
        return {"steps": ["drain"]}

    graph = record(chain(drain, "b", checkpointer=InMemorySaver()))
    with pytest.raises(GraphDrained):
        call(graph, {}, in_thread(), control=control)
    where()
    call(graph, None, in_thread())
    (run,) = recording.runs
    assert statuses(recording, run["run_id"]) == ["executing", "paused", "executing", "completed"]


def test_of_many_threads_only_so_many_are_remembered() -> None:
    for number in range(4_100):
        threads.remember("graph", str(number), f"run-{number}")
    assert threads.find_run("graph", "0") is None
    assert threads.find_run("graph", "4099") == "run-4099"


def test_a_step_that_is_named_like_another(recording: Recorded) -> None:
    graph = record(chain(step("a"), checkpointer=InMemorySaver()))
    graph.invoke({}, in_thread())
    graph.invoke({}, in_thread())
    assert len({event["run_id"] for event in executions(recording, "a")}) == 2
