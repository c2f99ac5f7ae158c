"""Threads and executors: what is started from a place in a run records there.

By hand with `bind`. `follow_threads` does it for all threads and executors of the process, by putting its own in the
place of three methods of the standard library.
"""

from __future__ import annotations

import sys

from runreel.sdk.context import Place, current
from runreel.sdk.guard import OWN_ERRORS, swallow
from runreel.sdk.propagation import Carried, carrier_of
from runreel.sdk.stream import wrap_async_generator, wrap_generator
from runreel.sdk.wrapper import code_flags, dress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])

_GENERATOR = 0x20
_COROUTINE = 0x80
_ASYNC_GENERATOR = 0x200


def bind(function: Function) -> Function:
    """Return the function so that it records where `bind` was called, whichever thread or task calls it."""
    place = current.get()
    return function if place is None else _bound(function, place)


def follow_threads() -> None:
    """Let all threads, and what executors are given, record where they were started; until `unfollow_threads`."""
    try:
        _following.start()
    except OWN_ERRORS as error:
        swallow("follow threads", error)


def unfollow_threads() -> None:
    """End what `follow_threads` began, for what is started from now on."""
    try:
        _following.stop()
    except OWN_ERRORS as error:
        swallow("no longer follow threads", error)


def _bound(function: Any, place: Place) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        outer = current.get()
        try:
            current.set(place)
            return function(*args, **kwargs)
        finally:
            current.set(outer)

    async def async_wrapper(*args: Any, **kwargs: Any) -> Any:
        outer = current.get()
        try:
            current.set(place)
            return await function(*args, **kwargs)
        finally:
            current.set(outer)

    flags = code_flags(function)
    chosen: Any = async_wrapper if flags & _COROUTINE else wrapper
    if flags & _GENERATOR:
        chosen = wrap_generator(lambda _args, _kwargs: None, function, around=place)
    elif flags & _ASYNC_GENERATOR:
        chosen = wrap_async_generator(lambda _args, _kwargs: None, function, around=place)
    dress(chosen, function)
    return chosen


class _Following:
    """Holds the methods whose place was taken."""

    def __init__(self) -> None:
        self._taken: list[tuple[type, str, Any, Any]] = []

    def start(self) -> None:
        if self._taken:
            return
        import threading
        from concurrent import futures

        self._take(threading.Thread, "start", _start_of)
        self._take(futures.ThreadPoolExecutor, "submit", _submit_of)
        self._take(futures.ProcessPoolExecutor, "submit", _submit_to_process_of)

    def stop(self) -> None:
        for owner, name, ours, original in self._taken:
            # Whoever came after us keeps what he has; ours then does nothing more.
            if owner.__dict__.get(name) is ours:
                setattr(owner, name, original)
        self._taken = []

    @property
    def is_on(self) -> bool:
        return bool(self._taken)

    def _take(self, owner: type, name: str, make: Callable[[Any], Any]) -> None:
        original = owner.__dict__[name]
        ours = make(original)
        dress(ours, original)
        setattr(owner, name, ours)
        self._taken.append((owner, name, ours, original))


_following = _Following()


def _start_of(original: Any) -> Any:
    def start(self: Any, *args: Any, **kwargs: Any) -> Any:
        place = current.get()
        if place is not None and _following.is_on and "run" not in self.__dict__:
            _bind_run(self, place)
        return original(self, *args, **kwargs)

    return start


def _bind_run(thread: Any, place: Place) -> None:
    run = thread.run

    def run_there() -> None:
        # Nothing shall go in a circle between a thread and what it runs.
        del thread.run
        current.set(place)
        run()

    thread.run = run_there


def _submit_of(original: Any) -> Any:
    def submit(self: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        place = current.get()
        if place is None or not _following.is_on:
            return original(self, fn, *args, **kwargs)
        # A worker that is started for this call goes on with others: it stands nowhere by itself.
        try:
            current.set(None)
            return original(self, fn if _is_of_interpreters(self) else _bound(fn, place), *args, **kwargs)
        finally:
            current.set(place)

    return submit


def _is_of_interpreters(executor: object) -> bool:
    """Tell whether it runs calls in interpreters of their own (3.14 on), which not every function can be handed to."""
    module = sys.modules.get("concurrent.futures.interpreter")
    return module is not None and isinstance(executor, module.InterpreterPoolExecutor)


def _submit_to_process_of(original: Any) -> Any:
    def submit(self: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        place = current.get()
        if place is None or not _following.is_on:
            return original(self, fn, *args, **kwargs)
        return original(self, Carried(fn, carrier_of(place)), *args, **kwargs)

    return submit
