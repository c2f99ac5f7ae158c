"""The execution of a node: an event that ends well, fails, or waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.errors import GraphBubbleUp, GraphInterrupt

from runreel.integrations.langgraph import engine
from runreel.sdk.event import Event
from runreel.sdk.guard import OWN_ERRORS, swallow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runreel.integrations.langgraph.call import GraphCall
    from runreel.integrations.langgraph.node import ExecutionKind
    from runreel.sdk.context import Place


class Execution(Event):
    """The execution of a node. Whoever begins it sets what it is of: an `__init__` more would cost every node."""

    __slots__ = ("call", "config")

    kind: ExecutionKind
    call: GraphCall
    config: Any

    def leave(self, error: BaseException) -> None:
        """Tell that the node ended with this error, or waits for a person, or handed over to the graph around."""
        if isinstance(error, GraphInterrupt):
            self.call.is_waiting = True
            self.end_with("waiting_approval", interrupts_text(self, error), None)
        elif isinstance(error, GraphBubbleUp):
            self.complete(error.args[0] if error.args else None)
        else:
            self.call.note_failure(self.config)
            self.fail(error)

    def complete_with_writes(self) -> None:
        """Tell that the node ended well, with what it wrote to the state."""
        try:
            writes = engine.writes_of(self.config)
        except OWN_ERRORS as error:
            swallow("read what a node wrote", error)
            writes = None
        self.complete(writes)


def may_know_results(place: Place | None) -> bool:
    """Tell whether the engine may have had the result of a task before: the graph goes on, or a node is tried again."""
    return any(execution.call.goes_on or execution.call.failed_tries for execution in _executions_around(place))


def is_in_execution(place: Place | None) -> bool:
    """Tell whether a place is within the execution of a node."""
    return any(True for _ in _executions_around(place))


def _executions_around(place: Place | None) -> Iterator[Execution]:
    """Give the executions of nodes that a place is within, from the inside out."""
    while place is not None:
        if isinstance(place, Execution):
            yield place
        place = place.outer


def interrupts_text(event: Event, error: GraphInterrupt) -> str | None:
    """Write the questions of interrupts as LangGraph gives them out; None where there are none."""
    try:
        asked = [{"value": question.value, "id": getattr(question, "id", None)} for question in error.args[0]]
        return event.run.values.text({"__interrupt__": asked}, event.run) if asked else None
    except OWN_ERRORS as problem:
        swallow("read the questions of an interrupt", problem)
        return None
