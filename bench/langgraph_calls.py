"""A program that calls one graph, recorded and not, in turns: `python -m bench.langgraph_calls OPTIONS`.

It prints how long the median call of each took.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph

import runreel
from runreel.integrations.langgraph import record, uninstall


class State(TypedDict):
    count: int


def step(state: State) -> dict[str, int]:
    return {"count": state["count"] + 1}


async def async_step(state: State) -> dict[str, int]:
    return {"count": state["count"] + 1}


def build(n_nodes: int, *, is_async: bool) -> Any:
    builder = StateGraph(State)
    names = [f"step_{number}" for number in range(n_nodes)]
    for name in names:
        builder.add_node(name, async_step if is_async else step)
    for source, target in zip([START, *names], [*names, END], strict=True):
        builder.add_edge(source, target)
    return builder.compile(name="bench")


def main() -> None:
    options = json.loads(sys.argv[1])
    is_async = options["way"] == "ainvoke"
    bare, recorded = (build(options["n_nodes"], is_async=is_async) for _ in range(2))
    time_calls = _time_async if is_async else _time
    runreel.init(agent="bench")
    time_calls(bare, 20)
    time_calls(record(recorded), 20)
    bare_us: list[float] = []
    recorded_us: list[float] = []
    for _ in range(options["n_rounds"]):
        uninstall()
        bare_us += time_calls(bare, options["n_calls"])
        record(recorded)
        recorded_us += time_calls(recorded, options["n_calls"])
        runreel.flush()
    print(json.dumps({"bare_us": statistics.median(bare_us), "recorded_us": statistics.median(recorded_us)}))


def _time(graph: Any, n_calls: int) -> list[float]:
    return [_took_us(lambda: graph.invoke({"count": 0})) for _ in range(n_calls)]


def _took_us(call: Callable[[], object]) -> float:
    began = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - began) / 1e3


def _time_async(graph: Any, n_calls: int) -> list[float]:
    async def call_all() -> list[float]:
        taken: list[float] = []
        for _ in range(n_calls):
            began = time.perf_counter_ns()
            await graph.ainvoke({"count": 0})
            taken.append((time.perf_counter_ns() - began) / 1e3)
        return taken

    return asyncio.run(call_all())


if __name__ == "__main__":
    main()
