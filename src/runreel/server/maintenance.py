"""What the server does by itself.

It names runs that waited long enough, marks silent ones lost, deletes what is beyond the retention rules, removes bytes
that nothing names any more, and gives freed disk space back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from fastapi import Request

from runreel.errors import StorageError
from runreel.server.sweeping import Sweeping
from runreel.storage.port import RetentionStore, RunStore

_TICK_S = 1.0
_SWEEP_EVERY_US = 60_000_000
_SWEPT_AT_ONCE = 200

Result = TypeVar("Result")

_log = logging.getLogger(__name__)


class Maintenance:
    """A background task beside the requests; each step is short, so writers never wait long for it."""

    def __init__(
        self,
        runs: RunStore,
        retention: RetentionStore,
        sweeping: Sweeping,
        *,
        settle_after_s: float,
        now: Callable[[], int],
    ) -> None:
        self._runs = runs
        self._retention = retention
        self._sweeping = sweeping
        self._settle_after_us = round(settle_after_s * 1_000_000)
        self._now = now
        self._deleted = True
        self._sweep_at = now()
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="maintenance")

    def open(self) -> None:
        """Start the task on the running event loop."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop the task, once what it does has come to its end; safe twice."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        # Cancelling ends the waiting for a step, not the step; what it uses is closed next.
        await asyncio.to_thread(self._thread.shutdown)

    def note_deletion(self) -> None:
        """Take note that there may be space to give back."""
        self._deleted = True
        self._sweeping.note_deletion()

    async def _run(self) -> None:
        while True:
            has_more = False
            try:
                await self._do(self._runs.settle_runs, seen_before=self._now() - self._settle_after_us)
                await self._do(self._runs.mark_lost_runs, now=self._now())
                is_swept = await self._sweep()
                if self._deleted:
                    # Before the call, so that what is deleted during it counts next time.
                    self._deleted = False
                    has_more = await self._do(self._runs.shrink)
                has_more = has_more or not is_swept
                has_more = await self._do(self._sweeping.step) or has_more
            # A database that is away for a while must not end the task.
            except StorageError as error:
                self._deleted = True
                _log.info("maintenance waits: %s", error)
            # Nor must a mistake: without the task, runs would never get their names.
            except Exception as error:  # noqa: BLE001
                _log.error("an unexpected %s during maintenance", type(error).__name__)
            self._deleted = self._deleted or has_more
            await asyncio.sleep(0 if has_more else _TICK_S)

    async def _do(self, step: Callable[..., Result], **how: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(step, **how))

    async def _sweep(self) -> bool:
        """Delete some runs that are beyond the rules, when it is time; return whether none is left."""
        if self._now() < self._sweep_at:
            return True
        # Also where it fails: then it is tried again a minute later.
        self._sweep_at = self._now() + _SWEEP_EVERY_US
        report = await self._do(self._retention.sweep_projects, now=self._now(), limit=_SWEPT_AT_ONCE)
        if report.n_runs:
            self._deleted = True
            _log.info("retention deleted %d runs with %d events", report.n_runs, report.n_events)
        if report.has_more:
            self._sweep_at = self._now()
        return not report.has_more


def note_deletion(request: Request) -> None:
    """Let the maintenance of the application know that a request deleted something."""
    request.app.state.maintenance.note_deletion()
