"""Every execution of a node is an event of the run, whatever way the graph is called."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, RetryPolicy, Send

import runreel
from runreel.integrations.langgraph import record
from runreel.testing import Recorded
from tests.integrations.graphs import State, chain, executions, looping, step

pytestmark = pytest.mark.anyio


def test_inputs_and_outputs_of_nodes_and_of_the_run(recording: Recorded) -> None:
    record(chain("a", "b", name="pair")).invoke({"steps": ["given"]})
    run = recording.run("pair")
    assert (run["status"], run["inputs"], run["outputs"]) == (
        "completed", {"steps": ["given"]}, {"steps": ["given", "a", "b"]},
    )  # fmt: skip
    assert run["metadata"]["framework"] == "langgraph"
    first, second = executions(recording)
    assert (first["node_id"], first["inputs"], first["outputs"]) == ("a", {"steps": ["given"]}, {"steps": ["a"]})
    assert (second["node_id"], second["inputs"]) == ("b", {"steps": ["given", "a"]})
    assert {event["status"] for event in (first, second)} == {"completed"}
    assert {event.get("parent_event_id") for event in (first, second)} == {None}


def test_values_are_left_out_where_that_is_asked_for(recording: Recorded) -> None:
    record(chain("a", name="quiet"), capture_inputs=False, capture_outputs=False).invoke({"steps": ["given"]})
    told = [recording.run("quiet"), *executions(recording)]
    assert [each.get("inputs") for each in told] == [None, None]
    assert [each.get("outputs") for each in told] == [None, None]


def _by_ainvoke(graph: Any) -> Any:
    return asyncio.run(graph.ainvoke({}))


def _by_astream(mode: str) -> Any:
    async def take(graph: Any) -> None:
        async for _ in graph.astream({}, stream_mode=mode):
            pass

    return lambda graph: asyncio.run(take(graph))


async def _take_events(graph: Any) -> None:
    async for _ in graph.astream_events({}, version="v2"):
        pass


MODES = ["values", "updates", "custom", "messages", "checkpoints", "tasks", "debug"]
WAYS: dict[str, Any] = {
    "invoke": lambda graph: graph.invoke({}),
    "ainvoke": _by_ainvoke,
    "batch": lambda graph: graph.batch([{}]),
    "abatch": lambda graph: asyncio.run(graph.abatch([{}])),
    "astream_events": lambda graph: asyncio.run(_take_events(graph)),
    **{f"stream {mode}": lambda graph, mode=mode: list(graph.stream({}, stream_mode=mode)) for mode in MODES},
    **{f"astream {mode}": _by_astream(mode) for mode in MODES},
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_call_a_graph_is_recorded(recording: Recorded, way: str) -> None:
    WAYS[way](record(looping()))
    run = recording.run("looper")
    assert (run["status"], run["outputs"]) == ("completed", {"steps": ["think", "act", "think"]})
    assert [event["node_id"] for event in executions(recording)] == ["think", "act", "think"]
    assert [event["outputs"] for event in executions(recording, "act")] == [{"steps": ["act"]}]
    assert {event["status"] for event in recording.events} == {"completed"}


def test_a_batch_is_a_run_for_each_input(recording: Recorded) -> None:
    record(chain("a", name="many")).batch([{"steps": [str(number)]} for number in range(4)])
    assert sorted(run["outputs"]["steps"][0] for run in recording.runs) == ["0", "1", "2", "3"]
    for run in recording.runs:
        (event,) = [event for event in executions(recording) if event["run_id"] == run["run_id"]]
        assert event["inputs"] == run["inputs"]


async def test_calls_at_the_same_time_are_runs_of_their_own(recording: Recorded) -> None:
    async def wait(state: State) -> State:
        await asyncio.sleep(0)
        runreel.event(f"in {state['steps'][0]}")
        return {}

    graph = record(chain(wait, "b", name="many"))
    await asyncio.gather(*(graph.ainvoke({"steps": [str(number)]}) for number in range(8)))
    for run in recording.runs:
        inside = [event for event in recording.events if event["run_id"] == run["run_id"]]
        assert [event["name"] for event in inside] == ["wait", f"in {run['inputs']['steps'][0]}", "b"]


def test_what_happens_in_a_node_is_within_its_execution(recording: Recorded) -> None:
    @runreel.tool
    def search(query: str) -> str:
        return query.upper()

    def look(state: State) -> State:
        return {"answer": search("stars")}

    record(chain(look, "b")).invoke({})
    (execution,) = executions(recording, "look")
    call = recording.event("search")
    assert (call["parent_event_id"], call["node_id"]) == (execution["event_id"], "look")


@pytest.mark.parametrize("is_async", [False, True])
def test_branches_at_the_same_time_are_each_within_the_run(recording: Recorded, is_async: bool) -> None:
    builder = StateGraph(State)
    builder.add_node("spread", step("spread"))
    builder.add_node("work", lambda given: {"steps": [given["answer"]]})
    builder.add_edge(START, "spread")
    builder.add_conditional_edges("spread", lambda _: [Send("work", {"answer": word}) for word in "xyz"], ["work"])
    builder.add_edge("work", END)
    graph = record(builder.compile(name="spreader"))
    asyncio.run(graph.ainvoke({})) if is_async else graph.invoke({})
    assert sorted(event["inputs"]["answer"] for event in executions(recording, "work")) == ["x", "y", "z"]
    assert len(recording.runs) == 1
    assert recording.runs[0]["outputs"]["steps"][0] == "spread"


class OwnError(Exception):
    pass


def test_a_failed_node_keeps_its_error(recording: Recorded) -> None:
    failure = OwnError("no")

    def fail(state: State) -> State:
        raise failure

    with pytest.raises(OwnError) as caught:
        record(chain("a", fail, name="failing")).invoke({})
    assert caught.value is failure
    (execution,) = executions(recording, "fail")
    assert (execution["status"], execution["error"]["message"]) == ("failed", "no")
    run = recording.run("failing")
    assert (run["status"], run["error"]["type"]) == ("failed", execution["error"]["type"])
    assert "status" not in {node["node_id"]: node for node in recording.merged("node")}["__end__"]


def test_an_edge_that_fails_fails_its_node(recording: Recorded) -> None:
    def choose(state: State) -> str:
        raise OwnError("no way")

    builder = StateGraph(State)
    builder.add_node("a", step("a"))
    builder.add_edge(START, "a")
    builder.add_conditional_edges("a", choose, ["a", END])
    with pytest.raises(OwnError):
        record(builder.compile()).invoke({})
    assert [event["status"] for event in executions(recording)] == ["failed"]


@pytest.mark.parametrize("is_async", [False, True])
def test_tries_are_executions_with_their_number(recording: Recorded, is_async: bool) -> None:
    left = [OwnError("first"), OwnError("second")]

    def flaky(state: State) -> State:
        if left:
            raise left.pop(0)
        return {"steps": ["flaky"]}

    builder = StateGraph(State)
    policy = RetryPolicy(max_attempts=3, initial_interval=0.001, jitter=False, retry_on=OwnError)
    builder.add_node("flaky", flaky, retry_policy=policy)
    builder.add_edge(START, "flaky")
    graph = record(builder.compile(name="retrying"))
    asyncio.run(graph.ainvoke({})) if is_async else graph.invoke({})
    tried = executions(recording, "flaky")
    assert [(event["status"], event.get("attributes", {}).get("attempt")) for event in tried] == [
        ("failed", None), ("failed", 2), ("completed", 3),
    ]  # fmt: skip
    assert recording.run("retrying")["status"] == "completed"


@pytest.mark.parametrize("is_async", [False, True])
def test_a_graph_inside_is_within_the_execution_of_its_node(recording: Recorded, is_async: bool) -> None:
    inner = chain("a", "b", name="inner")
    graph = record(chain(inner, "after", name="outer"))
    asyncio.run(graph.ainvoke({})) if is_async else graph.invoke({})
    assert [event["node_id"] for event in executions(recording)] == ["inner", "inner:a", "inner:b", "after"]
    (around,) = executions(recording, "inner")
    assert {event["parent_event_id"] for event in executions(recording) if ":" in event["node_id"]} == {
        around["event_id"]
    }
    assert [event["event_type"] for event in recording.events] == ["node_execution"] * 4
    assert len(recording.runs) == 1


def test_a_graph_that_a_node_calls_is_an_event_in_it(recording: Recorded) -> None:
    inner = chain("a", name="inner")

    def ask_inner(state: State) -> State:
        return {"answer": " ".join(inner.invoke({"steps": ["given"]})["steps"])}

    assert record(chain(ask_inner, name="outer")).invoke({})["answer"] == "given a"
    around, call, inside = recording.events
    assert (call["name"], call["event_type"], call["parent_event_id"]) == ("inner", "step", around["event_id"])
    assert (call["inputs"], call["outputs"]) == ({"steps": ["given"]}, {"steps": ["given", "a"]})
    assert (inside["node_id"], inside["parent_event_id"]) == ("ask_inner:a", call["event_id"])


def test_a_command_to_the_graph_around_is_no_failure(recording: Recorded) -> None:
    def hand_over(state: State) -> Command[Any]:
        return Command(graph=Command.PARENT, goto="after", update={"steps": ["handed over"]})

    builder = StateGraph(State)
    builder.add_node("inner", chain(hand_over, name="inner"))
    builder.add_node("after", step("after"))
    builder.add_edge(START, "inner")
    graph = record(builder.compile(name="outer"))
    assert graph.invoke({})["steps"] == ["handed over", "after"]
    assert {event["status"] for event in executions(recording)} == {"completed"}
    assert recording.run("outer")["status"] == "completed"


def test_a_stream_that_nobody_takes_on_is_cancelled(recording: Recorded) -> None:
    stream = record(chain("a", "b", name="given up")).stream({})
    next(stream)
    stream.close()
    assert recording.run("given up")["status"] == "cancelled"
    runreel.event("afterwards")
    assert recording.event("afterwards")["run_id"] != recording.run("given up")["run_id"]


async def test_a_cancelled_call_is_cancelled(recording: Recorded) -> None:
    begun = asyncio.Event()

    async def wait(state: State) -> State:
        begun.set()
        await asyncio.Event().wait()
        return {}

    task = asyncio.create_task(record(chain(wait, name="long")).ainvoke({}))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert recording.run("long")["status"] == "cancelled"
    assert [event["status"] for event in executions(recording)] == ["cancelled"]


def test_the_taker_of_a_stream_stays_where_it_is(recording: Recorded) -> None:
    with runreel.run(agent="host"):
        for _ in record(chain("a", "b", name="inner")).stream({}):
            runreel.event("between")
    call = recording.event("inner")
    taken = [event for event in recording.events if event["name"] == "between"]
    assert {event.get("parent_event_id") for event in taken} == {None}
    assert {event["parent_event_id"] for event in executions(recording)} == {call["event_id"]}


def test_wrong_input_fails_the_run(recording: Recorded) -> None:
    with pytest.raises(Exception, match="Expected dict"):
        record(chain("a", name="strict")).invoke(5)
    assert recording.run("strict")["status"] == "failed"
