"""A sweep stands still at its worst moments while others upload and name the same bytes: none are lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from runreel.errors import NotFoundError
from runreel.model.scope import Scope
from runreel.storage.blobs import open_blobs
from runreel.storage.sql import SqlStore, open_store
from runreel.testing.contract.base import apply
from runreel.testing.contract.blob_store import put_bytes
from runreel.testing.contract.file_store import CONTENT, LONG_AFTER, is_kept, keep, read, sweep, sweep_orphans
from runreel.testing.record import NOW, make_event, make_file, make_run
from tests.support.patience import PATIENCE_S

_LARGE = "large" * 100_000
_HURRY_S = 0.3


class Halt:
    """Holds one call until it may go on; `is_reached` is set when it stands there."""

    def __init__(self) -> None:
        self.is_reached = threading.Event()
        self.may_go_on = threading.Event()

    def __call__(self) -> None:
        self.is_reached.set()
        assert self.may_go_on.wait(PATIENCE_S)


class HaltingBlobs:
    """A store of bytes that halts before it deletes, before or after it puts bytes at their place."""

    def __init__(self, folder: Path) -> None:
        self._blobs: Any = open_blobs(str(folder))
        self.halts: dict[str, Halt] = {}

    def halt(self, moment: str) -> Halt:
        self.halts[moment] = Halt()
        return self.halts[moment]

    def reach(self, moment: str) -> None:
        halt = self.halts.pop(moment, None)
        if halt is not None:
            halt()

    def begin(self, scope: Scope) -> Any:
        writer = self._blobs.begin(scope)
        commit = writer.commit

        def commit_halting() -> None:
            self.reach("before commit")
            commit()
            self.reach("after commit")

        writer.commit = commit_halting
        return writer

    def delete(self, scope: Scope, content_hash: str) -> None:
        self.reach("before delete")
        self._blobs.delete(scope, content_hash)
        self.reach("after delete")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._blobs, name)


@pytest.fixture
def blobs(tmp_path: Path) -> HaltingBlobs:
    return HaltingBlobs(tmp_path / "blobs")


@pytest.fixture(params=["sqlite_url", "migrated_postgres_url"])
def store(request: pytest.FixtureRequest, blobs: HaltingBlobs) -> Iterator[SqlStore]:
    store = open_store(request.getfixturevalue(request.param), blobs)  # pyright: ignore[reportArgumentType]
    yield store
    store.close()


@pytest.fixture
def scope(request: pytest.FixtureRequest) -> Scope:
    return Scope(project=request.node.nodeid)


def during(halt: Halt, held: Callable[[], object], others: Callable[[], object]) -> None:
    """Run `others` while `held` stands at the halt, or as far as they get before it must go on."""
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(held)
        assert halt.is_reached.wait(PATIENCE_S)
        second: Future[object] = pool.submit(others)
        ended = threading.Event()
        second.add_done_callback(lambda _: ended.set())
        ended.wait(_HURRY_S)
        halt.may_go_on.set()
        first.result(PATIENCE_S)
        second.result(PATIENCE_S)


@pytest.mark.parametrize("moment", ["before delete", "after delete"])
def test_bytes_that_are_uploaded_while_they_are_swept_stay(
    store: SqlStore, blobs: HaltingBlobs, scope: Scope, moment: str
) -> None:
    keep(store, scope)

    def upload_and_name() -> None:
        blob = keep(store, scope, now=LONG_AFTER)
        apply(store, scope, make_file(content_hash=blob.content_hash))

    during(blobs.halt(moment), lambda: sweep(store, now=LONG_AFTER), upload_and_name)
    assert read(store, scope) == CONTENT
    sweep(store, now=2 * LONG_AFTER)
    assert read(store, scope) == CONTENT


def test_bytes_that_are_uploaded_again_after_a_sweep_chose_them_stay(
    store: SqlStore, blobs: HaltingBlobs, scope: Scope
) -> None:
    """The sweep has chosen both and stands at the first when the second is uploaded."""
    contents = {keep(store, scope, content).content_hash: content for content in (b"a", b"b")}
    second = max(contents)
    during(
        blobs.halt("before delete"),
        lambda: sweep(store, now=LONG_AFTER),
        lambda: keep(store, scope, contents[second], now=LONG_AFTER),
    )
    assert blobs.get_size(scope, second) == 1


@pytest.mark.parametrize("moment", ["before delete", "after delete"])
def test_a_large_payload_that_is_recorded_while_it_is_swept_stays(
    store: SqlStore, blobs: HaltingBlobs, scope: Scope, moment: str
) -> None:
    apply(store, scope, make_event(inputs=_LARGE))
    store.runs.delete_run(scope, "run-1", now=NOW)
    record = lambda: apply(store, scope, make_event(run_id="run-2", inputs=_LARGE))  # noqa: E731
    during(blobs.halt(moment), lambda: sweep(store, now=NOW), record)
    assert store.events.get_event(scope, "run-2", "event-1").payload.inputs == _LARGE


def test_bytes_that_are_renewed_while_they_are_swept_are_there_or_not_found(
    store: SqlStore, blobs: HaltingBlobs, scope: Scope
) -> None:
    blob = keep(store, scope)
    found: list[bool] = []
    during(
        blobs.halt("before delete"),
        lambda: sweep(store, now=LONG_AFTER),
        lambda: found.append(is_kept(store, scope, blob)),
    )
    assert found == [False]


@pytest.mark.parametrize("moment", ["before commit", "after commit"])
def test_bytes_are_not_swept_before_the_transaction_that_names_them_has_committed(
    store: SqlStore, blobs: HaltingBlobs, scope: Scope, moment: str
) -> None:
    """The same batch has a large payload; its transaction stands where that is put at its place."""
    blob = keep(store, scope)
    named = [make_run(), make_file(content_hash=blob.content_hash), make_event(inputs=_LARGE)]
    during(blobs.halt(moment), lambda: apply(store, scope, *named), lambda: sweep(store, now=LONG_AFTER))
    assert read(store, scope) == CONTENT
    assert store.events.get_event(scope, "run-1", "event-1").payload.inputs == _LARGE


@pytest.mark.parametrize("moment", ["before commit", "after commit"])
def test_bytes_on_their_way_are_no_orphans(store: SqlStore, blobs: HaltingBlobs, scope: Scope, moment: str) -> None:
    apply(store, scope, make_run())
    record = lambda: apply(store, scope, make_event(inputs=_LARGE))  # noqa: E731
    during(blobs.halt(moment), record, lambda: sweep_orphans(store))
    during(blobs.halt(moment), lambda: keep(store, scope), lambda: sweep_orphans(store))
    sweep_orphans(store)
    assert store.events.get_event(scope, "run-1", "event-1").payload.inputs == _LARGE
    apply(store, scope, make_file(content_hash=keep(store, scope).content_hash))
    assert read(store, scope) == CONTENT


@pytest.mark.parametrize("moment", ["before delete", "after delete"])
def test_orphans_that_are_uploaded_while_they_are_removed_stay(
    store: SqlStore, blobs: HaltingBlobs, scope: Scope, moment: str
) -> None:
    apply(store, scope, make_run())
    put_bytes(blobs, scope, [CONTENT])  # pyright: ignore[reportArgumentType]
    during(blobs.halt(moment), lambda: sweep_orphans(store), lambda: keep(store, scope))
    blob = keep(store, scope)
    assert blobs.get_size(scope, blob.content_hash) == len(CONTENT)


def test_what_a_crash_left_before_its_commit_is_removed(store: SqlStore, blobs: HaltingBlobs, scope: Scope) -> None:
    apply(store, scope, make_run())
    hashes = {put_bytes(blobs, scope, [b"%d" % n]) for n in range(3)}  # pyright: ignore[reportArgumentType]
    blob = keep(store, scope)
    assert set(blobs.iter_hashes(scope)) == {*hashes, blob.content_hash}
    sweep_orphans(store)
    assert list(blobs.iter_hashes(scope)) == [blob.content_hash]


def test_a_row_that_a_crash_left_without_bytes_proves_nothing(
    store: SqlStore, blobs: HaltingBlobs, scope: Scope
) -> None:
    """The bytes were deleted, and the transaction of the sweep was not committed."""
    blob = keep(store, scope)
    blobs.delete(scope, blob.content_hash)
    with pytest.raises(NotFoundError):
        store.files.renew(scope, blob.content_hash, now=NOW)
    apply(store, scope, make_file(content_hash=keep(store, scope).content_hash))
    assert read(store, scope) == CONTENT
