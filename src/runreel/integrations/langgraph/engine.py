"""What is read of LangGraph's inside: the configuration that its engine hands to every node.

All of it is read here and nowhere else, and nothing is relied on: where a version of LangGraph has something under
another name, it counts as missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from langgraph.channels.base import BaseChannel  # type: ignore[reportMissingTypeStubs]

if TYPE_CHECKING:
    from langgraph.pregel import Pregel  # type: ignore[reportMissingTypeStubs]

    Channels = Mapping[str, BaseChannel[Any, Any, Any]]

_NAMESPACE_SEPARATOR = "|"
_CALL = "__pregel_call"


def _is_mapping(value: object) -> bool:
    # A dictionary almost always, and of anything else it takes many times as long to find out.
    return type(value) is dict or isinstance(value, Mapping)


def settings_of(config: Any) -> Mapping[str, Any]:
    """Return what a configuration says under `configurable`."""
    found: Any = config.get("configurable") if _is_mapping(config) else None
    return found if _is_mapping(found) else {}


def thread_of(config: object) -> str | None:
    """Return the thread of checkpoints that a node belongs to."""
    thread_id = settings_of(config).get("thread_id")
    return None if thread_id is None else str(thread_id)


def task_of(config: object) -> str | None:
    """Return the id of the task that a node is executed for; tries of one task have the same."""
    task_id = settings_of(config).get("__pregel_task_id")
    return task_id if type(task_id) is str else None


def checkpoint_of(config: object) -> str | None:
    """Return the checkpoint at which a node of an outermost graph is executed; None in a graph within another."""
    settings = settings_of(config)
    namespace, checkpoints = settings.get("checkpoint_ns"), settings.get("checkpoint_map")
    if type(namespace) is not str or _NAMESPACE_SEPARATOR in namespace or type(checkpoints) is not dict:
        return None
    checkpoint_id = cast("dict[str, object]", checkpoints).get("")
    return checkpoint_id if isinstance(checkpoint_id, str) else None


def channels_of(config: object) -> Channels | None:
    """Return the channels of the graph that a node is in; they change as it goes on."""
    given: Any = getattr(settings_of(config).get("__pregel_read"), "args", ())
    for argument in given:
        channels: Any = argument
        if type(argument) is dict and any(isinstance(channel, BaseChannel) for channel in channels.values()):
            return channels
    return None


def outputs_of(graph: Pregel[Any, Any, Any, Any], channels: Channels) -> object:
    """Return what a graph gives when its channels hold this."""
    names = graph.output_channels
    if isinstance(names, str):
        return channels[names].get() if names in channels and channels[names].is_available() else None
    return {name: channels[name].get() for name in names if name in channels and channels[name].is_available()}


def writes_of(config: object) -> dict[str, Any]:
    """Return what a node has written to the state so far."""
    writes = getattr(settings_of(config).get("__pregel_send"), "__self__", ())
    channels = channels_of(config) or {}
    return {name: value for name, value in writes if name in channels and ":" not in name and not name.startswith("__")}


def with_calls(config: Any, wrap: Any) -> Any:
    """Return the configuration with another way to call tasks of the functional API: what `wrap` makes of it."""
    settings = settings_of(config)
    call = settings.get(_CALL)
    return config if call is None else {**config, "configurable": {**settings, _CALL: wrap(call)}}


def saver_of(config: object) -> Any:
    """Return what keeps checkpoints from which another process may go on; None where there is none."""
    settings = settings_of(config)
    saver = settings.get("__pregel_checkpointer")
    # With the durability `exit` the input's own checkpoint is never kept.
    return saver if hasattr(saver, "alist") and settings.get("__pregel_durability") != "exit" else None
