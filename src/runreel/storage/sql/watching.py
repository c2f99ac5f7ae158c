"""Saying that something may have changed: after each commit of this process, and soon after those of others."""

from __future__ import annotations

import logging
import select
import socket
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, suppress
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy import select as select_columns

from runreel.model.scope import Scope
from runreel.storage.sql.database import Database
from runreel.storage.sql.key import topic_of
from runreel.storage.sql.schema import projects, runs

_POLL_S = 1.5
_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 10.0
_KEYS_PER_QUERY = 500

_log = logging.getLogger(__name__)


class Watcher:
    """`Watch` on SQL. Its thread listens to other processes, from the first thing that is followed on."""

    def __init__(self, database: Database, on_change: Callable[[Mapping[int, int | None]], None]) -> None:
        self._database = database
        self._on_change = on_change
        self._lock = threading.Lock()
        self._runs: set[int] = set()
        self._projects: dict[int, str] = {}
        self._heads: dict[int, int | None] = {}
        self._thread: threading.Thread | None = None
        self._waker, self._alarm = socket.socketpair()
        for end in (self._waker, self._alarm):
            end.setblocking(False)
        self._has_new = False
        self._is_closed = False
        database.add_listener(self._tell)

    def add(self, scope: Scope, run_id: str | None) -> int:
        topic = topic_of(scope.project, run_id)
        with self._lock:
            if run_id is None:
                self._projects[topic] = scope.project
            else:
                self._runs.add(topic)
            self._has_new = True
            if self._thread is None and not self._is_closed:
                self._thread = threading.Thread(target=self._listen, name="runreel-watch", daemon=True)
                self._thread.start()
        self._wake()
        return topic

    def remove(self, number: int) -> None:
        with self._lock:
            self._runs.discard(number)
            self._projects.pop(number, None)
            self._heads.pop(number, None)

    def close(self) -> None:
        self._database.remove_listener(self._tell)
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
        self._wake()
        if self._thread is not None:
            # It may just be trying to reach a database that does not answer.
            self._thread.join(_POLL_S)
        self._waker.close()
        self._alarm.close()

    def _tell(self, topics: Collection[int]) -> None:
        with self._lock:
            followed = [topic for topic in topics if topic in self._runs or topic in self._projects]
        if followed:
            self._on_change(dict.fromkeys(followed))

    def _listen(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._is_closed:
            try:
                for topics in self._iter_heard():
                    pause_s = _FIRST_PAUSE_S
                    if topics is not None:
                        self._tell(topics)
                    elif moved := self._moved():
                        self._on_change(moved)
            # The thread must outlive whatever becomes of the connection.
            except Exception as error:  # noqa: BLE001
                _log.info("listening to other processes waits %s s (%s)", pause_s, type(error).__name__)
                select.select([self._waker], [], [], pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _iter_heard(self) -> Iterator[frozenset[int] | None]:
        with closing(self._database.dialect.listen()) as listener:
            # What was committed before anyone listened.
            yield None
            while not self._is_closed:
                yield listener.wait(self._waker, _POLL_S)
                if self._take_new():
                    yield None

    def _wake(self) -> None:
        # Where there is no room for another byte, there are enough of them to wake it.
        with suppress(BlockingIOError):
            self._alarm.send(b"\0")

    def _take_new(self) -> bool:
        """Tell whether something is followed since this was asked: of that, nobody has told how far it is."""
        with suppress(BlockingIOError):
            while self._waker.recv(4096):
                pass
        with self._lock:
            has_new, self._has_new = self._has_new, False
        return has_new

    def _moved(self) -> dict[int, int | None]:
        """Return what has another number than when this was asked the last time, with that number."""
        with self._lock:
            run_pks, names = sorted(self._runs), sorted(self._projects.values())
        if not run_pks and not names:
            return {}
        found: dict[int, int] = self._numbers(runs.c.run_pk, runs.c.change_seq, run_pks)
        numbers: dict[str, int] = self._numbers(projects.c.project, projects.c.change_no, names)
        found.update((topic_of(name, None), number) for name, number in numbers.items())
        with self._lock:
            followed = self._runs | self._projects.keys()
            # What is missing was deleted, and that is a change, too.
            heads = {topic: found.get(topic) for topic in followed}
            moved = {topic: head for topic, head in heads.items() if self._heads.get(topic, -1) != head}
            self._heads = heads
        return moved

    def _numbers(self, key: ColumnElement[Any], number: ColumnElement[int], keys: list[Any]) -> dict[Any, int]:
        numbers: dict[Any, int] = {}
        with self._database.read() as connection:
            for start in range(0, len(keys), _KEYS_PER_QUERY):
                statement = select_columns(key, number).where(key.in_(keys[start : start + _KEYS_PER_QUERY]))
                numbers.update((row[0], row[1]) for row in connection.execute(statement))
        return numbers
