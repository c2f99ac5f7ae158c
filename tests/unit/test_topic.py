"""How one thing is followed: what is read, what is shared, and what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest

from runreel.errors import NotFoundError, StorageError
from runreel.server.topic import Follower, Frame, Topic
from tests.support.patience import PATIENCE_S

Result = TypeVar("Result")

_PAGE = 10


class Numbers:
    """A thing whose changes are numbers up to `last`; it remembers what was read of it."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.readings: list[tuple[int, int | None]] = []
        self.failures: list[Exception] = []

    def head(self) -> int:
        return self.last

    def read(self, after: int, until: int | None) -> Frame:
        self.readings.append((after, until))
        if self.failures:
            raise self.failures.pop(0)
        end = min(after + _PAGE, self.last if until is None else until)
        numbers = range(after + 1, end + 1)
        return Frame(begin=after, end=end, content=f"{[*numbers]}".encode(), is_caught_up=end == self.last)


class Pool:
    n_streams = 0

    async def run(self, call: Callable[[], Result]) -> Result:
        await asyncio.sleep(0)
        return call()


def following(test: Callable[[Topic, Numbers], Coroutine[Any, Any, None]], *, last: int = 0) -> None:
    """Run a test on an event loop, with the topic of a thing that has changed so often."""

    async def run() -> None:
        numbers = Numbers(last)
        topic = Topic(numbers, Pool())
        await topic.ready()
        async with asyncio.timeout(PATIENCE_S):
            await test(topic, numbers)
        topic.close()

    asyncio.run(run())


def follower_of(topic: Topic, after: int) -> Follower:
    return Follower(topic, after, on_close=lambda: None)


async def next_of(follower: Follower) -> tuple[int, int]:
    frame = await follower.next_frame()
    assert frame is not None
    return frame.begin, frame.end


def test_the_first_frame_comes_at_once_and_may_be_empty() -> None:
    async def test(topic: Topic, _: Numbers) -> None:
        assert await next_of(follower_of(topic, 3)) == (3, 3)
        assert await next_of(follower_of(topic, 1)) == (1, 3)

    following(test, last=3)


def test_what_several_need_is_read_once() -> None:
    async def test(topic: Topic, numbers: Numbers) -> None:
        followers = [follower_of(topic, 0) for _ in range(5)]
        assert set(await asyncio.gather(*map(next_of, followers))) == {(0, 5)}
        assert numbers.readings == [(0, 5)]
        numbers.last = 8
        topic.wake()
        assert set(await asyncio.gather(*map(next_of, followers))) == {(5, 8)}
        assert numbers.readings == [(0, 5), (5, None)]

    following(test, last=5)


def test_one_that_is_behind_ends_where_the_others_are() -> None:
    async def test(topic: Topic, numbers: Numbers) -> None:
        ahead, behind = follower_of(topic, 35), follower_of(topic, 3)
        await next_of(ahead)
        numbers.last = 37
        topic.wake()
        await next_of(ahead)
        numbers.last = 40
        assert [await next_of(behind) for _ in range(4)] == [(3, 13), (13, 23), (23, 33), (33, 37)]
        topic.wake()
        assert await asyncio.gather(next_of(ahead), next_of(behind)) == [(37, 40), (37, 40)]

    following(test, last=35)


def test_only_the_last_frames_are_kept() -> None:
    async def test(topic: Topic, numbers: Numbers) -> None:
        slow, quick = follower_of(topic, 0), follower_of(topic, 0)
        await asyncio.gather(next_of(slow), next_of(quick))
        numbers.last = 500
        topic.wake()
        while (await next_of(quick))[1] < 500:
            pass
        n_readings = len(numbers.readings)
        assert await next_of(slow) == (0, 10)
        assert numbers.readings[n_readings:] == [(0, 500)]
        assert await next_of(follower_of(topic, 490)) == (490, 500)
        assert len(topic._frames) <= 8

    following(test)


def test_a_wait_that_is_cut_off_loses_nothing() -> None:
    async def test(topic: Topic, numbers: Numbers) -> None:
        follower = follower_of(topic, 0)
        await next_of(follower)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await next_of(follower)
        numbers.last = 2
        topic.wake()
        assert await next_of(follower) == (0, 2)

    following(test)


@pytest.mark.parametrize("error", [StorageError("away"), ValueError("a mistake")])
def test_a_reading_that_fails_is_tried_again(error: Exception) -> None:
    async def test(topic: Topic, numbers: Numbers) -> None:
        follower = follower_of(topic, 0)
        await next_of(follower)
        numbers.last, numbers.failures = 2, [error]
        topic.wake()
        assert await next_of(follower) == (0, 2)

    following(test)


def test_all_hear_that_it_is_gone() -> None:
    async def test(topic: Topic, numbers: Numbers) -> None:
        followers = [follower_of(topic, 0) for _ in range(3)]
        await asyncio.gather(*map(next_of, followers))
        numbers.failures = [NotFoundError("gone")]
        topic.wake()
        frames = await asyncio.gather(*(follower.next_frame() for follower in followers))
        assert [frame is not None and frame.is_last for frame in frames] == [True] * 3

    following(test)


def test_all_end_when_the_server_does() -> None:
    async def test(topic: Topic, _: Numbers) -> None:
        followers = [follower_of(topic, 0) for _ in range(3)]
        await asyncio.gather(*map(next_of, followers))
        waiting = asyncio.gather(*(follower.next_frame() for follower in followers))
        await asyncio.sleep(0)
        topic.end()
        assert await waiting == [None] * 3

    following(test)
