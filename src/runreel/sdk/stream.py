"""Recorded generators: one event from the first step to the last, items passed on as they come.

The body stands in its own place at every step, whoever takes it and from which context; the taker stays where it is.
What is sent or thrown in, `close` among it, reaches the body as it would without us.
"""

from __future__ import annotations

import sys

from runreel.sdk.context import Place, current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
    from typing import Any

    from runreel.sdk.event import Event
    from runreel.sdk.run import RunPlace

    Opened = Event | RunPlace
    Begin = Callable[[tuple[Any, ...], Mapping[str, Any]], Opened | None]


def follow_generator(place: Opened, stream: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Return a generator that gives what `stream` gives, and ends the event of `place` with it."""
    return wrap_generator(lambda _args, _kwargs: place, lambda: stream)()


def follow_async_generator(place: Opened, stream: AsyncGenerator[Any, Any]) -> AsyncGenerator[Any, Any]:
    """Return an asynchronous generator that gives what `stream` gives, and ends the event of `place` with it."""
    return wrap_async_generator(lambda _args, _kwargs: place, lambda: stream)()


def wrap_generator(
    begin: Begin, function: Callable[..., Generator[Any, Any, Any]], *, around: Place | None = None
) -> Callable[..., Generator[Any, Any, Any]]:
    """Return a generator function that is recorded from its first step on; where it isn't, its body stands `around`."""

    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        # First, since wrong arguments are no call.
        stream = function(*args, **kwargs)
        place = begin(args, kwargs)
        try:
            inside: Place | None = place or around or current.get()
            sent: Any = None
            # Errors and items are popped when they are passed on: nothing here shall keep them alive.
            thrown: list[BaseException] = []
            was_closed = False
            while True:
                outer = current.get()
                try:
                    current.set(inside)
                    item = [stream.throw(thrown.pop()) if thrown else stream.send(sent)]
                except StopIteration as stop:
                    if place is not None:
                        _end(place, stop.value, was_closed=was_closed)
                    return stop.value
                finally:
                    try:
                        inside = current.get()
                    finally:
                        current.set(outer)
                if place is not None:
                    place.note_item()
                sent = None
                try:
                    sent = yield item.pop()
                except BaseException as error:  # noqa: BLE001 - thrown in again
                    was_closed = isinstance(error, GeneratorExit)
                    thrown.append(error)
        except BaseException as error:
            if place is not None:
                place.fail(error)
            raise

    return wrapper


def wrap_async_generator(
    begin: Begin, function: Callable[..., AsyncGenerator[Any, Any]], *, around: Place | None = None
) -> Callable[..., AsyncGenerator[Any, Any]]:
    """Return an asynchronous generator function that is recorded as `wrap_generator` does."""

    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        stream = function(*args, **kwargs)
        place = begin(args, kwargs)
        try:
            inside: Place | None = place or around or current.get()
            step = first_step(stream)
            sent: Any = None
            thrown: list[BaseException] = []
            was_closed = False
            while True:
                outer = current.get()
                try:
                    current.set(inside)
                    if step is not None:
                        step, first = None, step
                        item = [await first]
                    else:
                        item = [await (stream.athrow(thrown.pop()) if thrown else stream.asend(sent))]
                except StopAsyncIteration:
                    if place is not None:
                        _end(place, None, was_closed=was_closed)
                    return
                finally:
                    try:
                        inside = current.get()
                    finally:
                        current.set(outer)
                if place is not None:
                    place.note_item()
                sent = None
                try:
                    sent = yield item.pop()
                except BaseException as error:  # noqa: BLE001 - thrown in again
                    was_closed = isinstance(error, GeneratorExit)
                    thrown.append(error)
        except BaseException as error:
            if place is not None:
                place.fail(error)
            raise

    return wrapper


def _end(place: Opened, result: object, *, was_closed: bool) -> None:
    if was_closed:
        # The taker wanted no more, and the body left quietly.
        place.end_as("cancelled")
    else:
        place.complete(result)


def first_step(stream: AsyncGenerator[Any, Any]) -> Awaitable[Any]:
    """Begin the inner generator unseen by the event loop, which closes what it knows of.

    It knows the outer one, which closes the inner one; closing both at once would fail.
    """
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, None)
    try:
        return stream.asend(None)
    finally:
        sys.set_asyncgen_hooks(*hooks)
