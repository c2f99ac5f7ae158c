"""A question in a thread of its own, for a task that must not stand still while it is asked."""

from __future__ import annotations

import asyncio
from _thread import allocate_lock, get_native_id, start_new_thread

from runreel.sdk.shipper import await_exit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from runreel.sdk.client import Client
    from runreel.sdk.port import Line


class Errand:
    """Runs once. Whoever is cancelled while it runs has it cut short, so that no thread is left waiting."""

    def __init__(self, client: Client, line: Line, ask: Callable[[], Any]) -> None:
        self._client = client
        self._line = line
        self._ask = ask
        self._native_id = 0
        self._ended = allocate_lock()
        self._ended.acquire()

    async def result(self) -> Any:
        """Return what was heard."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._client.errands.add(self)
        try:
            start_new_thread(self._run, (loop, future))
        except RuntimeError:
            self._client.errands.discard(self)
            raise
        try:
            return await future
        except BaseException:
            self._line.interrupt()
            raise

    def cut_short(self, timeout_s: float) -> None:
        """End the thread for the moment of a fork; whoever waits hears that nobody answered, and asks again."""
        self._line.interrupt()
        if self._ended.acquire(timeout=timeout_s):
            await_exit(self._native_id)

    def _run(self, loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any]) -> None:
        self._native_id = get_native_id()
        try:
            heard, error = self._ask(), None
        except BaseException as problem:  # noqa: BLE001 - it is the task's that waits
            heard, error = None, problem
        try:
            loop.call_soon_threadsafe(_settle, future, heard, error)
        except RuntimeError:
            # The loop was closed; nobody waits any more.
            pass
        finally:
            self._client.errands.discard(self)
            self._ended.release()


def _settle(future: asyncio.Future[Any], heard: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(heard)
    else:
        future.set_exception(error)
