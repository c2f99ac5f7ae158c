"""What is recorded as a whole: the body of a function, or a block of code.

What `tool(…)`, `run(…)` and the others return is both: `@tool("search")` records each call of a function, and
`with tool("search"):` what is in the block.
"""

from __future__ import annotations

from runreel.sdk.call import EventCall, RunCall
from runreel.sdk.client import is_disabled
from runreel.sdk.context import Place, current, leave
from runreel.sdk.event import Event, EventKind
from runreel.sdk.graph import NodeKind
from runreel.sdk.guard import OWN_ERRORS, say_once, swallow
from runreel.sdk.implicit import implicit_place
from runreel.sdk.nothing import nothing_event, nothing_run
from runreel.sdk.record import plain_text
from runreel.sdk.run import Run, RunPlace
from runreel.sdk.run_kind import RunKind
from runreel.sdk.workflow import WorkflowKind
from runreel.sdk.wrapper import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any, TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])


class Block:
    """Records functions that it decorates, or the code in a `with` or `async with` statement."""

    __slots__ = ("_capture_inputs", "_entered")

    def __init__(self, *, capture_inputs: bool = True) -> None:
        self._capture_inputs = capture_inputs
        self._entered: list[Place] = []

    def __call__(self, function: Function) -> Function:
        """Return the function, recorded; with `RUNREEL_DISABLED=1` the function itself."""
        if is_disabled():
            return function
        try:
            return self._decorate(function)
        except OWN_ERRORS as error:
            swallow("decorate a function", error)
            return function

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._leave(error)
        except BaseException as interruption:
            # Once more, or what comes after a Ctrl-C that is caught would be recorded in here.
            self._leave(interruption)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def _enter(self) -> Event | RunPlace | None:
        place = None
        try:
            place = self._open()
            if place is not None:
                self._entered.append(place)
                current.set(place)
        except OWN_ERRORS as error:
            swallow("begin a block", error)
        except BaseException as interruption:
            # Of a block that wasn't entered nobody tells that it is left.
            if place is not None:
                place.fail(interruption)
                leave(place)
            raise
        return place

    def _leave(self, error: BaseException | None) -> None:
        """End what this exit ends. In an order in which it can be repeated from wherever it was interrupted."""
        place = self._ending()
        if place is None:
            return
        if error is None:
            place.complete(None)
        else:
            place.fail(error)
        leave(place)
        if place in self._entered:
            self._entered.remove(place)

    def _ending(self) -> Event | RunPlace | None:
        """Return the place that ends with this exit: the innermost here, since one block may be entered by several."""
        place = current.get()
        while place is not None and place not in self._entered:
            place = place.outer
        if place is None and self._entered:
            # Left in another context than it was entered in.
            place = self._entered.pop()
        return place  # type: ignore[return-value]  # nothing else is put there

    def _decorate(self, function: Any) -> Any:
        kind: Any = type(function)  # type: ignore[reportUnknownVariableType]
        if kind is staticmethod or kind is classmethod:
            return kind(self._decorate(function.__func__))  # type: ignore[reportUnknownVariableType]
        if isinstance(function, property):
            getter = function.fget and self._decorate(function.fget)
            return property(getter, function.fset, function.fdel, function.__doc__)
        if isinstance(function, type):
            return self._decorate_class(function)
        if not callable(function):
            say_once("not callable", f"{type(function).__name__} can't be recorded; decorate a function")
            return function
        return wrap(self._call_of(function), function)

    def _decorate_class(self, decorated: type) -> type:
        """Record calls of the objects of a class, in place: the class is the host's and stays what it is."""
        method = decorated.__dict__.get("__call__")
        if method is None:
            say_once(
                f"class {decorated.__qualname__}", f"{decorated.__qualname__} has no __call__ that could be recorded"
            )
        else:
            type.__setattr__(decorated, "__call__", wrap(self._call_of(method, decorated.__name__), method))
        return decorated

    def _open(self) -> Event | RunPlace | None:
        raise NotImplementedError

    def _call_of(self, function: Any, name: str | None = None) -> EventCall | RunCall:
        raise NotImplementedError


class EventBlock(Block):
    """Records as an event. The block gives the `Event`, to say more of it."""

    __slots__ = ("_capture_outputs", "_fields", "_make", "_name")

    def __init__(
        self,
        make: Callable[..., EventKind | NodeKind],
        name: object,
        *,
        capture_inputs: bool = True,
        capture_outputs: bool = True,
        **fields: object,
    ) -> None:
        super().__init__(capture_inputs=capture_inputs)
        self._make = make
        self._name = name
        self._capture_outputs = capture_outputs
        self._fields = fields

    def __enter__(self) -> Event:
        place = self._enter()
        return nothing_event() if place is None else place  # type: ignore[return-value]  # what `_open` gave

    async def __aenter__(self) -> Event:
        return self.__enter__()

    def _open(self) -> Event | RunPlace | None:
        outer = current.get()
        place = outer or implicit_place()
        return None if place is None else self._kind(None).open(outer, place, None)

    def _call_of(self, function: Any, name: str | None = None) -> EventCall | RunCall:
        return EventCall(self._kind(name or name_of(function)), function, capture_inputs=self._capture_inputs)

    def _kind(self, name: str | None) -> EventKind | NodeKind:
        return self._make(
            name if self._name is None else self._name, capture_outputs=self._capture_outputs, **self._fields
        )


class RunBlock(Block):
    """Records as a run. The block gives the `Run`, to say more of it."""

    __slots__ = ("_fields", "_is_named_after_function")

    def __init__(self, *, is_named_after_function: bool, capture_inputs: bool = True, **fields: object) -> None:
        super().__init__(capture_inputs=capture_inputs)
        self._is_named_after_function = is_named_after_function
        self._fields = fields

    def __enter__(self) -> Run:
        place = self._enter()
        return nothing_run() if place is None else place.run

    async def __aenter__(self) -> Run:
        return self.__enter__()

    def _open(self) -> Event | RunPlace | None:
        return self._kind(None).open(current.get())

    def _call_of(self, function: Any, name: str | None = None) -> EventCall | RunCall:
        return RunCall(self._kind(name or name_of(function)), function, capture_inputs=self._capture_inputs)

    def _kind(self, name: str | None) -> RunKind:
        inner_agent = name if self._is_named_after_function else None
        return RunKind(inner_agent=inner_agent, **self._fields)  # type: ignore[arg-type]


class WorkflowBlock(Block):
    """Records as a run where there is none around, else as an event of it. The block gives the `Run` or the `Event`."""

    __slots__ = ("_capture_outputs", "_edges", "_name", "_nodes")

    def __init__(self, name: object, *, nodes: Any, edges: Any, capture_inputs: bool, capture_outputs: bool) -> None:
        super().__init__(capture_inputs=capture_inputs)
        self._name = name
        # As lists, if they are to be gone through again and again.
        self._nodes: Any = list(nodes) if hasattr(nodes, "__next__") else nodes
        self._edges: Any = list(edges) if hasattr(edges, "__next__") else edges
        self._capture_outputs = capture_outputs

    def __enter__(self) -> Run | Event:
        place = self._enter()
        if place is None:
            return nothing_event()
        return place.run if place.event_id is None else place  # type: ignore[return-value]  # an event has an id

    async def __aenter__(self) -> Run | Event:
        return self.__enter__()

    def _open(self) -> Event | RunPlace | None:
        return self._kind("workflow").open(current.get())

    def _call_of(self, function: Any, name: str | None = None) -> EventCall | RunCall:
        return RunCall(self._kind(name or name_of(function)), function, capture_inputs=self._capture_inputs)

    def _kind(self, name: str) -> WorkflowKind:
        name = plain_text(self._name, "the name of a workflow") or name
        return WorkflowKind(
            RunKind(inner_agent=name, metadata={"workflow": name}, capture_outputs=self._capture_outputs),
            EventKind("step", name, capture_outputs=self._capture_outputs, is_workflow=True),
            nodes=self._nodes,
            edges=self._edges,
        )


def name_of(function: object) -> str:
    """Return what a function is called, also a partial one or an object that can be called."""
    for holder in (function, getattr(function, "func", None), type(function)):
        name = getattr(holder, "__name__", None)
        if type(name) is str:
            return name
    return "function"
