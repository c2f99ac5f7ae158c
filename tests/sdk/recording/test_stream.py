"""A generator becomes one event from its first step to its last, and stays the generator that it was."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import inspect
import sys
from collections.abc import AsyncGenerator, Generator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import runreel
from runreel.testing import Recorded, recorded

pytestmark = pytest.mark.anyio


@runreel.step
def inside(number: int) -> int:
    return number


@runreel.tool
def numbers(n: int) -> Generator[int, Any, str]:
    for number in range(n):
        inside(number)
        yield number
    return "done"


@runreel.tool
async def async_numbers(n: int) -> AsyncGenerator[int, Any]:
    for number in range(n):
        await asyncio.sleep(0)
        inside(number)
        yield number


def names_under(recording: Recorded, name: str) -> list[str]:
    event_id = recording.event(name)["event_id"]
    return [event["name"] for event in recording.events if event.get("parent_event_id") == event_id]


def test_a_generator_is_one_event(recording: Recorded) -> None:
    stream = numbers(3)
    assert inspect.isgenerator(stream)
    assert recording.records == []
    assert list(stream) == [0, 1, 2]
    event = recording.event("numbers")
    assert event["status"] == "completed"
    assert event["outputs"] == "done"
    assert event["attributes"] == {"item_count": 3}
    assert event["first_token_at"] <= event["recorded_at"]
    assert names_under(recording, "numbers") == ["inside"] * 3


async def test_an_async_generator_is_one_event(recording: Recorded) -> None:
    stream = async_numbers(3)
    assert inspect.isasyncgen(stream)
    assert [number async for number in stream] == [0, 1, 2]
    event = recording.event("async_numbers")
    assert event["status"] == "completed"
    assert event["attributes"] == {"item_count": 3}
    assert names_under(recording, "async_numbers") == ["inside"] * 3


def test_what_the_taker_does_between_items_is_outside(recording: Recorded) -> None:
    for number in numbers(2):
        runreel.event(f"taken {number}")
    assert "parent_event_id" not in recording.event("taken 0")
    assert names_under(recording, "numbers") == ["inside", "inside"]


def test_a_block_around_a_yield_stays_in_the_body(recording: Recorded) -> None:
    @runreel.tool
    def body() -> Generator[int]:
        with runreel.span("around"):
            yield 1
            runreel.event("in the block")
        runreel.event("behind the block")

    for _ in body():
        runreel.event("taker")
    assert names_under(recording, "around") == ["in the block"]
    assert names_under(recording, "body") == ["around", "behind the block"]
    assert "parent_event_id" not in recording.event("taker")


def test_the_body_stands_in_its_place_in_every_context(recording: Recorded) -> None:
    with runreel.run("first"):
        stream = numbers(3)
        next(stream)
    with runreel.run("second"):
        contextvars.Context().run(next, stream)
        runreel.event("of the second")
        contextvars.copy_context().run(lambda: list(stream))
    first, second = recording.runs
    assert {event["run_id"] for event in recording.events if event["name"] != "of the second"} == {first["run_id"]}
    assert recording.event("of the second")["run_id"] == second["run_id"]
    assert recording.event("numbers")["status"] == "completed"


@pytest.mark.parametrize("how", ["close", "forget", "throw"])
def test_an_abandoned_generator_is_cancelled(recording: Recorded, how: str) -> None:
    stream = numbers(3)
    next(stream)
    if how == "close":
        stream.close()
    elif how == "throw":
        with pytest.raises(GeneratorExit):
            stream.throw(GeneratorExit())
    del stream
    gc.collect()
    event = recording.event("numbers")
    assert event["status"] == "cancelled"
    assert event["attributes"]["item_count"] == 1


def test_a_body_that_leaves_quietly_when_it_is_closed_is_cancelled(recording: Recorded) -> None:
    @runreel.tool
    def body() -> Generator[int]:
        with contextlib.suppress(GeneratorExit):
            yield 1

    stream = body()
    next(stream)
    stream.close()
    assert recording.event("body")["status"] == "cancelled"


async def test_an_abandoned_async_generator_is_cancelled(recording: Recorded) -> None:
    async for _ in async_numbers(3):
        break
    gc.collect()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert recording.event("async_numbers")["status"] == "cancelled"


def test_a_loop_that_ends_closes_a_generator_once() -> None:
    closed: list[str] = []
    troubles: list[object] = []

    @runreel.tool
    async def body() -> AsyncGenerator[int]:
        try:
            yield 1
        finally:
            for _ in range(3):
                await asyncio.sleep(0)
            closed.append("closed")

    kept: list[object] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: troubles.append(context))
        stream = body()
        kept.append(stream)
        await anext(stream)

    with recorded() as recording:
        asyncio.run(main())
    assert (closed, troubles) == (["closed"], [])
    assert recording.event("body")["status"] == "cancelled"


def test_a_generator_that_fails_raises_the_same_error(recording: Recorded) -> None:
    error = ValueError("no")

    @runreel.tool
    def body() -> Generator[int]:
        yield 1
        raise error

    stream = body()
    next(stream)
    with pytest.raises(ValueError, match="no") as caught:
        next(stream)
    assert caught.value is error
    assert error.__context__ is None
    assert recording.event("body")["error"]["message"] == "no"


def test_wrong_arguments_are_no_event(recording: Recorded) -> None:
    with pytest.raises(TypeError):
        next(numbers())  # type: ignore[call-arg]
    assert recording.records == []


def test_a_returned_generator_is_followed(recording: Recorded) -> None:
    def inner() -> Generator[int]:
        inside(1)
        yield 1

    stream = runreel.tool("late")(lambda: inner())()
    assert inspect.isgenerator(stream)
    assert stream.__name__ == "inner"
    assert list(stream) == [1]
    assert recording.event("late")["attributes"] == {"item_count": 1}
    assert names_under(recording, "late") == ["inside"]


async def test_an_async_generator_that_a_coroutine_returns_is_followed(recording: Recorded) -> None:
    async def inner() -> AsyncGenerator[str]:
        yield "a"
        yield "b"

    @runreel.llm
    async def ask() -> AsyncGenerator[str]:
        return inner()

    assert [part async for part in await ask()] == ["a", "b"]
    event = recording.event("ask")
    assert event["attributes"] == {"item_count": 2}
    assert "first_token_at" in event


def test_items_are_let_go_as_soon_as_they_are_passed_on(recording: Recorded) -> None:
    class Item:
        pass

    @runreel.tool
    def body() -> Generator[Item]:
        yield Item()
        yield Item()

    stream = body()
    item, other = next(stream), Item()
    assert sys.getrefcount(item) == sys.getrefcount(other)


def test_a_stream_in_an_agent_is_its_run(recording: Recorded) -> None:
    @runreel.agent
    def writer() -> Generator[str]:
        yield "a"
        inside(1)

    list(writer())
    run = recording.run("writer")
    assert run["status"] == "completed"
    assert recording.event("inside")["run_id"] == run["run_id"]


# A generator does exactly what it does undecorated, whatever is done to it.

STEPS = st.lists(st.sampled_from(["next", "send", "throw", "exit", "close"]), max_size=6)
BODIES = ["plain", "catches", "stubborn", "quiet", "turns", "stops"]


def make_body(kind: str, log: list[str]) -> Any:
    def body(n: int) -> Generator[object, object, str]:
        count = 0
        while count < n:
            try:
                got = yield count
                log.append(f"got {got!r}")
            except ValueError as error:
                log.append(f"caught {error} {error.__context__!r}")
                if kind == "turns":
                    raise LookupError("turned") from error
                if kind == "stops":
                    return "stopped"
                if kind != "catches":
                    raise
            except GeneratorExit:
                log.append("closed")
                if kind == "stubborn":
                    yield "again"
                if kind == "quiet":
                    return "quiet"
                raise
            count += 1
        return "all"

    return body


def play(stream: Any, steps: list[str], log: list[str]) -> None:
    for step in steps:
        try:
            if step == "next":
                result = next(stream)
            elif step == "send":
                result = stream.send("word")
            elif step == "throw":
                result = stream.throw(ValueError("thrown"))
            elif step == "exit":
                result = stream.throw(GeneratorExit())
            else:
                result = stream.close()
            log.append(f"{step} -> {result!r}")
        except BaseException as error:  # noqa: BLE001
            log.append(
                f"{step} raises {error!r} {error.__cause__!r} {error.__context__!r} {sys.exc_info()[1] is error}"
            )


@given(kind=st.sampled_from(BODIES), n=st.integers(0, 3), steps=STEPS)
def test_a_recorded_generator_does_what_the_original_does(kind: str, n: int, steps: list[str]) -> None:
    logs: list[list[str]] = []
    for decorate in (lambda function: function, runreel.tool):
        log: list[str] = []
        stream = decorate(make_body(kind, log))(n)
        with recorded():
            play(stream, steps, log)
            # What a stubborn body does when it is collected isn't asked here.
            for _ in range(2):
                play(stream, ["close"], log)
        logs.append(log)
    assert logs[0] == logs[1]


def make_async_body(kind: str, log: list[str]) -> Any:
    async def body(n: int) -> AsyncGenerator[object, object]:
        count = 0
        while count < n:
            await asyncio.sleep(0)
            try:
                got = yield count
                log.append(f"got {got!r}")
            except ValueError as error:
                log.append(f"caught {error} {error.__context__!r}")
                if kind == "turns":
                    raise LookupError("turned") from error
                if kind == "stops":
                    return
                if kind != "catches":
                    raise
            except GeneratorExit:
                log.append("closed")
                if kind == "stubborn":
                    yield "again"
                if kind == "quiet":
                    return
                raise
            count += 1

    return body


async def play_async(stream: Any, steps: list[str], log: list[str]) -> None:
    for step in steps:
        try:
            if step == "next":
                result = await anext(stream)
            elif step == "send":
                result = await stream.asend("word")
            elif step == "throw":
                result = await stream.athrow(ValueError("thrown"))
            elif step == "exit":
                result = await stream.athrow(GeneratorExit())
            else:
                result = await stream.aclose()
            log.append(f"{step} -> {result!r}")
        except BaseException as error:  # noqa: BLE001
            log.append(f"{step} raises {error!r} {error.__cause__!r} {error.__context__!r}")


@given(kind=st.sampled_from(BODIES), n=st.integers(0, 3), steps=STEPS)
def test_a_recorded_async_generator_does_what_the_original_does(kind: str, n: int, steps: list[str]) -> None:
    logs: list[list[str]] = []
    for decorate in (lambda function: function, runreel.tool):
        log: list[str] = []

        async def main(decorate: Any = decorate, log: list[str] = log) -> None:
            stream = decorate(make_async_body(kind, log))(n)
            await play_async(stream, [*steps, "close", "close"], log)

        with recorded():
            asyncio.run(main())
        logs.append(log)
    assert logs[0] == logs[1]
