"""Small graphs of LangGraph for tests, and how to look at what was recorded of them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt

from runreel.testing import Recorded


class State(TypedDict, total=False):
    steps: Annotated[list[str], operator.add]
    answer: str


def step(name: str) -> Callable[[State], State]:
    """Return a node that adds its name to the steps."""

    def run(state: State) -> State:
        return {"steps": [name]}

    run.__name__ = name
    return run


def chain(*nodes: Any, **compiling: Any) -> Any:
    """Compile a graph of nodes that follow each other: names, or functions."""
    builder = StateGraph(State)
    names = [START]
    for node in nodes:
        name = node if isinstance(node, str) else getattr(node, "__name__", None) or node.name
        builder.add_node(name, step(node) if isinstance(node, str) else node)
        builder.add_edge(names[-1], name)
        names.append(name)
    builder.add_edge(names[-1], END)
    return builder.compile(**compiling)


def looping(n_rounds: int = 2) -> Any:
    """Compile a graph that goes round: `think` chooses between `act`, which comes back to it, and the end."""

    def think(state: State) -> State:
        """Decide what to do next."""
        return {"steps": ["think"]}

    def enough(state: State) -> Literal["more", "done"]:
        return "done" if state["steps"].count("think") >= n_rounds else "more"

    builder = StateGraph(State)
    builder.add_node("think", think)
    builder.add_node("act", step("act"))
    builder.add_edge(START, "think")
    builder.add_conditional_edges("think", enough, {"more": "act", "done": END})
    builder.add_edge("act", "think")
    return builder.compile(name="looper")


def asking(question: str = "Go on?") -> Callable[[State], State]:
    """Return a node that asks a person, and keeps the answer."""

    def ask(state: State) -> State:
        return {"steps": ["ask"], "answer": interrupt(question)}

    return ask


def in_thread(thread_id: str = "t-1") -> dict[str, Any]:
    return {"configurable": {"thread_id": thread_id}}


def executions(recording: Recorded, node_id: str | None = None) -> list[dict[str, Any]]:
    """Return the executions of a node, or of all."""
    return [
        event
        for event in recording.events
        if event.get("event_type") == "node_execution" and node_id in (None, event["node_id"])
    ]


def statuses(recording: Recorded, run_id: str) -> list[str]:
    """Return which statuses a run was said to have, one after the other."""
    runs = [record for record in recording if record["record"] == "run" and record["run_id"] == run_id]
    return [record["status"] for record in runs if "status" in record]
