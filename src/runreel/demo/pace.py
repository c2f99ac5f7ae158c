"""How fast the demo goes, and whether it should end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from runreel.demo.errors import StoppedError

Result = TypeVar("Result")

_LOOK_S = 0.1


class Pace:
    """Passes time; every wait ends at once when the demo is told to end. A `factor` of 0 waits for nothing."""

    def __init__(self, factor: float) -> None:
        self.factor = factor
        self._is_stopped = threading.Event()

    def stop(self) -> None:
        """End all waits, now and later; safe to call from a signal handler and from any thread."""
        self._is_stopped.set()

    def wait(self, seconds: float) -> bool:
        """Pass the time at this pace; tell whether the demo should go on."""
        return self.wait_exactly(seconds * self.factor)

    def wait_exactly(self, seconds: float) -> bool:
        """Pass the time at any pace; tell whether the demo should go on."""
        return not self._is_stopped.wait(seconds)

    def wait_for(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Wait for what people decide; raises `StoppedError` when the demo should end before."""
        return asyncio.run(self._race(work))

    async def _race(self, work: Coroutine[Any, Any, Result]) -> Result:
        task = asyncio.create_task(work)
        while not task.done():
            if self._is_stopped.is_set():
                task.cancel()
            await asyncio.wait([task], timeout=_LOOK_S)
        if task.cancelled():
            raise StoppedError("the demo was told to end")
        return task.result()

    def check(self) -> None:
        """Raise `StoppedError` when the demo should end."""
        if self._is_stopped.is_set():
            raise StoppedError("the demo was told to end")
