"""Calls of recorded graphs, followed from their begin to their end.

While the engine works, nodes find the call by the context. Streams pass items on as they come, and what is sent or
thrown in reaches the engine; in between, the call is left in the context, where only nodes of its graph would look for
it, and what the taker records stays where the taker is.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING, Any

from runreel.integrations.langgraph.callback import inside_node, node_callbacks
from runreel.integrations.langgraph.node import calling
from runreel.sdk.stream import first_step

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from runreel.integrations.langgraph.call import GraphCall


def run(call: GraphCall, invoke: Callable[[], Any]) -> Any:
    """Return what a graph gives that takes the items of its stream itself, and end its call with it."""
    outer = calling.get()
    try:
        _enter(call)
        call.awaits_stream = True
        result = invoke()
        call.look_where_it_stopped()
        call.complete()
        return result
    except BaseException as error:
        if not call.awaits_stream:
            call.fail(error)
        raise
    finally:
        calling.set(outer)


async def run_async(call: GraphCall, invoke: Callable[[], Awaitable[Any]]) -> Any:
    """Return what a graph gives that takes the items of its stream itself, and end its call with it."""
    outer = calling.get()
    try:
        _enter(call)
        call.awaits_stream = True
        result = await invoke()
        await call.look_where_it_stopped_async()
        call.complete()
        return result
    except BaseException as error:
        if not call.awaits_stream:
            call.fail(error)
        raise
    finally:
        calling.set(outer)


def follow(call: GraphCall, stream: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Give what a graph's stream gives, and end its call with it."""
    outer = calling.get()
    try:
        sent: Any = None
        # Errors and items are popped when they are passed on: nothing here shall keep them alive.
        thrown: list[BaseException] = []
        while True:
            if calling.get() is not call:
                _enter(call)
            try:
                item = [stream.throw(thrown.pop()) if thrown else stream.send(sent)]
            except StopIteration as stop:
                call.look_where_it_stopped()
                call.complete()
                return stop.value
            try:
                sent = yield item.pop()
            except BaseException as error:  # noqa: BLE001 - thrown in again
                thrown.append(error)
    except BaseException as error:
        call.fail(error)
        raise
    finally:
        calling.set(outer)


def _enter(call: GraphCall) -> None:
    calling.set(call)
    inside_node.set(node_callbacks)


async def follow_async(call: GraphCall, stream: AsyncGenerator[Any, Any]) -> AsyncGenerator[Any, Any]:
    """Give what a graph's asynchronous stream gives, and end its call with it."""
    outer = calling.get()
    try:
        step = first_step(stream)
        sent: Any = None
        thrown: list[BaseException] = []
        while True:
            if calling.get() is not call:
                _enter(call)
            try:
                if step is not None:
                    step, first = None, step
                    item = [await first]
                else:
                    item = [await (stream.athrow(thrown.pop()) if thrown else stream.asend(sent))]
            except StopAsyncIteration:
                await call.look_where_it_stopped_async()
                call.complete()
                return
            try:
                sent = yield item.pop()
            except BaseException as error:  # noqa: BLE001 - thrown in again
                thrown.append(error)
    except BaseException as error:
        call.fail(error)
        raise
    finally:
        calling.set(outer)
