"""The run of the process itself, in which is what was recorded outside of all others."""

from __future__ import annotations

import os
from _thread import RLock

from runreel.sdk import process
from runreel.sdk.context import current
from runreel.sdk.guard import OWN_ERRORS, swallow
from runreel.sdk.recording import default_agent, new_run, ready_client
from runreel.sdk.run import RunPlace
from runreel.sdk.run_kind import settings_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from runreel.sdk.client import Client
    from runreel.sdk.context import Place
    from runreel.sdk.run import Run


def implicit_place() -> RunPlace | None:
    """Return the place in the process's run, which begins when first asked for; None where nothing is recorded."""
    client = ready_client()
    if client is None:
        return None
    place = _process.place
    if place is not None and place.is_open and place.run.client is client:
        return place
    return _process.open(client)


def place_here() -> Place | None:
    """Return where the running code stands, in the process's run if nowhere else; None where nothing is recorded."""
    return current.get() or implicit_place()


def find_implicit_place() -> RunPlace | None:
    """Return the place in the process's run if that has begun."""
    place = _process.place
    return place if place is not None and place.is_open else None


def implicit_run() -> Run | None:
    """Return the process's run, which does not begin by being asked for; None where nothing is recorded."""
    client = ready_client()
    return None if client is None else _process.run_of(client)


def end_implicit_run() -> None:
    """End the process's run; a child that has it from its parent leaves it to the parent."""
    _process.end()


class _ProcessRun:
    """Holds the run of the process."""

    def __init__(self) -> None:
        self.place: RunPlace | None = None
        # Somebody has asked for it, and it has not begun.
        self._asked_for: Run | None = None
        self._pid = 0
        self._lock = RLock()

    def open(self, client: Client) -> RunPlace:
        # Two threads that record their first event at once have one run.
        with self._lock:
            place = self.place
            if place is None or not place.is_open or place.run.client is not client:
                place = self._begin(client)
                self.place = place
        return place

    def run_of(self, client: Client) -> Run:
        with self._lock:
            place, run = self.place, self._asked_for
            if place is not None and place.is_open and place.run.client is client:
                return place.run
            if run is None or run.client is not client:
                run = self._asked_for = new_run(client, None, default_agent(client))
                run.before_first_record = self._begin_asked_for
            return run

    def end(self) -> None:
        asked_for, self._asked_for = self._asked_for, None
        if asked_for is not None:
            asked_for.before_first_record = None
        place, self.place = self.place, None
        if place is None or self._pid != os.getpid():
            return
        try:
            place.complete(None)
        except OWN_ERRORS as error:
            swallow("end the run of the process", error)

    def release_in_child(self) -> None:
        """Take a new lock: another thread may have held it when the process was forked."""
        self._lock = RLock()
        self._asked_for = None

    def _begin_asked_for(self, run: Run) -> None:
        run.before_first_record = None
        with self._lock:
            if run is self._asked_for:
                self.open(run.client)

    def _begin(self, client: Client) -> RunPlace:
        run, self._asked_for = self._asked_for, None
        if run is None or run.client is not client:
            run = new_run(client, None, default_agent(client))
        run.before_first_record = None
        place = RunPlace(run, None)
        run.hold(place)
        run.begin(settings_fields(client, run), wished_name=None, tags=client.settings.tags)
        self._pid = os.getpid()
        process.end_with(self.end)
        return place


_process = _ProcessRun()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_process.release_in_child)
