"""Taking records: a queue bounded in bytes, and one thread that decodes, merges and commits.

What waits at the same time is committed together; each body is answered after its commit. Where a commit fails and the
store works, it is split until the record that can't be stored stands alone, so nobody else's batch fails.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from runreel.errors import QueueFullError, ServerEndingError, StorageError, StorageFullError, StorageUnavailableError
from runreel.model.record import ApplyReport, Batch, Record, RecordIssue
from runreel.model.run import Run
from runreel.model.scope import Scope
from runreel.storage.port import RunStore

GROUP_BYTES = 4 * 1024 * 1024
GROUP_BODIES = 64
_NO_ROOM_MEMORY_US = 30_000_000
_MOMENT_S = 0.003

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestResult:
    """What became of one body."""

    n_received: int
    refused: list[RecordIssue]
    warnings: list[RecordIssue]
    runs: list[Run]


@dataclass(slots=True)
class _Item:
    scope: Scope
    decode: Callable[[], Batch]
    size_bytes: int
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[IngestResult]
    batch: Batch = field(default_factory=lambda: Batch(records=[]))
    n_bytes: int = 0
    is_refused: bool = False


class Ingest:
    """Takes bodies from the event loop to the store.

    One thread decodes and writes in turn: beside a busy thread, a database in the same process pays for the
    interpreter's lock at every row, and one elsewhere gets smaller groups.
    """

    def __init__(
        self,
        runs: RunStore,
        *,
        queue_bytes: int,
        now: Callable[[], int],
        on_commit: Callable[[float, int], None] = lambda _seconds, _n_bodies: None,
    ) -> None:
        self._runs = runs
        self._on_commit = on_commit
        self._capacity_bytes = queue_bytes
        self._now = now
        self._items: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.used_bytes = 0
        self._unanswered: set[asyncio.Future[IngestResult]] = set()
        self._is_draining = False
        self._no_room: tuple[StorageFullError | None, int] = None, 0
        self._n_together = 1
        self._ends = False
        self._thread = threading.Thread(target=self._work, name="runreel-ingest", daemon=True)

    @property
    def n_waiting(self) -> int:
        """Return how many bodies are not answered yet."""
        return len(self._unanswered)

    def require_room(self) -> None:
        """Raise where nothing can be taken: the server ends, or the last commit found no room, not long ago.

        Whether there is room shows only when something is written. The memory ends, or nobody would send again what
        could show that there is room once more.
        """
        self._require_open()
        no_room, until = self._no_room
        if no_room is not None and self._now() < until:
            raise no_room

    def open(self) -> None:
        """Start the writing thread."""
        self._thread.start()

    def close(self) -> None:
        """Finish what is queued, then end the thread; safe twice."""
        self._items.put(None)
        if self._thread.is_alive():
            self._thread.join()

    async def drain(self) -> None:
        """Take nothing more, and return when all that was taken is written and answered, however long that takes."""
        self._is_draining = True
        while self._unanswered:
            await asyncio.wait(self._unanswered)

    async def put(
        self, scope: Scope, decode: Callable[[], Batch], *, size_bytes: int, patience_s: float
    ) -> IngestResult:
        """Return when what `decode` finds is committed; `decode` is called in the writing thread.

        Raises:
            QueueFullError: there was no room for `patience_s` seconds; nothing was taken.
            DecodeError: `decode` raised it.
            StorageError: nothing of this body was kept.
        """
        await self._wait_for_room(size_bytes, patience_s)
        self.used_bytes += size_bytes
        loop = asyncio.get_running_loop()
        item = _Item(scope, decode, size_bytes, loop, loop.create_future())
        self._items.put(item)
        # The answer comes also when the client has gone: what is queued is written, and its room is given back then.
        self._unanswered.add(item.answer)
        item.answer.add_done_callback(lambda answer: self._give_room(answer, size_bytes))
        return await asyncio.shield(item.answer)

    async def _wait_for_room(self, size_bytes: int, patience_s: float) -> None:
        deadline = asyncio.get_running_loop().time() + patience_s
        while self.used_bytes and self.used_bytes + size_bytes > self._capacity_bytes:
            left_s = deadline - asyncio.get_running_loop().time()
            if left_s <= 0:
                raise QueueFullError("the server has more records waiting than it may hold; send again in a second")
            room: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(room)
            await asyncio.wait([room], timeout=left_s)
            room.cancel()
        # Also whoever has waited meanwhile.
        self._require_open()

    def _require_open(self) -> None:
        if self._is_draining:
            raise ServerEndingError("the server is ending; send again when it is back")

    def _give_room(self, answer: asyncio.Future[IngestResult], size_bytes: int) -> None:
        self._unanswered.discard(answer)
        self.used_bytes -= size_bytes
        while self._waiting:
            room = self._waiting.popleft()
            if not room.done():
                room.set_result(None)

    def _work(self) -> None:
        while (group := self._next_group()) is not None:
            decoded = [item for item in group if not item.is_refused]
            try:
                if decoded:
                    self._commit(decoded)
            # The thread must outlive any failure: everybody's records come this way.
            except Exception as error:  # noqa: BLE001
                _log.error("an unexpected %s while records were written", type(error).__name__)
                _answer_all(decoded, error)

    def _next_group(self) -> list[_Item] | None:
        """Wait for a body, and return it, decoded, with those that wait behind it; None at the end.

        While fewer are there than were committed together before, their senders are given a moment: a commit of all
        of them costs less than one for each, and a sender that is alone never waits.
        """
        item = None if self._ends else self._take(None)
        if item is None:
            return None
        group, n_bytes = [item], item.n_bytes
        while n_bytes < GROUP_BYTES and len(group) < GROUP_BODIES:
            try:
                item = self._take(_MOMENT_S if len(group) < self._n_together else 0)
            except queue.Empty:
                break
            if item is None:
                self._ends = True
                break
            group.append(item)
            n_bytes += item.n_bytes
        self._n_together = len(group)
        return group

    def _take(self, timeout_s: float | None) -> _Item | None:
        """Return the next body, decoded; None at the end. Raises `queue.Empty` when none comes in time."""
        item = self._items.get(timeout_s != 0, timeout_s)
        if item is not None:
            self._decode(item)
        return item

    def _decode(self, item: _Item) -> None:
        """Decode a body, or answer that it can't be; its size is then known, which compression may have hidden."""
        item.n_bytes = item.size_bytes
        try:
            item.batch = item.decode()
        # The thread must outlive any body; what a decoder can't take is an answer to its sender alone.
        except Exception as error:  # noqa: BLE001
            item.is_refused = True
            _answer(item, error)
        else:
            item.n_bytes = max(item.size_bytes, item.batch.size_bytes)

    def _commit(self, items: Sequence[_Item]) -> None:
        try:
            reports = self._apply(items)
        except StorageFullError as error:
            self._no_room = error, self._now() + _NO_ROOM_MEMORY_US
            _answer_all(items, error)
        except StorageUnavailableError as error:
            _answer_all(items, error)
        # A record that the store can't take must not cost the others anything.
        except Exception:  # noqa: BLE001
            self._commit_one_by_one(items)
        else:
            self._no_room = None, 0
            for item, report in zip(items, reports, strict=True):
                _answer(item, _result(item, [report]))

    def _apply(self, items: Sequence[_Item]) -> list[ApplyReport]:
        began = time.perf_counter()
        try:
            return self._runs.apply([(item.scope, item.batch.records) for item in items], now=self._now())
        finally:
            self._on_commit(time.perf_counter() - began, len(items))

    def _commit_one_by_one(self, items: Sequence[_Item]) -> None:
        try:
            # Where the store itself fails no record is to blame, and none may be refused for good.
            self._runs.check()
        except StorageError as error:
            _answer_all(items, error)
            return
        _log.warning("a commit of %d bodies failed; trying them one by one", len(items))
        for item in items:
            try:
                reports = list(self._apply_split(item.scope, item.batch.records))
            except StorageError as error:
                _answer(item, error)
            else:
                n_refused = sum(len(report.refused) for report in reports)
                _log.warning("%d of %d records of a body were refused", n_refused, len(item.batch.records))
                _answer(item, _result(item, reports))

    def _apply_split(self, scope: Scope, records: Sequence[Record]) -> list[ApplyReport]:
        try:
            return self._runs.apply([(scope, records)], now=self._now())
        except (StorageFullError, StorageUnavailableError):
            raise
        # Halving finds the record that can't be stored, whatever it raises.
        except Exception as error:  # noqa: BLE001
            if len(records) > 1:
                half = len(records) // 2
                return [*self._apply_split(scope, records[:half]), *self._apply_split(scope, records[half:])]
            record = records[0]
            _log.info("a record of kind %s could not be stored (%s)", record.kind, type(error).__name__)
            issue = RecordIssue(
                index=record.index, kind=record.kind, key=record.key, reason="it could not be stored as it is"
            )
            return [ApplyReport(refused=[issue], runs={})]


def _result(item: _Item, reports: Sequence[ApplyReport]) -> IngestResult:
    runs: dict[str, Run] = {}
    refused = {issue.index: issue for issue in item.batch.refused}
    for report in reports:
        runs.update(report.runs)
        for issue in report.refused:
            refused.setdefault(issue.index, issue)
    return IngestResult(
        n_received=item.batch.n_received,
        refused=[refused[index] for index in sorted(refused)],
        warnings=item.batch.warnings,
        runs=list(runs.values()),
    )


def _answer_all(items: Sequence[_Item], error: Exception) -> None:
    for item in items:
        _answer(item, error)


def _answer(item: _Item, outcome: IngestResult | Exception) -> None:
    def deliver() -> None:
        if item.answer.done():
            return
        if isinstance(outcome, Exception):
            item.answer.set_exception(outcome)
        else:
            item.answer.set_result(outcome)

    try:
        item.loop.call_soon_threadsafe(deliver)
    except RuntimeError:
        # The event loop ended first: the records are kept, and the sender will send them again.
        _log.debug("nobody waits for an answer any more")
