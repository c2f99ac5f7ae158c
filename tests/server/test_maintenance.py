"""What the server does by itself beside the requests."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runreel.errors import StorageUnavailableError
from runreel.model.retention import RetentionReport
from runreel.server.maintenance import Maintenance
from runreel.storage.port import Store
from tests.support.api import event, run_start
from tests.support.app import serving
from tests.support.patience import PATIENCE_S
from tests.support.store import StoreWith

Steps = Iterator[Callable[[], Any]]


class Scripted:
    """Does one step after the other in place of the real method; `is_done` is set by the last one."""

    def __init__(self, *steps: object) -> None:
        self._steps = iter(steps)
        self._n_left = len(steps)
        self.is_done = threading.Event()

    def __call__(self, real: Callable[..., Any], **arguments: Any) -> Any:
        step = next(self._steps, None)
        self._n_left -= 1
        if self._n_left <= 0:
            self.is_done.set()
        if isinstance(step, Exception):
            raise step
        return real(**arguments) if step is None else step


def test_a_run_gets_its_name_when_it_has_waited(store: Store) -> None:
    settled = threading.Event()

    def settle_runs(real: Callable[..., int], *, seen_before: int) -> int:
        n_named = real(seen_before=seen_before)
        if n_named:
            settled.set()
        return n_named

    with serving(StoreWith(store, settle_runs=settle_runs), settle_after_s=0) as app:
        app.api.record_all(event("e", "r", agent_name="planner"))
        assert settled.wait(PATIENCE_S)
        assert app.api.get("/api/by-id/r")["run_name"] == "run 1"


@pytest.mark.parametrize("failure", [StorageUnavailableError("away"), RuntimeError("unexpected")])
def test_a_failure_does_not_end_it(store: Store, failure: Exception) -> None:
    settle_runs = Scripted(failure, 0)

    with serving(StoreWith(store, settle_runs=settle_runs)):
        assert settle_runs.is_done.wait(PATIENCE_S)


def test_it_does_not_hammer_a_database_that_is_away(store: Store) -> None:
    n_asked = 0

    def settle_runs(real: Callable[..., int], *, seen_before: int) -> int:
        nonlocal n_asked
        n_asked += 1
        raise StorageUnavailableError("away")

    with serving(StoreWith(store, settle_runs=settle_runs)) as app:
        for _ in range(20):
            app.api.record_all(event())
    assert n_asked <= 5


def test_space_is_given_back_until_there_is_no_more(store: Store) -> None:
    shrink = Scripted(False, True, True, True, False)

    with serving(StoreWith(store, shrink=shrink)) as app:
        app.api.record_all(run_start())
        app.api.http.delete("/api/by-id/run-1")
        assert shrink.is_done.wait(PATIENCE_S)


def test_space_is_given_back_after_a_rule_deleted_something() -> None:
    """Also long after the start, when all space was given back."""
    n_sweeps, given_back = 0, threading.Event()

    class Fake:
        def settle_runs(self, *, seen_before: int) -> int:
            return 0

        def mark_lost_runs(self, *, now: int) -> int:
            return 0

        def step(self) -> bool:
            return False

        def shrink(self) -> bool:
            if n_sweeps > 1:
                given_back.set()
            return False

        def sweep_projects(self, *, now: int, limit: int) -> RetentionReport:
            nonlocal n_sweeps
            n_sweeps += 1
            return RetentionReport(runs=(), n_runs=int(n_sweeps == 2), n_events=0, n_bytes=0, has_more=False)

    minutes = itertools.count(0, 60_000_000)

    async def maintain() -> None:
        fake: Any = Fake()
        maintenance = Maintenance(fake, fake, fake, settle_after_s=0, now=lambda: next(minutes))
        maintenance.open()
        assert await asyncio.to_thread(given_back.wait, 10)
        await maintenance.close()

    asyncio.run(maintain())


def test_what_is_deleted_while_space_is_given_back_counts_too(store: Store) -> None:
    is_shrinking, may_end, again = threading.Event(), threading.Event(), threading.Event()

    def shrink(real: Callable[[], bool]) -> bool:
        if is_shrinking.is_set():
            again.set()
            return False
        is_shrinking.set()
        assert may_end.wait(PATIENCE_S)
        return False

    with serving(StoreWith(store, shrink=shrink)) as app:
        assert is_shrinking.wait(PATIENCE_S)
        app.api.record_all(run_start())
        app.api.http.delete("/api/by-id/run-1")
        may_end.set()
        assert again.wait(PATIENCE_S)
