"""Calls of a function: from their arguments to the place in a run where the body stands."""

from __future__ import annotations

from runreel.sdk.argument import Arguments
from runreel.sdk.context import current
from runreel.sdk.guard import OWN_ERRORS, swallow
from runreel.sdk.implicit import implicit_place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol

    from runreel.sdk.context import Place
    from runreel.sdk.event import Event
    from runreel.sdk.run import Run, RunPlace

    class Kind(Protocol):
        """What calls of a function, or a block, are recorded as."""

        def open(self, outer: Place | None, place: Place, inputs: str | None) -> Event | RunPlace:
            """Tell that it began."""
            ...

    class OutermostKind(Protocol):
        """What needs no run around it."""

        def open(
            self, outer: Place | None, write_inputs: Callable[[Run], str] | None = None
        ) -> Event | RunPlace | None:
            """Tell that it began; None where nothing is recorded."""
            ...


class EventCall:
    """How calls of one function become events."""

    __slots__ = ("_arguments", "_first", "_kind", "_n_plain", "_names")

    def __init__(self, kind: Kind, function: object, *, capture_inputs: bool) -> None:
        self._kind = kind
        self._arguments = Arguments(function) if capture_inputs else None
        self._n_plain = self._arguments.n_plain if self._arguments else -1
        self._names = self._arguments.plain_names if self._arguments else ()
        self._first = self._arguments.first if self._arguments else 0

    def begin(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Event | RunPlace | None:
        """Tell that a call began; None where it isn't recorded."""
        try:
            outer = current.get()
            place = outer or implicit_place()
            if place is None:
                return None
            arguments = self._arguments
            if arguments is None:
                inputs = None
            elif kwargs or len(args) != self._n_plain:
                inputs = arguments.text(place.run, args, kwargs)
            elif self._names:
                run = place.run
                inputs = run.values.mapping(self._names, args[1:] if self._first else args, run)
            else:
                inputs = None
            return self._kind.open(outer, place, inputs)
        except OWN_ERRORS as error:
            swallow("begin a call", error)
            return None

    def is_seen_as(self, wrapper: object) -> None:
        """Take note of the function that stands in place of the recorded one."""
        if self._arguments is not None:
            self._arguments.wrapper = wrapper


class RunCall:
    """How calls of one function become runs."""

    __slots__ = ("_arguments", "_kind")

    def __init__(self, kind: OutermostKind, function: object, *, capture_inputs: bool) -> None:
        self._kind = kind
        self._arguments = Arguments(function) if capture_inputs else None

    def begin(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Event | RunPlace | None:
        """Tell that a call began; None where it isn't recorded."""
        arguments = self._arguments
        try:
            if arguments is None:
                return self._kind.open(current.get())
            return self._kind.open(current.get(), lambda run: arguments.text(run, args, kwargs))
        except OWN_ERRORS as error:
            swallow("begin a call of an agent", error)
            return None

    def is_seen_as(self, wrapper: object) -> None:
        """Take note of the function that stands in place of the recorded one."""
        if self._arguments is not None:
            self._arguments.wrapper = wrapper
