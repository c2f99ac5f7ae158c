"""The nodes and edges of a graph are declared before any of them runs."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, RetryPolicy

import runreel
from runreel.integrations.langgraph import kind, record
from runreel.testing import Recorded
from tests.integrations.graphs import State, asking, chain, executions, in_thread, looping, step


def nodes_of(recording: Recorded) -> dict[str, dict[str, object]]:
    return {node["node_id"]: node for node in recording.merged("node")}


def edges_of(recording: Recorded) -> set[tuple[str, str, str, str | None]]:
    edges = recording.merged("edge")
    return {(edge["source"], edge["target"], edge["edge_type"], edge.get("condition")) for edge in edges}


def graphs_of(recording: Recorded) -> list[dict[str, Any]]:
    return [each for each in recording if each["record"] == "graph"]


def test_all_nodes_are_declared_before_the_first_runs(recording: Recorded) -> None:
    record(chain("a", "b")).invoke({})
    kinds = [each["record"] for each in recording]
    assert kinds[: kinds.index("event")] == ["run", "graph"]
    nodes = graphs_of(recording)[0]["nodes"]
    assert [(node["node_id"], node["node_type"], node["order_index"], node.get("status")) for node in nodes] == [
        ("__start__", "control", 0, "completed"), ("a", "step", 1, None),
        ("b", "step", 2, None), ("__end__", "terminator", 3, None),
    ]  # fmt: skip
    assert nodes_of(recording)["__end__"]["status"] == "completed"
    assert edges_of(recording) == {
        ("__start__", "a", "sequential", None), ("a", "b", "sequential", None), ("b", "__end__", "sequential", None),
    }  # fmt: skip


def test_conditional_edges_tell_who_chooses_and_by_what(recording: Recorded) -> None:
    record(looping()).invoke({})
    assert edges_of(recording) == {
        ("__start__", "think", "sequential", None),
        ("think", "act", "conditional", "enough: more"),
        ("think", "__end__", "conditional", "enough: done"),
        ("act", "think", "sequential", None),
    }
    assert nodes_of(recording)["think"]["goal"] == "Decide what to do next."
    assert [node["node_id"] for node in executions(recording)] == ["think", "act", "think"]


def test_two_answers_that_lead_to_the_same_node_are_two_edges(recording: Recorded) -> None:
    def choose(state: State) -> Literal["left", "right"]:
        return "left"

    builder = StateGraph(State)
    builder.add_node("a", step("a"))
    builder.add_conditional_edges(START, choose, {"left": "a", "right": "a"})
    builder.add_edge("a", END)
    record(builder.compile()).invoke({})
    assert {edge[3] for edge in edges_of(recording) if edge[2] == "conditional"} == {"choose: left", "choose: right"}


def test_commands_of_nodes_are_conditional_edges(recording: Recorded) -> None:
    def triage(state: State) -> Command[Literal["a", "b"]]:
        return Command(goto="b", update={"steps": ["triage"]})

    builder = StateGraph(State)
    builder.add_node("triage", triage)
    builder.add_node("a", step("a"))
    builder.add_node("b", step("b"))
    builder.add_edge(START, "triage")
    record(builder.compile()).invoke({})
    assert {("triage", "a", "conditional", None), ("triage", "b", "conditional", None)} <= edges_of(recording)


def test_edges_to_what_runs_at_the_same_time_are_parallel(recording: Recorded) -> None:
    builder = StateGraph(State)
    for name in "abc":
        builder.add_node(name, step(name))
    builder.add_edge(START, "a")
    builder.add_edge(START, "b")
    builder.add_edge(["a", "b"], "c")
    builder.add_edge("c", END)
    record(builder.compile()).invoke({})
    assert {edge[:3] for edge in edges_of(recording)} == {
        ("__start__", "a", "parallel"), ("__start__", "b", "parallel"),
        ("a", "c", "sequential"), ("b", "c", "sequential"), ("c", "__end__", "sequential"),
    }  # fmt: skip


def test_what_a_node_is_can_be_seen(recording: Recorded) -> None:
    def look_up(topic: str) -> str:
        """Look it up."""
        return topic

    builder = StateGraph(State)
    builder.add_node("planning", step("planning"), retry_policy=RetryPolicy(max_attempts=4))
    builder.add_node("inner", chain("a", "b"))
    builder.add_node("tools", ToolNode([look_up]))
    builder.add_node("deploy", step("deploy"))
    builder.add_edge(START, "planning")
    builder.add_edge("planning", "inner")
    builder.add_edge("inner", "deploy")
    builder.add_edge("deploy", END)
    graph = builder.compile(checkpointer=InMemorySaver(), interrupt_before=["deploy"])
    record(graph).invoke({}, in_thread())
    nodes = nodes_of(recording)
    assert {name: nodes[name]["node_type"] for name in ("planning", "inner", "tools", "deploy")} == {
        "planning": "planning", "inner": "sub_agent", "tools": "tool", "deploy": "step",
    }  # fmt: skip
    assert nodes["planning"]["max_attempts"] == 4
    assert [name for name, node in nodes.items() if node.get("requires_approval")] == ["deploy"]


def test_a_graph_inside_is_declared_below_its_node(recording: Recorded) -> None:
    innermost = chain("x", name="innermost")
    inner = chain("a", innermost, name="inner")
    record(chain(inner, "after")).invoke({})
    parents = {name: node.get("parent_node_id") for name, node in nodes_of(recording).items()}
    assert parents == {
        "__start__": None, "inner": None, "inner:a": "inner", "inner:innermost": "inner",
        "inner:innermost:x": "inner:innermost", "after": None, "__end__": None,
    }  # fmt: skip
    (graph,) = graphs_of(recording)
    assert len(graph["nodes"]) == len(parents)
    assert nodes_of(recording)["inner:a"]["name"] == "a"


def test_a_graph_is_declared_once_in_a_run(recording: Recorded) -> None:
    graph = record(chain("a"))
    with runreel.run(agent="host"):
        graph.invoke({})
        graph.invoke({})
        record(chain("a")).invoke({})
    assert len(graphs_of(recording)) == 1
    assert len(executions(recording, "a")) == 3


def test_another_graph_in_the_same_run_has_nodes_of_its_own(recording: Recorded) -> None:
    with runreel.run(agent="host"):
        record(chain("a", "b", name="first")).invoke({})
        record(chain("a", name="second")).invoke({})
        record(chain("a", "c", name="second")).invoke({})
    assert [event["node_id"] for event in executions(recording)] == ["a", "b", "second:a", "second 2:a", "second 2:c"]


def test_a_graph_within_a_node_of_the_host_is_below_that(recording: Recorded) -> None:
    with runreel.run(agent="host"), runreel.node("research"):
        record(chain("a")).invoke({})
    assert nodes_of(recording)["research:a"]["parent_node_id"] == "research"


def test_a_large_graph_is_declared_in_pieces(recording: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind, "_MAX_GRAPH_CHARS", 2_000)
    names = [f"step {number}" for number in range(100)]
    record(chain(*names)).invoke({}, {"recursion_limit": 1_000})
    graphs = graphs_of(recording)
    assert len(graphs) > 5
    assert all(len(json.dumps(graph)) < 4_000 for graph in graphs)
    assert [name for name in nodes_of(recording) if not name.startswith("__")] == names
    assert len(edges_of(recording)) == len(names) + 1


@pytest.mark.parametrize("name", ["a node", "ünï/cödé", "%2F?#"])
def test_names_may_be_anything(recording: Recorded, name: str) -> None:
    record(chain(name)).invoke({})
    assert [event["node_id"] for event in executions(recording)] == [name]


def test_a_node_that_asks_is_no_other_node(recording: Recorded) -> None:
    record(chain(asking(), checkpointer=InMemorySaver())).invoke({}, in_thread())
    assert nodes_of(recording)["ask"]["node_type"] == "step"
