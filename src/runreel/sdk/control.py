"""The public words for what people ask of a running agent: to stop, to pause, to go on.

A run is asked like those around it: what is asked of a run holds for all that its code calls.
"""

from __future__ import annotations

from time import sleep

from runreel.errors import StopRequestedError
from runreel.sdk.context import current
from runreel.sdk.guard import OWN_ERRORS, swallow
from runreel.sdk.implicit import find_implicit_place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from runreel.sdk.context import Place
    from runreel.sdk.watch import Watch

# How often code that waits looks whether it may go on: a bell would have to ring in threads and in tasks of any loop.
_LOOK_S = 0.1


def should_stop() -> bool:
    """Tell whether a person has asked that this run, or one around it, be cancelled. Returns at once.

    When it said so, the run ends `cancelled`, unless the agent sets another status.
    """
    try:
        return find_stop(watches_of(current.get())) is not None
    except OWN_ERRORS as error:
        swallow("look for requests to stop", error)
        return False


def should_pause() -> bool:
    """Tell whether a person has asked that this run, or one around it, wait. Returns at once."""
    try:
        watches = watches_of(current.get())
        for watch in watches:
            watch.note_pause()
        return any(watch.is_paused for watch in watches)
    except OWN_ERRORS as error:
        swallow("look for requests to pause", error)
        return False


def check_stop() -> None:
    """Wait here while the run is to pause.

    Raises:
        StopRequestedError: a person has asked that this run, or one around it, be cancelled.
    """
    waiting = _wait_for_leave()
    while _takes_longer(waiting):
        sleep(_LOOK_S)


async def check_stop_async() -> None:
    """Wait here while the run is to pause, and let other tasks go on.

    Raises:
        StopRequestedError: a person has asked that this run, or one around it, be cancelled.
    """
    waiting = _wait_for_leave()
    while _takes_longer(waiting):
        import asyncio

        await asyncio.sleep(_LOOK_S)


def watches_of(place: Place | None) -> list[Watch]:
    """Return what is asked of the run of a place and of those around it; the first look makes somebody listen."""
    place = place or find_implicit_place()
    run = None if place is None else place.run
    watches: list[Watch] = []
    while run is not None:
        watch = run.watch
        if watch is None or watch.listener is not run.client.listener:
            watch = run.client.watch(run)
        watches.append(watch)
        run = run.outer
    return watches


def find_stop(watches: list[Watch]) -> Watch | None:
    """Return which run was asked to stop, and take note of it for all runs within."""
    for place, watch in enumerate(watches):
        if watch.stop_number is not None:
            for inner in watches[: place + 1]:
                inner.note_stop()
            return watch
    return None


def _wait_for_leave() -> Iterator[bool]:
    """Give True as long as the run is to pause; raise once it is to stop."""
    watches = watches_of(current.get())
    while True:
        stopping = find_stop(watches)
        if stopping is not None:
            raise StopRequestedError(stopping.run.run_id, stopping.why, stopping.who)
        is_paused = False
        for watch in watches:
            if watch.is_paused:
                is_paused = True
                watch.tell_paused()
            else:
                watch.tell_going_on()
        if not is_paused:
            return
        yield True


def _takes_longer(waiting: Iterator[bool]) -> bool:
    try:
        return next(waiting, False)
    except OWN_ERRORS as error:
        swallow("look for what is asked of a run", error)
        return False
