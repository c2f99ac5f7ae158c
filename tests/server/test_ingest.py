"""The queue and its writing thread, without HTTP."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from runreel.errors import QueueFullError, StorageFullError, StorageUnavailableError
from runreel.model.record import ApplyReport, Batch, Rank, Record, RecordKind
from runreel.model.scope import Scope
from runreel.server.ingest import GROUP_BODIES, GROUP_BYTES, Ingest
from tests.support.patience import PATIENCE_S


class FakeRuns:
    """Takes records, and remembers which bodies came together; holds the first call until `may_go_on`."""

    def __init__(self) -> None:
        self.groups: list[list[list[str]]] = []
        self.is_called = threading.Event()
        self.may_go_on = threading.Event()

    def apply(self, batches: Sequence[tuple[Scope, Sequence[Record]]], *, now: int) -> list[ApplyReport]:
        self.is_called.set()
        assert self.may_go_on.wait(PATIENCE_S)
        self.groups.append([[record.key for record in records] for _, records in batches])
        return [ApplyReport(refused=[], runs={}) for _ in batches]

    def check(self) -> None:
        pass


def body(key: str, *, size_bytes: int = 0) -> Callable[[], Batch]:
    record = Record(RecordKind.EVENT, "r", key, Rank.END, 1, {})
    return lambda: Batch(records=[record], n_received=1, size_bytes=size_bytes)


def run_ingest(test: Callable[[Ingest, FakeRuns], Awaitable[None]], **settings: Any) -> FakeRuns:
    runs = FakeRuns()

    async def run() -> None:
        ingest = Ingest(runs, **{"now": lambda: 1, "queue_bytes": 1000, **settings})  # type: ignore[arg-type]
        ingest.open()
        try:
            await asyncio.wait_for(test(ingest, runs), PATIENCE_S)
        finally:
            runs.may_go_on.set()
            await asyncio.to_thread(ingest.close)
            ingest.close()

    asyncio.run(run())
    return runs


async def held(ingest: Ingest, runs: FakeRuns) -> asyncio.Task[Any]:
    """Put one body, and return once the store works on it."""
    task = asyncio.create_task(ingest.put(Scope(), body("first"), size_bytes=1, patience_s=0))
    assert await asyncio.to_thread(runs.is_called.wait, 10)
    return task


def test_bodies_that_wait_together_are_committed_together() -> None:
    async def test(ingest: Ingest, runs: FakeRuns) -> None:
        tasks = [await held(ingest, runs)]
        tasks += [asyncio.create_task(ingest.put(Scope(), body(f"b{n}"), size_bytes=1, patience_s=0)) for n in range(5)]
        await asyncio.sleep(0)
        runs.may_go_on.set()
        await asyncio.gather(*tasks)

    runs = run_ingest(test)
    assert runs.groups == [[["first"]], [[f"b{n}"] for n in range(5)]]


@pytest.mark.parametrize("size_bytes", [GROUP_BYTES, GROUP_BYTES // 2])
def test_a_group_is_bounded_by_what_its_bodies_inflate_to(size_bytes: int) -> None:
    async def test(ingest: Ingest, runs: FakeRuns) -> None:
        tasks = [await held(ingest, runs)]
        tasks += [
            asyncio.create_task(ingest.put(Scope(), body(f"b{n}", size_bytes=size_bytes), size_bytes=1, patience_s=0))
            for n in range(4)
        ]
        await asyncio.sleep(0)
        runs.may_go_on.set()
        await asyncio.gather(*tasks)

    runs = run_ingest(test)
    assert [len(group) for group in runs.groups] == [1] + [GROUP_BYTES // size_bytes] * (4 * size_bytes // GROUP_BYTES)


def test_a_group_is_bounded_in_bodies() -> None:
    async def test(ingest: Ingest, runs: FakeRuns) -> None:
        tasks = [await held(ingest, runs)]
        tasks += [
            asyncio.create_task(ingest.put(Scope(), body("b"), size_bytes=1, patience_s=0))
            for _ in range(GROUP_BODIES + 3)
        ]
        await asyncio.sleep(0)
        runs.may_go_on.set()
        await asyncio.gather(*tasks)

    runs = run_ingest(test)
    assert [len(group) for group in runs.groups] == [1, GROUP_BODIES, 3]


def test_what_can_not_be_decoded_costs_no_other() -> None:
    def fail() -> Batch:
        raise RecursionError

    async def test(ingest: Ingest, runs: FakeRuns) -> None:
        first = await held(ingest, runs)
        bad = asyncio.create_task(ingest.put(Scope(), fail, size_bytes=1, patience_s=0))
        good = asyncio.create_task(ingest.put(Scope(), body("good"), size_bytes=1, patience_s=0))
        await asyncio.sleep(0)
        runs.may_go_on.set()
        assert (await good).n_received == 1
        with pytest.raises(RecursionError):
            await bad
        await first

    assert run_ingest(test).groups == [[["first"]], [["good"]]]


def test_a_body_larger_than_the_queue_is_taken_when_nothing_waits() -> None:
    async def test(ingest: Ingest, runs: FakeRuns) -> None:
        runs.may_go_on.set()
        await ingest.put(Scope(), body("large"), size_bytes=5000, patience_s=0)

    assert run_ingest(test, queue_bytes=10).groups == [[["large"]]]


def test_room_is_given_back_whatever_became_of_the_body() -> None:
    def fail() -> Batch:
        raise StorageUnavailableError("away")

    async def test(ingest: Ingest, runs: FakeRuns) -> None:
        runs.may_go_on.set()
        for _ in range(3):
            with pytest.raises(StorageUnavailableError):
                await ingest.put(Scope(), fail, size_bytes=10, patience_s=0)
        task = asyncio.create_task(ingest.put(Scope(), body("left alone"), size_bytes=10, patience_s=0))
        await asyncio.sleep(0)
        task.cancel()
        await ingest.put(Scope(), body("last"), size_bytes=10, patience_s=5)

    keys = [key for group in run_ingest(test, queue_bytes=10).groups for keys in group for key in keys]
    assert keys == ["left alone", "last"]


def test_all_that_wait_for_room_get_it_in_the_end() -> None:
    async def test(ingest: Ingest, runs: FakeRuns) -> None:
        first = await held(ingest, runs)
        tasks = [
            asyncio.create_task(ingest.put(Scope(), body(f"b{n}"), size_bytes=1, patience_s=10)) for n in range(20)
        ]
        await asyncio.sleep(0)
        with pytest.raises(QueueFullError):
            await ingest.put(Scope(), body("impatient"), size_bytes=1, patience_s=0)
        runs.may_go_on.set()
        await asyncio.gather(first, *tasks)

    keys = [key for group in run_ingest(test, queue_bytes=1).groups for keys in group for key in keys]
    assert sorted(keys) == sorted(["first", *(f"b{n}" for n in range(20))])


def test_closing_writes_what_is_queued() -> None:
    async def test(ingest: Ingest, runs: FakeRuns) -> None:
        await held(ingest, runs)
        tasks = [asyncio.create_task(ingest.put(Scope(), body(f"b{n}"), size_bytes=1, patience_s=0)) for n in range(5)]
        await asyncio.sleep(0)
        closing = asyncio.create_task(asyncio.to_thread(ingest.close))
        runs.may_go_on.set()
        await asyncio.gather(closing, *tasks)

    keys = {key for group in run_ingest(test).groups for keys in group for key in keys}
    assert keys == {"first", *(f"b{n}" for n in range(5))}


def test_a_lack_of_room_is_remembered_for_a_while_and_until_there_is_some() -> None:
    clock = {"now": 1}
    failures = iter([StorageFullError("no room"), StorageFullError("no room")])

    async def test(ingest: Ingest, runs: FakeRuns) -> None:
        def apply(batches: Sequence[tuple[Scope, Sequence[Record]]], *, now: int) -> list[ApplyReport]:
            for failure in failures:
                raise failure
            return [ApplyReport(refused=[], runs={}) for _ in batches]

        runs.apply = apply  # type: ignore[method-assign]
        ingest.require_room()
        with pytest.raises(StorageFullError):
            await ingest.put(Scope(), body("a"), size_bytes=1, patience_s=0)
        with pytest.raises(StorageFullError):
            ingest.require_room()
        clock["now"] += 60_000_000
        ingest.require_room()
        with pytest.raises(StorageFullError):
            await ingest.put(Scope(), body("b"), size_bytes=1, patience_s=0)
        with pytest.raises(StorageFullError):
            ingest.require_room()
        await ingest.put(Scope(), body("c"), size_bytes=1, patience_s=0)
        ingest.require_room()

    run_ingest(test, now=lambda: clock["now"])
