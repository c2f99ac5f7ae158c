"""Graphs return, stream and raise the same, recorded and not, whatever fails inside of recording."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal, TypedDict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph, add_messages
from langgraph.types import Command, RetryPolicy, Send, interrupt

from runreel.integrations.langgraph import call as calls
from runreel.integrations.langgraph import record
from runreel.integrations.langgraph.execution import Execution
from runreel.integrations.langgraph.kind import Layout
from runreel.sdk.value import ValueWriter
from runreel.testing import recorded
from tests.integrations.graphs import in_thread

MODES = ["values", "updates", "custom", "messages", "checkpoints", "tasks", "debug"]
_CHANGING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.+]+|[0-9a-f]{32}"
)
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
# Of a message that two tasks of one node give at once, LangGraph shows that of the task that is done first.
_PLACE_AMONG_SENT = re.compile(r"(?<='langgraph_path': \('__pregel_push', )\d+")


class Notes(TypedDict, total=False):
    words: Annotated[list[str], lambda left, right: [*left, *right]]
    messages: Annotated[list[AnyMessage], add_messages]
    last: str


class OwnError(Exception):
    pass


Behaviour = Literal["write", "say", "last", "fail", "flaky", "command", "ask", "nothing", "wrong", "inner"]
# What nodes may do at the same time as others: which of two errors comes first is told by no graph.
PEACEFUL: list[Behaviour] = ["write", "say", "last", "nothing", "inner"]
BEHAVIOURS: list[Behaviour] = [*PEACEFUL, "fail", "flaky", "command", "ask", "wrong"]


def node_of(name: str, behaviour: Behaviour, target: str) -> Callable[[Notes], Any]:
    tries: list[int] = []

    def run(state: Notes) -> Any:
        match behaviour:
            case "write":
                return {"words": [name]}
            case "say":
                return {"messages": [AIMessage(content=name, id=name)]}
            case "last":
                return {"last": name, "words": [name]}
            case "fail":
                raise OwnError(name)
            case "flaky":
                tries.append(1)
                if len(tries) % 2:
                    raise OwnError("once more")
                return {"words": [name]}
            case "command":
                return Command(update={"words": [name]}, goto=target)
            case "ask":
                return {"words": [interrupt(name)]}
            case "wrong":
                return 5
            case "inner":
                return inner().invoke({"words": [name]})
            case _:
                return None

    return run


def inner() -> Any:
    builder = StateGraph(Notes)
    builder.add_node("deep", lambda state: {"words": ["deep"]})
    builder.add_edge(START, "deep")
    return builder.compile(name="inner")


@st.composite
def graphs(draw: st.DrawFn) -> Callable[[], Any]:
    """Draw how to make a graph: nodes that behave in some way, and edges to later nodes or the end."""
    n_nodes = draw(st.integers(1, 4))
    spread = draw(st.booleans())
    allowed = st.sampled_from(PEACEFUL if spread else BEHAVIOURS)
    behaviours = draw(st.lists(allowed, min_size=n_nodes, max_size=n_nodes))
    n_targets = 2 if spread else 1
    choices = [
        draw(st.lists(st.integers(index + 1, n_nodes), min_size=1, max_size=n_targets)) for index in range(n_nodes)
    ]
    chosen = draw(st.lists(st.booleans(), min_size=n_nodes, max_size=n_nodes))

    def make() -> Any:
        builder = StateGraph(Notes)
        names = [f"n{index}" for index in range(n_nodes)] + [END]
        policy = RetryPolicy(max_attempts=2, initial_interval=0.0001, jitter=False, retry_on=OwnError)
        for index, behaviour in enumerate(behaviours):
            run = node_of(names[index], behaviour, names[choices[index][0]])
            builder.add_node(names[index], run, retry_policy=policy)
            targets = [names[choice] for choice in dict.fromkeys(choices[index])]
            if chosen[index] and behaviour != "command":
                builder.add_conditional_edges(names[index], lambda state, targets=targets: targets[-1], targets)
            elif behaviour != "command":
                for target in targets:
                    builder.add_edge(names[index], target)
        if spread:
            builder.add_conditional_edges(START, lambda state: [Send("n0", state), Send("n0", state)], ["n0"])
        else:
            builder.add_edge(START, "n0")
        return builder.compile(checkpointer=InMemorySaver(), name="drawn")

    return make


def outcome(call: Callable[[], Any]) -> tuple[str, Any]:
    """Return what a call gave or raised, without what differs from call to call."""
    try:
        told = call()
    except Exception as error:  # noqa: BLE001 - whatever it is, the other one raises it too
        return type(error).__name__, _plain(error.args), [_plain(note) for note in getattr(error, "__notes__", [])]
    return "returned", sorted(map(_plain, told)) if isinstance(told, list) else _plain(told)


def _plain(value: Any) -> str:
    return _PLACE_AMONG_SENT.sub("…", _ADDRESS.sub("", _CHANGING.sub("…", repr(value))))


async def _take(stream: Any) -> list[Any]:
    return [item async for item in stream]


GIVEN: Any = {"words": ["given"], "messages": [HumanMessage(content="hello", id="h")]}
WAYS: dict[str, Callable[[Any], Any]] = {
    "invoke": lambda graph: graph.invoke(GIVEN, in_thread()),
    "stream": lambda graph: list(graph.stream(GIVEN, in_thread(), stream_mode=MODES, subgraphs=True)),
    "updates": lambda graph: list(graph.stream(GIVEN, in_thread(), stream_mode="updates")),
    "ainvoke": lambda graph: asyncio.run(graph.ainvoke(GIVEN, in_thread())),
    "astream": lambda graph: asyncio.run(_take(graph.astream(GIVEN, in_thread(), stream_mode=MODES, subgraphs=True))),
    "astream values": lambda graph: asyncio.run(_take(graph.astream(GIVEN, in_thread(), stream_mode="values"))),
    "batch": lambda graph: graph.batch([GIVEN], in_thread()),
    "v2": lambda graph: list(graph.stream(GIVEN, in_thread(), stream_mode=MODES, version="v2")),
}


def everything(graph: Any, way: str) -> list[Any]:
    """Call a graph, go on with it as far as that works, and look at what it kept."""
    told = [outcome(lambda: WAYS[way](graph))]
    told += [outcome(lambda: graph.invoke(Command(resume="yes"), in_thread())) for _ in range(2)]
    told.append(outcome(lambda: graph.invoke(None, in_thread())))
    told.append(outcome(lambda: [state._replace(config={}, parent_config={}) for state in history(graph)]))
    return told


def history(graph: Any) -> list[Any]:
    return list(graph.get_state_history(in_thread()))


@pytest.mark.parametrize("way", WAYS)
@given(make=graphs())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_recorded_graphs_are_the_same(way: str, make: Callable[[], Any]) -> None:
    bare = everything(make(), way)
    with recorded():
        assert everything(record(make()), way) == bare


def _raise(*args: Any, **kwargs: Any) -> Any:
    raise ValueError("recording is broken")


@contextmanager
def broken(monkeypatch: pytest.MonkeyPatch, what: str) -> Iterator[None]:
    with monkeypatch.context() as patching, recorded() as recording:
        match what:
            case "opening":
                patching.setattr(calls.GraphCall, "_open", _raise)
            case "declaring":
                patching.setattr(Layout, "declare", _raise)
            case "values":
                patching.setattr(ValueWriter, "mapping", _raise)
                patching.setattr(ValueWriter, "text", _raise)
            case "errors":
                patching.setattr(ValueWriter, "describe_error", _raise)
            case "records":
                patching.setattr(recording, "keep", _raise)
            case "executions":
                patching.setattr(Execution, "__init__", _raise)
            case "threads":
                patching.setattr(calls, "threads", None)
            case "ends":
                patching.setattr(calls.GraphCall, "_complete", _raise)
                patching.setattr(calls.GraphCall, "_wait", _raise)
            case _:
                patching.setattr(calls.engine, "settings_of", _raise)
        yield


BREAKAGES = ["opening", "declaring", "values", "errors", "records", "executions", "threads", "ends", "engine"]


@pytest.mark.parametrize("what", BREAKAGES)
@pytest.mark.parametrize("way", ["invoke", "stream", "astream"])
@given(make=graphs())
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_graphs_are_the_same_while_recording_fails(
    monkeypatch: pytest.MonkeyPatch, what: str, way: str, make: Callable[[], Any]
) -> None:
    bare = everything(make(), way)
    with broken(monkeypatch, what):
        assert everything(record(make()), way) == bare


def test_a_graph_whose_edges_cannot_be_drawn_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = inner()
    monkeypatch.setattr(type(graph), "get_graph", _raise)
    with recorded() as recording:
        assert record(graph).invoke({"words": []})["words"] == ["deep"]
    assert [node["node_id"] for node in recording.merged("node")] == ["__start__", "deep"]
