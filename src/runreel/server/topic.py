"""One thing that is followed: its changes are read and encoded once for all who follow it.

The topic reads on as changes come, and keeps the last few messages. A follower that is as far as the topic is gets
them; one that is behind has its own pages read, up to where the topic is. So nothing waits for a slow follower, and
none costs more memory than one message.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from runreel.errors import NotFoundError, StorageError
from runreel.server import stream_view

Result = TypeVar("Result")

_KEPT_FRAMES = 8
_KEPT_BYTES = 4 * 1024 * 1024
# A change is told at once, those soon after it together: seldom enough for the processor, and too soon for an eye.
_LEAST_PAUSE_S = 0.025
_PAUSE_PER_STREAM_S = 0.000_25
_PAUSE_PER_READING = 3
_TRY_AGAIN_S = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """An encoded message, and the numbers between which it tells of all changes; the last one of a stream has none."""

    begin: int
    end: int
    content: bytes
    is_caught_up: bool
    is_last: bool = False


GONE = Frame(begin=0, end=0, content=stream_view.GONE, is_caught_up=True, is_last=True)


class Source(Protocol):
    """What is followed: one run, or the runs of a project. Its methods wait for the database."""

    def head(self) -> int:
        """Return the number of the latest change."""
        ...

    def read(self, after: int, until: int | None) -> Frame:
        """Return the changes after one number and not after the other, a page of them at most.

        It is `GONE` where what the number was of is not there any more, though something else is in its place.
        """
        ...


class Pool(Protocol):
    """Where the topics of a server read, and how many they have to serve."""

    n_streams: int

    async def run(self, call: Callable[[], Result]) -> Result:
        """Return what a call returns that waits for the database."""
        ...


class Topic:
    """What is followed, on the event loop of those who follow it."""

    def __init__(self, source: Source, pool: Pool) -> None:
        self.source = source
        self.edge = 0
        self.n_followers = 0
        self.has_ended = False
        self.is_gone = False
        self._pool = pool
        self._frames: dict[int, Frame] = {}
        self._behind: dict[int, asyncio.Task[Frame]] = {}
        self._may_have_changed = asyncio.Event()
        self._moved = asyncio.Event()
        self._started = asyncio.ensure_future(self._start())
        self._reading: asyncio.Task[None] | None = None

    async def ready(self) -> None:
        """Wait until the topic knows where it begins; raises what asking for that raised."""
        await asyncio.shield(self._started)

    def wake(self) -> None:
        """Read what there is, soon: something may have changed."""
        self._may_have_changed.set()

    def end(self) -> None:
        """End the streams of all followers."""
        self.has_ended = True
        self._move()

    def close(self) -> None:
        """Stop reading; nobody follows any more."""
        for task in (self._started, self._reading, *self._behind.values()):
            if task is not None:
                task.cancel()

    async def next_frame(self, after: int, *, is_first: bool) -> Frame | None:
        """Wait for what comes after a number, and return it; None when the streams end.

        The first frame of a stream comes at once, though there may be nothing in it but the number.
        """
        while not self.has_ended:
            if self.is_gone:
                return GONE
            if not is_first and (frame := self._frames.get(after)) is not None:
                return frame
            if after < self.edge or (is_first and after == self.edge):
                return await self._read_behind(after)
            await self._moved.wait()
        return None

    async def _start(self) -> None:
        self.edge = await self._pool.run(self.source.head)
        self._reading = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        """Read on whenever something may have changed, with pauses that grow with what streams take."""
        loop = asyncio.get_running_loop()
        while not self.is_gone:
            await self._may_have_changed.wait()
            self._may_have_changed.clear()
            began = loop.time()
            await self._read_on()
            reading_s = loop.time() - began
            await asyncio.sleep(
                max(_LEAST_PAUSE_S, self._pool.n_streams * _PAUSE_PER_STREAM_S, reading_s * _PAUSE_PER_READING)
            )

    async def _read_on(self) -> None:
        is_caught_up = False
        while not is_caught_up and not self.is_gone:
            frame = await self._read(self.edge, None)
            is_caught_up = frame.is_caught_up
            if frame.is_last:
                self._lose()
            elif frame.end > self.edge:
                self._keep(frame)

    def _keep(self, frame: Frame) -> None:
        self._frames[frame.begin] = frame
        while len(self._frames) > 1 and (
            len(self._frames) > _KEPT_FRAMES or sum(len(kept.content) for kept in self._frames.values()) > _KEPT_BYTES
        ):
            del self._frames[next(iter(self._frames))]
        self.edge = frame.end
        self._move()

    async def _read_behind(self, after: int) -> Frame:
        """Read a page for whoever is not as far as the topic; who asks for the same meanwhile gets the same."""
        task = self._behind.get(after)
        if task is None:
            task = self._behind[after] = asyncio.create_task(self._read(after, self.edge))
            task.add_done_callback(lambda _: self._behind.pop(after, None))
        return await asyncio.shield(task)

    async def _read(self, after: int, until: int | None) -> Frame:
        """Read a page, however long the database is away; what is not found any more is gone for all."""
        while True:
            try:
                return await self._pool.run(lambda: self.source.read(after, until))
            except NotFoundError:
                self._lose()
                return GONE
            except StorageError as error:
                _log.info("streams wait for the database: %s", error)
            # A mistake in one reading must not leave all who follow without an end or an answer.
            except Exception as error:  # noqa: BLE001
                _log.error("an unexpected %s while changes were read", type(error).__name__)
            await asyncio.sleep(_TRY_AGAIN_S)

    def _lose(self) -> None:
        """Tell all who follow that it is gone."""
        self.is_gone = True
        self._move()

    def _move(self) -> None:
        """Let all go on who wait for what follows."""
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


class Follower:
    """A reader of a topic, and the number up to which it has read."""

    def __init__(self, topic: Topic, after: int, *, is_gone: bool = False, on_close: Callable[[], None]) -> None:
        self._topic = topic
        self._after = after
        self._is_first = True
        self._is_gone = is_gone
        self._on_close: Callable[[], None] | None = on_close

    async def next_frame(self) -> Frame | None:
        """Wait for the next message; None when there will be none. Nothing is lost where the waiting is cut off."""
        if self._is_gone:
            return GONE
        frame = await self._topic.next_frame(self._after, is_first=self._is_first)
        if frame is not None:
            self._after, self._is_first = frame.end, False
        return frame

    def close(self) -> None:
        """Follow no longer; safe twice."""
        on_close, self._on_close = self._on_close, None
        if on_close is not None:
            on_close()
