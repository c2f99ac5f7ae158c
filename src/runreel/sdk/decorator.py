"""The public words for what takes time: decorators and blocks."""

from __future__ import annotations

from runreel.sdk.block import EventBlock, RunBlock, WorkflowBlock
from runreel.sdk.event import EventKind
from runreel.sdk.graph import NodeKind
from runreel.sdk.overloading import overload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, TypeVar

    from runreel.sdk.plan import Step

    Function = TypeVar("Function", bound=Callable[..., Any])


@overload
def agent(name: Function, /) -> Function: ...
@overload
def agent(
    name: str | None = None,
    *,
    session: str | None = None,
    environment: str | None = None,
    mode: str | None = None,
    model: str | None = None,
    tags: Iterable[str] | None = None,
    metadata: Mapping[str, object] | None = None,
    capture_inputs: bool = True,
    capture_outputs: bool = True,
) -> RunBlock: ...
def agent(
    name: Any = None,
    *,
    session: str | None = None,
    environment: str | None = None,
    mode: str | None = None,
    model: str | None = None,
    tags: Iterable[str] | None = None,
    metadata: Mapping[str, object] | None = None,
    capture_inputs: bool = True,
    capture_outputs: bool = True,
) -> Any:
    """Record each call as a run of the agent `name`, by default that of the function.

    Within another run it becomes a child run, linked from an event of type `agent_call`.
    """
    function, agent_name = _function_or_name(name)
    block = RunBlock(
        is_named_after_function=True,
        agent=agent_name,
        session=session,
        environment=environment,
        mode=mode,
        model=model,
        tags=tags,
        metadata=metadata,
        capture_inputs=capture_inputs,
        capture_outputs=capture_outputs,
    )
    return block if function is None else block(function)


@overload
def tool(name: Function, /) -> Function: ...
@overload
def tool(
    name: str | None = None,
    *,
    attributes: Mapping[str, object] | None = None,
    capture_inputs: bool = True,
    capture_outputs: bool = True,
) -> EventBlock: ...
def tool(
    name: Any = None,
    *,
    attributes: Mapping[str, object] | None = None,
    capture_inputs: bool = True,
    capture_outputs: bool = True,
) -> Any:
    """Record each call as an event of type `tool_call`."""
    return _event(name, "tool_call", attributes, capture_inputs=capture_inputs, capture_outputs=capture_outputs)


@overload
def step(name: Function, /) -> Function: ...
@overload
def step(
    name: str | None = None,
    *,
    attributes: Mapping[str, object] | None = None,
    capture_inputs: bool = True,
    capture_outputs: bool = True,
) -> EventBlock: ...
def step(
    name: Any = None,
    *,
    attributes: Mapping[str, object] | None = None,
    capture_inputs: bool = True,
    capture_outputs: bool = True,
) -> Any:
    """Record each call as an event of type `step`."""
    return _event(name, "step", attributes, capture_inputs=capture_inputs, capture_outputs=capture_outputs)


@overload
def llm(name: Function, /) -> Function: ...
@overload
def llm(
    name: str | None = None,
    *,
    model: str | None = None,
    provider: str | None = None,
    attributes: Mapping[str, object] | None = None,
    capture_inputs: bool = True,
    capture_outputs: bool = True,
) -> EventBlock: ...
def llm(
    name: Any = None,
    *,
    model: str | None = None,
    provider: str | None = None,
    attributes: Mapping[str, object] | None = None,
    capture_inputs: bool = True,
    capture_outputs: bool = True,
) -> Any:
    """Record each call as an event of type `llm_call`.

    Usage, model and provider are read from the result where it has the shape that common libraries give it; what
    `usage` says counts more.
    """
    return _event(
        name,
        "llm_call",
        attributes,
        model=model,
        provider=provider,
        capture_inputs=capture_inputs,
        capture_outputs=capture_outputs,
    )


@overload
def node(name: Function, /) -> Function: ...
@overload
def node(
    name: str | None = None,
    *,
    type: str | None = None,
    goal: str | None = None,
    capture_inputs: bool = True,
    capture_outputs: bool = True,
) -> EventBlock: ...
def node(
    name: Any = None,
    *,
    type: str | None = None,  # noqa: A002 - the word of the record
    goal: str | None = None,
    capture_inputs: bool = True,
    capture_outputs: bool = True,
) -> Any:
    """Record each call as an execution of the node `name`, by default the function's, of the run's workflow graph.

    The node is declared when it first runs, with edges from those that ran before it in the same workflow, node or run.
    """
    function, node_id = _function_or_name(name)
    block = EventBlock(
        NodeKind,
        node_id,
        node_type=type,
        goal=goal,
        capture_inputs=capture_inputs,
        capture_outputs=capture_outputs,
    )
    return block if function is None else block(function)


@overload
def workflow(name: Function, /) -> Function: ...
@overload
def workflow(
    name: str | None = None,
    *,
    nodes: Mapping[str, str | None] | Iterable[str | Step | Mapping[str, object]] | None = None,
    edges: Iterable[Sequence[str] | Mapping[str, str]] | None = None,
    capture_inputs: bool = True,
    capture_outputs: bool = True,
) -> WorkflowBlock: ...
def workflow(
    name: Any = None,
    *,
    nodes: Any = None,
    edges: Any = None,
    capture_inputs: bool = True,
    capture_outputs: bool = True,
) -> Any:
    """Record each call as a workflow: what holds nodes together that follow each other.

    Without a run around it is one, of the agent `name`; within a run it is an event of type `step`. Its graph, as
    `plan` takes it, is declared before anything of it runs.
    """
    function, workflow_name = _function_or_name(name)
    block = WorkflowBlock(
        workflow_name, nodes=nodes, edges=edges, capture_inputs=capture_inputs, capture_outputs=capture_outputs
    )
    return block if function is None else block(function)


def run(
    name: str | None = None,
    *,
    agent: str | None = None,
    run_id: str | None = None,
    session: str | None = None,
    environment: str | None = None,
    mode: str | None = None,
    model: str | None = None,
    task: str | None = None,
    tags: Iterable[str] | None = None,
    metadata: Mapping[str, object] | None = None,
) -> RunBlock:
    """Record what is inside as a run of `agent`, by default that of `init`.

    Without a name the server calls it `run N`; a name that another run has gets ` (2)`. With the `run_id` of a run that
    there is already, that one goes on.
    """
    return RunBlock(
        is_named_after_function=False,
        name=name,
        agent=agent,
        run_id=run_id,
        session=session,
        environment=environment,
        mode=mode,
        model=model,
        task=task,
        tags=tags,
        metadata=metadata,
    )


def span(
    name: str,
    *,
    type: str = "step",  # noqa: A002 - the word of the record
    attributes: Mapping[str, object] | None = None,
) -> EventBlock:
    """Record what is inside as an event of any type."""
    return EventBlock(_EventMaker(type, attributes), name)


class _EventMaker:
    """Makes what all events of a block have in common, once the block's name is known."""

    __slots__ = ("_attributes", "_event_type", "_model", "_provider")

    def __init__(
        self,
        event_type: str,
        attributes: Mapping[str, object] | None,
        model: str | None = None,
        provider: str | None = None,
    ) -> None:
        self._event_type = event_type
        self._attributes = attributes
        self._model = model
        self._provider = provider

    def __call__(self, name: str | None, *, capture_outputs: bool) -> EventKind:
        return EventKind(
            self._event_type,
            name,
            model=self._model,
            provider=self._provider,
            attributes=self._attributes,
            capture_outputs=capture_outputs,
        )


def _event(
    name: Any,
    event_type: str,
    attributes: Mapping[str, object] | None,
    *,
    capture_inputs: bool,
    capture_outputs: bool,
    model: str | None = None,
    provider: str | None = None,
) -> Any:
    function, event_name = _function_or_name(name)
    make = _EventMaker(event_type, attributes, model, provider)
    block = EventBlock(make, event_name, capture_inputs=capture_inputs, capture_outputs=capture_outputs)
    return block if function is None else block(function)


def _function_or_name(given: Any) -> tuple[Any, Any]:
    """Tell `@tool` from `@tool("name")`."""
    if callable(given) or type(given) in (staticmethod, classmethod, property):
        return given, None
    return None, given
