"""Nodes of graphs, recorded: what stands in place of what LangGraph runs for a node, with the same results.

It stands around a node as a whole, with what writes its results and chooses the next nodes: that may fail as well.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
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

    def __init__(self, node: Runnable[Any, Any], name: str, kind: GraphKind) -> None:
        self.node = node
        self.name = getattr(node, "name", None)
        self.kind = kind
        self._name_in_graph = name
        self._events = EventKind("node_execution", name, capture_outputs=kind.capture_outputs)
        self._captures_inputs = kind.capture_inputs
        self._subgraph = kind.subgraphs.get(name)
        self._has_tasks = kind.has_tasks
        self._is_start = name == START

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["node"], name)

    def invoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:  # noqa: A002 - LangChain's name
        """Run the node."""
        call = calling.get()
        if call is None or call.kind is not self.kind:
            return self.node.invoke(input, config, **kwargs)
        if not call.is_decided:
            call.open_at(config)
        execution = self._begin(call, input, config)
        if execution is None:
            return self.node.invoke(input, config, **kwargs)
        outer = current.get()
        try:
            current.set(execution)
            result = self.node.invoke(input, self._inner_config(execution) if self._has_tasks else config, **kwargs)
            execution.complete(result)
        except BaseException as error:
            execution.leave(error)
            raise
        finally:
            current.set(outer)
        return result

    async def ainvoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:  # noqa: A002
        """Run the node."""
        call = calling.get()
        if call is None or call.kind is not self.kind:
            return await self.node.ainvoke(input, config, **kwargs)
        if not call.is_decided:
            await call.open_at_async(config)
        execution = self._begin(call, input, config)
        if execution is None:
            return await self.node.ainvoke(input, config, **kwargs)
        outer = current.get()
        try:
            current.set(execution)
            inner = self._inner_config(execution) if self._has_tasks else config
            result = await self.node.ainvoke(input, inner, **kwargs)
            execution.complete(result)
        except BaseException as error:
            execution.leave(error)
            raise
        finally:
            current.set(outer)
        return result

    def stream(self, input: Any, config: Any = None, **kwargs: Any) -> Iterator[Any]:  # noqa: A002
        """Run the node unrecorded: no engine asks for this."""
        return self.node.stream(input, config, **kwargs)

    async def astream(self, input: Any, config: Any = None, **kwargs: Any) -> AsyncIterator[Any]:  # noqa: A002
        """Run the node, as an engine does that streams what is inside nodes."""
        call = calling.get()
        execution = None
        if call is not None and call.kind is self.kind:
            if not call.is_decided:
                await call.open_at_async(config)
            execution = self._begin(call, input, config)
        if execution is None:
            async for item in self.node.astream(input, config, **kwargs):
                yield item
            return
        outer = current.get()
        try:
            current.set(execution)
            inner = self._inner_config(execution) if self._has_tasks else config
            async for item in self.node.astream(input, inner, **kwargs):
                yield item
            execution.complete_with_writes()
        except BaseException as error:
            execution.leave(error)
            raise
        finally:
            current.set(outer)

    def _begin(self, call: GraphCall, given: Any, config: Any) -> Execution | None:
        """Tell that an execution began; None where nothing is recorded, and of what only passes the input on.

        It and `Execution.complete` are on the way of every node, so what `EventKind` does in steps is done at once.
        """
        place, layout = call.place, call.layout
        if place is None or layout is None or self._is_start:
            return None
        try:
            run, name = place.run, self._name_in_graph
            client = run.client
            execution = Execution(run, place, layout.node_ids[name], self._events)
            execution.call, execution.config, execution.subgraph = call, config, self._subgraph
            inside = f"{call.link}{layout.links[name]}"
            fields = f',"inputs":{run.values.text(given, run)}' if self._captures_inputs else ""
            if call.failed_tries:
                fields += call.fields_of_try(config)
            if run.recorder_id is not client.recorder_id:
                run.renumber()
            client.add(
                run,
                f'{self._events.head}{run.head}{next(run.numbers)},"recorded_at":{time_ns() // 1000}e-6,'
                f'"event_id":"{execution.event_id}"{inside}{fields}}}'.encode("utf-8", "replace"),
            )
            return execution
        except OWN_ERRORS as error:
            swallow("begin a node of a graph", error)
            return None

    def _inner_config(self, execution: Execution) -> Any:
        try:
            return engine.with_calls(execution.config, recorded_calls(execution))
        except OWN_ERRORS as error:
            swallow("follow the tasks of a graph", error)
            return execution.config
