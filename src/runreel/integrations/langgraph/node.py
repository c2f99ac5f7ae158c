"""Nodes of graphs, recorded: what stands in place of what LangGraph runs for a node, with the same results.

It stands around a node as a whole, with what writes its results and chooses the next nodes, since that may fail as well.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable
from langgraph.errors import GraphBubbleUp, GraphInterrupt

from runreel.integrations.langgraph import engine
from runreel.integrations.langgraph.callback import inside_node, node_callbacks
from runreel.integrations.langgraph.task import recorded_calls
from runreel.sdk.context import Place, current
from runreel.sdk.event import Event, EventKind
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
        self._events.event_class = Execution
        self._captures_inputs = kind.capture_inputs
        self._subgraph = kind.subgraphs.get(name)
        self._has_tasks = kind.has_tasks

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["node"], name)

    def invoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:
        """Run the node."""
        call = calling.get()
        if call is None or call.kind is not self.kind:
            return self.node.invoke(input, config, **kwargs)
        if not call.is_decided:
            call.open_at(config)
        execution = self._begin(call, input, config)
        if execution is None:
            return self.node.invoke(input, config, **kwargs)
        outer, callbacks = current.get(), inside_node.get()
        try:
            current.set(execution)
            inside_node.set(node_callbacks)
            result = self.node.invoke(input, self._inner_config(execution, config), **kwargs)
            execution.complete(result)
        except BaseException as error:
            execution.leave(error)
            raise
        finally:
            current.set(outer)
            inside_node.set(callbacks)
        return result

    async def ainvoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:
        """Run the node."""
        call = calling.get()
        if call is None or call.kind is not self.kind:
            return await self.node.ainvoke(input, config, **kwargs)
        if not call.is_decided:
            await call.open_at_async(config)
        execution = self._begin(call, input, config)
        if execution is None:
            return await self.node.ainvoke(input, config, **kwargs)
        outer, callbacks = current.get(), inside_node.get()
        try:
            current.set(execution)
            inside_node.set(node_callbacks)
            result = await self.node.ainvoke(input, self._inner_config(execution, config), **kwargs)
            execution.complete(result)
        except BaseException as error:
            execution.leave(error)
            raise
        finally:
            current.set(outer)
            inside_node.set(callbacks)
        return result

    def stream(self, input: Any, config: Any = None, **kwargs: Any) -> Iterator[Any]:
        """Run the node unrecorded: no engine asks for this."""
        return self.node.stream(input, config, **kwargs)

    async def astream(self, input: Any, config: Any = None, **kwargs: Any) -> AsyncIterator[Any]:
        """Run the node, as an engine does that streams what is inside nodes."""
        call = calling.get()
        if call is not None and call.kind is self.kind and not call.is_decided:
            await call.open_at_async(config)
        execution = None if call is None or call.kind is not self.kind else self._begin(call, input, config)
        if execution is None:
            async for item in self.node.astream(input, config, **kwargs):
                yield item
            return
        outer, callbacks = current.get(), inside_node.get()
        try:
            current.set(execution)
            inside_node.set(node_callbacks)
            async for item in self.node.astream(input, self._inner_config(execution, config), **kwargs):
                yield item
            execution.complete_with_writes(config)
        except BaseException as error:
            execution.leave(error)
            raise
        finally:
            current.set(outer)
            inside_node.set(callbacks)

    def _begin(self, call: GraphCall, input: Any, config: Any) -> Execution | None:
        """Tell that an execution began; None where nothing is recorded, and of what only passes the input on."""
        place, layout = call.place, call.layout
        if place is None or layout is None or self._name_in_graph == "__start__":
            return None
        try:
            run = place.run
            name = self._name_in_graph
            inputs = run.values.text(input, run) if self._captures_inputs else None
            spot = _Spot(place, layout.node_ids[name], layout.links[name])
            fields = call.fields_of_try(config) if call.failed_tries else ""
            execution: Any = self._events.open(place, spot, inputs, fields)
            execution.call = call
            execution.subgraph = self._subgraph
            execution.task_id = engine.task_of(config)
            return execution
        except OWN_ERRORS as error:
            swallow("begin a node of a graph", error)
            return None

    def _inner_config(self, execution: Execution, config: Any) -> Any:
        if not self._has_tasks:
            return config
        try:
            return engine.with_calls(config, recorded_calls(execution))
        except OWN_ERRORS as error:
            swallow("follow the tasks of a graph", error)
            return config


class _Spot(Place):
    """The place of a node in the call of its graph, while the execution that is to be in it isn't there yet."""

    __slots__ = ()

    def __init__(self, place: Place, node_id: str, link: str) -> None:
        self.run = place.run
        self.outer = place
        self.event_id = place.event_id
        self.node_id = node_id
        self.is_open = True
        self.link = f',"parent_event_id":"{place.event_id}"{link}' if place.event_id else link


class Execution(Event):
    """The execution of a node."""

    __slots__ = ("call", "subgraph", "task_id")

    call: GraphCall
    subgraph: GraphKind | None
    task_id: str | None

    def leave(self, error: BaseException) -> None:
        """Tell that the node ended with this error, or waits for a person, or handed over to the graph around."""
        if isinstance(error, GraphInterrupt):
            self.call.is_waiting = True
            self.end_with("waiting_approval", interrupts_text(self, error), None)
        elif isinstance(error, GraphBubbleUp):
            self.complete(error.args[0] if error.args else None)
        else:
            self.call.note_failure(self.task_id)
            self.fail(error)

    def complete_with_writes(self, config: Any) -> None:
        """Tell that the node ended well, with what it wrote to the state."""
        try:
            writes = engine.writes_of(config)
        except OWN_ERRORS as error:
            swallow("read what a node wrote", error)
            writes = None
        self.complete(writes)


def interrupts_text(event: Event, error: GraphInterrupt) -> str | None:
    """Write the questions of interrupts as LangGraph gives them out; None where there are none."""
    try:
        asked = [{"value": question.value, "id": getattr(question, "id", None)} for question in error.args[0]]
        return event.run.values.text({"__interrupt__": asked}, event.run) if asked else None
    except OWN_ERRORS as problem:
        swallow("read the questions of an interrupt", problem)
        return None
