"""Requests that wait until something in a run is so: they look again whenever the run changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from fastapi.concurrency import run_in_threadpool

from runreel.model.scope import Scope
from runreel.server.dependency import Parts

MAX_WAIT_S = 30

Result = TypeVar("Result")


async def wait_for(
    parts: Parts, scope: Scope, run_id: str, read: Callable[[], Result], is_so: Callable[[Result], bool], *, wait_s: int
) -> Result:
    """Return what is read as soon as it is so, else what it is after `wait_s` seconds or when the server ends."""
    found = await run_in_threadpool(read)
    if not wait_s or is_so(found):
        return found
    head = (await run_in_threadpool(parts.store.runs.get_run, scope, run_id)).change_seq
    follower = await parts.live.follow_run(scope, run_id, after=head)
    try:
        async with asyncio.timeout(wait_s):
            # The first frame comes at once: what happened before it was asked for is read here as well.
            while (frame := await follower.next_frame()) is not None and not frame.is_last:
                found = await run_in_threadpool(read)
                if is_so(found):
                    return found
    except TimeoutError:
        pass
    finally:
        follower.close()
    return await run_in_threadpool(read)
