"""Live views: who follows what, and how commits wake them.

A stream has nothing of its own but the number up to which it has told the changes: the database is the buffer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from runreel.errors import StreamLimitError
from runreel.model.scope import Scope
from runreel.server.stream_view import encode_project_changes, encode_run_changes
from runreel.server.topic import GONE, Follower, Frame, Source, Topic
from runreel.storage.port import Store, Watch

Key = tuple[Scope, str | None]
Result = TypeVar("Result")

_PAGE = 500
# Few, so that streams never take the threads and connections that requests need.
_N_THREADS = 2

_log = logging.getLogger(__name__)


class Live:
    """All streams of a server; it belongs to one event loop."""

    def __init__(self, store: Store, *, max_streams: int) -> None:
        self.n_streams = 0
        self._store = store
        self._max_streams = max_streams
        self._threads = ThreadPoolExecutor(_N_THREADS, thread_name_prefix="runreel-live")
        self._topics: dict[Key, Topic] = {}
        self._numbers: dict[Key, int] = {}
        self._keys: dict[int, set[Key]] = {}
        self._watch: Watch | None = None
        self._has_ended = False

    def open(self) -> None:
        """Begin to watch the store, on the running event loop."""
        loop = asyncio.get_running_loop()

        def wake(heads: Mapping[int, int | None]) -> None:
            try:
                loop.call_soon_threadsafe(self._wake, heads)
            except RuntimeError:
                # The event loop ended first.
                _log.debug("nobody follows any more")

        self._watch = self._store.changes.watch(wake)

    def end(self) -> None:
        """End all streams, and take no more."""
        self._has_ended = True
        for topic in self._topics.values():
            topic.end()

    def close(self) -> None:
        """End all streams, and release what watching takes; safe twice."""
        self.end()
        if self._watch is not None:
            self._watch.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def follow_run(self, scope: Scope, run_id: str, *, after: int) -> Follower:
        """Follow a run from a number on; the follower must be closed.

        Raises:
            NotFoundError: there is no such run.
            StreamLimitError: there are too many streams.
        """
        key = (scope, run_id)
        topic = await self._enter(key, lambda: _RunSource(self._store, scope, run_id))
        # A number that the run has not reached is of an earlier one of that id, or of a database before its restoring.
        is_gone = await self._is_ahead(key, topic, after)
        return Follower(topic, after, is_gone=is_gone, on_close=lambda: self._leave(key, topic))

    async def follow_project(self, scope: Scope, *, after: int | None) -> Follower:
        """Follow the runs of a project from a number on, or from now; the follower must be closed.

        Raises:
            StreamLimitError: there are too many streams.
        """
        key = (scope, None)
        topic = await self._enter(key, lambda: _ProjectSource(self._store, scope))
        if after is None:
            after = topic.edge
        elif await self._is_ahead(key, topic, after):
            after = 0
        return Follower(topic, after, on_close=lambda: self._leave(key, topic))

    async def run(self, call: Callable[[], Result]) -> Result:
        """Return what a call returns that waits for the database."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def _enter(self, key: Key, make_source: Callable[[], Source]) -> Topic:
        if self._has_ended or self.n_streams >= self._max_streams or self._watch is None:
            raise StreamLimitError("the server can't serve more streams now; ask again in a moment")
        topic = self._topics.get(key)
        if topic is None or topic.is_gone:
            # Watched before it is read for the first time: what is committed in between wakes it.
            self._remember(key, self._watch.add(*key))
            topic = self._topics[key] = Topic(make_source(), self)
        self.n_streams += 1
        topic.n_followers += 1
        try:
            await topic.ready()
        except BaseException:
            self._leave(key, topic)
            raise
        return topic

    async def _is_ahead(self, key: Key, topic: Topic, after: int) -> bool:
        try:
            return after > topic.edge and after > await self.run(topic.source.head)
        except BaseException:
            self._leave(key, topic)
            raise

    def _leave(self, key: Key, topic: Topic) -> None:
        self.n_streams -= 1
        topic.n_followers -= 1
        if topic.n_followers:
            return
        topic.close()
        if self._topics.get(key) is topic:
            del self._topics[key]
            self._forget(key)

    def _remember(self, key: Key, number: int) -> None:
        self._numbers[key] = number
        self._keys.setdefault(number, set()).add(key)

    def _forget(self, key: Key) -> None:
        number = self._numbers.pop(key)
        self._keys[number].discard(key)
        if not self._keys[number]:
            del self._keys[number]
            if self._watch is not None:
                self._watch.remove(number)

    def _wake(self, heads: Mapping[int, int | None]) -> None:
        for number, head in heads.items():
            for key in self._keys.get(number, ()):
                topic = self._topics[key]
                if head is None or head != topic.edge:
                    topic.wake()


class _RunSource:
    """One run, by `change_seq`."""

    def __init__(self, store: Store, scope: Scope, run_id: str) -> None:
        self._store = store
        self._scope = scope
        self._run_id = run_id

    def head(self) -> int:
        return self._store.runs.get_run(self._scope, self._run_id).change_seq

    def read(self, after: int, until: int | None) -> Frame:
        changes = self._store.changes.list_changes(self._scope, self._run_id, after=after, limit=_PAGE, until=until)
        if changes.begin != after:
            return GONE
        content = encode_run_changes(changes)
        return Frame(begin=after, end=changes.change_seq, content=content, is_caught_up=changes.is_caught_up)


class _ProjectSource:
    """The runs of a project, by `change_no`."""

    def __init__(self, store: Store, scope: Scope) -> None:
        self._store = store
        self._scope = scope

    def head(self) -> int:
        return self._store.changes.get_change_no(self._scope)

    def read(self, after: int, until: int | None) -> Frame:
        changes = self._store.changes.list_run_changes(self._scope, after=after, limit=_PAGE, until=until)
        content = encode_project_changes(changes)
        return Frame(begin=after, end=changes.change_no, content=content, is_caught_up=changes.is_caught_up)
