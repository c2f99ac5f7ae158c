"""Calls of models, tools and retrievers within nodes, as LangChain tells of them.

LangChain asks the context for this handler wherever one of these is called, so that nothing is added to anybody's
configuration, and the engine of LangGraph, which calls no handler of ours, takes no longer.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tracers.context import register_configure_hook

from runreel.integrations.langgraph.execution import is_in_execution
from runreel.sdk.context import current, leave
from runreel.sdk.event import Event, EventKind
from runreel.sdk.guard import OWN_ERRORS, swallow

if TYPE_CHECKING:
    from uuid import UUID

# Of more calls than this at once the earliest are taken for lost: their end was never told.
_MAX_OPEN = 10_000

# Set in contexts where nodes ran. It stays there, and records nothing outside of nodes.
_listening: list[bool] = []

inside_node: ContextVar[NodeCallbacks | None] = ContextVar("runreel_langgraph_callbacks", default=None)


def listen() -> None:
    """Have LangChain ask for the handler, from now on for as long as the process lives; once is enough."""
    if not _listening:
        _listening.append(True)
        register_configure_hook(inside_node, inheritable=False)


class NodeCallbacks(BaseCallbackHandler):
    """Records what is called within a node."""

    run_inline = True  # in the caller's own context, which tells where in a run it is

    def __init__(self) -> None:
        self._open: dict[UUID, Event] = {}

    @property
    def ignore_chain(self) -> bool:
        """Nothing is asked of steps that are neither."""
        return True

    @property
    def ignore_custom_event(self) -> bool:
        """Nothing is asked of what programs tell each other."""
        return True

    def on_chat_model_start(self, serialized: Any, messages: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Begin the call of a chat model."""
        self._begin_model(serialized, messages[0] if len(messages) == 1 else messages, run_id, kwargs)

    def on_llm_start(self, serialized: Any, prompts: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Begin the call of a model."""
        self._begin_model(serialized, prompts[0] if len(prompts) == 1 else prompts, run_id, kwargs)

    def on_llm_new_token(self, token: Any, *, run_id: UUID, **kwargs: Any) -> None:  # noqa: ARG002 - LangChain's names
        """Count a piece of an answer."""
        event = self._open.get(run_id)
        if event is not None:
            event.note_item()

    def on_llm_end(self, response: Any, *, run_id: UUID, **kwargs: Any) -> None:  # noqa: ARG002
        """End the call of a model."""
        event = self._open.pop(run_id, None)
        if event is not None:
            answer = _answer_of(response)
            if (model := _model_of(answer)) is not None:
                event.usage(model=model)
            event.complete(answer)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:  # noqa: ARG002
        """End the call of a model that failed."""
        self._fail(run_id, error)

    def on_tool_start(self, serialized: Any, input_str: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Begin the call of a tool; what it calls is within it."""
        inputs = kwargs.get("inputs")
        event = self._begin(
            EventKind("tool_call", _name_of(serialized, kwargs)), input_str if inputs is None else inputs, run_id
        )
        if event is not None:
            current.set(event)

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:  # noqa: ARG002
        """End the call of a tool."""
        event = self._open.pop(run_id, None)
        if event is not None:
            event.complete(output)
            leave(event)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:  # noqa: ARG002
        """End the call of a tool that failed."""
        event = self._fail(run_id, error)
        if event is not None:
            leave(event)

    def on_retriever_start(self, serialized: Any, query: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Begin a search for documents."""
        self._begin(EventKind("retrieval", _name_of(serialized, kwargs)), query, run_id)

    def on_retriever_end(self, documents: Any, *, run_id: UUID, **kwargs: Any) -> None:  # noqa: ARG002
        """End a search for documents."""
        event = self._open.pop(run_id, None)
        if event is not None:
            event.complete(documents)

    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:  # noqa: ARG002
        """End a search for documents that failed."""
        self._fail(run_id, error)

    def _begin_model(self, serialized: Any, inputs: Any, run_id: UUID, kwargs: dict[str, Any]) -> None:
        try:
            metadata: Any = kwargs.get("metadata") or {}
            parameters: Any = kwargs.get("invocation_params") or {}
            model = metadata.get("ls_model_name") or parameters.get("model") or parameters.get("model_name")
            kind = EventKind(
                "llm_call", _name_of(serialized, kwargs), model=model, provider=metadata.get("ls_provider")
            )
            self._begin(kind, inputs, run_id)
        except OWN_ERRORS as error:
            swallow("begin the call of a model", error)

    def _begin(self, kind: EventKind, inputs: Any, run_id: UUID) -> Event | None:
        place = current.get()
        if place is None or not is_in_execution(place):
            return None
        try:
            event = kind.open(place, place, place.run.values.text(inputs, place.run))
            self._open[run_id] = event
            if len(self._open) > _MAX_OPEN:
                self._open.pop(next(iter(self._open)), None)
            return event
        except OWN_ERRORS as error:
            swallow("begin a call within a node", error)
            return None

    def _fail(self, run_id: UUID, error: BaseException) -> Event | None:
        event = self._open.pop(run_id, None)
        if event is not None:
            event.fail(error)
        return event


node_callbacks = NodeCallbacks()


def _name_of(serialized: Any, kwargs: dict[str, Any]) -> str | None:
    """Return what LangChain calls a model, tool or retriever."""
    name = kwargs.get("name")
    if name is None and isinstance(serialized, dict):
        name = serialized.get("name") or (serialized.get("id") or [None])[-1]  # type: ignore[reportUnknownMemberType]
    return name if isinstance(name, str) else None


def _model_of(answer: Any) -> str | None:
    """Return which model an answer says that it is of."""
    told = getattr(answer, "response_metadata", None)
    name = (told.get("model_name") or told.get("model")) if isinstance(told, dict) else None  # type: ignore[reportUnknownMemberType]
    return name if isinstance(name, str) else None


def _answer_of(response: Any) -> Any:
    """Return the only answer of a model, which tells its usage; where there are several, all of them."""
    try:
        generations = response.generations
        if len(generations) == 1 and len(generations[0]) == 1:
            generation = generations[0][0]
            return getattr(generation, "message", None) or generation
    except OWN_ERRORS as error:
        swallow("read the answer of a model", error)
    return response
