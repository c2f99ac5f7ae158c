"""Uploads, names, changes, deletions and sweeps at once: no committed row names bytes that are gone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runreel.errors import NotFoundError
from runreel.model.scope import Scope
from runreel.storage.blobs import open_blobs
from runreel.storage.sql import SqlStore, migrate, open_store
from runreel.storage.sql.blob_keeping import LEASE_US
from runreel.testing.contract.base import apply
from runreel.testing.contract.file_store import keep, sweep, sweep_orphans
from runreel.testing.record import NOW, make_event, make_file
from tests.property.effort import examples
from tests.support.patience import PATIENCE_S

_LONG_AGO = NOW - 10 * LEASE_US
_LONG_AFTER = NOW + 10 * LEASE_US

_contents = st.sampled_from([b"a", b"b"])
_runs = st.sampled_from(["r1", "r2"])
_keys = st.sampled_from(["k1", "k2"])
_steps = st.one_of(
    st.tuples(st.just("upload long ago"), _contents),
    st.tuples(st.just("upload and name"), _contents, _runs, _keys),
    st.tuples(st.just("record"), _contents, _runs, _keys),
    st.tuples(st.just("delete"), _runs),
    st.tuples(st.just("sweep")),
    st.tuples(st.just("sweep orphans")),
)
_histories = st.lists(st.lists(_steps, min_size=1, max_size=6), min_size=2, max_size=4)
_projects = count()


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    """Give a store of its own: a sweep goes through all that is in one."""
    on_file = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'runreel.db'}" if on_file else request.getfixturevalue("empty_postgres_url")
    migrate(url)
    store = open_store(url, open_blobs(str(tmp_path / "blobs")))
    yield store
    store.close()


class History:
    """What several threads do to one project, each its own steps in their order."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.scope = Scope(project=f"sweep {next(_projects)}")
        # Records of deleted runs are refused for ever, so a run is opened under a new id after its deletion.
        self._turns = {"r1": 0, "r2": 0}
        self._times = count(NOW)
        self._lock = threading.Lock()

    def run_id(self, run: str) -> str:
        return f"{run}-{self._turns[run]}"

    def do(self, step: tuple[Any, ...]) -> None:
        match step:
            case ("upload long ago", content):
                keep(self._store, self.scope, content, now=_LONG_AGO)
            case ("upload and name", content, run, key):
                blob = keep(self._store, self.scope, content)
                self._apply(make_file(key, self.run_id(run), at=next(self._times), content_hash=blob.content_hash))
            case ("record", content, run, key):
                inputs = content.decode() * 300_000
                self._apply(make_event(key, self.run_id(run), at=next(self._times), inputs=inputs))
            case ("delete", run):
                with self._lock:
                    run_id, self._turns[run] = self.run_id(run), self._turns[run] + 1
                with suppress(NotFoundError):
                    self._store.runs.delete_run(self.scope, run_id, now=NOW)
            case ("sweep",):
                sweep(self._store, now=NOW)
            case _:
                sweep_orphans(self._store)

    def _apply(self, record: Any) -> None:
        apply(self._store, self.scope, record)

    def assert_whole(self) -> None:
        """Read the bytes of everything that is named."""
        for run in self._turns:
            for turn in range(self._turns[run] + 1):
                self._assert_whole(f"{run}-{turn}")

    def _assert_whole(self, run_id: str) -> None:
        try:
            events = self._store.events.list_full_events(self.scope, run_id, limit=10).items
        except NotFoundError:
            return
        for full in events:
            assert len(str(full.payload.inputs)) == 300_000
        for file in self._store.events.list_files(self.scope, run_id, limit=10).items:
            content = self._store.files.get_content(self.scope, run_id, file.file_id)
            assert b"".join(content.read(0, content.size_bytes)) in (b"a", b"b")


@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(threads=_histories)
def test_no_row_names_bytes_that_were_swept(store: SqlStore, threads: list[list[tuple[Any, ...]]]) -> None:
    history = History(store)
    with ThreadPoolExecutor(len(threads)) as pool:
        for done in [pool.submit(lambda steps=steps: [history.do(step) for step in steps]) for steps in threads]:
            done.result(PATIENCE_S)
    history.assert_whole()
    sweep(store, now=_LONG_AFTER)
    sweep_orphans(store)
    history.assert_whole()
    _assert_nothing_else(store, history)


def _assert_nothing_else(store: SqlStore, history: History) -> None:
    """What nothing names is gone."""
    for run, turns in history._turns.items():
        for turn in range(turns + 1):
            with suppress(NotFoundError):
                store.runs.delete_run(history.scope, f"{run}-{turn}", now=NOW)
    sweep(store, now=_LONG_AFTER)
    assert list(store.files._blobs().iter_hashes(history.scope)) == []
