"""Recorded functions: what stands in place of the host's own, of the same kind, with the same results.

The original is called in the same way, its result is handed on as it is, and its exceptions are the same objects.
Generators are in `stream.py`.
"""

from __future__ import annotations

import sys

from runreel.sdk.context import current, leave
from runreel.sdk.guard import OWN_ERRORS, swallow
from runreel.sdk.stream import follow_async_generator, follow_generator, wrap_async_generator, wrap_generator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any

    from runreel.sdk.call import EventCall, RunCall
    from runreel.sdk.event import Event
    from runreel.sdk.run import RunPlace

    Call = EventCall | RunCall
    Opened = Event | RunPlace

_GENERATOR = 0x20
_COROUTINE = 0x80
_ITERABLE_COROUTINE = 0x100
_ASYNC_GENERATOR = 0x200
# Results of these types are over when the function returns, as most are.
_AT_ONCE = frozenset({type(None), str, int, float, bool, bytes, dict, list, tuple, set})
_COPIED = ("__module__", "__name__", "__qualname__", "__doc__", "__type_params__")
_OF_CACHES = ("cache_info", "cache_clear", "cache_parameters")


def wrap(call: Call, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of the same kind that is recorded."""
    flags = code_flags(function)
    if flags & _ASYNC_GENERATOR:
        wrapper = wrap_async_generator(call.begin, function)
    elif flags & _COROUTINE:
        wrapper = _wrap_coroutine_function(call, function)
    elif flags & (_GENERATOR | _ITERABLE_COROUTINE):
        wrapper = wrap_generator(call.begin, function)
        if flags & _ITERABLE_COROUTINE:
            import types

            wrapper = types.coroutine(wrapper)
    else:
        wrapper = _wrap_function(call, function)
    dress(wrapper, function)
    call.is_seen_as(wrapper)
    return wrapper


def code_flags(function: Any) -> int:
    """Return what kind of function it is, as `inspect` tells it: through partials and bound methods."""
    partial = getattr(sys.modules.get("functools"), "partial", None)
    while True:
        if partial is not None and isinstance(function, partial):
            function = function.func  # type: ignore[attr-defined]
        elif hasattr(function, "__self__") and hasattr(function, "__func__"):
            function = function.__func__  # type: ignore[attr-defined]
        else:
            break
    flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
    return flags if isinstance(flags, int) else 0


def dress(wrapper: Any, function: Any) -> None:
    """Make a function look like another one, as `functools.wraps` does, which takes long to import."""
    for name in _COPIED:
        if type(value := getattr(function, name, None)) in (str, tuple):
            setattr(wrapper, name, value)
    if not hasattr(function, "__name__"):
        inner = getattr(function, "func", None)
        wrapper.__name__ = getattr(inner, "__name__", None) or type(function).__name__
        wrapper.__qualname__ = wrapper.__name__
    # From 3.14 on annotations are made when they are asked for, and asking here could fail.
    for name in ("__annotate__",) if hasattr(wrapper, "__annotate__") else ("__annotations__",):
        if (value := getattr(function, name, None)) is not None:
            setattr(wrapper, name, value)
    wrapper.__dict__.update(getattr(function, "__dict__", {}) if hasattr(function, "__code__") else {})
    for name in _OF_CACHES:
        if (method := getattr(function, name, None)) is not None:
            setattr(wrapper, name, method)
    wrapper.__wrapped__ = function


def _wrap_function(call: Call, function: Callable[..., Any]) -> Callable[..., Any]:
    begin = call.begin
    stand = current.set

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        place = begin(args, kwargs)
        if place is None:
            return function(*args, **kwargs)
        try:
            stand(place)
            result = function(*args, **kwargs)
            if type(result) in _AT_ONCE:
                place.complete(result)
            else:
                result = _finished(place, result)
        except BaseException as error:
            # The function's own, or an interruption of ours: neither keeps the code standing here.
            place.fail(error)
            raise
        finally:
            stand(place.outer)
        return result

    return wrapper


def _wrap_coroutine_function(call: Call, function: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    begin = call.begin

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        place = begin(args, kwargs)
        if place is None:
            return await function(*args, **kwargs)
        try:
            current.set(place)
            result = await function(*args, **kwargs)
            if type(result) in _AT_ONCE:
                place.complete(result)
            else:
                result = _finished(place, result)
        except BaseException as error:
            place.fail(error)
            raise
        finally:
            leave(place)
        return result

    return wrapper


def _finished(place: Opened, result: Any) -> Any:
    """Complete an event with this result, or once that is awaited, exhausted or set; return what the caller gets."""
    try:
        kind: Any = type(result)  # type: ignore[reportUnknownVariableType]
        name = kind.__name__
        if name == "coroutine" and hasattr(kind, "cr_frame"):
            return _named(_follow_coroutine(place, result), result)
        if name == "generator" and hasattr(kind, "gi_frame"):
            if result.gi_code.co_flags & _ITERABLE_COROUTINE:
                place.complete(None)
                return result
            return _named(follow_generator(place, result), result)
        if name == "async_generator" and hasattr(kind, "ag_frame"):
            return _named(follow_async_generator(place, result), result)
        if hasattr(kind, "add_done_callback") and hasattr(kind, "cancelled"):

            def note(future: Any) -> None:
                complete_with_future(place, future)

            result.add_done_callback(note)
            return result
    except OWN_ERRORS as error:
        swallow("follow what a function returned", error)
    place.complete(result)
    return result


def _named(stream: Any, original: Any) -> Any:
    stream.__name__, stream.__qualname__ = original.__name__, original.__qualname__
    return stream


async def _follow_coroutine(place: Opened, coroutine: Coroutine[Any, Any, Any]) -> Any:
    outer = current.get()
    try:
        current.set(place)
        result = await coroutine
        if type(result) in _AT_ONCE:
            place.complete(result)
        else:
            result = _finished(place, result)
    except BaseException as error:
        place.fail(error)
        raise
    finally:
        if current.get() is place:
            current.set(outer)
    return result


def complete_with_future(place: Opened, future: Any) -> None:
    """End an event as its future did, without asking for the error: that would tell the host's loop that it is seen."""
    try:
        error = getattr(future, "_exception", None)
        if future.cancelled():
            place.end_as("cancelled")
        elif isinstance(error, BaseException):
            place.fail(error)
        else:
            place.complete(getattr(future, "_result", None))
    except OWN_ERRORS as problem:
        swallow("see how a future ended", problem)
