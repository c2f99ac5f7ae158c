"""One call of a decorated function becomes one event; what the caller sees stays the same."""

from __future__ import annotations

import asyncio
import functools
import inspect
import pickle
import traceback
from concurrent.futures import Future
from typing import Any

import pytest

import runreel
from runreel.testing import Recorded

pytestmark = pytest.mark.anyio


@runreel.tool
def add(left: int, right: int = 2, *more: int, scale: int = 1, **options: object) -> int:
    """Add numbers."""
    return (left + right + sum(more)) * scale


@runreel.tool
def fail(error: BaseException) -> None:
    raise error


def test_a_call_has_a_start_and_an_end(recording: Recorded) -> None:
    with runreel.run("r"):
        assert add(1) == 3
    start, end = (record for record in recording if record["record"] == "event")
    assert (start["phase"], start["event_type"], start["name"]) == ("start", "tool_call", "add")
    assert start["inputs"] == {"left": 1, "right": 2, "scale": 1}
    assert (end["phase"], end["status"], end["outputs"]) == ("end", "completed", 3)
    assert start["event_id"] == end["event_id"]
    assert start["recorded_at"] <= end["recorded_at"]
    assert end["duration_ms"] >= 0


@pytest.mark.parametrize(
    ("args", "kwargs", "inputs"),
    [
        ((1, 5), {}, {"left": 1, "right": 5, "scale": 1}),
        ((), {"left": 1}, {"left": 1, "right": 2, "scale": 1}),
        ((1, 2, 3, 4), {}, {"left": 1, "right": 2, "more": [3, 4], "scale": 1}),
        ((1,), {"scale": 3, "colour": "red"}, {"left": 1, "right": 2, "scale": 3, "colour": "red"}),
    ],
)
def test_arguments_are_told_by_name_with_defaults(
    recording: Recorded, args: tuple[int, ...], kwargs: dict[str, Any], inputs: dict[str, object]
) -> None:
    add(*args, **kwargs)
    assert recording.event("add")["inputs"] == {("args" if k == "args" else k): v for k, v in inputs.items()}


def test_arguments_that_a_function_refuses_fail_as_they_would(recording: Recorded) -> None:
    with pytest.raises(TypeError, match=r"add\(\) missing 1 required positional argument: 'left'"):
        add()  # type: ignore[call-arg]
    assert recording.event("add")["status"] == "failed"


def test_inputs_and_outputs_can_be_left_out(recording: Recorded) -> None:
    @runreel.tool(capture_inputs=False, capture_outputs=False)
    def secret(word: str) -> str:
        return word

    secret("hush")
    assert recording.event("secret").keys().isdisjoint({"inputs", "outputs"})
    assert "hush" not in str(recording.records)


class Robot:
    def __init__(self) -> None:
        self.size = 3

    @runreel.tool
    def plain(self, a: int) -> int:
        return a + self.size

    @runreel.tool
    def odd(me, a: int) -> int:  # noqa: N805
        return a + me.size

    @staticmethod
    @runreel.tool
    def static_outside(a: int) -> int:
        return a

    @runreel.tool
    @staticmethod
    def static_inside(a: int) -> int:
        return a

    @classmethod
    @runreel.tool
    def class_outside(cls, a: int) -> int:
        return a

    @runreel.tool
    @classmethod
    def class_inside(cls, a: int) -> int:
        return a

    @classmethod
    @runreel.tool
    def class_odd(kind, a: int) -> int:  # noqa: N804
        return a

    @runreel.tool
    async def asynchronous(self, a: int) -> int:
        return a

    @runreel.tool
    def static_taking_one(other, a: int) -> int:  # noqa: N805
        return a

    static_taking_one = staticmethod(static_taking_one)  # type: ignore[assignment]

    def __call__(self, a: int) -> int:
        return a


@pytest.mark.parametrize(
    "name", ["plain", "odd", "static_outside", "static_inside", "class_outside", "class_inside", "class_odd"]
)
def test_a_method_never_tells_its_object(recording: Recorded, name: str) -> None:
    assert getattr(Robot(), name)(4) in {4, 7}
    assert recording.event(name)["inputs"] == {"a": 4}


def test_a_method_called_by_its_class_never_tells_its_object(recording: Recorded) -> None:
    assert Robot.plain(Robot(), a=1) == 4
    assert recording.event("plain")["inputs"] == {"a": 1}


def test_a_function_that_becomes_a_method_never_tells_its_object(recording: Recorded) -> None:
    @runreel.tool
    def grip(self: Robot, a: int) -> int:
        return a

    class Arm:
        hold = grip

    Arm().hold(4)
    assert recording.event("grip")["inputs"] == {"a": 4}


def test_a_static_method_tells_an_object_of_its_class(recording: Recorded) -> None:
    Robot.static_taking_one(Robot(), 4)  # type: ignore[arg-type]
    assert recording.event("static_taking_one")["inputs"].keys() == {"other", "a"}


def test_bound_methods_partials_and_callables_are_recorded(recording: Recorded) -> None:
    robot = Robot()
    runreel.tool("bound")(robot.plain)(1)
    runreel.tool("partial")(functools.partial(add.__wrapped__, 1, scale=2))(3)  # type: ignore[attr-defined]
    runreel.tool("callable")(robot)(5)
    runreel.tool("builtin")(max)(1, 2)
    assert recording.event("bound")["inputs"] == {"a": 1}
    assert recording.event("partial")["inputs"] == {"right": 3, "scale": 2}
    assert recording.event("callable")["inputs"] == {"a": 5}
    assert recording.event("builtin")["inputs"] == {"args": [1, 2]}


def test_a_class_is_recorded_where_its_objects_are_called(recording: Recorded) -> None:
    @runreel.tool
    class Search:
        def __call__(self, query: str) -> str:
            return query.upper()

    assert inspect.isclass(Search)
    assert Search()("a") == "A"
    assert recording.event("Search")["inputs"] == {"query": "a"}


def test_a_property_is_recorded_where_it_is_read(recording: Recorded) -> None:
    class Thing:
        @runreel.step
        @property
        def colour(self) -> str:
            return "red"

    assert Thing().colour == "red"
    assert recording.event("colour")["outputs"] == "red"


def test_an_exception_is_the_same_object_with_one_frame_more(recording: Recorded) -> None:
    error = ValueError("no")
    with pytest.raises(ValueError, match="no") as caught:
        fail(error)
    assert caught.value is error
    assert len(traceback.extract_tb(error.__traceback__)) == 3  # this test, the wrapper, the function
    assert error.__context__ is None
    event = recording.event("fail")
    assert event["status"] == "failed"
    assert (event["error"]["type"], event["error"]["message"]) == ("ValueError", "no")
    assert "raise error" in event["error"]["stack"]
    assert "runreel" not in event["error"]["stack"].replace("recording/test_call", "")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (KeyboardInterrupt(), "cancelled"),
        (asyncio.CancelledError(), "cancelled"),
        (GeneratorExit(), "cancelled"),
        (SystemExit(0), "completed"),
        (SystemExit(), "completed"),
        (SystemExit(2), "failed"),
        (SystemExit("bad"), "failed"),
    ],
    ids=repr,
)
def test_what_ends_a_call_from_outside_is_no_failure(recording: Recorded, error: BaseException, status: str) -> None:
    with pytest.raises(type(error)) as caught:
        fail(error)
    assert caught.value is error
    assert recording.event("fail")["status"] == status


async def test_a_coroutine_function_is_recorded_while_it_is_awaited(recording: Recorded) -> None:
    @runreel.step
    async def outer() -> int:
        await asyncio.sleep(0)
        return add(1)

    coroutine = outer()
    assert inspect.iscoroutine(coroutine)
    assert recording.records == []
    assert await coroutine == 3
    assert recording.event("add")["parent_event_id"] == recording.event("outer")["event_id"]
    assert recording.event("outer")["outputs"] == 3


@pytest.mark.parametrize("returns", [False, True])
async def test_after_a_coroutine_that_failed_the_code_stands_where_it_stood(recording: Recorded, returns: bool) -> None:
    async def broken() -> None:
        raise ValueError("no")

    recorded_one = runreel.tool("broken")((lambda: broken()) if returns else broken)
    with pytest.raises(ValueError, match="no"):
        await recorded_one()
    runreel.event("behind")
    assert recording.event("broken")["error"]["message"] == "no"
    assert "parent_event_id" not in recording.event("behind")


async def test_a_cancelled_task_is_cancelled(recording: Recorded) -> None:
    begun = asyncio.Event()

    @runreel.tool
    async def wait() -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    event = recording.event("wait")
    assert event["status"] == "cancelled"
    assert event["attributes"] == {"cancelled_by": "CancelledError"}
    assert "error" not in event


async def test_a_returned_coroutine_is_followed(recording: Recorded) -> None:
    async def inner() -> int:
        return add(5)

    @runreel.tool
    def late() -> Any:
        return inner()

    coroutine = late()
    assert inspect.iscoroutine(coroutine)
    assert "status" not in recording.event("late")
    add(7)
    assert await coroutine == 7
    assert recording.event("late")["outputs"] == 7
    first, second = [event for event in recording.events if event["name"] == "add"]
    assert "parent_event_id" not in first
    assert second["parent_event_id"] == recording.event("late")["event_id"]


@pytest.mark.parametrize("how", ["result", "error", "cancelled"])
async def test_a_returned_future_is_handed_on_as_it_is(recording: Recorded, how: str) -> None:
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    @runreel.tool
    def late() -> Any:
        return future

    assert late() is future
    if how == "result":
        future.set_result(5)
        assert await future == 5
    elif how == "error":
        future.set_exception(ValueError("no"))
        with pytest.raises(ValueError, match="no"):
            await future
    else:
        future.cancel()
    await asyncio.sleep(0)
    status = {"result": "completed", "error": "failed", "cancelled": "cancelled"}[how]
    assert recording.event("late")["status"] == status


async def test_an_error_that_nobody_took_is_still_told_by_the_loop(recording: Recorded) -> None:
    told: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: told.append(context["message"]))

    @runreel.tool
    def late() -> Any:
        return loop.create_future()

    future = late()
    future.set_exception(ValueError("no"))
    await asyncio.sleep(0)
    del future
    await asyncio.sleep(0)
    assert told == ["Future exception was never retrieved"]


def test_a_returned_future_of_a_thread_ends_its_event(recording: Recorded) -> None:
    future: Future[int] = Future()
    assert runreel.tool("late")(lambda: future)() is future
    future.set_result(3)
    assert recording.event("late")["outputs"] == 3


@runreel.tool
async def coroutine_function(a: int) -> int:
    return a


@runreel.tool
def generator_function(a: int) -> Any:
    yield a


@runreel.tool
async def async_generator_function(a: int) -> Any:
    yield a


@pytest.mark.parametrize(
    "function", [add, coroutine_function, generator_function, async_generator_function], ids=lambda f: f.__name__
)
def test_a_recorded_function_looks_like_the_original(function: Any) -> None:
    original = function.__wrapped__
    assert inspect.signature(function) == inspect.signature(original)
    assert inspect.iscoroutinefunction(function) == inspect.iscoroutinefunction(original)
    assert inspect.isgeneratorfunction(function) == inspect.isgeneratorfunction(original)
    assert inspect.isasyncgenfunction(function) == inspect.isasyncgenfunction(original)
    for name in ("__name__", "__qualname__", "__module__", "__doc__", "__annotations__"):
        assert getattr(function, name) == getattr(original, name)
    assert pickle.loads(pickle.dumps(function)) is function


def test_attributes_of_functions_and_caches_stay() -> None:
    def plain() -> None: ...

    plain.marker = 3  # type: ignore[attr-defined]
    assert runreel.tool(plain).marker == 3  # type: ignore[attr-defined]
    cached = runreel.tool(functools.lru_cache(lambda a: a))
    cached(1), cached(1)
    assert cached.cache_info().hits == 1


async def test_an_old_coroutine_can_still_be_awaited(recording: Recorded) -> None:
    import types

    @runreel.tool
    @types.coroutine
    def old() -> Any:
        yield from asyncio.sleep(0).__await__()
        return 3

    assert await old() == 3
    assert recording.event("old")["outputs"] == 3


def test_results_and_arguments_are_the_same_objects(recording: Recorded) -> None:
    given = {"a": [1]}
    assert runreel.tool("same")(lambda value: value)(given) is given
    assert given == {"a": [1]}


def test_blocks_decorate_and_surround(recording: Recorded) -> None:
    with runreel.tool("search") as event:
        event.set_output("found")
        event.add_attributes({"n": 1})
    found = recording.event("search")
    assert (found["event_type"], found["outputs"], found["attributes"]) == ("tool_call", "found", {"n": 1})


async def test_one_block_can_be_in_use_more_than_once(recording: Recorded) -> None:
    block = runreel.span("shared")

    async def use(number: int) -> None:
        async with block as event:
            await asyncio.sleep(0)
            runreel.event(f"in {number}")
            for _ in range((number + 1) % 3):
                await asyncio.sleep(0)
            event.set_output(number)

    await asyncio.gather(*(use(number) for number in range(3)))
    shared = {event["event_id"]: event["outputs"] for event in recording.events if event["name"] == "shared"}
    assert sorted(shared.values()) == [0, 1, 2]
    for event in recording.events:
        if event["name"].startswith("in "):
            assert event["name"] == f"in {shared[event['parent_event_id']]}"
