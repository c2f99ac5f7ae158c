"""Nodes of graphs, recorded: what stands in place of what LangGraph runs for a node, with the same results.

It stands around a node as a whole, with what writes its results and chooses the next nodes: that may fail as well.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from functools import partial
from time import time_ns
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable
from langgraph.constants import START

from runreel.integrations.langgraph import engine
from runreel.integrations.langgraph.execution import Execution
from runreel.integrations.langgraph.task import recorded_calls
from runreel.sdk.context import current
from runreel.sdk.event import EventKind
from runreel.sdk.guard import OWN_ERRORS, swallow

if TYPE_CHECKING:
    from runreel.integrations.langgraph.call import GraphCall
    from runreel.integrations.langgraph.kind import GraphKind

# The call of a recorded graph whose engine is at work here.
calling: ContextVar[GraphCall | None] = ContextVar("runreel_langgraph_call", default=None)


class RecordedNode(Runnable[Any, Any]):
    """Runs a node, and records it within recorded calls of its graph."""

    def __init__(self, node: Runnable[Any, Any], name: str, graph: GraphKind) -> None:
        # Whoever looks into the graph finds what the node holds. Looked up there each time, it would cost every call.
        vars(self).update(getattr(node, "__dict__", {}))
        self.kind = ExecutionKind(node, name, graph)

    def invoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:  # noqa: A002 - LangChain's name
        """Run the node."""
        kind, call = self.kind, calling.get()
        if call is None or call.kind is not kind.graph:
            return kind.node.invoke(input, config, **kwargs)
        if not call.is_decided:
            call.open_at(config)
        execution = kind.begin(call, input, config)
        if execution is None:
            return kind.node.invoke(input, config, **kwargs)
        outer = current.get()
        invoke = partial(kind.node.invoke, **kwargs) if kwargs else kind.node.invoke
        try:
            current.set(execution)
            result = invoke(input, kind.inner_config(execution) if kind.has_tasks else config)
            execution.complete(result)
        except BaseException as error:
            execution.leave(error)
            raise
        finally:
            current.set(outer)
        return result

    async def ainvoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:  # noqa: A002
        """Run the node."""
        kind, call = self.kind, calling.get()
        if call is None or call.kind is not kind.graph:
            return await kind.node.ainvoke(input, config, **kwargs)
        if not call.is_decided:
            await call.open_at_async(config)
        execution = kind.begin(call, input, config)
        if execution is None:
            return await kind.node.ainvoke(input, config, **kwargs)
        outer = current.get()
        ainvoke = partial(kind.node.ainvoke, **kwargs) if kwargs else kind.node.ainvoke
        try:
            current.set(execution)
            result = await ainvoke(input, kind.inner_config(execution) if kind.has_tasks else config)
            execution.complete(result)
        except BaseException as error:
            execution.leave(error)
            raise
        finally:
            current.set(outer)
        return result

    def stream(self, input: Any, config: Any = None, **kwargs: Any) -> Iterator[Any]:  # noqa: A002
        """Run the node unrecorded: no engine asks for this."""
        return self.kind.node.stream(input, config, **kwargs)

    async def astream(self, input: Any, config: Any = None, **kwargs: Any) -> AsyncIterator[Any]:  # noqa: A002
        """Run the node, as an engine does that streams what is inside nodes."""
        kind, call = self.kind, calling.get()
        execution = None
        if call is not None and call.kind is kind.graph:
            if not call.is_decided:
                await call.open_at_async(config)
            execution = kind.begin(call, input, config)
        if execution is None:
            async for item in kind.node.astream(input, config, **kwargs):
                yield item
            return
        outer = current.get()
        try:
            current.set(execution)
            inner = kind.inner_config(execution) if kind.has_tasks else config
            async for item in kind.node.astream(input, inner, **kwargs):
                yield item
            execution.complete_with_writes()
        except BaseException as error:
            execution.leave(error)
            raise
        finally:
            current.set(outer)


class ExecutionKind(EventKind):
    """What all executions of one node have in common."""

    __slots__ = ("_captures_inputs", "_is_start", "graph", "has_tasks", "node", "subgraph")

    def __init__(self, node: Runnable[Any, Any], name: str, graph: GraphKind) -> None:
        super().__init__("node_execution", name, capture_outputs=graph.capture_outputs)
        self.node = node
        self.graph = graph
        self.subgraph = graph.subgraphs.get(name)
        self.has_tasks = graph.has_tasks
        self._captures_inputs = graph.capture_inputs
        self._is_start = name == START

    def begin(self, call: GraphCall, given: Any, config: Any) -> Execution | None:
        """Tell that an execution began; None where nothing is recorded, and of what only passes the input on.

        It and `Execution.complete` are on the way of every node: what `EventKind.open` does in steps is done at once.
        """
        place, layout = call.place, call.layout
        if place is None or layout is None or self._is_start:
            return None
        try:
            run = place.run
            client = run.client
            node_id, link = layout.nodes[self.name]
            execution = Execution(run, place, node_id, self)
            execution.call, execution.config = call, config
            fields = f',"inputs":{run.values.text(given, run)}' if self._captures_inputs else ""
            if call.failed_tries:
                fields += call.fields_of_try(config)
            if run.recorder_id is not client.recorder_id:
                run.renumber()
            client.add(
                run,
                f'{self.head}{run.head}{next(run.numbers)},"recorded_at":{time_ns() // 1000}e-6,'
                f'"event_id":"{execution.event_id}"{call.link}{link}{fields}}}'.encode("utf-8", "replace"),
            )
            return execution
        except OWN_ERRORS as error:
            swallow("begin a node of a graph", error)
            return None

    def inner_config(self, execution: Execution) -> Any:
        """Return the configuration for what runs inside: one that tells of tasks."""
        try:
            return engine.with_calls(execution.config, recorded_calls(execution))
        except OWN_ERRORS as error:
            swallow("follow the tasks of a graph", error)
            return execution.config
