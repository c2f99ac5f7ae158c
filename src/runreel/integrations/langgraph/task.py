"""Tasks of the functional API, which an entrypoint calls while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runreel.integrations.langgraph.execution import may_know_results
from runreel.sdk.context import current
from runreel.sdk.event import EventKind
from runreel.sdk.graph import InNode
from runreel.sdk.guard import OWN_ERRORS, swallow
from runreel.sdk.quoting import quote
from runreel.sdk.wrapper import complete_with_future

if TYPE_CHECKING:
    from collections.abc import Callable

    from runreel.sdk.event import Event


def recorded_calls(entrypoint: Event) -> Callable[[Any], Any]:
    """Return what makes calls of tasks recorded ones, as executions of nodes within the entrypoint's."""

    def wrap(call: Any) -> Any:
        def recorded_call(function: Any, *args: Any, **kwargs: Any) -> Any:
            event = _begin(entrypoint, function, args)
            if event is None:
                return call(function, *args, **kwargs)
            outer = current.get()
            try:
                # What the engine starts for the task has a copy of this context.
                current.set(event)
                future = call(function, *args, **kwargs)
            except BaseException as error:
                event.fail(error)
                raise
            finally:
                current.set(outer)
            _follow(event, future)
            return future

        return recorded_call

    return wrap


def _begin(entrypoint: Event, function: Any, args: tuple[Any, ...]) -> Event | None:
    try:
        run = entrypoint.run
        name = str(getattr(function, "__name__", None) or type(function).__name__)
        node_id = f"{entrypoint.node_id}:{name}"
        nodes = run.nodes = run.nodes or set()
        if node_id not in nodes:
            nodes.add(node_id)
            parent = quote(entrypoint.node_id or "")
            fields = f',"node_id":{quote(node_id)},"node_type":"step","name":{quote(name)},"parent_node_id":{parent}'
            run.add('"record":"node","phase":"start"', fields)
        inputs = run.values.text(args[0], run) if args else None
        return EventKind("node_execution", name).open(entrypoint, InNode(entrypoint, node_id), inputs)
    except OWN_ERRORS as error:
        swallow("begin a task of a graph", error)
        return None


def _follow(event: Event, future: Any) -> None:
    try:
        # A task that is as quick as this may be done as well.
        if future.done() and may_know_results(event.outer):
            event.add_attributes({"from_checkpoint": True})

        def end(done: Any) -> None:
            complete_with_future(event, done)

        future.add_done_callback(end)
    except OWN_ERRORS as error:
        swallow("follow a task of a graph", error)
